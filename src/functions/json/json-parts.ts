/**
 * Parts of json texts, which keep their spelling: any white space, members in any order and more than once, of which
 * the last counts. A text is walked; what is not asked for is not decoded.
 */
import type { Stepped } from '../../base/steps.ts';
import { parseJsonSpans } from '../../types/json-text.ts';
import { quoteJson } from '../../types/json-quote.ts';
import {
  countItems,
  countSteps,
  itemSteps,
  JsonWalk,
  toItem,
  WALK_STEP,
} from '../../types/json-walk.ts';
import { isIndex, scalarText } from './jsonb-parts.ts';

/** A zero byte, or one half of a surrogate pair: json may have these, but no text can. */
const UNREADABLE =
  /\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]/;

/** The way into a text. Who walks it sees strings that cannot be read as little as others; PostgreSQL reads all. */
export function walkJson(source: string): JsonWalk {
  if (source.includes('\\u') && UNREADABLE.test(source)) parseJsonSpans(source);
  return new JsonWalk(source);
}

/** The value at the cursor, as it is written. */
export function valueAt(walk: JsonWalk): string {
  const start = walk.at;
  walk.skip();
  return walk.text.slice(start, walk.at);
}

export function* valueAtSteps(walk: JsonWalk): Stepped<string> {
  const start = walk.at;
  while (!walk.skip(walk.at + WALK_STEP)) yield;
  return walk.text.slice(start, walk.at);
}

/** The key at the cursor, which goes on to its value. */
export function keyAt(walk: JsonWalk): string {
  const start = walk.at;
  return scalarText(walk.text.slice(start, walk.toValue())) as string;
}

/** What follows a path of keys and indexes, as a place to stop at; false where there is nothing. */
export type Step = { readonly key: string } | { readonly index: number };

export function toPath(walk: JsonWalk, path: readonly Step[]): boolean {
  for (const step of path) {
    if ('key' in step) {
      if (!walk.isObject || !toLastMember(walk, step.key)) return false;
    } else if (!walk.isArray || !toIndex(walk, step.index)) return false;
  }
  return true;
}

export function* toPathSteps(walk: JsonWalk, path: readonly Step[]): Stepped<boolean> {
  for (const step of path) {
    if ('key' in step) {
      if (!walk.isObject || !(yield* lastMemberSteps(walk, step.key))) return false;
    } else if (!walk.isArray || !(yield* indexSteps(walk, step.index))) return false;
  }
  return true;
}

/** A step of #> is a key or an index, whichever the value there has. */
export function toTextPath(walk: JsonWalk, path: readonly string[]): boolean {
  return path.every((step) => toPath(walk, [stepAt(walk, step)]));
}

export function* toTextPathSteps(walk: JsonWalk, path: readonly string[]): Stepped<boolean> {
  for (const step of path) if (!(yield* toPathSteps(walk, [stepAt(walk, step)]))) return false;
  return true;
}

function stepAt(walk: JsonWalk, step: string): Step {
  return walk.isArray && isIndex(step) ? { index: Number(step) } : { key: step };
}

function toIndex(walk: JsonWalk, index: number): boolean {
  const place = index < 0 ? countItems(walk.fork()) + index : index;
  return place >= 0 && toItem(walk, place);
}

function* indexSteps(walk: JsonWalk, index: number): Stepped<boolean> {
  const place = index < 0 ? (yield* countSteps(walk.fork())) + index : index;
  return place >= 0 && (yield* itemSteps(walk, place));
}

function toLastMember(walk: JsonWalk, key: string): boolean {
  const quoted = quoteJson(key);
  let found = -1;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (isKey(walk, key, quoted)) found = walk.at;
    walk.skip();
  }
  if (found >= 0) walk.at = found;
  return found >= 0;
}

function* lastMemberSteps(walk: JsonWalk, key: string): Stepped<boolean> {
  const quoted = quoteJson(key);
  let found = -1;
  let { at } = walk;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (isKey(walk, key, quoted)) found = walk.at;
    while (!walk.skip(walk.at + WALK_STEP)) yield;
    if (walk.at - at < WALK_STEP) continue;
    at = walk.at;
    yield;
  }
  if (found >= 0) walk.at = found;
  return found >= 0;
}

/** Goes from a key to its value; whether it is this one, which may be spelt in more than one way. */
function isKey(walk: JsonWalk, key: string, quoted: string): boolean {
  const start = walk.at;
  const end = walk.toValue();
  if (end - start === quoted.length && walk.text.startsWith(quoted, start)) return true;
  const raw = walk.text.slice(start, end);
  return raw.includes('\\') && scalarText(raw) === key;
}

/** The elements of the array at the cursor, as they are written. */
export function* itemTexts(walk: JsonWalk): Generator<string, void, void> {
  for (let more = walk.enter(); more; more = walk.next()) yield valueAt(walk);
}

/** The members of the object at the cursor, in their order, duplicates included. */
export function* memberTexts(walk: JsonWalk): Generator<readonly [string, string], void, void> {
  for (let more = walk.enter(); more; more = walk.next()) yield [keyAt(walk), valueAt(walk)];
}
