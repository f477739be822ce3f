import { rounds } from '../../../support/rounds.ts';
import { expect, test } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { contains, containsSteps } from '../../../../src/functions/json/jsonb-contains.ts';
import { parseJson } from '../../../../src/types/json-reader.ts';
import { compareNodes, isJsonArray, isJsonObject } from '../../../../src/types/json-node.ts';
import type { JsonNode } from '../../../../src/types/json-node.ts';
import { randomSource } from '../../../support/random-source.ts';
import { seedOf } from '../../../support/seed.ts';

const isScalar = (node: JsonNode): boolean => !isJsonArray(node) && !isJsonObject(node);

/** Each wanted element against each one there is. */
function plainContains(a: JsonNode, b: JsonNode, isTop: boolean): boolean {
  if (isJsonObject(b))
    return (
      isJsonObject(a) &&
      [...b].every(([key, value]) => {
        const found = a.get(key);
        return found !== undefined && plainContains(found, value, false);
      })
    );
  if (isJsonArray(b))
    return (
      isJsonArray(a) && b.every((wanted) => a.some((each) => plainContains(each, wanted, false)))
    );
  if (isTop && isJsonArray(a))
    return a.some((each) => isScalar(each) && compareNodes(each, b) === 0);
  return isScalar(a) && compareNodes(a, b) === 0;
}

const random = randomSource(seedOf('jsonb-contains'));
const below = (count: number): number => Math.floor(random() * count);

function randomNode(depth: number, wide: number): JsonNode {
  const kind = below(depth === 0 ? 4 : 8);
  if (kind === 0) return ['a', 'b', 'ab', ''][below(4)]!;
  if (kind === 1) return parseJson(['1', '1.0', '2', '1e0', '10'][below(5)]!);
  if (kind === 2) return [null, true, false][below(3)]!;
  if (kind === 3) return parseJson(String(below(40)));
  if (kind < 6) return Array.from({ length: below(wide) }, () => randomNode(depth - 1, 4));
  return new Map(
    Array.from({ length: below(4) }, () => [['a', 'b', 'c'][below(3)]!, randomNode(depth - 1, 4)]),
  );
}

/** A part of a node, so that some are contained. */
function partOf(node: JsonNode): JsonNode {
  if (isJsonArray(node))
    return node.flatMap((item) => (below(3) === 0 ? [] : [partOf(item)])).toReversed();
  if (isJsonObject(node))
    return new Map([...node].flatMap(([key, item]) => (below(3) ? [[key, partOf(item)]] : [])));
  return node;
}

test('containment is what comparing each with each gives', () => {
  let contained = 0;
  for (let i = 0; i < rounds(800); i++) {
    const wide = i % 10 === 0 ? 200 : 6;
    const a = randomNode(4, wide);
    const b = below(3) === 0 ? randomNode(3, wide) : partOf(a);
    const expected = plainContains(a, b, true);
    contained += Number(expected);
    expect(contains(a, b)).toBe(expected);
    expect(finishNow(containsSteps(a, b))).toBe(expected);
  }
  expect(contained).toBeGreaterThan(500);
});

test.each([
  [
    'whole objects',
    (i: number) => `{"id":${i},"kind":"x"}`,
    (i: number) => `{"id":${i},"kind":"x"}`,
  ],
  ['parts of objects', (i: number) => `{"kind":"x","id":${i}}`, (i: number) => `{"id":${i}}`],
  [
    'deeper parts',
    (i: number) => `{"k":[1,{"id":${i},"n":2}]}`,
    (i: number) => `{"k":[{"id":${i}}]}`,
  ],
  ['scalars', (i: number) => `"host ${i}"`, (i: number) => `"host ${i}"`],
  ['arrays', (i: number) => `[1,2,${i}]`, (i: number) => `[${i},1]`],
])('large arrays of %s are not compared each with each', (_, there, wanted) => {
  const numbers = Array.from({ length: 20_000 }, (_each, i) => i);
  const a = parseJson(`[${numbers.map(there).join()}]`);
  const b = parseJson(`[${numbers.toReversed().map(wanted).join()}]`);
  const missing = parseJson(`[${[...numbers, 20_001].map(wanted).join()}]`);
  expect(contains(a, b)).toBe(true);
  expect(contains(a, missing)).toBe(false);
  let steps = 0;
  for (const iterator = containsSteps(a, b); iterator.next().done !== true;) steps++;
  expect(steps).toBeGreaterThan(5);
});
