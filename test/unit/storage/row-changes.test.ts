import { describe, expect, it } from 'vitest';
import type { IndexDescriptor, TableDescriptor } from '../../../src/catalog/catalog.ts';
import type { IndexExpressions } from '../../../src/storage/row/index-keys.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';
import {
  INSERT,
  allRows,
  codeOf,
  createIndex,
  createTable,
  inTransaction,
  lookup,
  open,
  refsOf,
  rowsOf,
} from './helpers.ts';

describe('columns that come and go', () => {
  it('read as they were written, without a rewrite', async () => {
    const engine = await open();
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 'a']]), INSERT));
    const column = (attnum: number, name: string, missingText?: string) => ({
      attnum,
      name,
      type: sqlType(OID.int4),
      notNull: false,
      defaultSql: null,
      identity: '' as const,
      missingText,
    });
    const wider: TableDescriptor = {
      ...table,
      schemaVersion: 2,
      columns: [
        table.columns[0]!,
        { ...table.columns[1]!, dropped: true },
        column(3, 'n', '42'),
        column(4, 'm'),
      ],
    };
    await inTransaction(engine, (t) => t.changeCatalog([{ change: 'put', object: wider }]));
    await inTransaction(engine, async (t) => {
      await t.insert(wider, rowsOf(wider, [[2, 7, null]]), INSERT);
      expect(await allRows(t, wider)).toEqual([
        [1, 42, null],
        [2, 7, null],
      ]);
      const refs = await refsOf(t, wider, [1]);
      await t.lockRows(wider, refs, 'update', 'block');
      await t.update(wider, refs, rowsOf(wider, [[1, null, 5]]));
    });
    await inTransaction(engine, async (t) =>
      expect(await allRows(t, wider)).toEqual([
        [1, null, 5],
        [2, 7, null],
      ]),
    );
    await engine.close();
  });
});

/** As those of large values are: there after a turn. */
const later =
  (expressions: IndexExpressions): IndexExpressions =>
  async (...args) => {
    await new Promise(setImmediate);
    return expressions(...args);
  };

describe.each([
  ['at once', (expressions: IndexExpressions) => expressions],
  ['later', later],
])('indexes on expressions and with predicates, computed %s', (_when, computed) => {
  /** lower(label) where id > 10. */
  const expressions: IndexExpressions = (_table, _index, rows) => {
    const [id, label] = rows.columns as [Vector, Vector];
    const count = Array.from({ length: rows.length }, (_, row) => row);
    return {
      keys: [
        vectorFromValues(
          sqlType(OID.text),
          count.map((row) => (valueAt(label, row) as string).toLowerCase()),
        ),
      ],
      included: Uint8Array.from(count, (row) => (Number(valueAt(id, row)) > 10 ? 1 : 0)),
    };
  };
  const shape: Partial<IndexDescriptor> = {
    unique: true,
    keys: [{ column: 0, expressionSql: 'lower(label)', descending: false, nullsFirst: false }],
    predicateSql: 'id > 10',
  };

  it('hold only the rows and keys that they describe', async () => {
    const engine = await open(undefined, { indexExpressions: computed(expressions) });
    const { table, index } = await inTransaction(engine, async (t) => {
      const created = await createTable(t, 't');
      await t.insert(
        created,
        rowsOf(created, [
          [1, 'Same'],
          [11, 'SAME'],
          [12, 'Other'],
        ]),
        INSERT,
      );
      return { table: created, index: await createIndex(t, created, 'low', [], shape) };
    });
    await inTransaction(engine, async (t) => {
      expect(await lookup(t, table, index, { equals: ['same'] })).toEqual([[11, 'SAME']]);
      await t.insert(table, rowsOf(table, [[2, 'same']]), INSERT);
      expect(await codeOf(t.insert(table, rowsOf(table, [[13, 'same']]), INSERT))).toBe('23505');
      const refs = await refsOf(t, table, [11]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.update(table, refs, rowsOf(table, [[3, 'SAME']]));
      await t.insert(table, rowsOf(table, [[13, 'sAME']]), INSERT);
    });
    await inTransaction(engine, async (t) =>
      expect(await lookup(t, table, index)).toEqual([
        [12, 'Other'],
        [13, 'sAME'],
      ]),
    );
    await engine.close();
  });

  it('are refused where nobody can evaluate them', async () => {
    const engine = await open();
    const code = await codeOf(
      inTransaction(engine, async (t) => {
        const table = await createTable(t, 't');
        await t.insert(table, rowsOf(table, [[1, 'a']]), INSERT);
        await createIndex(t, table, 'low', [], shape);
      }),
    );
    expect(code).toBe('0A000');
    await engine.close();
  });
});

describe('small tables', () => {
  it('are read from memory until a commit changes them', async () => {
    const engine = await open();
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 'a']]), INSERT));
    const old = engine.begin('repeatable read', true);
    old.newSnapshot();
    for (let n = 0; n < 3; n++) expect(await allRows(old, table)).toEqual([[1, 'a']]);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[2, 'b']]), INSERT));
    for (let n = 0; n < 3; n++) {
      expect(await allRows(old, table)).toEqual([[1, 'a']]);
      await inTransaction(engine, async (t) => {
        expect(await allRows(t, table)).toHaveLength(2);
        expect((await allRows(t, table, true))[0]).toHaveLength(3);
      });
    }
    old.rollback();
    await engine.close();
  });
});
