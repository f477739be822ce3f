import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const KERNELS = [
  { size: 1, select: kernels.selectU8 },
  { size: 2, select: kernels.selectU16 },
  { size: 4, select: kernels.selectU32 },
];

function naive(lanes: readonly number[], low: number, high: number, row: number): number[] {
  const borders: number[] = [];
  let wasIn = false;
  [...lanes, NaN].forEach((lane, i) => {
    const isIn = lane >= low && lane <= high;
    if (isIn !== wasIn) borders.push(row + i);
    wasIn = isIn;
  });
  return borders;
}

describe('ranges of lanes between two', () => {
  for (const { size, select } of KERNELS) {
    it(`${size * 8} bits`, () => {
      const limit = 2 ** (size * 8) - 1;
      const lane = fc.oneof(
        fc.nat({ max: limit }),
        fc.nat({ max: 5 }),
        fc.constantFrom(0, limit, limit - 1, 2 ** (size * 8 - 1)),
      );
      fc.assert(
        fc.property(
          fc.array(fc.tuple(lane, fc.integer({ min: 1, max: 20 })), { maxLength: 80 }),
          lane,
          lane,
          fc.nat({ max: 1e6 }),
          fc.nat({ max: 20 }),
          (runs, a, b, row, skip) => {
            const lanes = runs.flatMap(([value, length]) => Array.from({ length }, () => value));
            const [low, high] = a < b ? [a, b] : [b, a];
            const source = scratch(32_768) + 64;
            const views = kernelViews();
            const view = size === 1 ? views.u8 : size === 2 ? views.u16 : views.u32;
            view.set(lanes, source / size + skip);
            const target = source + 16_384;
            const from = source + skip * size;
            const found = select(from, lanes.length, low, high, row, target);
            const borders = [...views.u32.subarray(target / 4, target / 4 + found)];
            expect(borders).toEqual(naive(lanes, low, high, row));
          },
        ),
      );
    });
  }
});
