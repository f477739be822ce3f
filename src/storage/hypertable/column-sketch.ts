/**
 * The sketch of one column as its segment is written: piece after piece adds the sums and extremes of its
 * intervals. A column with a NaN or an infinity gets none: what such values give depends on their order.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { ODD } from '../../kernels/summary-kernels.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { blockStage } from './block-stage.ts';
import { encodeBlock } from './column-block.ts';
import { HAS, PART_TYPE, SKETCH_PART, type SketchPart, type SumKind } from './sketch-parts.ts';
import type { PlainColumn } from './stored-column.ts';

/** Sums of integers are exact below this. */
const EXACT_MAX = 2 ** 53;

/** The intervals [from, to) of one piece; their borders count from its first row. */
export interface PieceIntervals {
  readonly from: number;
  readonly to: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The same with the addresses of the borders, 32 bits each. */
export interface PieceBorders {
  readonly from: number;
  readonly to: number;
  readonly starts: number;
  readonly ends: number;
}

/** A sketch as it is stored. */
export interface EncodedSketch {
  /** A sum of `HAS`. */
  readonly has: number;
  readonly parts: readonly { readonly part: SketchPart; readonly value: Uint8Array }[];
}

/** Lanes that stand at an address. */
export type LanesAt = Pick<Lanes, 'bits' | 'base' | 'factor' | 'divisor'> & {
  readonly pointer: number;
};

export class ColumnSketch {
  readonly #sums: Float64Array;
  readonly #minimums: Float64Array;
  readonly #maximums: Float64Array;
  /** Rows that are not NULL. */
  readonly #counts: Float64Array;
  #sumKind: SumKind;
  #hasNulls = false;
  #hasNegativeZero = false;
  #isUsable = true;

  constructor(intervals: number, sumKind: SumKind) {
    this.#sums = new Float64Array(intervals);
    this.#minimums = new Float64Array(intervals);
    this.#maximums = new Float64Array(intervals);
    this.#counts = new Float64Array(intervals);
    this.#sumKind = sumKind;
  }

  /** Adds a piece without NULLs that is in lanes; the kernels' results go to `room`, 24 bytes an interval. */
  addLanes(lanes: LanesAt, { from, to, starts, ends }: PieceBorders, room: number): void {
    const { bits, base, factor, divisor, pointer } = lanes;
    const count = to - from;
    const [lows, highs] = [room + count * 8, room + count * 16];
    if (bits === 32) kernels.summarizeU32(pointer, starts, ends, count, room, lows, highs);
    else {
      const summarize = bits === 8 ? kernels.summarizeU8 : kernels.summarizeU16;
      summarize(pointer, starts, ends, count, room, 0, lows, highs);
    }
    const { u32, f64 } = kernelViews();
    const largest = Math.abs(base) + 2 ** bits * factor;
    for (let i = 0; i < count; i++) {
      const rows = u32[ends / 4 + i] - u32[starts / 4 + i];
      this.#counts[from + i] = rows;
      this.#sums[from + i] = (base * rows + f64[room / 8 + i] * factor) / divisor;
      this.#minimums[from + i] = (base + f64[lows / 8 + i] * factor) / divisor;
      this.#maximums[from + i] = (base + f64[highs / 8 + i] * factor) / divisor;
      if (largest * rows >= EXACT_MAX) this.#noteInexact();
    }
  }

  /** Adds a piece of any column. */
  addColumn(column: PlainColumn, piece: PieceIntervals): void {
    if (!this.#isUsable) return;
    if (column.rep !== 'f64') this.#isUsable = false;
    else if (column.nulls === undefined) this.#addDoubles(column.data, piece);
    else this.#addKnown(column.data, column.nulls, piece);
  }

  #addDoubles(data: Float64Array, { from, to, starts, ends }: PieceIntervals): void {
    const { doubles, scaled: sums, bytes: borders } = blockStage(0);
    const { f64, i32 } = kernelViews();
    const count = to - from;
    const [behind, lows, highs] = [borders + count * 4, sums + count * 8, sums + count * 16];
    f64.set(data.subarray(0, ends[count - 1]), doubles / 8);
    i32.set(starts, borders / 4);
    i32.set(ends, behind / 4);
    const found = kernels.summarizeF64(doubles, borders, behind, count, sums, lows, highs);
    if ((found & ODD.notFinite) !== 0) this.#isUsable = false;
    this.#sums.set(f64.subarray(sums / 8, sums / 8 + count), from);
    this.#minimums.set(f64.subarray(lows / 8, lows / 8 + count), from);
    this.#maximums.set(f64.subarray(highs / 8, highs / 8 + count), from);
    for (let i = 0; i < count; i++) {
      this.#counts[from + i] = ends[i] - starts[i];
      this.#checkSum(from + i);
    }
    if ((found & ODD.negativeZero) !== 0) this.#signZeros(data, { from, to, starts, ends });
  }

  /** Kernels lose the signs of zeros: the last of equal extremes stays, and sums of negative zeros are such. */
  #signZeros(data: Float64Array, { from, to, starts, ends }: PieceIntervals): void {
    this.#hasNegativeZero = true;
    for (let i = from; i < to; i++) {
      const isLow = this.#minimums[i] === 0;
      const isHigh = this.#maximums[i] === 0;
      if (!isLow && !isHigh) continue;
      let sum = -0;
      for (let row = starts[i - from]; row < ends[i - from]; row++) {
        sum += data[row];
        if (data[row] !== 0) continue;
        if (isLow) this.#minimums[i] = data[row];
        if (isHigh) this.#maximums[i] = data[row];
      }
      if (isLow && isHigh) this.#sums[i] = sum;
    }
  }

  #addKnown(
    data: Float64Array,
    nulls: Uint8Array,
    { from, to, starts, ends }: PieceIntervals,
  ): void {
    for (let i = 0; i < to - from; i++) {
      let [rows, sum, low, high] = [0, -0, Infinity, -Infinity];
      for (let row = starts[i]; row < ends[i]; row++) {
        if (nulls[row] === 1) continue;
        const value = data[row];
        rows++;
        sum += value;
        if (value <= low) low = value;
        if (value >= high) high = value;
        if (value === 0 && Object.is(value, -0)) this.#hasNegativeZero = true;
      }
      if (sum - sum !== 0) this.#isUsable = false;
      this.#hasNulls ||= rows < ends[i] - starts[i];
      this.#counts[from + i] = rows;
      this.#sums[from + i] = sum;
      this.#minimums[from + i] = low;
      this.#maximums[from + i] = high;
      if (rows > 0) this.#checkSum(from + i);
    }
  }

  /** Sums of whole numbers are exact as long as none on the way can have been too large. */
  #checkSum(interval: number): void {
    const largest = Math.max(-this.#minimums[interval], this.#maximums[interval]);
    if (largest * this.#counts[interval] >= EXACT_MAX) this.#noteInexact();
  }

  #noteInexact(): void {
    if (this.#sumKind === 'exact') this.#sumKind = 'none';
  }

  /** When all pieces have been added; undefined where no sketch can be kept. */
  encode(isCold: boolean): EncodedSketch | undefined {
    if (!this.#isUsable) return undefined;
    const isEmpty = this.#hasNulls ? this.#counts.map((count) => (count === 0 ? 1 : 0)) : undefined;
    const nulls = isEmpty && Uint8Array.from(isEmpty);
    const numbers: [SketchPart, Float64Array][] = [
      [SKETCH_PART.minimums, this.#minimums],
      [SKETCH_PART.maximums, this.#maximums],
    ];
    let has: number = HAS.extremes;
    if (this.#sumKind !== 'none') {
      numbers.push([SKETCH_PART.sums, this.#sums]);
      has += HAS.sums;
    }
    if (this.#hasNulls) {
      numbers.push([SKETCH_PART.counts, this.#counts]);
      has += HAS.counts;
    }
    if (this.#hasNegativeZero) has += HAS.negativeZero;
    const parts = numbers.map(([part, data]) => {
      // Of intervals that are all NULL there are no extremes.
      const unknown = part === SKETCH_PART.counts ? undefined : nulls;
      const column = { rep: 'f64', data, nulls: unknown } as const;
      return { part, value: encodeBlock(column, data.length, PART_TYPE, { isCold }) };
    });
    return { has, parts };
  }
}
