/** Times of sorted rows, looked up where they are: a few rows of a piece do not widen the whole of it. */
import { laneArray, type LaneArray, type Lanes } from '../../vector/lanes.ts';
import type { LaneColumn, PlainColumn, StoredColumn } from './stored-column.ts';

/** Times of one piece; those beyond 2^53 are rounded to doubles. */
export interface Times {
  readonly length: number;
  /** False where only the rows that were asked for may be looked at. */
  readonly isWhole: boolean;
  at(row: number): number;
  /**
   * First row of [start, end), which ascends, whose time is at least `bound`; `end` where none is. Who
   * knows the first and the last row's time saves looking at them.
   */
  firstAtLeast(start: number, end: number, bound: number, first?: number, last?: number): number;
  /** The same for times above `bound`. */
  firstAbove(start: number, end: number, bound: number, first?: number, last?: number): number;
}

/** Looks where an even step would put the bound, for times mostly lie on a grid; then halves what is left. */
export abstract class SearchedTimes implements Times {
  abstract readonly length: number;
  readonly isWhole: boolean = true;
  abstract at(row: number): number;

  firstAtLeast(
    start: number,
    end: number,
    bound: number,
    first = start < end ? this.at(start) : NaN,
    last = start < end ? this.at(end - 1) : NaN,
  ): number {
    if (start >= end || first >= bound) return start;
    if (last < bound) return end;
    const guess = start + Math.ceil(((bound - first) * (end - 1 - start)) / (last - first));
    if (guess > start && guess < end) {
      if (this.at(guess) < bound) start = guess + 1;
      else if (this.at(guess - 1) < bound) return guess;
      else end = guess;
    }
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (this.at(middle) < bound) start = middle + 1;
      else end = middle;
    }
    return start;
  }

  firstAbove(
    start: number,
    end: number,
    bound: number,
    first = start < end ? this.at(start) : NaN,
    last = start < end ? this.at(end - 1) : NaN,
  ): number {
    if (start >= end || first > bound) return start;
    if (last <= bound) return end;
    const guess = start + Math.floor(((bound - first) * (end - 1 - start)) / (last - first)) + 1;
    if (guess > start && guess < end) {
      if (this.at(guess) <= bound) start = guess + 1;
      else if (this.at(guess - 1) <= bound) return guess;
      else end = guess;
    }
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (this.at(middle) <= bound) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}

export class DoubleTimes extends SearchedTimes {
  readonly length: number;
  readonly #data: Float64Array;

  constructor(data: Float64Array) {
    super();
    this.#data = data;
    this.length = data.length;
  }

  at(row: number): number {
    return this.#data[row];
  }
}

class LaneTimes extends SearchedTimes {
  readonly length: number;
  override readonly isWhole: boolean;
  readonly #lanes: Lanes;
  /** Memory that grows stays where it is for those who saw it before, so the view lasts as the lanes do. */
  readonly #array: LaneArray;
  readonly #first: number;

  constructor({ lanes, pending }: LaneColumn) {
    super();
    this.isWhole = pending === undefined || pending.isDone;
    this.#lanes = lanes;
    this.#array = laneArray(lanes);
    this.#first = lanes.block.pointer / (lanes.bits >>> 3);
    this.length = lanes.length;
  }

  at(row: number): number {
    const { base, factor, divisor } = this.#lanes;
    const value = base + this.#array[this.#first + row] * factor;
    return divisor === 1 ? value : value / divisor;
  }
}

export function timesOf(column: StoredColumn): Times {
  if (column.rep === 'lanes') return new LaneTimes(column);
  return new DoubleTimes(doublesOf(column));
}

/** Times of a whole column as doubles. */
export function doublesOf(column: PlainColumn): Float64Array {
  if (column.rep === 'f64') return column.data;
  if (column.rep === 'any') return Float64Array.from(column.data, Number);
  throw new RangeError('times are numbers');
}
