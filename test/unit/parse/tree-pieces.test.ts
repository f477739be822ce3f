/** JSON that is read in pieces is what JSON.parse makes of it. */
import { expect, it } from 'vitest';
import { largeParts, readPieces } from '../../../src/parse/tree-pieces.ts';
import fc from '../../support/fast-check.ts';

const ENCODER = new TextEncoder();

function read(value: unknown): { readonly value: unknown; readonly steps: number } {
  const json = ENCODER.encode(JSON.stringify(value));
  const steps = readPieces(json, largeParts(json));
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done === true) return { value: step.value, steps: count };
  }
}

const items = (count: number): unknown[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'a"]}\\',
    at: i,
    list: [i, null, 'é😀'],
    x: {},
  }));

function chain(depth: number): unknown {
  let node: unknown = { leaf: items(3) };
  for (let i = 0; i < depth; i++) node = { op: { name: `n${i}`, left: node, right: [i], at: i } };
  return node;
}

it.each([
  ['little', { a: [1, { b: '"}' }], c: null, d: true }],
  ['a long list', items(20_000)],
  ['long lists in lists', [items(2000), 1, [items(3000), []], items(10), 'x']],
  [
    'an object with large values',
    { a: 1, b: items(3000), c: [], d: items(2000), e: { f: items(900) } },
  ],
  ['a deep chain', chain(800)],
  ['long strings', ['x'.repeat(50_000), { a: '"'.repeat(40_000), b: 'y'.repeat(70_000) }, 'z']],
])('%s', (_, value) => {
  expect(read(value).value).toEqual(value);
  expect(JSON.stringify(read(value).value)).toBe(JSON.stringify(value));
});

it('takes many steps', () => {
  expect(read(items(20_000)).steps).toBeGreaterThan(50);
});

it('of random shape', () => {
  const text = fc.oneof(
    fc.string(),
    fc.integer({ min: 0, max: 20_000 }).map((n) => 't'.repeat(n)),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('tree'), { maxLength: 6 }),
      fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(read(value).value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 200 },
  );
});
