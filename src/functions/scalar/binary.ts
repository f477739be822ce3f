/** bytea functions, text encodings of bytes, digests and uuids. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import { byteaCodec, fromHex, toHex } from '../../types/bytea.ts';
import { invalidUtf8 } from '../../types/text.ts';
import { uuidFromBytes } from '../../types/uuid.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import { md5, md5OfText } from '../digest/md5.ts';
import { sha2, type Sha2Bits } from '../digest/sha2.ts';
import type { EvalContext, ScalarFunction } from '../function.ts';

const encoder = new TextEncoder();
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function invalid(message: string, hint?: string): DbError {
  return dbError('invalid_parameter_value', { message, hint });
}

/** base64 with a line break after every 76 characters. */
function toBase64(bytes: Uint8Array): string {
  let result = '';
  let column = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k < 4; k++) {
      const missing = i + k > bytes.length;
      result += missing ? '=' : (BASE64[(group >> (18 - 6 * k)) & 63] as string);
    }
    column += 4;
    if (column >= 76) {
      result += '\n';
      column = 0;
    }
  }
  return result;
}

function fromBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let buffer = 0;
  let count = 0;
  let padding = 0;
  for (const char of text) {
    if (' \t\n\r'.includes(char)) continue;
    if (char === '=') {
      if (padding === 0 && count !== 2 && count !== 3)
        throw invalid('unexpected "=" while decoding base64 sequence');
      padding++;
      count++;
      buffer <<= 6;
    } else {
      const value = BASE64.indexOf(char);
      if (value < 0 || padding > 0) {
        throw invalid(`invalid symbol "${char}" found while decoding base64 sequence`);
      }
      buffer = (buffer << 6) | value;
      count++;
    }
    if (count === 4) {
      bytes.push((buffer >> 16) & 255);
      if (padding < 2) bytes.push((buffer >> 8) & 255);
      if (padding < 1) bytes.push(buffer & 255);
      buffer = 0;
      count = 0;
    }
  }
  if (count !== 0) {
    throw invalid(
      'invalid base64 end sequence',
      'Input data is missing padding, is truncated, or is otherwise corrupted.',
    );
  }
  return Uint8Array.from(bytes);
}

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return toHex(bytes).replace(/^\\x/, '');
    case 'base64':
      return toBase64(bytes);
    case 'escape':
      return escapeBytes(bytes);
    default:
      throw invalid(`unrecognized encoding: "${format}"`);
  }
}

function escapeBytes(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) {
    if (byte === 92) result += '\\\\';
    else if (byte === 0 || byte > 127) result += `\\${byte.toString(8).padStart(3, '0')}`;
    else result += String.fromCharCode(byte);
  }
  return result;
}

function decode(text: string, format: string, context: EvalContext): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return fromHex(text.replace(/[ \t\n\r]+/g, ''));
    case 'base64':
      return fromBase64(text);
    case 'escape':
      // A leading \x is no hexadecimal introduction here.
      if (text.startsWith('\\x'))
        throw dbError('invalid_text_representation', 'invalid input syntax for type bytea');
      return byteaCodec.parseText(text, -1, context.format) as Uint8Array;
    default:
      throw invalid(`unrecognized encoding: "${format}"`);
  }
}

function checkIndex(index: number, length: number): void {
  if (index < 0 || index >= length) {
    throw dbError('array_subscript_error', `index ${index} out of valid range, 0..${length - 1}`);
  }
}

function getBit(bytes: Uint8Array, index: Int64): number {
  checkIndex(Number(index), bytes.length * 8);
  return ((bytes[Number(index) >> 3] as number) >> (Number(index) & 7)) & 1;
}

function setBit(bytes: Uint8Array, index: Int64, bit: number): Uint8Array {
  checkIndex(Number(index), bytes.length * 8);
  if (bit !== 0 && bit !== 1) throw invalid('new bit must be 0 or 1');
  const result = bytes.slice();
  const at = Number(index) >> 3;
  const mask = 1 << (Number(index) & 7);
  result[at] = bit === 1 ? (result[at] as number) | mask : (result[at] as number) & ~mask;
  return result;
}

function bitCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let bits = byte; bits !== 0; bits &= bits - 1) count++;
  return count;
}

const UTF8_NAMES = new Set(['utf8', 'unicode']);
const LATIN1_NAMES = new Set(['latin1', 'iso88591']);

function encodingName(name: string): 'utf8' | 'latin1' | 'ascii' {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (UTF8_NAMES.has(plain)) return 'utf8';
  if (LATIN1_NAMES.has(plain)) return 'latin1';
  if (plain === 'sqlascii') return 'ascii';
  throw invalid(`invalid encoding name "${name}"`);
}

function convertFrom(bytes: Uint8Array, encoding: string): string {
  const from = encodingName(encoding);
  if (from === 'latin1') return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  if (bytes.includes(0)) throw invalidUtf8(bytes.subarray(bytes.indexOf(0)));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidUtf8(bytes);
  }
}

function convertTo(text: string, encoding: string): Uint8Array {
  const to = encodingName(encoding);
  if (to !== 'latin1') return encoder.encode(text);
  return Uint8Array.from(text, (char) => {
    const code = char.codePointAt(0) as number;
    if (code < 256) return code;
    const bytes = Array.from(encoder.encode(char), (byte) => `0x${byte.toString(16)}`).join(' ');
    throw dbError('untranslatable_character', {
      message: `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
    });
  });
}

function toHexNumber(value: Int64, bits: 32 | 64): string {
  return BigInt.asUintN(bits, BigInt(value)).toString(16);
}

function randomUuid(context: EvalContext): string {
  const bytes = context.random.bytes(16).slice();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidFromBytes(bytes);
}

function digests(): ScalarFunction[] {
  return ([224, 256, 384, 512] as const satisfies readonly Sha2Bits[]).map((bits) =>
    scalar(`sha${bits}(bytea) bytea`, (bytes: Uint8Array) => sha2(bytes, bits)),
  );
}

export const binaryFunctions: readonly ScalarFunction[] = [
  scalar('length(bytea) int4', (bytes: Uint8Array) => bytes.length),
  scalar('octet_length(bytea) int4', (bytes: Uint8Array) => bytes.length),
  scalar('bit_length(bytea) int4', (bytes: Uint8Array) => bytes.length * 8),
  scalar('bit_count(bytea) int8', bitCount),
  scalar('encode(bytea, text) text', encode),
  scalar('decode(text, text) bytea', decode),
  scalar('md5(text) text', md5OfText),
  scalar('md5(bytea) text', (bytes: Uint8Array) => md5(bytes)),
  ...digests(),
  scalar('get_byte(bytea, int4) int4', (bytes: Uint8Array, index: number) => {
    checkIndex(index, bytes.length);
    return bytes[index] as number;
  }),
  scalar('set_byte(bytea, int4, int4) bytea', (bytes: Uint8Array, index: number, value: number) => {
    checkIndex(index, bytes.length);
    const result = bytes.slice();
    result[index] = value;
    return result;
  }),
  scalar('get_bit(bytea, int8) int4', getBit),
  scalar('set_bit(bytea, int8, int4) bytea', setBit),
  scalar('position(bytea, bytea) int4', (bytes: Uint8Array, part: Uint8Array) => {
    for (let i = 0; i + part.length <= bytes.length; i++) {
      if (part.every((byte, k) => bytes[i + k] === byte)) return i + 1;
    }
    return 0;
  }),
  scalar('convert_from(bytea, name) text', convertFrom),
  scalar('convert_to(text, name) bytea', convertTo),
  scalar('convert(bytea, name, name) bytea', (bytes: Uint8Array, from: string, to: string) =>
    convertTo(convertFrom(bytes, from), to),
  ),
  scalar(
    'length(bytea, name) int4',
    (bytes: Uint8Array, encoding: string) => [...convertFrom(bytes, encoding)].length,
  ),
  scalar('to_hex(int4) text', (value: number) => toHexNumber(value, 32)),
  scalar('to_hex(int8) text', (value: Int64) => toHexNumber(value, 64)),
  scalar('gen_random_uuid() uuid', randomUuid, { volatility: 'volatile' }),
  scalar('uuid_generate_v4() uuid', randomUuid, { volatility: 'volatile' }),
];
