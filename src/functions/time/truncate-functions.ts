/** date_trunc() and date_bin(). */
import {
  dateBin,
  truncateInterval,
  truncateLocal,
  truncateMoment,
  truncUnit,
} from '../../types/datetime/date-trunc.ts';
import { isInfinite } from '../../types/datetime/micros.ts';
import { requireZoneOrAbbreviation, type TimeZone } from '../../types/datetime/timezone.ts';
import type { Interval } from '../../types/interval.ts';
import type { Int64 } from '../../types/value.ts';
import type { Vector } from '../../vector/vector.ts';
import { scalar } from '../define.ts';
import type { CallInfo, EvalContext, KernelArg, SqlFunction } from '../function.ts';
import { bucketVector, fixedBuckets, unitBuckets, zonedBuckets } from './bucket-kernel.ts';
import { sessionZone } from './operators.ts';

const PLAIN = 'timestamp without time zone';
const ZONED = 'timestamp with time zone';

function truncLocal(unit: string, value: Int64): Int64 {
  return isInfinite(value) ? value : truncateLocal(truncUnit(unit, PLAIN), value);
}

function truncMoment(unit: string, value: Int64, context: EvalContext): Int64 {
  if (isInfinite(value)) return value;
  return truncateMoment(truncUnit(unit, ZONED), value, sessionZone(context));
}

function truncMomentIn(unit: string, value: Int64, zone: string): Int64 {
  const found = requireZoneOrAbbreviation(zone);
  if (isInfinite(value)) return value;
  return truncateMoment(truncUnit(unit, ZONED), value, found);
}

type Args = readonly KernelArg[];

function localKernel(args: Args, length: number, call: CallInfo): Vector | undefined {
  const [unit, times] = args as [KernelArg, KernelArg];
  if (unit.rep !== 'constant' || typeof unit.value !== 'string' || times.rep !== 'f64')
    return undefined;
  return bucketVector(times, length, unitBuckets(truncUnit(unit.value, PLAIN)), call.returnType);
}

function momentKernel(
  args: Args,
  length: number,
  call: CallInfo,
  context: EvalContext,
): Vector | undefined {
  const [unit, times, zoneName] = args as [KernelArg, KernelArg, KernelArg | undefined];
  if (unit.rep !== 'constant' || typeof unit.value !== 'string' || times.rep !== 'f64')
    return undefined;
  let zone: TimeZone = sessionZone(context);
  if (zoneName !== undefined) {
    if (zoneName.rep !== 'constant' || typeof zoneName.value !== 'string') return undefined;
    zone = requireZoneOrAbbreviation(zoneName.value);
  }
  const decoded = truncUnit(unit.value, ZONED);
  const find = zonedBuckets(unitBuckets(decoded), zone, decoded.micros !== undefined);
  return bucketVector(times, length, find, call.returnType);
}

function binKernel(args: Args, length: number, call: CallInfo): Vector | undefined {
  const [stride, times, origin] = args as [KernelArg, KernelArg, KernelArg];
  if (stride.rep !== 'constant' || times.rep !== 'f64' || origin.rep !== 'constant')
    return undefined;
  const width = stride.value as Interval | null;
  if (width === null || width.months !== 0 || !Number.isSafeInteger(origin.value)) return undefined;
  const micros = width.days * 86_400_000_000 + Number(width.micros);
  // Wide strides and far origins go the exact way.
  if (!(micros > 0 && micros < 2 ** 51) || Math.abs(origin.value as number) > 2 ** 51)
    return undefined;
  return bucketVector(times, length, fixedBuckets(micros, origin.value as number), call.returnType);
}

export const truncateFunctions: readonly SqlFunction[] = [
  scalar('date_trunc(text, timestamp) timestamp', truncLocal, { kernel: localKernel }),
  scalar('date_trunc(text, timestamptz) timestamptz', truncMoment, {
    volatility: 'stable',
    kernel: momentKernel,
  }),
  scalar('date_trunc(text, timestamptz, text) timestamptz', truncMomentIn, {
    volatility: 'stable',
    kernel: momentKernel,
  }),
  scalar('date_trunc(text, interval) interval', truncateInterval),
  scalar('date_bin(interval, timestamp, timestamp) timestamp', dateBin, { kernel: binKernel }),
  scalar('date_bin(interval, timestamptz, timestamptz) timestamptz', dateBin, {
    kernel: binKernel,
  }),
];
