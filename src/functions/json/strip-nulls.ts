/** json_strip_nulls(json). */
import { LongText } from '../../base/long-text.ts';
import type { Stepped } from '../../base/steps.ts';
import { quoteJson } from '../../types/json-quote.ts';
import type { JsonWalk } from '../../types/json-walk.ts';
import { scalarText } from './jsonb-parts.ts';
import { valueAt, walkJson } from './json-parts.ts';

/** Characters walked between two yields. */
const STEP = 32 * 1024;
const NULL = 110;

/** Removes members whose value is null, at every level; the rest loses its white space. */
export function* stripSteps(source: string): Stepped<string> {
  const walk = walkJson(source);
  const result = new LongText();
  /** What closes the arrays and objects that are open. */
  const closing: string[] = [];
  let goneOn = walk.at;
  for (;;) {
    let more = true;
    if (walk.isObject || walk.isArray) {
      result.add(walk.isObject ? '{' : '[');
      closing.push(walk.isObject ? '}' : ']');
      more = walk.enter() && toKept(walk, closing, result, '');
    } else {
      result.add(scalarAt(walk));
      more = closing.length > 0 && walk.next() && toKept(walk, closing, result, ',');
    }
    while (!more) {
      const close = closing.pop();
      if (close === undefined) return result.toString();
      result.add(close);
      more = closing.length > 0 && walk.next() && toKept(walk, closing, result, ',');
    }
    if (walk.at - goneOn < STEP) continue;
    goneOn = walk.at;
    yield;
  }
}

/** To the value of the next item or member that stays; false where there is none. */
function toKept(
  walk: JsonWalk,
  closing: readonly string[],
  result: LongText,
  separator: string,
): boolean {
  if (closing.at(-1) === ']') {
    result.add(separator);
    return true;
  }
  for (;;) {
    const start = walk.at;
    const key = walk.text.slice(start, walk.toValue());
    if (walk.code !== NULL) {
      result.add(`${separator}${quoted(key)}:`);
      return true;
    }
    walk.skip();
    if (!walk.next()) return false;
  }
}

function scalarAt(walk: JsonWalk): string {
  const text = valueAt(walk);
  return text.startsWith('"') ? quoted(text) : text;
}

/** A string with the escapes that it would be printed with. */
function quoted(text: string): string {
  return text.includes('\\') ? quoteJson(scalarText(text) as string) : text;
}
