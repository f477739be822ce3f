/** make_date() and its relatives, and to_timestamp(double precision). */
import { dbError } from '../../errors/db-error.ts';
import {
  daysFromCivil,
  daysInMonth,
  isValidJulian,
  MAX_DATE,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  MIN_DATE,
  UNIX_EPOCH_SECONDS,
} from '../../types/datetime/calendar.ts';
import { makeIntervalChecked } from '../../types/datetime/interval-math.ts';
import {
  addInt64,
  intervalOutOfRange,
  isValidTimestamp,
  joinDays,
  roundHalfEven,
} from '../../types/datetime/micros.ts';
import { abbreviationOffset, requireZone, secondsOf } from '../../types/datetime/timezone.ts';
import { ZONE_ABBREVIATIONS } from '../../types/datetime/zone-abbreviations.ts';
import { localToUtc, localToUtcIn } from '../../types/datetime/zone-conversion.ts';
import type { Interval } from '../../types/interval.ts';
import { toInt64, type Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, ScalarFunction, SqlFunction } from '../function.ts';
import { two } from '../../types/datetime/format-date-time.ts';

/** Days of a date, or undefined where a field is out of range. A negative year is BC. */
function checkedDay(year: number, month: number, day: number): number | undefined {
  if (year === 0) return undefined;
  const astronomical = year < 0 ? year + 1 : year;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(astronomical, month))
    return undefined;
  if (!isValidJulian(astronomical, month, day)) return undefined;
  return daysFromCivil(astronomical, month, day);
}

function dateText(year: number, month: number, day: number): string {
  return `${year}-${two(month)}-${two(day)}`;
}

function makeDate(year: number, month: number, day: number): number {
  const days = checkedDay(year, month, day);
  if (days === undefined) {
    throw dbError(
      'datetime_field_overflow',
      `date field value out of range: ${dateText(year < 0 ? year + 1 : year, month, day)}`,
    );
  }
  if (days < MIN_DATE || days > MAX_DATE) {
    throw dbError('datetime_field_overflow', `date out of range: ${dateText(year, month, day)}`);
  }
  return days;
}

/** Micros of a time of day, or undefined. Up to 24:00:00; 60 seconds carry over. */
function checkedTime(hour: number, minute: number, second: number): number | undefined {
  if (Number.isNaN(second) || hour < 0 || hour > 24 || minute < 0 || minute > 59) return undefined;
  const seconds = roundHalfEven(second * MICROS_PER_SECOND);
  if (seconds < 0 || seconds > 60 * MICROS_PER_SECOND) return undefined;
  const micros = hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + seconds;
  return micros > MICROS_PER_DAY ? undefined : micros;
}

/** A number as C's %g prints it. */
function shortNumber(value: number): string {
  const text = value.toPrecision(6);
  return text.includes('.') ? text.replace(/\.?0+(?=e|$)/, '') : text;
}

/** Seconds as C's %02g prints them. */
function secondText(second: number): string {
  const text = shortNumber(second);
  return text.length < 2 ? `0${text}` : text;
}

function makeTime(hour: number, minute: number, second: number): number {
  const micros = checkedTime(hour, minute, second);
  if (micros === undefined) {
    throw dbError(
      'datetime_field_overflow',
      `time field value out of range: ${hour}:${two(minute)}:${secondText(second)}`,
    );
  }
  return micros;
}

function makeTimestamp(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): Int64 {
  const days = checkedDay(year, month, day);
  if (days === undefined) {
    throw dbError(
      'datetime_field_overflow',
      `date field value out of range: ${dateText(year, month, day)}`,
    );
  }
  const time = makeTime(hour, minute, second);
  const micros = joinDays(days, time);
  if (micros === undefined || !isValidTimestamp(micros)) {
    throw dbError(
      'datetime_field_overflow',
      `timestamp out of range: ${dateText(year, month, day)} ${hour}:${two(minute)}:${secondText(second)}`,
    );
  }
  return micros;
}

type Six = [number, number, number, number, number, number];

/** A zone here must be a name or abbreviation, or an offset with an explicit sign. */
function makeInZone(...args: [...Six, string]): Int64 {
  const zone = args[6];
  const local = makeTimestamp(...(args.slice(0, 6) as Six));
  if (/^\d/.test(zone)) {
    throw dbError('invalid_parameter_value', {
      message: `invalid input syntax for type numeric time zone: "${zone}"`,
      hint: 'Numeric time zones must have "-" or "+" as first character.',
    });
  }
  let offset: number;
  const numeric = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?$/.exec(zone);
  if (numeric !== null) {
    const seconds =
      Number(numeric[2]) * 3600 + Number(numeric[3] ?? 0) * 60 + Number(numeric[4] ?? 0);
    if (Number(numeric[2]) > 15) {
      throw dbError('invalid_parameter_value', `numeric time zone "${zone}" out of range`);
    }
    offset = numeric[1] === '-' ? -seconds : seconds;
  } else if (ZONE_ABBREVIATIONS.has(zone.toLowerCase())) {
    offset = abbreviationOffset(zone, secondsOf(local)) as number;
  } else {
    return localToUtcIn(requireZone(zone), local);
  }
  const micros = addInt64(local, -offset * MICROS_PER_SECOND);
  if (micros === undefined || !isValidTimestamp(micros)) {
    throw dbError('datetime_field_overflow', 'timestamp out of range');
  }
  return micros;
}

function makeInterval(
  years: number,
  months: number,
  weeks: number,
  days: number,
  hours: number,
  minutes: number,
  seconds: number,
): Interval {
  if (!Number.isFinite(seconds)) throw intervalOutOfRange();
  const fraction = roundHalfEven(seconds * MICROS_PER_SECOND);
  if (Math.abs(fraction) >= 2 ** 63) throw intervalOutOfRange();
  const whole = hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE;
  const clock = Number.isSafeInteger(whole)
    ? whole
    : BigInt(hours) * BigInt(MICROS_PER_HOUR) + BigInt(minutes) * BigInt(MICROS_PER_MINUTE);
  const part = Number.isSafeInteger(fraction) ? fraction : BigInt(fraction);
  return makeIntervalChecked(years * 12 + months, weeks * 7 + days, addInt64(clock, part));
}

/** to_timestamp(double precision): seconds since 1970. */
function fromUnixSeconds(seconds: number): Int64 {
  if (Number.isNaN(seconds)) {
    throw dbError('datetime_field_overflow', 'timestamp cannot be NaN');
  }
  if (!Number.isFinite(seconds)) return seconds;
  const micros = roundHalfEven((seconds - UNIX_EPOCH_SECONDS) * MICROS_PER_SECOND);
  const value =
    Number.isSafeInteger(micros) || Math.abs(micros) > 1e19 ? micros : toInt64(BigInt(micros));
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : !isValidTimestamp(value)) {
    throw dbError('datetime_field_overflow', `timestamp out of range: "${shortNumber(seconds)}"`);
  }
  return value;
}

const DATE_ARGS = ['year', 'month', 'day'];
const TIME_ARGS = ['hour', 'min', 'sec'];
const STAMP_ARGS = ['year', 'month', 'mday', 'hour', 'min', 'sec'];

const makeIntervalFunction: ScalarFunction = {
  ...scalar('make_interval(int4, int4, int4, int4, int4, int4, float8) interval', makeInterval, {
    argNames: ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'],
  }),
  optionalArgs: 7,
  optionalValue: 0,
};

export const makeFunctions: readonly SqlFunction[] = [
  scalar('make_date(int4, int4, int4) date', makeDate, { argNames: DATE_ARGS }),
  scalar('make_time(int4, int4, float8) time', makeTime, { argNames: TIME_ARGS }),
  scalar('make_timestamp(int4, int4, int4, int4, int4, float8) timestamp', makeTimestamp, {
    argNames: STAMP_ARGS,
  }),
  scalar(
    'make_timestamptz(int4, int4, int4, int4, int4, float8) timestamptz',
    (...args: [...Six, EvalContext]) =>
      localToUtc(args[6].format.timeZone, makeTimestamp(...(args.slice(0, 6) as Six))),
    { volatility: 'stable', argNames: STAMP_ARGS },
  ),
  scalar('make_timestamptz(int4, int4, int4, int4, int4, float8, text) timestamptz', makeInZone, {
    volatility: 'stable',
    argNames: [...STAMP_ARGS, 'timezone'],
  }),
  makeIntervalFunction,
  scalar('to_timestamp(float8) timestamptz', fromUnixSeconds),
];
