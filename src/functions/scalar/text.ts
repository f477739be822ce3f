/** String functions that work on one or a few strings. Lengths and positions count characters. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import { characterCount, characterLength, trimBlanks, utf8Length } from '../../types/text.ts';
import { scalar } from '../define.ts';
import type { ScalarFunction, TextMeasure } from '../function.ts';
import { mapCase, mapLeft, mapReplace, mapSubstring } from './text-on-bytes.ts';

/** PostgreSQL's limit on one value: 1 GiB less the header. */
export const TEXT_BYTES_MAX = 1073741823;

export function requestedLengthTooLarge(): DbError {
  return dbError('program_limit_exceeded', 'requested length too large');
}

/** Whether every character is one code unit, so that plain indices count characters. */
function isBmp(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) return false;
  }
  return true;
}

/** Characters from `start` (0-based) to `end`, clipped to the text. */
export function sliceCharacters(text: string, start: number, end: number): string {
  const from = Math.max(start, 0);
  const to = Math.max(end, from);
  return isBmp(text) ? text.slice(from, to) : [...text].slice(from, to).join('');
}

/** substr(text, start [, count]) with positions from 1; a start before 1 uses up the count. */
export function substring(text: string, start: number, count?: number): string {
  if (count === undefined) return sliceCharacters(text, start - 1, Infinity);
  if (count < 0) throw dbError('substring_error', 'negative substring length not allowed');
  return sliceCharacters(text, start - 1, start - 1 + count);
}

export function substringBytes(bytes: Uint8Array, start: number, count?: number): Uint8Array {
  if (count !== undefined && count < 0) {
    throw dbError('substring_error', 'negative substring length not allowed');
  }
  const end = count === undefined ? bytes.length : start - 1 + count;
  return bytes.slice(Math.max(start - 1, 0), Math.max(end, 0));
}

/** left(text, n): all but the last -n characters where n is negative. */
function left(text: string, count: number): string {
  const end = count >= 0 ? count : characterLength(text) + count;
  return sliceCharacters(text, 0, Math.max(end, 0));
}

function right(text: string, count: number): string {
  const length = characterLength(text);
  const start = count >= 0 ? length - count : -count;
  return sliceCharacters(text, Math.max(start, 0), Infinity);
}

/** Position of `needle` from 1, or 0. */
export function positionOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 0 : characterLength(text.slice(0, at)) + 1;
}

type TrimSide = 'both' | 'left' | 'right';

export function trimCharacters(text: string, set: string, side: TrimSide): string {
  const members = new Set(set);
  const chars = [...text];
  let start = 0;
  let end = chars.length;
  if (side !== 'right') while (start < end && members.has(chars[start] as string)) start++;
  if (side !== 'left') while (end > start && members.has(chars[end - 1] as string)) end--;
  return chars.slice(start, end).join('');
}

function pad(text: string, length: number, fill: string, isLeft: boolean): string {
  const size = Math.max(length, 0);
  if (size * 4 > TEXT_BYTES_MAX) throw requestedLengthTooLarge();
  const chars = [...text];
  if (chars.length >= size) return chars.slice(0, size).join('');
  const filler = [...fill];
  if (filler.length === 0) return text;
  let padding = '';
  for (let i = 0; i < size - chars.length; i++) padding += filler[i % filler.length] as string;
  return isLeft ? padding + text : text + padding;
}

function repeat(text: string, count: number): string {
  const times = Math.max(count, 0);
  if (utf8Length(text) * times > TEXT_BYTES_MAX) throw requestedLengthTooLarge();
  return text.repeat(times);
}

function overlay(text: string, replacement: string, start: number, count?: number): string {
  if (start <= 0) throw dbError('substring_error', 'negative substring length not allowed');
  const length = count ?? characterLength(replacement);
  if (start + length > 2147483647) {
    throw dbError('numeric_value_out_of_range', 'integer out of range');
  }
  return (
    substring(text, 1, start - 1) +
    replacement +
    sliceCharacters(text, start - 1 + length, Infinity)
  );
}

function replace(text: string, from: string, to: string): string {
  return from === '' ? text : text.replaceAll(from, () => to);
}

function translate(text: string, from: string, to: string): string {
  const target = [...to];
  const map = new Map<string, string>();
  let index = 0;
  for (const char of from) {
    if (!map.has(char)) map.set(char, target[index] ?? '');
    index++;
  }
  let result = '';
  for (const char of text) result += map.get(char) ?? char;
  return result;
}

/** split_part(text, delimiter, n); a negative n counts from the end. */
function splitPart(text: string, delimiter: string, field: number): string {
  if (field === 0) throw dbError('invalid_parameter_value', 'field position must not be zero');
  if (delimiter === '') return field === 1 || field === -1 ? text : '';
  const parts = text.split(delimiter);
  return parts[field > 0 ? field - 1 : parts.length + field] ?? '';
}

const WORD_CHARACTER = /[\p{L}\p{N}]/u;

function initcap(text: string): string {
  let result = '';
  let inWord = false;
  for (const char of text) {
    result += inWord ? char.toLowerCase() : char.toUpperCase();
    inWord = WORD_CHARACTER.test(char);
  }
  return result;
}

function chr(code: number): string {
  if (code < 0) throw dbError('invalid_parameter_value', 'character number must be positive');
  if (code === 0) throw dbError('program_limit_exceeded', 'null character not permitted');
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw dbError('program_limit_exceeded', {
      message:
        code > 0x10ffff
          ? `requested character too large for encoding: ${code}`
          : `requested character not valid for encoding: ${code}`,
    });
  }
  return String.fromCodePoint(code);
}

/** One-to-one case mapping, character by character, as C libraries do (no ß -> SS). */
export function upper(text: string): string {
  const simple = text.toUpperCase();
  return simple.length === text.length ? simple : mapCharacters(text, (char) => char.toUpperCase());
}

export function lower(text: string): string {
  const simple = text.toLowerCase();
  return simple.length === text.length ? simple : mapCharacters(text, (char) => char.toLowerCase());
}

function mapCharacters(text: string, map: (char: string) => string): string {
  let result = '';
  for (const char of text) {
    const mapped = map(char);
    result += mapped.length === char.length ? mapped : char;
  }
  return result;
}

/** trim, btrim, ltrim, rtrim in their one- and two-argument forms. */
function trims(): ScalarFunction[] {
  return (
    [
      ['btrim', 'both'],
      ['ltrim', 'left'],
      ['rtrim', 'right'],
    ] as const
  ).flatMap(([name, side]) => [
    scalar(`${name}(text) text`, (text: string) => trimCharacters(text, ' ', side)),
    scalar(`${name}(text, text) text`, (text: string, set: string) =>
      trimCharacters(text, set, side),
    ),
    scalar(`${name}(bytea, bytea) bytea`, (bytes: Uint8Array, set: Uint8Array) =>
      trimBytes(bytes, set, side),
    ),
  ]);
}

function trimBytes(bytes: Uint8Array, set: Uint8Array, side: TrimSide): Uint8Array {
  let start = 0;
  let end = bytes.length;
  if (side !== 'right') while (start < end && set.includes(bytes[start] as number)) start++;
  if (side !== 'left') while (end > start && set.includes(bytes[end - 1] as number)) end--;
  return bytes.slice(start, end);
}

const bpcharLength = (text: string): number => characterLength(trimBlanks(text));

const byteCount: TextMeasure = (_bytes, start, end) => end - start;

export const textFunctions: readonly ScalarFunction[] = [
  ...['length', 'char_length', 'character_length'].flatMap((name) => [
    scalar(`${name}(text) int4`, characterLength, { ofBytes: characterCount }),
    scalar(`${name}(bpchar) int4`, bpcharLength),
  ]),
  scalar('octet_length(text) int4', utf8Length, { ofBytes: byteCount }),
  scalar('octet_length(bpchar) int4', utf8Length),
  scalar('bit_length(text) int4', (text: string) => utf8Length(text) * 8),
  scalar('lower(text) text', lower, { onBytes: mapCase('A') }),
  scalar('upper(text) text', upper, { onBytes: mapCase('a') }),
  scalar('initcap(text) text', initcap),
  ...trims(),
  ...['substr', 'substring'].flatMap((name) => [
    scalar(`${name}(text, int4) text`, (text: string, start: number) => substring(text, start), {
      onBytes: mapSubstring,
    }),
    scalar(
      `${name}(text, int4, int4) text`,
      (text: string, start: number, count: number) => substring(text, start, count),
      { onBytes: mapSubstring },
    ),
    scalar(`${name}(bytea, int4) bytea`, (bytes: Uint8Array, start: number) =>
      substringBytes(bytes, start),
    ),
    scalar(`${name}(bytea, int4, int4) bytea`, (bytes: Uint8Array, start: number, count: number) =>
      substringBytes(bytes, start, count),
    ),
  ]),
  scalar('left(text, int4) text', left, { onBytes: mapLeft }),
  scalar('right(text, int4) text', right),
  scalar('lpad(text, int4) text', (text: string, length: number) => pad(text, length, ' ', true)),
  scalar('lpad(text, int4, text) text', (text: string, length: number, fill: string) =>
    pad(text, length, fill, true),
  ),
  scalar('rpad(text, int4) text', (text: string, length: number) => pad(text, length, ' ', false)),
  scalar('rpad(text, int4, text) text', (text: string, length: number, fill: string) =>
    pad(text, length, fill, false),
  ),
  scalar('position(text, text) int4', positionOf),
  scalar('strpos(text, text) int4', positionOf),
  scalar('overlay(text, text, int4) text', (text: string, other: string, start: number) =>
    overlay(text, other, start),
  ),
  scalar('overlay(text, text, int4, int4) text', overlay),
  scalar('replace(text, text, text) text', replace, { onBytes: mapReplace }),
  scalar('translate(text, text, text) text', translate),
  scalar('reverse(text) text', (text: string) => [...text].reverse().join('')),
  scalar('repeat(text, int4) text', repeat),
  scalar('split_part(text, text, int4) text', splitPart),
  scalar('chr(int4) text', chr),
  scalar('ascii(text) int4', (text: string) => text.codePointAt(0) ?? 0),
  scalar('textcat(text, text) text', (a: string, b: string) => a + b),
];
