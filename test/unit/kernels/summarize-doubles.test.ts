import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { ODD } from '../../../src/kernels/summary-kernels.ts';

interface Summary {
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

function twin(numbers: Float64Array, start: number, end: number): Summary {
  let sum = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const number of numbers.subarray(start, end)) {
    sum += number;
    minimum = Math.min(minimum, number);
    maximum = Math.max(maximum, number);
  }
  return { sum, minimum, maximum };
}

function summarize(
  numbers: Float64Array,
  borders: readonly number[],
): { odd: number; all: Summary[] } {
  const count = borders.length - 1;
  const base = scratch(numbers.byteLength + count * 32 + 64);
  const sums = base + Math.ceil(numbers.byteLength / 16) * 16;
  const [lows, highs, starts] = [sums + count * 8, sums + count * 16, sums + count * 24];
  const ends = starts + count * 4;
  const { f64, u32 } = kernelViews();
  f64.set(numbers, base / 8);
  u32.set(borders.slice(0, count), starts / 4);
  u32.set(borders.slice(1), ends / 4);
  const odd = kernels.summarizeF64(base, starts, ends, count, sums, lows, highs);
  const all = Array.from({ length: count }, (_, i) => ({
    sum: f64[sums / 8 + i]!,
    minimum: f64[lows / 8 + i]!,
    maximum: f64[highs / 8 + i]!,
  }));
  return { odd, all };
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });

function bordersOf(length: number, at: readonly number[]): number[] {
  return [...new Set([0, length, ...at.map((cut) => cut % length)])].sort((a, b) => a - b);
}

describe('summaries of stretches of doubles', () => {
  it('of whole numbers, whose sums do not depend on the order', () => {
    const numbers = fc.array(fc.integer(), { minLength: 1, maxLength: 3000 });
    fc.assert(
      fc.property(numbers, cuts, (some, at) => {
        const data = Float64Array.from(some, (number) => number + 0);
        const borders = bordersOf(data.length, at);
        const expected = borders.slice(1).map((end, i) => twin(data, borders[i]!, end));
        expect(summarize(data, borders)).toEqual({ odd: 0, all: expected });
      }),
    );
  });

  it('of any numbers: extremes, sums to some digits, and what is odd about them', () => {
    const number = fc.oneof(
      { weight: 50, arbitrary: fc.double({ noNaN: true, min: -1e100, max: 1e100 }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 1e308) },
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 300 }), cuts, (some, at) => {
        const data = Float64Array.from(some);
        const borders = bordersOf(data.length, at);
        const { odd, all } = summarize(data, borders);
        const expected = borders.slice(1).map((end, i) => twin(data, borders[i]!, end));
        const hasNegativeZero = some.some((value) => Object.is(value, -0));
        expect((odd & ODD.negativeZero) !== 0).toBe(hasNegativeZero);
        if (some.some((value) => !Number.isFinite(value))) expect(odd & ODD.notFinite).toBe(1);
        if ((odd & ODD.notFinite) !== 0) return;
        all.forEach(({ sum, minimum, maximum }, i) => {
          const { sum: plain, minimum: low, maximum: high } = expected[i]!;
          const largest = Math.max(Math.abs(low), Math.abs(high));
          expect(Math.abs(sum - plain)).toBeLessThanOrEqual(largest * 1e-12);
          expect([minimum + 0, maximum + 0]).toEqual([low + 0, high + 0]);
        });
      }),
    );
  });
});
