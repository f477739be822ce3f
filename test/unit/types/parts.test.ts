import { expect, it } from 'vitest';
import { hashKey } from '../../../src/types/hash.ts';
import { Parts } from '../../../src/types/parts.ts';
import { PgArray } from '../../../src/types/pg-array.ts';

it('gives its first items, however they are parted', () => {
  const parts = [[1, 2], [], [3], [4, 5, 6]];
  for (let length = 0; length <= 6; length++) {
    const some = new Parts(parts, length);
    expect([...some]).toEqual([1, 2, 3, 4, 5, 6].slice(0, length));
    expect(some.toArray()).toEqual([...some]);
  }
  expect(new Parts([[1, 2, 3]], 2).toArray()).toEqual([1, 2]);
});

it('of an array have the key of the whole, of any length', () => {
  for (const length of [1, 255, 256, 257, 1000]) {
    const items = Array.from({ length }, (_, i) => (i % 5 === 0 ? null : `text ${i}`));
    const half = length >> 1;
    const parts = new Parts([items.slice(0, half), items.slice(half)], length);
    const key = hashKey(1009, new PgArray(25, items));
    expect(hashKey(1009, new PgArray(25, parts))).toBe(key);
    expect(key).toBe(
      `${length};1;${items.map((x) => (x === null ? 'n' : `${x.length}:${x}`)).join('')}`,
    );
  }
});
