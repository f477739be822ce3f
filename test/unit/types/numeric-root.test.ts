import { expect, it } from 'vitest';
import { integerSqrt } from '../../../src/types/numeric-functions.ts';

it('gives the whole root of numbers of any length', () => {
  const bits = [
    1, 2, 3, 51, 52, 53, 54, 100, 998, 999, 1000, 1001, 1002, 1003, 2047, 2048, 5000, 20_001,
  ];
  for (const count of bits) {
    const power = 1n << BigInt(count);
    for (const root of [power - 1n, power, power + 1n, (power * 2n) / 3n]) {
      for (const more of [-1n, 0n, 1n, root, 2n * root]) {
        const value = root * root + more;
        const expected = more < 0n ? root - 1n : root;
        if (value >= 0n && root > 0n) expect(integerSqrt(value)).toBe(expected);
      }
    }
  }
});
