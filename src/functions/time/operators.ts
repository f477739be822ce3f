/** + - * / and the comparisons of dates, times, timestamps and intervals. */
import { dateToTimestamp } from '../../types/datetime/casts.ts';
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../../types/datetime/calendar.ts';
import {
  addIntervals,
  compareIntervals,
  divideInterval,
  multiplyInterval,
  negateInterval,
  subtractIntervals,
} from '../../types/datetime/interval-math.ts';
import {
  addInt64,
  addToTimestamp,
  compareInt64,
  END_TIMESTAMP,
  isInfinite,
  MIN_TIMESTAMP,
} from '../../types/datetime/micros.ts';
import {
  addDaysToDate,
  addToLocal,
  addToMoment,
  addToTime,
  addToTimeTz,
  compareTimeTz,
  dateDifference,
  subtractFromLocal,
  subtractFromMoment,
  subtractFromTime,
  subtractFromTimeTz,
  timestampDifference,
} from '../../types/datetime/timestamp-math.ts';
import { requireZone, secondsOf, type TimeZone } from '../../types/datetime/timezone.ts';
import { Interval } from '../../types/interval.ts';
import type { TimeTz } from '../../types/time-tz.ts';
import type { Int64 } from '../../types/value.ts';
import { operator } from '../define.ts';
import type { EvalContext, SqlOperator } from '../function.ts';
import { compareKernel } from '../kernels/compare.ts';
import { comparisonOperators } from '../operators/comparison.ts';
import { shiftKernel } from './shift-kernel.ts';

/** The session's zone. */
export function sessionZone(context: EvalContext): TimeZone {
  return requireZone(context.format.timeZone);
}

function dateTime(date: number, time: number): Int64 {
  return isInfinite(date) ? date : addToTimestamp(dateToTimestamp(date), time);
}

function dateTimeTz(date: number, time: TimeTz): Int64 {
  const micros = time.micros + time.zoneSecondsWest * MICROS_PER_SECOND;
  return isInfinite(date) ? date : addToTimestamp(dateToTimestamp(date), micros);
}

const addMoment = (a: Int64, b: Interval, context: EvalContext): Int64 =>
  addToMoment(a, b, sessionZone(context));
const subtractMoment = (a: Int64, b: Interval, context: EvalContext): Int64 =>
  subtractFromMoment(a, b, sessionZone(context));
const addDateSpan = (a: number, b: Interval): Int64 => addToLocal(dateToTimestamp(a), b);

const additions: readonly SqlOperator[] = [
  operator('date + int4 = date', addDaysToDate),
  operator('int4 + date = date', (a: number, b: number) => addDaysToDate(b, a)),
  operator('date + interval = timestamp', addDateSpan),
  operator('interval + date = timestamp', (a: Interval, b: number) => addDateSpan(b, a)),
  operator('date + time = timestamp', dateTime),
  operator('time + date = timestamp', (a: number, b: number) => dateTime(b, a)),
  operator('date + timetz = timestamptz', dateTimeTz),
  operator('timetz + date = timestamptz', (a: TimeTz, b: number) => dateTimeTz(b, a)),
  operator('timestamp + interval = timestamp', (a: Int64, b: Interval) => addToLocal(a, b), {
    kernel: shiftKernel(1, false),
  }),
  operator('interval + timestamp = timestamp', (a: Interval, b: Int64) => addToLocal(b, a)),
  operator('timestamptz + interval = timestamptz', addMoment, {
    volatility: 'stable',
    kernel: shiftKernel(1, true),
  }),
  operator(
    'interval + timestamptz = timestamptz',
    (a: Interval, b: Int64, context: EvalContext) => addMoment(b, a, context),
    { volatility: 'stable' },
  ),
  operator('time + interval = time', addToTime),
  operator('interval + time = time', (a: Interval, b: number) => addToTime(b, a)),
  operator('timetz + interval = timetz', addToTimeTz),
  operator('interval + timetz = timetz', (a: Interval, b: TimeTz) => addToTimeTz(b, a)),
  operator('interval + interval = interval', addIntervals),
];

const subtractions: readonly SqlOperator[] = [
  operator('date - int4 = date', (a: number, b: number) => addDaysToDate(a, -b)),
  operator('date - date = int4', dateDifference),
  operator('date - interval = timestamp', (a: number, b: Interval) =>
    subtractFromLocal(dateToTimestamp(a), b),
  ),
  operator('timestamp - timestamp = interval', timestampDifference),
  operator('timestamptz - timestamptz = interval', timestampDifference),
  operator('timestamp - interval = timestamp', (a: Int64, b: Interval) => subtractFromLocal(a, b), {
    kernel: shiftKernel(-1, false),
  }),
  operator('timestamptz - interval = timestamptz', subtractMoment, {
    volatility: 'stable',
    kernel: shiftKernel(-1, true),
  }),
  operator('time - time = interval', (a: number, b: number) => new Interval(0, 0, a - b)),
  operator('time - interval = time', subtractFromTime),
  operator('timetz - interval = timetz', subtractFromTimeTz),
  operator('interval - interval = interval', subtractIntervals),
  operator('- interval = interval', negateInterval),
];

const scalings: readonly SqlOperator[] = [
  operator('interval * float8 = interval', multiplyInterval),
  operator('float8 * interval = interval', (a: number, b: Interval) => multiplyInterval(b, a)),
  operator('interval / float8 = interval', divideInterval),
];

/** Midnight of a date for comparisons, where a date outside the timestamps' range has its place. */
function comparableDate(days: number): Int64 {
  if (isInfinite(days)) return days;
  const micros = BigInt(days) * BigInt(MICROS_PER_DAY);
  if (micros >= END_TIMESTAMP) return END_TIMESTAMP;
  return micros < MIN_TIMESTAMP ? MIN_TIMESTAMP : dateToTimestamp(days);
}

function comparableDateTz(days: number, context: EvalContext): Int64 {
  const local = comparableDate(days);
  return local === END_TIMESTAMP ? local : comparableLocal(local, context);
}

/** The moment of a local time for a comparison: it may lie beyond what a timestamptz can be. */
function comparableLocal(local: Int64, { format }: EvalContext): Int64 {
  if (isInfinite(local)) return local;
  const offset = requireZone(format.timeZone).offsetForLocal(secondsOf(local));
  return addInt64(local, -offset * MICROS_PER_SECOND) ?? local;
}

type Contextual = (a: Int64, b: Int64, context: EvalContext) => number;

/** Comparisons that depend on the session's zone. */
function zonedComparisons(left: string, right: string, compare: Contextual): SqlOperator[] {
  const symbols = { '=': [0], '<>': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] };
  return Object.entries(symbols).map(([symbol, accepted]) =>
    operator(
      `${left} ${symbol} ${right} = bool`,
      (a: Int64, b: Int64, context: EvalContext) => accepted.includes(compare(a, b, context)),
      { volatility: 'stable' },
    ),
  );
}

const comparisons: readonly SqlOperator[] = [
  ...['date', 'time', 'timestamp', 'timestamptz'].flatMap((type) =>
    comparisonOperators<Int64, Int64>(type, type, compareInt64, compareKernel),
  ),
  ...comparisonOperators('timetz', 'timetz', compareTimeTz),
  ...comparisonOperators('interval', 'interval', compareIntervals),
  ...comparisonOperators<number, Int64>('date', 'timestamp', (a, b) =>
    compareInt64(comparableDate(a), b),
  ),
  ...comparisonOperators<Int64, number>('timestamp', 'date', (a, b) =>
    compareInt64(a, comparableDate(b)),
  ),
  ...zonedComparisons('date', 'timestamptz', (a, b, context) =>
    compareInt64(comparableDateTz(a as number, context), b),
  ),
  ...zonedComparisons('timestamptz', 'date', (a, b, context) =>
    compareInt64(a, comparableDateTz(b as number, context)),
  ),
  ...zonedComparisons('timestamp', 'timestamptz', (a, b, context) =>
    compareInt64(comparableLocal(a, context), b),
  ),
  ...zonedComparisons('timestamptz', 'timestamp', (a, b, context) =>
    compareInt64(a, comparableLocal(b, context)),
  ),
];

/** All operators of the date/time types. */
export const timeOperators: readonly SqlOperator[] = [
  ...additions,
  ...subtractions,
  ...scalings,
  ...comparisons,
];
