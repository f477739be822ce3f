/**
 * Texts of megabytes are mostly literals: long strings, IN lists of thousands of items, rows of VALUES. These
 * are cut out before the grammar sees the text, in steps, and are put back into the tree or kept beside it.
 * Or they are scripts, whose statements the grammar can take one by one.
 */
import { RowsReader, type LongRows } from './long-rows.ts';

/** Texts from this length on are looked through: the grammar and JSON.parse take 10 to 20 ms for so much. */
export const LONG_TEXT = 32 * 1024;
/** Strings from this length on, and lists with so many items, are cut. */
const STRING_MIN = 4096;
const ITEMS_MIN = 1024;
/** Tokens read between two yields. */
const STEP_TOKENS = 4_096;

/** The items of an IN list: integers that numbers can hold, numbers of any kind, or strings. */
export interface LongItems {
  readonly kind: 'integer' | 'number' | 'string';
  /** Where the first one begins in the source. */
  readonly start: number;
  /** Integers as they are; texts of strings and of other numbers. */
  readonly values: readonly (number | string)[];
}

/** A stretch of the source without its content; a string literal with the text `key` stands in it. */
export interface Cut {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** The string that was there, or the items, or the rows. */
  readonly content: string | LongItems | LongRows;
}

/** What was found in a text, in its order. */
export interface LongText {
  /** What can be cut out. */
  readonly cuts: readonly Cut[];
  /** Where statements end, behind their semicolons. */
  readonly ends: readonly number[];
}

/** Looks for what the grammar need not see, and for the statements that it can have one by one. */
export function* lookThrough(sql: string): Generator<void, LongText, void> {
  const scanner = new Scanner(sql, unusedKey(sql));
  for (;;) {
    for (let i = 0; i < STEP_TOKENS; i++) if (!scanner.next()) return scanner.finish();
    yield;
  }
}

/** What stands for a cut: a string literal for a string or for many items, a row for many rows. */
export function standIn({ key, content }: Cut): string {
  const isRows = typeof content !== 'string' && content.kind === 'rows';
  return isRows ? `('${key}')` : `'${key}'`;
}

/** The text with cuts made. */
export function withoutCuts(sql: string, cuts: readonly Cut[]): string {
  let text = '';
  let at = 0;
  for (const cut of cuts) {
    text += sql.slice(at, cut.start) + standIn(cut);
    at = cut.end;
  }
  return text + sql.slice(at);
}

/** Where an item of a list begins in the source. */
export function itemOffset(sql: string, { kind, start }: LongItems, index: number): number {
  const items = kind === 'string' ? /'(?:[^']|'')*'/g : /(?:-\s*)?[\d.]+(?:[eE][+-]?\d+)?/g;
  items.lastIndex = start;
  let match = items.exec(sql);
  for (let i = 0; i < index && match !== null; i++) match = items.exec(sql);
  return match?.index ?? start;
}

/** The beginning of texts that do not occur. */
function unusedKey(sql: string): string {
  let key = 'cut ';
  while (sql.includes(key)) key = `${key.slice(0, -1)}~ `;
  return key;
}

const QUOTE = 39;
const OPEN = 40;
const SEMICOLON = 59;
const SPACE_CHARACTERS = /[\s]*/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_\x80-\uffff][A-Za-z0-9_$\x80-\uffff]*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$/y;
const PARAMETER = /\$\d+/y;
const ESCAPE_STRING = /'(?:[^'\\]|''|\\[^])*'/y;
const LINE = /[^\n\r]*/y;
const SAFE_DIGITS = 15;

/** An IN list that is being read. */
interface OpenList {
  kind: 'number' | 'string' | undefined;
  areIntegers: boolean;
  readonly values: (number | string)[];
  /** Where these items begin. */
  first: number;
  second: number;
  /** True behind the parenthesis and behind a comma. */
  wantsItem: boolean;
  negative: boolean;
  itemStart: number;
}

/** Statements whose VALUES become a plan and nothing else; what others say is kept as a text. */
const QUERIES: ReadonlySet<string> = new Set([
  'select',
  'with',
  'values',
  'update',
  'delete',
  'explain',
]);

class Scanner {
  readonly #cuts: Cut[] = [];
  readonly #ends: number[] = [];
  /** Parentheses that are open: a semicolon inside (of a rule's actions) ends nothing. */
  #depth = 0;
  readonly #sql: string;
  readonly #key: string;
  #at = 0;
  #keys = 0;
  /** The last token was the word IN. */
  #afterIn = false;
  #list: OpenList | undefined;
  /** The last token was an opening parenthesis, or there was none yet. */
  #opensQuery = true;
  /** Rows may be cut out of this statement: see QUERIES. An INSERT's own rows have columns to go to. */
  #takesRows: boolean | undefined;
  #rows: RowsReader | undefined;
  /** The last token was a comment. */
  #isComment = false;

  constructor(sql: string, key: string) {
    this.#sql = sql;
    this.#key = key;
  }

  /** All that was found, at the end of the text. */
  finish(): LongText {
    this.#endRows();
    return { cuts: this.#cuts, ends: this.#ends };
  }

  /** Reads a token; false at the end. */
  next(): boolean {
    this.#skip(SPACE_CHARACTERS);
    const sql = this.#sql;
    const start = this.#at;
    if (start >= sql.length) return false;
    const code = sql.charCodeAt(start);
    const wasIn = this.#afterIn;
    this.#afterIn = false;
    this.#isComment = false;
    if (code === QUOTE) this.#string(start);
    else if (isDigit(code) || (code === 46 && isDigit(sql.charCodeAt(start + 1)))) {
      this.#skip(NUMBER);
      const text = sql.slice(start, this.#at);
      this.#item('number', start, text);
      this.#rows?.number(text);
    } else if (isWordStart(code)) this.#word(start);
    else this.#mark(code, wasIn);
    if (code !== OPEN && code !== SEMICOLON && !this.#isComment) this.#opensQuery = false;
    if (this.#rows?.isEnded === true) this.#endRows();
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.test(this.#sql);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #string(start: number): void {
    const sql = this.#sql;
    let end = sql.indexOf("'", start + 1);
    let doubled = false;
    while (end >= 0 && sql.charCodeAt(end + 1) === QUOTE) {
      doubled = true;
      end = sql.indexOf("'", end + 2);
    }
    this.#at = end < 0 ? sql.length : end + 1;
    if (end < 0) return;
    const inside = sql.slice(start + 1, end);
    const text = doubled ? inside.replaceAll("''", "'") : inside;
    this.#item('string', start, text);
    this.#rows?.string(text);
    if (text.length < STRING_MIN) return;
    this.#cuts.push({ key: this.#nextKey(), start, end: this.#at, content: text });
  }

  /** A name, a keyword, or the beginning of a literal of another kind. */
  #word(start: number): void {
    const sql = this.#sql;
    this.#list = undefined;
    this.#skip(WORD);
    const length = this.#at - start;
    const first = sql[start].toLowerCase();
    this.#wordOfRows(start, length);
    if (length === 2 && first === 'i') {
      this.#afterIn = sql[start + 1].toLowerCase() === 'n';
    } else if (length === 1 && sql.charCodeAt(this.#at) === QUOTE && 'ebxn'.includes(first)) {
      if (first !== 'e') this.#skipQuoted("'");
      else if (!this.#skip(ESCAPE_STRING)) this.#at = sql.length;
    } else if (length === 1 && first === 'u' && /^&['"]/.test(sql.slice(this.#at, this.#at + 2))) {
      this.#at++;
      this.#skipQuoted(sql[this.#at]);
    }
  }

  #wordOfRows(start: number, length: number): void {
    this.#rows?.word(length <= 5 ? this.#sql.slice(start, this.#at) : '?');
    if (this.#takesRows === false || length > 7) return;
    const word = this.#sql.slice(start, this.#at).toLowerCase();
    this.#takesRows ??= QUERIES.has(word);
    if (word === 'insert') this.#takesRows = false;
    const begins = word === 'values' && this.#opensQuery && this.#takesRows;
    if (begins && this.#rows === undefined) this.#rows = new RowsReader();
  }

  /** Cuts the rows that were read. */
  #endRows(): void {
    const read = this.#rows?.result();
    this.#rows = undefined;
    if (read === undefined) return;
    const { rows, end } = read;
    while ((this.#cuts.at(-1)?.start ?? -1) >= rows.start) this.#cuts.pop();
    this.#cuts.push({ key: this.#nextKey(), start: rows.start, end, content: rows });
  }

  /** Skips to behind the closing quote; a doubled one does not close. */
  #skipQuoted(quote: string): void {
    const sql = this.#sql;
    let end = sql.indexOf(quote, this.#at + 1);
    while (end >= 0 && sql[end + 1] === quote) end = sql.indexOf(quote, end + 2);
    this.#at = end < 0 ? sql.length : end + 1;
  }

  #mark(code: number, wasIn: boolean): void {
    const sql = this.#sql;
    const list = this.#list;
    const character = sql[this.#at];
    this.#isComment = sql.startsWith('--', this.#at) || sql.startsWith('/*', this.#at);
    if (!this.#isComment) this.#markOfQuery(character);
    if (character === ',' && list !== undefined && !list.wantsItem) {
      this.#at++;
      list.wantsItem = true;
      return;
    }
    if (character === '-' && sql[this.#at + 1] !== '-') {
      if (list === undefined || !list.wantsItem || list.negative) this.#list = undefined;
      else {
        list.negative = true;
        list.itemStart = this.#at;
      }
      this.#at++;
      return;
    }
    if (character === ')') this.#close();
    this.#list = undefined;
    if (character === '(' && wasIn) this.#open();
    if (code === 34) this.#skipQuoted('"');
    else if (character === '$') {
      if (!this.#skip(PARAMETER)) this.#dollarQuote();
    } else if (sql.startsWith('--', this.#at)) this.#skip(LINE);
    else if (sql.startsWith('/*', this.#at)) this.#comment();
    else this.#at++;
  }

  #markOfQuery(character: string): void {
    this.#rows?.mark(character, this.#at);
    if (character === '(') {
      this.#opensQuery = true;
      this.#depth++;
    } else if (character === ')') this.#depth--;
    else if (character === ';') {
      if (this.#depth === 0) this.#ends.push(this.#at + 1);
      this.#endRows();
      this.#takesRows = undefined;
      this.#opensQuery = true;
    }
  }

  #dollarQuote(): void {
    const start = this.#at;
    if (!this.#skip(DOLLAR_QUOTE)) this.#at++;
    else this.#skipTo(this.#sql.slice(start, this.#at));
  }

  #skipTo(text: string): void {
    const end = this.#sql.indexOf(text, this.#at);
    this.#at = end < 0 ? this.#sql.length : end + text.length;
  }

  /** Comments nest. */
  #comment(): void {
    const borders = /\/\*|\*\//g;
    borders.lastIndex = this.#at;
    let depth = 0;
    for (let match = borders.exec(this.#sql); match !== null; match = borders.exec(this.#sql)) {
      depth += match[0] === '/*' ? 1 : -1;
      this.#at = borders.lastIndex;
      if (depth === 0) return;
    }
    this.#at = this.#sql.length;
  }

  #open(): void {
    this.#list = {
      kind: undefined,
      areIntegers: true,
      values: [],
      first: -1,
      second: -1,
      wantsItem: true,
      negative: false,
      itemStart: -1,
    };
  }

  /** Takes a literal for an item of the list that is open. */
  #item(kind: 'number' | 'string', start: number, text: string): void {
    const list = this.#list;
    if (list === undefined) return;
    list.kind ??= kind;
    if (!list.wantsItem || list.kind !== kind || (list.negative && kind === 'string')) {
      this.#list = undefined;
      return;
    }
    const isPlain = kind === 'number' && text.length <= SAFE_DIGITS && /^\d+$/.test(text);
    const signed = list.negative ? `-${text}` : text;
    list.values.push(isPlain ? Number(signed) + 0 : signed);
    list.areIntegers &&= isPlain;
    const from = list.negative ? list.itemStart : start;
    if (list.values.length === 1) list.first = from;
    else if (list.values.length === 2) list.second = from;
    list.wantsItem = false;
    list.negative = false;
  }

  #close(): void {
    const list = this.#list;
    if (list?.kind === undefined || list.wantsItem || list.values.length < ITEMS_MIN) return;
    const kind = list.areIntegers ? 'integer' : list.kind;
    const content: LongItems = { kind, start: list.first, values: list.values };
    while ((this.#cuts.at(-1)?.start ?? -1) >= list.second) this.#cuts.pop();
    this.#cuts.push({ key: this.#nextKey(), start: list.second, end: this.#at, content });
  }

  #nextKey(): string {
    return `${this.#key}${this.#keys++}`;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}
