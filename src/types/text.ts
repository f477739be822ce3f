/** The character types: their codecs, length limits and byte-order comparison. */
import { ByteRangeError, type ByteReader } from '../base/byte-reader.ts';
import { dbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';

/** Bytes that a name may have, NAMEDATALEN - 1. */
export const NAME_BYTES_MAX = 63;

/** Compares by Unicode code point, which is the order of the UTF-8 bytes (collation "C"). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = length > LONG_TEXT ? equalBlocks(a, b, length) : 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Units from which on texts are compared by blocks first, whose equality V8 tells a few units at a time. */
const LONG_TEXT = 1024;
const BLOCK = 512;

/** How many of the first units are equal, up to the beginning of a block. */
function equalBlocks(a: string, b: string, length: number): number {
  let at = 0;
  while (at < length && a.slice(at, at + BLOCK) === b.slice(at, at + BLOCK)) at += BLOCK;
  return at;
}

/** Compares as compareText does after dropping trailing blanks. */
export function compareBpchar(a: string, b: string): number {
  return compareText(trimBlanks(a), trimBlanks(b));
}

/** Removes trailing blanks only: what bpchar's comparison and its cast to text ignore. */
export function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

const SURROGATE = /[\ud800-\udbff]/;
/** Up to this length counting is quicker than searching. */
const SHORT_LENGTH = 64;

/** The number of characters (code points) of a text. */
export function characterLength(text: string): number {
  if (text.length > SHORT_LENGTH && !SURROGATE.test(text)) return text.length;
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

/** The same of a text's UTF-8: bytes that go on with a character begin none. */
export function characterCount(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count++;
  return count;
}

/** The first `count` characters. */
export function firstCharacters(text: string, count: number): string {
  return text.length <= count ? text : text.slice(0, skipCharacters(text, 0, count));
}

/** The place `count` characters behind `start`, at most the end. */
export function skipCharacters(text: string, start: number, count: number): number {
  // As long as no character has two units.
  const plain = Math.min(start + count, text.length);
  if (plain - start > SHORT_LENGTH && !SURROGATE.test(text)) return plain;
  let at = start;
  for (let left = count; left > 0 && at < text.length; left--) {
    at += (text.charCodeAt(at) & 0xfc00) === 0xd800 ? 2 : 1;
  }
  return Math.min(at, text.length);
}

/** Applies varchar(n): longer text is cut by an explicit cast, else only blanks may be cut. */
export function applyVarcharTypmod(text: string, typmod: number, explicit: boolean): string {
  const limit = typmod - 4;
  if (limit < 0 || text.length <= limit || characterLength(text) <= limit) return text;
  return cutTo(text, limit, explicit, 'character varying');
}

/** Applies char(n): pads with blanks, or cuts as varchar does. */
export function applyBpcharTypmod(text: string, typmod: number, explicit: boolean): string {
  const limit = typmod - 4;
  if (limit < 0) return text;
  const length = characterLength(text);
  if (length <= limit) return length === limit ? text : text + ' '.repeat(limit - length);
  return cutTo(text, limit, explicit, 'character');
}

/** Cuts a name to 63 bytes at a character boundary. */
export function truncateName(text: string): string {
  if (text.length * 3 <= NAME_BYTES_MAX) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > NAME_BYTES_MAX) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if ((code & 0xf800) === 0xd800) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

/** Reads UTF-8 from the wire, with PostgreSQL's error for bytes that are no text. */
export function readText(reader: ByteReader, length: number): string {
  const start = reader.offset;
  try {
    const text = reader.utf8(length);
    if (!text.includes('\0')) return text;
  } catch (error) {
    if (error instanceof ByteRangeError) {
      throw dbError('protocol_violation', 'insufficient data left in message');
    }
  }
  throw invalidUtf8(reader.bytes.subarray(start, start + length));
}

/** The error for a text that is not UTF-8 or has a zero byte. */
export function invalidUtf8(bytes: Uint8Array): Error {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) break;
    at += length;
  }
  const lead = bytes[at] as number;
  const claimed = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
  const shown = [...bytes.subarray(at, at + claimed)].map(
    (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
  );
  return dbError('character_not_in_repertoire', {
    message: `invalid byte sequence for encoding "UTF8": ${shown.join(' ')}`,
  });
}

export const textCodec: Codec = {
  parseText: (text) => text,
  formatText: (value) => value as string,
  readBinary: (reader, length) => readText(reader, length),
  writeBinary: (writer, value) => void writer.utf8(value as string),
};

export const varcharCodec: Codec = {
  ...textCodec,
  parseText: (text, typmod) => applyVarcharTypmod(text, typmod, false),
  readBinary: (reader, length, typmod) =>
    applyVarcharTypmod(readText(reader, length), typmod, false),
};

export const bpcharCodec: Codec = {
  ...textCodec,
  parseText: (text, typmod) => applyBpcharTypmod(text, typmod, false),
  readBinary: (reader, length, typmod) =>
    applyBpcharTypmod(readText(reader, length), typmod, false),
};

export const nameCodec: Codec = {
  ...textCodec,
  parseText: (text) => truncateName(text),
  readBinary: (reader, length) => truncateName(readText(reader, length)),
};

/** "char": one byte, shown as itself; bytes above 127 as an octal escape, zero as nothing. */
export const charCodec: Codec = {
  parseText: (text) => toCharType(text),
  formatText(value) {
    const code = (value as string).charCodeAt(0);
    return code >= 128 ? `\\${code.toString(8).padStart(3, '0')}` : (value as string);
  },
  readBinary(reader, length) {
    if (length !== 1)
      throw dbError('invalid_binary_representation', 'incorrect binary data format');
    const code = reader.u8();
    return code === 0 ? '' : String.fromCharCode(code);
  },
  writeBinary(writer, value) {
    writer.u8((value as string) === '' ? 0 : (value as string).charCodeAt(0));
  },
};

/** The "char" that a text becomes: its first byte, as a string of one UTF-16 unit below 256. */
export function toCharType(text: string): string {
  const octal = /^\\([0-7]{3})$/.exec(text);
  if (octal !== null) {
    const code = Number.parseInt(octal[1] as string, 8) & 0xff;
    return code === 0 ? '' : String.fromCharCode(code);
  }
  const code = text.charCodeAt(0);
  if (text === '' || code < 0x80) return text.slice(0, 1);
  const point = text.codePointAt(0) as number;
  const lead =
    point < 0x800
      ? 0xc0 | (point >> 6)
      : point < 0x10000
        ? 0xe0 | (point >> 12)
        : 0xf0 | (point >> 18);
  return String.fromCharCode(lead);
}

/** Puts surrogates above the rest of the basic plane, where their code points belong. */
export function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function cutTo(text: string, limit: number, explicit: boolean, typeName: string): string {
  const kept = firstCharacters(text, limit);
  if (!explicit && trimBlanks(text.slice(kept.length)) !== '') {
    throw dbError('string_data_right_truncation', {
      message: `value too long for type ${typeName}(${limit})`,
    });
  }
  return kept;
}

/** Length of the valid UTF-8 sequence at `at`, 0 where there is none (or a zero byte). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead === 0) return 0;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead < 0xe0
      ? 2
      : (lead & 0xf0) === 0xe0
        ? 3
        : lead >= 0xf0 && lead < 0xf5
          ? 4
          : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) {
    if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] as number;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return length;
}
