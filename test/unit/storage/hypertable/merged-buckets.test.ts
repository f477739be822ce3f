import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { kernelViews, tryAllocate } from '../../../../src/kernels/memory.ts';
import {
  summarizeLanes,
  summarizeMerged,
} from '../../../../src/storage/hypertable/lane-summaries.ts';
import { mergeBuckets } from '../../../../src/storage/hypertable/merged-buckets.ts';
import { Stretches } from '../../../../src/storage/hypertable/stretches.ts';
import type { Lanes } from '../../../../src/vector/lanes.ts';

const WIDTH = 60;

function lanesOf(values: readonly number[], base: number): Lanes {
  const block = tryAllocate(values.length)!;
  kernelViews().u8.set(values, block.pointer);
  return { block, bits: 8, length: values.length, base, factor: 1, divisor: 1 };
}

const stretch = fc.record({
  bucket: fc.integer({ min: -2, max: 3 }).map((step) => step * WIDTH + 7),
  values: fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 20 }),
});
const pieces = fc.array(
  fc.record({
    base: fc.constantFrom(0, -100, 1e6),
    stretches: fc.array(stretch, { minLength: 1, maxLength: 40 }),
  }),
  { minLength: 1, maxLength: 3 },
);

it('merges stretches of a bucket to what they have together', () => {
  fc.assert(
    fc.property(pieces, (all) => {
      const into = new Stretches();
      const cut: { from: number; to: number; lanes: Lanes[] }[] = [];
      const expected = new Map<number, number[]>();
      for (const { base, stretches } of all) {
        const from = into.count;
        let row = 0;
        for (const { bucket, values } of stretches) {
          into.push(row, row + values.length, 0, bucket);
          row += values.length;
          const known = expected.get(bucket) ?? [];
          expected.set(bucket, [...known, ...values.map((value) => base + value)]);
        }
        const values = stretches.flatMap((one) => one.values);
        cut.push({ from, to: into.count, lanes: [lanesOf(values, base)] });
      }
      const columns = [
        { attnum: 1, statistics: new Set(['sum', 'extremes'] as const), exactSums: true },
      ];
      const merged = mergeBuckets(into, WIDTH);
      const steps = [...expected.keys()].map((bucket) => (bucket - 7) / WIDTH);
      if ((Math.max(...steps) - Math.min(...steps) + 1) * 4 > into.count) {
        expect(merged).toBeUndefined();
        return;
      }
      const summary = merged && summarizeMerged(cut, into, columns, merged)?.[0];
      expect([...merged!.starts]).toEqual([...expected.keys()]);
      const values = [...expected.values()];
      expect([...merged!.rows]).toEqual(values.map(({ length }) => length));
      expect([...summary!.sums!]).toEqual(values.map((some) => some.reduce((a, b) => a + b, 0)));
      expect([...summary!.minimums!]).toEqual(values.map((some) => Math.min(...some)));
      expect([...summary!.maximums!]).toEqual(values.map((some) => Math.max(...some)));
    }),
  );
});

it('leaves sums that may not be exact to who adds them exactly', () => {
  const into = new Stretches();
  const rows = 16;
  for (let i = 0; i < rows; i++) into.push(i, i + 1, 0, 0);
  const lanes = lanesOf(
    Array.from({ length: rows }, () => 0),
    2 ** 52,
  );
  const cut = [{ from: 0, to: rows, lanes: [lanes] }];
  const merged = mergeBuckets(into, WIDTH)!;
  const columns = (exactSums: boolean) => [
    { attnum: 1, statistics: new Set(['sum'] as const), exactSums },
  ];
  expect(summarizeMerged(cut, into, columns(true), merged)).toBeUndefined();
  expect(summarizeMerged(cut, into, columns(false), merged)?.[0]?.sums?.[0]).toBe(2 ** 56);
  expect(summarizeLanes(cut, into, columns(true))[0]!.sums!.length).toBe(rows);
});
