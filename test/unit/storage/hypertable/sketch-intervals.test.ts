import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { PIECE_ROWS } from '../../../../src/storage/hypertable/row-source.ts';
import {
  firstOfPieces,
  sketchIntervals,
  type SortedRows,
} from '../../../../src/storage/hypertable/sketch-intervals.ts';
import { OID, type Oid } from '../../../../src/types/type.ts';
import { randomOf } from './support.ts';

const SECOND: number = 1e6;

/** Series of so many rows each, from `from` on, with a mean step, in a scattered order of arrival. */
function sortedRows(
  random: () => number,
  counts: readonly number[],
  step: number,
  from: number,
): SortedRows {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  for (let i = rows - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const times = new Float64Array(rows);
  const starts = [0];
  let row = 0;
  for (const count of counts) {
    let time = from + Math.floor(random() * 100 * step);
    for (let i = 0; i < count; i++) {
      times[order[row++]!] = time;
      time += Math.floor(random() * 2 * step);
    }
    starts.push(row);
  }
  return { order, times, starts: Int32Array.from(starts) };
}

describe('the intervals of sketches', () => {
  it('hold the rows of one series and one piece whose times have the same number', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 12 });
    const steps = fc.constantFrom(0.05, 1, 10, 30, 60);
    const from = fc.constantFrom(0, -5e14, 7.6e14);
    fc.assert(
      fc.property(counts, steps, from, fc.nat(), (some, step, first, seed) => {
        const rows = sortedRows(randomOf(seed), some, step * SECOND, first);
        const found = sketchIntervals(rows, OID.timestamptz);
        if (found === undefined) return;
        const { width, count, starts, numbers } = found;
        const total = rows.order.length;
        expect([starts.length, numbers.length, starts[count]]).toEqual([count + 1, count, total]);
        expect(count * 60).toBeLessThanOrEqual(total);
        expect((86_400 * SECOND) % width).toBe(0);
        let series = 0;
        for (let i = 0; i < count; i++) {
          const [start, end] = [starts[i]!, starts[i + 1]!];
          while (rows.starts[series + 1]! <= start) series++;
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(rows.starts[series + 1]!);
          expect(Math.floor((end - 1) / PIECE_ROWS)).toBe(Math.floor(start / PIECE_ROWS));
          const own = rows.order.subarray(start, end);
          expect(own.every((row) => Math.floor(rows.times[row]! / width) === numbers[i])).toBe(
            true,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are as wide as some hundred rows', () => {
    const random = randomOf(5);
    const widthOf = (
      step: number,
      type: Oid = OID.timestamptz,
      unit = SECOND,
      from = 0,
    ): unknown => {
      const rows = sortedRows(random, [20_000, 20_000], step * unit, from);
      return (sketchIntervals(rows, type)?.width ?? NaN) / unit;
    };
    expect([0.01, 1, 10, 15, 60, 300].map((step) => widthOf(step))).toEqual([
      10, 300, 3600, 3600, 21_600, 86_400,
    ]);
    expect(widthOf(3600)).toBeNaN();
    // Of integers the size tells what a second is.
    expect(widthOf(10, OID.int8, 1, 1.7e9)).toBe(3600);
    expect(widthOf(10, OID.int8, 1000, 1.7e12)).toBe(3600);
    expect(widthOf(10, OID.int8, 1e6, 1.7e15)).toBe(3600);
    const order = Int32Array.from({ length: 5000 }, (_, row) => row);
    const days = { order, times: Float64Array.from(order, (row) => Math.floor(row / 500)) };
    const starts = Int32Array.of(0, 5000);
    expect(sketchIntervals({ ...days, starts }, OID.date)?.width).toBe(1);
  });

  it('are not made of many short series, of equal times, or of infinite ones', () => {
    const short = sortedRows(
      randomOf(1),
      Array.from({ length: 100 }, () => 20),
      SECOND,
      0,
    );
    expect(sketchIntervals(short, OID.timestamptz)).toBeUndefined();
    const rows = sortedRows(randomOf(1), [5000], 10 * SECOND, 0);
    expect(sketchIntervals(rows, OID.timestamptz)).toBeDefined();
    const equal = { ...rows, times: new Float64Array(5000).fill(7) };
    expect(sketchIntervals(equal, OID.timestamptz)).toBeUndefined();
    for (const time of [Infinity, -Infinity]) {
      const times = rows.times.slice();
      times[rows.order[time > 0 ? 4999 : 0]!] = time;
      expect(sketchIntervals({ ...rows, times }, OID.timestamptz)).toBeUndefined();
    }
  });

  it('know the first of each piece', () => {
    const starts = Int32Array.of(0, 100, PIECE_ROWS, PIECE_ROWS * 2, PIECE_ROWS * 2 + 5);
    expect(firstOfPieces(starts, PIECE_ROWS * 2 + 6)).toEqual([0, 2, 3, 5]);
  });
});
