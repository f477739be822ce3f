import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { scratch, kernelViews } from '../../../src/kernels/memory.ts';

it('sums bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat({ max: 15 }), (bytes, skew) => {
      const pointer = scratch(bytes.length + 16) + skew;
      kernelViews().u8.set(bytes, pointer);
      const twin = bytes.reduce((sum, byte) => sum + byte, 0);
      expect(Number(kernels.sumU8(pointer, bytes.length))).toBe(twin);
    }),
  );
});
