import { describe, expect, it } from 'vitest';
import { KeyMap, RowMap } from '../../../src/storage/txn/write-set.ts';

describe('maps of a write set', () => {
  it('keep rows in the order of their arrival where it is that of their ids', () => {
    const rows = new RowMap<string>();
    for (let row = 5000; row < 30_000; row++) rows.set(row, `r${row}`);
    rows.set(6000, 'again');
    rows.delete(7000);
    rows.delete(7000);
    expect(rows.size).toBe(24_999);
    expect(rows.get(6000)).toBe('again');
    expect([rows.has(7000), rows.has(29_999), rows.get(40_000)]).toEqual([false, true, undefined]);
    const keys = [...rows.keys()];
    expect(keys.length).toBe(24_999);
    expect(keys.every((key, i) => i === 0 || key > keys[i - 1])).toBe(true);
    expect([...rows].slice(0, 2)).toEqual([
      [5000, 'r5000'],
      [5001, 'r5001'],
    ]);
    expect([...rows.values()].length).toBe(24_999);
  });

  it('keep keys of any length', () => {
    const map = new KeyMap<number>();
    const keys = [
      '',
      'a',
      'ab',
      'ba',
      '\0',
      '\0\0',
      ...Array.from({ length: 1000 }, (_, i) => `k${i}`),
    ];
    keys.forEach((key, i) => map.set(key, i));
    expect(map.size).toBe(keys.length);
    keys.forEach((key, i) => expect(map.get(key)).toBe(i));
    expect(new Map(map)).toEqual(new Map(keys.map((key, i) => [key, i])));
  });
});
