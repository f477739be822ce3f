import { afterEach, describe, expect, it } from 'vitest';
import {
  borrowBytes,
  borrowDoubles,
  borrowInts,
  forgetWaiting,
  giveBack,
  keepLent,
} from '../../../src/base/lent-arrays.ts';

describe('borrowed arrays', () => {
  afterEach(forgetWaiting);

  it('lends memory again that was given back', () => {
    const first = borrowDoubles(100);
    giveBack(first);
    expect(borrowDoubles(100).buffer).toBe(first.buffer);
  });

  it('takes a part of an array for the whole', () => {
    const first = borrowInts(100);
    giveBack(first.subarray(10, 20));
    expect(borrowInts(100).buffer).toBe(first.buffer);
  });

  it('never lends to two at once', () => {
    const first = borrowDoubles(100);
    expect(borrowDoubles(100).buffer).not.toBe(first.buffer);
    giveBack(first);
    giveBack(first);
    const [second, third] = [borrowDoubles(100), borrowDoubles(100)];
    expect(second.buffer).not.toBe(third.buffer);
  });

  it('takes only back what it has lent', () => {
    const own = new Float64Array(100);
    giveBack(own);
    expect(borrowDoubles(100).buffer).not.toBe(own.buffer);
  });

  it('leaves kept memory to its readers', () => {
    const kept = borrowDoubles(100);
    keepLent(kept);
    giveBack(kept);
    expect(borrowDoubles(100).buffer).not.toBe(kept.buffer);
  });

  it('lends a larger array that waits rather than a new one, where that will do', () => {
    const large = borrowDoubles(400);
    const [small, huge] = [borrowDoubles(150), borrowDoubles(1000)];
    for (const array of [large, small, huge]) giveBack(array);
    expect(borrowDoubles(100, 500).buffer).toBe(large.buffer);
    expect(borrowDoubles(100, 500).buffer).toBe(small.buffer);
    expect(borrowDoubles(100, 500)).toHaveLength(100);
  });

  it('lends bytes in few sizes', () => {
    const first = borrowBytes(100_000);
    expect(first.length).toBeGreaterThanOrEqual(100_000);
    giveBack(first);
    expect(borrowBytes(90_000).buffer).toBe(first.buffer);
  });

  it('fits sizes exactly', () => {
    giveBack(borrowDoubles(100));
    expect(borrowDoubles(50)).toHaveLength(50);
    expect(borrowInts(200)).toHaveLength(200);
  });
});
