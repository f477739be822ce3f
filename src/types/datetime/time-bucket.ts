/** time_bucket(): fixed-width and month-wide buckets, as TimescaleDB counts them. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import type { Interval } from '../interval.ts';
import type { Int64 } from '../value.ts';
import { civilFromDays, daysFromCivil, MICROS_PER_DAY } from './calendar.ts';
import { dateToTimestamp, timestampToDate } from './casts.ts';
import { floorToBin } from './date-trunc.ts';
import {
  addInt64,
  dayOf,
  intervalOutOfRange,
  isInfinite,
  joinDays,
  timestampFromDay,
} from './micros.ts';

/** Buckets of days and less are counted from Monday 2000-01-03, those of months from 2000-01-01. */
export const DEFAULT_ORIGIN = 2 * MICROS_PER_DAY;

function invalidWidth(message: string): DbError {
  return dbError('invalid_parameter_value', message);
}

/** Width of a bucket: months, or microseconds. */
export type BucketWidth =
  | { readonly months: number; readonly micros: undefined }
  | { readonly months: 0; readonly micros: Int64 };

/** Checks a bucket width. */
export function bucketWidth(width: Interval): BucketWidth {
  if (width.months !== 0) {
    if (width.days !== 0 || width.micros !== 0) {
      throw invalidWidth('month intervals cannot have day or time component');
    }
    if (width.months < 0) throw invalidWidth('period must be greater than 0');
    return { months: width.months, micros: undefined };
  }
  const days = joinDays(width.days, 0);
  const micros = days === undefined ? undefined : addInt64(days, width.micros);
  if (micros === undefined) throw intervalOutOfRange();
  if (micros <= 0) throw invalidWidth('period must be greater than 0');
  return { months: 0, micros };
}

/** First day of the month-wide bucket of a day; only year and month of the origin count. */
export function monthBucket(months: number, days: number, originDays: number): number {
  const date = civilFromDays(days);
  const origin = civilFromDays(originDays);
  const offset = (origin.year * 12 + origin.month - 1) % months;
  const index = date.year * 12 + date.month - 1 - offset;
  const start = Math.floor(index / months) * months + offset;
  const year = Math.floor(start / 12);
  return daysFromCivil(year, start - year * 12 + 1, 1);
}

/** time_bucket over timestamps; `origin` undefined for the default. */
export function bucketTimestamp(
  width: BucketWidth,
  value: Int64,
  origin: Int64 | undefined,
): Int64 {
  if (isInfinite(value)) return value;
  if (origin !== undefined && isInfinite(origin)) {
    throw dbError('datetime_field_overflow', 'timestamp out of range');
  }
  if (width.micros === undefined) {
    return timestampFromDay(monthBucket(width.months, dayOf(value), dayOf(origin ?? 0)), 0);
  }
  return floorToBin(value, width.micros, origin ?? DEFAULT_ORIGIN);
}

/** time_bucket over dates: the width must be whole days. */
export function bucketDate(
  width: BucketWidth,
  days: number,
  originDays: number | undefined,
): number {
  if (width.micros !== undefined) {
    if (width.micros < MICROS_PER_DAY) {
      throw dbError('feature_not_supported', 'interval must not have sub-day precision');
    }
    if (BigInt(width.micros) % BigInt(MICROS_PER_DAY) !== 0n) {
      throw dbError('feature_not_supported', 'interval must be a multiple of a day');
    }
  }
  if (isInfinite(days)) return days;
  const origin = originDays === undefined ? undefined : dateToTimestamp(originDays);
  return timestampToDate(bucketTimestamp(width, dateToTimestamp(days), origin));
}

/** time_bucket over integers. `minimum` and `maximum` bound the type. */
export function bucketInteger(
  width: Int64,
  value: Int64,
  offset: Int64,
  minimum: bigint,
  maximum: bigint,
): bigint {
  if (width <= 0) throw invalidWidth('period must be greater than 0');
  const period = BigInt(width);
  const shift = BigInt(offset) % period;
  const moved = BigInt(value) - shift;
  const rest = moved % period;
  const start = moved - (rest < 0n ? rest + period : rest) + shift;
  if (moved < minimum || moved > maximum || start < minimum || start > maximum) {
    throw dbError('datetime_field_overflow', 'timestamp out of range');
  }
  return start;
}
