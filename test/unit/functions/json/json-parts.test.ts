import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import * as parts from '../../../../src/functions/json/json-parts.ts';
import { scalarText } from '../../../../src/functions/json/jsonb-parts.ts';
import { type JsonSpan, parseJsonSpans, spanText } from '../../../../src/types/json-text.ts';
import { countItems, countSteps, JsonWalk, kindAt } from '../../../../src/types/json-walk.ts';
import { randomSource } from '../../../support/random-source.ts';
import { seedOf } from '../../../support/seed.ts';

const random = randomSource(seedOf('json-parts'));
const below = (count: number): number => Math.floor(random() * count);
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;

/** Keys in more than one spelling. */
const KEYS = ['a', 'b', '', 'é', 'a"b', '0'];
const SPELT = ['"a"', '"\\u0061"', '"b"', '""', '"é"', '"\\u00e9"', '"a\\"b"', '"0"'];
const SCALARS = [
  '1',
  '-2.50',
  '1e3',
  'true',
  'false',
  'null',
  '"x"',
  '"\\ud83d\\ude00 \\\\"',
  '"]}"',
];

function randomText(depth: number): string {
  const space = (): string => oneOf(['', '', ' ', '\n\t']);
  const kind = below(depth === 0 ? 1 : 3);
  if (kind === 0) return oneOf(SCALARS);
  const items = Array.from({ length: below(5) }, () => {
    const value = space() + randomText(depth - 1) + space();
    return kind === 1 ? value : `${space()}${oneOf(SPELT)}${space()}:${value}`;
  });
  return kind === 1 ? `[${items.join()}${space()}]` : `{${items.join()}${space()}}`;
}

/** The part by a tree of all of the text. */
function spanAt(root: JsonSpan, path: readonly string[]): JsonSpan | undefined {
  let span: JsonSpan | undefined = root;
  for (const step of path) {
    if (span?.kind === 'object') span = span.members?.findLast(([name]) => name === step)?.[1];
    else if (span?.kind === 'array' && /^-?\d+$/.test(step)) span = span.items?.at(Number(step));
    else return undefined;
  }
  return span;
}

describe('parts of a json text', () => {
  it('are what a tree of the text has', () => {
    let found = 0;
    for (let i = 0; i < 8000; i++) {
      const text = oneOf(['', ' \n']) + randomText(4) + oneOf(['', '\t']);
      const root = parseJsonSpans(text);
      const path = Array.from({ length: below(4) }, () => oneOf([...KEYS, '1', '-1', '2']));
      const expected = spanAt(root, path);
      const [walk, stepped] = [parts.walkJson(text), parts.walkJson(text)];
      expect(parts.toTextPath(walk, path), text).toBe(expected !== undefined);
      expect(finishNow(parts.toTextPathSteps(stepped, path))).toBe(expected !== undefined);
      if (expected === undefined) continue;
      found++;
      const raw = text.slice(expected.start, expected.end);
      expect(kindAt(walk)).toBe(expected.kind);
      const inside = new JsonWalk(raw);
      if (expected.kind === 'array') {
        expect(countItems(new JsonWalk(raw))).toBe(expected.items?.length);
        expect(finishNow(countSteps(new JsonWalk(raw)))).toBe(expected.items?.length);
        const items = expected.items?.map(({ start, end }) => text.slice(start, end));
        expect([...parts.itemTexts(inside)]).toEqual(items);
      }
      if (expected.kind === 'object') {
        const members = expected.members?.map(([key, { start, end }]) => [
          key,
          text.slice(start, end),
        ]);
        expect([...parts.memberTexts(inside)]).toEqual(members);
      }
      expect(finishNow(parts.valueAtSteps(stepped))).toBe(raw);
      expect(parts.valueAt(walk)).toBe(raw);
      expect(scalarText(raw)).toBe(spanText(text, expected));
    }
    expect(found).toBeGreaterThan(2000);
  });

  it.each([
    '["\\u0000"]',
    '["\\ud800"]',
    '["\\udc00"]',
    '["\\ud800\\u0041"]',
    '["\\ude00\\ud83d"]',
  ])('of %s are not to be had', (text) => {
    expect(() => parts.walkJson(text)).toThrow(/Unicode|invalid input syntax/);
  });

  it.each(['["\\ud83d\\ude00\\ud83d\\ude00"]', '["\\\\u0000"]', '["\\u00e9"]'])(
    'of %s are to be had',
    (text) => {
      expect(parts.valueAt(parts.walkJson(text))).toBe(text);
    },
  );
});
