/**
 * Kernels over registers (assembly/registers.ts): rows of an expression's value as signed integers of 32
 * bits, truth as -1 or 0. Addresses are multiples of 16; kernels write up to three rows past `count`.
 */

/** value[i] = base + lane[i] * factor, which must fit. */
export type ReadLanes = (
  source: number,
  target: number,
  count: number,
  base: number,
  factor: number,
) => void;

/** Whether lanes lie between two, both included. */
export type LanesBetween = (
  source: number,
  target: number,
  count: number,
  low: number,
  high: number,
) => void;

/** A value or truth of each row from those of two others. */
export type CombineRows = (a: number, b: number, target: number, count: number) => void;

/** One number about the rows [from, to) where `truth` holds. */
export type ReduceRows = (values: number, truth: number, from: number, to: number) => number;

export interface RegisterKernels {
  readonly readU8: ReadLanes;
  readonly readU16: ReadLanes;
  /** The lanes less 2^31, so that they fit. */
  readU32(source: number, target: number, count: number): void;
  readonly betweenU8: LanesBetween;
  readonly betweenU16: LanesBetween;
  readonly betweenU32: LanesBetween;
  fillRows(target: number, from: number, to: number, value: number): void;
  readonly addRows: CombineRows;
  readonly subtractRows: CombineRows;
  readonly multiplyRows: CombineRows;
  /** Of whole numbers, towards zero; divisors are not 0. */
  readonly divideRows: CombineRows;
  readonly remainderRows: CombineRows;
  readonly equalRows: CombineRows;
  readonly notEqualRows: CombineRows;
  readonly lessRows: CombineRows;
  readonly lessOrEqualRows: CombineRows;
  readonly leastRows: CombineRows;
  readonly greatestRows: CombineRows;
  readonly andRows: CombineRows;
  readonly orRows: CombineRows;
  readonly andNotRows: CombineRows;
  chooseRows(truth: number, a: number, b: number, target: number, count: number): void;
  countRows(truth: number, from: number, to: number): number;
  readonly sumRows: ReduceRows;
  /** Sum of (value - base)^2, each distance below 2^16. */
  squareRows(values: number, truth: number, from: number, to: number, base: number): number;
  readonly minimumRows: ReduceRows;
  readonly maximumRows: ReduceRows;
  /** Four counters (u32) for each value from `low` on, to be added up. */
  countValues(
    values: number,
    truth: number,
    from: number,
    to: number,
    low: number,
    counters: number,
  ): void;
  /** Writes the rows (u32, counted from `row`) that are true; returns how many. */
  trueRows(truth: number, count: number, row: number, target: number): number;
}
