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
      // A column that the series tell, but for the last row in some rounds, and one that they do not.
      const zone = series.map((value) => value % 3);
      if (random() < 0.3 && rows > 0) zone[rows - 1] = 7;
      const rack = Float64Array.from({ length: rows }, () => (random() < 0.05 ? 1 : 0));
      const data = [series, zone, rack].slice(0, 1 + Math.floor(random() * 3));
      if (random() < 0.3) data.reverse();
      const columns = data.map(
        (each): PlainColumn => ({ rep: 'f64', data: each, nulls: undefined }),
      );
      const { permutation, starts } = sortRows(columns, times, rows, undefined);
      const first = new Map<string, number>();
      const keyOf = (row: number): string => data.map((each) => each[row]).join();
      for (let row = 0; row < rows; row++) {
        if (!first.has(keyOf(row))) first.set(keyOf(row), first.size);
      }
      const rankOf = (row: number): number => first.get(keyOf(row)) as number;
      const wanted = Array.from({ length: rows }, (_, i) => i).sort(
        (a, b) => rankOf(a) - rankOf(b) || (times[a] as number) - (times[b] as number) || a - b,
      );
      expect([...permutation]).toEqual(wanted);
      expect(starts).toHaveLength((rows === 0 ? 0 : first.size) + 1);
    }
  });
});
