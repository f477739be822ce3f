/** Dates, times and timestamps as text, in every DateStyle. */
import type { FormatSettings } from '../codec.ts';
import type { TimeTz } from '../time-tz.ts';
import type { Int64 } from '../value.ts';
import { civilFromDays, dayOfWeek, MICROS_PER_SECOND } from './calendar.ts';
import { dayOf, timeOf } from './micros.ts';
import { requireZone, secondsOf } from './timezone.ts';
import { DAY_NAMES, MONTH_NAMES } from './tokens.ts';

type DateSettings = Pick<FormatSettings, 'dateStyle' | 'dateOrder'>;

const TWO_DIGITS = Array.from({ length: 100 }, (_, i) => (i < 10 ? `0${i}` : String(i)));
/** Zone abbreviations are cut to this many characters. */
const MAX_ABBREVIATION = 10;

export function two(value: number): string {
  return TWO_DIGITS[value] ?? String(value);
}

/** A year as it is written: four digits at least, 1 BC for astronomical 0. */
export function yearText(year: number): string {
  return String(year > 0 ? year : 1 - year).padStart(4, '0');
}

/** A fraction of a second as `.5`, without trailing zeros; empty for none. */
export function fractionText(micros: number): string {
  if (micros === 0) return '';
  let digits = 1_000_000 + micros;
  while (digits % 10 === 0) digits /= 10;
  return `.${String(digits).slice(1)}`;
}

/** Microseconds since midnight as HH:MM:SS[.ffffff]. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  const fraction = micros - seconds * MICROS_PER_SECOND;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : clock + fractionText(fraction);
}

/** Seconds east of UTC as +HH[:MM[:SS]]. */
export function formatOffset(seconds: number): string {
  const magnitude = Math.abs(seconds);
  let text = (seconds < 0 ? '-' : '+') + two(Math.floor(magnitude / 3600));
  if (magnitude % 3600 !== 0) text += `:${two(Math.floor(magnitude / 60) % 60)}`;
  if (magnitude % 60 !== 0) text += `:${two(magnitude % 60)}`;
  return text;
}

export function formatTimeTz(value: TimeTz): string {
  return formatTime(value.micros) + formatOffset(-value.zoneSecondsWest);
}

export function formatDate(days: number, settings: DateSettings): string {
  if (days === Infinity) return 'infinity';
  if (days === -Infinity) return '-infinity';
  const { year, month, day } = civilFromDays(days);
  const text = dateText(year, month, day, settings);
  return year > 0 ? text : `${text} BC`;
}

function dateText(year: number, month: number, day: number, settings: DateSettings): string {
  const dayFirst = settings.dateOrder === 'DMY';
  switch (settings.dateStyle) {
    case 'ISO':
      return `${yearText(year)}-${two(month)}-${two(day)}`;
    case 'SQL':
      return dayFirst
        ? `${two(day)}/${two(month)}/${yearText(year)}`
        : `${two(month)}/${two(day)}/${yearText(year)}`;
    case 'GERMAN':
      return `${two(day)}.${two(month)}.${yearText(year)}`;
    case 'POSTGRES':
      return dayFirst
        ? `${two(day)}-${two(month)}-${yearText(year)}`
        : `${two(month)}-${two(day)}-${yearText(year)}`;
  }
}

export function formatTimestamp(value: Int64, settings: DateSettings): string {
  if (value === Infinity) return 'infinity';
  if (value === -Infinity) return '-infinity';
  return localText(value, settings, '', '');
}

/** A timestamptz in the session's zone. */
export function formatTimestampTz(value: Int64, settings: FormatSettings): string {
  if (value === Infinity) return 'infinity';
  if (value === -Infinity) return '-infinity';
  const zone = requireZone(settings.timeZone);
  const seconds = secondsOf(value);
  const offset = zone.offsetAt(seconds);
  const shift = offset * MICROS_PER_SECOND;
  // A local time may lie just outside the range of timestamps; it only has to be printed.
  const local: Int64 = typeof value === 'number' ? value + shift : value + BigInt(shift);
  if (settings.dateStyle === 'ISO') return localText(local, settings, formatOffset(offset), '');
  return localText(
    local,
    settings,
    '',
    ` ${zone.abbreviationAt(seconds).slice(0, MAX_ABBREVIATION)}`,
  );
}

function localText(
  local: Int64,
  settings: DateSettings,
  isoZone: string,
  namedZone: string,
): string {
  const days = dayOf(local);
  const time = formatTime(timeOf(local, days));
  const { year, month, day } = civilFromDays(days);
  const era = year > 0 ? '' : ' BC';
  if (settings.dateStyle !== 'POSTGRES') {
    return `${dateText(year, month, day, settings)} ${time}${isoZone}${namedZone}${era}`;
  }
  const weekday = (DAY_NAMES[dayOfWeek(days)] as string).slice(0, 3);
  const monthName = (MONTH_NAMES[month - 1] as string).slice(0, 3);
  const date =
    settings.dateOrder === 'DMY' ? `${two(day)} ${monthName}` : `${monthName} ${two(day)}`;
  return `${weekday} ${date} ${time} ${yearText(year)}${namedZone}${era}`;
}
