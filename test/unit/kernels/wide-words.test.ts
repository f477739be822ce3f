import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const few = fc.constantFrom(0n, 1n, -1n, 2n ** 32n, 2n ** 32n + 1n, -(2n ** 63n), 2n ** 63n - 1n);
const wide = fc.oneof(few, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
/** Lengths around those that are looked at together. */
const wides = fc.array(wide, { maxLength: 70 });
const SKIP_MAX = 3;

/** Writes them behind `skip` others: nothing says that they begin where a register does. */
function place(values: readonly bigint[], skip: number): number {
  const source = scratch(16_384) + 64;
  const { i64 } = kernelViews();
  values.forEach((value, i) => (i64[source / 8 + skip + i] = value));
  return source + skip * 8;
}

it('sums of low and of high words', () => {
  fc.assert(
    fc.property(wides, fc.nat({ max: SKIP_MAX }), (values, skip) => {
      const source = place(values, skip);
      const target = scratch(16_384) + 8192;
      kernels.sumWides(source, values.length, target);
      const { i64 } = kernelViews();
      const low = values.reduce((sum, value) => sum + BigInt.asUintN(32, value), 0n);
      const high = values.reduce((sum, value) => sum + (value >> 32n), 0n);
      expect([i64[target / 8], i64[target / 8 + 1]]).toEqual([low, high]);
      expect((high << 32n) + low).toBe(values.reduce((sum, value) => sum + value, 0n));
    }),
  );
});

it('rows with an integer', () => {
  fc.assert(
    fc.property(wides, fc.nat({ max: SKIP_MAX }), few, (values, skip, wanted) => {
      const source = place(values, skip);
      const target = scratch(16_384) + 8192;
      const low = Number(BigInt.asIntN(32, wanted));
      const count = kernels.equalWides(source, values.length, low, Number(wanted >> 32n), target);
      const rows = [...kernelViews().u32.subarray(target / 4, target / 4 + count)];
      expect(rows).toEqual(values.flatMap((value, i) => (value === wanted ? [i] : [])));
    }),
  );
});
