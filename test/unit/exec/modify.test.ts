import { describe, expect, it } from 'vitest';
import '../../../src/types/codecs.ts';
import type { IndexDescriptor, TableDescriptor } from '../../../src/catalog/catalog.ts';
import { modifiedRows } from '../../../src/exec/run.ts';
import type { ExecContext } from '../../../src/exec/operator.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import type {
  InsertNode,
  LockRowsNode,
  PhysicalNode,
  TableScanNode,
  UpdateNode,
} from '../../../src/plan/physical.ts';
import type { StorageTransaction } from '../../../src/storage/storage.ts';
import type { Value } from '../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../src/vector/vector.ts';
import {
  addition,
  call,
  column,
  comparison,
  constant,
  evalContext,
  FLOAT8,
  INT4,
  INT8,
  outputColumns,
  rowsOf,
  testContext,
  TEXT,
  values,
} from './support.ts';

const TYPES = [INT4, TEXT];

const table = {
  kind: 'table',
  oid: 20000,
  name: 't',
  schema: 2200,
  hypertable: null,
  columns: ['id', 'name'].map((name, i) => ({
    attnum: i + 1,
    name,
    type: TYPES[i],
    notNull: i === 0,
  })),
} as unknown as TableDescriptor;

const index = {
  kind: 'index',
  oid: 20001,
  table: 20000,
  keys: [{ column: 1 }],
  unique: true,
} as unknown as IndexDescriptor;

/** A table with a unique first column. */
class FakeTable {
  readonly rows = new Map<number, Value[]>();
  readonly locked: number[] = [];
  #next = 1;

  constructor(rows: Value[][]) {
    for (const row of rows) this.rows.set(this.#next++, row);
  }

  #batch(refs: number[], attnums: readonly number[]): Batch {
    const columns = attnums.map((attnum) =>
      attnum < 0
        ? vectorFromValues(FLOAT8, refs)
        : vectorFromValues(
            TYPES[attnum - 1],
            refs.map((ref) => this.rows.get(ref)![attnum - 1]),
          ),
    );
    return { columns, length: refs.length };
  }

  transaction(): StorageTransaction {
    const rowAt = (rows: Batch, i: number): Value[] => rows.columns.map((each) => valueAt(each, i));
    const fake = {
      scan: async function* (this: void, _: unknown, request: { attnums: number[] }) {
        yield* self.scan(request.attnums);
      },
      fetch: async (_: unknown, refs: Float64Array, attnums: number[]) =>
        this.#batch([...refs], attnums),
      lockRows: async (_: unknown, refs: Float64Array, __: unknown, wait: string) => {
        this.locked.push(...refs);
        return Uint8Array.from(refs, (ref) => (wait === 'skip-locked' && ref === 1 ? 0 : 1));
      },
      insert: async (_: unknown, rows: Batch, options: { onConflict: string }) => {
        const conflicts = new Float64Array(rows.length).fill(NaN);
        let inserted = 0;
        for (let i = 0; i < rows.length; i++) {
          const row = rowAt(rows, i);
          const clash = [...this.rows].find(
            ([, other]) => other[0] !== null && other[0] === row[0],
          );
          if (clash !== undefined && options.onConflict === 'error') throw new Error('duplicate');
          if (clash !== undefined) conflicts[i] = clash[0];
          else {
            this.rows.set(this.#next++, row);
            inserted++;
          }
        }
        return { inserted, conflicts: options.onConflict === 'report' ? conflicts : null };
      },
      update: async (_: unknown, refs: Float64Array, rows: Batch) => {
        refs.forEach((ref, i) => this.rows.set(ref, rowAt(rows, i)));
      },
      delete: async (_: unknown, refs: Float64Array) => {
        for (const ref of refs) this.rows.delete(ref);
      },
    };
    // eslint-disable-next-line typescript/no-this-alias
    const self = this;
    return fake as unknown as StorageTransaction;
  }

  async *scan(attnums: number[]): AsyncGenerator<Batch> {
    for (const ref of Array.from(this.rows.keys()))
      if (this.rows.has(ref)) yield this.#batch([ref], attnums);
  }

  context(): ExecContext {
    const catalog = {
      ...evalContext.catalog,
      relation: (oid: number) => (oid === 20001 ? index : undefined),
    };
    return testContext({
      transaction: this.transaction(),
      eval: { ...evalContext, catalog } as ExecContext['eval'],
    });
  }

  get content(): Value[][] {
    return [...this.rows.values()];
  }
}

const noChecks = { notNull: [], checks: [], options: [] };

function insert(rows: Value[][], extra: Partial<InsertNode> = {}): InsertNode {
  return {
    kind: 'insert',
    table,
    input: values(TYPES, rows),
    rowChecks: noChecks,
    onConflict: null,
    returning: [column(INT4, 0), column(TEXT, 1)],
    columns: outputColumns(TYPES),
    estimatedRows: 1,
    ...extra,
  };
}

const scan = (attnums: number[]): TableScanNode => ({
  kind: 'table-scan',
  table,
  attnums,
  predicates: [],
  predicatesAreExact: true,
  filter: null,
  timeOrder: null,
  latest: null,
  estimatedRows: 1,
  columns: outputColumns(attnums.map((attnum) => (attnum < 0 ? FLOAT8 : TYPES[attnum - 1]))),
});

const upsert: InsertNode['onConflict'] = {
  action: 'update',
  arbiters: [{ index: 20001, keys: [column(INT4, 0)], predicate: null }],
  where: comparison('<>', column(TEXT, 1), constant(TEXT, 'keep')),
  set: [column(INT4, 0), column(TEXT, 3)],
};

describe('insert', () => {
  it('returns rows and counts them', async () => {
    const fake = new FakeTable([]);
    const context = fake.context();
    const node = insert([
      [1, 'a'],
      [2, null],
    ]);
    expect(await rowsOf(node, context)).toEqual([
      [1, 'a'],
      [2, null],
    ]);
    expect(modifiedRows(node, context)).toBe(2);
    expect(fake.content).toEqual([
      [1, 'a'],
      [2, null],
    ]);
  });

  it('reports the first row that a constraint forbids, as PostgreSQL words it', async () => {
    const rowChecks = {
      options: [],
      notNull: [{ position: 0, column: 'id' }],
      checks: [
        { constraint: 't_id_check', expr: comparison('>', column(INT4, 0), constant(INT4, 0)) },
      ],
    };
    await expect(
      rowsOf(
        insert(
          [
            [1, 'a'],
            [null, 'b'],
            [-1, 'c'],
          ],
          { rowChecks },
        ),
        new FakeTable([]).context(),
      ),
    ).rejects.toMatchObject({
      code: '23502',
      message: 'null value in column "id" of relation "t" violates not-null constraint',
      fields: {
        detail: 'Failing row contains (null, b).',
        schema: 'public',
        table: 't',
        column: 'id',
      },
    });
    await expect(
      rowsOf(
        insert(
          [
            [1, 'a'],
            [-1, 'c'],
            [null, 'b'],
          ],
          { rowChecks },
        ),
        new FakeTable([]).context(),
      ),
    ).rejects.toMatchObject({
      code: '23514',
      message: 'new row for relation "t" violates check constraint "t_id_check"',
      fields: { detail: 'Failing row contains (-1, c).', constraint: 't_id_check' },
    });
  });

  it('skips conflicts with DO NOTHING', async () => {
    const fake = new FakeTable([[1, 'old']]);
    const context = fake.context();
    const node = insert(
      [
        [1, 'x'],
        [2, 'y'],
        [2, 'z'],
      ],
      { onConflict: { action: 'nothing', arbiters: [], set: [], where: null } },
    );
    expect(await rowsOf(node, context)).toEqual([[2, 'y']]);
    expect(modifiedRows(node, context)).toBe(1);
  });

  it('updates conflicts and keeps the order of RETURNING', async () => {
    const fake = new FakeTable([
      [1, 'old'],
      [5, 'keep'],
    ]);
    const context = fake.context();
    const node = insert(
      [
        [3, 'new'],
        [1, 'x'],
        [5, 'y'],
        [4, 'z'],
      ],
      { onConflict: upsert },
    );
    expect(await rowsOf(node, context)).toEqual([
      [3, 'new'],
      [1, 'x'],
      [4, 'z'],
    ]);
    expect(modifiedRows(node, context)).toBe(3);
    expect(fake.content).toEqual([
      [1, 'x'],
      [5, 'keep'],
      [3, 'new'],
      [4, 'z'],
    ]);
  });

  it('refuses to touch a row twice', async () => {
    const message = 'ON CONFLICT DO UPDATE command cannot affect row a second time';
    for (const rows of [
      [
        [1, 'x'],
        [1, 'y'],
      ],
      [
        [7, 'x'],
        [7, 'y'],
      ],
    ]) {
      await expect(
        rowsOf(insert(rows, { onConflict: upsert }), new FakeTable([[1, 'old']]).context()),
      ).rejects.toMatchObject({ code: '21000', message });
    }
    const kept = insert(
      [
        [5, 'x'],
        [5, 'y'],
      ],
      { onConflict: upsert },
    );
    expect(await rowsOf(kept, new FakeTable([[5, 'keep']]).context())).toEqual([]);
  });

  it('does not see its own rows when it reads the table', async () => {
    const fake = new FakeTable([
      [1, 'a'],
      [2, 'b'],
    ]);
    const input: PhysicalNode = {
      kind: 'project',
      columns: outputColumns(TYPES),
      estimatedRows: 1,
      input: scan([1, 2]),
      exprs: [call(addition, INT4, [column(INT4, 0), constant(INT4, 10)]), column(TEXT, 1)],
    };
    expect(await rowsOf(insert([], { input }), fake.context())).toEqual([
      [11, 'a'],
      [12, 'b'],
    ]);
    expect(fake.content.length).toBe(4);
  });
});

describe('update and delete', () => {
  const twice: PhysicalNode = {
    kind: 'nested-loop',
    joinType: 'inner',
    left: scan([-1, 1, 2]),
    right: values([INT4], [[10], [20]]),
    condition: comparison('=', column(INT4, 1), constant(INT4, 1)),
    bindings: [],
    columns: outputColumns([FLOAT8, INT4, TEXT, INT4]),
    estimatedRows: 1,
  };

  it('change a row once', async () => {
    const fake = new FakeTable([
      [1, 'a'],
      [2, 'b'],
    ]);
    const context = fake.context();
    const input: PhysicalNode = {
      kind: 'project',
      columns: outputColumns([FLOAT8, INT4, TEXT, INT4, TEXT, INT4]),
      estimatedRows: 1,
      input: twice,
      exprs: [
        column(FLOAT8, 0),
        column(INT4, 1),
        column(TEXT, 2),
        column(INT4, 3),
        column(TEXT, 2),
        column(INT4, 3),
      ],
    };
    const node: UpdateNode = {
      kind: 'update',
      table,
      input,
      rowChecks: noChecks,
      returning: [column(INT4, 0), column(INT4, 2)],
      columns: outputColumns([INT4, INT4]),
      estimatedRows: 1,
    };
    expect(await rowsOf(node, context)).toEqual([[10, 10]]);
    expect(modifiedRows(node, context)).toBe(1);
    expect(fake.locked).toEqual([1]);
    expect(fake.content).toEqual([
      [10, 'a'],
      [2, 'b'],
    ]);
  });

  it('delete with RETURNING over the old row and the rest', async () => {
    const fake = new FakeTable([
      [1, 'a'],
      [2, 'b'],
    ]);
    const node: PhysicalNode = {
      kind: 'delete',
      table,
      input: twice,
      returning: [column(TEXT, 1), column(INT4, 2)],
      columns: outputColumns([TEXT, INT4]),
      estimatedRows: 1,
    };
    expect(await rowsOf(node, fake.context())).toEqual([['a', 10]]);
    expect(fake.content).toEqual([[2, 'b']]);
  });
});

describe('data-modifying WITH', () => {
  it('runs to the end and the body sees the tables as they were', async () => {
    const fake = new FakeTable([[1, 'a']]);
    const returned: PhysicalNode = {
      kind: 'cte-scan',
      cteId: 1,
      columns: outputColumns(TYPES),
      estimatedRows: 1,
    };
    const filter: Expr = comparison('>', column(INT4, 0), {
      kind: 'exec-param',
      type: INT4,
      index: 0,
    });
    const lateral: PhysicalNode = {
      kind: 'nested-loop',
      joinType: 'inner',
      left: values([INT4], [[0]]),
      right: { ...scan([1, 2]), filter },
      bindings: [{ param: 0, value: column(INT4, 0) }],
      condition: null,
      columns: outputColumns([INT4, ...TYPES]),
      estimatedRows: 1,
    };
    const own: PhysicalNode = {
      kind: 'project',
      exprs: [column(INT4, 1), column(TEXT, 2)],
      input: lateral,
      columns: outputColumns(TYPES),
      estimatedRows: 1,
    };
    const body: PhysicalNode = {
      kind: 'append',
      inputs: [returned, own],
      columns: outputColumns(TYPES),
      estimatedRows: 1,
    };
    const limit: PhysicalNode = {
      kind: 'limit',
      input: body,
      limit: constant(INT8, 9),
      offset: null,
      tiesKeys: null,
      columns: body.columns,
      estimatedRows: 1,
    };
    const node: PhysicalNode = {
      kind: 'with',
      ctes: [{ cteId: 1, name: 'ins', plan: insert([[2, 'b']]), modifying: true }],
      body: limit,
      columns: body.columns,
      estimatedRows: 1,
    };
    const context = fake.context();
    expect(await rowsOf(node, context)).toEqual([
      [2, 'b'],
      [1, 'a'],
    ]);
    expect(fake.content).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(modifiedRows(node, context)).toBe(0);
  });
});

describe('lock-rows', () => {
  it('skips locked rows and locks no more than a LIMIT takes', async () => {
    const fake = new FakeTable([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
    const lock: LockRowsNode = {
      kind: 'lock-rows',
      input: scan([-1, 1]),
      targets: [{ table, rowRefPosition: 0 }],
      strength: 'update',
      wait: 'skip-locked',
      columns: outputColumns([FLOAT8, INT4]),
      estimatedRows: 1,
    };
    const node: PhysicalNode = {
      kind: 'limit',
      input: lock,
      limit: constant(INT8, 1),
      offset: null,
      tiesKeys: null,
      columns: lock.columns,
      estimatedRows: 1,
    };
    expect(await rowsOf(node, fake.context())).toEqual([[2, 2]]);
    expect(fake.locked).toEqual([1, 2]);
  });
});
