import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { jsonObjectSteps, SortedMembers } from '../../../src/types/json-members.ts';
import {
  compareNodes,
  isJsonObject,
  jsonObject,
  type JsonNode,
} from '../../../src/types/json-node.ts';
import { Parts } from '../../../src/types/parts.ts';

type Member = readonly [string, JsonNode];

function allSteps<T>(steps: Generator<void, T, void>): {
  readonly value: T;
  readonly steps: number;
} {
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done === true) return { value: step.value, steps: count };
  }
}

const object = (members: readonly Member[]): ReadonlyMap<string, JsonNode> =>
  allSteps(jsonObjectSteps(members, members.length)).value;

describe('an object made in steps', () => {
  const count = 20_000;
  const orders: readonly (readonly [string, (i: number) => string])[] = [
    ['in order', (i) => `k${i}`],
    ['backwards', (i) => `k${count - i}`],
    ['in no order', (i) => `k${(i * 7919) % 100_003}`],
    ['with repeats', (i) => `k${(i * 7919) % 97}`],
    ['all equal', () => 'k'],
    ['beyond ASCII', (i) => `${'é😀ß'[i % 3] ?? ''}${(i * 31) % 5000}`],
  ];
  for (const [name, keyOf] of orders) {
    it(`is what it is when made at once: keys ${name}`, () => {
      const members = Array.from({ length: count }, (_, i): Member => [keyOf(i), String(i)]);
      const expected = jsonObject(members);
      const found = object(members);
      expect([...found]).toEqual([...expected]);
      expect([...found.keys()]).toEqual([...expected.keys()]);
      expect([...found.values()]).toEqual([...expected.values()]);
      expect(found.size).toBe(expected.size);
      expect(isJsonObject(found) && compareNodes(found, expected)).toBe(0);
      for (const [key, value] of members.slice(0, 500)) {
        expect(found.get(key)).toBe(expected.get(key));
        expect(found.has(`${key}-`) || found.has('')).toBe(false);
        expect(value).toBeDefined();
      }
      expect([...new Map(found)]).toEqual([...expected]);
    });
  }

  it('yields while it works', () => {
    const members = Array.from(
      { length: count },
      (_, i): Member => [`k${(i * 7919) % 100_003}`, i % 2 === 0],
    );
    const { value, steps } = allSteps(jsonObjectSteps(members, count));
    expect(value).toBeInstanceOf(SortedMembers);
    expect(steps).toBeGreaterThan(count / 2048);
  });

  it('of random members is what it is when made at once', () => {
    const member = fc.tuple(fc.string({ maxLength: 3 }), fc.constantFrom(null, true, 'x'));
    fc.assert(
      fc.property(fc.array(member, { minLength: 2100, maxLength: 5000 }), (members) => {
        expect([...object(members)]).toEqual([...jsonObject(members)]);
      }),
      { numRuns: 10 },
    );
  });
});

describe('parts of a list', () => {
  it('are its beginning, however it grows', () => {
    const last = [3];
    const parts = [[1, 2], last];
    const three = new Parts([...parts], 3);
    const one = new Parts([...parts], 1);
    last.push(4);
    parts.push([5]);
    expect([...three]).toEqual([1, 2, 3]);
    expect(three.toArray()).toEqual([1, 2, 3]);
    expect([...one]).toEqual([1]);
    expect(one.toArray()).toEqual([1]);
    expect(new Parts<number>([[]], 0).toArray()).toEqual([]);
    expect(new Parts([last], 1).toArray()).toEqual([3]);
    expect(new Parts([last], 2).toArray()).toEqual([3, 4]);
  });
});

describe('an object of many members', () => {
  it('is changed as a small one is', () => {
    const count = 9000;
    const members = Array.from({ length: count }, (_, i): Member => [`k${i * 2}`, `${i}`]);
    const sorted = object(members) as SortedMembers;
    const keys = [
      '',
      'a',
      'k0',
      'k1',
      'k2',
      'k4095',
      'k4096',
      `k${count * 2 - 2}`,
      'k99999',
      'zzzzzzzz',
    ];
    for (const key of keys) {
      const plain = new Map(members);
      plain.delete(key);
      const without = sorted.without(key);
      expect([...without]).toEqual([...jsonObject(plain)]);
      expect(without.size).toBe(plain.size);
      const added = sorted.with(key, 'new');
      expect([...added]).toEqual([...jsonObject([...members, [key, 'new']])]);
      expect(added.get(key)).toBe('new');
      expect(without.with(key, 'new').get(key)).toBe('new');
    }
  });

  it('may lose all of them', () => {
    let left = object(
      Array.from({ length: 3000 }, (_, i): Member => [`k${i}`, null]),
    ) as SortedMembers;
    for (let i = 0; i < 3000; i++) left = left.without(`k${i}`);
    expect([...left]).toEqual([]);
    expect(left.without('a').size).toBe(0);
    expect([...left.with('a', 'b')]).toEqual([['a', 'b']]);
  });
});
