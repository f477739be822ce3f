/** regexp_* and the pattern forms of substring(). */
import { dbError } from '../../errors/db-error.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar, table } from '../define.ts';
import type { BytesMap, ScalarFunction, TableFunction } from '../function.ts';
import { similarToRegex } from '../regex/like.ts';
import { applyRegexOption } from '../regex/parse.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { setSpan } from './text-on-bytes.ts';
import { compileRegex, type Regex, type RegexMatch, type RegexSearch } from '../regex/regex.ts';

interface Flags {
  readonly options: string;
  readonly isGlobal: boolean;
}

const scratch = {
  foldCase: false,
  newlineStops: false,
  newlineAnchors: false,
  expanded: false,
  literal: false,
  extended: false,
};

function readFlags(flags: string): Flags {
  let options = '';
  let isGlobal = false;
  for (const letter of flags) {
    if (letter === 'g') isGlobal = true;
    else if (applyRegexOption(letter, scratch)) options += letter;
    else {
      throw dbError('invalid_parameter_value', `invalid regular expression option: "${letter}"`);
    }
  }
  return { options, isGlobal };
}

function refuseGlobal(flags: Flags, functionName: string, instead?: string): void {
  if (!flags.isGlobal) return;
  throw dbError('invalid_parameter_value', {
    message: `${functionName}() does not support the "global" option`,
    hint: instead === undefined ? undefined : `Use the ${instead} function instead.`,
  });
}

/** A text being searched, with the means to cut it by character positions. */
class SearchedText {
  readonly search: RegexSearch;
  readonly #text: string;
  readonly #chars: string[] | undefined;

  constructor(regex: Regex, text: string) {
    this.search = regex.search(text);
    this.#text = text;
    this.#chars = this.search.subject.length === text.length ? undefined : [...text];
  }

  get length(): number {
    return this.search.subject.length;
  }

  slice(start: number, end: number): string {
    if (this.#chars === undefined) return this.#text.slice(start, end);
    return this.#chars.slice(start, end).join('');
  }

  group(match: RegexMatch, index: number): string | null {
    if (index === 0) return this.slice(match.start, match.end);
    const start = match.groupStarts[index] as number;
    return start < 0 ? null : this.slice(start, match.groupEnds[index] as number);
  }

  /** All matches from a character position on; an empty match moves on by one character. */
  *matches(from: number, withGroups: boolean): Generator<RegexMatch> {
    let at = from;
    while (at <= this.length) {
      const match = this.search.next(at, withGroups);
      if (match === undefined) return;
      yield match;
      at = match.end > match.start ? match.end : match.end + 1;
    }
  }
}

function textArray(values: readonly (string | null)[]): PgArray {
  return new PgArray(OID.text, values);
}

function matchArray(regex: Regex, text: SearchedText, match: RegexMatch): PgArray {
  if (regex.groupCount === 0) return textArray([text.group(match, 0)]);
  const groups: (string | null)[] = [];
  for (let k = 1; k <= regex.groupCount; k++) groups.push(text.group(match, k));
  return textArray(groups);
}

function regexpMatch(text: string, pattern: string, flagText: string): PgArray | null {
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_match', 'regexp_matches');
  const regex = compileRegex(pattern, flags.options);
  const searched = new SearchedText(regex, text);
  const match = searched.search.next(0, true);
  return match === undefined ? null : matchArray(regex, searched, match);
}

function* regexpMatches(text: string, pattern: string, flagText: string): Generator<Value[]> {
  const { options, isGlobal } = readFlags(flagText);
  const regex = compileRegex(pattern, options);
  const searched = new SearchedText(regex, text);
  for (const match of searched.matches(0, true)) {
    yield [matchArray(regex, searched, match)];
    if (!isGlobal) return;
  }
}

/** Parts of a replacement: literal text, or the number of a group (0 for the whole match). */
function parseReplacement(replacement: string): (string | number)[] {
  const parts: (string | number)[] = [];
  let literal = '';
  for (let i = 0; i < replacement.length; i++) {
    const char = replacement[i] as string;
    const next = replacement[i + 1];
    if (char !== '\\' || next === undefined) {
      literal += char;
      continue;
    }
    i++;
    if (next === '&' || (next >= '1' && next <= '9')) {
      parts.push(literal, next === '&' ? 0 : Number(next));
      literal = '';
    } else if (next === '\\') {
      literal += '\\';
    } else {
      literal += `\\${next}`;
    }
  }
  parts.push(literal);
  return parts;
}

interface ReplaceRequest {
  readonly text: string;
  readonly pattern: string;
  readonly replacement: string;
  readonly options: string;
  /** Character position at which the search starts, from 0. */
  readonly start: number;
  /** Which match to replace, from 1; 0 for all. */
  readonly occurrence: number;
}

function replaceMatches(request: ReplaceRequest): string {
  const { occurrence } = request;
  const regex = compileRegex(request.pattern, request.options);
  const parts = parseReplacement(request.replacement);
  const withGroups = parts.some((part) => typeof part === 'number' && part > 0);
  const searched = new SearchedText(regex, request.text);
  let result = '';
  let copied = 0;
  let seen = 0;
  for (const match of searched.matches(request.start, withGroups)) {
    seen++;
    if (occurrence > 0 && seen < occurrence) continue;
    result += searched.slice(copied, match.start);
    for (const part of parts) {
      if (typeof part === 'string') result += part;
      else if (part <= regex.groupCount) result += searched.group(match, part) ?? '';
    }
    copied = match.end;
    if (occurrence > 0) break;
  }
  return result + searched.slice(copied, searched.length);
}

function replaceFlags(flagText: string): Flags {
  if (/^[0-9]/.test(flagText)) {
    throw dbError('invalid_parameter_value', {
      message: `invalid regular expression option: "${flagText[0]}"`,
      hint: 'If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.',
    });
  }
  return readFlags(flagText);
}

function regexpReplace(
  text: string,
  pattern: string,
  replacement: string,
  flagText: string,
): string {
  const { options, isGlobal } = replaceFlags(flagText);
  return replaceMatches({
    text,
    pattern,
    replacement,
    options,
    start: 0,
    occurrence: isGlobal ? 0 : 1,
  });
}

/** regexp_replace() over UTF-8, for expressions over the whole text. */
function replaceOnBytes(constants: readonly Value[]): BytesMap | undefined {
  const [text, pattern, replacement, flagText = ''] = constants;
  if (text !== null || typeof pattern !== 'string') return undefined;
  if (typeof replacement !== 'string' || typeof flagText !== 'string') return undefined;
  const { options } = replaceFlags(flagText);
  const { bytes: form, groupCount } = compileRegex(pattern, options);
  if (form === undefined) return undefined;
  const parts = parseReplacement(replacement)
    .filter((part) => (typeof part === 'string' ? part !== '' : part <= groupCount))
    .map((part) => (typeof part === 'string' ? ENCODER.encode(part) : part));
  const [only] = parts;
  return (span) => {
    const { bytes, start, end } = span;
    if (!form.takes(bytes, start, end)) return false;
    if (!form.matches(bytes, start, end)) return true;
    const startOf = (group: number): number => (group === 0 ? start : form.groupStart(group));
    const endOf = (group: number): number => (group === 0 ? end : form.groupEnd(group));
    if (parts.length === 1 && typeof only === 'number') {
      setSpan(span, bytes, startOf(only), endOf(only));
      return true;
    }
    result.clear(end - start);
    for (const part of parts) {
      if (typeof part === 'number') result.add(bytes, startOf(part), endOf(part));
      else result.add(part, 0, part.length);
    }
    setSpan(span, result.bytes, 0, result.length);
    return true;
  };
}

const ENCODER = new TextEncoder();
const result = new ByteBuffer();

function checkPositive(name: string, value: number, least = 1): void {
  if (value < least) {
    throw dbError('invalid_parameter_value', `invalid value for parameter "${name}": ${value}`);
  }
}

function regexpReplaceFrom(
  text: string,
  pattern: string,
  replacement: string,
  start: number,
  occurrence?: number,
  flagText = '',
): string {
  checkPositive('start', start);
  if (occurrence !== undefined) checkPositive('n', occurrence, 0);
  const flags = readFlags(flagText);
  return replaceMatches({
    text,
    pattern,
    replacement,
    options: flags.options,
    start: start - 1,
    occurrence: occurrence ?? (flags.isGlobal ? 0 : 1),
  });
}

/** The pieces of a text between matches; empty matches at the ends and after a match do not split. */
function splitByRegex(
  text: string,
  pattern: string,
  flagText: string,
  functionName: string,
): string[] {
  const flags = readFlags(flagText);
  refuseGlobal(flags, functionName);
  const searched = new SearchedText(compileRegex(pattern, flags.options), text);
  const pieces: string[] = [];
  let copied = 0;
  let previousEnd = 0;
  for (const match of searched.matches(0, false)) {
    const isDegenerate = match.start >= searched.length || match.end <= previousEnd;
    previousEnd = match.end;
    if (isDegenerate) continue;
    pieces.push(searched.slice(copied, match.start));
    copied = match.end;
  }
  pieces.push(searched.slice(copied, searched.length));
  return pieces;
}

function regexpCount(text: string, pattern: string, start = 1, flagText = ''): number {
  checkPositive('start', start);
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_count');
  const searched = new SearchedText(compileRegex(pattern, flags.options), text);
  let count = 0;
  for (const _ of searched.matches(start - 1, false)) count++;
  return count;
}

/** The n-th match from a start, with its groups. */
function nthMatch(
  searched: SearchedText,
  start: number,
  occurrence: number,
): RegexMatch | undefined {
  let seen = 0;
  for (const match of searched.matches(start - 1, true)) {
    if (++seen === occurrence) return match;
  }
  return undefined;
}

function regexpInstr(
  text: string,
  pattern: string,
  start = 1,
  occurrence = 1,
  endOption = 0,
  flagText = '',
  group = 0,
): number {
  checkPositive('start', start);
  checkPositive('n', occurrence);
  if (endOption !== 0 && endOption !== 1) {
    throw dbError(
      'invalid_parameter_value',
      `invalid value for parameter "endoption": ${endOption}`,
    );
  }
  checkPositive('subexpr', group, 0);
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_instr');
  const regex = compileRegex(pattern, flags.options);
  const match = nthMatch(new SearchedText(regex, text), start, occurrence);
  if (match === undefined || group > regex.groupCount) return 0;
  const position =
    group === 0
      ? endOption === 0
        ? match.start
        : match.end
      : ((endOption === 0 ? match.groupStarts[group] : match.groupEnds[group]) as number);
  return position + 1;
}

function regexpSubstr(
  text: string,
  pattern: string,
  start = 1,
  occurrence = 1,
  flagText = '',
  group = 0,
): string | null {
  checkPositive('start', start);
  checkPositive('n', occurrence);
  checkPositive('subexpr', group, 0);
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_substr');
  const regex = compileRegex(pattern, flags.options);
  const searched = new SearchedText(regex, text);
  const match = nthMatch(searched, start, occurrence);
  return match === undefined || group > regex.groupCount ? null : searched.group(match, group);
}

function regexpLike(text: string, pattern: string, flagText = ''): boolean {
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_like');
  return compileRegex(pattern, flags.options).test(text);
}

/** substring(text from pattern): the first group, or the whole match where there is none. */
function substringByRegex(text: string, pattern: string): string | null {
  const regex = compileRegex(pattern);
  const searched = new SearchedText(regex, text);
  const match = searched.search.next(0, regex.groupCount > 0);
  if (match === undefined) return null;
  return searched.group(match, regex.groupCount > 0 ? 1 : 0);
}

/** A function with trailing arguments that may be left out, as one overload for each length. */
function withOverloads(
  name: string,
  types: readonly string[],
  least: number,
  result: string,
  implementation: (...args: never[]) => Value,
): ScalarFunction[] {
  const call = implementation as unknown as (...args: unknown[]) => Value;
  return types.slice(least - 1).map((_, index) => {
    const count = least + index;
    const signature = `${name}(${types.slice(0, count).join(', ')}) ${result}`;
    return scalar(signature, ((...args: unknown[]) => call(...args.slice(0, count))) as (
      ...args: never[]
    ) => Value);
  });
}

export const regexFunctions: readonly ScalarFunction[] = [
  scalar('regexp_match(text, text) text[]', (text: string, pattern: string) =>
    regexpMatch(text, pattern, ''),
  ),
  scalar('regexp_match(text, text, text) text[]', regexpMatch),
  scalar(
    'regexp_replace(text, text, text) text',
    (text: string, pattern: string, to: string) => regexpReplace(text, pattern, to, ''),
    { onBytes: replaceOnBytes },
  ),
  scalar('regexp_replace(text, text, text, text) text', regexpReplace, { onBytes: replaceOnBytes }),
  ...withOverloads(
    'regexp_replace',
    ['text', 'text', 'text', 'int4', 'int4', 'text'],
    4,
    'text',
    regexpReplaceFrom,
  ),
  scalar('regexp_split_to_array(text, text) text[]', (text: string, pattern: string) =>
    textArray(splitByRegex(text, pattern, '', 'regexp_split_to_array')),
  ),
  scalar(
    'regexp_split_to_array(text, text, text) text[]',
    (text: string, p: string, flags: string) =>
      textArray(splitByRegex(text, p, flags, 'regexp_split_to_array')),
  ),
  ...withOverloads('regexp_count', ['text', 'text', 'int4', 'text'], 2, 'int4', regexpCount),
  ...withOverloads(
    'regexp_instr',
    ['text', 'text', 'int4', 'int4', 'int4', 'text', 'int4'],
    2,
    'int4',
    regexpInstr,
  ),
  ...withOverloads(
    'regexp_substr',
    ['text', 'text', 'int4', 'int4', 'text', 'int4'],
    2,
    'text',
    regexpSubstr,
  ),
  ...withOverloads('regexp_like', ['text', 'text', 'text'], 2, 'bool', regexpLike),
  scalar('substring(text, text) text', substringByRegex),
  scalar('substring(text, text, text) text', (text: string, pattern: string, escape: string) =>
    substringByRegex(text, similarToRegex(pattern, escape)),
  ),
];

export const regexTableFunctions: readonly TableFunction[] = [
  table('regexp_matches(text, text) text[]', ([text, pattern]) =>
    regexpMatches(text as string, pattern as string, ''),
  ),
  table('regexp_matches(text, text, text) text[]', ([text, pattern, flags]) =>
    regexpMatches(text as string, pattern as string, flags as string),
  ),
  table('regexp_split_to_table(text, text) text', ([text, pattern]) =>
    splitByRegex(text as string, pattern as string, '', 'regexp_split_to_table').map((v) => [v]),
  ),
  table('regexp_split_to_table(text, text, text) text', ([text, pattern, flags]) =>
    splitByRegex(text as string, pattern as string, flags as string, 'regexp_split_to_table').map(
      (v) => [v],
    ),
  ),
];
