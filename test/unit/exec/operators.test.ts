import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/exec/build.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import type {
  HashJoinNode,
  JoinType,
  NestedLoopNode,
  PhysicalNode,
} from '../../../src/plan/physical.ts';
import type { TableFunction } from '../../../src/functions/function.ts';
import type { Value } from '../../../src/types/value.ts';
import {
  addition,
  aggregateCall,
  and,
  call,
  column,
  comparison,
  constant,
  foldAggregate,
  INT4,
  INT8,
  joined,
  outputColumns,
  randomSource,
  rowsOf,
  sortedText,
  sortKey,
  sum,
  testContext,
  TEXT,
  values,
  FLOAT8,
} from './support.ts';
import { printedSeed } from '../../support/seed.ts';

const TYPES = [INT4, TEXT, FLOAT8];

function randomRows(random: (below: number) => number, count: number): Value[][] {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)];
  return Array.from({ length: count }, () => [
    pick([null, 1, 2, 3, 4]),
    pick([null, 'a', 'b', 'c']),
    pick([0, -0, 1.5, NaN, Infinity]),
  ]);
}

/** The same rows through several batches: values nodes appended. */
function input(
  types: readonly (typeof INT4)[],
  rows: readonly Value[][],
  pieces = 3,
): PhysicalNode {
  const size = Math.max(1, Math.ceil(rows.length / pieces));
  const inputs: PhysicalNode[] = [];
  for (let i = 0; i < rows.length; i += size) inputs.push(values(types, rows.slice(i, i + size)));
  return { kind: 'append', inputs, columns: outputColumns(types), estimatedRows: rows.length };
}

const same = (a: Value, b: Value): boolean =>
  a === b || Number(a) === Number(b) || (Number.isNaN(a) && Number.isNaN(b));

function naiveJoin(
  type: JoinType,
  left: Value[][],
  right: Value[][],
  test: (l: Value[], r: Value[]) => boolean | null,
  nullAware = false,
): Value[][] {
  const out: Value[][] = [];
  const pad = (n: number): null[] => Array.from({ length: n }, () => null);
  const hit = right.map(() => false);
  for (const l of left) {
    let matched = false;
    let unknown = false;
    right.forEach((r, i) => {
      const truth = test(l, r);
      unknown ||= truth === null;
      if (truth !== true) return;
      matched = true;
      hit[i] = true;
      if (type !== 'semi' && type !== 'anti') out.push([...l, ...r]);
    });
    if (type === 'semi' ? matched : type === 'anti' && !matched && !(nullAware && unknown))
      out.push(l);
    if ((type === 'left' || type === 'full') && !matched) out.push([...l, ...pad(3)]);
  }
  if (type === 'right' || type === 'full') {
    right.forEach((r, i) => {
      if (!hit[i]) out.push([...pad(3), ...r]);
    });
  }
  return out;
}

describe('joins', () => {
  it('agree with a naive join', async () => {
    const seed = printedSeed('operators');
    const random = randomSource(seed);
    const types: JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];
    for (let round = 0; round < 150; round++) {
      const left = randomRows(random, random(12));
      const right = randomRows(random, random(12));
      const joinType = types[round % 6];
      const twoKeys = random(2) === 0;
      const filtered = random(2) === 0;
      const nullAware = joinType === 'anti' && random(2) === 0;
      const keys = twoKeys ? [0, 1] : [random(2)];
      const filter: Expr | null = filtered
        ? comparison('<>', column(FLOAT8, 2), column(FLOAT8, 5))
        : null;
      const narrowTypes = joinType === 'semi' || joinType === 'anti' ? TYPES : [...TYPES, ...TYPES];
      const base = {
        columns: outputColumns(narrowTypes),
        estimatedRows: 1,
        left: input(TYPES, left),
        right: input(TYPES, right),
      };
      const hash: HashJoinNode = {
        ...base,
        kind: 'hash-join',
        joinType,
        filter,
        nullAware,
        leftKeys: keys.map((k) => column(TYPES[k], k)),
        rightKeys: keys.map((k) => column(TYPES[k], k)),
      };
      const test = (l: Value[], r: Value[]): boolean | null => {
        if (filtered && same(l[2], r[2])) return false;
        let unknown = false;
        for (const k of keys) {
          if (l[k] === null || r[k] === null) unknown = true;
          else if (l[k] !== r[k]) return false;
        }
        return unknown ? null : true;
      };
      const expected = sortedText(naiveJoin(joinType, left, right, test, nullAware));
      const label = `seed ${seed} round ${round} ${joinType} aware ${nullAware}`;
      expect(sortedText(await rowsOf(hash)), label).toEqual(expected);
      if (nullAware) continue;
      const conditions = keys.map((k) =>
        comparison('=', column(TYPES[k], k), column(TYPES[k], k + 3)),
      );
      const loop: NestedLoopNode = {
        ...base,
        kind: 'nested-loop',
        joinType,
        bindings: [],
        condition: and(...conditions, ...(filter === null ? [] : [filter])),
      };
      expect(sortedText(await rowsOf(loop)), label).toEqual(expected);
      if (joinType === 'right' || joinType === 'full') continue;
      const param: Expr = { kind: 'exec-param', type: TYPES[keys[0]], index: 0 };
      const lateral: NestedLoopNode = {
        ...loop,
        right: {
          kind: 'filter',
          input: base.right,
          columns: outputColumns(TYPES),
          estimatedRows: 1,
          condition: comparison('=', param, column(TYPES[keys[0]], keys[0])),
        },
        bindings: [{ param: 0, value: column(TYPES[keys[0]], keys[0]) }],
      };
      expect(sortedText(await rowsOf(lateral)), label).toEqual(expected);
    }
  });
});

describe('sorting', () => {
  it('orders like a stable sort', async () => {
    const seed = printedSeed('operators');
    const random = randomSource(seed);
    for (let round = 0; round < 60; round++) {
      const rows = randomRows(random, random(300)).map((row, i) => [...row, i]);
      const types = [...TYPES, INT4];
      const keys = [0, 1, 2]
        .filter(() => random(2) === 0)
        .map((k) => sortKey(types[k], k, random(2) === 0, random(2) === 0));
      if (keys.length === 0) continue;
      const compare = (a: Value[], b: Value[]): number => {
        for (const { expr, descending, nullsFirst } of keys) {
          const k = (expr as { index: number }).index;
          const [p, q] = [a[k], b[k]];
          if (p === null || q === null) {
            if (p !== q) return (p === null) === nullsFirst ? -1 : 1;
            continue;
          }
          const rank = (v: Value): number => (Number.isNaN(v) ? 1 : 0);
          let order =
            typeof p === 'string'
              ? p < (q as string)
                ? -1
                : p > (q as string)
                  ? 1
                  : 0
              : rank(p) - rank(q);
          if (order === 0 && typeof p !== 'string') order = p < q! ? -1 : p > q! ? 1 : 0;
          if (order !== 0) return descending ? -order : order;
        }
        return 0;
      };
      const expected = rows.toSorted(compare);
      const base = {
        columns: outputColumns(types),
        estimatedRows: 1,
        keys,
        input: input(types, rows, 4),
      };
      expect(await rowsOf({ ...base, kind: 'sort' }), `seed ${seed}`).toEqual(expected);
      const limit = constant(INT8, 1 + random(20));
      const offset = constant(INT8, random(10));
      const [from, count] = [
        Number((offset as { value: Value }).value),
        Number((limit as { value: Value }).value),
      ];
      expect(await rowsOf({ ...base, kind: 'top-n', limit, offset }), `seed ${seed}`).toEqual(
        expected.slice(from, from + count),
      );
    }
  });

  it('sorts enough rows to merge in steps', async () => {
    const random = randomSource(7);
    const rows = Array.from({ length: 100_000 }, (_, i) => [random(50_000), i]);
    const types = [INT4, INT4];
    const sorted = await rowsOf({
      kind: 'sort',
      columns: outputColumns(types),
      estimatedRows: 1,
      keys: [sortKey(INT4, 0, true)],
      input: input(types, rows),
    });
    expect(sorted).toEqual(rows.toSorted((a, b) => b[0] - a[0]));
  });
});

describe('top-n', () => {
  it('drops rows early without losing any', async () => {
    const seed = printedSeed('operators');
    const random = randomSource(seed);
    for (let round = 0; round < 16; round++) {
      const descending = round % 2 === 0;
      const nullsFirst = round % 4 < 2;
      const spread = [5000, 3][round >> 3];
      const rows = Array.from({ length: 12_000 }, (_, i) => [
        [null, NaN, random(spread), random(spread)][random(4)],
        i,
      ]);
      const types = [FLOAT8, INT4];
      const base = {
        columns: outputColumns(types),
        estimatedRows: 1,
        input: input(types, rows, 9),
      };
      // Without a second key, the row that came first goes first.
      const second = random(2) === 0 ? [] : [sortKey(INT4, 1, true)];
      const keys = [sortKey(FLOAT8, 0, descending, nullsFirst), ...second];
      const limit = constant(INT8, [3, 5_000][(round >> 2) % 2]);
      const best = await rowsOf({ ...base, kind: 'top-n', keys, limit, offset: null });
      const sorted = await rowsOf({ ...base, kind: 'sort', keys });
      expect(best, `seed ${seed}`).toEqual(sorted.slice(0, best.length));
      expect(best.length).toBe([3, 5_000][(round >> 2) % 2]);
    }
  });
});

describe('aggregate', () => {
  it('groups like a map', async () => {
    const seed = printedSeed('operators');
    const random = randomSource(seed);
    for (let round = 0; round < 60; round++) {
      const rows = randomRows(random, random(80)).map((row, i) => [...row, i]);
      const types = [...TYPES, INT4];
      const groups = [0, 1, 2].filter(() => random(2) === 0);
      const node: PhysicalNode = {
        kind: 'aggregate',
        input: input(types, rows),
        groupingSets: null,
        estimatedRows: 1,
        columns: outputColumns([...groups.map((g) => types[g]), TEXT, TEXT, TEXT, FLOAT8]),
        groups: groups.map((g) => column(types[g], g)),
        aggregates: [
          aggregateCall(joined, [column(INT4, 3)]),
          aggregateCall(joined, [column(INT4, 0)], { distinct: true }),
          aggregateCall(joined, [column(INT4, 3)], { orderBy: [sortKey(INT4, 3, true)] }),
          aggregateCall(sum, [column(INT4, 3)], {
            filter: comparison('>', column(INT4, 0), constant(INT4, 2)),
          }),
        ],
      };
      const found = new Map<string, Value[][]>();
      for (const row of rows) {
        const key = groups.map((g) => String(row[g] === 0 ? 0 : row[g])).join('|');
        found.set(key, [...(found.get(key) ?? []), row]);
      }
      if (groups.length === 0 && rows.length === 0) found.set('', []);
      const expected = [...found].map(([key, members]) => {
        const distinct = [
          ...new Set(members.map((row) => row[0]).filter((v) => v !== null)),
        ].sort();
        const filtered = members.filter((row) => row[0] !== null && (row[0] as number) > 2);
        const total =
          filtered.length === 0 ? null : filtered.reduce((a, row) => a + (row[3] as number), 0);
        const ids = members.map((row) => row[3]);
        return [
          ...(groups.length === 0 ? [] : key.split('|')),
          ids.join(','),
          distinct.join(','),
          ids.toReversed().join(','),
          total,
        ];
      });
      const actual = (await rowsOf(node)).map((row) => row.map((v) => (v === 0 ? 0 : v)));
      expect(sortedText(actual), `seed ${seed}`).toEqual(sortedText(expected));
    }
  });

  it('gives a row without groups, none with groups, over no input', async () => {
    const empty = input([INT4], []);
    const node = (groups: Expr[], groupingSets: number[][] | null): PhysicalNode => ({
      kind: 'aggregate',
      input: empty,
      groups,
      groupingSets,
      estimatedRows: 1,
      columns: outputColumns([INT4, FLOAT8]),
      aggregates: [aggregateCall(sum, [column(INT4, 0)])],
    });
    expect(await rowsOf(node([], null))).toEqual([[null]]);
    expect(await rowsOf(node([column(INT4, 0)], null))).toEqual([]);
    expect(await rowsOf(node([column(INT4, 0)], [[0], []]))).toEqual([[null, null, 1]]);
  });

  it('computes grouping sets with their bits', async () => {
    const node: PhysicalNode = {
      kind: 'aggregate',
      estimatedRows: 1,
      columns: outputColumns([INT4, TEXT, FLOAT8, INT4]),
      input: input(
        [INT4, TEXT],
        [
          [1, 'a'],
          [1, 'b'],
          [2, 'a'],
        ],
      ),
      groups: [column(INT4, 0), column(TEXT, 1)],
      groupingSets: [[0], [1], []],
      aggregates: [aggregateCall(sum, [column(INT4, 0)])],
    };
    expect(await rowsOf(node)).toEqual([
      [1, null, 2, 2],
      [2, null, 2, 2],
      [null, 'a', 3, 1],
      [null, 'b', 1, 1],
      [null, null, 4, 3],
    ]);
  });

  it('hands direct arguments that depend on the group to each group', async () => {
    const nth = foldAggregate('nth', (group) => group.join(','), TEXT, { orderedSetDirectArgs: 1 });
    const node: PhysicalNode = {
      kind: 'aggregate',
      estimatedRows: 1,
      columns: outputColumns([INT4, TEXT]),
      groupingSets: null,
      input: input(
        [INT4, INT4],
        [
          [1, 5],
          [2, 9],
          [1, 3],
          [2, 8],
        ],
      ),
      groups: [column(INT4, 0)],
      aggregates: [
        aggregateCall(nth, [column(INT4, 1)], {
          directArgs: [column(INT4, 0)],
          orderBy: [sortKey(INT4, 1)],
        }),
      ],
    };
    expect(await rowsOf(node)).toEqual([
      [1, '3,5'],
      [2, '8,9'],
    ]);
  });
});

describe('set operations', () => {
  it('agree with counting', async () => {
    const seed = printedSeed('operators');
    const random = randomSource(seed);
    for (let round = 0; round < 80; round++) {
      const rows = (): Value[][] =>
        Array.from({ length: random(20) }, () => [
          [null, 1, 2, 3][random(4)],
          ['x', 'y'][random(2)],
        ]);
      const [left, right] = [rows(), rows()];
      const operation = round % 2 === 0 ? 'intersect' : 'except';
      const all = random(2) === 0;
      const counts = new Map<string, number>();
      for (const row of right)
        counts.set(String(row[0]) + row[1], (counts.get(String(row[0]) + row[1]) ?? 0) + 1);
      const expected: Value[][] = [];
      const given = new Set<string>();
      for (const row of left) {
        const key = String(row[0]) + row[1];
        const count = counts.get(key) ?? 0;
        if (all) {
          counts.set(key, count - 1);
          if (count > 0 === (operation === 'intersect')) expected.push(row);
        } else if (!given.has(key) && count > 0 === (operation === 'intersect')) {
          given.add(key);
          expected.push(row);
        }
      }
      const types = [INT4, TEXT];
      const node: PhysicalNode = {
        kind: 'set-operation',
        operation,
        all,
        left: input(types, left),
        right: input(types, right),
        columns: outputColumns(types),
        estimatedRows: 1,
      };
      expect(sortedText(await rowsOf(node)), `seed ${seed}`).toEqual(sortedText(expected));
      const unique = await rowsOf({
        kind: 'distinct',
        input: input(types, left),
        columns: outputColumns(types),
        estimatedRows: 1,
      });
      expect(sortedText(unique)).toEqual([...new Set(sortedText(left))]);
    }
  });
});

describe('limits', () => {
  const three = input([INT4], [[1], [2], [2], [2], [3]]);
  const node = (limit: Value, offset: Value, ties = false): PhysicalNode => ({
    kind: 'limit',
    input: three,
    columns: three.columns,
    estimatedRows: 1,
    limit: constant(INT8, limit),
    offset: constant(INT8, offset),
    tiesKeys: ties ? [sortKey(INT4, 0)] : null,
  });
  it('cut and skip', async () => {
    expect(await rowsOf(node(2, 1))).toEqual([[2], [2]]);
    expect(await rowsOf(node(null, 4))).toEqual([[3]]);
    expect(await rowsOf(node(0, null))).toEqual([]);
    await expect(rowsOf(node(-1, null))).rejects.toMatchObject({
      code: '2201W',
      message: 'LIMIT must not be negative',
    });
    await expect(rowsOf(node(1, -1))).rejects.toMatchObject({ code: '2201X' });
  });
  it('keep ties', async () => {
    expect(await rowsOf(node(2, 0, true))).toEqual([[1], [2], [2], [2]]);
    expect(await rowsOf(node(1, 1, true))).toEqual([[2], [2], [2]]);
    expect(await rowsOf(node(1, 0, true))).toEqual([[1]]);
    expect(await rowsOf(node(9, 3, true))).toEqual([[2], [3]]);
  });
});

const series: TableFunction = {
  kind: 'table',
  name: 'generate_series',
  argTypes: [],
  returnType: 23,
  volatility: 'immutable',
  strict: true,
  returnsRecord: false,
  returnsSet: true,
  columns: () => [{ name: 'generate_series', type: INT4 }],
  *rows([from, to]) {
    for (let i = from as number; i <= (to as number); i++) yield [i];
  },
};
const info = { argTypes: [INT4, INT4], returnType: INT4 };

describe('set-returning functions', () => {
  it('run side by side in FROM', async () => {
    const functions = [
      [1, 2],
      [5, 8],
    ].map(([a, b]) => ({
      fn: series,
      call: info,
      args: [constant(INT4, a), constant(INT4, b)],
      columnCount: 1,
    }));
    const node: PhysicalNode = {
      kind: 'function-scan',
      functions,
      withOrdinality: true,
      columns: outputColumns([INT4, INT4, INT8]),
      estimatedRows: 1,
    };
    expect(await rowsOf(node)).toEqual([
      [1, 5, 1],
      [2, 6, 2],
      [null, 7, 3],
      [null, 8, 4],
    ]);
  });
  it('run in lockstep in a select list', async () => {
    const node: PhysicalNode = {
      kind: 'project-set',
      input: input([INT4], [[0], [1], [3]]),
      columns: outputColumns([INT4, INT4, INT4]),
      estimatedRows: 1,
      functions: [
        { fn: series, call: info, args: [constant(INT4, 1), column(INT4, 0)] },
        { fn: series, call: info, args: [constant(INT4, 2), column(INT4, 0)] },
      ],
    };
    expect(await rowsOf(node)).toEqual([
      [1, 1, null],
      [3, 1, 2],
      [3, 2, 3],
      [3, 3, null],
    ]);
  });
});

describe('CTEs', () => {
  const scan = (cteId: number): PhysicalNode => ({
    kind: 'cte-scan',
    cteId,
    columns: outputColumns([INT4]),
    estimatedRows: 1,
  });
  it('are computed once and lazily', async () => {
    let pulled = 0;
    const counting: TableFunction = {
      ...series,
      *rows() {
        for (let i = 0; i < 100_000; i++) {
          pulled++;
          yield [i];
        }
      },
    };
    const plan: PhysicalNode = {
      kind: 'function-scan',
      functions: [{ fn: counting, call: info, args: [], columnCount: 1 }],
      withOrdinality: false,
      columns: outputColumns([INT4]),
      estimatedRows: 1,
    };
    const limited: PhysicalNode = {
      kind: 'limit',
      input: {
        kind: 'append',
        inputs: [scan(1), scan(1)],
        columns: plan.columns,
        estimatedRows: 1,
      },
      limit: constant(INT8, 3),
      offset: null,
      tiesKeys: null,
      columns: plan.columns,
      estimatedRows: 1,
    };
    const node: PhysicalNode = {
      kind: 'with',
      ctes: [{ cteId: 1, name: 'c', plan, modifying: false }],
      body: limited,
      columns: plan.columns,
      estimatedRows: 1,
    };
    expect(await rowsOf(node)).toEqual([[0], [1], [2]]);
    expect(pulled).toBeLessThan(5000);
  });
  it('recurse', async () => {
    const next: PhysicalNode = {
      kind: 'filter',
      columns: outputColumns([INT4]),
      estimatedRows: 1,
      condition: comparison('<=', column(INT4, 0), constant(INT4, 5)),
      input: {
        kind: 'project',
        columns: outputColumns([INT4]),
        estimatedRows: 1,
        exprs: [call(addition, INT4, [column(INT4, 0), constant(INT4, 1)])],
        input: { kind: 'work-table', cteId: 1, columns: outputColumns([INT4]), estimatedRows: 1 },
      },
    };
    const recursive = (distinct: boolean, seed: Value[][]): PhysicalNode => ({
      kind: 'recursive-union',
      cteId: 1,
      seed: input([INT4], seed),
      step: next,
      distinct,
      columns: outputColumns([INT4]),
      estimatedRows: 1,
    });
    expect(await rowsOf(recursive(false, [[3], [4]]))).toEqual([[3], [4], [4], [5], [5]]);
    expect(await rowsOf(recursive(true, [[3], [4]]))).toEqual([[3], [4], [5]]);
  });
});

describe('memory', () => {
  it('runs out with 53200', async () => {
    const plan: PhysicalNode = {
      kind: 'function-scan',
      functions: [
        {
          fn: series,
          call: info,
          args: [constant(INT4, 1), constant(INT4, 100_000)],
          columnCount: 1,
        },
      ],
      withOrdinality: false,
      columns: outputColumns([INT4]),
      estimatedRows: 1,
    };
    const node: PhysicalNode = {
      kind: 'sort',
      keys: [sortKey(INT4, 0)],
      input: plan,
      columns: plan.columns,
      estimatedRows: 1,
    };
    await expect(rowsOf(node, testContext({ workMemoryBytes: 100 }))).rejects.toMatchObject({
      code: '53200',
    });
  });
  it('stops when the checkpoint throws', async () => {
    const plan: PhysicalNode = {
      kind: 'function-scan',
      functions: [
        { fn: series, call: info, args: [constant(INT4, 1), constant(INT4, 1e9)], columnCount: 1 },
      ],
      withOrdinality: false,
      columns: outputColumns([INT4]),
      estimatedRows: 1,
    };
    let turns = 0;
    const context = testContext({
      checkpoint() {
        if (++turns > 3) throw new Error('canceled');
        return undefined;
      },
    });
    const run = async (): Promise<void> => {
      for await (const batch of execute(plan, context)) void batch;
    };
    await expect(run()).rejects.toThrow('canceled');
  });
});
