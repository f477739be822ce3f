/** Codecs of the small internal types: void, xid, cid, tid and those that are text in all but name. */
import { dbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { checkBinaryLength, oidCodec } from './int.ts';
import { textCodec } from './text.ts';
import { toInt64, type Int64 } from './value.ts';

/** void: the empty text. */
export const voidCodec: Codec = {
  parseText: () => '',
  formatText: () => '',
  readBinary: () => '',
  writeBinary: () => undefined,
};

/** xid and cid: unsigned 32-bit counters. */
export const xidCodec: Codec = {
  ...oidCodec,
  parseText: (text) => Number(BigInt.asUintN(32, leadingInteger(text))),
};

/** xid8: an unsigned 64-bit transaction number; a bigint may exceed int8's range. */
export const xid8Codec: Codec = {
  parseText: (text) => toInt64(BigInt.asUintN(64, leadingInteger(text))),
  formatText: (value) => String(value),
  readBinary(reader, length) {
    checkBinaryLength(length, 8);
    return toInt64(BigInt.asUintN(64, reader.i64()));
  },
  writeBinary: (writer, value) => writer.i64(BigInt.asIntN(64, BigInt(value as Int64))),
};

/** tid: `(block,offset)`, kept as its text. */
export const tidCodec: Codec = {
  parseText(text) {
    const match = /^[^(),]*\(\s*(-?\d+),\s*\+?(\d+)\)/.exec(text);
    const block = Number(match?.[1]);
    if (match === null || block > 4294967295 || block < -2147483648 || Number(match[2]) > 65535) {
      throw dbError('invalid_text_representation', {
        message: `invalid input syntax for type tid: "${text}"`,
      });
    }
    return `(${block >>> 0},${Number(match[2])})`;
  },
  formatText: (value) => value as string,
  readBinary(reader) {
    const block = reader.u32();
    return `(${block},${reader.u16()})`;
  },
  writeBinary(writer, value) {
    const [block, offset] = (value as string).slice(1, -1).split(',');
    writer.u32(Number(block));
    writer.u16(Number(offset));
  },
};

/** A type whose values come from the catalogs only: they can be shown and not be read. */
export function outputOnlyCodec(typeName: string): Codec {
  const refuse = (): never => {
    throw dbError('feature_not_supported', `cannot accept a value of type ${typeName}`);
  };
  return { ...textCodec, parseText: refuse, readBinary: refuse };
}

/** Types whose external form is their text: unknown, cstring, refcursor. */
export const plainTextCodec: Codec = textCodec;

/** C's strtoul with base 0: a number in any of C's bases at the start, 0 where there is none. */
function leadingInteger(text: string): bigint {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text);
  if (match === null) return 0n;
  const [, sign, digits = '0'] = match;
  const isOctal = /^0[0-7]/.test(digits);
  const size = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  // What is too large is cut to the largest number, whatever the sign.
  if (size > 18446744073709551615n) return 18446744073709551615n;
  return sign === '-' ? -size : size;
}
