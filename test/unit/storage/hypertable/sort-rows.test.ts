/** Sorting by series and time against Array.prototype.sort. */
import { describe, expect, it } from 'vitest';
import { sortRows } from '../../../../src/storage/hypertable/sort-rows.ts';
import type { PlainColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { randomOf } from './support.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('sortRows', () => {
  it(`sorts stably, however far rows are from their places (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 300; round++) {
      const rows = Math.floor(random() ** 2 * 2000);
      const seriesCount = 1 + Math.floor(random() * 20);
      // Exact order, a few neighbours swapped, several writers, and none at all.
      const disorder = [0, 2, 40, rows][Math.floor(random() * 4)] as number;
      const series = Float64Array.from({ length: rows }, () => Math.floor(random() * seriesCount));
      const times = Float64Array.from({ length: rows }, (_, i) =>
        Math.floor((i + random() * disorder) / 3),
      );
      const column: PlainColumn = { rep: 'f64', data: series, nulls: undefined };
      const { permutation, starts } = sortRows([column], times, rows, undefined);
      const first = new Map<number, number>();
      series.forEach((value) => first.has(value) || first.set(value, first.size));
      const rankOf = (row: number): number => first.get(series[row] as number) as number;
      const wanted = Array.from({ length: rows }, (_, i) => i).sort(
        (a, b) => rankOf(a) - rankOf(b) || (times[a] as number) - (times[b] as number) || a - b,
      );
      expect([...permutation]).toEqual(wanted);
      expect(starts).toHaveLength((rows === 0 ? 0 : first.size) + 1);
    }
  });
});
