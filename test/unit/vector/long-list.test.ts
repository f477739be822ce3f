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
});
