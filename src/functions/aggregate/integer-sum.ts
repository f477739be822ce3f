/**
 * sum() and avg() of integers: added as doubles while the total is a safe integer; what exceeds that is moved
 * to an exact bigint part.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import { divideNumeric } from '../../types/numeric-arithmetic.ts';
import { numericFromInt } from '../../types/numeric-convert.ts';
import { Numeric } from '../../types/numeric.ts';
import { OID, type Oid, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { QUOTIENT_COUNT_MAX, QuotientVector } from '../../vector/quotient-vector.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import {
  type AnyVector,
  type F64Vector,
  isNullAt,
  type NullMask,
  valueAt,
  type Vector,
  vectorFromValues,
} from '../../vector/vector.ts';
import { laneArray } from '../../vector/lanes.ts';
import { LaneVector, type LaneRows } from '../../vector/lane-vector.ts';
import { WideVector, type WideWords } from '../../vector/wide-vector.ts';
import type { Accumulator, OfSummaries } from '../function.ts';
import { checkInt64 } from '../operators/int-arithmetic.ts';
import { emptyGroups, growF64 } from './accumulator.ts';
import { present } from './count.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** Words of 32 bits whose sum a double holds. */
const WORDS_MAX = 2 ** 20;
/** Averages that are worth a form of their own. */
const QUOTIENTS_MIN = 16;

/** Makes the final value from an exact integer sum and the number of values, which is not 0. */
type IntFinish = (sum: bigint | number, count: number) => Value;

export class IntSumAccumulator implements Accumulator {
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
    const lanes = unwidened(arg);
    if (lanes !== undefined) {
      this.#addLanes(groups, lanes, arg.nulls, start, end);
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

  /** The same without doubles for the rows: they are eight times the memory. */
  #addLanes(
    groups: Int32Array,
    { lanes, starts }: LaneRows,
    nulls: NullMask,
    start: number,
    end: number,
  ): void {
    const { base, factor, bits, block } = lanes;
    const array = laneArray(lanes);
    const first = block.pointer / (bits >>> 3) + (starts[0] as number);
    const sums = this.#sums;
    const counts = this.#counts;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i] as number;
      const value = base + (array[first + i] as number) * factor;
      const next = (sums[group] as number) + value;
      if (next > SAFE || next < -SAFE) this.#spill(group, value);
      else sums[group] = next;
      counts[group] += 1;
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const arg = args[0] as Vector;
    const wide = WideVector.from(arg);
    if (wide !== undefined) {
      this.#addWide(group, sumOf(wide, start, end));
      this.#counts[group] += present(wide.nulls, start, end);
      return;
    }
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
    const counts = this.#counts;
    const { length, rows } = all;
    for (let i = 0; i < length; i++) {
      const group = groups[i] as number;
      const next = (sums[group] as number) + (added[i] as number);
      if (next > SAFE || next < -SAFE) this.#spill(group, added[i] as number);
      else sums[group] = next;
      counts[group] += rows[i] as number;
    }
  }

  #spill(group: number, value: number): void {
    const before = this.#wide.get(group) ?? 0n;
    this.#wide.set(group, before + BigInt(this.#sums[group] as number));
    this.#sums[group] = value;
  }

  #addWideRow(group: number, vector: AnyVector, i: number): void {
    if (isNullAt(vector, i)) return;
    this.#addWide(group, BigInt(valueAt(vector, i) as number | bigint));
    this.#counts[group] += 1;
  }

  #addWide(group: number, value: bigint): void {
    this.#wide.set(group, (this.#wide.get(group) ?? 0n) + value);
  }

  finish(count: number): Vector {
    return this.finishRange(0, count);
  }

  finishRange(first: number, end: number): Vector {
    const made = this.#wide.size === 0 ? this.#vector(first, end) : undefined;
    if (made !== undefined) return made;
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

  #vector(first: number, end: number): Vector | undefined {
    const isSum = this.#finish === intSumToInt8;
    if (!isSum && this.#finish !== intAverage) return undefined;
    const sums = this.#sums.slice(first, end);
    const counts = this.#counts.slice(first, end);
    return isSum ? sumVector(sums, counts) : quotientVector(sums, counts);
  }
}

/** Sums of integers of at most 32 bits. */
function sumVector(data: Float64Array, counts: Float64Array): Vector {
  const nulls = emptyGroups(counts);
  return { rep: 'f64', type: sqlType(OID.int8), length: data.length, data, nulls };
}

/** Many averages are left as sums and counts: few readers want a numeric for each. */
function quotientVector(sums: Float64Array, counts: Float64Array): Vector | undefined {
  if (counts.length < QUOTIENTS_MIN) return undefined;
  for (let i = 0; i < counts.length; i++) {
    if ((counts[i] as number) > QUOTIENT_COUNT_MAX) return undefined;
  }
  return new QuotientVector(sqlType(OID.numeric), sums, counts, emptyGroups(counts));
}

/** Results of groups of which there is one summary each. */
export const intSums: OfSummaries = ({ rows }, column) =>
  column?.sums === undefined ? undefined : sumVector(column.sums, rows);
export const intMeans: OfSummaries = ({ rows }, column) =>
  column?.sums === undefined ? undefined : quotientVector(column.sums, rows);

/** The lanes of integers that nobody has widened, where they lie one behind the other. */
function unwidened(vector: F64Vector): LaneRows | undefined {
  const lanes = LaneVector.from(vector);
  if (lanes === undefined || lanes.isWidened) return undefined;
  const rows = LaneVector.rowsOf(lanes);
  return rows?.starts.length === 1 && rows.lanes.divisor === 1 ? rows : undefined;
}

/** The sum of the integers of rows [start, end); NULLs are zeros. */
function sumOf(wide: WideVector, start: number, end: number): bigint {
  const { address } = wide;
  if (address === undefined) return wideSum(wide.words, start, end);
  const target = scratch(16);
  kernels.sumWides(address + start * 8, end - start, target);
  const { i64 } = kernelViews();
  return ((i64[target / 8 + 1] as bigint) << 32n) + (i64[target / 8] as bigint);
}

/** The same without kernels. Sums of so many words are exact. */
function wideSum(words: WideWords, start: number, end: number): bigint {
  let sum = 0n;
  for (let from = start; from < end; from += WORDS_MAX) {
    const to = Math.min(end, from + WORDS_MAX);
    let low = 0;
    let high = 0;
    for (let at = 2 * from; at < 2 * to; at += 2) {
      low += (words[at] as number) >>> 0;
      high += words[at + 1] as number;
    }
    sum += (BigInt(high) << 32n) + BigInt(low);
  }
  return sum;
}

export const intSumToInt8: IntFinish = (sum) => (typeof sum === 'number' ? sum : checkInt64(sum));
export const intSumToNumeric: IntFinish = (sum) => new Numeric(BigInt(sum), 0);
export const intAverage: IntFinish = (sum, count) =>
  divideNumeric(new Numeric(BigInt(sum), 0), numericFromInt(count));
