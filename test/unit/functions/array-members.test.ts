import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { contains, overlaps } from '../../../src/functions/scalar/array-members.ts';
import { compareValues } from '../../../src/types/compare.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import { OID, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';

const TYPES: readonly (readonly [Oid, fc.Arbitrary<Value>])[] = [
  [OID.int4, fc.integer({ min: -20, max: 60 })],
  [OID.float8, fc.constantFrom(NaN, 0, -0, Infinity, 1.5, -7, 2, 3, 4, 5)],
  [OID.text, fc.string({ unit: fc.constantFrom('a', 'B', 'é', '😀'), maxLength: 3 })],
];

function isIn(oid: Oid, item: Value, values: readonly Value[]): boolean {
  if (item === null) return false;
  return values.some((other) => other !== null && compareValues(oid, other, item) === 0);
}

const pair = fc.constantFrom(...TYPES).chain(([oid, value]) => {
  const list = fc.array(fc.option(value, { freq: 30 }), { maxLength: 70 });
  return fc.tuple(fc.constant(oid), list, list, fc.boolean());
});

describe('elements of arrays', () => {
  it('are found as they are one by one', () => {
    fc.assert(
      fc.property(pair, ([oid, whole, other, isPart]) => {
        const part = isPart ? other.filter((item) => isIn(oid, item, whole)) : other;
        const [a, b] = [new PgArray(oid, whole), new PgArray(oid, part)];
        expect(contains(a, b)).toBe(part.every((item) => isIn(oid, item, whole)));
        expect(overlaps(a, b)).toBe(whole.some((item) => isIn(oid, item, part)));
      }),
    );
  });

  it('are found soon among many', () => {
    const all = Array.from({ length: 100_000 }, (_, i) => `${i}`);
    const [a, b] = [new PgArray(OID.text, all), new PgArray(OID.text, all.toReversed())];
    const before = process.cpuUsage();
    expect(contains(a, b)).toBe(true);
    // One after the other, this would be minutes.
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});
