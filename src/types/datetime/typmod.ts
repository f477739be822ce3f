/** Length coercions: declared precisions and interval fields, applied to values. */
import { OID, type Oid } from '../type.ts';
import { Interval } from '../interval.ts';
import { TimeTz } from '../time-tz.ts';
import type { Int64, Value } from '../value.ts';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from './calendar.ts';
import { intervalPrecision, intervalRange, smallestField } from './interval-typmod.ts';
import {
  isInfinite,
  isValidTimestamp,
  narrow,
  timestampOutOfRange,
  intervalOutOfRange,
} from './micros.ts';

const SCALES = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/** Rounds to `precision` digits of a second, half away from zero. */
export function roundMicros(value: Int64, precision: number): Int64 {
  if (precision < 0 || precision >= 6) return value;
  const scale = SCALES[precision] as number;
  const half = scale / 2;
  if (typeof value === 'number') {
    const magnitude = Math.abs(value) + half;
    const rounded = magnitude - (magnitude % scale);
    return value < 0 && rounded !== 0 ? -rounded : rounded;
  }
  const wide = BigInt(scale);
  const magnitude = (value < 0n ? -value : value) + BigInt(half);
  const rounded = magnitude - (magnitude % wide);
  const narrowed = narrow(value < 0n ? -rounded : rounded);
  if (narrowed === undefined) throw intervalOutOfRange();
  return narrowed;
}

function truncateMicros(value: Int64, unit: number): Int64 {
  if (typeof value === 'number') return value - (value % unit) + 0;
  return narrow(value - (value % BigInt(unit))) as Int64;
}

/** Applies interval fields and precision. */
export function applyIntervalTypmod(value: Interval, typmod: number): Interval {
  if (typmod < 0) return value;
  let { months, days, micros } = value;
  switch (smallestField(intervalRange(typmod))) {
    case 'year':
      months = Math.trunc(months / 12) * 12;
      days = 0;
      micros = 0;
      break;
    case 'month':
      days = 0;
      micros = 0;
      break;
    case 'day':
      micros = 0;
      break;
    case 'hour':
      micros = truncateMicros(micros, MICROS_PER_HOUR);
      break;
    case 'minute':
      micros = truncateMicros(micros, MICROS_PER_MINUTE);
      break;
  }
  const rounded = roundMicros(micros, intervalPrecision(typmod));
  return new Interval(months === 0 ? 0 : months, days, rounded);
}

/** Applies a type modifier to a value of a date/time type; -1 changes nothing. */
export function applyDateTimeTypmod(
  oid: Oid,
  value: NonNullable<Value>,
  typmod: number,
): NonNullable<Value> {
  if (typmod < 0) return value;
  switch (oid) {
    case OID.time:
      return roundMicros(value as number, typmod);
    case OID.timetz: {
      const time = value as TimeTz;
      return new TimeTz(roundMicros(time.micros, typmod) as number, time.zoneSecondsWest);
    }
    case OID.timestamp:
    case OID.timestamptz: {
      if (isInfinite(value as Int64)) return value;
      const rounded = roundMicros(value as Int64, typmod);
      if (!isValidTimestamp(rounded)) throw timestampOutOfRange();
      return rounded;
    }
    case OID.interval:
      return applyIntervalTypmod(value as Interval, typmod);
    default:
      return value;
  }
}
