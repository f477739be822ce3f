/** The text form of arrays: `{1,"a b",NULL}`, nested braces, and `[0:1]={..}` for other lower bounds. */
import type { Stepped } from '../base/steps.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import { isSpace } from './float-text.ts';

/** Dimensions that an array may have. */
export const ARRAY_DIMENSIONS_MAX = 6;
/** Elements that an array may have. */
export const ARRAY_ELEMENTS_MAX = 134_217_727;

/** The parts of an array literal; `undefined` is a NULL element. */
export interface ArrayText {
  readonly dimensions: readonly number[];
  readonly lowerBounds: readonly number[];
  readonly elements: readonly (string | undefined)[];
}

/** Splits an array literal into its elements' texts. */
export function parseArrayText(text: string, delimiter: string): ArrayText {
  const reader = new ArrayReader(text, delimiter);
  reader.readSome(Infinity);
  return reader.finish();
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
/** Elements read in one step. */
const STEP_ELEMENTS = 4096;

export function* parseArrayTextSteps(text: string, delimiter: string): Stepped<ArrayText> {
  const reader = new ArrayReader(text, delimiter);
  while (!reader.readSome(STEP_ELEMENTS)) yield;
  return reader.finish();
}

/** Prints elements (already as text, NULL as undefined) in an array's shape. */
export function formatArrayText(array: ArrayText, delimiter: string): string {
  const { dimensions, elements } = array;
  if (elements.length === 0) return '{}';
  let next = 0;
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < (dimensions[depth] as number); i++) {
      if (depth === dimensions.length - 1) parts.push(quoteElement(elements[next++], delimiter));
      else parts.push(level(depth + 1));
    }
    return `{${parts.join(delimiter)}}`;
  };
  return boundsText(array) + level(0);
}

/** `[0:1]=`, or nothing where all bounds are 1. */
export function boundsText({
  dimensions,
  lowerBounds,
}: Pick<ArrayText, 'dimensions' | 'lowerBounds'>): string {
  if (lowerBounds.every((bound) => bound === 1)) return '';
  return `${dimensions.map((length, i) => `[${lowerBounds[i]}:${(lowerBounds[i] as number) + length - 1}]`).join('')}=`;
}

export function quoteElement(text: string | undefined, delimiter: string): string {
  if (text === undefined) return 'NULL';
  if (!needsQuotes(text, delimiter)) return text;
  return `"${escapeElement(text)}"`;
}

export function escapeElement(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

function needsQuotes(text: string, delimiter: string): boolean {
  if (text === '') return true;
  if (text.length === 4 && text.toUpperCase() === 'NULL') return true;
  return hasSpecial(text, delimiter);
}

/** True where a character stands in the text that must be in quotes. */
export function hasSpecial(text: string, delimiter: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34 || code === 92 || code === 123 || code === 125 || isSpace(code)) return true;
    if (text[i] === delimiter) return true;
  }
  return false;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Reads `[n]` or `[m:n]`. */
function readBounds(text: string, start: number): { lower: number; length: number; end: number } {
  const close = /^\[\s*([+-]?\d+)?(?::([+-]?\d+)?)?(\])?/.exec(text.slice(start, start + 60));
  const [whole = '', first, second, bracket] = close ?? [];
  if (first === undefined)
    throw malformed(text, '"[" must introduce explicitly-specified array dimensions.');
  const ranged = whole.includes(':');
  if (ranged && second === undefined) throw malformed(text, 'Missing array dimension value.');
  if (bracket === undefined) throw malformed(text, 'Missing "]" after array dimensions.');
  const lower = ranged ? Number(first) : 1;
  const upper = Number(ranged ? second : first);
  if (upper < lower) {
    throw dbError('array_subscript_error', 'upper bound cannot be less than lower bound');
  }
  return { lower, length: upper - lower + 1, end: start + whole.length };
}

export function malformedArray(text: string, detail: string): DbError {
  return dbError('invalid_text_representation', {
    message: `malformed array literal: "${text}"`,
    detail,
  });
}

const malformed = malformedArray;

export function tooManyDimensions(count: number): DbError {
  return dbError('program_limit_exceeded', {
    message: `number of array dimensions (${count}) exceeds the maximum allowed (${ARRAY_DIMENSIONS_MAX})`,
  });
}

/** Reads one literal, in stretches of elements. */
class ArrayReader {
  readonly #text: string;
  readonly #delimiter: string;
  readonly #declared: readonly { lower: number; length: number }[];
  #at: number;
  readonly #elements: (string | undefined)[] = [];
  /** Length of each dimension as the first complete sub-array set it, -1 before. */
  readonly #lengths: number[] = [];
  /** Depth at which elements stand, 0 while none was seen. */
  #elementDepth = 0;
  /** Items read so far of each sub-array that is open. */
  readonly #counts: number[] = [];

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
    let at = skipSpace(text, 0);
    const declared: { lower: number; length: number }[] = [];
    while (text[at] === '[') {
      if (declared.length >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(declared.length + 1);
      const bounds = readBounds(text, at);
      declared.push(bounds);
      at = skipSpace(text, bounds.end);
    }
    if (declared.length > 0) {
      if (text[at] !== '=') throw malformed(text, 'Missing "=" after array dimensions.');
      at = skipSpace(text, at + 1);
      if (text[at] !== '{') throw malformed(text, 'Array contents must start with "{".');
    } else if (text[at] !== '{') {
      throw malformed(text, 'Array value must start with "{" or dimension information.');
    }
    this.#declared = declared;
    this.#at = at;
  }

  /** Reads so many elements, or fewer that are left; true after the last one. */
  readSome(most: number): boolean {
    if (this.#counts.length === 0) {
      this.#open();
      if (this.#peek() === '}') {
        this.#close();
        return true;
      }
    }
    for (let read = 0; read < most;) {
      const first = this.#peek();
      if (first === '{') {
        const depth = this.#counts.length;
        if (this.#elementDepth !== 0 && this.#elementDepth <= depth) throw this.#unexpected('{');
        this.#open();
        if (this.#peek() === '}') throw this.#unexpected('}');
        continue;
      }
      if (first === this.#delimiter) throw this.#unexpected(this.#delimiter);
      this.#take();
      read++;
      if (this.#isLast()) return true;
    }
    return false;
  }

  finish(): ArrayText {
    const text = this.#text;
    const declared = this.#declared;
    if (skipSpace(text, this.#at) < text.length) {
      throw malformed(text, 'Junk after closing right brace.');
    }
    const elements = this.#elements;
    const dimensions = elements.length === 0 ? [] : this.#lengths;
    if (declared.length > 0) {
      const matches =
        declared.length === dimensions.length &&
        declared.every((bounds, i) => bounds.length === dimensions[i]);
      if (!matches) {
        throw malformed(text, 'Specified array dimensions do not match array contents.');
      }
    }
    const lowerBounds = dimensions.map((_, i) => declared[i]?.lower ?? 1);
    return { dimensions, lowerBounds, elements };
  }

  /** Goes behind an opening brace. */
  #open(): void {
    const depth = this.#counts.push(0);
    if (depth > ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(depth);
    if (this.#lengths.length < depth) {
      if (this.#elementDepth !== 0) throw this.#ragged();
      this.#lengths.push(-1);
    }
    this.#at = skipSpace(this.#text, this.#at + 1);
  }

  /** Goes behind a closing brace. */
  #close(): void {
    this.#at++;
    const depth = this.#counts.length;
    const count = this.#counts.pop() as number;
    const known = this.#lengths[depth - 1] as number;
    if (known === -1) this.#lengths[depth - 1] = count;
    else if (known !== count) throw this.#ragged();
  }

  /** Behind an item: goes on to the next one, through braces that close here; true behind the last brace. */
  #isLast(): boolean {
    for (;;) {
      (this.#counts[this.#counts.length - 1] as number)++;
      this.#at = skipSpace(this.#text, this.#at);
      const next = this.#peek();
      if (next !== '}') {
        if (next !== this.#delimiter) throw this.#unexpected(next);
        this.#at = skipSpace(this.#text, this.#at + 1);
        if (this.#peek() === '}') throw this.#unexpected('}');
        return false;
      }
      this.#close();
      if (this.#counts.length === 0) return true;
    }
  }

  #take(): void {
    const depth = this.#counts.length;
    if (this.#lengths.length > depth) throw malformed(this.#text, 'Unexpected array element.');
    this.#elementDepth = depth;
    const bare = this.#bare();
    this.#elements.push(bare === '' ? this.#element() : bare);
    if (this.#elements.length > ARRAY_ELEMENTS_MAX) {
      throw dbError('program_limit_exceeded', {
        message: `array size exceeds the maximum allowed (${ARRAY_ELEMENTS_MAX})`,
      });
    }
  }

  /** An element without quotes and escapes, as most are, undefined for NULL; empty, and nothing read, for others. */
  #bare(): string | undefined {
    const text = this.#text;
    const delimiter = this.#delimiter.charCodeAt(0);
    const start = this.#at;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === CLOSE || code === delimiter) break;
      if (code === QUOTE || code === BACKSLASH || code === OPEN) return '';
    }
    if (at === text.length) return '';
    this.#at = at;
    while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
    const element = text.slice(start, at);
    return at - start === 4 && element.toUpperCase() === 'NULL' ? undefined : element;
  }

  /** Reads one element: quoted, or bare up to a delimiter or brace. */
  #element(): string | undefined {
    const text = this.#text;
    let at = this.#at;
    let value = '';
    let quoted = false;
    /** Length of the value without trailing unquoted blanks. */
    let kept = 0;
    for (;;) {
      const character = text[at];
      if (character === undefined) throw malformed(text, 'Unexpected end of input.');
      if (character === '"') {
        if (quoted || kept > 0) throw malformed(text, 'Unexpected array element.');
        const end = this.#quoted(at);
        value = end.value;
        kept = value.length;
        quoted = true;
        at = end.at;
        const after = skipSpace(text, at);
        const next = text[after];
        if (
          next === '"' ||
          (next !== undefined && next !== '}' && next !== '{' && next !== this.#delimiter)
        ) {
          throw malformed(
            text,
            next === '\\' ? 'Unexpected "\\" character.' : 'Unexpected array element.',
          );
        }
        at = after;
        continue;
      }
      if (character === '}' || character === this.#delimiter) break;
      if (character === '{') throw this.#unexpected('{');
      if (character === '\\') {
        const next = text[at + 1];
        if (next === undefined) throw malformed(text, 'Unexpected end of input.');
        value += next;
        at += 2;
        kept = value.length;
        quoted = true;
        continue;
      }
      value += character;
      if (!isSpace(text.charCodeAt(at))) kept = value.length;
      at++;
    }
    this.#at = at;
    const element = value.slice(0, kept);
    return !quoted && element.toUpperCase() === 'NULL' ? undefined : element;
  }

  #quoted(start: number): { value: string; at: number } {
    const text = this.#text;
    let value = '';
    for (let at = start + 1; at < text.length; at++) {
      const character = text[at] as string;
      if (character === '"') return { value, at: at + 1 };
      if (character === '\\') {
        at++;
        value += text[at] ?? '';
      } else value += character;
    }
    throw malformed(text, 'Unexpected end of input.');
  }

  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw malformed(this.#text, 'Unexpected end of input.');
    return character;
  }

  #unexpected(character: string): DbError {
    return malformed(this.#text, `Unexpected "${character}" character.`);
  }

  #ragged(): DbError {
    return malformed(
      this.#text,
      'Multidimensional arrays must have sub-arrays with matching dimensions.',
    );
  }
}
