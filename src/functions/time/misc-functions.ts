/** age, isfinite, justify_*, overlaps, series, and the conversions that PostgreSQL has as functions. */
import { dbError } from '../../errors/db-error.ts';
import { timestampToDate } from '../../types/datetime/casts.ts';
import { MICROS_PER_DAY } from '../../types/datetime/calendar.ts';
import {
  compareIntervals,
  justifyDays,
  justifyHours,
  justifyInterval,
} from '../../types/datetime/interval-math.ts';
import { compareInt64, isInfinite } from '../../types/datetime/micros.ts';
import {
  addToLocal,
  addToMoment,
  addToTime,
  ageBetween,
  compareTimeTz,
} from '../../types/datetime/timestamp-math.ts';
import { requireZone } from '../../types/datetime/timezone.ts';
import { utcToLocal } from '../../types/datetime/zone-conversion.ts';
import { Interval } from '../../types/interval.ts';
import type { TimeTz } from '../../types/time-tz.ts';
import type { Int64, Value } from '../../types/value.ts';
import { scalar, table } from '../define.ts';
import type { EvalContext, ScalarFunction, SqlFunction } from '../function.ts';

const ZERO = new Interval(0, 0, 0);

/** Midnight of today in the session's zone, as local time. */
function todayLocal(context: EvalContext): number {
  return (
    timestampToDate(utcToLocal(context.format.timeZone, context.transactionMicros)) * MICROS_PER_DAY
  );
}

function ageOfMoments(end: Int64, start: Int64, context: EvalContext): Interval {
  const zone = context.format.timeZone;
  return ageBetween(utcToLocal(zone, end), utcToLocal(zone, start));
}

type Compare<T> = (a: T, b: T) => number;
type Add<T> = (a: T, b: Interval, context: EvalContext) => T;

/** The SQL standard's OVERLAPS over half-open periods, with its rules for NULL bounds. */
function periodsOverlap<T>(
  compare: Compare<T>,
  start1: T | null,
  end1: T | null,
  start2: T | null,
  end2: T | null,
): boolean | null {
  const first = ordered(compare, start1, end1);
  const second = ordered(compare, start2, end2);
  if (first === undefined || second === undefined) return null;
  const order = compare(first.start, second.start);
  if (order === 0) return first.end === null || second.end === null ? null : true;
  const [early, late] = order > 0 ? [second, first] : [first, second];
  if (early.end === null) return null;
  if (compare(late.start, early.end) < 0) return true;
  return late.end === null ? null : false;
}

/** A period with its bounds in order; a NULL bound counts as the later one. */
function ordered<T>(
  compare: Compare<T>,
  start: T | null,
  end: T | null,
): { start: T; end: T | null } | undefined {
  if (start === null) return end === null ? undefined : { start: end, end: null };
  if (end === null) return { start, end: null };
  return compare(start, end) > 0 ? { start: end, end: start } : { start, end };
}

/** overlaps() for a type: ends given as values or, where `add` is, as lengths. */
function overlapsFunctions<T>(
  type: string,
  compare: Compare<T>,
  add: Add<T> | undefined,
): ScalarFunction[] {
  const moved = (start: T | null, span: Interval | null, context: EvalContext): T | null =>
    start === null || span === null || add === undefined ? null : add(start, span, context);
  type Bound = T | Interval | null;
  const build = (firstSpan: boolean, secondSpan: boolean): ScalarFunction =>
    scalar(
      `overlaps(${type}, ${firstSpan ? 'interval' : type}, ${type}, ${secondSpan ? 'interval' : type}) bool`,
      (s1: T | null, e1: Bound, s2: T | null, e2: Bound, context: EvalContext): Value =>
        periodsOverlap(
          compare,
          s1,
          firstSpan ? moved(s1, e1 as Interval | null, context) : (e1 as T | null),
          s2,
          secondSpan ? moved(s2, e2 as Interval | null, context) : (e2 as T | null),
        ),
      { strict: false, volatility: type === 'timestamptz' ? 'stable' : 'immutable' },
    );
  if (add === undefined) return [build(false, false)];
  return [build(false, false), build(false, true), build(true, false), build(true, true)];
}

/** start, start + step, ... while not past stop. */
function* series(
  start: Int64,
  stop: Int64,
  step: Interval,
  add: (value: Int64, span: Interval) => Int64,
): Iterable<readonly Value[]> {
  const direction = compareIntervals(step, ZERO);
  if (direction === 0) throw dbError('invalid_parameter_value', 'step size cannot equal zero');
  let current = start;
  while (direction > 0 ? current <= stop : current >= stop) {
    yield [current];
    if (isInfinite(current)) return;
    current = add(current, step);
  }
}

const overlaps: readonly SqlFunction[] = [
  ...overlapsFunctions<Int64>('time', compareInt64, (a, b) => addToTime(a as number, b)),
  ...overlapsFunctions<TimeTz>('timetz', compareTimeTz, undefined),
  ...overlapsFunctions<Int64>('timestamp', compareInt64, addToLocal),
  ...overlapsFunctions<Int64>('timestamptz', compareInt64, (a, b, context) =>
    addToMoment(a, b, requireZone(context.format.timeZone)),
  ),
];

const ages: readonly SqlFunction[] = [
  scalar('age(timestamp, timestamp) interval', (a: Int64, b: Int64) => ageBetween(a, b)),
  scalar('age(timestamptz, timestamptz) interval', ageOfMoments, { volatility: 'stable' }),
  scalar(
    'age(timestamp) interval',
    (value: Int64, context: EvalContext) => ageBetween(todayLocal(context), value),
    { volatility: 'stable' },
  ),
  scalar(
    'age(timestamptz) interval',
    (value: Int64, context: EvalContext) =>
      ageBetween(todayLocal(context), utcToLocal(context.format.timeZone, value)),
    { volatility: 'stable' },
  ),
];

const generators: readonly SqlFunction[] = [
  table('generate_series(timestamp, timestamp, interval) timestamp', (args) => {
    const [start, stop, step] = args as [Int64, Int64, Interval];
    return series(start, stop, step, addToLocal);
  }),
  table(
    'generate_series(timestamptz, timestamptz, interval) timestamptz',
    (args, context) => {
      const [start, stop, step] = args as [Int64, Int64, Interval];
      const zone = requireZone(context.format.timeZone);
      return series(start, stop, step, (value, span) => addToMoment(value, span, zone));
    },
    { volatility: 'stable' },
  ),
];

/** The remaining functions over dates, times and intervals. */
export const miscFunctions: readonly SqlFunction[] = [
  ...ages,
  ...overlaps,
  ...generators,
  scalar('isfinite(date) bool', (value: number) => !isInfinite(value)),
  scalar('isfinite(timestamp) bool', (value: Int64) => !isInfinite(value)),
  scalar('isfinite(timestamptz) bool', (value: Int64) => !isInfinite(value)),
  scalar('isfinite(interval) bool', () => true),
  scalar('justify_hours(interval) interval', justifyHours),
  scalar('justify_days(interval) interval', justifyDays),
  scalar('justify_interval(interval) interval', justifyInterval),
];
