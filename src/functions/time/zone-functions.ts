/** AT TIME ZONE: timezone(zone, value), the zone given by name or as an offset. */
import { dbError } from '../../errors/db-error.ts';
import { formatInterval } from '../../types/datetime/format-interval.ts';
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../../types/datetime/calendar.ts';
import { addToTimestamp, isInfinite } from '../../types/datetime/micros.ts';
import { abbreviationOffset, requireZone, secondsOf } from '../../types/datetime/timezone.ts';
import { ZONE_ABBREVIATIONS } from '../../types/datetime/zone-abbreviations.ts';
import { localToUtcIn, utcToLocalIn } from '../../types/datetime/zone-conversion.ts';
import type { Interval } from '../../types/interval.ts';
import { TimeTz } from '../../types/time-tz.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, SqlFunction } from '../function.ts';

/** Seconds east of an interval used as a zone. */
function intervalOffset(span: Interval): number {
  if (span.months !== 0 || span.days !== 0) {
    const text = formatInterval(span, 'postgres');
    throw dbError(
      'invalid_parameter_value',
      `interval time zone "${text}" must not include months or days`,
    );
  }
  return Math.trunc(Number(span.micros) / MICROS_PER_SECOND);
}

function momentToLocal(zone: string, value: Int64): Int64 {
  if (isInfinite(value)) return value;
  if (ZONE_ABBREVIATIONS.has(zone.toLowerCase())) {
    const offset = abbreviationOffset(zone, secondsOf(value)) as number;
    return addToTimestamp(value, offset * MICROS_PER_SECOND);
  }
  return utcToLocalIn(requireZone(zone), value);
}

function localToMoment(zone: string, value: Int64): Int64 {
  if (isInfinite(value)) return value;
  if (ZONE_ABBREVIATIONS.has(zone.toLowerCase())) {
    const offset = abbreviationOffset(zone, secondsOf(value)) as number;
    return addToTimestamp(value, -offset * MICROS_PER_SECOND);
  }
  return localToUtcIn(requireZone(zone), value);
}

function shift(value: Int64, seconds: number): Int64 {
  return isInfinite(value) ? value : addToTimestamp(value, seconds * MICROS_PER_SECOND);
}

/** The same moment of day seen with another offset. */
function moveTime(value: TimeTz, east: number): TimeTz {
  const utc = value.micros + value.zoneSecondsWest * MICROS_PER_SECOND;
  const local = (utc + east * MICROS_PER_SECOND) % MICROS_PER_DAY;
  return new TimeTz(local < 0 ? local + MICROS_PER_DAY : local, east === 0 ? 0 : -east);
}

function timeInZone(zone: string, value: TimeTz, context: EvalContext): TimeTz {
  const now = secondsOf(context.transactionMicros);
  const offset = ZONE_ABBREVIATIONS.has(zone.toLowerCase())
    ? (abbreviationOffset(zone, now) as number)
    : requireZone(zone).offsetAt(now);
  return moveTime(value, offset);
}

export const zoneFunctions: readonly SqlFunction[] = [
  scalar('timezone(text, timestamptz) timestamp', momentToLocal),
  scalar('timezone(text, timestamp) timestamptz', localToMoment),
  scalar('timezone(text, timetz) timetz', timeInZone, { volatility: 'stable' }),
  scalar('timezone(interval, timestamptz) timestamp', (span: Interval, value: Int64) =>
    shift(value, intervalOffset(span)),
  ),
  scalar('timezone(interval, timestamp) timestamptz', (span: Interval, value: Int64) =>
    shift(value, -intervalOffset(span)),
  ),
  scalar('timezone(interval, timetz) timetz', (span: Interval, value: TimeTz) =>
    moveTime(value, intervalOffset(span)),
  ),
];
