/** String functions that work on one or a few strings. Lengths and positions count characters. */
import { LongText } from '../../base/long-text.ts';
import type { Stepped } from '../../base/steps.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import {
  characterCount,
  characterLength,
  firstCharacters,
  skipCharacters,
  trimBlanks,
  utf8Length,
} from '../../types/text.ts';
import { slices } from '../../types/large-value.ts';
import { scalar } from '../define.ts';
import type { ScalarFunction, TextMeasure } from '../function.ts';
import { mapText } from './in-pieces.ts';
import { initcap, initcapSteps, lower, lowerSteps, upper, upperSteps } from './letter-case.ts';
import { mapCase, mapLeft, mapReplace, mapSubstring } from './text-on-bytes.ts';

/** PostgreSQL's limit on one value: 1 GiB less the header. */
export const TEXT_BYTES_MAX = 1073741823;

export function requestedLengthTooLarge(): DbError {
  return dbError('program_limit_exceeded', 'requested length too large');
}

/** Characters from `start` (0-based) to `end`, clipped to the text. */
export function sliceCharacters(text: string, start: number, end: number): string {
  const from = Math.max(start, 0);
  const first = skipCharacters(text, 0, from);
  return text.slice(first, skipCharacters(text, first, Math.max(end - from, 0)));
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
  const members = new Set<number>();
  for (const char of set) members.add(char.codePointAt(0) as number);
  let start = 0;
  let end = text.length;
  if (side !== 'right') {
    for (; start < end; start += unitsOf(text, start)) {
      if (!members.has(text.codePointAt(start) as number)) break;
    }
  }
  if (side !== 'left') {
    for (let at = before(text, end); end > start; end = at, at = before(text, end)) {
      if (!members.has(text.codePointAt(at) as number)) break;
    }
  }
  return text.slice(start, end);
}

/** Units of the character at `at`. */
function unitsOf(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

/** Where the character before `at` begins. */
function before(text: string, at: number): number {
  return at >= 2 && (text.codePointAt(at - 2) as number) > 0xffff ? at - 2 : at - 1;
}

function pad(text: string, width: number, fill: string, isLeft: boolean): string {
  const size = Math.max(width, 0);
  if (size * 4 > TEXT_BYTES_MAX) throw requestedLengthTooLarge();
  const length = characterLength(text);
  if (length >= size) return firstCharacters(text, size);
  const fillLength = characterLength(fill);
  if (fillLength === 0) return text;
  const missing = size - length;
  const padding =
    fill.repeat(Math.floor(missing / fillLength)) + firstCharacters(fill, missing % fillLength);
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

/** Units of the result, and matches, that are made in a step. */
const REPLACE_STEP = 16 * 1024;
const MATCH_UNITS = 16;

function* replaceSteps(text: string, from: string, to: string): Stepped<string> {
  if (from === '') return text;
  const result = new LongText();
  let start = 0;
  let made = 0;
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, start)) {
    result.add(text.slice(start, at));
    result.add(to);
    made += at - start + to.length + MATCH_UNITS;
    start = at + from.length;
    if (made < REPLACE_STEP) continue;
    made = 0;
    yield;
  }
  result.add(text.slice(start));
  return result.toString();
}

/** What translate() puts in the place of characters. */
function translation(from: string, to: string): ReadonlyMap<string, string> {
  const target = [...to];
  const map = new Map<string, string>();
  let index = 0;
  for (const char of from) {
    if (!map.has(char)) map.set(char, target[index] ?? '');
    index++;
  }
  return map;
}

function translate(text: string, map: ReadonlyMap<string, string>): string {
  let result = '';
  for (const char of text) result += map.get(char) ?? char;
  return result;
}

function translateSteps(text: string, from: string, to: string): Stepped<string> {
  const map = translation(from, to);
  return mapText(text, (piece) => translate(piece, map));
}

function reverse(text: string): string {
  return [...text].reverse().join('');
}

function* reverseSteps(text: string): Stepped<string> {
  const pieces: string[] = [];
  for (const piece of slices(text)) {
    pieces.push(reverse(piece));
    yield;
  }
  return pieces.reverse().join('');
}

/** split_part(text, delimiter, n); a negative n counts from the end. */
function splitPart(text: string, delimiter: string, field: number): string {
  if (field === 0) throw dbError('invalid_parameter_value', 'field position must not be zero');
  if (delimiter === '') return field === 1 || field === -1 ? text : '';
  const wanted = field > 0 ? field : fieldCount(text, delimiter) + 1 + field;
  if (wanted <= 0) return '';
  let start = 0;
  for (let i = 1; i < wanted; i++) {
    const end = text.indexOf(delimiter, start);
    if (end < 0) return '';
    start = end + delimiter.length;
  }
  const end = text.indexOf(delimiter, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

function fieldCount(text: string, delimiter: string): number {
  let count = 1;
  let at = text.indexOf(delimiter);
  for (; at >= 0; at = text.indexOf(delimiter, at + delimiter.length)) count++;
  return count;
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
  scalar('lower(text) text', lower, { onBytes: mapCase('A'), inSteps: lowerSteps }),
  scalar('upper(text) text', upper, { onBytes: mapCase('a'), inSteps: upperSteps }),
  scalar('initcap(text) text', initcap, { inSteps: initcapSteps }),
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
  scalar('replace(text, text, text) text', replace, {
    onBytes: mapReplace,
    inSteps: replaceSteps,
  }),
  scalar(
    'translate(text, text, text) text',
    (text: string, from: string, to: string) => translate(text, translation(from, to)),
    { inSteps: translateSteps },
  ),
  scalar('reverse(text) text', reverse, { inSteps: reverseSteps }),
  scalar('repeat(text, int4) text', repeat),
  scalar('split_part(text, text, int4) text', splitPart),
  scalar('chr(int4) text', chr),
  scalar('ascii(text) int4', (text: string) => text.codePointAt(0) ?? 0),
  scalar('textcat(text, text) text', (a: string, b: string) => a + b),
];
