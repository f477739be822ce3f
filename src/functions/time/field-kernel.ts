/** Fields of whole vectors of timestamps. What a value alone decides, such as an infinity, goes row by row. */
import { dayField } from '../../types/datetime/extract.ts';
import {
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  UNIX_EPOCH_SECONDS,
} from '../../types/datetime/calendar.ts';
import type { Unit } from '../../types/datetime/tokens.ts';
import { secondsOf, type TimeZone } from '../../types/datetime/timezone.ts';
import { decodeUnit } from '../../types/datetime/unit.ts';
import { OID, sqlType } from '../../types/type.ts';
import { DecimalVector } from '../../vector/decimal-vector.ts';
import type { F64Vector, Vector } from '../../vector/vector.ts';
import type { EvalContext, KernelArg, ScalarFunction } from '../function.ts';

type Kernel = NonNullable<ScalarFunction['kernel']>;

/** A field as a whole number divided by 10^scale, of the time in its zone and in UTC. */
interface Field {
  readonly scale: number;
  unscaled(local: number, utc: number): number;
}

const SECOND = MICROS_PER_SECOND;
const MINUTE = 60 * SECOND;

/** Microseconds since midnight. */
const timeOf = (local: number): number =>
  local - Math.floor(local / MICROS_PER_DAY) * MICROS_PER_DAY;

const FIELDS: Partial<Record<Unit, Field>> = {
  microsecond: { scale: 0, unscaled: (local) => timeOf(local) % MINUTE },
  millisecond: { scale: 3, unscaled: (local) => timeOf(local) % MINUTE },
  second: { scale: 6, unscaled: (local) => timeOf(local) % MINUTE },
  minute: { scale: 0, unscaled: (local) => Math.floor(timeOf(local) / MINUTE) % 60 },
  hour: { scale: 0, unscaled: (local) => Math.floor(timeOf(local) / (60 * MINUTE)) },
  epoch: { scale: 6, unscaled: (_, utc) => utc + UNIX_EPOCH_SECONDS * SECOND },
};

/** Fields of a day; rows of one day follow each other. */
function fieldOfDay(unit: Unit): Field | undefined {
  if (dayField(unit, 0) === undefined) return undefined;
  let day = NaN;
  let value = 0;
  return {
    scale: 0,
    unscaled(local) {
      const of = Math.floor(local / MICROS_PER_DAY);
      if (of !== day) {
        day = of;
        value = dayField(unit, of) as number;
      }
      return value;
    },
  };
}

/** undefined where a row has no such number. */
function unscaledOf(
  { data, nulls, length }: F64Vector,
  { unscaled }: Field,
  zone: TimeZone | undefined,
): Float64Array | undefined {
  const result = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    if (nulls !== undefined && nulls[row] === 1) continue;
    const utc = data[row] as number;
    if (!Number.isFinite(utc)) return undefined;
    const local = zone === undefined ? utc : utc + zone.offsetAt(secondsOf(utc)) * SECOND;
    const value = unscaled(local, utc);
    if (!Number.isSafeInteger(local) || !Number.isSafeInteger(value)) return undefined;
    result[row] = value;
  }
  return result;
}

/** extract and date_part of timestamps, in a zone where they have one. */
export function fieldKernel(zoneOf?: (context: EvalContext) => TimeZone): Kernel {
  return (args, _length, call, context) => {
    const [unitArg, vector] = args as readonly [KernelArg, KernelArg];
    if (unitArg.rep !== 'constant' || typeof unitArg.value !== 'string') return undefined;
    if (vector.rep !== 'f64') return undefined;
    const unit = decodeUnit(unitArg.value);
    if (unit === undefined || unit === 'reserved') return undefined;
    const field = FIELDS[unit] ?? fieldOfDay(unit);
    const isFloat = call.returnType.oid === OID.float8;
    // Seconds as a double are the sum of two.
    if (field === undefined || (isFloat && field.scale > 0 && unit !== 'epoch')) return undefined;
    const unscaled = unscaledOf(vector, field, zoneOf?.(context));
    return unscaled && resultOf(unscaled, field.scale, vector, isFloat);
  };
}

function resultOf(
  unscaled: Float64Array,
  scale: number,
  { length, nulls }: F64Vector,
  isFloat: boolean,
): Vector {
  if (!isFloat) return new DecimalVector(sqlType(OID.numeric), unscaled, scale, nulls);
  const data = scale === 0 ? unscaled : unscaled.map((value) => value / 10 ** scale);
  return { rep: 'f64', type: sqlType(OID.float8), length, data, nulls };
}
