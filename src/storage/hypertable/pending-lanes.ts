/**
 * Lanes of a block that are decoded a vector at a time, when rows of it are asked for first: a query that
 * wants one series of a block does not pay for the others.
 */
import { kernelViews } from '../../kernels/memory.ts';
import type { LaneBits, Lanes } from '../../vector/lanes.ts';
import { blockStage, readLanes } from './block-stage.ts';
import { BytesReader } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { VECTOR_ROWS } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';

/** Schemes of vectors, by their byte (docs/format/segment.md). */
const CONSTANT = 0;
const RUNS = 1;
const PLAIN = 2;
const OFFSETS = 3;
const DELTAS = 4;
const DICTIONARY = 5;
/** Packed numbers come in groups of so many, each of so many bytes for a bit. */
const PACKED_ROWS = 128;
const PACKED_BYTES = 16;

let decodedRows = 0;

/** Rows decoded since the program began: who asks for many columns at once gives way after some. */
export function rowsDecoded(): number {
  return decodedRows;
}

export class PendingLanes {
  readonly #lanes: Lanes;
  /** Less than the lanes, whose memory is not touched before: nothing counts them. */
  #bytes: Uint8Array;
  /** Where each vector's bytes begin, and where the last one's end. */
  readonly #offsets: Uint32Array;
  /** 1 for vectors that are decoded. */
  readonly #isDecoded: Uint8Array;
  #left: number;

  /** `bytes` are the vectors, one behind the other; throws where they are damaged. */
  constructor(lanes: Lanes, bytes: Uint8Array) {
    this.#lanes = lanes;
    this.#bytes = bytes;
    this.#left = Math.ceil(lanes.length / VECTOR_ROWS);
    this.#offsets = vectorOffsets(bytes, lanes.bits, lanes.length);
    this.#isDecoded = new Uint8Array(this.#left);
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  /** Decodes what is missing of the vectors with these rows of the block, of all without rows. */
  need(ranges: RowRanges | undefined, base = 0): void {
    if (ranges === undefined) {
      this.#decode(0, this.#isDecoded.length);
      return;
    }
    for (let r = 0; r < ranges.starts.length && this.#left > 0; r++) {
      const first = Math.floor((ranges.starts[r] - base) / VECTOR_ROWS);
      const end = Math.ceil((ranges.ends[r] - base) / VECTOR_ROWS);
      this.#decode(Math.max(0, first), Math.min(this.#isDecoded.length, end));
    }
  }

  #decode(first: number, end: number): void {
    const missing = this.#isDecoded;
    for (let vector = first; vector < end; vector++) {
      if (missing[vector] === 1) continue;
      let last = vector + 1;
      while (last < end && missing[last] === 0) last++;
      this.#decodeRun(vector, last);
      vector = last;
    }
  }

  #decodeRun(first: number, end: number): void {
    const { block, bits, length } = this.#lanes;
    const bytes = this.#bytes.subarray(this.#offsets[first], this.#offsets[end]);
    const stage = blockStage(bytes.length);
    kernelViews().u8.set(bytes, stage.bytes);
    const row = first * VECTOR_ROWS;
    const rows = Math.min(length, end * VECTOR_ROWS) - row;
    const reader = new BytesReader(bytes);
    readLanes({ stage, reader }, bits, rows, block.pointer + row * (bits >>> 3));
    if (reader.remaining > 0) throw new DamagedBlock('vectors end early');
    decodedRows += rows;
    this.#isDecoded.fill(1, first, end);
    this.#left -= end - first;
    if (this.#left === 0) this.#bytes = NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);

function vectorOffsets(bytes: Uint8Array, bits: LaneBits, rows: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vectors = Math.ceil(rows / VECTOR_ROWS);
  const offsets = new Uint32Array(vectors + 1);
  let at = 0;
  for (let vector = 0; vector < vectors; vector++) {
    const count = Math.min(VECTOR_ROWS, rows - vector * VECTOR_ROWS);
    at += 1 + vectorBytes(view, at, bits >>> 3, count);
    if (at > bytes.length) throw new DamagedBlock('damaged vector');
    offsets[vector + 1] = at;
  }
  return offsets;
}

/** Bytes of a vector behind its scheme. */
function vectorBytes(view: DataView, at: number, laneBytes: number, count: number): number {
  const left = view.byteLength - at;
  const scheme = left < 1 ? NaN : view.getUint8(at);
  if (left < headerBytes(scheme)) throw new DamagedBlock('damaged vector');
  switch (scheme) {
    case CONSTANT:
      return laneBytes;
    case RUNS:
      return 2 + view.getUint16(at + 1, true) * (laneBytes + 2);
    case PLAIN:
      return count * laneBytes;
    case OFFSETS:
      return numbersBytes(view, at, laneBytes, count, 1);
    case DELTAS:
      return numbersBytes(view, at, laneBytes, count, 2);
    case DICTIONARY: {
      const highest = view.getUint8(at + 1);
      return 1 + (highest + 1) * laneBytes + packedBytes(count, 32 - Math.clz32(highest));
    }
    default:
      throw new DamagedBlock('unknown scheme of vector');
  }
}

/** A scheme's byte, and what tells the length of the rest: at most a width and a count. */
function headerBytes(scheme: number): number {
  switch (scheme) {
    case CONSTANT:
    case PLAIN:
      return 1;
    case DICTIONARY:
      return 2;
    case RUNS:
      return 3;
    default:
      return 4;
  }
}

/** Width, number of exceptions, one or two lanes, the exceptions and the packed numbers. */
function numbersBytes(
  view: DataView,
  at: number,
  laneBytes: number,
  count: number,
  lanes: number,
): number {
  const width = view.getUint8(at + 1);
  const exceptions = view.getUint16(at + 2, true);
  return 3 + lanes * laneBytes + exceptions * (2 + laneBytes) + packedBytes(count, width);
}

function packedBytes(count: number, width: number): number {
  return Math.ceil(count / PACKED_ROWS) * PACKED_BYTES * width;
}
