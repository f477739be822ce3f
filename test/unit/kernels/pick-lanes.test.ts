import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const WIDTHS = [
  { bytes: 1, pick: kernels.pickLanesU8, bounds: kernels.laneBoundsU8 },
  { bytes: 2, pick: kernels.pickLanesU16, bounds: kernels.laneBoundsU16 },
  { bytes: 4, pick: kernels.pickLanesU32, bounds: kernels.laneBoundsU32 },
] as const;

const GUARD = 0xa5;

function view(bytes: 1 | 2 | 4): Uint8Array | Uint16Array | Uint32Array {
  const { u8, u16, u32 } = kernelViews();
  return { 1: u8, 2: u16, 4: u32 }[bytes];
}

function laneOf(bytes: number): fc.Arbitrary<number> {
  const limit = 2 ** (bytes * 8) - 1;
  return fc.oneof(fc.nat({ max: limit }), fc.nat({ max: 3 }), fc.constantFrom(0, 1, limit));
}

for (const { bytes, pick, bounds } of WIDTHS) {
  describe(`lanes of ${bytes * 8} bits`, () => {
    it('are picked in any order', () => {
      fc.assert(
        fc.property(
          fc.array(laneOf(bytes), { minLength: 1, maxLength: 60 }),
          fc.array(fc.nat(), { maxLength: 60 }),
          fc.nat({ max: 7 }),
          (lanes, wanted, skip) => {
            const source = scratch(8192) + 64 + skip * bytes;
            const order = source - skip * bytes + 2048;
            const target = order + 2048;
            const rows = wanted.map((row) => row % lanes.length);
            view(bytes).set(lanes, source / bytes);
            kernelViews().i32.set(rows, order / 4);
            kernelViews().u8[target + rows.length * bytes] = GUARD;
            pick(source, order, rows.length, target);
            const first = target / bytes;
            const picked = [...view(bytes).subarray(first, first + rows.length)];
            expect(picked).toEqual(rows.map((row) => lanes[row]));
            expect(kernelViews().u8[target + rows.length * bytes]).toBe(GUARD);
          },
        ),
      );
    });

    it('have a smallest and a largest', () => {
      fc.assert(
        fc.property(
          fc.array(laneOf(bytes), { minLength: 1, maxLength: 60 }),
          fc.nat({ max: 7 }),
          (lanes, skip) => {
            const source = scratch(4096) + 64 + skip * bytes;
            const target = source - skip * bytes + 2048;
            view(bytes).set(lanes, source / bytes);
            bounds(source, lanes.length, target);
            const found = [...kernelViews().u32.subarray(target / 4, target / 4 + 2)];
            expect(found).toEqual([Math.min(...lanes), Math.max(...lanes)]);
          },
        ),
      );
    });

    it('begin below the smallest, in more bits', () => {
      const widths = ([1, 2, 4] as const).filter((to) => to >= bytes);
      fc.assert(
        fc.property(
          fc.constantFrom(...widths),
          fc.array(laneOf(bytes), { minLength: 1, maxLength: 60 }),
          fc.nat(),
          (to, lanes, first) => {
            const lower = first % (2 ** (to * 8) - Math.max(...lanes));
            const source = scratch(4096) + 64;
            const target = source + 2048;
            view(bytes).set(lanes, source / bytes);
            kernelViews().u8[target + lanes.length * to] = GUARD;
            kernels.shiftLanes(source, bytes * 8, target, to * 8, lanes.length, -lower);
            const written = view(to).subarray(target / to, target / to + lanes.length);
            expect([...written]).toEqual(lanes.map((lane) => lane + lower));
            expect(kernelViews().u8[target + lanes.length * to]).toBe(GUARD);
          },
        ),
      );
    });

    it('begin at the smallest, in fewer bits', () => {
      const widths = ([1, 2, 4] as const).filter((to) => to <= bytes);
      fc.assert(
        fc.property(
          fc.constantFrom(...widths),
          fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
          fc.nat(),
          fc.boolean(),
          (to, distances, first, isInPlace) => {
            const most = 2 ** (to * 8) - 1;
            const lowest = first % (2 ** (bytes * 8) - most);
            const shifted = distances.map((distance) => distance % (most + 1));
            const source = scratch(4096) + 64;
            const target = isInPlace ? source : source + 2048;
            view(bytes).set(
              shifted.map((distance) => lowest + distance),
              source / bytes,
            );
            if (!isInPlace) kernelViews().u8[target + shifted.length * to] = GUARD;
            kernels.shiftLanes(source, bytes * 8, target, to * 8, shifted.length, lowest);
            const written = view(to).subarray(target / to, target / to + shifted.length);
            expect([...written]).toEqual(shifted);
            if (!isInPlace) expect(kernelViews().u8[target + shifted.length * to]).toBe(GUARD);
          },
        ),
      );
    });
  });
}
