/**
 * JSON text to jsonb's tree, at once or in steps: a machine without recursion, which can stop behind any value. It
 * only tells that a text is wrong; what is wrong with it is for the lexer to say.
 */
import { finishNow, type Stepped } from '../base/steps.ts';
import { jsonFault } from './json-fault.ts';
import { JSON_DEPTH_MAX } from './json-lexer.ts';
import { jsonObjectSteps } from './json-members.ts';
import { compareJsonKeys, jsonObject, type JsonNode } from './json-node.ts';
import { Numeric, parseNumeric } from './numeric.ts';

/** Characters between two yields: a millisecond or so. */
const STEP_CHARS = 64 * 1024;

/** Throws PostgreSQL's error where the text is not JSON, or no jsonb. */
export function parseJson(text: string): JsonNode {
  const reader = new JsonReader(text);
  for (;;) {
    const state = reader.run(Infinity);
    if (state === DONE) return reader.result;
    if (state === WRONG) throw finishNow(jsonFault(text, true));
    reader.give(finishNow(reader.closed()));
  }
}

/** The same, with a yield at least every few milliseconds. */
export function* parseJsonSteps(text: string): Stepped<JsonNode> {
  const reader = new JsonReader(text);
  for (;;) {
    const state = reader.run(reader.at + STEP_CHARS);
    if (state === DONE) return reader.result;
    if (state === WRONG) throw yield* jsonFault(text, true);
    if (state === CLOSED) reader.give(yield* reader.closed());
    yield;
  }
}

/** A value is to come; one has come; inside of a string; a large object has ended; all is read; it is not JSON. */
const VALUE = 0;
const AFTER = 1;
const STRING = 2;
const CLOSED = 3;
const DONE = 4;
const WRONG = 5;

/** Members that one Map takes. */
const MAP_MAX = 2048;

/** An object that is being read. */
class OpenObject {
  #map = new Map<string, JsonNode>();
  #isSorted = true;
  #lastKey: string | undefined;
  readonly #full: ReadonlyMap<string, JsonNode>[] = [];
  #count = 0;
  /** Of the member whose value comes next. */
  key = '';

  get isLarge(): boolean {
    return this.#full.length > 0;
  }

  add(value: JsonNode): void {
    const { key } = this;
    const last = this.#lastKey;
    if (last !== undefined && this.#isSorted) this.#isSorted = compareJsonKeys(last, key) < 0;
    this.#lastKey = key;
    this.#map.set(key, value);
    this.#count++;
    if (this.#map.size < MAP_MAX) return;
    this.#full.push(this.#map);
    this.#map = new Map();
  }

  /** Where it is not large. */
  finish(): JsonNode {
    return this.#isSorted ? this.#map : jsonObject(this.#map);
  }

  finishSteps(): Stepped<JsonNode> {
    return jsonObjectSteps(membersOf([...this.#full, this.#map]), this.#count);
  }
}

function* membersOf(
  maps: readonly ReadonlyMap<string, JsonNode>[],
): Generator<[string, JsonNode], void, void> {
  for (const map of maps) yield* map;
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #state = VALUE;
  #result: JsonNode = null;
  readonly #open: (JsonNode[] | OpenObject)[] = [];
  /** The last of these. */
  #top: JsonNode[] | OpenObject | undefined;
  /** A string that is read in parts, so far; it is a key where `#isKey`. */
  #string = '';
  #isKey = false;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  get result(): JsonNode {
    return this.#result;
  }

  /** Reads until a place behind `limit`, or until there is something to do for the caller. */
  run(limit: number): number {
    while (this.#state < CLOSED && this.#at <= limit) {
      if (this.#state === VALUE) this.#value();
      else if (this.#state === AFTER) this.#after();
      else this.#stringPart();
    }
    return this.#state;
  }

  /** What the large object that has ended is. */
  closed(): Stepped<JsonNode> {
    return (this.#top as OpenObject).finishSteps();
  }

  /** Takes a value that was made elsewhere for the innermost that is open. */
  give(value: JsonNode): void {
    this.#pop();
    this.#deliver(value);
  }

  #value(): void {
    const at = this.#skipSpace(this.#at);
    const code = this.#text.charCodeAt(at);
    switch (code) {
      case 34: {
        const text = this.#quickString(at + 1);
        if (text !== undefined) this.#deliver(text);
        else this.#beginString(at + 1, false);
        return;
      }
      case 123:
        return this.#openObject(at + 1);
      case 91:
        return this.#openArray(at + 1);
      case 116:
        return this.#word(at, 'true', true);
      case 102:
        return this.#word(at, 'false', false);
      case 110:
        return this.#word(at, 'null', null);
      default:
        return this.#number(at, code);
    }
  }

  #after(): void {
    const text = this.#text;
    const at = this.#skipSpace(this.#at);
    const top = this.#top;
    if (top === undefined) {
      this.#state = at === text.length ? DONE : WRONG;
      return;
    }
    const code = text.charCodeAt(at);
    this.#at = at + 1;
    if (top instanceof OpenObject) {
      if (code === 44) this.#keyAt(this.#skipSpace(at + 1));
      else if (code !== 125) this.#state = WRONG;
      else if (top.isLarge) this.#state = CLOSED;
      else this.give(top.finish());
    } else if (code === 44) this.#state = VALUE;
    else if (code === 93) this.give(top);
    else this.#state = WRONG;
  }

  #openArray(from: number): void {
    const at = this.#skipSpace(from);
    this.#at = at;
    if (this.#text.charCodeAt(at) === 93) this.#empty([]);
    else if (this.#push([])) this.#state = VALUE;
  }

  #openObject(from: number): void {
    const at = this.#skipSpace(from);
    this.#at = at;
    if (this.#text.charCodeAt(at) === 125) this.#empty(new Map());
    else if (this.#push(new OpenObject())) this.#keyAt(at);
  }

  #empty(value: JsonNode): void {
    // Too deep is too deep, also without anything inside.
    if (!this.#push([])) return;
    this.#at++;
    this.give(value);
  }

  #push(value: JsonNode[] | OpenObject): boolean {
    if (this.#open.push(value) > JSON_DEPTH_MAX) this.#state = WRONG;
    this.#top = value;
    return this.#state !== WRONG;
  }

  #pop(): void {
    this.#open.pop();
    this.#top = this.#open.at(-1);
  }

  #deliver(value: JsonNode): void {
    const top = this.#top;
    this.#state = AFTER;
    if (top === undefined) this.#result = value;
    else if (top instanceof OpenObject) top.add(value);
    else top.push(value);
  }

  /** A key and its colon. */
  #keyAt(at: number): void {
    if (this.#text.charCodeAt(at) !== 34) {
      this.#state = WRONG;
      return;
    }
    const key = this.#quickString(at + 1);
    if (key !== undefined) this.#key(key);
    else this.#beginString(at + 1, true);
  }

  #key(key: string): void {
    (this.#top as OpenObject).key = key;
    const at = this.#skipSpace(this.#at);
    this.#at = at + 1;
    this.#state = this.#text.charCodeAt(at) === 58 ? VALUE : WRONG;
  }

  /** A string of some length without escapes, the first character of which is at `from`. */
  #quickString(from: number): string | undefined {
    const text = this.#text;
    const end = Math.min(text.length, from + STEP_CHARS);
    for (let at = from; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        this.#at = at + 1;
        return text.slice(from, at);
      }
      if (code === 92 || code < 32) return undefined;
    }
    return undefined;
  }

  #beginString(from: number, isKey: boolean): void {
    this.#string = '';
    this.#isKey = isKey;
    this.#at = from;
    this.#state = STRING;
  }

  /** Takes some of the string, or all that is left. */
  #stringPart(): void {
    const text = this.#text;
    const end = this.#at + STEP_CHARS;
    let at = this.#at;
    let from = at;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        this.#at = at + 1;
        const whole = this.#string + text.slice(from, at);
        if (this.#isKey) this.#key(whole);
        else this.#deliver(whole);
        return;
      }
      if (code === 92) {
        this.#string += text.slice(from, at);
        at = this.#escape(at + 1);
        from = at + 1;
        if (this.#state === WRONG) return;
        // NaN behind the end of the text is no number above anything.
      } else if (!(code >= 32)) {
        this.#state = WRONG;
        return;
      }
    }
    this.#string += text.slice(from, at);
    this.#at = at;
  }

  /** Adds what the escape behind a backslash stands for; answers where its last character is. */
  #escape(at: number): number {
    const text = this.#text;
    const escape = text[at] ?? '';
    if (escape !== 'u') {
      const place = SIMPLE_ESCAPES.indexOf(escape);
      if (escape === '' || place < 0) this.#state = WRONG;
      this.#string += ESCAPED[place] ?? '';
      return at;
    }
    const unit = hexAt(text, at + 1);
    if ((unit & 0xfc00) === 0xd800) {
      const low = text.startsWith('\\u', at + 5) ? hexAt(text, at + 7) : 0;
      if ((low & 0xfc00) !== 0xdc00) this.#state = WRONG;
      this.#string += String.fromCharCode(unit, low);
      return at + 10;
    }
    if (unit <= 0 || (unit & 0xfc00) === 0xdc00) this.#state = WRONG;
    this.#string += String.fromCharCode(unit);
    return at + 4;
  }

  #word(at: number, word: string, value: JsonNode): void {
    if (!this.#text.startsWith(word, at)) this.#state = WRONG;
    else this.#scalarUpTo(at + word.length, value);
  }

  /** A number or a word must not go on. */
  #scalarUpTo(end: number, value: JsonNode): void {
    const code = this.#text.charCodeAt(end);
    this.#at = end;
    if (isSpace(code) || code === 44 || code === 93 || code === 125 || end === this.#text.length)
      this.#deliver(value);
    else this.#state = WRONG;
  }

  #number(from: number, first: number): void {
    const text = this.#text;
    let at = first === 45 ? from + 1 : from;
    const digits = at;
    let value = 0;
    for (; at - digits <= QUICK_DIGITS; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const code = text.charCodeAt(at);
    const length = at - digits;
    const isQuick = length > 0 && length <= QUICK_DIGITS && code !== 46 && (code | 32) !== 101;
    if (!isQuick) this.#longNumber(from);
    else if (length > 1 && text.charCodeAt(digits) === 48) this.#state = WRONG;
    else this.#scalarUpTo(at, integerNode(first === 45 ? -value : value));
  }

  #longNumber(from: number): void {
    NUMBER.lastIndex = from;
    if (!NUMBER.test(this.#text)) {
      this.#state = WRONG;
      return;
    }
    const end = NUMBER.lastIndex;
    const value = numericOf(this.#text.slice(from, end));
    if (value === undefined) this.#state = WRONG;
    else this.#scalarUpTo(end, value);
  }

  #skipSpace(from: number): number {
    let at = from;
    while (isSpace(this.#text.charCodeAt(at))) at++;
    return at;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Digits that a double surely holds. */
const QUICK_DIGITS = 15;
const SIMPLE_ESCAPES = '"\\/bfnrt';
const ESCAPED = '"\\/\b\f\n\r\t';

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** The number of four hexadecimal digits; -1 where these are none. */
function hexAt(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

const SMALL_INTEGERS: Numeric[] = [];
const SMALL_MAX = 1024;

/** Small ones are shared. */
function integerNode(value: number): Numeric {
  if (value < 0 || value >= SMALL_MAX) return new Numeric(BigInt(value), 0);
  return (SMALL_INTEGERS[value] ??= new Numeric(BigInt(value), 0));
}

/** Undefined where the number is too large. */
function numericOf(text: string): Numeric | undefined {
  try {
    return parseNumeric(text);
  } catch {
    return undefined;
  }
}
