/** regexp_* and the pattern forms of substring(). */
import { LongText } from '../../base/long-text.ts';
import type { Stepped } from '../../base/steps.ts';
import { dbError } from '../../errors/db-error.ts';
import { isHeavy } from '../../types/large-value.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar, table } from '../define.ts';
import { PAUSE, type BytesMap, type ScalarFunction, type TableFunction } from '../function.ts';
import { similarToRegex } from '../regex/like.ts';
import { applyRegexOption } from '../regex/parse.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { setSpan } from './text-on-bytes.ts';
import type { RegexMatch } from '../regex/groups.ts';
import { compileRegex, type Regex } from '../regex/regex.ts';
import { behind, SearchedText, type Visit } from './searched-text.ts';

interface Flags {
  readonly options: string;
  readonly isGlobal: boolean;
}

/** Units of a result after which it is made flat. */
const LONG_UNITS = 16 * 1024;

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

function textArray(values: readonly (string | null)[]): PgArray {
  return new PgArray(OID.text, values);
}

function matchArray(regex: Regex, text: SearchedText, match: RegexMatch): PgArray {
  if (regex.groupCount === 0) return textArray([text.group(match, 0)]);
  const groups: (string | null)[] = [];
  for (let k = 1; k <= regex.groupCount; k++) groups.push(text.group(match, k));
  return textArray(groups);
}

function regexpMatch(text: string, pattern: string, flagText = ''): Search {
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_match', 'regexp_matches');
  const regex = compileRegex(pattern, flags.options);
  const searched = new SearchedText(regex, text);
  let result: PgArray | null = null;
  return {
    searched,
    from: 0,
    withGroups: true,
    visit(match) {
      result = matchArray(regex, searched, match);
      return false;
    },
    finish: () => result,
  };
}

/** One after the other, for there may be very many. */
function* regexpMatches(
  text: string,
  pattern: string,
  flagText: string,
): Generator<readonly Value[]> {
  const { options, isGlobal } = readFlags(flagText);
  const regex = compileRegex(pattern, options);
  const searched = new SearchedText(regex, text);
  const { search, length } = searched;
  if (isHeavy(text)) yield* pausing(search.prepare());
  for (let at = 0; at <= length;) {
    const match = isHeavy(text)
      ? yield* pausing(search.nextSteps(at, true))
      : search.next(at, true);
    if (match === undefined) return;
    yield [matchArray(regex, searched, match)];
    if (!isGlobal) return;
    at = behind(match);
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

function replaceMatches(request: ReplaceRequest): Search {
  const { occurrence } = request;
  const regex = compileRegex(request.pattern, request.options);
  const parts = parseReplacement(request.replacement);
  const withGroups = parts.some((part) => typeof part === 'number' && part > 0);
  const searched = new SearchedText(regex, request.text);
  let result = '';
  let copied = 0;
  let seen = 0;
  let done: LongText | undefined;
  return {
    searched,
    from: request.start,
    withGroups,
    visit(match) {
      seen++;
      if (occurrence > 0 && seen < occurrence) return true;
      result += searched.slice(copied, match.start);
      for (const part of parts) {
        if (typeof part === 'string') result += part;
        else if (part <= regex.groupCount) result += searched.group(match, part) ?? '';
      }
      copied = match.end;
      if (result.length > LONG_UNITS) {
        (done ??= new LongText()).add(result);
        result = '';
      }
      return occurrence === 0;
    },
    finish() {
      result += searched.slice(copied, searched.length);
      if (done === undefined) return result;
      done.add(result);
      return done.toString();
    },
  };
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

function regexpReplace(text: string, pattern: string, replacement: string, flagText = ''): Search {
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
): Search {
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
  result: (pieces: readonly string[]) => Value,
): Search {
  const flags = readFlags(flagText);
  refuseGlobal(flags, functionName);
  const searched = new SearchedText(compileRegex(pattern, flags.options), text);
  const pieces: string[] = [];
  let copied = 0;
  let previousEnd = 0;
  return {
    searched,
    from: 0,
    withGroups: false,
    visit(match) {
      const isDegenerate = match.start >= searched.length || match.end <= previousEnd;
      previousEnd = match.end;
      if (isDegenerate) return true;
      pieces.push(searched.slice(copied, match.start));
      copied = match.end;
      return true;
    },
    finish() {
      pieces.push(searched.slice(copied, searched.length));
      return result(pieces);
    },
  };
}

function splitToArray(text: string, pattern: string, flagText = ''): Search {
  return splitByRegex(text, pattern, flagText, 'regexp_split_to_array', textArray);
}

function* splitToRows(
  text: string,
  pattern: string,
  flagText: string,
): Generator<readonly Value[]> {
  let rows: readonly string[] = [];
  const search = splitByRegex(text, pattern, flagText, 'regexp_split_to_table', (pieces) => {
    rows = pieces;
    return null;
  });
  if (isHeavy(text)) yield* pausing(runSteps(search));
  else run(search);
  for (const piece of rows) yield [piece];
}

function regexpCount(text: string, pattern: string, start = 1, flagText = ''): Search {
  checkPositive('start', start);
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_count');
  let count = 0;
  return {
    searched: new SearchedText(compileRegex(pattern, flags.options), text),
    from: start - 1,
    withGroups: false,
    visit() {
      count++;
      return true;
    },
    finish: () => count,
  };
}

/** What follows from the n-th match from a start, with its groups; undefined where there is none. */
function nthMatch(
  searched: SearchedText,
  start: number,
  occurrence: number,
  result: (match: RegexMatch | undefined) => Value,
): Search {
  let seen = 0;
  let found: RegexMatch | undefined;
  return {
    searched,
    from: start - 1,
    withGroups: true,
    visit(match) {
      if (++seen < occurrence) return true;
      found = match;
      return false;
    },
    finish: () => result(found),
  };
}

function regexpInstr(
  text: string,
  pattern: string,
  start = 1,
  occurrence = 1,
  endOption = 0,
  flagText = '',
  group = 0,
): Search {
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
  return nthMatch(new SearchedText(regex, text), start, occurrence, (match) => {
    if (match === undefined || group > regex.groupCount) return 0;
    const position =
      group === 0
        ? endOption === 0
          ? match.start
          : match.end
        : ((endOption === 0 ? match.groupStarts[group] : match.groupEnds[group]) as number);
    return position + 1;
  });
}

function regexpSubstr(
  text: string,
  pattern: string,
  start = 1,
  occurrence = 1,
  flagText = '',
  group = 0,
): Search {
  checkPositive('start', start);
  checkPositive('n', occurrence);
  checkPositive('subexpr', group, 0);
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_substr');
  const regex = compileRegex(pattern, flags.options);
  const searched = new SearchedText(regex, text);
  return nthMatch(searched, start, occurrence, (match) =>
    match === undefined || group > regex.groupCount ? null : searched.group(match, group),
  );
}

/** The context stands where flags were left out. */
const flagsOf = (flags: unknown): string => (typeof flags === 'string' ? flags : '');

function likeRegex(pattern: string, flagText: string): Regex {
  const flags = readFlags(flagText);
  refuseGlobal(flags, 'regexp_like');
  return compileRegex(pattern, flags.options);
}

/** substring(text from pattern): the first group, or the whole match where there is none. */
function substringByRegex(text: string, pattern: string): Search {
  const regex = compileRegex(pattern);
  const searched = new SearchedText(regex, text);
  const group = regex.groupCount > 0 ? 1 : 0;
  let result: string | null = null;
  return {
    searched,
    from: 0,
    withGroups: group > 0,
    visit(match) {
      result = searched.group(match, group);
      return false;
    },
    finish: () => result,
  };
}

/** What a function looks for, and what it makes of it. */
interface Search {
  readonly searched: SearchedText;
  /** Character position at which the search starts. */
  readonly from: number;
  readonly withGroups: boolean;
  readonly visit: Visit;
  finish(): Value;
}

function run({ searched, from, withGroups, visit, finish }: Search): Value {
  searched.visit(from, withGroups, visit);
  return finish();
}

function* runSteps({ searched, from, withGroups, visit, finish }: Search): Stepped<Value> {
  yield* searched.visitSteps(from, withGroups, visit);
  return finish();
}

/** Steps between rows. */
function* pausing<T>(steps: Stepped<T>): Generator<readonly Value[], T, unknown> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield PAUSE;
  }
}

/** A function with trailing arguments that may be left out, as one overload for each length. */
function withOverloads(
  name: string,
  types: readonly string[],
  least: number,
  result: string,
  searchFor: (...args: never[]) => Search,
  onBytes?: ScalarFunction['onBytes'],
): ScalarFunction[] {
  const search = searchFor as unknown as (...args: readonly unknown[]) => Search;
  return types.slice(least - 1).map((_, index) => {
    const signature = `${name}(${types.slice(0, least + index).join(', ')}) ${result}`;
    return {
      ...scalar(signature, () => null, { onBytes }),
      evaluate: (args) => run(search(...args)),
      inSteps: (args) => runSteps(search(...args)),
    };
  });
}

export const regexFunctions: readonly ScalarFunction[] = [
  ...withOverloads('regexp_match', ['text', 'text', 'text'], 2, 'text[]', regexpMatch),
  ...withOverloads(
    'regexp_replace',
    ['text', 'text', 'text', 'text'],
    3,
    'text',
    regexpReplace,
    replaceOnBytes,
  ),
  ...withOverloads(
    'regexp_replace',
    ['text', 'text', 'text', 'int4', 'int4', 'text'],
    4,
    'text',
    regexpReplaceFrom,
  ),
  ...withOverloads('regexp_split_to_array', ['text', 'text', 'text'], 2, 'text[]', splitToArray),
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
  ...['regexp_like(text, text) bool', 'regexp_like(text, text, text) bool'].map((signature) =>
    scalar(
      signature,
      (text: string, pattern: string, flags: unknown) =>
        likeRegex(pattern, flagsOf(flags)).test(text),
      {
        inSteps: (text: string, pattern: string, flags: unknown) =>
          likeRegex(pattern, flagsOf(flags)).testSteps(text),
      },
    ),
  ),
  ...withOverloads('substring', ['text', 'text'], 2, 'text', substringByRegex),
  ...withOverloads(
    'substring',
    ['text', 'text', 'text'],
    3,
    'text',
    (text: string, pattern: string, escape: string) =>
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
    splitToRows(text as string, pattern as string, ''),
  ),
  table('regexp_split_to_table(text, text, text) text', ([text, pattern, flags]) =>
    splitToRows(text as string, pattern as string, flags as string),
  ),
];
