/** Functions of a text and constants that give a text, over the UTF-8: no string is made. */
import type { Value } from '../../types/value.ts';
import type { ByteSpan } from '../../vector/dictionary.ts';
import { indexOfBytes } from '../../vector/text-bytes.ts';
import type { BytesMap } from '../function.ts';
import { ByteBuffer } from './byte-buffer.ts';

const ENCODER = new TextEncoder();
/** Looking for more in longer texts may take long: that is for the engine's own search. */
const WANTED_BYTES_MAX = 256;
const LONG_BYTES = 65_536;
const result = new ByteBuffer();

/** lower() and upper() of ASCII. */
export function mapCase(first: 'A' | 'a'): () => BytesMap {
  const from = first.charCodeAt(0);
  return () => (span) => {
    const { bytes, start, end } = span;
    result.clear(end - start);
    const mapped = result.bytes;
    let all = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      all |= byte;
      mapped[at - start] = byte >= from && byte < from + LETTERS ? byte ^ CASE_BIT : byte;
    }
    if (all > 0x7f) return false;
    setSpan(span, mapped, 0, end - start);
    return true;
  };
}

const LETTERS = 26;
const CASE_BIT = 0x20;

/** substr(text, start [, count]) and left(text, count), of counts that are not negative. */
export function mapSubstring([text, start, count = Infinity]: readonly Value[]):
  | BytesMap
  | undefined {
  if (text !== null || typeof start !== 'number' || typeof count !== 'number') return undefined;
  return count < 0 ? undefined : slicing(start - 1, start - 1 + count);
}

export function mapLeft([text, count]: readonly Value[]): BytesMap | undefined {
  if (text !== null || typeof count !== 'number' || count < 0) return undefined;
  return slicing(0, count);
}

/** Characters from `from` to `to`, counted from 0. */
function slicing(from: number, to: number): BytesMap {
  return (span) => {
    const { bytes } = span;
    const start = skipCharacters(bytes, span.start, span.end, from);
    const end = skipCharacters(bytes, start, span.end, to - Math.max(0, from));
    setSpan(span, bytes, start, end);
    return true;
  };
}

/** The place behind so many characters, at most `end`. */
function skipCharacters(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = start;
  for (let left = count; left > 0 && at < end; left--) {
    at++;
    while (at < end && (bytes[at] & 0xc0) === 0x80) at++;
  }
  return at;
}

/** replace(text, from, to). */
export function mapReplace([text, from, to]: readonly Value[]): BytesMap | undefined {
  if (text !== null || typeof from !== 'string' || typeof to !== 'string') return undefined;
  const wanted = ENCODER.encode(from);
  if (wanted.length === 0 || wanted.length > WANTED_BYTES_MAX) return undefined;
  const put = ENCODER.encode(to);
  return (span) => {
    const { bytes, start, end } = span;
    if (end - start > LONG_BYTES) return false;
    let found = indexOfBytes(bytes, start, end, wanted);
    if (found < 0) return true;
    result.clear(end - start);
    let copied = start;
    while (found >= 0) {
      result.add(bytes, copied, found);
      result.add(put, 0, put.length);
      copied = found + wanted.length;
      found = indexOfBytes(bytes, copied, end, wanted);
    }
    result.add(bytes, copied, end);
    setSpan(span, result.bytes, 0, result.length);
    return true;
  };
}

export function setSpan(span: ByteSpan, bytes: Uint8Array, start: number, end: number): void {
  span.bytes = bytes;
  span.start = start;
  span.end = end;
}
