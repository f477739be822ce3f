/** LIKE: a pattern becomes segments between %, which are found one after the other without backtracking. */
import { dbError } from '../../errors/db-error.ts';
import { lower } from '../scalar/letter-case.ts';

/** Part of a segment: literal text, or a count of single characters (_), or an escape with nothing after. */
type Item = string | number | null;

interface Segment {
  readonly items: readonly Item[];
  /** The whole segment where it has no _; else undefined. */
  readonly literal: string | undefined;
}

export type TextTest = (text: string) => boolean;

const CACHE_MAX = 200;
const cache = new Map<string, TextTest>();

/** The test that a LIKE pattern stands for; the escape character is a backslash. */
export function compileLike(pattern: string): TextTest {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const test = buildTest(splitPattern(pattern));
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(pattern, test);
  return test;
}

/** ILIKE: as LIKE, with both sides in lower case. */
export function compileInsensitiveLike(pattern: string): TextTest {
  const test = compileLike(lower(pattern));
  return (text) => test(lower(text));
}

function splitPattern(pattern: string): Segment[] {
  const segments: Item[][] = [[]];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') (segments.at(-1) as Item[]).push(literal);
    literal = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string;
    const last = segments.at(-1) as Item[];
    if (char === '%') {
      flush();
      segments.push([]);
    } else if (char === '_') {
      flush();
      const previous = last.at(-1);
      if (typeof previous === 'number') last[last.length - 1] = previous + 1;
      else last.push(1);
    } else if (char === '\\') {
      i++;
      if (i < pattern.length) {
        literal += pattern[i] as string;
      } else {
        flush();
        last.push(null);
      }
    } else {
      literal += char;
    }
  }
  flush();
  return segments.map((items) => ({ items, literal: literalOf(items) }));
}

function literalOf(items: readonly Item[]): string | undefined {
  if (items.length === 0) return '';
  return items.length === 1 && typeof items[0] === 'string' ? items[0] : undefined;
}

function buildTest(segments: readonly Segment[]): TextTest {
  const first = segments[0] as Segment;
  const last = segments.at(-1) as Segment;
  if (segments.length === 1) {
    const { literal } = first;
    if (literal !== undefined) return (text) => text === literal;
    return (text) => matchAt(text, 0, first) === text.length;
  }
  const middle = segments.slice(1, -1).filter((segment) => segment.literal !== '');
  if (middle.length === 0 && first.literal !== undefined && last.literal !== undefined) {
    const prefix = first.literal;
    const suffix = last.literal;
    if (suffix === '') return (text) => text.startsWith(prefix);
    const least = prefix.length + suffix.length;
    return (text) => text.length >= least && text.startsWith(prefix) && text.endsWith(suffix);
  }
  return (text) => {
    let at = matchAt(text, 0, first);
    if (at < 0) return false;
    for (const segment of middle) {
      at = find(text, at, segment);
      if (at < 0) return false;
    }
    return endsWith(text, at, last);
  };
}

/** The end of a segment that starts exactly at `at`, or -1. */
function matchAt(text: string, at: number, segment: Segment): number {
  let position = at;
  for (const item of segment.items) {
    if (typeof item === 'string') {
      if (!text.startsWith(item, position)) return -1;
      position += item.length;
    } else if (item === null) {
      // PostgreSQL complains only if there is text left to compare.
      if (position >= text.length) return -1;
      throw dbError('invalid_escape_sequence', 'LIKE pattern must not end with escape character');
    } else {
      for (let k = 0; k < item; k++) {
        if (position >= text.length) return -1;
        position += (text.codePointAt(position) as number) > 0xffff ? 2 : 1;
      }
    }
  }
  return position;
}

/** The end of the first occurrence of a segment at or after `from`, or -1. */
function find(text: string, from: number, segment: Segment): number {
  if (segment.literal !== undefined) {
    const at = text.indexOf(segment.literal, from);
    return at < 0 ? -1 : at + segment.literal.length;
  }
  for (let at = from; at <= text.length; at++) {
    const end = matchAt(text, at, segment);
    if (end >= 0) return end;
  }
  return -1;
}

function endsWith(text: string, from: number, segment: Segment): boolean {
  const { literal } = segment;
  if (literal !== undefined) {
    return text.length - from >= literal.length && text.endsWith(literal);
  }
  // The segment's length in characters is fixed, so only one start can reach the end.
  let length = 0;
  for (const item of segment.items) {
    if (item === null) return matchAt(text, from, { items: [null], literal: undefined }) >= 0;
    length += typeof item === 'string' ? [...item].length : (item as number);
  }
  let start = text.length;
  for (let k = 0; k < length; k++) {
    if (start <= from) return false;
    start -= start >= 2 && (text.codePointAt(start - 2) as number) > 0xffff ? 2 : 1;
  }
  return start >= from && matchAt(text, start, segment) === text.length;
}

/** like_escape(pattern, escape): the pattern with backslash as its escape character. */
export function likeEscape(pattern: string, escape: string): string {
  const escapeChars = [...escape];
  if (escapeChars.length > 1) {
    throw dbError('invalid_escape_sequence', {
      message: 'invalid escape string',
      hint: 'Escape string must be empty or one character.',
    });
  }
  if (escape === '\\') return pattern;
  let result = '';
  let afterEscape = false;
  for (const char of pattern) {
    if (char === escape && !afterEscape) {
      result += '\\';
      afterEscape = true;
    } else if (char === '\\' && !afterEscape) {
      result += '\\\\';
    } else {
      result += char;
      afterEscape = false;
    }
  }
  return result;
}

/** Where a pattern's bracket expression ends: `]` first in it is a character, as are brackets in [[:alpha:]]. */
class Bracket {
  #depth = 0;
  /** 1 after the opening bracket, 2 after a caret behind it, 3 further inside. */
  #place = 0;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  open(): void {
    this.#depth = 1;
    this.#place = 1;
  }

  /** A character that cannot end it. */
  passEscaped(): void {
    this.#place = 3;
  }

  pass(char: string): void {
    if (char === ']' && this.#place === 3) this.#depth--;
    else if (char === '^' && this.#place === 1) this.#place = 2;
    else {
      if (char === '[') this.#depth++;
      this.#place = 3;
    }
  }
}

/** similar_to_escape(pattern, escape): the regular expression that an SQL SIMILAR TO pattern means. */
export function similarToRegex(pattern: string, escape: string): string {
  if ([...escape].length > 1) {
    throw dbError('invalid_escape_sequence', {
      message: 'invalid escape string',
      hint: 'Escape string must be empty or one character.',
    });
  }
  let result = '^(?:';
  let afterEscape = false;
  const bracket = new Bracket();
  let quotes = 0;
  for (const char of pattern) {
    if (afterEscape) {
      if (char === '"' && !bracket.isOpen) {
        // escape-double-quote separates substring()'s three parts
        if (quotes === 0) result += '){1,1}?(';
        else if (quotes === 1) result += '){1,1}(?:';
        else {
          throw dbError(
            'invalid_use_of_escape_character',
            'SQL regular expression may not contain more than two escape-double-quote separators',
          );
        }
        quotes++;
      } else {
        result += `\\${char}`;
        bracket.passEscaped();
      }
      afterEscape = false;
    } else if (char === escape) {
      afterEscape = true;
    } else if (bracket.isOpen) {
      if (char === '\\') result += '\\';
      result += char;
      bracket.pass(char);
    } else if (char === '[') {
      result += char;
      bracket.open();
    } else if (char === '%') {
      result += '.*';
    } else if (char === '_') {
      result += '.';
    } else if (char === '(') {
      result += '(?:';
    } else if (char === '\\' || char === '.' || char === '^' || char === '$') {
      result += `\\${char}`;
    } else {
      result += char;
    }
  }
  return `${result})$`;
}
