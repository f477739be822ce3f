/** base64 as encode() writes and decode() reads it: with a line break after every 76 characters. */
import type { Stepped } from '../../base/steps.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { slices } from '../../types/large-value.ts';
import { mapBytes } from './in-pieces.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const EQUALS = 61;
const NEWLINE = 10;
/** Groups of three bytes, or four characters, in a line. */
const LINE_GROUPS = 19;
const GROUP_BYTES = 3;
/** Whole lines. */
const PIECE_BYTES = LINE_GROUPS * GROUP_BYTES * 256;
const DECODER = new TextDecoder();

export function toBase64(bytes: Uint8Array): string {
  const groups = Math.ceil(bytes.length / GROUP_BYTES);
  const out = new Uint8Array(groups * 4 + Math.floor(groups / LINE_GROUPS));
  let at = 0;
  for (let group = 0; group < groups; group++) {
    const i = group * GROUP_BYTES;
    const left = bytes.length - i;
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[at++] = CODES[bits >> 18] as number;
    out[at++] = CODES[(bits >> 12) & 63] as number;
    out[at++] = left < 2 ? EQUALS : (CODES[(bits >> 6) & 63] as number);
    out[at++] = left < 3 ? EQUALS : (CODES[bits & 63] as number);
    if ((group + 1) % LINE_GROUPS === 0) out[at++] = NEWLINE;
  }
  return DECODER.decode(out);
}

export function toBase64Steps(bytes: Uint8Array): Stepped<string> {
  return mapBytes(bytes, toBase64, PIECE_BYTES);
}

export function fromBase64(text: string): Uint8Array {
  const reader = new Base64Reader(text.length);
  reader.read(text);
  return reader.finish();
}

export function* fromBase64Steps(text: string): Stepped<Uint8Array> {
  const reader = new Base64Reader(text.length);
  for (const piece of slices(text)) {
    reader.read(piece);
    yield;
  }
  return reader.finish();
}

/** By code: the digit's value, or one of these. */
const BLANK = 64;
const PAD = 65;
const INVALID = 255;
const KINDS = new Uint8Array(128).fill(INVALID);
CODES.forEach((code, value) => (KINDS[code] = value));
for (const blank of ' \t\n\r') KINDS[blank.charCodeAt(0)] = BLANK;
KINDS[EQUALS] = PAD;

/** Reads the pieces of a text. Once there was a "=" every group is as short as that one, as in PostgreSQL. */
class Base64Reader {
  readonly #bytes: Uint8Array;
  #length = 0;
  #bits = 0;
  #count = 0;
  #groupBytes = GROUP_BYTES;

  constructor(characters: number) {
    this.#bytes = new Uint8Array(Math.ceil(characters / 4) * GROUP_BYTES);
  }

  read(piece: string): void {
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      const kind = code < KINDS.length ? (KINDS[code] as number) : INVALID;
      if (kind === BLANK) continue;
      if (kind === PAD) this.#pad();
      else if (kind === INVALID) {
        const symbol = String.fromCodePoint(piece.codePointAt(i) as number);
        throw invalid(`invalid symbol "${symbol}" found while decoding base64 sequence`);
      }
      this.#bits = (this.#bits << 6) | (kind === PAD ? 0 : kind);
      if (++this.#count === 4) this.#takeGroup();
    }
  }

  finish(): Uint8Array {
    if (this.#count !== 0) {
      throw invalid(
        'invalid base64 end sequence',
        'Input data is missing padding, is truncated, or is otherwise corrupted.',
      );
    }
    return this.#bytes.slice(0, this.#length);
  }

  #pad(): void {
    if (this.#groupBytes < GROUP_BYTES) return;
    if (this.#count !== 2 && this.#count !== 3) {
      throw invalid('unexpected "=" while decoding base64 sequence');
    }
    this.#groupBytes = this.#count - 1;
  }

  #takeGroup(): void {
    for (let i = 0; i < this.#groupBytes; i++) {
      this.#bytes[this.#length++] = this.#bits >> (16 - 8 * i);
    }
    this.#bits = 0;
    this.#count = 0;
  }
}

function invalid(message: string, hint?: string): DbError {
  return dbError('invalid_parameter_value', { message, hint });
}
