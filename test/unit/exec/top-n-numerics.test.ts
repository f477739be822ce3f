/** Rows that a top-n leaves out by averages, decimals and wide integers, against their values. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { acceptLazy } from '../../../src/exec/top-n-numerics.ts';
import { compareValues } from '../../../src/types/compare.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { DecimalVector } from '../../../src/vector/decimal-vector.ts';
import { QuotientVector } from '../../../src/vector/quotient-vector.ts';
import { valueAt, type AnyVector } from '../../../src/vector/vector.ts';
import { WideVector } from '../../../src/vector/wide-vector.ts';
import { rounds } from '../../support/rounds.ts';

const NUMERIC = sqlType(OID.numeric);
const whole = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer(), fc.maxSafeInteger());
const count = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 1e6 }));
const isNull = fc.integer({ min: 0, max: 5 }).map((n) => Number(n === 0));
const rows = fc.array(fc.tuple(whole, count, isNull), { minLength: 1, maxLength: 40 });
type Rows = readonly (readonly [number, number, number])[];

function quotients(all: Rows): AnyVector {
  const sums = Float64Array.from(all, ([sum]) => sum);
  const counts = Float64Array.from(all, ([, n, none]) => (none === 1 ? 0 : n));
  const nulls = Uint8Array.from(all, ([, , none]) => none);
  return new QuotientVector(NUMERIC, sums, counts, nulls);
}

function decimals(all: Rows): AnyVector {
  const unscaled = Float64Array.from(all, ([sum]) => sum);
  return new DecimalVector(
    NUMERIC,
    unscaled,
    3,
    Uint8Array.from(all, ([, , none]) => none),
  );
}

function wides(all: Rows): AnyVector {
  const words = BigInt64Array.from(all, ([sum, n]) => BigInt(sum) * BigInt(n % 1000));
  const nulls = Uint8Array.from(all, ([, , none]) => none);
  for (let i = 0; i < nulls.length; i++) if (nulls[i] === 1) words[i] = 0n;
  return new WideVector(sqlType(OID.int8), new Int32Array(words.buffer), nulls);
}

it.each([
  ['averages', quotients],
  ['decimals', decimals],
  ['integers', wides],
])('keeps all %s that may be among the first', (_, make) => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.boolean(), fc.boolean(), (all, at, descending, nullsFirst) => {
      const vector = make(all);
      const worst = valueAt(vector, at % all.length);
      const kept = acceptLazy(vector, worst, { descending, nullsFirst });
      if (kept === undefined) return;
      const found = new Set(kept);
      for (let row = 0; row < all.length; row++) {
        const value = valueAt(vector, row);
        if (value === null || worst === null) {
          if (value === null) expect(found.has(row)).toBe(nullsFirst);
          continue;
        }
        const order = compareValues(vector.type.oid, value, worst);
        if (order === 0 || order > 0 === descending) expect(found.has(row)).toBe(true);
      }
    }),
    { numRuns: rounds(125) },
  );
});

it('leaves most rows out', () => {
  const all = Array.from({ length: 1000 }, (_, i) => [i, 7, 0] as const);
  for (const make of [quotients, decimals, wides]) {
    const vector = make(all);
    const key = { descending: true, nullsFirst: false };
    expect(acceptLazy(vector, valueAt(vector, 990), key)?.length).toBe(10);
  }
});
