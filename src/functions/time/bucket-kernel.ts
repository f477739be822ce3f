/**
 * Bucketing of whole vectors. Time columns mostly ascend, so the bounds of the last bucket are kept: a
 * row inside them costs two comparisons, and only a row outside is computed.
 */
import {
  civilFromDays,
  daysFromCivil,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from '../../types/datetime/calendar.ts';
import { truncateDay, type TruncUnit } from '../../types/datetime/date-trunc.ts';
import { dayOf } from '../../types/datetime/micros.ts';
import { monthBucket } from '../../types/datetime/time-bucket.ts';
import type { TimeZone } from '../../types/datetime/timezone.ts';
import type { SqlType } from '../../types/type.ts';
import type { F64Vector } from '../../vector/vector.ts';
import { f64Result } from '../kernels/kernel-arg.ts';

/** A bucket of timestamps: those in [start, end) become `value`. */
export interface Bucket {
  start: number;
  end: number;
  value: number;
}

/** Computes the bucket of a finite time into `bucket`. */
export type FindBucket = (time: number, bucket: Bucket) => void;

/** Buckets of `width` micros counted from `origin`. */
export function fixedBuckets(width: number, origin: number): FindBucket {
  return (time, bucket) => {
    const rest = (time - origin) % width;
    bucket.start = time - (rest < 0 ? rest + width : rest);
    bucket.end = bucket.start + width;
    bucket.value = bucket.start;
  };
}

/** Buckets of whole months counted from the month of `originDays`. */
export function monthBuckets(months: number, originDays: number): FindBucket {
  return (time, bucket) => {
    const first = monthBucket(months, dayOf(time), originDays);
    const { year, month } = civilFromDays(first);
    const next = year * 12 + month - 1 + months;
    const nextYear = Math.floor(next / 12);
    bucket.start = first * MICROS_PER_DAY;
    bucket.end = daysFromCivil(nextYear, next - nextYear * 12 + 1, 1) * MICROS_PER_DAY;
    bucket.value = bucket.start;
  };
}

/** Buckets of date_trunc. */
export function unitBuckets(unit: TruncUnit): FindBucket {
  if (unit.micros !== undefined) return fixedBuckets(unit.micros, 0);
  return (time, bucket) => {
    const day = dayOf(time);
    // Only the day is sure to belong to the bucket; that is enough for 86400 s of rows.
    bucket.start = day * MICROS_PER_DAY;
    bucket.end = bucket.start + MICROS_PER_DAY;
    bucket.value = truncateDay(unit.unit, day) * MICROS_PER_DAY;
  };
}

/**
 * The same buckets over the local time of a zone. A bucket is cut where the zone's offset changes.
 * With `keepOffset` a result keeps the offset of its row, as date_trunc to hours and less does.
 */
export function zonedBuckets(find: FindBucket, zone: TimeZone, keepOffset: boolean): FindBucket {
  return (time, bucket) => {
    const stretch = zone.stretchAt(Math.floor(time / MICROS_PER_SECOND));
    const shift = stretch.offset * MICROS_PER_SECOND;
    find(time + shift, bucket);
    const localValue = bucket.value;
    bucket.start = Math.max(bucket.start - shift, stretch.start * MICROS_PER_SECOND);
    bucket.end = Math.min(bucket.end - shift, stretch.end * MICROS_PER_SECOND);
    const back = keepOffset
      ? stretch.offset
      : zone.offsetForLocal(Math.floor(localValue / MICROS_PER_SECOND));
    bucket.value = localValue - back * MICROS_PER_SECOND;
  };
}

/** Times within which every bucket that a kernel can make is a safe integer: years 1750 to 2249. */
const SAFE_TIME = 250 * 365 * MICROS_PER_DAY;

/** Applies buckets to a vector; undefined where a value is too far away for the fast arithmetic. */
export function bucketVector(
  vector: F64Vector,
  length: number,
  find: FindBucket,
  type: SqlType,
): F64Vector | undefined {
  const source = vector.data;
  const data = new Float64Array(length);
  const bucket: Bucket = { start: 0, end: 0, value: 0 };
  let start = 0;
  let end = 0;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const time = source[i] as number;
    if (!(time >= start && time < end)) {
      if (time === Infinity || time === -Infinity) {
        data[i] = time;
        continue;
      }
      if (time > SAFE_TIME || time < -SAFE_TIME) return undefined;
      find(time, bucket);
      ({ start, end, value } = bucket);
    }
    data[i] = value;
  }
  return f64Result(type, data, vector.nulls, length);
}
