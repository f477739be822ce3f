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
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction, CallInfo } from '../function.ts';
import { StateAccumulator } from './accumulator.ts';
import { SortedFloats, type FloatRun } from './sorted-floats.ts';

/** Collects the sorted values that are not NULL and finishes over them. */
function sorted(call: CallInfo, finish: (values: readonly Value[]) => Value): Accumulator {
  return new StateAccumulator<Value[]>({
    type: call.returnType,
    skipNulls: true,
    create: () => [],
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

type Pick = (values: readonly Value[], fraction: number) => Value;

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
  values[Math.max(Math.ceil(fraction * values.length), 1) - 1] as Value;

/** percentile_cont over doubles: the common case, without a JavaScript value per row. */
function percentileOfFloats(call: CallInfo, direct: Value): Accumulator {
  const pick = (values: FloatRun, fraction: number): number => {
    const position = fraction * (values.length - 1);
    const first = Math.floor(position);
    const low = values.at(first);
    return first === Math.ceil(position)
      ? low
      : mixFloats(low, values.at(first + 1), position - first);
  };
  if (direct instanceof PgArray) {
    for (const fraction of direct.values) if (fraction !== null) checkFraction(fraction as number);
    return new SortedFloats(call, (values) => {
      const picked = direct.values.map((fraction) =>
        fraction === null ? null : pick(values, fraction as number),
      );
      return new PgArray(OID.float8, picked, direct.dimensions, direct.lowerBounds);
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
    const low = values[first] as T;
    if (first === Math.ceil(position)) return low as Value;
    return mix(low, values[first + 1] as T, position - first) as Value;
  };
}

const mixFloats = (low: number, high: number, share: number): number => low + share * (high - low);
const mixIntervals = (low: Interval, high: Interval, share: number): Interval =>
  addIntervals(low, multiplyInterval(subtractIntervals(high, low), share));

type Percentile = (call: CallInfo, direct: Value) => Accumulator;

const CONTINUOUS: readonly (readonly [string, Percentile])[] = [
  ['float8', percentileOfFloats],
  [
    'interval',
    (call, direct) => percentile(call, direct, argOid(call, 1), pickContinuous(mixIntervals)),
  ],
];

/** The most frequent value; of several the first in the order. */
function mode(values: readonly Value[], oid: Oid): Value {
  let best: Value = null;
  let bestCount = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as NonNullable<Value>;
    const isRepeat = i > 0 && equalValues(oid, values[i - 1] as NonNullable<Value>, value);
    count = isRepeat ? count + 1 : 1;
    if (count > bestCount) {
      bestCount = count;
      best = isRepeat ? best : value;
      if (isRepeat) best = values[i - count + 1] as Value;
    }
  }
  return best;
}

function argOid(call: CallInfo, index: number): Oid {
  return (call.argTypes[index] as { oid: Oid }).oid;
}

const ONE_DIRECT = { orderedSetDirectArgs: 1 } as const;

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
    (call, _context, [direct]) => percentile(call, direct as Value, argOid(call, 1), pickDiscrete),
    ONE_DIRECT,
  ),
  aggregate(
    'percentile_disc(float8[], anyelement) anyarray',
    (call, _context, [direct]) => percentile(call, direct as Value, argOid(call, 1), pickDiscrete),
    ONE_DIRECT,
  ),
  aggregate(
    'mode(anyelement) anyelement',
    (call) => sorted(call, (values) => mode(values, argOid(call, 0))),
    { orderedSetDirectArgs: 0 },
  ),
];
