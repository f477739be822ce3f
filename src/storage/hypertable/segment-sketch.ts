/**
 * The sketches of a segment as it is written: its intervals, and what each column has told of them. What
 * would take more than some hundredths of the segment is left out.
 */
import { kernelViews, tryAllocate } from '../../kernels/memory.ts';
import type { Oid } from '../../types/type.ts';
import type { KvOperation } from '../kv/kv.ts';
import { encodeBlock } from './column-block.ts';
import { ColumnSketch, type EncodedSketch, type PieceIntervals } from './column-sketch.ts';
import type { JobIntervals } from './encode-lanes.ts';
import { PIECE_ROWS } from './row-source.ts';
import { sketchKey, type SegmentAddress } from './segment-keys.ts';
import { firstOfPieces, type SketchIntervals } from './sketch-intervals.ts';
import {
  INTERVAL_PART,
  INTERVALS_ATTNUM,
  PART_TYPE,
  sumKindOf,
  type SketchHeader,
} from './sketch-parts.ts';

/** Bytes of sketches in bytes of columns. */
const SHARE_MAX = 0.08;

type Put = Extract<KvOperation, { type: 'put' }>;

interface TakenColumn {
  readonly attnum: number;
  readonly sketch: EncodedSketch;
  readonly bytes: number;
  /** In bytes of the column. */
  readonly share: number;
}

export class SegmentSketch {
  readonly #intervals: SketchIntervals;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** By piece the first interval, and behind the last how many there are. */
  readonly #firsts: readonly number[];
  readonly #columns: TakenColumn[] = [];

  constructor(intervals: SketchIntervals, rows: number) {
    const { starts, count } = intervals;
    this.#intervals = intervals;
    this.#firsts = firstOfPieces(starts.subarray(0, count), rows);
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      this.#starts[i] = starts[i] % PIECE_ROWS;
      this.#ends[i] = this.#starts[i] + starts[i + 1] - starts[i];
    }
  }

  /** The intervals for jobs, whose memory is the caller's to free; undefined where there is none. */
  jobIntervals(): JobIntervals | undefined {
    const { count } = this.#intervals;
    const borders = tryAllocate(count * 8);
    if (borders === undefined) return undefined;
    const { i32 } = kernelViews();
    i32.set(this.#starts, borders.pointer / 4);
    i32.set(this.#ends, borders.pointer / 4 + count);
    return { borders, count, firsts: this.#firsts };
  }

  ofPiece(index: number): PieceIntervals {
    const [from, to] = [this.#firsts[index], this.#firsts[index + 1]];
    return {
      from,
      to,
      starts: this.#starts.subarray(from, to),
      ends: this.#ends.subarray(from, to),
    };
  }

  /** To be filled with a column's pieces. */
  column(type: Oid): ColumnSketch {
    return new ColumnSketch(this.#intervals.count, sumKindOf(type));
  }

  /** Takes a column's sketch; the column's blocks take so many bytes. */
  add(attnum: number, sketch: EncodedSketch, columnBytes: number): void {
    const bytes = sketch.parts.reduce((sum, { value }) => sum + value.length, 0);
    this.#columns.push({ attnum, sketch, bytes, share: bytes / columnBytes });
  }

  /** What to store for a segment whose blocks take so many bytes; undefined where no column's pay. */
  finish(
    address: SegmentAddress,
    segmentBytes: number,
    isCold: boolean,
  ): { readonly header: SketchHeader; readonly operations: readonly Put[] } | undefined {
    const own = this.#ownParts(isCold);
    let left = segmentBytes * SHARE_MAX - own.reduce((sum, { value }) => sum + value.length, 0);
    const columns = new Map<number, number>();
    const operations: Put[] = [];
    const put = (attnum: number, part: number, value: Uint8Array): void => {
      operations.push({ type: 'put', key: sketchKey(address, attnum, part), value });
    };
    for (const { part, value } of own) put(INTERVALS_ATTNUM, part, value);
    for (const { attnum, sketch, bytes } of this.#columns.sort((a, b) => a.share - b.share)) {
      if (bytes > left) continue;
      left -= bytes;
      columns.set(attnum, sketch.has);
      for (const { part, value } of sketch.parts) put(attnum, part, value);
    }
    if (columns.size === 0) return undefined;
    const { width, count: intervals } = this.#intervals;
    return { header: { width, intervals, columns }, operations };
  }

  #ownParts(isCold: boolean): { readonly part: number; readonly value: Uint8Array }[] {
    const { count, numbers } = this.#intervals;
    const rows = Float64Array.from(this.#ends, (end, i) => end - this.#starts[i]);
    const encode = (data: Float64Array): Uint8Array =>
      encodeBlock({ rep: 'f64', data, nulls: undefined }, count, PART_TYPE, { isCold });
    return [
      { part: INTERVAL_PART.rows, value: encode(rows) },
      { part: INTERVAL_PART.numbers, value: encode(numbers) },
    ];
  }
}
