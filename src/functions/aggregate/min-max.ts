/** min() and max(). Numbers go through tight loops; other types through their three-way comparison. */
import { compareNumeric } from '../../types/numeric.ts';
import { compareBpchar } from '../../types/text.ts';
import { OID, type Oid, sqlType, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { Vector } from '../../vector/vector.ts';
import { vectorFromValues } from '../../vector/vector.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { type Comparator, comparatorFor, compareNumbers } from '../../types/compare.ts';
import { growBytes, growF64, StateAccumulator } from './accumulator.ts';
import { TextExtremes } from './text-extremes.ts';
import { maximaOverFrames, minimaOverFrames } from './over-frames.ts';

/** Extremes of numbers, the last of equal ones (0 and -0). NaN is the greatest; values beyond the safe integers are kept beside. */
class NumberExtremeAccumulator implements Accumulator {
  readonly groupBytes = 9;
  #best = new Float64Array(0);
  #seen = new Uint8Array(0);
  /** Groups whose extreme may be a bigint. */
  readonly #wide = new Map<number, bigint>();
  readonly #isMax: boolean;
  readonly #type: SqlType;

  constructor(isMax: boolean, type: SqlType) {
    this.#isMax = isMax;
    this.#type = type;
  }

  ensureGroups(count: number): void {
    this.#best = growF64(this.#best, count);
    this.#seen = growBytes(this.#seen, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const arg = args[0] as Vector;
    if (arg.rep !== 'f64') {
      for (let i = start; i < end; i++) this.#addValue(groups[i] as number, arg, i);
      return;
    }
    const { data, nulls } = arg;
    const best = this.#best;
    const seen = this.#seen;
    const isMax = this.#isMax;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i] as number;
      const value = data[i] as number;
      if (seen[group] === 0) {
        seen[group] = 1;
        best[group] = value;
        continue;
      }
      const current = best[group] as number;
      const better = isMax
        ? value >= current || value !== value
        : value <= current || current !== current;
      if (better) best[group] = value;
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const arg = args[0] as Vector;
    if (arg.rep !== 'f64') {
      for (let i = start; i < end; i++) this.#addValue(group, arg, i);
      return;
    }
    const { data, nulls } = arg;
    let first = start;
    if (nulls !== undefined) while (first < end && nulls[first] === 1) first++;
    if (first >= end) return;
    const seed = this.#seen[group] === 1 ? (this.#best[group] as number) : (data[first] as number);
    this.#seen[group] = 1;
    this.#best[group] = this.#isMax
      ? maxOf(data, nulls, first, end, seed)
      : minOf(data, nulls, first, end, seed);
  }

  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const extremes = (this.#isMax ? column?.maximums : column?.minimums) as Float64Array;
    for (let i = 0; i < all.length; i++) {
      const group = groups[i] as number;
      const value = extremes[i] as number;
      if (this.#seen[group] === 1 && !this.#isBetter(value, this.#best[group] as number)) continue;
      this.#seen[group] = 1;
      this.#best[group] = value;
    }
  }

  #addValue(group: number, vector: Vector, i: number): void {
    if (vector.rep !== 'any' || vector.data[i] === null) return;
    const value = vector.data[i] as number | bigint;
    if (typeof value === 'bigint') {
      const current = this.#wide.get(group);
      const better = current === undefined || (this.#isMax ? value > current : value < current);
      if (better) this.#wide.set(group, value);
      return;
    }
    if (this.#seen[group] === 0 || this.#isBetter(value, this.#best[group] as number)) {
      this.#seen[group] = 1;
      this.#best[group] = value;
    }
  }

  #isBetter(value: number, current: number): boolean {
    const order = compareNumbers(value, current);
    return this.#isMax ? order >= 0 : order <= 0;
  }

  finish(count: number): Vector {
    return this.finishRange(0, count);
  }

  finishRange(first: number, end: number): Vector {
    if (this.#wide.size > 0) return this.#finishWide(first, end);
    let nulls: Uint8Array | undefined;
    for (let group = first; group < end; group++) {
      if (this.#seen[group] === 1) continue;
      nulls ??= new Uint8Array(end - first);
      nulls[group - first] = 1;
    }
    const data = this.#best.slice(first, end);
    return { rep: 'f64', type: this.#type, length: end - first, data, nulls };
  }

  #finishWide(first: number, end: number): Vector {
    const values: Value[] = [];
    for (let group = first; group < end; group++) {
      const wide = this.#wide.get(group);
      const narrow = this.#seen[group] === 1 ? (this.#best[group] as number) : undefined;
      if (wide === undefined) values.push(narrow ?? null);
      else if (narrow === undefined) values.push(wide);
      else values.push(wide > narrow === this.#isMax ? wide : narrow);
    }
    return vectorFromValues(this.#type, values);
  }
}

function minOf(
  data: Float64Array,
  nulls: Uint8Array | undefined,
  start: number,
  end: number,
  seed: number,
): number {
  let best = seed;
  for (let i = start; i < end; i++) {
    const value = data[i] as number;
    if ((value <= best || best !== best) && (nulls === undefined || nulls[i] === 0)) best = value;
  }
  return best;
}

function maxOf(
  data: Float64Array,
  nulls: Uint8Array | undefined,
  start: number,
  end: number,
  seed: number,
): number {
  let best = seed;
  for (let i = start; i < end; i++) {
    const value = data[i] as number;
    if ((value >= best || value !== value) && (nulls === undefined || nulls[i] === 0)) best = value;
  }
  return best;
}

/** Extremes by a three-way comparison; of equal values (1.0 and 1.00) the last is kept. */
export function extremeAccumulator(
  isMax: boolean,
  type: SqlType,
  compare: (a: Value, b: Value) => number,
): Accumulator {
  return new StateAccumulator<Value>({
    type,
    skipNulls: true,
    create: () => null,
    add(best, args) {
      const value = args[0] as Value;
      if (best === null) return value;
      const order = compare(value, best);
      return (isMax ? order >= 0 : order <= 0) ? value : best;
    },
    finish: (best) => best,
  });
}

const ANY_ORDER = { orderInsensitive: true } as const;
const NUMBERS = { ...ANY_ORDER, statistics: ['extremes'] } as const;

/** min and max over a type whose values are numbers (or Int64). */
export function numberExtremes(type: string, oid: Oid): AggregateFunction[] {
  return [
    aggregate(`min(${type}) ${type}`, () => new NumberExtremeAccumulator(false, sqlType(oid)), {
      ...NUMBERS,
      overFrames: minimaOverFrames,
    }),
    aggregate(`max(${type}) ${type}`, () => new NumberExtremeAccumulator(true, sqlType(oid)), {
      ...NUMBERS,
      overFrames: maximaOverFrames,
    }),
  ];
}

/** min and max over any ordered type. */
export function comparedExtremes<T>(
  type: string,
  compare: (a: T, b: T) => number,
): AggregateFunction[] {
  const order = compare as (a: unknown, b: unknown) => number;
  return (['min', 'max'] as const).map((name) =>
    aggregate(
      `${name}(${type}) ${type}`,
      (call) => extremeAccumulator(name === 'max', call.returnType, order),
      ANY_ORDER,
    ),
  );
}

const textExtremes = (['min', 'max'] as const).map((name) =>
  aggregate(
    `${name}(text) text`,
    (call) => new TextExtremes(name === 'max', call.returnType),
    ANY_ORDER,
  ),
);

export const extremeAggregates: readonly AggregateFunction[] = [
  ...numberExtremes('int2', OID.int2),
  ...numberExtremes('int4', OID.int4),
  ...numberExtremes('int8', OID.int8),
  ...numberExtremes('oid', OID.oid),
  ...numberExtremes('float4', OID.float4),
  ...numberExtremes('float8', OID.float8),
  ...numberExtremes('date', OID.date),
  ...numberExtremes('time', OID.time),
  ...numberExtremes('timestamp', OID.timestamp),
  ...numberExtremes('timestamptz', OID.timestamptz),
  ...comparedExtremes('numeric', compareNumeric),
  ...textExtremes,
  ...comparedExtremes('bpchar', compareBpchar),
  ...comparedExtremes('interval', lazily(OID.interval)),
  ...comparedExtremes('timetz', lazily(OID.timetz)),
  ...comparedExtremes('anyarray', lazily(OID.textArray)),
];

/** The comparator of a type, looked up when first used. */
function lazily(oid: Oid): Comparator {
  return (a, b) => comparatorFor(oid)(a, b);
}
