/** to_timestamp(text, picture) and to_date(): reads text along a picture. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  EPOCH_JULIAN,
  isLeapYear,
  isoYearStart,
  isValidJulian,
  MAX_DATE,
  MICROS_PER_SECOND,
  MIN_DATE,
} from '../../types/datetime/calendar.ts';
import { addInt64, isValidTimestamp, joinDays } from '../../types/datetime/micros.ts';
import { roundMicros } from '../../types/datetime/typmod.ts';
import { requireZone } from '../../types/datetime/timezone.ts';
import { DAY_NAMES, MONTH_NAMES } from '../../types/datetime/tokens.ts';
import type { FormatSettings } from '../../types/codec.ts';
import type { Int64 } from '../../types/value.ts';
import {
  isPictureSpace,
  isSeparator,
  parsePicture,
  type PictureField,
  type PictureNode,
} from './format-picture.ts';

/** What the picture found, 0 or undefined for nothing. */
type FieldName =
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'precision'
  | 'secondOfDay'
  | 'weekday'
  | 'day'
  | 'dayOfYear'
  | 'month'
  | 'year'
  | 'century'
  | 'julian'
  | 'week'
  | 'isoWeek'
  | 'weekOfMonth'
  | 'half'
  | 'era'
  | 'twelveHour'
  | 'yearDigits'
  | 'zoneSign'
  | 'zoneHour'
  | 'zoneMinute';

const ROMAN = ['XII', 'XI', 'X', 'IX', 'VIII', 'VII', 'VI', 'V', 'IV', 'III', 'II', 'I'];

/** Fields that are plain numbers: where they go and how many characters they take. */
const NUMBER_FIELDS: ReadonlyMap<string, readonly [FieldName, number]> = new Map<
  string,
  readonly [FieldName, number]
>([
  ['hh24', ['hour', 2]],
  ['mi', ['minute', 2]],
  ['ss', ['second', 2]],
  ['ssss', ['secondOfDay', 5]],
  ['mm', ['month', 2]],
  ['ddd', ['dayOfYear', 3]],
  ['iddd', ['dayOfYear', 3]],
  ['dd', ['day', 2]],
  ['ww', ['week', 2]],
  ['iw', ['isoWeek', 2]],
  ['w', ['weekOfMonth', 1]],
  ['cc', ['century', 2]],
  ['j', ['julian', 10]],
]);

/** Fields whose text may start with a digit. */
const NUMERIC_KEYS =
  /^(?:cc|ddd?|d|ff\d|hh24|hh12|iddd|id|iw|iyyy|iyy|iy|i|j|mi|mm|ms|q|s{2,4}|us|ww|w|y,yyy|y{1,4})$/;
const ISO_KEYS = /^(?:iddd|id|iw|iyyy|iyy|iy|i)$/;
const GREGORIAN_KEYS =
  /^(?:cc|day|ddd|dd|dy|d|mm|month|mon|q|rm|ww|w|y,yyy|yyyy|yyy|yy|y|a\.d\.|ad)$/;

/** A parsed text; the two results check the ranges of their types. */
export interface PictureResult {
  toTimestampTz(): Int64;
  toDate(): number;
}

export function parseByPicture(
  text: string,
  picture: string,
  settings: FormatSettings,
): PictureResult {
  const reader = new PictureReader(text, parsePicture(picture));
  reader.read();
  return new PictureDate(reader, text, settings);
}

class PictureReader {
  readonly found = new Map<FieldName, number>();
  mode: 'none' | 'gregorian' | 'iso' = 'none';
  readonly #text: string;
  readonly #nodes: readonly PictureNode[];
  #at = 0;
  #fixed = false;

  constructor(text: string, nodes: readonly PictureNode[]) {
    this.#text = text;
    this.#nodes = nodes;
  }

  read(): void {
    let extra = 0;
    for (let i = 0; i < this.#nodes.length && this.#at < this.#text.length; i++) {
      const node = this.#nodes[i] as PictureNode;
      if (!this.#fixed && (node.kind !== 'character' || i === 0)) extra += this.#skipSpaces();
      if (node.kind === 'space' || node.kind === 'separator') {
        if (this.#fixed) this.#skipCharacter();
        else {
          extra--;
          const c = this.#text.charAt(this.#at);
          if (c !== '' && (isPictureSpace(c) || isSeparator(c))) {
            this.#at++;
            extra++;
          }
        }
      } else if (node.kind !== 'field') {
        if (!this.#fixed && extra > 0) extra--;
        else this.#skipCharacter();
      } else {
        this.#setMode(node.key);
        if (node.key === 'fx') this.#fixed = true;
        else this.#readField(node, i);
        if (!this.#fixed) extra = this.#skipSpaces();
      }
    }
  }

  get(name: FieldName): number {
    return this.found.get(name) ?? 0;
  }

  #skipSpaces(): number {
    const start = this.#at;
    while (isPictureSpace(this.#text.charAt(this.#at))) this.#at++;
    return this.#at - start;
  }

  #skipCharacter(): void {
    const c = this.#text.codePointAt(this.#at);
    this.#at += c !== undefined && c > 0xffff ? 2 : 1;
  }

  #setMode(key: string): void {
    const mode = ISO_KEYS.test(key) ? 'iso' : GREGORIAN_KEYS.test(key) ? 'gregorian' : 'none';
    if (mode === 'none') return;
    if (this.mode !== 'none' && this.mode !== mode) {
      throw dbError('invalid_datetime_format', {
        message: 'invalid combination of date conventions',
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      });
    }
    this.mode = mode;
  }

  #set(name: FieldName, value: number, field: PictureField): void {
    const before = this.found.get(name);
    if (before !== undefined && before !== 0 && before !== value) {
      throw dbError('invalid_datetime_format', {
        message: `conflicting values for "${field.text}" field in formatting string`,
        detail: 'This value contradicts a previous setting for the same field type.',
      });
    }
    this.found.set(name, value);
  }

  #readField(field: PictureField, index: number): void {
    const { key } = field;
    const plain = NUMBER_FIELDS.get(key);
    if (plain !== undefined) {
      const [name, width] = plain;
      this.#set(name, this.#integer(field, width, index).value, field);
      this.#skipOrdinal(field);
      return;
    }
    switch (key) {
      case 'hh12':
        this.#set('hour', this.#integer(field, 2, index).value, field);
        this.found.set('twelveHour', 1);
        this.#skipOrdinal(field);
        return;
      case 'a.m.':
      case 'am':
        this.#set('half', this.#word(field, key === 'am' ? ['am', 'pm'] : ['a.m.', 'p.m.']), field);
        this.found.set('twelveHour', 1);
        return;
      case 'a.d.':
      case 'ad':
        this.#set('era', this.#word(field, key === 'ad' ? ['ad', 'bc'] : ['a.d.', 'b.c.']), field);
        return;
      case 'month':
        this.#set('month', this.#word(field, MONTH_NAMES) + 1, field);
        return;
      case 'mon':
        this.#set(
          'month',
          this.#word(
            field,
            MONTH_NAMES.map((name) => name.slice(0, 3)),
          ) + 1,
          field,
        );
        return;
      case 'day':
        this.#set('weekday', this.#word(field, DAY_NAMES) + 1, field);
        return;
      case 'dy':
        this.#set(
          'weekday',
          this.#word(
            field,
            DAY_NAMES.map((name) => name.slice(0, 3)),
          ) + 1,
          field,
        );
        return;
      case 'rm':
        this.#set('month', 12 - this.#word(field, ROMAN), field);
        return;
      default:
        this.#readOther(field, index);
    }
  }

  #readOther(field: PictureField, index: number): void {
    const { key } = field;
    switch (key) {
      case 'ms': {
        const { value, length } = this.#integer(field, 3, index);
        // 25 means 0.25: 25 is 250 ms, 25 with three characters (025) is 25 ms.
        this.#set('millisecond', value * (length === 1 ? 100 : length === 2 ? 10 : 1), field);
        break;
      }
      case 'us':
      case 'ff1':
      case 'ff2':
      case 'ff3':
      case 'ff4':
      case 'ff5':
      case 'ff6': {
        const width = key === 'us' ? 6 : Number(key.charAt(2));
        if (key !== 'us') this.found.set('precision', width);
        const { value, length } = this.#integer(field, width, index);
        this.#set('microsecond', value * 10 ** Math.max(0, 6 - length), field);
        break;
      }
      case 'd':
        this.#set('weekday', this.#integer(field, 1, index).value, field);
        break;
      case 'id': {
        const value = this.#integer(field, 1, index).value;
        // Inside, Sunday is 1.
        this.#set('weekday', value + 1 > 7 ? 1 : value + 1, field);
        break;
      }
      case 'q':
        // A quarter alone gives no date; it is read and dropped.
        this.#integer(field, 1, index);
        break;
      case 'tzh':
        this.#zoneHours(field, index);
        break;
      case 'tzm':
        if (!this.found.has('zoneSign')) this.found.set('zoneSign', 1);
        this.#set('zoneMinute', this.#integer(field, 2, index).value, field);
        break;
      case 'tz':
      case 'of':
        throw dbError(
          'feature_not_supported',
          `formatting field "${field.text}" is only supported in to_char`,
        );
      default:
        this.#readYear(field, index);
    }
    this.#skipOrdinal(field);
  }

  #zoneHours(field: PictureField, index: number): void {
    const c = this.#text.charAt(this.#at);
    if (c === '+' || c === '-' || c === ' ') {
      this.found.set('zoneSign', c === '-' ? -1 : 1);
      this.#at++;
    } else {
      // A separator of the picture may have eaten the minus.
      this.found.set('zoneSign', this.#text.charAt(this.#at - 1) === '-' ? -1 : 1);
    }
    this.#set('zoneHour', this.#integer(field, 2, index).value, field);
  }

  #readYear(field: PictureField, index: number): void {
    const { key } = field;
    if (key === 'y,yyy') {
      const match = /^[\t-\r ]*(\d+),(\d{3})/.exec(this.#text.slice(this.#at));
      if (match === null) {
        throw dbError('invalid_datetime_format', 'invalid input string for "Y,YYY"');
      }
      this.#at += match[0].length;
      this.#set('year', Number(match[1]) * 1000 + Number(match[2]), field);
      this.found.set('yearDigits', 4);
      return;
    }
    const width = key.length;
    const { value, length } = this.#integer(field, width, index);
    this.#set('year', width < 4 && length < 4 ? nearestYear(value) : value, field);
    this.found.set('yearDigits', width);
  }

  #skipOrdinal(field: PictureField): void {
    if (field.ordinal !== undefined) this.#at = Math.min(this.#at + 2, this.#text.length);
  }

  /** Index of the name that the text goes on with, in any case. */
  #word(field: PictureField, names: readonly string[]): number {
    const rest = this.#text.slice(this.#at).toLowerCase();
    const index = names.findIndex((name) => rest.startsWith(name.toLowerCase()));
    if (index < 0) {
      const shown = /^\S*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
      throw dbError('invalid_datetime_format', {
        message: `invalid value "${shown}" for "${field.text}"`,
        detail: 'The given value did not match any of the allowed values for this field.',
      });
    }
    this.#at += (names[index] as string).length;
    return index;
  }

  #integer(field: PictureField, width: number, index: number): { value: number; length: number } {
    const start = this.#at;
    this.#skipSpaces();
    const free = field.fill || this.#separatorFollows(field, index);
    const source = free ? this.#text.slice(this.#at) : this.#text.slice(this.#at, this.#at + width);
    if (!free && source.length < width) throw tooShort(field, width, source.length);
    const digits = /^[\t-\r ]*[+-]?\d+/.exec(source)?.[0] ?? '';
    if (!free && digits.length > 0 && digits.length < width) {
      throw partlyParsed(field, width, source, digits.length);
    }
    if (digits === '') {
      throw dbError('invalid_datetime_format', {
        message: `invalid value "${source.slice(0, width)}" for "${field.text}"`,
        detail: 'Value must be an integer.',
      });
    }
    const value = Number(digits);
    if (value > 2147483647 || value < -2147483648) {
      throw dbError('datetime_field_overflow', {
        message: `value for "${field.text}" in source string is out of range`,
        detail: 'Value must be in the range -2147483648 to 2147483647.',
      });
    }
    this.#at += digits.length;
    return { value, length: this.#at - start };
  }

  /** Whether what comes next in the picture cannot be a digit. */
  #separatorFollows(field: PictureField, index: number): boolean {
    if (field.ordinal !== undefined) return true;
    const next = this.#nodes[index + 1];
    if (next === undefined) return true;
    if (next.kind === 'field') return !NUMERIC_KEYS.test(next.key);
    return !/^\d$/.test(next.text);
  }
}

function tooShort(field: PictureField, width: number, remaining: number): DbError {
  return dbError('invalid_datetime_format', {
    message: `source string too short for "${field.text}" formatting field`,
    detail: `Field requires ${width} characters, but only ${remaining} remain.`,
    hint: 'If your source string is not fixed-width, try using the "FM" modifier.',
  });
}

function partlyParsed(field: PictureField, width: number, source: string, used: number): DbError {
  return dbError('invalid_datetime_format', {
    message: `invalid value "${source}" for "${field.text}"`,
    detail: `Field requires ${width} characters, but only ${used} could be parsed.`,
    hint: 'If your source string is not fixed-width, try using the "FM" modifier.',
  });
}

/** Completes a year of one to three digits to the one nearest to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/** Puts the fields together. */
class PictureDate implements PictureResult {
  readonly #reader: PictureReader;
  readonly #text: string;
  readonly #settings: FormatSettings;
  #year = 0;
  #month = 1;
  #day = 1;
  #micros = 0;

  constructor(reader: PictureReader, text: string, settings: FormatSettings) {
    this.#reader = reader;
    this.#text = text;
    this.#settings = settings;
    this.#resolveTime();
    this.#resolveDate();
  }

  toTimestampTz(): Int64 {
    const days = this.#days();
    const local = days === undefined ? undefined : joinDays(days, this.#micros);
    if (local === undefined) throw this.#outOfRange('timestamp');
    const seconds = (days as number) * 86_400 + Math.floor(this.#micros / MICROS_PER_SECOND);
    const offset =
      this.#zoneOffset() ?? requireZone(this.#settings.timeZone).offsetForLocal(seconds);
    const result = addInt64(local, -offset * MICROS_PER_SECOND);
    if (result === undefined || !isValidTimestamp(result)) throw this.#outOfRange('timestamp');
    // FF1 may have read more digits where nothing that follows could be one.
    return roundMicros(result, this.#reader.found.get('precision') ?? 6);
  }

  toDate(): number {
    const days = this.#days();
    if (days === undefined || days < MIN_DATE || days > MAX_DATE) throw this.#outOfRange('date');
    return days;
  }

  #days(): number | undefined {
    if (!isValidJulian(this.#year, this.#month, this.#day)) return undefined;
    return daysFromCivil(this.#year, this.#month, this.#day);
  }

  #zoneOffset(): number | undefined {
    const sign = this.#reader.found.get('zoneSign');
    if (sign === undefined) return undefined;
    const hours = this.#reader.get('zoneHour');
    const minutes = this.#reader.get('zoneMinute');
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) throw this.#fieldOverflow();
    return sign * (hours * 3600 + minutes * 60);
  }

  #resolveTime(): void {
    const r = this.#reader;
    let hour = r.get('hour');
    let minute = r.get('minute');
    let second = r.get('second');
    const ofDay = r.get('secondOfDay');
    if (ofDay !== 0) {
      hour = Math.trunc(ofDay / 3600);
      minute = Math.trunc((ofDay % 3600) / 60);
      second = ofDay % 60;
    }
    if (r.get('twelveHour') === 1) {
      if (hour < 1 || hour > 12) {
        throw dbError('invalid_datetime_format', {
          message: `hour "${hour}" is invalid for the 12-hour clock`,
          hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
        });
      }
      if (r.get('half') === 1 && hour < 12) hour += 12;
      else if (r.get('half') === 0 && hour === 12) hour = 0;
    }
    const fraction = r.get('millisecond') * 1000 + r.get('microsecond');
    if (hour < 0 || hour >= 24 || minute < 0 || minute >= 60 || second < 0 || second >= 60) {
      throw this.#fieldOverflow();
    }
    if (fraction < 0 || fraction >= MICROS_PER_SECOND) throw this.#fieldOverflow();
    this.#micros = (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + fraction;
  }

  #resolveDate(): void {
    const r = this.#reader;
    this.#year = this.#resolveYear();
    const iso = r.mode === 'iso';
    let month = r.get('month');
    let day = r.get('day');
    let dayOfYear = r.get('dayOfYear');
    const julian = r.get('julian');
    const known = (date: { year: number; month: number; day: number }): void => {
      this.#year = date.year;
      ({ month, day } = date);
    };
    if (julian !== 0) known(civilFromDays(julian - EPOCH_JULIAN));
    const isoWeek = r.get('isoWeek');
    const week = r.get('week');
    if (isoWeek !== 0 || (iso && week !== 0)) {
      const number = isoWeek || week;
      const weekday = r.get('weekday');
      const fromMonday = weekday === 0 ? 0 : weekday === 1 ? 6 : weekday - 2;
      known(civilFromDays(isoYearStart(this.#year) + (number - 1) * 7 + fromMonday));
    } else if (week !== 0) {
      dayOfYear = (week - 1) * 7 + 1;
    }
    const weekOfMonth = r.get('weekOfMonth');
    if (weekOfMonth !== 0) day = (weekOfMonth - 1) * 7 + 1;
    if (dayOfYear !== 0 && (month <= 1 || day <= 1)) {
      this.#checkYearGiven();
      if (iso) known(civilFromDays(isoYearStart(this.#year) + dayOfYear - 1));
      else {
        const limit = isLeapYear(this.#year) ? 366 : 365;
        if (dayOfYear < 1 || dayOfYear > limit) throw this.#fieldOverflow();
        known(civilFromDays(daysFromCivil(this.#year, 1, 1) + dayOfYear - 1));
      }
    }
    this.#month = r.found.has('month') || month !== 0 ? month : 1;
    this.#day = r.found.has('day') || day !== 0 ? day : 1;
    if (this.#month === 0) this.#month = 1;
    if (this.#day === 0) this.#day = 1;
    this.#checkDate();
  }

  #checkYearGiven(): void {
    if (this.#reader.get('year') === 0 && !this.#reader.found.has('era')) {
      throw dbError(
        'invalid_datetime_format',
        'cannot calculate day of year without year information',
      );
    }
  }

  #checkDate(): void {
    const valid =
      this.#month >= 1 &&
      this.#month <= 12 &&
      this.#day >= 1 &&
      this.#day <= daysInMonth(this.#year, this.#month);
    if (!valid) throw this.#fieldOverflow();
  }

  /** The astronomical year of YYYY, CC and BC; no year at all is 1 BC. */
  #resolveYear(): number {
    const r = this.#reader;
    let year = r.get('year');
    let beforeChrist = r.get('era') === 1;
    const century = r.get('century');
    if (year !== 0) {
      if (century !== 0 && r.get('yearDigits') <= 2) {
        // CC and YY belong together; without CC two digits were completed.
        year %= 100;
        if (beforeChrist && century > 0) return centuryYear(-century, year);
        return centuryYear(century, year);
      }
      if (beforeChrist && year > 0) return 1 - year;
      if (year < 0) return beforeChrist ? -year : year + 1;
      return year;
    }
    if (century === 0) return 0;
    const signed = beforeChrist ? -century : century;
    beforeChrist = signed < 0;
    return beforeChrist ? signed * 100 + 1 : (signed - 1) * 100 + 1;
  }

  #outOfRange(type: string): DbError {
    return dbError('datetime_field_overflow', `${type} out of range: "${this.#text}"`);
  }

  #fieldOverflow(): DbError {
    return dbError(
      'datetime_field_overflow',
      `date/time field value out of range: "${this.#text}"`,
    );
  }
}

/** A year from its century and last two digits, 00 being the century's last year. */
function centuryYear(century: number, year: number): number {
  if (century >= 0) return year === 0 ? century * 100 : (century - 1) * 100 + year;
  return (century + 1) * 100 - year + 1;
}
