/** first(value, time), last(value, time) and histogram(), as TimescaleDB has them. */
import { dbError } from '../../errors/db-error.ts';
import { comparatorFor } from '../../types/compare.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import { isNullAt, valueAt, type Vector, vectorFromValues } from '../../vector/vector.ts';
import { aggregate } from '../define.ts';
import { widthBucket } from '../scalar/random.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { StateAccumulator } from './accumulator.ts';

/**
 * The value beside the least or greatest time. Rows with a NULL time do not count; the value may be
 * NULL; of equal times the first row stays.
 */
class ExtremeTimeAccumulator implements Accumulator {
  readonly #isLast: boolean;
  readonly #valueType: SqlType;
  readonly #compare: (a: NonNullable<Value>, b: NonNullable<Value>) => number;
  readonly #times: Value[] = [];
  readonly #values: Value[] = [];

  constructor(isLast: boolean, valueType: SqlType, timeType: SqlType) {
    this.#isLast = isLast;
    this.#valueType = valueType;
    this.#compare = comparatorFor(timeType.oid);
  }

  ensureGroups(count: number): void {
    while (this.#times.length < count) {
      this.#times.push(null);
      this.#values.push(null);
    }
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const [values, times] = args as readonly [Vector, Vector];
    for (let i = start; i < end; i++) {
      if (!isNullAt(times, i)) this.#offer(groups[i] as number, values, times, i);
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const [values, times] = args as readonly [Vector, Vector];
    if (times.rep === 'f64') {
      const best = this.#extremeRow(times.data, times.nulls, start, end);
      if (best >= 0) this.#offer(group, values, times, best);
      return;
    }
    for (let i = start; i < end; i++) {
      if (!isNullAt(times, i)) this.#offer(group, values, times, i);
    }
  }

  #extremeRow(
    data: Float64Array,
    nulls: Uint8Array | undefined,
    start: number,
    end: number,
  ): number {
    let best = -1;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      if (best < 0) best = i;
      else if (this.#isLast ? data[i] > data[best] : data[i] < data[best]) best = i;
    }
    return best;
  }

  addSummaries(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void {
    const times = this.#isLast ? all.lastTimes : all.firstTimes;
    const values = (this.#isLast ? column?.lasts : column?.firsts) as Float64Array;
    for (let i = 0; i < all.length; i++) {
      if (this.#isBetter(groups[i] as number, times[i] as number)) {
        this.#times[groups[i] as number] = times[i] as number;
        this.#values[groups[i] as number] = values[i] as number;
      }
    }
  }

  #offer(group: number, values: Vector, times: Vector, i: number): void {
    const time = valueAt(times, i) as NonNullable<Value>;
    if (!this.#isBetter(group, time)) return;
    this.#times[group] = time;
    this.#values[group] = valueAt(values, i);
  }

  #isBetter(group: number, time: NonNullable<Value>): boolean {
    const current = this.#times[group] as Value;
    if (current === null) return true;
    const order = this.#compare(time, current);
    return this.#isLast ? order > 0 : order < 0;
  }

  finish(count: number): Vector {
    return vectorFromValues(this.#valueType, this.#values.slice(0, count));
  }
}

interface Histogram {
  counts: number[] | null;
  low: number;
  high: number;
  buckets: number;
}

/** Each group holds all its buckets in memory. */
const BUCKETS_MAX = 1_000_000;

function addToHistogram(state: Histogram, args: readonly Value[]): Histogram {
  const [value, low, high, buckets] = args as readonly (number | null)[];
  if (low === null || high === null || buckets === null) {
    throw dbError('invalid_parameter_value', 'parameters for histogram must not be NULL');
  }
  if (state.counts === null) {
    if (buckets < 1) {
      throw dbError(
        'invalid_parameter_value',
        'the number of buckets in a histogram must be positive',
      );
    }
    if (!(low <= high)) {
      throw dbError('invalid_parameter_value', 'lower bound cannot exceed upper bound');
    }
    if (buckets > BUCKETS_MAX) {
      throw dbError('program_limit_exceeded', {
        message: `the number of buckets in a histogram must not exceed ${BUCKETS_MAX}`,
      });
    }
    state.counts = Array.from({ length: buckets + 2 }, () => 0);
    Object.assign(state, { low, high, buckets });
  } else if (buckets !== state.buckets) {
    throw dbError('invalid_parameter_value', 'number of buckets must not change between calls');
  }
  if (value === null) return state;
  const bucket = widthBucket(value, low, high, buckets);
  state.counts[bucket] = (state.counts[bucket] as number) + 1;
  return state;
}

export const timeSeriesAggregates: readonly AggregateFunction[] = [
  ...(['first', 'last'] as const).map((name) =>
    aggregate(
      `${name}(anyelement, any) anyelement`,
      (call) => {
        const timeType = call.argTypes[1] as SqlType;
        return new ExtremeTimeAccumulator(name === 'last', call.returnType, timeType);
      },
      { statistics: ['ends'] },
    ),
  ),
  aggregate(
    'histogram(float8, float8, float8, int4) int4[]',
    (call) =>
      new StateAccumulator<Histogram>({
        type: call.returnType,
        skipNulls: false,
        create: () => ({ counts: null, low: 0, high: 0, buckets: 0 }),
        add: addToHistogram,
        finish: ({ counts }) => (counts === null ? null : new PgArray(OID.int4, counts)),
      }),
    { orderInsensitive: true },
  ),
];
