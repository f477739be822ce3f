/** Arithmetic of dates, times and timestamps with intervals and with each other. */
import { dbError } from '../../errors/db-error.ts';
import { Interval } from '../interval.ts';
import { TimeTz } from '../time-tz.ts';
import type { Int64 } from '../value.ts';
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  MAX_DATE,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  MIN_DATE,
  type CivilDate,
} from './calendar.ts';
import { justifyHours, makeIntervalChecked, negateInterval } from './interval-math.ts';
import {
  addToTimestamp,
  dateOutOfRange,
  dayOf,
  floorDivideInt64,
  intervalOutOfRange,
  isInfinite,
  subtractInt64,
  timeOf,
  timestampFromDay,
  timestampOutOfRange,
} from './micros.ts';
import type { TimeZone } from './timezone.ts';
import { localToUtcIn, utcToLocalIn } from './zone-conversion.ts';

/** The day `months` later; a day that the month does not have becomes its last. */
export function addMonthsToDay(days: number, months: number): number {
  const date = civilFromDays(days);
  const total = date.year * 12 + (date.month - 1) + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  return daysFromCivil(year, month, Math.min(date.day, daysInMonth(year, month)));
}

/** timestamp + interval. */
export function addToLocal(timestamp: Int64, span: Interval): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  let result = timestamp;
  if (span.months !== 0) {
    const day = dayOf(result);
    result = timestampFromDay(addMonthsToDay(day, span.months), timeOf(result, day));
  }
  if (span.days !== 0) {
    const day = dayOf(result);
    result = timestampFromDay(day + span.days, timeOf(result, day));
  }
  return addToTimestamp(result, span.micros);
}

/** timestamptz + interval: months and days move the local time of the zone, hours the moment. */
export function addToMoment(moment: Int64, span: Interval, zone: TimeZone): Int64 {
  if (isInfinite(moment)) return moment;
  let result = moment;
  if (span.months !== 0) {
    const local = utcToLocalIn(zone, result);
    const day = dayOf(local);
    const moved = timestampFromDay(addMonthsToDay(day, span.months), timeOf(local, day));
    result = localToUtcIn(zone, moved);
  }
  if (span.days !== 0) {
    const local = utcToLocalIn(zone, result);
    const day = dayOf(local);
    result = localToUtcIn(zone, timestampFromDay(day + span.days, timeOf(local, day)));
  }
  return addToTimestamp(result, span.micros);
}

export function subtractFromLocal(timestamp: Int64, span: Interval): Int64 {
  return addToLocal(timestamp, negateInterval(span));
}

export function subtractFromMoment(moment: Int64, span: Interval, zone: TimeZone): Int64 {
  return addToMoment(moment, negateInterval(span), zone);
}

/** timestamp - timestamp (both kinds): days and time. */
export function timestampDifference(a: Int64, b: Int64): Interval {
  if (isInfinite(a) || isInfinite(b)) {
    throw dbError('datetime_field_overflow', 'cannot subtract infinite timestamps');
  }
  const micros = subtractInt64(a, b);
  if (micros === undefined) throw intervalOutOfRange();
  return justifyHours(new Interval(0, 0, micros));
}

/** date + integer. */
export function addDaysToDate(date: number, days: number): number {
  if (isInfinite(date)) return date;
  const result = date + days;
  if (result < MIN_DATE || result > MAX_DATE) throw dateOutOfRange();
  return result;
}

/** date - date. */
export function dateDifference(a: number, b: number): number {
  if (isInfinite(a) || isInfinite(b)) {
    throw dbError('datetime_field_overflow', 'cannot subtract infinite dates');
  }
  return a - b;
}

/** Microseconds within a day; days of the result are dropped. */
function wrapDay(micros: number): number {
  const wrapped = micros % MICROS_PER_DAY;
  return wrapped < 0 ? wrapped + MICROS_PER_DAY : wrapped + 0;
}

function timePart(span: Interval): number {
  return timeOf(span.micros, Number(floorDivideInt64(span.micros, MICROS_PER_DAY)));
}

/** time + interval: only the interval's time counts, modulo 24 hours. */
export function addToTime(time: number, span: Interval): number {
  return wrapDay(time + timePart(span));
}

export function subtractFromTime(time: number, span: Interval): number {
  return wrapDay(time - timePart(span));
}

export function addToTimeTz(time: TimeTz, span: Interval): TimeTz {
  return new TimeTz(addToTime(time.micros, span), time.zoneSecondsWest);
}

export function subtractFromTimeTz(time: TimeTz, span: Interval): TimeTz {
  return new TimeTz(subtractFromTime(time.micros, span), time.zoneSecondsWest);
}

/** Orders timetz by the moment in UTC, then by zone. */
export function compareTimeTz(a: TimeTz, b: TimeTz): number {
  const left = a.micros + a.zoneSecondsWest * MICROS_PER_SECOND;
  const right = b.micros + b.zoneSecondsWest * MICROS_PER_SECOND;
  if (left !== right) return left < right ? -1 : 1;
  return a.zoneSecondsWest - b.zoneSecondsWest;
}

/** age(): the difference as people count it, in years, months, days and time. Local times. */
export function ageBetween(end: Int64, start: Int64): Interval {
  if (isInfinite(end) || isInfinite(start)) throw timestampOutOfRange();
  const negative = end < start;
  const endDay = dayOf(end);
  const startDay = dayOf(start);
  const to = civilFromDays(endDay);
  const from = civilFromDays(startDay);
  const sign = negative ? -1 : 1;
  let micros = sign * (timeOf(end, endDay) - timeOf(start, startDay));
  let days = sign * (to.day - from.day);
  let months = sign * ((to.year - from.year) * 12 + to.month - from.month);
  if (micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  }
  const borrowed: CivilDate = negative ? to : from;
  while (days < 0) {
    days += daysInMonth(borrowed.year, borrowed.month);
    months--;
  }
  return makeIntervalChecked(sign * months, sign * days, sign * micros);
}
