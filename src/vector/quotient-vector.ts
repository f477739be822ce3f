/**
 * Averages of integers as their sums and counts: numerics are made of them when someone asks for values.
 * Rows that are sorted, sliced or sent need none.
 */
import { divideNumeric } from '../types/numeric-arithmetic.ts';
import { numericFromInt } from '../types/numeric-convert.ts';
import { Numeric } from '../types/numeric.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { AnyVector, NullMask, Vector } from './vector.ts';

/** Counts that may be divided by: remainders times 10,000 must be exact. */
export const QUOTIENT_COUNT_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 10_000);

export class QuotientVector implements AnyVector {
  readonly rep = 'any';
  readonly type: SqlType;
  readonly length: number;
  declare readonly data: readonly Value[];
  readonly nulls: NullMask;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;
  readonly #made: (Numeric | undefined)[] = [];
  #data: readonly Value[] | undefined;

  /** Whole numbers below 2^53 and the counts that they are divided by, 0 where the average is NULL. */
  constructor(type: SqlType, sums: Float64Array, counts: Float64Array, nulls: NullMask) {
    this.type = type;
    this.length = counts.length;
    this.nulls = nulls;
    this.#sums = sums;
    this.#counts = counts;
    // An own property, so that copies made by spreading have it; one function for all keeps V8's shape.
    Object.defineProperty(this, 'data', DATA);
  }

  static from(vector: object): QuotientVector | undefined {
    return #sums in vector ? vector : undefined;
  }

  /** The vectors one behind the other; undefined where not all of them are quotients. */
  static concat(type: SqlType, vectors: readonly Vector[], nulls: NullMask): Vector | undefined {
    let length = 0;
    for (const vector of vectors) {
      if (QuotientVector.from(vector) === undefined) return undefined;
      length += vector.length;
    }
    const sums = new Float64Array(length);
    const counts = new Float64Array(length);
    let at = 0;
    for (const vector of vectors as readonly QuotientVector[]) {
      sums.set(vector.#sums, at);
      counts.set(vector.#counts, at);
      at += vector.length;
    }
    return new QuotientVector(type, sums, counts, nulls);
  }

  get sums(): Float64Array {
    return this.#sums;
  }

  get counts(): Float64Array {
    return this.#counts;
  }

  /** Made when it is asked for: those of many rows take long. */
  valueAt(row: number): Value {
    const count = this.#counts[row];
    if (count === 0) return null;
    let value = this.#made[row];
    if (value === undefined) {
      const sum = new Numeric(BigInt(this.#sums[row]), 0);
      value = divideNumeric(sum, numericFromInt(count));
      this.#made[row] = value;
    }
    return value;
  }

  values(): readonly Value[] {
    return (this.#data ??= Array.from({ length: this.length }, (_, row) => this.valueAt(row)));
  }

  slice(start: number, end: number, nulls: NullMask): QuotientVector {
    const sums = this.#sums.subarray(start, end);
    return new QuotientVector(this.type, sums, this.#counts.subarray(start, end), nulls);
  }

  gather(selection: Int32Array, count: number, nulls: NullMask): QuotientVector {
    const sums = new Float64Array(count);
    const counts = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      sums[i] = this.#sums[selection[i]];
      counts[i] = this.#counts[selection[i]];
    }
    return new QuotientVector(this.type, sums, counts, nulls);
  }
}

const DATA: PropertyDescriptor = {
  get(this: QuotientVector) {
    return this.values();
  },
  enumerable: true,
};
