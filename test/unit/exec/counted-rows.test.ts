import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { CountedRows } from '../../../src/exec/aggregation/counted-rows.ts';

const number = fc.oneof(
  fc.integer({ min: -3, max: 1030 }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 0.1, 1e300, 5e-324),
  fc.double(),
);
const row = fc.record({ group: fc.nat({ max: 300 }), number: fc.option(number) });

it('counts numbers by group as a map does, -0 and NaN by themselves', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 3000 }), fc.nat(), (rows, cut) => {
      const expected = new Map<string, number>();
      const keyOf = (group: number, value: number): string =>
        `${group}/${Object.is(value, -0) ? '-0' : value}`;
      for (const { group, number: value } of rows) {
        if (value === null) continue;
        const key = keyOf(group, value);
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      const counted = new CountedRows();
      const groups = Int32Array.from(rows, ({ group }) => group);
      const numbers = Float64Array.from(rows, ({ number: value }) => value ?? 7);
      const nulls = Uint8Array.from(rows, ({ number: value }) => (value === null ? 1 : 0));
      const middle = rows.length === 0 ? 0 : cut % rows.length;
      expect(counted.add(groups, numbers, nulls, 0, middle)).toBe(middle);
      expect(counted.add(groups, numbers, nulls, middle, rows.length)).toBe(rows.length);
      const found = new Map<string, number>();
      const counts = counted.counts();
      counts.counts.forEach((count, i) => {
        const key = keyOf(counts.groups[i]!, counts.numbers[i]!);
        expect(found.has(key)).toBe(false);
        found.set(key, count);
      });
      expect(found).toEqual(expected);
    }),
  );
});

it('says at which row there are too many different numbers, and has counted up to there', () => {
  const counted = new CountedRows();
  const numbers = Float64Array.from({ length: 400_000 }, (_, i) => (i % 300_000) + 0.5);
  const end = counted.add(new Int32Array(400_000), numbers, undefined, 0, 400_000);
  expect(end).toBeGreaterThan(100_000);
  expect(end).toBeLessThan(200_000);
  const { counts } = counted.counts();
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(end);
});
