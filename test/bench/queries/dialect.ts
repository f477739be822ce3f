/** How each dialect writes times and buckets. All times are UTC microseconds. */
import { timeText } from '../encode/separated.ts';
import type { Dialect } from '../systems/system.ts';

export function isSql(dialect: Dialect): boolean {
  return dialect !== 'influx' && dialect !== 'victoria';
}

export function timeLiteral(dialect: Dialect, micros: number): string {
  switch (dialect) {
    case 'duckdb':
      return `TIMESTAMP '${timeText(micros)}'`;
    case 'clickhouse':
      // DateTime has whole seconds; the data has them too, so the next one bounds the same rows.
      return `toDateTime('${timeText(Math.ceil(micros / 1e6) * 1e6)}', 'UTC')`;
    case 'influx':
    case 'questdb':
      return `'${isoTime(micros)}'`;
    default:
      return `'${timeText(micros)} +0000'`;
  }
}

function isoTime(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
}

/** The start of the bucket that a time falls in. */
export function bucket(dialect: Dialect, seconds: number, column = 'time'): string {
  switch (dialect) {
    case 'postgres':
      return `date_bin('${seconds} seconds', ${column}, TIMESTAMPTZ '2000-01-03 00:00:00+00')`;
    case 'duckdb':
      return `time_bucket(INTERVAL '${seconds} seconds', ${column})`;
    case 'clickhouse':
      return clickHouseBucket(seconds, column);
    case 'questdb':
      return `timestamp_floor('${seconds}s', ${column})`;
    default:
      return `time_bucket('${seconds} seconds', ${column})`;
  }
}

function clickHouseBucket(seconds: number, column: string): string {
  if (seconds === 60) return `toStartOfMinute(${column})`;
  if (seconds === 3600) return `toStartOfHour(${column})`;
  return `toStartOfInterval(${column}, INTERVAL ${seconds} second)`;
}

export function inRange(dialect: Dialect, from: number, to: number): string {
  return `time >= ${timeLiteral(dialect, from)} AND time < ${timeLiteral(dialect, to)}`;
}
