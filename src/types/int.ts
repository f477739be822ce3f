/** Integers: their syntax, ranges and codecs. int8 is an Int64, all others are numbers. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { isSpace } from './float-text.ts';
import { INT8_MAX, INT8_MIN, toInt64, type Int64 } from './value.ts';

export type IntTypeName = 'smallint' | 'integer' | 'bigint' | 'oid';

/** `smallint out of range`, `integer out of range`, `bigint out of range`. */
export function intOutOfRange(typeName: 'smallint' | 'integer' | 'bigint' | 'OID'): DbError {
  return dbError('numeric_value_out_of_range', { message: `${typeName} out of range` });
}

/** Reads a smallint or an integer. */
export function parseInt32(text: string, typeName: 'smallint' | 'integer'): number {
  const value = parseInt64(text, typeName);
  const limit = typeName === 'smallint' ? 32768 : 2147483648;
  if (value < -limit || value >= limit) throw valueOutOfRange(text, typeName);
  return Number(value);
}

/** Reads a bigint, in canonical form; `typeName` is for the error messages. */
export function parseInt64(text: string, typeName: IntTypeName = 'bigint'): Int64 {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  const first = text.charCodeAt(start);
  const digits = first === 45 || first === 43 ? start + 1 : start;
  if (digits >= end) throw invalidInteger(text, typeName);
  let value = 0;
  for (let i = digits; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) throw invalidInteger(text, typeName);
    value = value * 10 + digit;
  }
  // Zero, not -0, for '-0'.
  if (value <= Number.MAX_SAFE_INTEGER) return first === 45 ? 0 - value : value;
  const wide = BigInt(text.slice(digits, end)) * (first === 45 ? -1n : 1n);
  if (wide < INT8_MIN || wide > INT8_MAX) throw valueOutOfRange(text, typeName);
  return toInt64(wide);
}

/** Reads an oid: an unsigned 32-bit number, where negative input wraps as strtoul does. */
export function parseOid(text: string): number {
  const value = parseInt64(text, 'oid');
  if (value > 4294967295 || value < -2147483648) throw valueOutOfRange(text, 'oid');
  return Number(value) >>> 0;
}

export const int2Codec: Codec = {
  parseText: (text) => parseInt32(text, 'smallint'),
  formatText: (value) => String(value),
  readBinary(reader, length) {
    checkBinaryLength(length, 2);
    return reader.i16();
  },
  writeBinary: (writer, value) => writer.i16(value as number),
};

export const int4Codec: Codec = {
  parseText: (text) => parseInt32(text, 'integer'),
  formatText: (value) => String(value),
  readBinary(reader, length) {
    checkBinaryLength(length, 4);
    return reader.i32();
  },
  writeBinary: (writer, value) => writer.i32(value as number),
};

export const int8Codec: Codec = {
  parseText: (text) => parseInt64(text),
  formatText: (value) => String(value),
  readBinary(reader, length) {
    checkBinaryLength(length, 8);
    return readInt64(reader);
  },
  writeBinary: (writer, value) => writeInt64(writer, value as Int64),
};

export const oidCodec: Codec = {
  parseText: (text) => parseOid(text),
  formatText: (value) => String(value),
  readBinary(reader, length) {
    checkBinaryLength(length, 4);
    return reader.u32();
  },
  writeBinary: (writer, value) => writer.u32(value as number),
};

/** Reads eight bytes as a canonical Int64 without a bigint for small values. */
export function readInt64(reader: ByteReader): Int64 {
  const high = reader.i32();
  const low = reader.u32();
  const value = high * 4294967296 + low;
  if (Number.isSafeInteger(value)) return value;
  return (BigInt(high) << 32n) | BigInt(low);
}

export function writeInt64(writer: ByteWriter, value: Int64): void {
  if (typeof value === 'bigint') {
    writer.i64(value);
    return;
  }
  const high = Math.floor(value / 4294967296);
  writer.i32(high);
  writer.u32(value - high * 4294967296);
}

/** Refuses a binary parameter whose length the type cannot have. */
export function checkBinaryLength(length: number, expected: number): void {
  if (length === expected) return;
  throw length < expected
    ? dbError('protocol_violation', 'insufficient data left in message')
    : dbError('invalid_binary_representation', 'incorrect binary data format');
}

function invalidInteger(text: string, typeName: IntTypeName): DbError {
  return dbError('invalid_text_representation', {
    message: `invalid input syntax for type ${typeName}: "${text}"`,
  });
}

function valueOutOfRange(text: string, typeName: IntTypeName): DbError {
  return dbError('numeric_value_out_of_range', {
    message: `value "${text}" is out of range for type ${typeName}`,
  });
}
