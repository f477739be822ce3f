/**
 * 64-bit microsecond arithmetic. Numbers carry everything within +-2^53 (years 1714..2285); bigints
 * appear only outside, so ordinary data never leaves double arithmetic.
 */
import { dbError, type DbError } from '../../errors/db-error.ts';
import { INT8_MAX, INT8_MIN, toInt64, type Int64 } from '../value.ts';
import { MICROS_PER_DAY } from './calendar.ts';

/** 4714-11-24 00:00:00 BC, the first timestamp. */
export const MIN_TIMESTAMP = -211813488000000000n;
/** 294277-01-01 00:00:00, the first that is too late. */
export const END_TIMESTAMP = 9223371331200000000n;

export function timestampOutOfRange(): DbError {
  return dbError('datetime_field_overflow', 'timestamp out of range');
}

export function dateOutOfRange(): DbError {
  return dbError('datetime_field_overflow', 'date out of range');
}

export function intervalOutOfRange(): DbError {
  return dbError('datetime_field_overflow', 'interval out of range');
}

/** True for infinity and -infinity, of dates and timestamps. */
export function isInfinite(value: Int64): boolean {
  return value === Infinity || value === -Infinity;
}

/** The sum, or undefined where it leaves 64 bits. Arguments are finite. */
export function addInt64(a: Int64, b: Int64): Int64 | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return narrow(BigInt(a) + BigInt(b));
}

export function subtractInt64(a: Int64, b: Int64): Int64 | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return narrow(BigInt(a) - BigInt(b));
}

/** days * 86400000000 + micros, or undefined where it leaves 64 bits. */
export function joinDays(days: number, micros: number): Int64 | undefined {
  const joined = days * MICROS_PER_DAY + micros;
  if (Number.isSafeInteger(joined)) return joined;
  return narrow(BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros));
}

/** A value within the int8 range in canonical form, or undefined. */
export function narrow(value: bigint): Int64 | undefined {
  return value < INT8_MIN || value > INT8_MAX ? undefined : toInt64(value);
}

/** Day number of a finite timestamp, counted from 2000-01-01. */
export function dayOf(timestamp: Int64): number {
  if (typeof timestamp === 'number') return Math.floor(timestamp / MICROS_PER_DAY);
  return Number(floorDivide(timestamp, BigInt(MICROS_PER_DAY)));
}

/** Microseconds since midnight, for the day that `dayOf` gave. */
export function timeOf(timestamp: Int64, day: number): number {
  if (typeof timestamp === 'number') return timestamp - day * MICROS_PER_DAY;
  return Number(timestamp - BigInt(day) * BigInt(MICROS_PER_DAY));
}

/** Integer quotient rounded towards minus infinity; the divisor is positive. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** Floor division of an Int64 by a positive safe integer. */
export function floorDivideInt64(value: Int64, divisor: number): Int64 {
  if (typeof value === 'number') {
    const remainder = value % divisor;
    return (value - (remainder < 0 ? remainder + divisor : remainder)) / divisor;
  }
  return toInt64(floorDivide(value, BigInt(divisor)));
}

/** True where a finite value is a timestamp that PostgreSQL accepts. */
export function isValidTimestamp(value: Int64): boolean {
  if (typeof value === 'number') return true;
  return value >= MIN_TIMESTAMP && value < END_TIMESTAMP;
}

/** The timestamp for a day and time of day, or the range error. */
export function timestampFromDay(day: number, micros: number): Int64 {
  const joined = joinDays(day, micros);
  if (joined === undefined || !isValidTimestamp(joined)) throw timestampOutOfRange();
  return joined;
}

/** timestamp + micros, or the range error. */
export function addToTimestamp(timestamp: Int64, micros: Int64): Int64 {
  const sum = addInt64(timestamp, micros);
  if (sum === undefined || !isValidTimestamp(sum)) throw timestampOutOfRange();
  return sum;
}

/** Rounds half to even, as C's rint() does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction < 0.5) return floor;
  if (fraction > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Orders two timestamps or dates, infinities included. */
export function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
