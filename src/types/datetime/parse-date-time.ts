/** Text to date, time, timetz, timestamp and timestamptz values. */
import { dbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../codec.ts';
import { TimeTz } from '../time-tz.ts';
import type { Int64 } from '../value.ts';
import {
  daysFromCivil,
  isValidJulian,
  MAX_DATE,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  MIN_DATE,
  UNIX_EPOCH_DAYS,
} from './calendar.ts';
import { DateTimeDecoder, invalidDateTime, type DecodedDateTime } from './date-time-decoder.ts';
import { parseIsoTimestamp } from './iso-fast-path.ts';
import { addInt64, isValidTimestamp, joinDays } from './micros.ts';
import { requireZone } from './timezone.ts';

/** Parses a timestamp literal; a zone in it is ignored. No precision is applied. */
export function parseTimestamp(text: string, settings: FormatSettings): Int64 {
  const fast = parseIsoTimestamp(text);
  if (fast === fast) return fast;
  const decoded = new DateTimeDecoder(text, 'timestamp', settings, false).decode();
  return toMicros(decoded, text, 'timestamp', false);
}

/** Parses a timestamptz literal: its own zone decides, else the session's. */
export function parseTimestampTz(text: string, settings: FormatSettings): Int64 {
  const fast = parseIsoTimestamp(text, requireZone(settings.timeZone));
  if (fast === fast) return fast;
  const decoded = new DateTimeDecoder(text, 'timestamp with time zone', settings, false).decode();
  return toMicros(decoded, text, 'timestamp with time zone', true);
}

function toMicros(
  decoded: DecodedDateTime,
  text: string,
  typeName: string,
  withZone: boolean,
): Int64 {
  if (decoded.kind === 'late') return Infinity;
  if (decoded.kind === 'early') return -Infinity;
  if (decoded.kind === 'epoch') return -UNIX_EPOCH_DAYS * MICROS_PER_DAY;
  if (decoded.timeOnly) throw invalidDateTime(typeName, text);
  const { year, month, day } = decoded;
  let micros: Int64 | undefined;
  if (isValidJulian(year, month, day))
    micros = joinDays(daysFromCivil(year, month, day), decoded.micros);
  if (micros !== undefined && withZone)
    micros = addInt64(micros, -decoded.zoneSeconds * MICROS_PER_SECOND);
  if (micros === undefined || !isValidTimestamp(micros)) {
    throw dbError('datetime_field_overflow', `timestamp out of range: "${text}"`);
  }
  return micros;
}

/** Parses a date literal; a time in it is checked and dropped. */
export function parseDate(text: string, settings: FormatSettings): number {
  if (text.length === 10) {
    const fast = parseIsoTimestamp(text);
    if (fast === fast) return fast / MICROS_PER_DAY;
  }
  const decoded = new DateTimeDecoder(text, 'date', settings, false).decode();
  if (decoded.kind === 'late') return Infinity;
  if (decoded.kind === 'early') return -Infinity;
  if (decoded.kind === 'epoch') return -UNIX_EPOCH_DAYS;
  if (decoded.timeOnly) throw invalidDateTime('date', text);
  const { year, month, day } = decoded;
  const days = isValidJulian(year, month, day) ? daysFromCivil(year, month, day) : NaN;
  if (!(days >= MIN_DATE && days <= MAX_DATE)) {
    throw dbError('datetime_field_overflow', `date out of range: "${text}"`);
  }
  return days;
}

/** Parses a time literal into microseconds since midnight; a zone in it is ignored. */
export function parseTime(text: string, settings: FormatSettings): number {
  const fast = parsePlainTime(text);
  if (fast === fast) return fast;
  return new DateTimeDecoder(text, 'time', settings, true).decode().micros;
}

/** Parses a timetz literal. */
export function parseTimeTz(text: string, settings: FormatSettings): TimeTz {
  const decoded = new DateTimeDecoder(text, 'time with time zone', settings, true).decode();
  return new TimeTz(decoded.micros, decoded.zoneSeconds === 0 ? 0 : -decoded.zoneSeconds);
}

/** `HH:MM:SS` and nothing else, or NaN. */
function parsePlainTime(text: string): number {
  if (text.length !== 8 || text[2] !== ':' || text[5] !== ':') return NaN;
  let micros = 0;
  const scales = [MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND];
  for (let i = 0; i < 3; i++) {
    const tens = text.charCodeAt(i * 3) - 48;
    const ones = text.charCodeAt(i * 3 + 1) - 48;
    if (tens < 0 || tens > (i === 0 ? 1 : 5) || ones < 0 || ones > 9) return NaN;
    micros += (tens * 10 + ones) * (scales[i] as number);
  }
  return micros;
}
