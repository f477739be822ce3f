/** time_bucket() in all its forms. */
import {
  bucketDate,
  bucketInteger,
  bucketTimestamp,
  bucketWidth,
  DEFAULT_ORIGIN,
} from '../../types/datetime/time-bucket.ts';
import { dateToTimestamp, timestampToDate } from '../../types/datetime/casts.ts';
import { dayOf } from '../../types/datetime/micros.ts';
import {
  addToLocal,
  addToMoment,
  subtractFromLocal,
  subtractFromMoment,
} from '../../types/datetime/timestamp-math.ts';
import { requireZoneOrAbbreviation } from '../../types/datetime/timezone.ts';
import { localToUtcIn, utcToLocalIn } from '../../types/datetime/zone-conversion.ts';
import { Interval } from '../../types/interval.ts';
import { INT8_MAX, INT8_MIN, toInt64, type Int64, type Value } from '../../types/value.ts';
import type { Vector } from '../../vector/vector.ts';
import { scalar, type ScalarOptions } from '../define.ts';
import type { CallInfo, EvalContext, KernelArg, ScalarFunction, SqlFunction } from '../function.ts';
import {
  bucketVector,
  fixedBuckets,
  monthBuckets,
  zonedBuckets,
  type FindBucket,
} from './bucket-kernel.ts';
import { sessionZone } from './operators.ts';

const SAFE = 2 ** 51;

function plain(width: Interval, value: Int64): Int64 {
  return bucketTimestamp(bucketWidth(width), value, undefined);
}

function withOrigin(width: Interval, value: Int64, origin: Int64): Int64 {
  return bucketTimestamp(bucketWidth(width), value, origin);
}

function localWithOffset(width: Interval, value: Int64, offset: Interval): Int64 {
  return addToLocal(plain(width, subtractFromLocal(value, offset)), offset);
}

function momentWithOffset(
  width: Interval,
  value: Int64,
  offset: Interval,
  context: EvalContext,
): Int64 {
  const zone = sessionZone(context);
  return addToMoment(plain(width, subtractFromMoment(value, offset, zone)), offset, zone);
}

function dateWithOffset(width: Interval, value: number, offset: Interval): number {
  const moved = timestampToDate(subtractFromLocal(dateToTimestamp(value), offset));
  const bucket = bucketDate(bucketWidth(width), moved, undefined);
  return timestampToDate(addToLocal(dateToTimestamp(bucket), offset));
}

/** Buckets by the local time of a zone; origin and offset may be missing. */
function inZone(
  width: Interval | null,
  value: Int64 | null,
  zoneName: string | null,
  origin: Int64 | null,
  offset: Interval | null,
): Value {
  if (width === null || value === null || zoneName === null) return null;
  const zone = requireZoneOrAbbreviation(zoneName);
  let local = utcToLocalIn(zone, value);
  if (offset !== null) local = subtractFromLocal(local, offset);
  const localOrigin = origin === null ? undefined : utcToLocalIn(zone, origin);
  local = bucketTimestamp(bucketWidth(width), local, localOrigin);
  if (offset !== null) local = addToLocal(local, offset);
  return localToUtcIn(zone, local);
}

/** Buckets for a constant width and origin, or undefined where the exact way is needed. */
function findBucket(width: KernelArg, origin: KernelArg | undefined): FindBucket | undefined {
  if (width.rep !== 'constant' || !(width.value instanceof Interval)) return undefined;
  const checked = bucketWidth(width.value);
  let start: number | undefined;
  if (origin !== undefined && !(origin.rep === 'constant' && origin.value === null)) {
    if (origin.rep !== 'constant' || typeof origin.value !== 'number') return undefined;
    if (Math.abs(origin.value) > SAFE) return undefined;
    start = origin.value;
  }
  if (checked.micros === undefined) {
    return checked.months > 1200 ? undefined : monthBuckets(checked.months, dayOf(start ?? 0));
  }
  if (typeof checked.micros === 'bigint' || checked.micros > SAFE) return undefined;
  return fixedBuckets(checked.micros, start ?? DEFAULT_ORIGIN);
}

function kernel(args: readonly KernelArg[], length: number, call: CallInfo): Vector | undefined {
  const [width, times, origin] = args as [KernelArg, KernelArg, KernelArg | undefined];
  if (times.rep !== 'f64') return undefined;
  const find = findBucket(width, origin);
  return find === undefined ? undefined : bucketVector(times, length, find, call.returnType);
}

function zoneKernel(
  args: readonly KernelArg[],
  length: number,
  call: CallInfo,
): Vector | undefined {
  const [width, times, zoneName, origin, offset] = args as [
    KernelArg,
    KernelArg,
    KernelArg,
    KernelArg | undefined,
    KernelArg | undefined,
  ];
  const noOrigin = origin === undefined || (origin.rep === 'constant' && origin.value === null);
  const noOffset = offset === undefined || (offset.rep === 'constant' && offset.value === null);
  if (times.rep !== 'f64' || !noOrigin || !noOffset) return undefined;
  if (zoneName.rep !== 'constant' || typeof zoneName.value !== 'string') return undefined;
  const find = findBucket(width, undefined);
  if (find === undefined) return undefined;
  const zoned = zonedBuckets(find, requireZoneOrAbbreviation(zoneName.value), false);
  return bucketVector(times, length, zoned, call.returnType);
}

const ORIGIN = ['bucket_width', 'ts', 'origin'];
const OFFSET = ['bucket_width', 'ts', 'offset'];

function bucket(
  signature: string,
  implementation: Parameters<typeof scalar>[1],
  argNames: readonly string[],
  options: ScalarOptions = {},
): ScalarFunction {
  return scalar(`time_bucket${signature}`, implementation, { ...options, argNames });
}

const timestampBuckets = ['timestamp', 'timestamptz'].flatMap((type) => [
  bucket(`(interval, ${type}) ${type}`, plain, ['bucket_width', 'ts'], { kernel }),
  bucket(`(interval, ${type}, ${type}) ${type}`, withOrigin, ORIGIN, { kernel }),
]);

const INTEGER_BOUNDS = [
  ['int2', -32768n, 32767n],
  ['int4', -2147483648n, 2147483647n],
  ['int8', INT8_MIN, INT8_MAX],
] as const;

const integerBuckets = INTEGER_BOUNDS.flatMap(([type, minimum, maximum]) => {
  const find = (width: Int64, value: Int64, offset: Int64): Int64 =>
    toInt64(bucketInteger(width, value, offset, minimum, maximum));
  return [
    bucket(
      `(${type}, ${type}) ${type}`,
      (width: Int64, value: Int64) => find(width, value, 0),
      ['bucket_width', 'ts'],
      { kernel: integerKernel },
    ),
    bucket(
      `(${type}, ${type}, ${type}) ${type}`,
      (width: Int64, value: Int64, offset: Int64) => find(width, value, offset),
      OFFSET,
    ),
  ];
});

function integerKernel(
  args: readonly KernelArg[],
  length: number,
  call: CallInfo,
): Vector | undefined {
  const [width, values] = args as [KernelArg, KernelArg];
  if (width.rep !== 'constant' || typeof width.value !== 'number' || values.rep !== 'f64') {
    return undefined;
  }
  const period = width.value;
  // A bucket that starts below the type's range is an error that the exact way reports.
  const lowest = { 21: -32768, 23: -2147483648 }[call.returnType.oid as number] ?? -SAFE;
  if (!(period > 0 && period < SAFE)) return undefined;
  for (let i = 0; i < length; i++) {
    const value = values.data[i] as number;
    if (value < lowest + period && value < 0) return undefined;
  }
  return bucketVector(values, length, fixedBuckets(period, 0), call.returnType);
}

const zonedBucket: ScalarFunction = {
  ...bucket(
    '(interval, timestamptz, text, timestamptz, interval) timestamptz',
    inZone,
    ['bucket_width', 'ts', 'timezone', 'origin', 'offset'],
    { strict: false, kernel: zoneKernel },
  ),
  optionalArgs: 2,
};

/** time_bucket over timestamps, dates and integers. */
export const timeBucketFunctions: readonly SqlFunction[] = [
  ...timestampBuckets,
  bucket('(interval, timestamp, interval) timestamp', localWithOffset, OFFSET),
  bucket('(interval, timestamptz, interval) timestamptz', momentWithOffset, OFFSET, {
    volatility: 'stable',
  }),
  bucket(
    '(interval, date) date',
    (width: Interval, days: number) => bucketDate(bucketWidth(width), days, undefined),
    ['bucket_width', 'ts'],
  ),
  bucket(
    '(interval, date, date) date',
    (width: Interval, days: number, origin: number) => bucketDate(bucketWidth(width), days, origin),
    ORIGIN,
  ),
  bucket('(interval, date, interval) date', dateWithOffset, OFFSET),
  zonedBucket,
  ...integerBuckets,
];
