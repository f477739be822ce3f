/**
 * sum() and avg(). Integers are added as doubles while the total is a safe integer; what exceeds that is
 * moved to an exact bigint part. Floats are added in the order of the rows.
 */
import { addIntervals, divideInterval } from '../../types/datetime/interval-math.ts';
import { Interval } from '../../types/interval.ts';
import { divideNumeric, addNumeric } from '../../types/numeric-arithmetic.ts';
import { numericFromInt } from '../../types/numeric-convert.ts';
import { QUOTIENT_COUNT_MAX } from '../../types/quotient-digits.ts';
import { Numeric, NUMERIC_ZERO } from '../../types/numeric.ts';
import { OID, type Oid, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import {
  type AnyVector,
  isNullAt,
  type NullMask,
  type Vector,
  vectorFromValues,
} from '../../vector/vector.ts';
import { QuotientVector } from '../../vector/quotient-vector.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { checkFloat } from '../kernels/arithmetic.ts';
import { checkInt64 } from '../operators/int-arithmetic.ts';
import { growF64, StateAccumulator } from './accumulator.ts';
import { floatMeansOverFrames, floatSumsOverFrames, integersOverFrames } from './over-frames.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** Averages that are worth a form of their own. */
const QUOTIENTS_MIN = 16;

/** Makes the final value from an exact integer sum and the number of values, which is not 0. */
type IntFinish = (sum: bigint | number, count: number) => Value;

class IntSumAccumulator implements Accumulator {
  readonly groupBytes = 16;
  #sums = new Float64Array(0);
  #counts = new Float64Array(0);
  /** Parts of sums that left the safe integers. */
  readonly #wide = new Map<number, bigint>();
  readonly #type: Oid;
  readonly #finish: IntFinish;

  constructor(type: Oid, finish: IntFinish) {
    this.#type = type;
    this.#finish = finish;
  }

  ensureGroups(count: number): void {
    this.#sums = growF64(this.#sums, count);
    this.#counts = growF64(this.#counts, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const arg = args[0] as Vector;
    if (arg.rep !== 'f64') {
      for (let i = start; i < end; i++) this.#addWideRow(groups[i] as number, arg as AnyVector, i);
      return;
    }
    const { data, nulls } = arg;
    const sums = this.#sums;
    const counts = this.#counts;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i] as number;
      const next = (sums[group] as number) + (data[i] as number);
      if (next > SAFE || next < -SAFE) this.#spill(group, data[i] as number);
      else sums[group] = next;
      counts[group] += 1;
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const arg = args[0] as Vector;
    if (arg.rep !== 'f64') {
      for (let i = start; i < end; i++) this.#addWideRow(group, arg as AnyVector, i);
      return;
    }
    const { data, nulls } = arg;
    let sum = this.#sums[group] as number;
    let count = end - start;
    for (let i = start; i < end; i++) {
      const next = sum + (data[i] as number);
      if (next > SAFE || next < -SAFE) {
        this.#sums[group] = sum;
        this.#spill(group, data[i] as number);
        sum = this.#sums[group] as number;
      } else {
        sum = next;
      }
    }
    // A NULL row holds 0: it changed nothing but the count.
    if (nulls !== undefined) for (let i = start; i < end; i++) count -= nulls[i] as number;
    this.#sums[group] = sum;
    this.#counts[group] += count;
  }

  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const added = column?.sums as Float64Array;
    const sums = this.#sums;
    for (let i = 0; i < all.length; i++) {
      const group = groups[i] as number;
      const next = (sums[group] as number) + (added[i] as number);
      if (next > SAFE || next < -SAFE) this.#spill(group, added[i] as number);
      else sums[group] = next;
      this.#counts[group] += all.rows[i] as number;
    }
  }

  #spill(group: number, value: number): void {
    const before = this.#wide.get(group) ?? 0n;
    this.#wide.set(group, before + BigInt(this.#sums[group] as number));
    this.#sums[group] = value;
  }

  #addWideRow(group: number, vector: AnyVector, i: number): void {
    if (isNullAt(vector, i)) return;
    const value = BigInt(vector.data[i] as number | bigint);
    this.#wide.set(group, (this.#wide.get(group) ?? 0n) + value);
    this.#counts[group] += 1;
  }

  finish(count: number): Vector {
    return this.finishRange(0, count);
  }

  finishRange(first: number, end: number): Vector {
    if (this.#wide.size === 0) {
      if (this.#finish === intSumToInt8) return this.#numbers(first, end);
      const quotients = this.#quotients(first, end);
      if (quotients !== undefined) return quotients;
    }
    const values: Value[] = [];
    for (let group = first; group < end; group++) {
      const rows = this.#counts[group] as number;
      const sum = this.#sums[group] as number;
      const wide = this.#wide.get(group);
      values.push(
        rows === 0 ? null : this.#finish(wide === undefined ? sum : wide + BigInt(sum), rows),
      );
    }
    return vectorFromValues(sqlType(this.#type), values);
  }

  #numbers(first: number, end: number): Vector {
    const data = this.#sums.slice(first, end);
    const nulls = emptyGroups(this.#counts.subarray(first, end));
    return { rep: 'f64', type: sqlType(this.#type), length: end - first, data, nulls };
  }

  /** Many averages are left as sums and counts: few readers want a numeric for each. */
  #quotients(first: number, end: number): Vector | undefined {
    if (this.#finish !== intAverage || end - first < QUOTIENTS_MIN) return undefined;
    const counts = this.#counts.slice(first, end);
    for (let i = 0; i < counts.length; i++) {
      if ((counts[i] as number) > QUOTIENT_COUNT_MAX) return undefined;
    }
    const sums = this.#sums.slice(first, end);
    return new QuotientVector(sqlType(this.#type), sums, counts, emptyGroups(counts));
  }
}

/** NULLs for groups without a value. */
function emptyGroups(counts: Float64Array): NullMask {
  if (!counts.includes(0)) return undefined;
  const nulls = new Uint8Array(counts.length);
  for (let group = 0; group < counts.length; group++) if (counts[group] === 0) nulls[group] = 1;
  return nulls;
}

const intSumToInt8: IntFinish = (sum) => (typeof sum === 'number' ? sum : checkInt64(sum));
const intSumToNumeric: IntFinish = (sum) => new Numeric(BigInt(sum), 0);
const intAverage: IntFinish = (sum, count) =>
  divideNumeric(new Numeric(BigInt(sum), 0), numericFromInt(count));

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
const INTEGER_SUMS = { ...SUMMED_INTEGERS, overFrames: integersOverFrames(false) } as const;
const INTEGER_MEANS = { ...SUMMED_INTEGERS, overFrames: integersOverFrames(true) } as const;

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
