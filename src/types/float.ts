/** Codecs of float4 and float8, and the range checks that arithmetic on them needs. */
import { dbError, type DbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { formatFloat4, formatFloat8, parseFloatText } from './float-text.ts';
import { checkBinaryLength } from './int.ts';

export const float4Codec: Codec = {
  parseText: (text) => parseFloatText(text, 'real'),
  formatText: (value, settings) => formatFloat4(value as number, settings.extraFloatDigits),
  readBinary(reader, length) {
    checkBinaryLength(length, 4);
    return reader.f32();
  },
  writeBinary: (writer, value) => writer.f32(value as number),
};

export const float8Codec: Codec = {
  parseText: (text) => parseFloatText(text, 'double precision'),
  formatText: (value, settings) => formatFloat8(value as number, settings.extraFloatDigits),
  readBinary(reader, length) {
    checkBinaryLength(length, 8);
    return reader.f64();
  },
  writeBinary: (writer, value) => writer.f64(value as number),
};

export function floatOverflow(): DbError {
  return dbError('numeric_value_out_of_range', 'value out of range: overflow');
}

export function floatUnderflow(): DbError {
  return dbError('numeric_value_out_of_range', 'value out of range: underflow');
}

/** Rounds to the nearest integer, ties to even, as C's rint does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
