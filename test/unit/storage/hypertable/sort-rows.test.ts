/** Sorting by series and time against Array.prototype.sort. */
import { describe, expect, it } from 'vitest';
import { order, refine } from '../../../../src/storage/hypertable/sort-jobs.ts';
import { sortRows } from '../../../../src/storage/hypertable/sort-rows.ts';
import type { PlainColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { sortOnThread, type Sorter } from '../../../../src/storage/hypertable/thread-sort.ts';
import { createNodeTimers } from '../../../../src/platform/node-timers.ts';
import { randomOf } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';
import { expectSame } from '../../../support/expect-same.ts';

const TIMERS = createNodeTimers();
const SEED = seedOf('sort rows');

interface Rows {
  readonly data: readonly Float64Array[];
  readonly columns: PlainColumn[];
  readonly times: Float64Array;
  readonly rows: number;
}

function randomRows(random: () => number): Rows {
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
  const columns = data.map((each): PlainColumn => ({ rep: 'f64', data: each, nulls: undefined }));
  return { data, columns, times, rows };
}

/** What a thread does, at once; it fails from the given job on. */
function sorterUpTo(jobs: number): Sorter {
  let left = jobs;
  const answer = <T>(value: () => T): Promise<T | undefined> =>
    Promise.resolve(left-- > 0 ? value() : undefined);
  return {
    takes: () => true,
    refine: (job) => answer(() => refine(job)),
    order: (job) => answer(() => order(job)),
  };
}

describe('sortRows', () => {
  it(`sorts stably, however far rows are from their places (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(80); round++) {
      const { data, columns, times, rows } = randomRows(random);
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
      expectSame(permutation, wanted);
      expect(starts).toHaveLength((rows === 0 ? 0 : first.size) + 1);
    }
  });

  it(`does the same in jobs over the kernels' memory (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(30); round++) {
      const { columns, times, rows } = randomRows(random);
      if (rows === 0) continue;
      const sorted = await sortOnThread(sorterUpTo(9), columns, times, rows, TIMERS);
      expect(sorted).toEqual(sortRows(columns, times, rows, undefined));
    }
  });

  it('leaves to its caller what a thread has failed with', async () => {
    const random = randomOf(SEED);
    for (let jobs = 0; jobs < 4; jobs++) {
      const { columns, times } = randomRows(random);
      const [first] = columns;
      const sorter = sorterUpTo(jobs);
      const all = [first, first, first] as PlainColumn[];
      expect(await sortOnThread(sorter, all, times, times.length, TIMERS)).toBeUndefined();
    }
  });
});
