/** bytea functions, text encodings of bytes, digests and uuids. */
import { finishNow, type Stepped } from '../../base/steps.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { digestOf, digestSteps } from '../../platform/node-digest.ts';
import { indexOfBytes } from '../../platform/node-bytes.ts';
import { byteaCodec, fromHex, fromHexSteps, toHex } from '../../types/bytea.ts';
import { characterLength, invalidUtf8 } from '../../types/text.ts';
import { uuidFromBytes } from '../../types/uuid.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import { md5, md5OfText } from '../digest/md5.ts';
import type { EvalContext, ScalarFunction } from '../function.ts';
import { fromBase64, fromBase64Steps, toBase64, toBase64Steps } from './base64.ts';
import { mapBytes } from './in-pieces.ts';

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
/** Characters converted in one step. */
const STEP_UNITS = 256 * 1024;
function invalid(message: string, hint?: string): DbError {
  return dbError('invalid_parameter_value', { message, hint });
}

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return toHex(bytes);
    case 'base64':
      return toBase64(bytes);
    case 'escape':
      return escapeBytes(bytes);
    default:
      throw invalid(`unrecognized encoding: "${format}"`);
  }
}

function encodeSteps(bytes: Uint8Array, format: string): Stepped<string> {
  if (format.toLowerCase() === 'base64') return toBase64Steps(bytes);
  // For an encoding that there is none of, whatever the bytes.
  encode(NO_BYTES, format);
  return mapBytes(bytes, (piece) => encode(piece, format));
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
      return fromHex(text);
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

function* decodeSteps(text: string, format: string, context: EvalContext): Stepped<Uint8Array> {
  switch (format.toLowerCase()) {
    case 'hex':
      return yield* fromHexSteps(text);
    case 'base64':
      return yield* fromBase64Steps(text);
    default:
      return decode(text, format, context);
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
  for (let i = 0; i < bytes.length; i++) count += BIT_COUNTS[bytes[i] as number] as number;
  return count;
}

const BIT_COUNTS = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
);

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
  if (from === 'latin1') return finishNow(latin1Text(bytes));
  if (bytes.includes(0)) throw invalidUtf8(bytes.subarray(bytes.indexOf(0)));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidUtf8(bytes);
  }
}

function* convertFromSteps(bytes: Uint8Array, encoding: string): Stepped<string> {
  const isLatin1 = encodingName(encoding) === 'latin1';
  return isLatin1 ? yield* latin1Text(bytes) : convertFrom(bytes, encoding);
}

function latin1Text(bytes: Uint8Array): Stepped<string> {
  return mapBytes(bytes, (piece) => String.fromCharCode(...piece));
}

function convertTo(text: string, encoding: string): Uint8Array {
  const to = encodingName(encoding);
  return to === 'latin1' ? finishNow(latin1Bytes(text)) : encoder.encode(text);
}

function* convertToSteps(text: string, encoding: string): Stepped<Uint8Array> {
  const isLatin1 = encodingName(encoding) === 'latin1';
  return isLatin1 ? yield* latin1Bytes(text) : encoder.encode(text);
}

function* latin1Bytes(text: string): Stepped<Uint8Array> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw untranslatable(String.fromCodePoint(text.codePointAt(i) as number));
    bytes[i] = code;
    if (i % STEP_UNITS === STEP_UNITS - 1) yield;
  }
  return bytes;
}

function untranslatable(char: string): DbError {
  const bytes = Array.from(encoder.encode(char), (byte) => `0x${byte.toString(16)}`).join(' ');
  return dbError('untranslatable_character', {
    message: `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
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

function* md5Steps(bytes: Uint8Array): Stepped<string> {
  return toHex(yield* digestSteps('md5', bytes));
}

function digests(): ScalarFunction[] {
  return (['sha224', 'sha256', 'sha384', 'sha512'] as const).map((name) =>
    scalar(`${name}(bytea) bytea`, (bytes: Uint8Array) => digestOf(name, bytes), {
      inSteps: (bytes: Uint8Array) => digestSteps(name, bytes),
    }),
  );
}

export const binaryFunctions: readonly ScalarFunction[] = [
  scalar('length(bytea) int4', (bytes: Uint8Array) => bytes.length),
  scalar('octet_length(bytea) int4', (bytes: Uint8Array) => bytes.length),
  scalar('bit_length(bytea) int4', (bytes: Uint8Array) => bytes.length * 8),
  scalar('bit_count(bytea) int8', bitCount),
  scalar('encode(bytea, text) text', encode, { inSteps: encodeSteps }),
  scalar('decode(text, text) bytea', decode, { inSteps: decodeSteps }),
  scalar('md5(text) text', md5OfText, {
    inSteps: (text: string) => md5Steps(encoder.encode(text)),
  }),
  scalar('md5(bytea) text', (bytes: Uint8Array) => md5(bytes), { inSteps: md5Steps }),
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
  scalar(
    'position(bytea, bytea) int4',
    (bytes: Uint8Array, part: Uint8Array) => indexOfBytes(bytes, part) + 1,
  ),
  scalar('convert_from(bytea, name) text', convertFrom, { inSteps: convertFromSteps }),
  scalar('convert_to(text, name) bytea', convertTo, { inSteps: convertToSteps }),
  scalar(
    'convert(bytea, name, name) bytea',
    (bytes: Uint8Array, from: string, to: string) => convertTo(convertFrom(bytes, from), to),
    {
      *inSteps(bytes: Uint8Array, from: string, to: string) {
        return yield* convertToSteps(yield* convertFromSteps(bytes, from), to);
      },
    },
  ),
  scalar('length(bytea, name) int4', (bytes: Uint8Array, encoding: string) =>
    characterLength(convertFrom(bytes, encoding)),
  ),
  scalar('to_hex(int4) text', (value: number) => toHexNumber(value, 32)),
  scalar('to_hex(int8) text', (value: Int64) => toHexNumber(value, 64)),
  scalar('gen_random_uuid() uuid', randomUuid, { volatility: 'volatile' }),
  scalar('uuid_generate_v4() uuid', randomUuid, { volatility: 'volatile' }),
];
