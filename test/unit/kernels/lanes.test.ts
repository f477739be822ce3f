import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const WIDENING = [
  { name: 'u8', bytes: 1, kernel: kernels.widenU8 },
  { name: 'u16', bytes: 2, kernel: kernels.widenU16 },
  { name: 'u32', bytes: 4, kernel: kernels.widenU32 },
];

describe('lanes to doubles', () => {
  for (const { name, bytes, kernel } of WIDENING) {
    it(name, () => {
      const limit = 2 ** (bytes * 8) - 1;
      const lane = fc.oneof(fc.integer({ min: 0, max: limit }), fc.constantFrom(0, 1, limit));
      fc.assert(
        fc.property(
          fc.array(lane, { maxLength: 300 }),
          fc.integer({ min: 0, max: 5 }),
          fc.integer({ min: -1e12, max: 1e12 }),
          fc.constantFrom(1, 2, 1000, 10_000_000 / 4),
          fc.constantFrom(1, 10, 1000, 1e15),
          (lanes, skew, base, factor, divisor) => {
            const source = scratch(16_384) + skew * bytes;
            const target = source + 8192 + ((8 - ((skew * bytes) & 7)) & 7);
            const views = kernelViews();
            const view = bytes === 1 ? views.u8 : bytes === 2 ? views.u16 : views.u32;
            view.set(lanes, source / bytes);
            views.f64[target / 8 + lanes.length] = 7.5;
            kernel(source, target, lanes.length, base, factor, divisor);
            const twin = lanes.map((value) => (base + value * factor) / divisor);
            expect([...views.f64.subarray(target / 8, target / 8 + lanes.length)]).toEqual(twin);
            expect(views.f64[target / 8 + lanes.length]).toBe(7.5);
          },
        ),
      );
    });
  }
});

describe('stretches of lanes to doubles', () => {
  for (const { bytes, kernel } of [
    { bytes: 1, kernel: kernels.widenRangesU8 },
    { bytes: 2, kernel: kernels.widenRangesU16 },
    { bytes: 4, kernel: kernels.widenRangesU32 },
  ]) {
    it(`${bytes * 8} bits`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.nat({ max: 2 ** (bytes * 8) - 1 }), { minLength: 1, maxLength: 200 }),
          fc.array(fc.nat({ max: 200 }), { maxLength: 20 }),
          fc.constantFrom(1, 100),
          (lanes, cuts, divisor) => {
            const sorted = cuts.map((cut) => Math.min(cut, lanes.length)).sort((a, b) => a - b);
            if (sorted.length % 2 === 1) sorted.pop();
            const source = scratch(16_384);
            const borders = source + 2048;
            const target = source + 4096;
            const views = kernelViews();
            const view = bytes === 1 ? views.u8 : bytes === 2 ? views.u16 : views.u32;
            view.set(lanes, source / bytes);
            views.u32.set(sorted, borders / 4);
            const twin: number[] = [];
            for (let i = 0; i < sorted.length; i += 2) {
              for (let row = sorted[i]!; row < sorted[i + 1]!; row++) {
                twin.push((7 + lanes[row]! * 3) / divisor);
              }
            }
            views.f64[target / 8 + twin.length] = 0.25;
            kernel(source, borders, sorted.length / 2, target, 7, 3, divisor);
            expect([...views.f64.subarray(target / 8, target / 8 + twin.length)]).toEqual(twin);
            expect(views.f64[target / 8 + twin.length]).toBe(0.25);
          },
        ),
      );
    });
  }
});

describe('wide numbers', () => {
  const lanes = fc.array(fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 32 - 1)), {
    maxLength: 200,
  });

  it('are added up', () => {
    fc.assert(
      fc.property(lanes, fc.maxSafeInteger(), fc.integer(), (numbers, start, least) => {
        const source = scratch(8192);
        const target = source + 1024;
        const { u32, f64 } = kernelViews();
        u32.set(numbers, source / 4);
        let value = Math.floor(start / 4);
        const before = value;
        const twin = numbers.map((lane) => (value += least + lane));
        const last = kernels.addWideDeltas(source, target, numbers.length, before, least);
        expect(last).toBe(value);
        expect([...f64.subarray(target / 8, target / 8 + numbers.length)]).toEqual(twin);
      }),
    );
  });

  it('are joined', () => {
    fc.assert(
      fc.property(lanes, fc.integer(), (numbers, base) => {
        const source = scratch(8192);
        const high = source + 1024;
        const target = source + 2048;
        const { u32, f64 } = kernelViews();
        u32.set(numbers, source / 4);
        const upper = numbers.map((lane) => lane % 2 ** 20).reverse();
        u32.set(upper, high / 4);
        kernels.joinParts(source, high, target, numbers.length, base);
        const twin = numbers.map((lane, i) => base + (upper[i]! * 2 ** 32 + lane));
        expect([...f64.subarray(target / 8, target / 8 + numbers.length)]).toEqual(twin);
      }),
    );
  });
});
