import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import { NumberSet } from '../../../src/vector/number-set.ts';

describe('a set of numbers', () => {
  const lists: readonly (readonly [string, readonly number[]])[] = [
    ['none', []],
    ['one', [7]],
    ['integers', Array.from({ length: 10_000 }, (_, i) => i * 3 - 5000)],
    ['equal ones', Array.from({ length: 10_000 }, (_, i) => i % 7)],
    ['wide integers', Array.from({ length: 10_000 }, (_, i) => i * 2 ** 40 + 1)],
    ['fractions', Array.from({ length: 10_000 }, (_, i) => i / 16_384)],
    ['powers of two', Array.from({ length: 1000 }, (_, i) => 2 ** (i - 500))],
    ['zero', [-0, 1]],
    ['NaN and infinities', [Number.NaN, Infinity, 5, Number.NaN]],
  ];
  for (const [name, numbers] of lists) {
    it(`has what a Set has: ${name}`, () => {
      const set = finishNow(NumberSet.build(numbers));
      const expected = new Set(numbers);
      const others = [0, -0, 1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53, -5000, 2 ** -1074];
      for (const number of [...numbers, ...others, ...numbers.map((each) => each + 1 / 32_768)]) {
        expect(set.has(number)).toBe(expected.has(number));
      }
    });
  }
});
