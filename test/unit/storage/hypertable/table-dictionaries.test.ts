/** Which dictionaries heads and segments of a table share. */
import { expect, it } from 'vitest';
import { emptyTable } from '../../../../src/storage/hypertable/store.ts';
import {
  headDictionary,
  sharedDictionary,
} from '../../../../src/storage/hypertable/table-dictionaries.ts';

const MEGABYTE = new Uint8Array(1024 * 1024).fill(120);

it('shares a dictionary between heads and segments while it is small', () => {
  const { runtime } = emptyTable(1);
  const shared = sharedDictionary(runtime, 2);
  expect(shared).toBeDefined();
  expect(headDictionary(runtime, 2)).toBe(shared);
  expect(sharedDictionary(runtime, 3)).not.toBe(shared);
});

it('leaves a large one to heads, until it takes much memory', () => {
  const { runtime } = emptyTable(1);
  const first = headDictionary(runtime, 2);
  for (let i = 0; i < 200_000; i++) first.addDistinct(Buffer.from(String(i)), 0, 5);
  expect(sharedDictionary(runtime, 2)).toBeUndefined();
  expect(headDictionary(runtime, 2)).toBe(first);
  for (let i = 0; i < 64; i++) first.addDistinct(MEGABYTE, 0, MEGABYTE.length);
  const second = headDictionary(runtime, 2);
  expect(second).not.toBe(first);
  expect(second.size).toBe(1);
  expect(headDictionary(runtime, 2)).toBe(second);
  expect(sharedDictionary(runtime, 2)).toBeUndefined();
  for (let i = 0; i < 65; i++) second.addDistinct(MEGABYTE, 0, MEGABYTE.length);
  expect(headDictionary(runtime, 2)).not.toBe(second);
});
