/** JSON's tokens, with PostgreSQL's error texts and its CONTEXT line. */
import { dbError, type DbError } from '../errors/db-error.ts';
import { utf8Length } from './text.ts';

export type JsonToken =
  | 'string'
  | 'number'
  | 'true'
  | 'false'
  | 'null'
  | '{'
  | '}'
  | '['
  | ']'
  | ','
  | ':'
  | 'end';

const PUNCTUATION = '{}[],:';
const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Levels that arrays and objects may be nested: what can be read can also be compared and printed. */
export const JSON_DEPTH_MAX = 1500;

/** A cursor over the tokens of one text. `decode` asks for strings' values, as jsonb needs them. */
export class JsonLexer {
  readonly text: string;
  readonly #decode: boolean;
  /** The current token and where it lies. */
  token: JsonToken = 'end';
  start = 0;
  end = 0;
  /** Value of the current string token, when decoding. */
  value = '';
  #line = 1;
  #lineStart = 0;
  #depth = 0;

  constructor(text: string, decode: boolean) {
    this.text = text;
    this.#decode = decode;
    this.next();
  }

  /** Steps into the array or object whose first token is the current one. */
  enter(): void {
    if (++this.#depth > JSON_DEPTH_MAX) {
      throw dbError('statement_too_complex', 'stack depth limit exceeded');
    }
    this.next();
  }

  /** Steps over the token that ends an array or object. */
  leave(): void {
    this.#depth--;
    this.next();
  }

  is(token: JsonToken): boolean {
    return this.token === token;
  }

  /** Moves to the next token. */
  next(): void {
    const { text } = this;
    let at = this.end;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10) {
        this.#line++;
        this.#lineStart = at + 1;
      } else if (code !== 32 && code !== 9 && code !== 13) break;
    }
    this.start = at;
    if (at >= text.length) {
      this.token = 'end';
      this.end = at;
      return;
    }
    const first = text[at] as string;
    if (PUNCTUATION.includes(first)) {
      this.token = first as JsonToken;
      this.end = at + 1;
    } else if (first === '"') this.#string();
    else if (first === '-' || (first >= '0' && first <= '9')) this.#number();
    else this.#word();
  }

  /** The error of a token that does not fit: `Expected X, but found "token".` */
  unexpected(expected: string): DbError {
    if (this.token === 'end') return this.#error('The input string ended unexpectedly.');
    return this.#error(`Expected ${expected}, but found "${this.#tokenText()}".`);
  }

  #string(): void {
    const { text } = this;
    let at = this.start + 1;
    let value = '';
    let runStart = at;
    /** A high surrogate escape that waits for its low half. */
    let high = 0;
    this.token = 'string';
    for (;;) {
      if (at >= text.length) throw this.#invalidToken(at);
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (code < 32) {
        throw this.#errorAt(
          at,
          `Character with value 0x${code.toString(16).padStart(2, '0')} must be escaped.`,
        );
      }
      if (code !== 92) {
        if (high !== 0) throw this.#lowSurrogate(at + 1);
        at++;
        continue;
      }
      if (this.#decode) value += text.slice(runStart, at);
      const escape = text[at + 1];
      if (escape === undefined) throw this.#invalidToken(at + 1);
      if (escape === 'u') {
        const unit = this.#hexEscape(at + 2);
        at += 6;
        if (this.#decode) {
          value += this.#unicode(unit, high, at);
          high = (unit & 0xfc00) === 0xd800 ? unit : 0;
        }
      } else {
        const simple = SIMPLE_ESCAPES.get(escape);
        if (simple === undefined) throw this.#invalidEscape(at + 1);
        if (high !== 0) throw this.#lowSurrogate(at + 2);
        value += simple;
        at += 2;
      }
      runStart = at;
    }
    this.end = at + 1;
    if (high !== 0) throw this.#lowSurrogate(this.end);
    if (this.#decode)
      this.value =
        runStart === this.start + 1 ? text.slice(runStart, at) : value + text.slice(runStart, at);
  }

  #hexEscape(from: number): number {
    const { text } = this;
    let unit = 0;
    for (let at = from; at < from + 4; at++) {
      if (at >= text.length) throw this.#invalidToken(at);
      const digit = Number.parseInt(text[at] as string, 16);
      if (Number.isNaN(digit)) {
        throw this.#errorAt(
          at + characterAt(text, at).length,
          '"\\u" must be followed by four hexadecimal digits.',
        );
      }
      unit = unit * 16 + digit;
    }
    return unit;
  }

  /** The text of a \u escape; a high surrogate gives nothing until its low half follows. */
  #unicode(unit: number, high: number, end: number): string {
    if ((unit & 0xfc00) === 0xd800) {
      if (high === 0) return '';
      throw this.#errorAt(end, 'Unicode high surrogate must not follow a high surrogate.');
    }
    if ((unit & 0xfc00) === 0xdc00) {
      if (high === 0) throw this.#lowSurrogate(end);
      return String.fromCharCode(high, unit);
    }
    if (high !== 0) throw this.#lowSurrogate(end);
    if (unit !== 0) return String.fromCharCode(unit);
    this.end = end;
    throw dbError('untranslatable_character', {
      message: 'unsupported Unicode escape sequence',
      detail: '\\u0000 cannot be converted to text.',
      where: this.#context(),
    });
  }

  #number(): void {
    NUMBER.lastIndex = this.start;
    NUMBER.test(this.text);
    let at = NUMBER.lastIndex;
    const complete = at > this.start;
    if (!complete) at = this.#brokenNumberEnd();
    const garbage = wordEnd(this.text, at);
    if (!complete || garbage > at) throw this.#invalidToken(garbage);
    this.token = 'number';
    this.end = at;
  }

  /** Where PostgreSQL's scanner stands after a number that lacks digits. */
  #brokenNumberEnd(): number {
    BROKEN_NUMBER.lastIndex = this.start;
    BROKEN_NUMBER.test(this.text);
    return BROKEN_NUMBER.lastIndex;
  }

  #word(): void {
    const { text, start } = this;
    const end = wordEnd(text, start);
    if (end === start) throw this.#invalidToken(start + characterAt(text, start).length);
    const word = text.slice(start, end);
    if (word !== 'true' && word !== 'false' && word !== 'null') throw this.#invalidToken(end);
    this.token = word;
    this.end = end;
  }

  #invalidToken(end: number): DbError {
    this.end = Math.min(end, this.text.length);
    this.token = 'string';
    return this.#error(`Token "${this.#tokenText()}" is invalid.`);
  }

  #invalidEscape(at: number): DbError {
    const character = characterAt(this.text, at);
    return this.#errorAt(at + character.length, `Escape sequence "\\${character}" is invalid.`);
  }

  #lowSurrogate(end: number): DbError {
    return this.#errorAt(end, 'Unicode low surrogate must follow a high surrogate.');
  }

  #errorAt(end: number, detail: string): DbError {
    this.end = end;
    this.token = 'string';
    return this.#error(detail);
  }

  #error(detail: string): DbError {
    return dbError('invalid_text_representation', {
      message: 'invalid input syntax for type json',
      detail,
      where: this.#context(),
    });
  }

  #tokenText(): string {
    return this.text.slice(this.start, this.end);
  }

  /** The line up to the offending token, at most about 50 bytes of it. */
  #context(): string {
    const { text, end } = this;
    let from = this.#lineStart;
    for (let left = utf8Length(text.slice(from, end)); left >= 50;) {
      const character = characterAt(text, from);
      left -= utf8Length(character);
      from += character.length;
    }
    if (utf8Length(text.slice(this.#lineStart, from)) <= 3) from = this.#lineStart;
    const next = text[end];
    const cut = this.token !== 'end' && next !== undefined && next !== '\n' && next !== '\r';
    const prefix = from > this.#lineStart ? '...' : '';
    return `JSON data, line ${this.#line}: ${prefix}${text.slice(from, end)}${cut ? '...' : ''}`;
  }
}

/** Steps over a string, a number, true, false or null. */
export function readScalarToken(lexer: JsonLexer): void {
  switch (lexer.token) {
    case 'string':
    case 'number':
    case 'true':
    case 'false':
    case 'null':
      lexer.next();
      return;
    default:
      throw lexer.unexpected('JSON value');
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?![0-9])|(?!\.))(?:[eE][+-]?[0-9]+|(?![eE]))/y;
const BROKEN_NUMBER = /-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?/y;

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWordUnit(text.charCodeAt(at))) at++;
  return at;
}

function isWordUnit(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code >= 128
  );
}

function characterAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at) as number) : '';
}
