/**
 * Variance and deviation of integers: exact sums of the values and of their squares. Both are doubles for as
 * long as these are exact, and big integers beyond.
 */
import { OID, sqlType } from '../../types/type.ts';
import type { Int64, Value } from '../../types/value.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import { valueAt, type Vector, vectorFromValues } from '../../vector/vector.ts';
import type { Accumulator } from '../function.ts';
import { growF64 } from './accumulator.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** Numbers up to here have exact squares. */
const SQUARE_MAX = 2 ** 26;

/** Absolute values up to which summaries tell the sum of squares of 65,536 rows exactly. */
export const EXACT_SQUARES_LIMIT = 512;

export type FinishMoments = (n: number, sum: bigint, squares: bigint) => Value;

interface WideMoments {
  sum: bigint;
  squares: bigint;
}

export class IntegerSpreadAccumulator implements Accumulator {
  #counts = new Float64Array(0);
  #sums = new Float64Array(0);
  #squares = new Float64Array(0);
  /** What left the safe integers. */
  readonly #wide = new Map<number, WideMoments>();
  readonly #finish: FinishMoments;

  constructor(finish: FinishMoments) {
    this.#finish = finish;
  }

  ensureGroups(count: number): void {
    this.#counts = growF64(this.#counts, count);
    this.#sums = growF64(this.#sums, count);
    this.#squares = growF64(this.#squares, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    for (let i = start; i < end; i++)
      this.#addRows(groups[i] as number, args[0] as Vector, i, i + 1);
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    this.#addRows(group, args[0] as Vector, start, end);
  }

  #addRows(group: number, vector: Vector, start: number, end: number): void {
    if (vector.rep !== 'f64') {
      for (let i = start; i < end; i++) {
        const value = valueAt(vector, i) as Int64 | null;
        if (value !== null) this.#addWide(group, BigInt(value), BigInt(value) ** 2n, 1);
      }
      return;
    }
    const { data, nulls } = vector;
    let sum = this.#sums[group] as number;
    let squares = this.#squares[group] as number;
    let count = 0;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const value = data[i] as number;
      const square = value * value;
      // A sum of integers is never larger than that of their squares.
      if (square > SQUARE_MAX * SQUARE_MAX)
        this.#addWide(group, BigInt(value), BigInt(value) ** 2n, 1);
      else {
        count++;
        if (squares + square > SAFE) {
          this.#addWide(group, BigInt(sum), BigInt(squares), 0);
          sum = squares = 0;
        }
        sum += value;
        squares += square;
      }
    }
    this.#sums[group] = sum;
    this.#squares[group] = squares;
    this.#counts[group] += count;
  }

  /** The sum of squares of a stretch follows from its squared distances: (n * squares + sum^2) / n. */
  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const { sums, squares } = column as { sums: Float64Array; squares: Float64Array };
    for (let i = 0; i < all.length; i++) {
      const group = groups[i] as number;
      const n = all.rows[i] as number;
      const sum = sums[i] as number;
      const distances = Math.round((squares[i] as number) * n);
      const isSmall = Math.abs(sum) < SQUARE_MAX && distances < SAFE / 2;
      const added = isSmall ? (distances + sum * sum) / n : Infinity;
      if ((this.#squares[group] as number) + added > SAFE) {
        const exact = (BigInt(distances) + BigInt(sum) ** 2n) / BigInt(n);
        this.#addWide(group, BigInt(sum), exact, n);
        continue;
      }
      this.#sums[group] += sum;
      this.#squares[group] += added;
      this.#counts[group] += n;
    }
  }

  #addWide(group: number, sum: bigint, squares: bigint, rows: number): void {
    const wide = this.#wide.get(group);
    if (wide === undefined) this.#wide.set(group, { sum, squares });
    else {
      wide.sum += sum;
      wide.squares += squares;
    }
    this.#counts[group] += rows;
  }

  finish(count: number): Vector {
    const values: Value[] = [];
    for (let group = 0; group < count; group++) {
      const wide = this.#wide.get(group);
      const sum = BigInt(this.#sums[group] as number) + (wide?.sum ?? 0n);
      const squares = BigInt(this.#squares[group] as number) + (wide?.squares ?? 0n);
      values.push(this.#finish(this.#counts[group] as number, sum, squares));
    }
    return vectorFromValues(sqlType(OID.numeric), values);
  }
}
