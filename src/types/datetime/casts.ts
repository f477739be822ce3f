/** Casts among the date/time types, with PostgreSQL's contexts. */
import { dbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../codec.ts';
import { Interval } from '../interval.ts';
import { TimeTz } from '../time-tz.ts';
import { OID, type Oid } from '../type.ts';
import type { Int64, Value } from '../value.ts';
import { MICROS_PER_DAY, MICROS_PER_SECOND, SECONDS_PER_DAY } from './calendar.ts';
import {
  addInt64,
  dayOf,
  floorDivideInt64,
  isInfinite,
  isValidTimestamp,
  joinDays,
  timeOf,
} from './micros.ts';
import { requireZone, secondsOf } from './timezone.ts';
import { applyDateTimeTypmod } from './typmod.ts';
import { localToUtc, utcToLocal } from './zone-conversion.ts';

/** A cast between two of the types; the result has its target's modifier applied. */
export interface DateTimeCast {
  readonly from: Oid;
  readonly to: Oid;
  readonly context: 'implicit' | 'assignment' | 'explicit';
  convert(
    value: NonNullable<Value>,
    typmod: number,
    settings: FormatSettings,
    explicit: boolean,
  ): Value;
}

/** Midnight of a date. */
export function dateToTimestamp(days: number): Int64 {
  if (isInfinite(days)) return days;
  const micros = joinDays(days, 0);
  if (micros === undefined || !isValidTimestamp(micros)) {
    throw dbError('datetime_field_overflow', 'date out of range for timestamp');
  }
  return micros;
}

/** Midnight of a date in a zone. */
export function dateToTimestampTz(days: number, zoneName: string): Int64 {
  if (isInfinite(days)) return days;
  const local = dateToTimestamp(days);
  const offset = requireZone(zoneName).offsetForLocal(days * SECONDS_PER_DAY);
  const micros = addInt64(local, -offset * MICROS_PER_SECOND);
  if (micros === undefined || !isValidTimestamp(micros)) {
    throw dbError('datetime_field_overflow', 'date out of range for timestamp');
  }
  return micros;
}

export function timestampToDate(value: Int64): number {
  return isInfinite(value) ? (value as number) : dayOf(value);
}

export function timestampToTime(value: Int64): number | null {
  return isInfinite(value) ? null : timeOf(value, dayOf(value));
}

/** The time of day that an interval's hours, minutes and seconds give, without its days. */
export function intervalToTime(value: Interval): number {
  const days = Number(floorDivideInt64(value.micros, MICROS_PER_DAY));
  return timeOf(value.micros, days);
}

/** A time with the session zone's offset of today. */
export function timeToTimeTz(micros: number, settings: FormatSettings): TimeTz {
  const zone = requireZone(settings.timeZone);
  const now = secondsOf(settings.nowMicros);
  const today = Math.floor((now + zone.offsetAt(now)) / SECONDS_PER_DAY);
  const local = today * SECONDS_PER_DAY + Math.floor(micros / MICROS_PER_SECOND);
  return new TimeTz(micros, west(zone.offsetForLocal(local)));
}

/** Local time of day and offset of a moment in the session's zone; null for infinities. */
export function timestampTzToTimeTz(value: Int64, settings: FormatSettings): TimeTz | null {
  if (isInfinite(value)) return null;
  const local = utcToLocal(settings.timeZone, value);
  const offset = requireZone(settings.timeZone).offsetAt(secondsOf(value));
  return new TimeTz(timeOf(local, dayOf(local)), west(offset));
}

function west(secondsEast: number): number {
  return secondsEast === 0 ? 0 : -secondsEast;
}

type Converter = (value: NonNullable<Value>, settings: FormatSettings) => Value;

function cast(
  from: Oid,
  to: Oid,
  context: DateTimeCast['context'],
  converter: Converter,
): DateTimeCast {
  return {
    from,
    to,
    context,
    convert: (value, typmod, settings) => {
      const result = converter(value, settings);
      return result === null ? null : applyDateTimeTypmod(to, result, typmod);
    },
  };
}

/** Every cast among the date/time types; text goes through the codecs. */
export const dateTimeCasts: readonly DateTimeCast[] = [
  cast(OID.date, OID.timestamp, 'implicit', (v) => dateToTimestamp(v as number)),
  cast(OID.date, OID.timestamptz, 'implicit', (v, s) => dateToTimestampTz(v as number, s.timeZone)),
  cast(OID.time, OID.interval, 'implicit', (v) => new Interval(0, 0, v as number)),
  cast(OID.time, OID.timetz, 'implicit', (v, s) => timeToTimeTz(v as number, s)),
  cast(OID.timestamp, OID.date, 'assignment', (v) => timestampToDate(v as Int64)),
  cast(OID.timestamp, OID.time, 'assignment', (v) => timestampToTime(v as Int64)),
  cast(OID.timestamp, OID.timestamptz, 'implicit', (v, s) => localToUtc(s.timeZone, v as Int64)),
  cast(OID.timestamptz, OID.date, 'assignment', (v, s) =>
    timestampToDate(utcToLocal(s.timeZone, v as Int64)),
  ),
  cast(OID.timestamptz, OID.time, 'assignment', (v, s) =>
    timestampToTime(utcToLocal(s.timeZone, v as Int64)),
  ),
  cast(OID.timestamptz, OID.timestamp, 'assignment', (v, s) => utcToLocal(s.timeZone, v as Int64)),
  cast(OID.timestamptz, OID.timetz, 'assignment', (v, s) => timestampTzToTimeTz(v as Int64, s)),
  cast(OID.interval, OID.time, 'assignment', (v) => intervalToTime(v as Interval)),
  cast(OID.timetz, OID.time, 'assignment', (v) => (v as TimeTz).micros),
  ...[OID.time, OID.timetz, OID.timestamp, OID.timestamptz, OID.interval].map((oid) =>
    cast(oid, oid, 'implicit', (v) => v),
  ),
];
