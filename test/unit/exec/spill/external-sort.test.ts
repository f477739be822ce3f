/** Sorts with little memory give the rows of sorts with much, in the same order. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { execute } from '../../../../src/exec/build.ts';
import type { PhysicalNode, SortKey } from '../../../../src/plan/physical.ts';
import { collectRows } from '../../../../src/exec/run.ts';
import type { Value } from '../../../../src/types/value.ts';
import {
  constant,
  FLOAT8,
  INT4,
  INT8,
  outputColumns,
  randomSource,
  sortKey,
  TEXT,
  values,
} from '../support.ts';
import { spillWorld, type SpillWorld } from './spill-context.ts';
import { printedSeed } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

const LARGE = 64 << 20;
const SMALL = 4096;
const TYPES = [INT4, FLOAT8, TEXT, INT8, INT4];

let world: SpillWorld;
beforeEach(async () => {
  world = await spillWorld();
});
afterEach(() => {
  expect(world.files()).toEqual([]);
  world.close();
});

function randomRows(count: number, below: (limit: number) => number): Value[][] {
  const orNull = (value: Value): Value => (below(10) === 0 ? null : value);
  return Array.from({ length: count }, (_, i) => [
    orNull(below(20)),
    orNull([NaN, Infinity, -0, 0, 1.5, -3][below(6)]),
    orNull(['', 'a', 'B', 'ä', 'zz'.repeat(below(40))][below(5)]),
    orNull(below(2) === 0 ? below(5) : 2n ** 62n + BigInt(below(5))),
    i,
  ]);
}

function sortNode(rows: Value[][], keys: readonly SortKey[]): PhysicalNode {
  const input = values(TYPES, rows);
  return {
    kind: 'sort',
    columns: outputColumns(TYPES),
    estimatedRows: rows.length,
    input,
    keys,
  };
}

it('keeps ties, NULLs, NaNs and wide numbers where a sort in memory has them', async () => {
  const below = randomSource(printedSeed('external sort'));
  for (let round = 0; round < rounds(5); round++) {
    const rows = randomRows(3000 + below(3000), below);
    const keys = Array.from({ length: 1 + below(3) }, () => {
      const column = below(4);
      return sortKey(TYPES[column], column, below(2) === 0, below(2) === 0);
    });
    const node = sortNode(rows, keys);
    const expected = await collectRows(execute(node, world.context(LARGE)));
    const actual = await collectRows(execute(node, world.context(SMALL)));
    expect(actual).toEqual(expected);
  }
});

it('merges in several passes and computes keys once', async () => {
  const rows = randomRows(20_000, randomSource(1));
  const below = randomSource(2);
  let computed = 0;
  const node = sortNode(rows, [
    {
      expr: {
        kind: 'call',
        type: INT4,
        args: [constant(INT4, 1)],
        call: { argTypes: [INT4], returnType: INT4 },
        operator: undefined,
        fn: {
          kind: 'scalar',
          name: 'random_number',
          argTypes: [],
          returnType: INT4.oid,
          volatility: 'volatile',
          strict: true,
          evaluate: () => {
            computed++;
            return below(1000);
          },
        },
      },
      descending: false,
      nullsFirst: false,
    },
  ]);
  const sorted = await collectRows(execute(node, world.context(SMALL)));
  expect(computed).toBe(rows.length);
  const bySerial = (a: Value[], b: Value[]): number => Number(a[4]) - Number(b[4]);
  expect(sorted.toSorted(bySerial)).toEqual(rows);
  expect(sorted[0]).toHaveLength(TYPES.length);
});

it('sorts all rows where those of a LIMIT do not fit', async () => {
  const below = randomSource(3);
  const rows = randomRows(12_000, below);
  const node = (): PhysicalNode => ({
    kind: 'top-n',
    columns: outputColumns(TYPES),
    estimatedRows: 1,
    input: values(TYPES, rows),
    keys: [sortKey(TEXT, 2), sortKey(FLOAT8, 1, true)],
    limit: constant(INT8, 5000),
    offset: constant(INT8, 3000),
  });
  const expected = await collectRows(execute(node(), world.context(LARGE)));
  expect(expected).toHaveLength(5000);
  expect(await collectRows(execute(node(), world.context(SMALL)))).toEqual(expected);
});

it('removes its files where the reader stops early', async () => {
  const rows = randomRows(10_000, randomSource(4));
  const run = execute(sortNode(rows, [sortKey(INT4, 0)]), world.context(SMALL));
  const first = await run.next();
  expect(first.done).toBe(false);
  expect(world.files().length).toBeGreaterThan(0);
  await run.return();
});

it('ends with the reason of a cancel, and without files', async () => {
  const rows = randomRows(20_000, randomSource(5));
  let turns = 0;
  let filesSeen = 0;
  const context = world.context(SMALL, {
    checkpoint: () => {
      filesSeen = Math.max(filesSeen, world.files().length);
      if (++turns > 150) throw new Error('canceled');
      return undefined;
    },
  });
  const run = execute(sortNode(rows, [sortKey(INT4, 0)]), context);
  await expect(collectRows(run)).rejects.toThrow('canceled');
  expect(filesSeen).toBeGreaterThan(0);
});
