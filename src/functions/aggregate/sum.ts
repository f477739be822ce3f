/** sum() and avg(). Floats are added in the order of the rows; for integers see integer-sum.ts. */
import { addIntervals, divideInterval } from '../../types/datetime/interval-math.ts';
import { Interval } from '../../types/interval.ts';
import { divideNumeric, addNumeric } from '../../types/numeric-arithmetic.ts';
import { numericFromInt } from '../../types/numeric-convert.ts';
import { type Numeric, NUMERIC_ZERO } from '../../types/numeric.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { checkFloat } from '../kernels/arithmetic.ts';
import { emptyGroups, growF64, StateAccumulator } from './accumulator.ts';
import {
  intAverage,
  intMeans,
  IntSumAccumulator,
  intSums,
  intSumToInt8,
  intSumToNumeric,
} from './integer-sum.ts';
import { floatMeansOverFrames, floatSumsOverFrames, integersOverFrames } from './over-frames.ts';

/** Sums doubles per group, and counts them; `mean` decides what comes out. */
class FloatSumAccumulator implements Accumulator {
  readonly groupBytes = 16;
  #sums = new Float64Array(0);
  #counts = new Float64Array(0);
  readonly #isSingle: boolean;
  readonly #isMean: boolean;

  constructor(isSingle: boolean, isMean: boolean) {
    this.#isSingle = isSingle;
    this.#isMean = isMean;
  }

  ensureGroups(count: number): void {
    // -0 is the neutral element: a sum of only -0 is -0.
    this.#sums = growF64(this.#sums, count, -0);
    this.#counts = growF64(this.#counts, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const { data, nulls } = args[0] as Extract<Vector, { rep: 'f64' }>;
    const sums = this.#sums;
    const counts = this.#counts;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i] as number;
      const before = sums[group] as number;
      const value = data[i] as number;
      const sum = this.#isSingle ? Math.fround(before + value) : before + value;
      if (sum - sum !== 0) checkFloat(sum, before, value, false);
      sums[group] = sum;
      counts[group] += 1;
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const { data, nulls } = args[0] as Extract<Vector, { rep: 'f64' }>;
    const before = this.#sums[group] as number;
    let sum = before;
    let count = end - start;
    if (nulls !== undefined) {
      count = 0;
      for (let i = start; i < end; i++) {
        if (nulls[i] === 1) continue;
        sum += data[i] as number;
        if (this.#isSingle) sum = Math.fround(sum);
        count++;
      }
    } else if (this.#isSingle) {
      for (let i = start; i < end; i++) sum = Math.fround(sum + (data[i] as number));
    } else {
      for (let i = start; i < end; i++) sum += data[i] as number;
    }
    if (sum - sum !== 0) checkRun(before, data, nulls, start, end, this.#isSingle);
    this.#sums[group] = sum;
    this.#counts[group] += count;
  }

  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const added = column?.sums as Float64Array;
    for (let i = 0; i < all.length; i++) {
      const group = groups[i] as number;
      const before = this.#sums[group] as number;
      const sum = before + (added[i] as number);
      if (sum - sum !== 0) checkFloat(sum, before, added[i] as number, false);
      this.#sums[group] = sum;
      this.#counts[group] += all.rows[i] as number;
    }
  }

  finish(count: number): Vector {
    return this.finishRange(0, count);
  }

  finishRange(first: number, end: number): Vector {
    const length = end - first;
    const data = new Float64Array(length);
    const nulls = emptyGroups(this.#counts.subarray(first, end));
    for (let i = 0; i < length; i++) {
      const rows = this.#counts[first + i] as number;
      const sum = this.#sums[first + i] as number;
      if (rows > 0) data[i] = this.#isMean ? sum / rows : sum;
    }
    const isSingleResult = this.#isSingle && !this.#isMean;
    const type = sqlType(isSingleResult ? OID.float4 : OID.float8);
    return { rep: 'f64', type, length, data, nulls };
  }
}

/** Repeats a run whose sum is not finite, to tell an overflow from an infinity in the data. */
function checkRun(
  before: number,
  data: Float64Array,
  nulls: Uint8Array | undefined,
  start: number,
  end: number,
  isSingle: boolean,
): void {
  let sum = before;
  for (let i = start; i < end; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue;
    const value = data[i] as number;
    const next = isSingle ? Math.fround(sum + value) : sum + value;
    checkFloat(next, sum, value, false);
    sum = next;
  }
}

interface NumericSum {
  sum: Numeric;
  count: number;
}

function numericSum(isMean: boolean): Accumulator {
  return new StateAccumulator<NumericSum>({
    type: sqlType(OID.numeric),
    skipNulls: true,
    create: () => ({ sum: NUMERIC_ZERO, count: 0 }),
    add(state, args) {
      state.sum = addNumeric(state.sum, args[0] as Numeric);
      state.count++;
      return state;
    },
    finish({ sum, count }) {
      if (count === 0) return null;
      return isMean ? divideNumeric(sum, numericFromInt(count)) : sum;
    },
  });
}

const ANY_ORDER = { orderInsensitive: true } as const;
const SUMMED = { statistics: ['sum'] } as const;
const SUMMED_INTEGERS = { ...ANY_ORDER, ...SUMMED } as const;
const INTEGER_SUMS = {
  ...SUMMED_INTEGERS,
  ofSummaries: intSums,
  overFrames: integersOverFrames(false),
} as const;
const INTEGER_MEANS = {
  ...SUMMED_INTEGERS,
  ofSummaries: intMeans,
  overFrames: integersOverFrames(true),
} as const;

export const sumAggregates: readonly AggregateFunction[] = [
  aggregate('sum(int2) int8', () => new IntSumAccumulator(OID.int8, intSumToInt8), INTEGER_SUMS),
  aggregate('sum(int4) int8', () => new IntSumAccumulator(OID.int8, intSumToInt8), INTEGER_SUMS),
  aggregate(
    'sum(int8) numeric',
    () => new IntSumAccumulator(OID.numeric, intSumToNumeric),
    SUMMED_INTEGERS,
  ),
  aggregate('sum(float4) float4', () => new FloatSumAccumulator(true, false)),
  aggregate('sum(float8) float8', () => new FloatSumAccumulator(false, false), {
    ...SUMMED,
    overFrames: floatSumsOverFrames,
  }),
  aggregate('sum(numeric) numeric', () => numericSum(false), ANY_ORDER),
  aggregate(
    'avg(int2) numeric',
    () => new IntSumAccumulator(OID.numeric, intAverage),
    INTEGER_MEANS,
  ),
  aggregate(
    'avg(int4) numeric',
    () => new IntSumAccumulator(OID.numeric, intAverage),
    INTEGER_MEANS,
  ),
  aggregate(
    'avg(int8) numeric',
    () => new IntSumAccumulator(OID.numeric, intAverage),
    INTEGER_MEANS,
  ),
  aggregate('avg(float4) float8', () => new FloatSumAccumulator(false, true), SUMMED),
  aggregate('avg(float8) float8', () => new FloatSumAccumulator(false, true), {
    ...SUMMED,
    overFrames: floatMeansOverFrames,
  }),
  aggregate('avg(numeric) numeric', () => numericSum(true), ANY_ORDER),
];

interface IntervalSum {
  sum: Interval;
  count: number;
}

function intervalSum(isMean: boolean): Accumulator {
  return new StateAccumulator<IntervalSum>({
    type: sqlType(OID.interval),
    skipNulls: true,
    create: () => ({ sum: new Interval(0, 0, 0), count: 0 }),
    add(state, args) {
      state.sum = addIntervals(state.sum, args[0] as Interval);
      state.count++;
      return state;
    },
    finish({ sum, count }) {
      if (count === 0) return null;
      return isMean ? divideInterval(sum, count) : sum;
    },
  });
}

export const intervalAggregates: readonly AggregateFunction[] = [
  aggregate('sum(interval) interval', () => intervalSum(false), ANY_ORDER),
  aggregate('avg(interval) interval', () => intervalSum(true), ANY_ORDER),
];
