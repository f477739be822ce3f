/** to_char() over timestamps and intervals. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import {
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  EPOCH_JULIAN,
  isoWeekOf,
  isoYearOf,
  isoYearStart,
  MICROS_PER_SECOND,
} from '../../types/datetime/calendar.ts';
import { intervalFields } from '../../types/datetime/format-interval.ts';
import { dayOf, isInfinite, timeOf } from '../../types/datetime/micros.ts';
import { secondsOf } from '../../types/datetime/timezone.ts';
import { DAY_NAMES, MONTH_NAMES } from '../../types/datetime/tokens.ts';
import type { Interval } from '../../types/interval.ts';
import type { Int64 } from '../../types/value.ts';
import type { EvalContext } from '../function.ts';
import { parsePicture, type LetterCase, type PictureField } from './format-picture.ts';
import { sessionZone } from './operators.ts';

/** What a picture can show. */
interface Moment {
  readonly isInterval: boolean;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  readonly dayOfYear: number;
  /** Days since 2000. */
  readonly days: number;
  readonly zoneName: string;
  readonly zoneSeconds: number;
}

const ROMAN = ['XII', 'XI', 'X', 'IX', 'VIII', 'VII', 'VI', 'V', 'IV', 'III', 'II', 'I'];

export function timestampToChar(value: Int64, picture: string): string | null {
  if (picture === '' || isInfinite(value)) return null;
  return format(localMoment(value, '', 0), picture);
}

export function timestampTzToChar(
  value: Int64,
  picture: string,
  context: EvalContext,
): string | null {
  if (picture === '' || isInfinite(value)) return null;
  const zone = sessionZone(context);
  const seconds = secondsOf(value);
  const offset = zone.offsetAt(seconds);
  const shift = offset * MICROS_PER_SECOND;
  const local = typeof value === 'number' ? value + shift : value + BigInt(shift);
  return format(localMoment(local, zone.abbreviationAt(seconds), offset), picture);
}

export function intervalToChar(value: Interval, picture: string): string | null {
  if (picture === '') return null;
  const f = intervalFields(value);
  return format(
    {
      isInterval: true,
      year: f.years,
      month: f.months,
      day: f.days,
      hour: f.hours,
      minute: f.minutes,
      second: f.seconds,
      micros: f.micros,
      dayOfYear: value.months * 30 + value.days,
      days: intervalDays(f.years, f.months, f.days),
      zoneName: '',
      zoneSeconds: 0,
    },
    picture,
  );
}

/** The day that PostgreSQL's Julian day formula gives for fields that are no date. */
function intervalDays(years: number, months: number, days: number): number {
  const month = months > 2 ? months + 1 : months + 13;
  const year = months > 2 ? years + 4800 : years + 4799;
  const century = Math.trunc(year / 100);
  const leapDays = Math.trunc(year / 4) - century + Math.trunc(century / 4);
  const julian = year * 365 - 32167 + leapDays + Math.trunc((7834 * month) / 256) + days;
  return julian - EPOCH_JULIAN;
}

function localMoment(local: Int64, zoneName: string, zoneSeconds: number): Moment {
  const days = dayOf(local);
  const time = timeOf(local, days);
  const { year, month, day } = civilFromDays(days);
  const seconds = Math.floor(time / MICROS_PER_SECOND);
  return {
    isInterval: false,
    year,
    month,
    day,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micros: time % MICROS_PER_SECOND,
    dayOfYear: dayOfYear(year, month, day),
    days,
    zoneName,
    zoneSeconds,
  };
}

function format(moment: Moment, picture: string): string {
  let text = '';
  for (const node of parsePicture(picture)) {
    if (node.kind !== 'field') {
      text += node.text;
      continue;
    }
    const number = numberField(node, moment);
    text += number === undefined ? textField(node, moment) : withOrdinal(number, node.ordinal);
  }
  return text;
}

/** Pads with zeros to a width, one more for a minus sign; FM pads nothing. */
function padded(value: number, width: number, fill: boolean): string {
  const digits = String(Math.abs(value));
  const zeros = fill ? digits : digits.padStart(width, '0');
  return value < 0 ? `-${zeros}` : zeros;
}

/** Pads with zeros to a width that counts a minus sign too. */
function zeroed(value: number, width: number, fill: boolean): string {
  return padded(value, value < 0 ? width - 1 : width, fill);
}

/** Fields that are numbers and may take an ordinal suffix. */
function numberField(field: PictureField, m: Moment): string | undefined {
  const { fill } = field;
  switch (field.key) {
    case 'hh12':
      // As in PostgreSQL, the width of a negative hour holds where the sign went.
      return m.hour % 12 === 0
        ? padded(12, m.hour < 0 ? 3 : 2, fill)
        : padded(m.hour % 12, 2, fill);
    case 'hh24':
      return padded(m.hour, 2, fill);
    case 'mi':
      return padded(m.minute, 2, fill);
    case 'ss':
      return padded(m.second, 2, fill);
    case 'ms':
      return zeroed(Math.trunc(m.micros / 1000) + 0, 3, false);
    case 'us':
      return zeroed(m.micros, 6, false);
    case 'ff1':
    case 'ff2':
    case 'ff3':
    case 'ff4':
    case 'ff5':
    case 'ff6': {
      const digits = Number(field.key.charAt(2));
      const value = Math.trunc(m.micros / 10 ** (6 - digits)) + 0;
      return zeroed(value, digits, false);
    }
    case 'ssss':
      return String(m.hour * 3600 + m.minute * 60 + m.second);
    case 'mm':
      return padded(m.month, 2, fill);
    case 'q':
      return m.month === 0 ? '' : String(Math.trunc((m.month - 1) / 3) + 1);
    case 'ddd':
      return zeroed(m.dayOfYear, 3, fill);
    case 'dd':
      return zeroed(m.day, 2, fill);
    case 'w':
      return String(Math.trunc((m.day - 1) / 7) + 1);
    case 'ww':
      return zeroed(Math.trunc((m.dayOfYear - 1) / 7) + 1, 2, fill);
    case 'j':
      return String(m.days + EPOCH_JULIAN);
    default:
      return weekField(field, m) ?? yearField(field, m);
  }
}

function weekField(field: PictureField, m: Moment): string | undefined {
  switch (field.key) {
    case 'd':
      rejectInterval(m);
      return String(dayOfWeek(m.days) + 1);
    case 'id':
      rejectInterval(m);
      return String(dayOfWeek(m.days) || 7);
    case 'iw':
      return padded(isoWeekOf(m.days), 2, field.fill);
    case 'iddd':
      return padded(m.days - isoYearStart(isoYearOf(m.days)) + 1, 3, field.fill);
    default:
      return undefined;
  }
}

function yearField(field: PictureField, m: Moment): string | undefined {
  const { fill } = field;
  const adjust = (year: number): number => (m.isInterval || year > 0 ? year : 1 - year);
  const year = adjust(m.year);
  switch (field.key) {
    case 'cc':
      return padded(centuryOf(m), 2, fill);
    case 'y,yyy': {
      const thousands = Math.trunc(year / 1000) + 0;
      const rest = year - thousands * 1000;
      return `${thousands},${zeroed(rest, 3, false)}`;
    }
    case 'yyyy':
      return padded(year, 4, fill);
    case 'yyy':
      return padded((year % 1000) + 0, 3, fill);
    case 'yy':
      return padded((year % 100) + 0, 2, fill);
    case 'y':
      return String((year % 10) + 0);
    case 'iyyy':
      return zeroed(adjust(isoYearOf(m.days)), year < 0 ? 5 : 4, fill);
    case 'iyy':
      return zeroed((adjust(isoYearOf(m.days)) % 1000) + 0, year < 0 ? 4 : 3, fill);
    case 'iy':
      return zeroed((adjust(isoYearOf(m.days)) % 100) + 0, year < 0 ? 3 : 2, fill);
    case 'i':
      return String((adjust(isoYearOf(m.days)) % 10) + 0);
    default:
      return undefined;
  }
}

function centuryOf(m: Moment): number {
  if (m.isInterval) return Math.trunc(m.year / 100) + 0;
  return m.year > 0 ? Math.floor((m.year - 1) / 100) + 1 : Math.trunc(m.year / 100) - 1;
}

function textField(field: PictureField, m: Moment): string {
  const { key, letterCase } = field;
  switch (key) {
    case 'a.m.':
    case 'am': {
      const half = m.hour % 24 >= 12 ? 'pm' : 'am';
      return inCase(key === 'am' ? half : `${half.charAt(0)}.m.`, letterCase);
    }
    case 'a.d.':
    case 'ad': {
      rejectInterval(m);
      const era = m.year <= 0 ? 'bc' : 'ad';
      return inCase(key === 'ad' ? era : `${era.charAt(0)}.${era.charAt(1)}.`, letterCase);
    }
    case 'month':
    case 'mon':
      rejectInterval(m);
      return nameText(MONTH_NAMES[m.month - 1] as string, key === 'mon', field);
    case 'day':
    case 'dy':
      rejectInterval(m);
      return nameText(DAY_NAMES[dayOfWeek(m.days)] as string, key === 'dy', field);
    case 'rm':
      return romanMonth(field, m);
    case 'tz':
      rejectInterval(m);
      return letterCase === 'lower' ? m.zoneName.toLowerCase() : m.zoneName;
    case 'tzh':
    case 'tzm':
    case 'of':
      rejectInterval(m);
      return zoneField(field, m.zoneSeconds);
    default:
      return '';
  }
}

function zoneField(field: PictureField, seconds: number): string {
  const magnitude = Math.abs(seconds);
  const minutes = padded(Math.floor((magnitude % 3600) / 60), 2, false);
  if (field.key === 'tzm') return minutes;
  const sign = seconds >= 0 ? '+' : '-';
  const hours = padded(Math.floor(magnitude / 3600), 2, field.key === 'of' && field.fill);
  return sign + hours + (field.key === 'of' && magnitude % 3600 !== 0 ? `:${minutes}` : '');
}

function nameText(name: string, short: boolean, field: PictureField): string {
  const text = inCase(short ? name.slice(0, 3) : name, field.letterCase);
  return short || field.fill || field.translate ? text : text.padEnd(9);
}

function inCase(text: string, letterCase: LetterCase): string {
  if (letterCase === 'capital') return text;
  return letterCase === 'upper' ? text.toUpperCase() : text.toLowerCase();
}

function romanMonth(field: PictureField, m: Moment): string {
  if (m.month === 0 && m.year === 0) return '';
  let index = 12 - m.month;
  if (m.month === 0) index = m.year >= 0 ? 0 : 11;
  else if (m.month < 0) index = -(m.month + 1);
  const text = inCase(ROMAN[index] as string, field.letterCase);
  return field.fill ? text : text.padEnd(4);
}

function rejectInterval(m: Moment): void {
  if (m.isInterval) throw notForIntervals();
}

function notForIntervals(): DbError {
  return dbError('invalid_datetime_format', {
    message: 'invalid format specification for an interval value',
    hint: 'Intervals are not tied to specific calendar dates.',
  });
}

/** 1st, 2nd, 3rd, 4th, 11th. */
export function ordinalSuffix(digits: string): string {
  if (!/\d$/.test(digits)) {
    throw dbError('invalid_text_representation', `"${digits}" is not a number`);
  }
  if (digits.length > 1 && digits.charAt(digits.length - 2) === '1') return 'th';
  return { 1: 'st', 2: 'nd', 3: 'rd' }[digits.slice(-1)] ?? 'th';
}

function withOrdinal(digits: string, ordinal: 'upper' | 'lower' | undefined): string {
  if (ordinal === undefined || digits === '') return digits;
  const suffix = ordinalSuffix(digits);
  return digits + (ordinal === 'upper' ? suffix.toUpperCase() : suffix);
}
