/** Codecs of the small internal types: void, xid, cid, tid and those that are text in all but name. */
import { dbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { oidCodec } from './int.ts';
import { textCodec } from './text.ts';

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

/** tid: `(block,offset)`, kept as its text. */
export const tidCodec: Codec = {
  parseText(text) {
    const match = /^\s*\(\s*(\d+)\s*,\s*(\d+)\)$/.exec(text);
    if (match === null || Number(match[1]) > 4294967295 || Number(match[2]) > 65535) {
      throw dbError('invalid_text_representation', {
        message: `invalid input syntax for type tid: "${text}"`,
      });
    }
    return `(${Number(match[1])},${Number(match[2])})`;
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

/** C's strtoul: the integer at the start of the text, 0 where there is none. */
function leadingInteger(text: string): bigint {
  const match = /^\s*([+-]?\d+)/.exec(text);
  return match === null ? 0n : BigInt(match[1] as string);
}
