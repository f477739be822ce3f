/**
 * Interprets the fields of a date, time or timestamp literal. The order of the decisions is
 * PostgreSQL's: which numbers are years, when a run of digits is a date or a time, which word may
 * stand where. One decoder reads one literal.
 */
import { dbError, type DbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../codec.ts';
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  EPOCH_JULIAN,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  SECONDS_PER_DAY,
} from './calendar.ts';
import { dayOf, roundHalfEven, timeOf } from './micros.ts';
import { isAlpha, isDigit, lexFields, type Field } from './field-lexer.ts';
import { fitsInt32, fractionMicros, fractionOf, integerPrefix } from './number-text.ts';
import {
  abbreviationOffset,
  findZone,
  requireZone,
  secondsOf,
  unknownZone,
  type TimeZone,
} from './timezone.ts';
import { CORE_TOKENS, tokenKey, type CoreToken, type Unit } from './tokens.ts';
import { ZONE_ABBREVIATIONS } from './zone-abbreviations.ts';

export const YEAR = 1;
export const MONTH = 2;
export const DAY = 4;
const HOUR = 8;
const MINUTE = 16;
const SECOND = 32;
const SUBSECOND = 64;
const DAY_OF_YEAR = 128;
const ZONE = 256;
const DAYLIGHT = 512;
const AMPM = 1024;
const ERA = 2048;
const WEEKDAY = 4096;
export const DATE_FIELDS = YEAR | MONTH | DAY;
export const TIME_FIELDS = HOUR | MINUTE | SECOND | SUBSECOND;

export interface DecodedDateTime {
  readonly kind: 'value' | 'epoch' | 'late' | 'early';
  /** True where there was a time but no date. */
  readonly timeOnly: boolean;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Microseconds since midnight, up to and including 24:00:00. */
  readonly micros: number;
  /** Seconds east of UTC: the literal's own zone, or the session's. */
  readonly zoneSeconds: number;
}

type Pending = Unit | 'isoTime' | undefined;

export class DateTimeDecoder {
  readonly #input: string;
  readonly #typeName: string;
  readonly #settings: FormatSettings;
  readonly #timeType: boolean;
  #fields: readonly Field[] = [];
  #seen = 0;
  #year = 0;
  #month = 0;
  #day = 0;
  #dayOfYear = 0;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #fraction = 0;
  #zoneSeconds = 0;
  #namedZone: TimeZone | undefined;
  #abbreviation: string | undefined;
  #pending: Pending;
  #beforeChrist = false;
  #shortYear = false;
  #textMonth = false;
  #isJulian = false;
  #meridiem: 'am' | 'pm' | undefined;
  #special: 'value' | 'epoch' | 'late' | 'early' = 'value';

  /** `timeType` reads time and timetz literals, where a date is the exception. */
  constructor(input: string, typeName: string, settings: FormatSettings, timeType: boolean) {
    this.#input = input;
    this.#typeName = typeName;
    this.#settings = settings;
    this.#timeType = timeType;
  }

  decode(): DecodedDateTime {
    const fields = lexFields(this.#input);
    if (fields === undefined) throw this.#bad();
    this.#fields = fields;
    for (let i = 0; i < fields.length; i++) this.#decodeField(i);
    if (this.#special !== 'value') return this.#result(false);
    this.#validateDate();
    this.#applyMeridiem();
    return this.#timeType ? this.#finishTime() : this.#finishDateTime();
  }

  #decodeField(i: number): void {
    const field = this.#fields[i] as Field;
    let mask: number;
    switch (field.kind) {
      case 'date':
        mask = this.#timeType ? this.#dateFieldOfTime(i) : this.#dateField(field.text);
        break;
      case 'time':
        mask = this.#timeField(field.text);
        break;
      case 'zone':
        mask = this.#numericZone(field.text);
        break;
      case 'number':
        mask = this.#numberField(i);
        break;
      default:
        mask = this.#wordField(i);
    }
    if ((mask & this.#seen) !== 0) throw this.#bad();
    this.#seen |= mask;
  }

  // Fields

  #dateField(text: string): number {
    if (this.#pending === 'julian') {
      const { value, end } = integerPrefix(text);
      if (!fitsInt32(value)) throw this.#overflow();
      this.#setJulian(value);
      this.#numericZone(text.slice(end));
      this.#pending = undefined;
      return DATE_FIELDS | TIME_FIELDS | ZONE;
    }
    const haveDate = (this.#seen & (MONTH | DAY)) === (MONTH | DAY);
    if (this.#pending === undefined && !haveDate) return this.#decodeDate(text);
    if (!isDigit(text.charAt(0)) && this.#pending === undefined) return this.#zoneName(text);
    if (this.#pending !== undefined && this.#pending !== 'isoTime') throw this.#bad();
    this.#pending = undefined;
    if ((this.#seen & TIME_FIELDS) === TIME_FIELDS) throw this.#bad();
    return this.#timeWithZone(text, this.#seen);
  }

  #dateFieldOfTime(i: number): number {
    const { text } = this.#fields[i] as Field;
    const count = this.#fields.length;
    if (i === 0 && count >= 2) {
      if (
        (this.#fields[count - 1] as Field).kind === 'date' ||
        (this.#fields[1] as Field).kind === 'time'
      ) {
        return this.#decodeDate(text);
      }
    }
    if (!isDigit(text.charAt(0))) return this.#zoneName(text);
    if ((this.#seen & TIME_FIELDS) === TIME_FIELDS) throw this.#bad();
    this.#pending = undefined;
    return this.#timeWithZone(text, this.#seen | DATE_FIELDS);
  }

  /** `hhmmss-zz`. */
  #timeWithZone(text: string, seen: number): number {
    const dash = text.indexOf('-');
    if (dash < 0) throw this.#bad();
    this.#numericZone(text.slice(dash));
    return this.#digitRun(text.slice(0, dash), seen) | ZONE;
  }

  #timeField(text: string): number {
    if (this.#pending !== undefined) {
      if (this.#pending !== 'isoTime') throw this.#bad();
      this.#pending = undefined;
    }
    this.#decodeTime(text);
    if (this.#hour > 24 || this.#timeMicros() > MICROS_PER_DAY) throw this.#overflow();
    return TIME_FIELDS;
  }

  #numericZone(text: string): number {
    const sign = text.charAt(0);
    if (sign !== '+' && sign !== '-') throw this.#bad();
    const hourPart = integerPrefix(text, 1);
    let hours = hourPart.value;
    let minutes = 0;
    let seconds = 0;
    let at = hourPart.end;
    if (text[at] === ':') {
      const minutePart = integerPrefix(text, at + 1);
      minutes = minutePart.value;
      at = minutePart.end;
      if (text[at] === ':') {
        const secondPart = integerPrefix(text, at + 1);
        seconds = secondPart.value;
        at = secondPart.end;
      }
    } else if (at === text.length && text.length > 3) {
      minutes = hours % 100;
      hours = Math.floor(hours / 100);
    }
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) {
      throw dbError(
        'invalid_time_zone_displacement_value',
        `time zone displacement out of range: "${this.#input}"`,
      );
    }
    if (at !== text.length) throw this.#bad();
    const total = (hours * 60 + minutes) * 60 + seconds;
    this.#zoneSeconds = sign === '-' ? -total : total;
    return ZONE;
  }

  #zoneName(text: string): number {
    this.#namedZone = findZone(text);
    if (this.#namedZone === undefined) throw unknownZone(text);
    return ZONE;
  }

  #numberField(i: number): number {
    const { text } = this.#fields[i] as Field;
    if (this.#pending !== undefined) return this.#labelledNumber(text, this.#pending);
    const point = text.indexOf('.');
    if (this.#timeType) {
      if (point < 0) {
        if (text.length > 4) return this.#digitRun(text, this.#seen | DATE_FIELDS);
        return this.#decodeNumber(text, this.#seen | DATE_FIELDS);
      }
      const count = this.#fields.length;
      if (i === 0 && count >= 2 && (this.#fields[count - 1] as Field).kind === 'date') {
        return this.#decodeDate(text);
      }
      if (point > 2) return this.#digitRun(text, this.#seen | DATE_FIELDS);
      throw this.#bad();
    }
    const noDate = (this.#seen & DATE_FIELDS) === 0;
    const noTime = (this.#seen & TIME_FIELDS) === 0;
    if (point >= 0 && noDate) return this.#decodeDate(text);
    if (point > 2) return this.#digitRun(text, this.#seen);
    if (text.length >= 6 && (noDate || noTime)) return this.#digitRun(text, this.#seen);
    return this.#decodeNumber(text, this.#seen);
  }

  /** A number that the field before gave a meaning: `y2001`, `j2451187`, `t040506`. */
  #labelledNumber(text: string, label: Exclude<Pending, undefined>): number {
    const { value, end } = integerPrefix(text);
    if (!fitsInt32(value)) throw this.#overflow();
    const rest = text.slice(end);
    if (
      rest !== '' &&
      (rest[0] !== '.' || !(label === 'julian' || label === 'isoTime' || label === 'second'))
    ) {
      throw this.#bad();
    }
    this.#pending = undefined;
    switch (label) {
      case 'year':
        this.#year = value;
        return YEAR;
      case 'month':
        if ((this.#seen & (MONTH | HOUR)) === (MONTH | HOUR)) {
          this.#minute = value;
          return MINUTE;
        }
        this.#month = value;
        return MONTH;
      case 'day':
        this.#day = value;
        return DAY;
      case 'hour':
        this.#hour = value;
        return HOUR;
      case 'minute':
        this.#minute = value;
        return MINUTE;
      case 'second':
        this.#second = value;
        if (rest === '') return SECOND;
        this.#setFraction(rest);
        return SECOND | SUBSECOND;
      case 'timezone':
        return this.#numericZone(text);
      case 'julian':
        return this.#julianNumber(value, rest);
      case 'isoTime': {
        const mask = this.#digitRun(text, this.#seen | DATE_FIELDS);
        if (mask !== TIME_FIELDS) throw this.#bad();
        return mask;
      }
      default:
        throw this.#bad();
    }
  }

  #julianNumber(value: number, rest: string): number {
    if (value < 0) throw this.#overflow();
    this.#setJulian(value);
    if (rest === '') return DATE_FIELDS;
    const fraction = fractionOf(rest);
    if (fraction === undefined) throw this.#bad();
    const time = Math.trunc(fraction * MICROS_PER_DAY);
    this.#hour = Math.floor(time / MICROS_PER_HOUR);
    this.#minute = Math.floor(time / MICROS_PER_MINUTE) % 60;
    this.#second = Math.floor(time / MICROS_PER_SECOND) % 60;
    this.#fraction = time % MICROS_PER_SECOND;
    return DATE_FIELDS | TIME_FIELDS;
  }

  #wordField(i: number): number {
    const { text } = this.#fields[i] as Field;
    const abbreviation = ZONE_ABBREVIATIONS.get(text);
    if (abbreviation !== undefined) {
      if (abbreviation.kind === 'dynamic') this.#abbreviation = text;
      else this.#zoneSeconds = abbreviation.seconds;
      return ZONE;
    }
    const token = CORE_TOKENS.get(tokenKey(text));
    if (token === undefined) {
      this.#namedZone = findZone(text);
      if (this.#namedZone === undefined) throw this.#bad();
      return ZONE;
    }
    return this.#tokenField(token, i);
  }

  #tokenField(token: CoreToken, i: number): number {
    switch (token.kind) {
      case 'ignore':
        return 0;
      case 'reserved':
        return this.#timeType ? this.#reservedTime(token.value) : this.#reserved(token.value);
      case 'month':
        if (this.#timeType) throw this.#bad();
        return this.#monthName(token.value);
      case 'daylight':
        this.#zoneSeconds += 3600;
        return DAYLIGHT;
      case 'ampm':
        this.#meridiem = token.value;
        return AMPM;
      case 'era':
        this.#beforeChrist = token.value === 'bc';
        return ERA;
      case 'weekday':
        if (this.#timeType) throw this.#bad();
        return WEEKDAY;
      case 'unit':
        this.#pending = token.value;
        return 0;
      case 'isoTime': {
        if (!this.#timeType && (this.#seen & DATE_FIELDS) !== DATE_FIELDS) throw this.#bad();
        const next = this.#fields[i + 1]?.kind;
        if (next !== 'number' && next !== 'time' && next !== 'date') throw this.#bad();
        this.#pending = 'isoTime';
        return 0;
      }
    }
  }

  #monthName(month: number): number {
    let mask = MONTH;
    const numericMonthOnly = (this.#seen & (MONTH | DAY)) === MONTH && !this.#textMonth;
    if (numericMonthOnly && this.#month >= 1 && this.#month <= 31) {
      // What looked like a month was the day: 8 January.
      this.#day = this.#month;
      mask = DAY;
    }
    this.#textMonth = true;
    this.#month = month;
    return mask;
  }

  #reserved(word: string): number {
    const zone = requireZone(this.#settings.timeZone);
    const now = this.#settings.nowMicros;
    const offset = zone.offsetAt(secondsOf(now));
    const local = now + offset * MICROS_PER_SECOND;
    const today = dayOf(local);
    switch (word) {
      case 'now':
        this.#setDay(today);
        this.#setTime(timeOf(local, today));
        this.#zoneSeconds = offset;
        return DATE_FIELDS | TIME_FIELDS | ZONE;
      case 'yesterday':
        this.#setDay(today - 1);
        return DATE_FIELDS;
      case 'today':
        this.#setDay(today);
        return DATE_FIELDS;
      case 'tomorrow':
        this.#setDay(today + 1);
        return DATE_FIELDS;
      case 'allballs':
        this.#setTime(0);
        this.#zoneSeconds = 0;
        return TIME_FIELDS | ZONE;
      default:
        this.#special = word as 'epoch' | 'late' | 'early';
        return DATE_FIELDS | TIME_FIELDS | ZONE;
    }
  }

  #reservedTime(word: string): number {
    if (word === 'allballs') {
      this.#setTime(0);
      this.#zoneSeconds = 0;
      return TIME_FIELDS | ZONE;
    }
    if (word !== 'now') throw this.#bad();
    const offset = requireZone(this.#settings.timeZone).offsetAt(
      secondsOf(this.#settings.nowMicros),
    );
    const local = this.#settings.nowMicros + offset * MICROS_PER_SECOND;
    this.#setTime(timeOf(local, dayOf(local)));
    return TIME_FIELDS;
  }

  // Numbers

  /** Three parts joined by punctuation, a month name among them or not. */
  #decodeDate(text: string): number {
    const parts = text.match(/\d+|[a-z]+/g) ?? [];
    if (parts.length === 0 || !/[\da-z]$/.test(text)) throw this.#bad();
    let mask = 0;
    for (const part of parts) {
      if (!isAlpha(part.charAt(0))) continue;
      const token = CORE_TOKENS.get(tokenKey(part));
      if (token?.kind === 'ignore') continue;
      if (token?.kind !== 'month' || ((this.#seen | mask) & MONTH) !== 0) throw this.#bad();
      this.#month = token.value;
      this.#textMonth = true;
      mask |= MONTH;
    }
    for (const part of parts) {
      if (isAlpha(part.charAt(0))) continue;
      const added = this.#decodeNumber(part, this.#seen | mask);
      if ((added & (this.#seen | mask)) !== 0) throw this.#bad();
      mask |= added;
    }
    if (((this.#seen | mask) & ~(DAY_OF_YEAR | ZONE)) !== DATE_FIELDS) throw this.#bad();
    return mask;
  }

  /** One number whose place and length say what it is. */
  #decodeNumber(text: string, seen: number): number {
    const { value, end } = integerPrefix(text);
    if (!fitsInt32(value)) throw this.#overflow();
    if (end === 0) throw this.#bad();
    if (end < text.length) {
      if (text[end] !== '.') throw this.#bad();
      if (end > 2) return this.#digitRun(text, seen | DATE_FIELDS);
      this.#setFraction(text.slice(end));
    }
    const length = text.length;
    if (length === 3 && (seen & DATE_FIELDS) === YEAR && value >= 1 && value <= 366) {
      this.#dayOfYear = value;
      return DAY_OF_YEAR | MONTH | DAY;
    }
    const yearFirst = this.#settings.dateOrder === 'YMD';
    switch (seen & DATE_FIELDS) {
      case 0:
        if (length >= 3 || yearFirst) return this.#takeYear(value, length);
        return this.#settings.dateOrder === 'DMY' ? this.#takeDay(value) : this.#takeMonth(value);
      case YEAR:
      case DAY:
        return this.#takeMonth(value);
      case MONTH:
        if (this.#textMonth && (length >= 3 || yearFirst)) return this.#takeYear(value, length);
        return this.#takeDay(value);
      case YEAR | MONTH:
        if (this.#textMonth && length >= 3 && this.#shortYear) {
          // The first number was the day after all: 8-jan-1999 in YMD order.
          this.#day = this.#year;
          this.#year = value;
          this.#shortYear = false;
          return DAY;
        }
        return this.#takeDay(value);
      case MONTH | DAY:
        return this.#takeYear(value, length);
      case DATE_FIELDS:
        return this.#digitRun(text, seen);
      default:
        throw this.#bad();
    }
  }

  #takeYear(value: number, length: number): number {
    this.#year = value;
    this.#shortYear = length <= 2;
    return YEAR;
  }

  #takeMonth(value: number): number {
    this.#month = value;
    return MONTH;
  }

  #takeDay(value: number): number {
    this.#day = value;
    return DAY;
  }

  /** Digits without separators: yymmdd, yyyymmdd, hhmmss, hhmm. */
  #digitRun(text: string, seen: number): number {
    const point = text.indexOf('.');
    let digits = text;
    if (point >= 0) {
      this.#fraction = roundHalfEven((Number(`0${text.slice(point)}`) || 0) * 1e6);
      digits = text.slice(0, point);
    } else if ((seen & DATE_FIELDS) !== DATE_FIELDS && digits.length >= 6) {
      const yearLength = digits.length - 4;
      this.#day = Number(digits.slice(yearLength + 2));
      this.#month = Number(digits.slice(yearLength, yearLength + 2));
      this.#year = Number(digits.slice(0, yearLength));
      if (!fitsInt32(this.#year)) throw this.#overflow();
      if (yearLength === 2) this.#shortYear = true;
      return DATE_FIELDS;
    }
    if ((seen & TIME_FIELDS) !== TIME_FIELDS && (digits.length === 6 || digits.length === 4)) {
      this.#hour = Number(digits.slice(0, 2));
      this.#minute = Number(digits.slice(2, 4));
      this.#second = digits.length === 6 ? Number(digits.slice(4)) : 0;
      return TIME_FIELDS;
    }
    throw this.#bad();
  }

  #decodeTime(text: string): void {
    const [hour, minute, second, extra] = text.split(':') as (string | undefined)[];
    if (extra !== undefined) throw this.#bad();
    const hourValue = this.#wholeNumber(hour as string);
    const minutePart = integerPrefix(minute as string);
    if (minutePart.end < (minute as string).length) {
      // mm:ss.fff is minutes and seconds.
      if (second !== undefined) throw this.#bad();
      this.#hour = 0;
      this.#minute = hourValue;
      this.#second = minutePart.value;
      this.#setFraction((minute as string).slice(minutePart.end));
    } else {
      this.#hour = hourValue;
      this.#minute = minutePart.value;
      const secondPart = integerPrefix(second ?? '0');
      this.#second = secondPart.value;
      this.#fraction = 0;
      if (second !== undefined && secondPart.end < second.length)
        this.#setFraction(second.slice(secondPart.end));
    }
    if (!fitsInt32(this.#hour) || this.#minute > 59 || this.#second > 60) throw this.#overflow();
  }

  #wholeNumber(text: string): number {
    const { value, end } = integerPrefix(text);
    if (end !== text.length) throw this.#bad();
    return value;
  }

  #setFraction(text: string): void {
    const fraction = fractionOf(text);
    if (fraction === undefined) throw this.#bad();
    this.#fraction = fractionMicros(fraction);
  }

  #setJulian(julian: number): void {
    this.#setDay(julian - EPOCH_JULIAN);
    this.#isJulian = true;
  }

  #setDay(days: number): void {
    const { year, month, day } = civilFromDays(days);
    this.#year = year;
    this.#month = month;
    this.#day = day;
  }

  #setTime(micros: number): void {
    const seconds = Math.floor(micros / MICROS_PER_SECOND);
    this.#hour = Math.floor(seconds / 3600);
    this.#minute = Math.floor(seconds / 60) % 60;
    this.#second = seconds % 60;
    this.#fraction = micros % MICROS_PER_SECOND;
  }

  // Checks

  #validateDate(): void {
    if ((this.#seen & YEAR) !== 0 && !this.#isJulian) this.#resolveYear();
    if ((this.#seen & DAY_OF_YEAR) !== 0) {
      this.#setDay(daysFromCivil(this.#year, 1, 1) + this.#dayOfYear - 1);
    }
    if ((this.#seen & MONTH) !== 0 && (this.#month < 1 || this.#month > 12))
      throw this.#wrongOrder();
    if ((this.#seen & DAY) !== 0 && (this.#day < 1 || this.#day > 31)) throw this.#wrongOrder();
    if (
      (this.#seen & DATE_FIELDS) === DATE_FIELDS &&
      this.#day > daysInMonth(this.#year, this.#month)
    ) {
      throw this.#overflow();
    }
  }

  #resolveYear(): void {
    if (this.#beforeChrist) {
      if (this.#year <= 0) throw this.#overflow();
      this.#year = -(this.#year - 1);
    } else if (this.#shortYear) {
      if (this.#year < 70) this.#year += 2000;
      else if (this.#year < 100) this.#year += 1900;
    } else if (this.#year <= 0) {
      throw this.#overflow();
    }
  }

  #applyMeridiem(): void {
    if (this.#meridiem === undefined) return;
    if (this.#hour > 12) throw this.#overflow();
    if (this.#meridiem === 'am' && this.#hour === 12) this.#hour = 0;
    else if (this.#meridiem === 'pm' && this.#hour !== 12) this.#hour += 12;
  }

  #finishDateTime(): DecodedDateTime {
    if ((this.#seen & DATE_FIELDS) !== DATE_FIELDS) {
      if ((this.#seen & TIME_FIELDS) === TIME_FIELDS) return this.#result(true);
      throw this.#bad();
    }
    this.#resolveZone(this.#year, this.#month, this.#day);
    return this.#result(false);
  }

  #finishTime(): DecodedDateTime {
    if (
      this.#hour > 24 ||
      this.#minute > 59 ||
      this.#second > 60 ||
      this.#timeMicros() > MICROS_PER_DAY
    ) {
      throw this.#overflow();
    }
    if ((this.#seen & TIME_FIELDS) !== TIME_FIELDS) throw this.#bad();
    if ((this.#seen & DATE_FIELDS) === DATE_FIELDS) {
      this.#resolveZone(this.#year, this.#month, this.#day);
      return this.#result(false);
    }
    // Without a zone of its own the time needs a day for the session's: today, or a whole date.
    if ((this.#seen & DATE_FIELDS) !== 0 && (this.#seen & ZONE) === 0) throw this.#bad();
    const fixed = this.#namedZone?.fixedOffset;
    if (this.#namedZone !== undefined && fixed === undefined) throw this.#bad();
    const zone = requireZone(this.#settings.timeZone);
    const now = secondsOf(this.#settings.nowMicros);
    const today = civilFromDays(Math.floor((now + zone.offsetAt(now)) / SECONDS_PER_DAY));
    this.#resolveZone(today.year, today.month, today.day);
    return this.#result(false);
  }

  /** Offset of a named zone, or of the session's where the literal has none, at the local time. */
  #resolveZone(year: number, month: number, day: number): void {
    const explicit = this.#namedZone !== undefined || this.#abbreviation !== undefined;
    if ((this.#seen & ZONE) !== 0 && !explicit) return;
    if ((this.#seen & DAYLIGHT) !== 0) throw this.#bad();
    const local =
      daysFromCivil(year, month, day) * SECONDS_PER_DAY +
      Math.floor(this.#timeMicros() / MICROS_PER_SECOND);
    if (this.#abbreviation !== undefined) {
      this.#zoneSeconds = abbreviationOffset(this.#abbreviation, local) as number;
    } else {
      this.#zoneSeconds = (this.#namedZone ?? requireZone(this.#settings.timeZone)).offsetForLocal(
        local,
      );
    }
  }

  #timeMicros(): number {
    return (
      ((this.#hour * 60 + this.#minute) * 60 + this.#second) * MICROS_PER_SECOND + this.#fraction
    );
  }

  #result(timeOnly: boolean): DecodedDateTime {
    return {
      kind: this.#special,
      timeOnly,
      year: this.#year,
      month: this.#month,
      day: this.#day,
      micros: this.#timeMicros(),
      zoneSeconds: this.#zoneSeconds,
    };
  }

  #bad(): DbError {
    return invalidDateTime(this.#typeName, this.#input);
  }

  #overflow(): DbError {
    return dbError(
      'datetime_field_overflow',
      `date/time field value out of range: "${this.#input}"`,
    );
  }

  #wrongOrder(): DbError {
    return dbError('datetime_field_overflow', {
      message: `date/time field value out of range: "${this.#input}"`,
      hint: 'Perhaps you need a different "datestyle" setting.',
    });
  }
}

/** The error for text that is no value of a date/time type. */
export function invalidDateTime(typeName: string, input: string): DbError {
  return dbError(
    'invalid_datetime_format',
    `invalid input syntax for type ${typeName}: "${input}"`,
  );
}
