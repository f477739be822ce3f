import { expect, test } from 'vitest';
import { hashKey } from '../../../src/types/hash.ts';
import { jsonObject, type JsonNode } from '../../../src/types/json-node.ts';
import { parseJson } from '../../../src/types/json-reader.ts';
import { formatJson } from '../../../src/types/json-text.ts';
import { compareJsonb, Jsonb } from '../../../src/types/jsonb.ts';
import { OID } from '../../../src/types/type.ts';
import { randomSource } from '../../support/random-source.ts';
import { seedOf } from '../../support/seed.ts';

const random = randomSource(seedOf('jsonb-key'));
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

const TEXTS = [
  '1',
  '1.0',
  '10',
  '-1.50',
  '-1.5',
  '0.0',
  '-0',
  '1e2',
  '100',
  '"1"',
  '"1.0"',
  '"a.0\\""',
  'null',
  'true',
];

function randomNode(depth: number): JsonNode {
  const kind = Math.floor(random() * (depth === 0 ? 1 : 3));
  if (kind === 0) return parseJson(pick(TEXTS));
  const length = Math.floor(random() * 3);
  if (kind === 1) return Array.from({ length }, () => randomNode(depth - 1));
  return jsonObject(Array.from({ length }, () => [pick(['a', 'b', '1.0']), randomNode(depth - 1)]));
}

test('documents have the same key where they are equal, whether they are trees or texts', () => {
  const nodes = Array.from({ length: 400 }, () => randomNode(2));
  const documents = nodes.flatMap((node) => [new Jsonb(node), Jsonb.ofText(formatJson(node))]);
  const keys = documents.map((document) => hashKey(OID.jsonb, document));
  let equal = 0;
  for (const [i, a] of documents.entries()) {
    for (const [j, b] of documents.entries()) {
      const isSame = compareJsonb(a, b) === 0;
      if (isSame !== (keys[i] === keys[j])) expect([keys[i], keys[j]]).toBe(isSame);
      equal += Number(isSame);
    }
  }
  expect(equal).toBeGreaterThan(documents.length * 2);
});
