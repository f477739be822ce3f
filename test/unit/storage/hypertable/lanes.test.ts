import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { laneValue, type Lanes } from '../../../../src/vector/lanes.ts';
import { decodeBlock, encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import {
  columnBytes,
  gatherColumn,
  plainColumn,
  sliceColumn,
  storedValueAt,
  toVector,
  type LaneColumn,
} from '../../../../src/storage/hypertable/stored-column.ts';
import { doublesOf, timesOf } from '../../../../src/storage/hypertable/times.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';

const FLOAT = sqlType(OID.float8);

function lanesOf(values: readonly number[], nulls?: Uint8Array): Lanes | undefined {
  const column = { rep: 'f64' as const, data: Float64Array.from(values), nulls };
  const block = decodeBlock(encodeBlock(column, values.length, FLOAT), FLOAT, () => {
    throw new Error('no strings here');
  });
  return block.rep === 'lanes' ? block.lanes : undefined;
}

/** Values that often, but not always, fit lanes. */
const values = fc
  .tuple(
    fc.constantFrom(1, 10, 100, 1e6, 3),
    fc.constantFrom(1, 7, 1e6),
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.constantFrom(2, 256, 257, 65_536, 65_537, 2 ** 32, 2 ** 33),
  )
  .chain(([divisor, factor, base, range]) =>
    fc.array(
      fc.oneof(
        {
          weight: 200,
          arbitrary: fc.maxSafeNat().map((n) => (base + (n % range) * factor) / divisor),
        },
        { weight: 1, arbitrary: fc.constantFrom(NaN, -0, Infinity, 5e-324, 2 ** 53, -(2 ** 53)) },
      ),
      { minLength: 1, maxLength: 200 },
    ),
  );

describe('lanes', () => {
  it('hold exactly the values that they were made from', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (numbers, withNulls) => {
        const nulls = withNulls
          ? Uint8Array.from(numbers, (_, i) => (i % 5 === 0 ? 1 : 0))
          : undefined;
        const lanes = lanesOf(numbers, nulls);
        if (lanes === undefined) return;
        const column: LaneColumn = { rep: 'lanes', lanes, nulls };
        const wanted = numbers.map((value, i) => (nulls?.[i] === 1 ? 0 : value));
        numbers.forEach((value, i) => {
          if (nulls?.[i] !== 1) expect(laneValue(lanes, i)).toBe(value);
          expect(storedValueAt(column, i)).toBe(nulls?.[i] === 1 ? null : value);
        });
        expect([...doublesOf(plainColumn(column))]).toEqual(wanted);
        const from = numbers.length >>> 2;
        const vector = toVector(column, FLOAT, from, numbers.length);
        expect(vector.rep === 'f64' && [...vector.data]).toEqual(wanted.slice(from));
        expect([...doublesOf(sliceColumn(column, from, from + 1))]).toEqual([wanted[from]]);
        const rows = Int32Array.from(numbers, (_, i) => numbers.length - 1 - i);
        const gathered = doublesOf(gatherColumn(column, rows, rows.length));
        expect([...gathered]).toEqual(wanted.toReversed());
      }),
    );
  });

  it('are as narrow as can be', () => {
    const bitsOf = (numbers: readonly number[]): number | undefined => lanesOf(numbers)?.bits;
    expect(bitsOf([1e15, 1e15 + 255])).toBe(8);
    expect(bitsOf([0.1, 25.6])).toBe(8);
    expect(bitsOf([0.1, 0.2, 25.7])).toBe(16);
    expect(bitsOf([0, 256e6, 7e6])).toBe(16);
    expect(bitsOf([0, 10e6 * 255])).toBe(8);
    expect(bitsOf([0, 1, 65_536])).toBe(32);
    expect(bitsOf([0, 1, 2 ** 32])).toBeUndefined();
    expect(bitsOf([1, -0])).toBeUndefined();
    expect(bitsOf([5e-324, 1])).toBeUndefined();
    const column: LaneColumn = { rep: 'lanes', lanes: lanesOf([1, 2, 300])!, nulls: undefined };
    expect(columnBytes(column)).toBe(6);
  });

  it('answer searches for times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: -5, max: 305 }),
        fc.nat({ max: 20 }),
        (numbers, bound, skip) => {
          const times = numbers.map((n) => n * 1e7).sort((a, b) => a - b);
          const wide = timesOf({ rep: 'f64', data: Float64Array.from(times), nulls: undefined });
          const narrow = timesOf({ rep: 'lanes', lanes: lanesOf(times)!, nulls: undefined });
          const start = Math.min(skip, times.length);
          for (const found of [wide, narrow]) {
            const least = times.findIndex((time, i) => i >= start && time >= bound * 1e7);
            const above = times.findIndex((time, i) => i >= start && time > bound * 1e7);
            const end = times.length;
            expect(found.firstAtLeast(start, end, bound * 1e7)).toBe(least < 0 ? end : least);
            expect(found.firstAbove(start, end, bound * 1e7)).toBe(above < 0 ? end : above);
          }
        },
      ),
    );
  });
});
