/** numeric to and from the other number types, its modifier, and its codec. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { formatGeneral } from './float-text.ts';
import {
  digitCount,
  divideRound,
  formatNumeric,
  makeNumeric,
  Numeric,
  NUMERIC_INFINITY,
  NUMERIC_NAN,
  NUMERIC_NEGATIVE_INFINITY,
  parseNumeric,
  powerOfTen,
  rescale,
  SCALE_MAX,
} from './numeric.ts';
import { INT8_MAX, INT8_MIN, toInt64, type Int64 } from './value.ts';

/** The numeric of an integer. */
export function numericFromInt(value: Int64): Numeric {
  return new Numeric(BigInt(value), 0);
}

/** float8 to numeric: 15 significant digits, as PostgreSQL converts. */
export function numericFromFloat8(value: number): Numeric {
  return numericFromFloat(value, 15);
}

/** float4 to numeric: 6 significant digits. */
export function numericFromFloat4(value: number): Numeric {
  return numericFromFloat(value, 6);
}

function numericFromFloat(value: number, digits: number): Numeric {
  if (Number.isNaN(value)) return NUMERIC_NAN;
  if (value === Number.POSITIVE_INFINITY) return NUMERIC_INFINITY;
  if (value === Number.NEGATIVE_INFINITY) return NUMERIC_NEGATIVE_INFINITY;
  return roundedDigits(value, digits) ?? parseNumeric(formatGeneral(value, digits));
}

/** Powers of ten up to here are exact doubles. */
const EXACT_POWER_MAX = 22;
/** How near to half a unit a product may be, whose own rounding error is below 1/8. */
const SURE = 0.375;

/** The value to so many digits, at most 15, without trailing zeros; undefined where that takes exact arithmetic. */
function roundedDigits(value: number, digits: number): Numeric | undefined {
  if (Number.isInteger(value)) {
    return Math.abs(value) < 10 ** digits ? new Numeric(BigInt(value), 0) : undefined;
  }
  // Next to a power of ten the logarithm may be off, and there is a digit too many or too few.
  let scale = digits - 1 - Math.floor(Math.log10(Math.abs(value)));
  if (scale < 1 || scale > EXACT_POWER_MAX) return undefined;
  const scaled = value * 10 ** scale;
  let unscaled = Math.round(scaled);
  if (Math.abs(scaled - unscaled) > SURE) return undefined;
  if (Math.abs(scaled) < 10 ** (digits - 1) || Math.abs(unscaled) >= 10 ** digits) return undefined;
  for (; scale > 0 && unscaled % 10 === 0; scale--) unscaled /= 10;
  return new Numeric(BigInt(unscaled), scale);
}

/** numeric to the nearest float8; the caller decides what an overflow to infinity means. */
export function numericToFloat8(value: Numeric): number {
  switch (value.kind) {
    case 'nan':
      return Number.NaN;
    case 'infinity':
      return Number.POSITIVE_INFINITY;
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    case 'finite':
      break;
  }
  if (value.scale === 0) return Number(value.unscaled);
  const small = value.unscaled >= -9007199254740991n && value.unscaled <= 9007199254740991n;
  // Both operands are exact doubles, so the division rounds once.
  if (small && value.scale <= 22) return Number(value.unscaled) / 10 ** value.scale;
  return Number(formatNumeric(value));
}

/** numeric to an integer, half away from zero; throws for specials and beyond the range. */
export function numericToInt(value: Numeric, typeName: 'smallint' | 'integer' | 'bigint'): Int64 {
  if (value.kind !== 'finite') {
    const what = value.kind === 'nan' ? 'NaN' : 'infinity';
    throw dbError('feature_not_supported', `cannot convert ${what} to ${typeName}`);
  }
  const whole =
    value.scale === 0 ? value.unscaled : divideRound(value.unscaled, powerOfTen(value.scale));
  const [low, high] = INT_RANGES[typeName];
  if (whole < low || whole > high) {
    throw dbError('numeric_value_out_of_range', `${typeName} out of range`);
  }
  return toInt64(whole);
}

const INT_RANGES = {
  smallint: [-32768n, 32767n],
  integer: [-2147483648n, 2147483647n],
  bigint: [INT8_MIN, INT8_MAX],
} as const;

/** Precision and scale of a numeric modifier; the scale may be negative. */
export function numericTypmod(typmod: number): { precision: number; scale: number } | undefined {
  if (typmod < 4) return undefined;
  const bits = typmod - 4;
  return { precision: (bits >> 16) & 0xffff, scale: ((bits & 0x7ff) ^ 1024) - 1024 };
}

/** Rounds to the modifier's scale and checks its precision. */
export function applyNumericTypmod(value: Numeric, typmod: number): Numeric {
  const limits = numericTypmod(typmod);
  if (limits === undefined) return value;
  const { precision, scale } = limits;
  if (value.kind !== 'finite') {
    if (value.kind === 'nan') return value;
    throw fieldOverflow(precision, scale, 'cannot hold an infinite value.');
  }
  if (scale < 0) return applyNegativeScale(value, precision, scale);
  const unscaled = rescale(value.unscaled, value.scale, scale);
  if (digitCount(unscaled) > precision) throw roundsTooHigh(precision, scale);
  return new Numeric(unscaled, scale);
}

function applyNegativeScale(value: Numeric, precision: number, scale: number): Numeric {
  const unit = powerOfTen(-scale);
  const units = divideRound(value.unscaled, unit * powerOfTen(value.scale));
  if (digitCount(units) > precision) throw roundsTooHigh(precision, scale);
  return makeNumeric(units * unit, 0);
}

function roundsTooHigh(precision: number, scale: number): DbError {
  const digits = precision - scale;
  const limit = digits === 0 ? '1' : `10^${digits}`;
  return fieldOverflow(precision, scale, `must round to an absolute value less than ${limit}.`);
}

function fieldOverflow(precision: number, scale: number, what: string): DbError {
  return dbError('numeric_value_out_of_range', {
    message: 'numeric field overflow',
    detail: `A field with precision ${precision}, scale ${scale} ${what}`,
  });
}

const SIGN_NEGATIVE = 0x4000;
const SIGN_NAN = 0xc000;
const SIGN_INFINITY = 0xd000;
const SIGN_NEGATIVE_INFINITY = 0xf000;

export const numericCodec: Codec = {
  parseText: (text, typmod) => applyNumericTypmod(parseNumeric(text), typmod),
  formatText: (value) => formatNumeric(value as Numeric),
  readBinary: (reader, length, typmod) => applyNumericTypmod(readNumeric(reader, length), typmod),
  writeBinary: (writer, value) => writeNumeric(writer, value as Numeric),
};

function readNumeric(reader: ByteReader, length: number): Numeric {
  if (length < 8) throw dbError('protocol_violation', 'insufficient data left in message');
  const count = reader.u16();
  const weight = reader.i16();
  const sign = reader.u16();
  const scale = reader.u16();
  if (length < 8 + count * 2)
    throw dbError('protocol_violation', 'insufficient data left in message');
  if (sign === SIGN_NAN) return NUMERIC_NAN;
  if (sign === SIGN_INFINITY) return NUMERIC_INFINITY;
  if (sign === SIGN_NEGATIVE_INFINITY) return NUMERIC_NEGATIVE_INFINITY;
  if (sign !== 0 && sign !== SIGN_NEGATIVE) throw invalidBinary('sign');
  if (scale > SCALE_MAX) throw invalidBinary('scale');
  let digits = '';
  for (let i = 0; i < count; i++) {
    const digit = reader.u16();
    if (digit > 9999) throw invalidBinary('digit');
    digits += String(digit).padStart(4, '0');
  }
  const size = digits === '' ? 0n : BigInt(digits);
  // The digits stand for size * 10^(-held); PostgreSQL cuts what lies beyond the scale.
  const held = (count - 1 - weight) * 4;
  const unscaled = held > scale ? size / powerOfTen(held - scale) : size * powerOfTen(scale - held);
  return makeNumeric(sign === SIGN_NEGATIVE ? -unscaled : unscaled, scale);
}

function invalidBinary(what: string): DbError {
  return dbError('invalid_binary_representation', `invalid ${what} in external "numeric" value`);
}

function writeNumeric(writer: ByteWriter, value: Numeric): void {
  if (value.kind !== 'finite') {
    const sign =
      value.kind === 'nan'
        ? SIGN_NAN
        : value.kind === 'infinity'
          ? SIGN_INFINITY
          : SIGN_NEGATIVE_INFINITY;
    writer.u16(0);
    writer.i16(0);
    writer.u16(sign);
    writer.u16(value.kind === 'nan' ? 0 : 0x20);
    return;
  }
  const negative = value.unscaled < 0n;
  const text = (negative ? -value.unscaled : value.unscaled).toString();
  // Pad on both sides so that groups of four digits align with the point.
  const fraction = (4 - (value.scale % 4)) % 4;
  let digits = text.padStart(value.scale + 1, '0') + '0'.repeat(fraction);
  digits = digits.padStart(Math.ceil(digits.length / 4) * 4, '0');
  let weight = (digits.length - value.scale - fraction) / 4 - 1;
  let start = 0;
  let end = digits.length;
  while (start < end && digits.startsWith('0000', start)) {
    start += 4;
    weight--;
  }
  while (end > start && digits.startsWith('0000', end - 4)) end -= 4;
  writer.u16((end - start) / 4);
  writer.i16(start === end ? 0 : weight);
  writer.u16(negative ? SIGN_NEGATIVE : 0);
  writer.u16(value.scale);
  for (let i = start; i < end; i += 4) writer.u16(Number(digits.slice(i, i + 4)));
}
