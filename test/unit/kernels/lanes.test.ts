import fc from 'fast-check';
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
