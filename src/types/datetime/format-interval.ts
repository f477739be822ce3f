/** Intervals as text, in every IntervalStyle. */
import type { FormatSettings } from '../codec.ts';
import type { Interval } from '../interval.ts';
import type { Int64 } from '../value.ts';
import { fractionText, two } from './format-date-time.ts';

/** An interval split into the fields that people read; all fields of the time have one sign. */
export interface IntervalFields {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly micros: number;
}

export function intervalFields(value: Interval): IntervalFields {
  const { hours, minutes, seconds, micros } = timeFields(value.micros);
  const years = Math.trunc(value.months / 12);
  return {
    years,
    months: value.months - years * 12,
    days: value.days,
    hours,
    minutes,
    seconds,
    micros,
  };
}

function timeFields(
  value: Int64,
): Pick<IntervalFields, 'hours' | 'minutes' | 'seconds' | 'micros'> {
  const wide = typeof value === 'bigint';
  const whole = wide ? Number(value / 1_000_000n) : Math.trunc(value / 1_000_000);
  const micros = wide ? Number(value % 1_000_000n) : value - whole * 1_000_000;
  const hours = Math.trunc(whole / 3600);
  const minutes = Math.trunc((whole - hours * 3600) / 60);
  return { hours, minutes, seconds: whole - hours * 3600 - minutes * 60, micros };
}

export function formatInterval(value: Interval, style: FormatSettings['intervalStyle']): string {
  const fields = intervalFields(value);
  switch (style) {
    case 'postgres':
      return formatPostgres(fields);
    case 'postgres_verbose':
      return formatVerbose(fields);
    case 'sql_standard':
      return formatSqlStandard(fields);
    case 'iso_8601':
      return formatIso(fields);
  }
}

function timeIsNegative(f: IntervalFields): boolean {
  return f.hours < 0 || f.minutes < 0 || f.seconds < 0 || f.micros < 0;
}

function secondsText(f: IntervalFields, padded: boolean): string {
  const seconds = Math.abs(f.seconds);
  return (padded ? two(seconds) : String(seconds)) + fractionText(Math.abs(f.micros));
}

function formatPostgres(f: IntervalFields): string {
  let text = '';
  let before = false;
  for (const [value, unit] of [
    [f.years, 'year'],
    [f.months, 'mon'],
    [f.days, 'day'],
  ] as const) {
    if (value === 0) continue;
    text += `${text === '' ? '' : ' '}${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`;
    before = value < 0;
  }
  if (text !== '' && f.hours === 0 && f.minutes === 0 && f.seconds === 0 && f.micros === 0)
    return text;
  const sign = timeIsNegative(f) ? '-' : before ? '+' : '';
  const clock = `${two(Math.abs(f.hours))}:${two(Math.abs(f.minutes))}:${secondsText(f, true)}`;
  return `${text}${text === '' ? '' : ' '}${sign}${clock}`;
}

function formatVerbose(f: IntervalFields): string {
  let text = '@';
  let first = true;
  let before = false;
  const parts = [
    [f.years, 'year'],
    [f.months, 'mon'],
    [f.days, 'day'],
    [f.hours, 'hour'],
    [f.minutes, 'min'],
  ] as const;
  for (const [value, unit] of parts) {
    if (value === 0) continue;
    if (first) before = value < 0;
    first = false;
    const shown = before ? -value : value;
    text += ` ${shown} ${unit}${shown === 1 ? '' : 's'}`;
  }
  if (f.seconds !== 0 || f.micros !== 0) {
    const negative = f.seconds < 0 || (f.seconds === 0 && f.micros < 0);
    if (first) before = negative;
    text += ` ${negative === before ? '' : '-'}${secondsText(f, false)}`;
    text += ` sec${Math.abs(f.seconds) !== 1 || f.micros !== 0 ? 's' : ''}`;
    first = false;
  }
  if (first) text += ' 0';
  return before ? `${text} ago` : text;
}

function formatSqlStandard(f: IntervalFields): string {
  const values = [f.years, f.months, f.days, f.hours, f.minutes, f.seconds, f.micros];
  const negative = values.some((v) => v < 0);
  const positive = values.some((v) => v > 0);
  if (!negative && !positive) return '0';
  const yearMonth = f.years !== 0 || f.months !== 0;
  const dayTime = values.slice(2).some((v) => v !== 0);
  if ((negative && positive) || (yearMonth && dayTime)) {
    const yearSign = f.years < 0 || f.months < 0 ? '-' : '+';
    const timeSign = timeIsNegative(f) ? '-' : '+';
    return (
      `${yearSign}${Math.abs(f.years)}-${Math.abs(f.months)} ` +
      `${f.days < 0 ? '-' : '+'}${Math.abs(f.days)} ` +
      `${timeSign}${Math.abs(f.hours)}:${two(Math.abs(f.minutes))}:${secondsText(f, true)}`
    );
  }
  const sign = negative ? '-' : '';
  const [years, months, days, hours, minutes] = values.map(Math.abs) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (yearMonth) return `${sign}${years}-${months}`;
  const clock = `${hours}:${two(minutes)}:${secondsText(f, true)}`;
  return days !== 0 ? `${sign}${days} ${clock}` : sign + clock;
}

function formatIso(f: IntervalFields): string {
  let date = '';
  if (f.years !== 0) date += `${f.years}Y`;
  if (f.months !== 0) date += `${f.months}M`;
  if (f.days !== 0) date += `${f.days}D`;
  let time = '';
  if (f.hours !== 0) time += `${f.hours}H`;
  if (f.minutes !== 0) time += `${f.minutes}M`;
  if (f.seconds !== 0 || f.micros !== 0) {
    time += `${f.seconds < 0 || f.micros < 0 ? '-' : ''}${secondsText(f, false)}S`;
  }
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}
