/** date_trunc() and date_bin(). */
import { dbError } from '../../errors/db-error.ts';
import { Interval } from '../interval.ts';
import type { Int64 } from '../value.ts';
import {
  civilFromDays,
  daysFromCivil,
  isoDayOfWeek,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from './calendar.ts';
import {
  addInt64,
  addToTimestamp,
  dayOf,
  intervalOutOfRange,
  isInfinite,
  joinDays,
  subtractInt64,
  timeOf,
  timestampFromDay,
  timestampOutOfRange,
} from './micros.ts';
import { secondsOf, type TimeZone } from './timezone.ts';
import type { Unit } from './tokens.ts';
import { decodeIntervalUnit, unitNotRecognized, unitNotSupported } from './unit.ts';
import { localToUtcIn, utcToLocalIn } from './zone-conversion.ts';

/** Microseconds of the units up to the hour, whose buckets never depend on the calendar. */
const CLOCK_UNITS: ReadonlyMap<Unit, number> = new Map<Unit, number>([
  ['microsecond', 1],
  ['millisecond', 1000],
  ['second', MICROS_PER_SECOND],
  ['minute', MICROS_PER_MINUTE],
  ['hour', MICROS_PER_HOUR],
]);

const CALENDAR_UNITS: ReadonlySet<Unit> = new Set<Unit>([
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
]);

/** A unit that date_trunc knows: `micros` of a clock unit, else undefined for a calendar unit. */
export interface TruncUnit {
  readonly unit: Unit;
  readonly micros: number | undefined;
}

/** Decodes date_trunc's first argument or throws. */
export function truncUnit(text: string, typeName: string): TruncUnit {
  const unit = decodeIntervalUnit(text);
  if (unit === undefined) throw unitNotRecognized(text, typeName);
  const micros = CLOCK_UNITS.get(unit);
  if (micros === undefined && !CALENDAR_UNITS.has(unit)) throw unitNotSupported(text, typeName);
  return { unit, micros };
}

/** First day of the calendar unit that a day lies in. */
export function truncateDay(unit: Unit, days: number): number {
  if (unit === 'day') return days;
  if (unit === 'week') return days - (isoDayOfWeek(days) - 1);
  const { year, month } = civilFromDays(days);
  switch (unit) {
    case 'month':
      return daysFromCivil(year, month, 1);
    case 'quarter':
      return daysFromCivil(year, 3 * Math.floor((month - 1) / 3) + 1, 1);
    case 'decade':
      return daysFromCivil(
        year > 0 ? Math.floor(year / 10) * 10 : -Math.trunc((8 - (year - 1)) / 10) * 10,
        1,
        1,
      );
    case 'century':
      return daysFromCivil(firstYear(year, 100), 1, 1);
    case 'millennium':
      return daysFromCivil(firstYear(year, 1000), 1, 1);
    default:
      return daysFromCivil(year, 1, 1);
  }
}

function firstYear(year: number, length: number): number {
  return year > 0
    ? Math.floor((year + length - 1) / length) * length - (length - 1)
    : -Math.trunc((length - 1 - (year - 1)) / length) * length + 1;
}

/** Rounds down to a multiple of a clock unit counted from midnight. */
function truncateClock(timestamp: Int64, micros: number): Int64 {
  const day = dayOf(timestamp);
  const time = timeOf(timestamp, day);
  return timestampFromDay(day, time - (time % micros));
}

/** date_trunc over timestamps without zone. */
export function truncateLocal(unit: TruncUnit, timestamp: Int64): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  if (unit.micros !== undefined) return truncateClock(timestamp, unit.micros);
  return timestampFromDay(truncateDay(unit.unit, dayOf(timestamp)), 0);
}

/** date_trunc over timestamptz, by the local time of a zone. */
export function truncateMoment(unit: TruncUnit, moment: Int64, zone: TimeZone): Int64 {
  if (isInfinite(moment)) return moment;
  if (unit.micros !== undefined) {
    // Below the day the moment's own offset stays: truncation must not jump over a transition.
    const shift = zone.offsetAt(secondsOf(moment)) * MICROS_PER_SECOND;
    return addToTimestamp(truncateClock(addToTimestamp(moment, shift), unit.micros), -shift);
  }
  const local = utcToLocalIn(zone, moment);
  return localToUtcIn(zone, timestampFromDay(truncateDay(unit.unit, dayOf(local)), 0));
}

/** date_trunc over intervals. */
export function truncateInterval(text: string, value: Interval): Interval {
  const unit = decodeIntervalUnit(text);
  if (unit === undefined) throw unitNotRecognized(text, 'interval');
  const truncated = (months: number): Interval =>
    new Interval(Math.trunc(value.months / months) * months + 0, 0, 0);
  switch (unit) {
    case 'millennium':
      return truncated(12_000);
    case 'century':
      return truncated(1_200);
    case 'decade':
      return truncated(120);
    case 'year':
      return truncated(12);
    case 'quarter':
      return truncated(3);
    case 'month':
      return truncated(1);
    case 'day':
      return new Interval(value.months, value.days, 0);
    default:
      break;
  }
  const micros = CLOCK_UNITS.get(unit);
  if (micros === undefined) {
    const detail = unit === 'week' ? 'Months usually have fractional weeks.' : undefined;
    throw unitNotSupported(text, 'interval', detail);
  }
  return new Interval(value.months, value.days, truncateTowardsZero(value.micros, micros));
}

function truncateTowardsZero(value: Int64, unit: number): Int64 {
  if (typeof value === 'number') return value - (value % unit) + 0;
  return subtractInt64(value, Number(value % BigInt(unit))) as Int64;
}

/** Microseconds of a date_bin stride, checked. */
export function binStride(stride: Interval): Int64 {
  if (stride.months !== 0) {
    throw dbError(
      'feature_not_supported',
      'timestamps cannot be binned into intervals containing months or years',
    );
  }
  const days = joinDays(stride.days, 0);
  const micros = days === undefined ? undefined : addInt64(days, stride.micros);
  if (micros === undefined) throw intervalOutOfRange();
  if (micros <= 0) throw dbError('datetime_field_overflow', 'stride must be greater than zero');
  return micros;
}

/** date_bin: the start of the stride, counted from origin, that a timestamp lies in. */
export function dateBin(stride: Interval, source: Int64, origin: Int64): Int64 {
  if (isInfinite(source)) return source;
  if (isInfinite(origin)) throw dbError('datetime_field_overflow', 'origin out of range');
  return floorToBin(source, binStride(stride), origin);
}

/** origin + floor((source - origin) / width) * width. */
export function floorToBin(source: Int64, width: Int64, origin: Int64): Int64 {
  const difference = subtractInt64(source, origin);
  if (difference === undefined) throw intervalOutOfRange();
  if (typeof difference === 'number' && typeof width === 'number') {
    const rest = difference % width;
    return addToTimestamp(source, -(rest < 0 ? rest + width : rest) + 0);
  }
  const wide = BigInt(width);
  const rest = BigInt(difference) % wide;
  const back = rest < 0n ? rest + wide : rest;
  const result = subtractInt64(source, back);
  if (result === undefined) throw timestampOutOfRange();
  return addToTimestamp(result, 0);
}
