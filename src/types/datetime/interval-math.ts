/** Arithmetic on intervals. Months, days and microseconds stay apart unless a rule carries them over. */
import { dbError } from '../../errors/db-error.ts';
import { Interval } from '../interval.ts';
import { toInt64, type Int64 } from '../value.ts';
import { MICROS_PER_DAY, MICROS_PER_SECOND, SECONDS_PER_DAY } from './calendar.ts';
import { addInt64, intervalOutOfRange, narrow, roundHalfEven, subtractInt64 } from './micros.ts';
import { fitsInt32 } from './number-text.ts';

const DAYS_PER_MONTH = 30;

function int32(value: number): number {
  if (!fitsInt32(value)) throw intervalOutOfRange();
  return value === 0 ? 0 : value;
}

function int64(value: Int64 | undefined): Int64 {
  if (value === undefined) throw intervalOutOfRange();
  return value === 0 ? 0 : value;
}

/** An interval from fields that may have left their ranges. */
export function makeIntervalChecked(
  months: number,
  days: number,
  micros: Int64 | undefined,
): Interval {
  return new Interval(int32(months), int32(days), int64(micros));
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return makeIntervalChecked(a.months + b.months, a.days + b.days, addInt64(a.micros, b.micros));
}

export function subtractIntervals(a: Interval, b: Interval): Interval {
  return makeIntervalChecked(
    a.months - b.months,
    a.days - b.days,
    subtractInt64(a.micros, b.micros),
  );
}

export function negateInterval(value: Interval): Interval {
  return makeIntervalChecked(-value.months, -value.days, narrow(-BigInt(value.micros)));
}

export function multiplyInterval(value: Interval, factor: number): Interval {
  return scaleInterval(value, (part) => part * factor);
}

export function divideInterval(value: Interval, divisor: number): Interval {
  if (divisor === 0) throw dbError('division_by_zero', 'division by zero');
  return scaleInterval(value, (part) => part / divisor);
}

/** Rounds to whole microseconds, where the number counts days or seconds. */
function roundSixth(value: number): number {
  return roundHalfEven(value * 1e6) / 1e6;
}

/** Scales every field; fractions of months become days, those of days become time. */
function scaleInterval(value: Interval, scale: (part: number) => number): Interval {
  const exactMonths = scale(value.months);
  const exactDays = scale(value.days);
  if (Number.isNaN(exactMonths) || Number.isNaN(exactDays)) throw intervalOutOfRange();
  const months = int32(Math.trunc(exactMonths));
  let days = int32(Math.trunc(exactDays));
  const monthRest = roundSixth((exactMonths - months) * DAYS_PER_MONTH);
  let seconds = roundSixth(
    (exactDays - days + monthRest - Math.trunc(monthRest)) * SECONDS_PER_DAY,
  );
  if (Math.abs(seconds) >= SECONDS_PER_DAY) {
    const carried = Math.trunc(seconds / SECONDS_PER_DAY);
    days += carried;
    seconds -= carried * SECONDS_PER_DAY;
  }
  days += Math.trunc(monthRest);
  const micros = roundHalfEven(scale(Number(value.micros)) + seconds * MICROS_PER_SECOND);
  if (!(micros >= -9223372036854775808 && micros < 9223372036854775808)) throw intervalOutOfRange();
  const whole = Number.isSafeInteger(micros) ? micros : toInt64(BigInt(micros));
  return makeIntervalChecked(months, days, whole);
}

/** Length in microseconds as intervals are ordered: months of 30 days, days of 24 hours. */
export function intervalSpan(value: Interval): bigint {
  const days = value.months * DAYS_PER_MONTH + value.days;
  return BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(value.micros);
}

/** Orders intervals by length. */
export function compareIntervals(a: Interval, b: Interval): number {
  if (typeof a.micros === 'number' && typeof b.micros === 'number') {
    const x = (a.months * DAYS_PER_MONTH + a.days) * MICROS_PER_DAY + a.micros;
    const y = (b.months * DAYS_PER_MONTH + b.days) * MICROS_PER_DAY + b.micros;
    if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x < y ? -1 : x > y ? 1 : 0;
  }
  const left = intervalSpan(a);
  const right = intervalSpan(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

interface WholeDays {
  readonly days: number;
  readonly micros: number;
}

/** Splits whole days off a time, towards zero. */
function wholeDays(micros: Int64): WholeDays {
  if (typeof micros === 'bigint') {
    const day = BigInt(MICROS_PER_DAY);
    return { days: Number(micros / day), micros: Number(micros % day) };
  }
  const days = Math.trunc(micros / MICROS_PER_DAY);
  return { days, micros: micros - days * MICROS_PER_DAY };
}

/** Turns each 24 hours into a day. */
export function justifyHours(value: Interval): Interval {
  const whole = wholeDays(value.micros);
  let days = int32(value.days + whole.days);
  let { micros } = whole;
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  return makeIntervalChecked(value.months, days, micros);
}

/** Turns each 30 days into a month. */
export function justifyDays(value: Interval): Interval {
  const whole = Math.trunc(value.days / DAYS_PER_MONTH);
  let days = value.days - whole * DAYS_PER_MONTH;
  let months = value.months + whole;
  if (months > 0 && days < 0) {
    days += DAYS_PER_MONTH;
    months--;
  } else if (months < 0 && days > 0) {
    days -= DAYS_PER_MONTH;
    months++;
  }
  return makeIntervalChecked(months, days, value.micros);
}

/** Both, with one sign for all fields. */
export function justifyInterval(value: Interval): Interval {
  const whole = wholeDays(value.micros);
  let { micros } = whole;
  let days = value.days + whole.days;
  const carried = Math.trunc(days / DAYS_PER_MONTH);
  days -= carried * DAYS_PER_MONTH;
  let months = value.months + carried;
  if (months > 0 && (days < 0 || (days === 0 && micros < 0))) {
    days += DAYS_PER_MONTH;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0))) {
    days -= DAYS_PER_MONTH;
    months++;
  }
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  return makeIntervalChecked(months, days, micros);
}
