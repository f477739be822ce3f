/** ISO 8601 durations: `P1Y2M3DT4H5M6.5S`, `P2W`, `P0001-02-03T04:05:06`, `P00010203T040506`. */
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from './calendar.ts';
import { IntervalBuilder, IntervalFieldOverflow } from './interval-builder.ts';

interface IsoNumber {
  readonly whole: number;
  readonly fraction: number;
  /** Digits before the point, for the basic alternative form. */
  readonly width: number;
  readonly end: number;
}

const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;

/** The duration, or undefined where the text is none. */
export function parseIsoInterval(text: string): IntervalBuilder | undefined {
  if (text.length < 2 || text[0] !== 'P') return undefined;
  const builder = new IntervalBuilder();
  const time = text.indexOf('T');
  const datePart = time < 0 ? text.slice(1) : text.slice(1, time);
  if (!addDatePart(builder, datePart)) return undefined;
  if (time >= 0 && !addTimePart(builder, text.slice(time + 1))) return undefined;
  return builder;
}

function readNumber(text: string, at: number): IsoNumber | undefined {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const value = Number(match[0]);
  if (Math.abs(value) > 1e15) throw new IntervalFieldOverflow();
  const whole = Math.trunc(value) + 0;
  const digits = match[0].startsWith('-') ? match[0].slice(1) : match[0];
  const width = /^\d*/.exec(digits)?.[0].length ?? 0;
  return { whole, fraction: value - whole, width, end: at + match[0].length };
}

function addDatePart(builder: IntervalBuilder, text: string): boolean {
  let at = 0;
  let first = true;
  while (at < text.length) {
    const number = readNumber(text, at);
    if (number === undefined) return false;
    const unit = text[number.end];
    const { whole, fraction } = number;
    at = number.end + 1;
    if (unit === 'Y') builder.addYears(whole, fraction, 1);
    else if (unit === 'M') builder.addMonths(whole, fraction);
    else if (unit === 'W') builder.addDays(whole, fraction, 7);
    else if (unit === 'D') builder.addDays(whole, fraction, 1);
    else if (unit === undefined || unit === '-')
      return first && addDateDigits(builder, text, number);
    else return false;
    first = false;
  }
  return true;
}

/** YYYYMMDD or YYYY[-MM[-DD]]. */
function addDateDigits(builder: IntervalBuilder, text: string, number: IsoNumber): boolean {
  const { whole, fraction } = number;
  if (text[number.end] === undefined && number.width === 8) {
    builder.addYears(Math.trunc(whole / 10000), 0, 1);
    builder.addMonths(Math.trunc(whole / 100) % 100, 0);
    builder.addDays(whole % 100, 0, 1);
    builder.addMicros(0, fraction, MICROS_PER_DAY);
    return true;
  }
  builder.addYears(whole, fraction, 1);
  if (text[number.end] === undefined) return true;
  const month = readNumber(text, number.end + 1);
  if (month === undefined) return false;
  builder.addMonths(month.whole, month.fraction);
  if (text[month.end] === undefined) return true;
  const day = text[month.end] === '-' ? readNumber(text, month.end + 1) : undefined;
  if (day === undefined || day.end !== text.length) return false;
  builder.addDays(day.whole, day.fraction, 1);
  return true;
}

const CLOCK_UNITS = [MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND];

function addTimePart(builder: IntervalBuilder, text: string): boolean {
  let at = 0;
  let first = true;
  while (at < text.length) {
    const number = readNumber(text, at);
    if (number === undefined) return false;
    const unit = text[number.end];
    const { whole, fraction } = number;
    at = number.end + 1;
    if (unit === 'H') builder.addMicros(whole, fraction, MICROS_PER_HOUR);
    else if (unit === 'M') builder.addMicros(whole, fraction, MICROS_PER_MINUTE);
    else if (unit === 'S') builder.addMicros(whole, fraction, MICROS_PER_SECOND);
    else if (unit === undefined || unit === ':')
      return first && addClockDigits(builder, text, number);
    else return false;
    first = false;
  }
  return true;
}

/** HHMMSS or HH[:MM[:SS]]. */
function addClockDigits(builder: IntervalBuilder, text: string, start: IsoNumber): boolean {
  if (text[start.end] === undefined && start.width === 6) {
    builder.addMicros(Math.trunc(start.whole / 10000), 0, MICROS_PER_HOUR);
    builder.addMicros(Math.trunc(start.whole / 100) % 100, 0, MICROS_PER_MINUTE);
    builder.addMicros(start.whole % 100, start.fraction, MICROS_PER_SECOND);
    return true;
  }
  let number: IsoNumber | undefined = start;
  for (const scale of CLOCK_UNITS) {
    builder.addMicros(number.whole, number.fraction, scale);
    if (text[number.end] === undefined) return true;
    if (text[number.end] !== ':') return false;
    number = readNumber(text, number.end + 1);
    if (number === undefined) return false;
  }
  return false;
}
