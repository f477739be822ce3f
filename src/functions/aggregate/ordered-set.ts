/** WITHIN GROUP aggregates. Rows come in the order of the WITHIN GROUP clause. */
import { dbError } from '../../errors/db-error.ts';
import { equalValues } from '../../types/compare.ts';
import {
  addIntervals,
  multiplyInterval,
  subtractIntervals,
} from '../../types/datetime/interval-math.ts';
import type { Interval } from '../../types/interval.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, vectorRep, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { LongList } from '../../vector/long-list.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction, CallInfo } from '../function.ts';
import { StateAccumulator } from './accumulator.ts';
import { SortedFloats, type FloatRun } from './sorted-floats.ts';

/** Collects the sorted values that are not NULL and finishes over them. */
function sorted(call: CallInfo, finish: (values: LongList<Value>) => Value): Accumulator {
  return new StateAccumulator<LongList<Value>>({
    type: call.returnType,
    skipNulls: true,
    create: () => new LongList(),
    add(values, args) {
      values.push(args[0] as Value);
      return values;
    },
    finish: (values) => (values.length === 0 ? null : finish(values)),
  });
}

function checkFraction(fraction: number): number {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw dbError(
      'numeric_value_out_of_range',
      `percentile value ${fraction} is not between 0 and 1`,
    );
  }
  return fraction;
}

type Pick = (values: LongList<Value>, fraction: number) => Value;

/** Applies a fraction or an array of fractions; a NULL fraction gives NULL. */
function percentile(call: CallInfo, direct: Value, element: Oid, pick: Pick): Accumulator {
  if (direct instanceof PgArray) {
    for (const fraction of direct.values) if (fraction !== null) checkFraction(fraction as number);
    return sorted(call, (values) => {
      const picked = direct.values.map((fraction) =>
        fraction === null ? null : pick(values, fraction as number),
      );
      return new PgArray(element, picked, direct.dimensions, direct.lowerBounds);
    });
  }
  const fraction = direct as number | null;
  if (fraction !== null) checkFraction(fraction);
  return sorted(call, (values) => (fraction === null ? null : pick(values, fraction)));
}

const pickDiscrete: Pick = (values, fraction) =>
  values.at(Math.max(Math.ceil(fraction * values.length), 1) - 1);

type PickFloat = (values: FloatRun, fraction: number) => number | bigint;

const pickFloat: PickFloat = (values, fraction) => {
  const position = fraction * (values.length - 1);
  const first = Math.floor(position);
  // They are doubles: only picking a value is there for other numbers.
  const low = values.at(first) as number;
  return first === Math.ceil(position)
    ? low
    : mixFloats(low, values.at(first + 1) as number, position - first);
};

const pickDiscreteFloat: PickFloat = (values, fraction) =>
  values.at(Math.max(Math.ceil(fraction * values.length), 1) - 1);

/** Percentiles of what vectors hold as doubles: the common case, without a JavaScript value per row. */
function percentileOfFloats(
  call: CallInfo,
  direct: Value,
  element: Oid,
  pick: PickFloat,
): Accumulator {
  if (direct instanceof PgArray) {
    for (const fraction of direct.values) if (fraction !== null) checkFraction(fraction as number);
    return new SortedFloats(call, (values) => {
      const picked = direct.values.map((fraction) =>
        fraction === null ? null : pick(values, fraction as number),
      );
      return new PgArray(element, picked, direct.dimensions, direct.lowerBounds);
    });
  }
  if (direct === null) return new SortedFloats(call, () => null);
  const fraction = checkFraction(direct as number);
  return new SortedFloats(call, (values) => pick(values, fraction));
}

/** Interpolates between the two rows around the wanted position. */
function pickContinuous<T>(mix: (low: T, high: T, share: number) => T): Pick {
  return (values, fraction) => {
    const position = fraction * (values.length - 1);
    const first = Math.floor(position);
    const low = values.at(first) as T;
    if (first === Math.ceil(position)) return low as Value;
    return mix(low, values.at(first + 1) as T, position - first) as Value;
  };
}

const mixFloats = (low: number, high: number, share: number): number => low + share * (high - low);
const mixIntervals = (low: Interval, high: Interval, share: number): Interval =>
  addIntervals(low, multiplyInterval(subtractIntervals(high, low), share));

type Percentile = (call: CallInfo, direct: Value) => Accumulator;

const CONTINUOUS: readonly (readonly [string, Percentile])[] = [
  ['float8', (call, direct) => percentileOfFloats(call, direct, OID.float8, pickFloat)],
  [
    'interval',
    (call, direct) => percentile(call, direct, argOid(call, 1), pickContinuous(mixIntervals)),
  ],
];

/** The stretch of equal values at the end of those that came, and the longest one before. */
interface Stretches {
  first: Value;
  last: Value;
  count: number;
  best: Value;
  bestCount: number;
}

/** The most frequent value; of several the first in the order. */
function mode(call: CallInfo, oid: Oid): Accumulator {
  return new StateAccumulator<Stretches>({
    type: call.returnType,
    skipNulls: true,
    create: () => ({ first: null, last: null, count: 0, best: null, bestCount: 0 }),
    add(state, args) {
      const value = args[0] as NonNullable<Value>;
      const isRepeat = state.last !== null && equalValues(oid, state.last, value);
      state.count = isRepeat ? state.count + 1 : 1;
      if (!isRepeat) state.first = value;
      state.last = value;
      if (state.count > state.bestCount) {
        state.bestCount = state.count;
        state.best = state.first;
      }
      return state;
    },
    finish: ({ best }) => best,
  });
}

function discrete(call: CallInfo, direct: Value): Accumulator {
  const element = argOid(call, 1);
  return vectorRep(element) === 'f64'
    ? percentileOfFloats(call, direct, element, pickDiscreteFloat)
    : percentile(call, direct, element, pickDiscrete);
}

function argOid(call: CallInfo, index: number): Oid {
  return (call.argTypes[index] as { oid: Oid }).oid;
}

const ONE_DIRECT = { orderedSetDirectArgs: 1, takesCounts: true } as const;

export const orderedSetAggregates: readonly AggregateFunction[] = [
  ...CONTINUOUS.flatMap(([type, make]) =>
    [
      `percentile_cont(float8, ${type}) ${type}`,
      `percentile_cont(float8[], ${type}) ${type}[]`,
    ].map((signature) =>
      aggregate(signature, (call, _context, [direct]) => make(call, direct as Value), ONE_DIRECT),
    ),
  ),
  aggregate(
    'percentile_disc(float8, anyelement) anyelement',
    (call, _context, [direct]) => discrete(call, direct as Value),
    ONE_DIRECT,
  ),
  aggregate(
    'percentile_disc(float8[], anyelement) anyarray',
    (call, _context, [direct]) => discrete(call, direct as Value),
    ONE_DIRECT,
  ),
  aggregate('mode(anyelement) anyelement', (call) => mode(call, argOid(call, 0)), {
    orderedSetDirectArgs: 0,
  }),
];
