/** Variance and deviation of doubles: counts, sums and centred squares per group, by Youngs and Cramer. */
import { floatOverflow } from '../../types/float.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { F64Vector, Vector } from '../../vector/vector.ts';
import type { Accumulator } from '../function.ts';
import { growF64 } from './accumulator.ts';

export type Spread = 'var_pop' | 'var_samp' | 'stddev_pop' | 'stddev_samp';

export class FloatSpreadAccumulator implements Accumulator {
  #counts = new Float64Array(0);
  #sums = new Float64Array(0);
  #squares = new Float64Array(0);
  readonly #spread: Spread;

  constructor(spread: Spread) {
    this.#spread = spread;
  }

  ensureGroups(count: number): void {
    this.#counts = growF64(this.#counts, count);
    this.#sums = growF64(this.#sums, count);
    this.#squares = growF64(this.#squares, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const { data, nulls } = args[0] as F64Vector;
    for (let i = start; i < end; i++) {
      if (nulls === undefined || nulls[i] === 0)
        this.#addValue(groups[i] as number, data[i] as number);
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const { data, nulls } = args[0] as F64Vector;
    for (let i = start; i < end; i++) {
      if (nulls === undefined || nulls[i] === 0) this.#addValue(group, data[i] as number);
    }
  }

  #addValue(group: number, value: number): void {
    const n = (this.#counts[group] as number) + 1;
    const before = this.#sums[group] as number;
    const sum = before + value;
    this.#counts[group] = n;
    this.#sums[group] = sum;
    if (n === 1) {
      if (!Number.isFinite(value)) this.#squares[group] = NaN;
      return;
    }
    const distance = value * n - sum;
    const squares = (this.#squares[group] as number) + (distance * distance) / (n * (n - 1));
    this.#squares[group] = squares;
    if (Number.isFinite(sum) && squares !== Infinity) return;
    if (Number.isFinite(before) && Number.isFinite(value)) throw floatOverflow();
    this.#squares[group] = NaN;
  }

  /** Joins the moments of two sets of rows, as PostgreSQL joins those of parallel workers. */
  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const { sums, squares } = column as { sums: Float64Array; squares: Float64Array };
    for (let i = 0; i < all.length; i++) {
      const group = groups[i] as number;
      const n1 = this.#counts[group] as number;
      const n2 = all.rows[i] as number;
      const sum1 = this.#sums[group] as number;
      const sum2 = sums[i] as number;
      const n = n1 + n2;
      let joined = squares[i] as number;
      if (n1 > 0) {
        const distance = sum1 / n1 - sum2 / n2;
        joined += (this.#squares[group] as number) + (n1 * n2 * distance * distance) / n;
        if (joined === Infinity) throw floatOverflow();
      }
      this.#counts[group] = n;
      this.#sums[group] = sum1 + sum2;
      this.#squares[group] = joined;
    }
  }

  finish(count: number): Vector {
    const data = new Float64Array(count);
    const isSample = this.#spread.endsWith('_samp');
    const isDeviation = this.#spread.startsWith('stddev');
    let nulls: Uint8Array | undefined;
    for (let group = 0; group < count; group++) {
      const divisor = (this.#counts[group] as number) - (isSample ? 1 : 0);
      if (divisor <= 0) {
        nulls ??= new Uint8Array(count);
        nulls[group] = 1;
        continue;
      }
      const variance = (this.#squares[group] as number) / divisor;
      data[group] = isDeviation ? Math.sqrt(variance) : variance;
    }
    return { rep: 'f64', type: sqlType(OID.float8), length: count, data, nulls };
  }
}
