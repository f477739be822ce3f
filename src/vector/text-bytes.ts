/** Texts as UTF-8 and back, and hashes that are the same for a string and for its bytes. */
import { newSpan, type ByteSpan } from './dictionary.ts';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
/** Texts of up to so many UTF-16 units are all encoded into the same memory. */
const SHORT_UNITS = 8192;
/** UTF-8 takes no more for a unit. */
const BYTES_PER_UNIT = 3;
/** Up to so many units and bytes a loop is faster than a call out of JavaScript. */
const LOOP_UNITS = 64;
const LOOP_BYTES = 32;
const MIX = 0x9e3779b1 | 0;

const short = new Uint8Array(SHORT_UNITS * BYTES_PER_UNIT);

/** Sets the place of a text's UTF-8, valid until the next call. Half a surrogate pair becomes U+FFFD. */
export function encodeText(text: string, span: ByteSpan): void {
  const { length } = text;
  span.start = 0;
  if (length > SHORT_UNITS) {
    span.bytes = ENCODER.encode(text);
    span.end = span.bytes.length;
    return;
  }
  span.bytes = short;
  const isDone = length <= LOOP_UNITS && encodeAscii(text);
  span.end = isDone ? length : ENCODER.encodeInto(text, short).written;
}

/** False where a character is not ASCII. */
function encodeAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    short[i] = unit;
  }
  return true;
}

/** The text of UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return end - start <= LOOP_BYTES
    ? decodeShort(bytes, start, end)
    : DECODER.decode(bytes.subarray(start, end));
}

function decodeShort(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const a = bytes[at];
    const b = bytes[at + 1];
    const c = bytes[at + 2];
    const d = bytes[at + 3];
    const e = bytes[at + 4];
    const f = bytes[at + 5];
    const g = bytes[at + 6];
    const h = bytes[at + 7];
    if ((a | b | c | d | e | f | g | h) > 0x7f) return DECODER.decode(bytes.subarray(start, end));
    text += String.fromCharCode(a, b, c, d, e, f, g, h);
  }
  if (at === end) return text;
  let high = 0;
  for (let i = at; i < end; i++) high |= bytes[i];
  if (high > 0x7f) return DECODER.decode(bytes.subarray(start, end));
  return text + fewCharacters(bytes, at, end);
}

/** Fewer than eight. */
function fewCharacters(bytes: Uint8Array, at: number, end: number): string {
  switch (end - at) {
    case 1:
      return String.fromCharCode(bytes[at]);
    case 2:
      return String.fromCharCode(bytes[at], bytes[at + 1]);
    case 3:
      return String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2]);
    default: {
      const first = String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
      return at + 4 === end ? first : first + fewCharacters(bytes, at + 4, end);
    }
  }
}

/** Compares in the order of the bytes, which is that of code points; the first `known` bytes are the same. */
export function compareSpans(a: ByteSpan, b: ByteSpan, known = 0): number {
  const shift = b.start - a.start;
  const [left, right] = [a.bytes, b.bytes];
  const end = Math.min(a.end, b.end - shift);
  for (let at = a.start + known; at < end; at++) {
    const difference = left[at] - right[at + shift];
    if (difference !== 0) return difference;
  }
  return a.end - a.start - (b.end - b.start);
}

/** Where the bytes `wanted`, of which there is one at least, first stand in bytes[start, end); -1 where they do not. */
export function indexOfBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): number {
  const [first] = wanted;
  const last = end - wanted.length;
  for (let at = start; at <= last; at++) {
    if (bytes[at] !== first) continue;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

export function equalSpans(a: ByteSpan, b: ByteSpan): boolean {
  return a.end - a.start === b.end - b.start && compareSpans(a, b) === 0;
}

/** Never 0. Bytes are taken four by four. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    hash = Math.imul(hash ^ word, MIX);
    hash ^= hash >>> 15;
  }
  let rest = 0;
  for (; at < end; at++) rest = (rest << 8) | bytes[at];
  hash = Math.imul(hash ^ rest, MIX);
  hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b | 0);
  return hash ^ (hash >>> 16) || 1;
}

const span = newSpan();

/** The hash of the text's UTF-8. */
export function hashText(text: string): number {
  encodeText(text, span);
  return hashBytes(span.bytes, span.start, span.end);
}
