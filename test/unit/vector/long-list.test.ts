import { describe, expect, it } from 'vitest';
import { LongList } from '../../../src/vector/long-list.ts';

describe('LongList', () => {
  it.each([0, 1, 32_767, 32_768, 32_769, 100_000])('keeps %d elements', (length) => {
    const list = new LongList<number>();
    for (let i = 0; i < length; i++) list.push(i);
    expect(list.length).toBe(length);
    for (const position of [0, 32_767, 32_768, length - 1]) {
      if (position >= 0 && position < length) expect(list.at(position)).toBe(position);
    }
    const all = list.toArray();
    expect(all.length).toBe(length);
    expect(all.every((value, i) => value === i)).toBe(true);
  });

  it('is cut and goes on as an array does', () => {
    const list = new LongList<number>();
    const known: number[] = [];
    for (const [length, end] of [
      [80_000, 65_536],
      [3, 65_534],
      [5000, 32_768],
      [5, 0],
      [32_769, 32_769],
    ]) {
      for (let i = 0; i < length; i++) {
        list.push(i);
        known.push(i);
      }
      expect([...list]).toEqual(known);
      list.cutAt(end);
      known.length = end;
      if (end === 0) continue;
      list.replace(end - 1, -5);
      known[end - 1] = -5;
      expect([list.length, list.at(0), list.at(end - 1)]).toEqual([end, known[0], -5]);
    }
    expect([...list]).toEqual(known);
  });
});
