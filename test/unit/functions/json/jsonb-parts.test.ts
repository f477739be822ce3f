import { rounds } from '../../../support/rounds.ts';
import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import * as parts from '../../../../src/functions/json/jsonb-parts.ts';
import { isJsonArray, isJsonObject, jsonObject } from '../../../../src/types/json-node.ts';
import type { JsonNode } from '../../../../src/types/json-node.ts';
import { parseJson } from '../../../../src/types/json-reader.ts';
import { formatJson, formatJsonb } from '../../../../src/types/json-text.ts';
import { itemSteps, JsonWalk, memberSteps } from '../../../../src/types/json-walk.ts';
import { compareJsonb, Jsonb } from '../../../../src/types/jsonb.ts';
import { randomSource } from '../../../support/random-source.ts';
import { seedOf } from '../../../support/seed.ts';

const random = randomSource(seedOf('jsonb-parts'));
const below = (count: number): number => Math.floor(random() * count);
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;

const KEYS = [
  'a',
  'b',
  'ab',
  '',
  'é',
  'a"b',
  'back\\slash',
  '{',
  ']',
  'null',
  `${'long'.repeat(20)}"`,
  '0',
];

function randomNode(depth: number): JsonNode {
  const kind = below(depth === 0 ? 3 : 5);
  if (kind === 0) return oneOf(KEYS);
  if (kind === 1) return parseJson(oneOf(['0', '-1', '1.50', '12345678901234567890', '1e3']));
  if (kind === 2) return oneOf([null, true, false]);
  if (kind === 3) return Array.from({ length: below(5) }, () => randomNode(depth - 1));
  return jsonObject(Array.from({ length: below(5) }, () => [oneOf(KEYS), randomNode(depth - 1)]));
}

const shown = (value: Jsonb | null): string | null => (value === null ? null : formatJsonb(value));

describe('parts of a document that is text', () => {
  it('are those of its tree', () => {
    let found = 0;
    for (let i = 0; i < rounds(1200); i++) {
      const node = randomNode(4);
      const tree = new Jsonb(node);
      // Each question to a document of its own, whose text has not become a tree.
      const text = (): Jsonb => Jsonb.ofText(formatJson(node));
      const [key, index] = [oneOf(KEYS), below(9) - 4];
      const path = Array.from({ length: below(4) }, () => oneOf([...KEYS, '1', '-1', ' +0', '2']));
      const both = <T>(ask: (document: Jsonb) => T): void => expect(ask(text())).toEqual(ask(tree));
      both((each) => shown(parts.memberOf(each, key)));
      both((each) => parts.memberText(each, key));
      expect(parts.memberText(tree, key)).toBe(parts.textOf(parts.memberOf(text(), key)));
      both((each) => shown(parts.itemOf(each, index)));
      both((each) => shown(parts.pathOf(each, path)));
      both((each) => parts.textOf(parts.pathOf(each, path)));
      both((each) => parts.textOf(each));
      both((each) => parts.hasKey(each, key));
      both((each) => parts.kindOf(each));
      if (isJsonArray(node)) {
        both((each) => parts.countOf(each));
        both((each) => [...parts.itemsOf(each)].map(shown));
      }
      if (isJsonObject(node))
        both((each) => [...parts.membersOf(each)].map(([name, item]) => [name, shown(item)]));
      expect(text().root).toEqual(node);
      expect(compareJsonb(text(), tree)).toBe(0);
      found += Number(parts.pathOf(tree, path) !== null);
    }
    expect(found).toBeGreaterThan(rounds(120));
  });

  it('are found in any spelling of JSON, and in steps', () => {
    const items = Array.from({ length: 60_000 }, (_, i) => `{ "a\\"]" : [${i}, "x\\\\"] }`);
    const text = `\n[ ${items.join(' ,\t')} ]`;
    const walk = new JsonWalk(text);
    let steps = 0;
    for (const looking = itemSteps(walk, 50_000); looking.next().done !== true;) steps++;
    expect(steps).toBeGreaterThan(3);
    const start = walk.at;
    walk.skip();
    expect(text.slice(start, walk.at)).toBe(items[50_000]);
    const member = new JsonWalk(text, start);
    expect(finishNow(memberSteps(member, 'a"]'))).toBe(true);
    expect(finishNow(itemSteps(member, 0))).toBe(true);
    expect(member.text.startsWith('50000', member.at)).toBe(true);
    expect(finishNow(itemSteps(new JsonWalk(text), 60_000))).toBe(false);
  });

  it('can stop inside of a long value', () => {
    const text = `{"a": [${'[1, {"b": "]}"}], '.repeat(100_000)}0], "b": 7}`;
    let steps = 0;
    const walk = new JsonWalk(text);
    const looking = memberSteps(walk, 'b');
    while (looking.next().done !== true) steps++;
    expect(steps).toBeGreaterThan(5);
    expect(walk.text.slice(walk.at)).toBe('7}');
  });

  it('becomes a tree when it was walked often', () => {
    const document = Jsonb.ofText('[1, 2, 3]');
    const asked = Array.from({ length: 40 }, (_, i) => shown(parts.itemOf(document, i % 3)));
    expect(asked).toEqual(Array.from({ length: 40 }, (_, i) => String((i % 3) + 1)));
    expect(document.walk()).toBeUndefined();
  });
});
