/** The columns of a batch as lanes, read block by block from the first row to the last. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { LaneVector, type LaneRows } from '../../vector/lane-vector.ts';
import type { Lanes } from '../../vector/lanes.ts';
import type { Batch, NullMask } from '../../vector/vector.ts';

/** What a program depends on: batches whose columns agree in it can run the same one. */
export function shapeOf(batch: Batch, columns: readonly number[]): string | undefined {
  let shape = '';
  for (const index of columns) {
    const vector = batch.columns[index];
    const rows = LaneVector.rowsOf(vector);
    if (rows === undefined) return undefined;
    const { bits, base, factor, divisor } = rows.lanes;
    shape += `${bits} ${base} ${factor} ${divisor} ${vector.nulls === undefined};`;
  }
  return shape;
}

/** One column; moves through its stretches. */
export class LaneColumn {
  readonly index: number;
  #rows: LaneRows;
  #nulls: NullMask;
  #stretch = 0;

  constructor(index: number, batch: Batch) {
    this.index = index;
    const vector = batch.columns[index];
    this.#rows = LaneVector.rowsOf(vector) as LaneRows;
    this.#nulls = vector.nulls;
  }

  get lanes(): Lanes {
    return this.#rows.lanes;
  }

  get hasNulls(): boolean {
    return this.#nulls !== undefined;
  }

  /** Goes to the first row of another batch of the same shape. */
  attach(batch: Batch): void {
    const vector = batch.columns[this.index];
    this.#rows = LaneVector.rowsOf(vector) as LaneRows;
    this.#nulls = vector.nulls;
    this.#stretch = 0;
  }

  /** base + lane * factor of the rows [from, from + count), of lanes of at most 16 bits. */
  read(register: number, from: number, count: number, base: number, factor: number): void {
    const { bits } = this.#rows.lanes;
    const read = bits === 8 ? kernels.readU8 : kernels.readU16;
    this.#pieces(from, count, (source, at, rows) => {
      read(source, register + at * 4, rows, base, factor);
    });
  }

  /** Lanes of 32 bits, less 2^31. */
  readWide(register: number, from: number, count: number): void {
    this.#pieces(from, count, (source, at, rows) => {
      kernels.readU32(source, register + at * 4, rows);
    });
  }

  between(register: number, from: number, count: number, low: number, high: number): void {
    const { bits } = this.#rows.lanes;
    const between =
      bits === 8 ? kernels.betweenU8 : bits === 16 ? kernels.betweenU16 : kernels.betweenU32;
    this.#pieces(from, count, (source, at, rows) => {
      between(source, register + at * 4, rows, low, high);
    });
  }

  /** True where the rows are not NULL. */
  readKnown(register: number, from: number, count: number): void {
    const nulls = this.#nulls as Uint8Array;
    // The bytes lie where the register ends and are widened from its front: a row is read before it is overwritten.
    const bytes = register + 3 * count;
    kernelViews().u8.set(nulls.subarray(from, from + count), bytes);
    kernels.readU8(bytes, register, count, -1, 1);
  }

  #pieces(
    from: number,
    count: number,
    work: (source: number, at: number, rows: number) => void,
  ): void {
    const { lanes, starts, at } = this.#rows;
    const bytes = lanes.bits >>> 3;
    const end = from + count;
    let s = this.#stretch;
    // Several steps may read a column: the first row of a block may lie before the current stretch.
    while (at[s] > from) s--;
    while (at[s + 1] <= from) s++;
    this.#stretch = s;
    for (let row = from; row < end; s++) {
      const stop = Math.min(end, at[s + 1]);
      const source = lanes.block.pointer + (starts[s] + row - at[s]) * bytes;
      work(source, row - from, stop - row);
      row = stop;
    }
  }
}
