import { expect, it } from 'vitest';
import { hashKey } from '../../../src/types/hash.ts';
import { Parts } from '../../../src/types/parts.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import { OID } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';

it('gives its first items, however they are parted', () => {
  const parts = [[1, 2], [], [3], [4, 5, 6]];
  for (let length = 0; length <= 6; length++) {
    const some = new Parts(parts, length);
    expect([...some]).toEqual([1, 2, 3, 4, 5, 6].slice(0, length));
    expect(some.toArray()).toEqual([...some]);
  }
  expect(new Parts([[1, 2, 3]], 2).toArray()).toEqual([1, 2]);
});

it('of an array have the key of the whole, which no other array has, of any length', () => {
  const keyOf = (items: readonly Value[] | Parts<Value>): unknown =>
    hashKey(1009, new PgArray(OID.text, items));
  for (const length of [1, 255, 256, 257, 1000]) {
    const items = Array.from({ length }, (_, i) => (i % 5 === 1 ? null : `text ${i}`));
    const half = length >> 1;
    const key = keyOf(items);
    expect(keyOf(new Parts([items.slice(0, half), items.slice(half)], length))).toBe(key);
    const others = [
      items.with(0, 'ext 0'),
      items.with(0, null),
      items.with(-1, ''),
      ['-1', ...items.slice(1)],
      items.slice(1),
      [...items, ''],
    ];
    for (const other of others) expect(keyOf(other)).not.toBe(key);
  }
  const filler = Array.from({ length: 300 }, () => 'x');
  expect(keyOf([...filler, 'ab', 'c'])).not.toBe(keyOf([...filler, 'a', 'bc']));
});
