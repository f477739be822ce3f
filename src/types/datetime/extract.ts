/**
 * extract() and date_part(). A field is an exact decimal; extract gives it as numeric, date_part as
 * double precision.
 */
import type { Interval } from '../interval.ts';
import { addNumeric, divideNumeric } from '../numeric-arithmetic.ts';
import { NUMERIC_INFINITY, NUMERIC_NEGATIVE_INFINITY, Numeric } from '../numeric.ts';
import type { TimeTz } from '../time-tz.ts';
import type { Int64 } from '../value.ts';
import {
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  EPOCH_JULIAN,
  isoDayOfWeek,
  isoWeekOf,
  isoYearOf,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  UNIX_EPOCH_DAYS,
  UNIX_EPOCH_SECONDS,
} from './calendar.ts';
import { intervalFields } from './format-interval.ts';
import { addInt64, dayOf, isInfinite, timeOf } from './micros.ts';
import type { Unit } from './tokens.ts';
import { decodeUnit, unitNotRecognized, unitNotSupported } from './unit.ts';

/** A field's value: `unscaled` / 10^`scale`; null where the field has none; a Julian day with time. */
export type FieldValue =
  | null
  | {
      readonly kind: 'decimal';
      readonly unscaled: Int64;
      readonly scale: number;
      /** What date_part answers where its sum of doubles is not the nearest double. */
      readonly float?: number;
    }
  | { readonly kind: 'infinity'; readonly negative: boolean }
  | { readonly kind: 'julian'; readonly day: number; readonly micros: number };

function whole(value: Int64): FieldValue {
  // Rounding towards zero makes -0 of what is a little less.
  return { kind: 'decimal', unscaled: value === 0 ? 0 : value, scale: 0 };
}

function scaled(unscaled: Int64, scale: number, float?: number): FieldValue {
  return float === undefined
    ? { kind: 'decimal', unscaled, scale }
    : { kind: 'decimal', unscaled, scale, float };
}

/** Seconds (scale 6) or milliseconds (scale 3) with their fraction. */
function secondsField(seconds: number, micros: number, scale: number): FieldValue {
  const perSecond = 10 ** (6 - scale);
  return scaled(
    seconds * MICROS_PER_SECOND + micros,
    scale,
    seconds * perSecond + micros / 10 ** scale,
  );
}

const NUMERIC_DAY = new Numeric(BigInt(MICROS_PER_DAY), 0);

export function fieldToNumeric(value: FieldValue): Numeric | null {
  if (value === null) return null;
  switch (value.kind) {
    case 'decimal':
      return new Numeric(BigInt(value.unscaled), value.scale);
    case 'infinity':
      return value.negative ? NUMERIC_NEGATIVE_INFINITY : NUMERIC_INFINITY;
    case 'julian':
      return addNumeric(
        new Numeric(BigInt(value.day), 0),
        divideNumeric(new Numeric(BigInt(value.micros), 0), NUMERIC_DAY),
      );
  }
}

export function fieldToFloat8(value: FieldValue): number | null {
  if (value === null) return null;
  switch (value.kind) {
    case 'decimal':
      return value.float ?? Number(value.unscaled) / 10 ** value.scale;
    case 'infinity':
      return value.negative ? -Infinity : Infinity;
    case 'julian':
      return value.day + value.micros / MICROS_PER_SECOND / 86_400;
  }
}

function requireUnit(text: string, typeName: string): Unit {
  const unit = decodeUnit(text);
  if (unit === undefined) throw unitNotRecognized(text, typeName);
  if (unit !== 'reserved') return unit;
  // PostgreSQL knows `now` as a word where there is a date, and says so.
  const hasDate = typeName === 'date' || typeName.startsWith('timestamp');
  throw hasDate ? unitNotSupported(text, typeName) : unitNotRecognized(text, typeName);
}

/** Fields that grow with time: those of infinity are infinite, all others have no value there. */
const MONOTONIC: ReadonlySet<Unit> = new Set<Unit>([
  'year',
  'decade',
  'century',
  'millennium',
  'julian',
  'isoyear',
  'epoch',
]);

function infiniteField(unit: Unit, value: Int64): FieldValue {
  return MONOTONIC.has(unit) ? { kind: 'infinity', negative: value < 0 } : null;
}

/** Fields of a time of day, shared by all types that have one. */
function clockField(unit: Unit, micros: number): FieldValue | undefined {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  switch (unit) {
    case 'microsecond':
      return whole(micros % (60 * MICROS_PER_SECOND));
    case 'millisecond':
      return secondsField(seconds % 60, micros % MICROS_PER_SECOND, 3);
    case 'second':
      return secondsField(seconds % 60, micros % MICROS_PER_SECOND, 6);
    case 'minute':
      return whole(Math.floor(seconds / 60) % 60);
    case 'hour':
      return whole(Math.floor(seconds / 3600));
    default:
      return undefined;
  }
}

/** Fields of a day except epoch and julian. */
export function dayField(unit: Unit, days: number): number | undefined {
  switch (unit) {
    case 'dow':
      return dayOfWeek(days);
    case 'isodow':
      return isoDayOfWeek(days);
    case 'week':
      return isoWeekOf(days);
    case 'isoyear': {
      const year = isoYearOf(days);
      return year <= 0 ? year - 1 : year;
    }
    default:
      break;
  }
  const { year, month, day } = civilFromDays(days);
  switch (unit) {
    case 'day':
      return day;
    case 'month':
      return month;
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1;
    case 'year':
      return year > 0 ? year : year - 1;
    case 'decade':
      return year >= 0 ? Math.floor(year / 10) : -Math.trunc((8 - (year - 1)) / 10);
    case 'century':
      return centuries(year, 100);
    case 'millennium':
      return centuries(year, 1000);
    case 'doy':
      return dayOfYear(year, month, day);
    default:
      return undefined;
  }
}

/** Centuries and millennia: the first starts in year 1, and there is no zeroth. */
function centuries(year: number, length: number): number {
  return year > 0
    ? Math.floor((year + length - 1) / length)
    : -Math.trunc((length - 1 - (year - 1)) / length);
}

/**
 * A field of a timestamp. For timestamptz `local` is the time in the session's zone, `utc` the value
 * itself and `offset` the zone's offset; for timestamp `offset` is undefined.
 */
export function timestampField(
  text: string,
  local: Int64,
  utc: Int64,
  offset: number | undefined,
): FieldValue {
  const typeName =
    offset === undefined ? 'timestamp without time zone' : 'timestamp with time zone';
  const unit = requireUnit(text, typeName);
  if (isInfinite(local)) return infiniteField(unit, local);
  if (unit === 'epoch') {
    return scaled(addInt64(utc, UNIX_EPOCH_SECONDS * MICROS_PER_SECOND) ?? saturated(utc), 6);
  }
  const days = dayOf(local);
  const micros = timeOf(local, days);
  if (unit === 'julian') return { kind: 'julian', day: days + EPOCH_JULIAN, micros };
  const zone = offset === undefined ? undefined : zoneField(unit, offset);
  if (zone !== undefined) return zone;
  const clock = clockField(unit, micros);
  if (clock !== undefined) return clock;
  const field = dayField(unit, days);
  if (field === undefined) throw unitNotSupported(text, typeName);
  return whole(field);
}

/** Epochs of the last years do not fit 64 bits of microseconds, but a numeric holds them. */
function saturated(utc: Int64): bigint {
  return BigInt(utc) + BigInt(UNIX_EPOCH_SECONDS) * 1_000_000n;
}

function zoneField(unit: Unit, offset: number): FieldValue | undefined {
  switch (unit) {
    case 'timezone':
      return whole(offset);
    case 'timezone_hour':
      return whole(Math.trunc(offset / 3600) + 0);
    case 'timezone_minute':
      return whole((Math.trunc(offset / 60) % 60) + 0);
    default:
      return undefined;
  }
}

/** A field of a date. */
export function dateField(text: string, days: number): FieldValue {
  const unit = requireUnit(text, 'date');
  if (isInfinite(days)) {
    if (!MONOTONIC.has(unit) && (unit === 'hour' || dayField(unit, 0) === undefined)) {
      throw unitNotSupported(text, 'date');
    }
    return infiniteField(unit, days);
  }
  if (unit === 'epoch') return whole((days + UNIX_EPOCH_DAYS) * 86_400);
  if (unit === 'julian') return whole(days + EPOCH_JULIAN);
  const field = dayField(unit, days);
  if (field === undefined) throw unitNotSupported(text, 'date');
  return whole(field);
}

/** A field of a time. */
export function timeField(text: string, micros: number): FieldValue {
  const typeName = 'time without time zone';
  const unit = requireUnit(text, typeName);
  const field = unit === 'epoch' ? scaled(micros, 6) : clockField(unit, micros);
  if (field === undefined) throw unitNotSupported(text, typeName);
  return field;
}

/** A field of a timetz. */
export function timeTzField(text: string, value: TimeTz): FieldValue {
  const typeName = 'time with time zone';
  const unit = requireUnit(text, typeName);
  if (unit === 'epoch') {
    const float = value.micros / MICROS_PER_SECOND + value.zoneSecondsWest;
    return scaled(value.micros + value.zoneSecondsWest * MICROS_PER_SECOND, 6, float);
  }
  const east = value.zoneSecondsWest === 0 ? 0 : -value.zoneSecondsWest;
  const field = clockField(unit, value.micros) ?? zoneField(unit, east);
  if (field === undefined) throw unitNotSupported(text, typeName);
  return field;
}

/** A field of an interval. */
export function intervalField(text: string, value: Interval): FieldValue {
  const unit = requireUnit(text, 'interval');
  const f = intervalFields(value);
  switch (unit) {
    case 'microsecond':
      return whole(f.seconds * MICROS_PER_SECOND + f.micros);
    case 'millisecond':
      return secondsField(f.seconds, f.micros, 3);
    case 'second':
      return secondsField(f.seconds, f.micros, 6);
    case 'minute':
      return whole(f.minutes);
    case 'hour':
      return whole(f.hours);
    case 'day':
      return whole(f.days);
    case 'month':
      return whole(f.months);
    case 'quarter':
      return whole(Math.trunc(f.months / 3) + 1);
    case 'year':
      return whole(f.years);
    case 'decade':
      return whole(Math.trunc(f.years / 10));
    case 'century':
      return whole(Math.trunc(f.years / 100));
    case 'millennium':
      return whole(Math.trunc(f.years / 1000));
    case 'epoch':
      return scaled(intervalEpochMicros(value), 6, intervalEpochSeconds(value));
    default:
      throw unitNotSupported(text, 'interval');
  }
}

/** Years count 365.25 days here, months 30. */
function intervalEpochMicros(value: Interval): Int64 {
  const years = Math.trunc(value.months / 12);
  const quarterDays = 1461 * years + 120 * (value.months - years * 12) + 4 * value.days;
  const seconds = quarterDays * 21_600;
  const micros = seconds * MICROS_PER_SECOND;
  const fromDays = Number.isSafeInteger(micros) ? micros : BigInt(seconds) * 1_000_000n;
  return addInt64(fromDays, value.micros) ?? BigInt(fromDays) + BigInt(value.micros);
}

/** The same as date_part adds it up. */
function intervalEpochSeconds(value: Interval): number {
  const years = Math.trunc(value.months / 12);
  const months = value.months - years * 12;
  const time = Number(value.micros) / MICROS_PER_SECOND;
  return time + 31_557_600 * years + 2_592_000 * months + 86_400 * value.days;
}
