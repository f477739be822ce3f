/** bytea in its hex and escape forms. */
import { finishNow, type Stepped } from '../base/steps.ts';
import { dbError } from '../errors/db-error.ts';
import { compareLongBytes } from '../platform/node-bytes.ts';
import type { Codec, FormatSettings, Pieces } from './codec.ts';
import { PIECE_LENGTH } from './large-value.ts';

/** From so many bytes on a call is quicker than a loop. */
const LONG_BYTES = 256;

/** memcmp order, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  if (length > LONG_BYTES) return compareLongBytes(a, b);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Lower-case hexadecimal digits of the bytes. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > SHORT_BYTES) return toLongHex(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX_PAIRS[bytes[i] as number];
  return text;
}

/** Up to so many bytes adding digits up is quicker than decoding them. */
const SHORT_BYTES = 64;
const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const DECODER = new TextDecoder();

function toLongHex(bytes: Uint8Array): string {
  const digits = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    digits[2 * i] = HEX_DIGITS[byte >> 4] as number;
    digits[2 * i + 1] = HEX_DIGITS[byte & 15] as number;
  }
  return DECODER.decode(digits);
}

/** Reads hexadecimal digits (blanks between pairs allowed), with PostgreSQL's errors of decode(). */
export function fromHex(text: string): Uint8Array {
  return finishNow(fromHexSteps(text));
}

/** Digits read in one step, about. */
const STEP_DIGITS = 256 * 1024;

export function* fromHexSteps(text: string): Stepped<Uint8Array> {
  const bytes = new Uint8Array(text.length >> 1);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 32 || code === 9 || code === 10 || code === 13) continue;
    const high = hexDigit(text, i);
    i++;
    if (i >= text.length) {
      throw dbError('invalid_parameter_value', 'invalid hexadecimal data: odd number of digits');
    }
    bytes[length++] = high * 16 + hexDigit(text, i);
    if (length % STEP_DIGITS === 0) yield;
  }
  return bytes.subarray(0, length);
}

export const byteaCodec: Codec = {
  *parseSteps(text) {
    return text.startsWith('\\x') ? yield* fromHexSteps(text.slice(2)) : fromEscape(text);
  },
  parseText: (text) => (text.startsWith('\\x') ? fromHex(text.slice(2)) : fromEscape(text)),
  formatText(value, settings) {
    const bytes = value as Uint8Array;
    return settings.byteaOutput === 'hex' ? `\\x${toHex(bytes)}` : toEscape(bytes);
  },
  readBinary: (reader, length) => reader.take(length).slice(),
  writeBinary: (writer, value) => writer.bytes(value as Uint8Array),
  textPieces: (value, settings) => byteaPieces(value as Uint8Array, settings),
  *writeSteps(chunks, value) {
    const bytes = value as Uint8Array;
    for (let start = 0; start < bytes.length; start += PIECE_LENGTH) {
      chunks.tail.bytes(bytes.subarray(start, start + PIECE_LENGTH));
      chunks.cut();
      yield;
    }
  },
};

function* byteaPieces(bytes: Uint8Array, { byteaOutput }: FormatSettings): Pieces {
  if (byteaOutput === 'hex') yield '\\x';
  for (let start = 0; start < bytes.length; start += PIECE_LENGTH) {
    const part = bytes.subarray(start, start + PIECE_LENGTH);
    yield byteaOutput === 'hex' ? toHex(part) : toEscape(part);
  }
}

const HEX_PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

const ENCODER = new TextEncoder();

function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  if (lower >= 97 && lower <= 102) return lower - 87;
  throw dbError('invalid_parameter_value', {
    message: `invalid hexadecimal digit: "${String.fromCodePoint(text.codePointAt(at) as number)}"`,
  });
}

/** Reads the escape form: `\\` is a backslash, `\nnn` an octal byte, the rest is UTF-8. */
function fromEscape(text: string): Uint8Array {
  const source = ENCODER.encode(text);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] as number;
    if (byte !== 92) {
      bytes[length++] = byte;
    } else if (source[i + 1] === 92) {
      bytes[length++] = 92;
      i++;
    } else if (
      isOctal(source[i + 1], 3) &&
      isOctal(source[i + 2], 7) &&
      isOctal(source[i + 3], 7)
    ) {
      const [a, b, c] = source.subarray(i + 1, i + 4) as unknown as [number, number, number];
      bytes[length++] = (a - 48) * 64 + (b - 48) * 8 + (c - 48);
      i += 3;
    } else {
      throw dbError('invalid_text_representation', 'invalid input syntax for type bytea');
    }
  }
  return bytes.slice(0, length);
}

function isOctal(byte: number | undefined, highest: number): boolean {
  return byte !== undefined && byte >= 48 && byte <= 48 + highest;
}

function toEscape(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 92) text += '\\\\';
    else if (byte < 32 || byte > 126) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}
