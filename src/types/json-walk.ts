/**
 * Ways through a text that is known to be JSON, without making anything of what is passed by: a cursor that can stop
 * inside of a value and go on there.
 */
import type { Stepped } from '../base/steps.ts';
import { quoteJson } from './json-quote.ts';

/** Characters passed between two yields: a millisecond at most. */
export const WALK_STEP = 256 * 1024;
/** Characters of a string that are looked at one by one; most are shorter. */
const SHORT_STRING = 32;

export class JsonWalk {
  readonly text: string;
  at: number;
  /** Brackets that are open inside of a value that has not ended yet. */
  #depth = 0;

  /** `at` is where a value begins. */
  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
    this.#space();
  }

  get code(): number {
    return this.text.charCodeAt(this.at);
  }

  get isObject(): boolean {
    return this.code === 123;
  }

  get isArray(): boolean {
    return this.code === 91;
  }

  /** Into the array or object here; false where it has nothing in it, and the cursor is behind it then. */
  enter(): boolean {
    const close = this.code + 2;
    this.at++;
    this.#space();
    if (this.code !== close) return true;
    this.at++;
    return false;
  }

  /** From a key to its value; answers where the key ended. */
  toValue(): number {
    this.#skipString();
    const end = this.at;
    this.#space();
    this.at++;
    this.#space();
    return end;
  }

  /** Another one, at the same place. */
  fork(): JsonWalk {
    return new JsonWalk(this.text, this.at);
  }

  /** Behind a value, to the next item or key; false where there is none, and the cursor is behind the bracket. */
  next(): boolean {
    this.#space();
    const isComma = this.code === 44;
    this.at++;
    if (isComma) this.#space();
    return isComma;
  }

  /** Over the value here, or some of it: false where `limit` is behind and the value goes on. */
  skip(limit = Infinity): boolean {
    if (this.#depth === 0 && !this.isObject && !this.isArray) {
      if (this.code === 34) this.#skipString();
      else this.#skipWord();
      return true;
    }
    const { text } = this;
    let depth = this.#depth;
    let { at } = this;
    while (at <= limit) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        at = endOfString(text, at);
        continue;
      }
      at++;
      // [ and {, ] and } differ in one bit.
      if ((code | 32) === 123) depth++;
      else if ((code | 32) === 125 && --depth === 0) break;
      else if (Number.isNaN(code)) throw new RangeError('JSON ends inside of a value');
    }
    this.at = at;
    this.#depth = depth;
    return depth === 0;
  }

  #skipString(): void {
    this.at = endOfString(this.text, this.at);
  }

  #skipWord(): void {
    const { text } = this;
    let { at } = this;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 44 || code === 93 || code === 125 || code <= 32) break;
    }
    this.at = at;
  }

  #space(): void {
    const { text } = this;
    while (text.charCodeAt(this.at) <= 32) this.at++;
  }
}

/** Behind the string whose opening quote is at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  for (const end = at + SHORT_STRING; at < end;) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    at += code === 92 ? 2 : 1;
  }
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new RangeError('JSON ends inside of a string');
    let slashes = quote;
    while (slashes > at && text.charCodeAt(slashes - 1) === 92) slashes--;
    if ((quote - slashes) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Stops at the value of a member of the object here: the first of this name, which canonical JSON has once. */
export function* memberSteps(walk: JsonWalk, key: string): Stepped<boolean> {
  const quoted = quoteJson(key);
  for (let more = walk.enter(), { at } = walk; more; more = walk.next()) {
    if (atMember(walk, quoted)) return true;
    while (!walk.skip(walk.at + WALK_STEP)) yield;
    if (walk.at - at < WALK_STEP) continue;
    at = walk.at;
    yield;
  }
  return false;
}

/** The key that was looked for last: mostly the same in each row. */
let lastKey = '';
let lastQuoted = '""';

export function toMember(walk: JsonWalk, key: string): boolean {
  if (key !== lastKey) {
    lastKey = key;
    lastQuoted = quoteJson(key);
  }
  const quoted = lastQuoted;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (atMember(walk, quoted)) return true;
    walk.skip();
  }
  return false;
}

/** From a key to its value; true where it is the key that is looked for. */
function atMember(walk: JsonWalk, quoted: string): boolean {
  const found = walk.text.startsWith(quoted, walk.at);
  walk.toValue();
  return found;
}

/** Stops at an element of the array here, counted from 0. */
export function* itemSteps(walk: JsonWalk, index: number): Stepped<boolean> {
  let left = index;
  for (let more = walk.enter(), { at } = walk; more; more = walk.next()) {
    if (left-- === 0) return true;
    while (!walk.skip(walk.at + WALK_STEP)) yield;
    if (walk.at - at < WALK_STEP) continue;
    at = walk.at;
    yield;
  }
  return false;
}

export function toItem(walk: JsonWalk, index: number): boolean {
  let left = index;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (left-- === 0) return true;
    walk.skip();
  }
  return false;
}

/** How many elements the array here has. */
export function* countSteps(walk: JsonWalk): Stepped<number> {
  let count = 0;
  for (let more = walk.enter(), { at } = walk; more; more = walk.next()) {
    count++;
    while (!walk.skip(walk.at + WALK_STEP)) yield;
    if (walk.at - at < WALK_STEP) continue;
    at = walk.at;
    yield;
  }
  return count;
}

export function countItems(walk: JsonWalk): number {
  let count = 0;
  for (let more = walk.enter(); more; more = walk.next()) {
    count++;
    walk.skip();
  }
  return count;
}

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** What kind of value begins at the cursor. */
export function kindAt(walk: JsonWalk): JsonKind {
  switch (walk.code) {
    case 123:
      return 'object';
    case 91:
      return 'array';
    case 34:
      return 'string';
    case 116:
    case 102:
      return 'boolean';
    default:
      return walk.code === 110 ? 'null' : 'number';
  }
}
