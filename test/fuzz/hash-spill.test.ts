/** Hash tables with little memory give the rows of those with much. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execute } from '../../src/exec/build.ts';
import type { Expr } from '../../src/plan/expr.ts';
import type { JoinType, PhysicalNode } from '../../src/plan/physical.ts';
import { collectRows } from '../../src/exec/run.ts';
import type { Value } from '../../src/types/value.ts';
import {
  aggregateCall,
  column,
  comparison,
  FLOAT8,
  INT4,
  INT8,
  joined,
  outputColumns,
  randomSource,
  sortedText,
  sum,
  TEXT,
  values,
} from '../unit/exec/support.ts';
import { spillWorld, type SpillWorld } from '../unit/exec/spill/spill-context.ts';
import { printedSeed } from '../support/seed.ts';

const LARGE = 64 << 20;
const SMALL = 65_536;
const TYPES = [INT4, FLOAT8, TEXT, INT8];

let world: SpillWorld;
beforeEach(async () => {
  world = await spillWorld();
});
afterEach(() => {
  expect(world.files()).toEqual([]);
  world.close();
});

function randomRows(count: number, keys: number, below: (limit: number) => number): Value[][] {
  const orNull = (value: Value): Value => (below(10) === 0 ? null : value);
  return Array.from({ length: count }, () => [
    orNull(below(keys)),
    orNull([NaN, Infinity, -0, 0, 1.5][below(5)]),
    orNull(`text ${below(keys)}`),
    orNull(below(2) === 0 ? below(5) : 2n ** 62n + BigInt(below(keys))),
  ]);
}

/** The rows with much memory and with little; fails where little made no files. */
async function bothWays(node: PhysicalNode): Promise<[string[], string[]]> {
  const much = await collectRows(execute(node, world.context(LARGE)));
  let files = 0;
  const context = world.context(SMALL, {
    checkpoint: () => {
      files = Math.max(files, world.files().length);
      return undefined;
    },
  });
  const little = await collectRows(execute(node, context));
  expect(files).toBeGreaterThan(0);
  return [sortedText(much), sortedText(little)];
}

it('groups as in memory, rows of a group in their order', async () => {
  const below = randomSource(printedSeed('hash spill'));
  for (let round = 0; round < 2; round++) {
    const input = values(TYPES, randomRows(12_000, 3000, below));
    const sets = [null, [[0], [2, 1], []], [[0, 2], [3]]][below(3)];
    const node: PhysicalNode = {
      kind: 'aggregate',
      columns: outputColumns([INT4, FLOAT8, TEXT, INT8, FLOAT8, TEXT, FLOAT8, INT4]),
      estimatedRows: 1,
      input,
      groups: [0, 1, 2, 3].map((i) => column(TYPES[i], i)),
      groupingSets: sets,
      aggregates: [
        aggregateCall(sum, [column(INT4, 0)]),
        aggregateCall(joined, [column(TEXT, 2)]),
        aggregateCall({ ...sum, orderInsensitive: true }, [column(INT4, 0)], { distinct: true }),
      ],
    };
    const [much, little] = await bothWays(node);
    expect(little).toEqual(much);
  }
});

it('finds the distinct values of one group', async () => {
  const node: PhysicalNode = {
    kind: 'aggregate',
    columns: outputColumns([FLOAT8]),
    estimatedRows: 1,
    input: values(TYPES, randomRows(20_000, 9000, randomSource(2))),
    groups: [],
    groupingSets: null,
    aggregates: [
      aggregateCall({ ...sum, orderInsensitive: true }, [column(INT4, 0)], { distinct: true }),
    ],
  };
  const [much, little] = await bothWays(node);
  expect(little).toEqual(much);
});

it('makes rows distinct as in memory', async () => {
  const below = randomSource(printedSeed('hash spill'));
  const input = values(TYPES, randomRows(20_000, 300, below));
  const node: PhysicalNode = {
    kind: 'distinct',
    columns: outputColumns(TYPES),
    estimatedRows: 1,
    input,
  };
  const [much, little] = await bothWays(node);
  expect(little).toEqual(much);
});

describe('joins', () => {
  const TYPE_NAMES: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];

  function joinNode(
    joinType: JoinType,
    left: Value[][],
    right: Value[][],
    keys: readonly number[],
    filter: Expr | null,
  ): PhysicalNode {
    const oneSide = joinType === 'semi' || joinType === 'anti';
    return {
      kind: 'hash-join',
      joinType,
      columns: outputColumns(oneSide ? TYPES : [...TYPES, ...TYPES]),
      estimatedRows: 1,
      left: values(TYPES, left),
      right: values(TYPES, right),
      leftKeys: keys.map((i) => column(TYPES[i], i)),
      rightKeys: keys.map((i) => column(TYPES[i], i)),
      filter,
      nullAware: false,
    };
  }

  it.each(TYPE_NAMES)('give in partitions what they give in memory: %s', async (joinType) => {
    const below = randomSource(printedSeed('hash spill'));
    for (const keys of [[0, 2], [3]]) {
      const left = randomRows(2000, 1500, below);
      const right = randomRows(3000, 1500, below);
      const filter =
        below(2) === 0 ? null : comparison('<>', column(TEXT, 2), column(TEXT, TYPES.length + 2));
      const [much, little] = await bothWays(joinNode(joinType, left, right, keys, filter));
      expect(little).toEqual(much);
    }
  });

  it('keep a key in memory that has most of the rows', async () => {
    const right = randomRows(2000, 1500, randomSource(8));
    for (let i = 0; i < 3000; i++) right.push([77_777, i, `text ${i % 10}`, null]);
    const left = randomRows(500, 1500, randomSource(9));
    left.push([77_777, 0, 'left', 1]);
    const [much, little] = await bothWays(joinNode('full', left, right, [0], null));
    expect(little).toEqual(much);
  });
});

it.each([
  ['intersect', false],
  ['intersect', true],
  ['except', false],
  ['except', true],
] as const)('counts rows of both sides: %s, ALL %s', async (operation, all) => {
  const below = randomSource(printedSeed('hash spill'));
  const pool = randomRows(6000, 9000, below);
  const some = (): Value[][] => Array.from({ length: 8000 }, () => pool[below(pool.length)]);
  const node: PhysicalNode = {
    kind: 'set-operation',
    operation,
    all,
    columns: outputColumns(TYPES),
    estimatedRows: 1,
    left: values(TYPES, some()),
    right: values(TYPES, some()),
  };
  const [much, little] = await bothWays(node);
  expect(much.length).toBeGreaterThan(100);
  expect(little).toEqual(much);
});
