/**
 * Reads the one form that machines write, `YYYY-MM-DD[ HH:MM:SS[.ffffff][[ ]zone]]`, without strings or
 * regular expressions. Everything unusual (also bad input) answers NaN and goes to the full parser.
 */
import {
  daysFromCivil,
  daysInMonth,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  SECONDS_PER_DAY,
} from './calendar.ts';
import type { TimeZone } from './timezone.ts';

const FRACTION_SCALE = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
const MINUS = 0x2d;
const COLON = 0x3a;

/** Two digits at `at`, or NaN. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Days since 2000 of `YYYY-MM-DD` in bytes[start, start + 10), or NaN. */
export function parseIsoDateBytes(bytes: Uint8Array, start: number): number {
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  const month = pair(bytes, start + 5);
  const day = pair(bytes, start + 8);
  if (bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return NaN;
  // Within these years micros are safe integers.
  if (!(year >= 1720 && year <= 2280 && month >= 1 && month <= 12 && day >= 1)) return NaN;
  if (day > 28 && day > daysInMonth(year, month)) return NaN;
  return daysFromCivil(year, month, day);
}

/**
 * Micros since 2000 of the text in bytes[start, end), or NaN when the full parser has to decide. With
 * `zone` the text is a timestamptz: an offset in it is applied, and without one it is local time of
 * the zone. Without `zone` it is a timestamp and an offset in it is ignored.
 */
export function parseIsoTimestampBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  zone?: TimeZone,
): number {
  if (end - start < 10) return NaN;
  const days = parseIsoDateBytes(bytes, start);
  if (!(days <= 0 || days >= 0)) return NaN;
  let at = start + 10;
  let micros = 0;
  if (at < end) {
    const separator = bytes[at];
    if ((separator !== 0x20 && separator !== 0x54) || end - at < 9) return NaN;
    const hours = pair(bytes, at + 1);
    const minutes = pair(bytes, at + 4);
    const seconds = pair(bytes, at + 7);
    if (bytes[at + 3] !== COLON || bytes[at + 6] !== COLON) return NaN;
    if (!(hours < 24 && minutes < 60 && seconds < 60)) return NaN;
    micros = (hours * 3600 + minutes * 60 + seconds) * MICROS_PER_SECOND;
    at += 9;
    if (at < end && bytes[at] === 0x2e) {
      const first = ++at;
      let fraction = 0;
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - 48;
        if (digit < 0 || digit > 9) break;
        fraction = fraction * 10 + digit;
      }
      if (at - first > 6) return NaN;
      micros += fraction * (FRACTION_SCALE[at - first] as number);
    }
  }
  const local = days * MICROS_PER_DAY + micros;
  if (at === end) {
    if (zone === undefined) return local;
    const seconds = days * SECONDS_PER_DAY + Math.floor(micros / MICROS_PER_SECOND);
    return local - zone.offsetForLocal(seconds) * MICROS_PER_SECOND;
  }
  const offset = parseOffset(bytes, bytes[at] === 0x20 ? at + 1 : at, end);
  return zone === undefined && offset === offset ? local : local - offset * MICROS_PER_SECOND;
}

/** Seconds east of `Z`, `+HH`, `+HHMM` or `+HH:MM`, or NaN. */
function parseOffset(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at];
  if (end - at === 1) return sign === 0x5a ? 0 : NaN;
  if (sign !== 0x2b && sign !== MINUS) return NaN;
  const length = end - at;
  const hours = pair(bytes, at + 1);
  let minutes = 0;
  if (length === 6 && bytes[at + 3] === COLON) minutes = pair(bytes, at + 4);
  else if (length === 5) minutes = pair(bytes, at + 3);
  else if (length !== 3) return NaN;
  if (!(hours <= 15 && minutes < 60)) return NaN;
  const seconds = hours * 3600 + minutes * 60;
  return sign === MINUS ? -seconds : seconds;
}

const scratch = new Uint8Array(40);

/** The same for a string. */
export function parseIsoTimestamp(text: string, zone?: TimeZone): number {
  const length = text.length;
  if (length < 10 || length > 32) return NaN;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return NaN;
    scratch[i] = code;
  }
  return parseIsoTimestampBytes(scratch, 0, length, zone);
}
