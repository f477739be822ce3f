import { describe, expect, it } from 'vitest';
import type { StorageEngine } from '../../../../src/storage/storage.ts';
import {
  INSERT,
  allRows,
  codeOf,
  createIndex,
  createTable,
  errorOf,
  inTransaction,
  lookup,
  open,
  refsOf,
  rowsOf,
} from '../helpers.ts';

async function setUp(engine: StorageEngine) {
  return inTransaction(engine, async (t) => {
    const table = await createTable(t, 't');
    const index = await createIndex(t, table, 't_pkey', [1], { unique: true, primary: true });
    await t.insert(
      table,
      rowsOf(table, [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]),
      INSERT,
    );
    return { table, index };
  });
}

describe('unique indexes', () => {
  it('report duplicates in the words of PostgreSQL and change nothing', async () => {
    const engine = await open();
    const { table } = await setUp(engine);
    const t = engine.begin('read committed', false);
    const error = await errorOf(
      t.insert(
        table,
        rowsOf(table, [
          [7, 'n'],
          [1, 'x'],
        ]),
        INSERT,
      ),
    );
    expect(error.code).toBe('23505');
    expect(error.message).toBe('duplicate key value violates unique constraint "t_pkey"');
    expect(error.fields).toMatchObject({
      detail: 'Key (id)=(1) already exists.',
      schema: 'public',
      table: 't',
      constraint: 't_pkey',
    });
    expect(await allRows(t, table)).toHaveLength(3);
    expect(
      await codeOf(
        t.insert(
          table,
          rowsOf(table, [
            [8, 'x'],
            [8, 'y'],
          ]),
          INSERT,
        ),
      ),
    ).toBe('23505');
    await t.insert(
      table,
      rowsOf(table, [
        [null, 'x'],
        [null, 'y'],
      ]),
      INSERT,
    );
    await t.commit();
    await inTransaction(engine, async (u) => expect(await allRows(u, table)).toHaveLength(5));
    await engine.close();
  });

  it('treat NULLs as equal where the index says so', async () => {
    const engine = await open();
    await inTransaction(engine, async (t) => {
      const table = await createTable(t, 't');
      await createIndex(t, table, 'u', [1], { unique: true, nullsNotDistinct: true });
      await t.insert(table, rowsOf(table, [[null, 'x']]), INSERT);
      expect(await codeOf(t.insert(table, rowsOf(table, [[null, 'y']]), INSERT))).toBe('23505');
    });
    await engine.close();
  });

  it('let rows of one update trade keys, and keep entries right through savepoints', async () => {
    const engine = await open();
    const { table, index } = await setUp(engine);
    const t = engine.begin('read committed', false);
    const refs = await refsOf(t, table, [1, 2, 3]);
    await t.lockRows(table, refs, 'update', 'block');
    await t.update(
      table,
      refs,
      rowsOf(table, [
        [2, 'a'],
        [3, 'b'],
        [1, 'c'],
      ]),
    );
    expect(await codeOf(t.update(table, refs.slice(0, 1), rowsOf(table, [[3, 'a']])))).toBe(
      '23505',
    );
    const mark = t.savepoint();
    await t.update(
      table,
      refs,
      rowsOf(table, [
        [10, 'a'],
        [11, 'b'],
        [12, 'c'],
      ]),
    );
    await t.insert(table, rowsOf(table, [[1, 'new']]), INSERT);
    t.rollbackTo(mark);
    expect(await codeOf(t.insert(table, rowsOf(table, [[1, 'new']]), INSERT))).toBe('23505');
    await t.insert(table, rowsOf(table, [[10, 'free']]), INSERT);
    await t.commit();
    await inTransaction(engine, async (u) => {
      expect(await lookup(u, table, index)).toEqual([
        [1, 'c'],
        [2, 'a'],
        [3, 'b'],
        [10, 'free'],
      ]);
      expect(await lookup(u, table, index, { equals: [11] })).toEqual([]);
    });
    await engine.close();
  });

  it('make the second writer of a key wait for the first to end', async () => {
    const engine = await open();
    const { table } = await setUp(engine);
    for (const end of ['commit', 'rollback'] as const) {
      const first = engine.begin('read committed', false);
      const second = engine.begin('read committed', false);
      const id = end === 'commit' ? 50 : 60;
      await first.insert(table, rowsOf(table, [[id, 'first']]), INSERT);
      const waiting = codeOf(second.insert(table, rowsOf(table, [[id, 'second']]), INSERT));
      if (end === 'commit') await first.commit();
      else first.rollback();
      expect(await waiting).toBe(end === 'commit' ? '23505' : 'none');
      second.rollback();
    }
    // A key that another transaction is giving up.
    const deleter = engine.begin('read committed', false);
    const refs = await refsOf(deleter, table, [1]);
    await deleter.lockRows(table, refs, 'update', 'block');
    await deleter.delete(table, refs);
    const inserter = engine.begin('read committed', false);
    const waiting = codeOf(inserter.insert(table, rowsOf(table, [[1, 'again']]), INSERT));
    await deleter.commit();
    expect(await waiting).toBe('none');
    await inserter.commit();
    await inTransaction(engine, async (u) => expect(await allRows(u, table)).toHaveLength(4));
    await engine.close();
  });

  it('report the rows that an insert collides with', async () => {
    const engine = await open();
    const { table, index } = await setUp(engine);
    await inTransaction(engine, async (t) => {
      const [ref = 0] = await refsOf(t, table, [2]);
      const rows = rowsOf(table, [
        [2, 'x'],
        [20, 'y'],
        [20, 'z'],
      ]);
      const options = { onConflict: 'report', arbiters: [index.oid] } as const;
      const { inserted, conflicts } = await t.insert(table, rows, options);
      const [own = 0] = await refsOf(t, table, [20]);
      expect(inserted).toBe(1);
      expect([...(conflicts ?? [])]).toEqual([ref, NaN, own]);
    });
    await engine.close();
  });

  it('are built over the rows there are, or refuse to be', async () => {
    const engine = await open();
    const { table } = await setUp(engine);
    await inTransaction(engine, async (t) => {
      await t.insert(table, rowsOf(table, [[4, 'a']]), INSERT);
      const error = await errorOf(createIndex(t, table, 'u', [2], { unique: true }));
      expect(error.message).toBe('could not create unique index "u"');
      expect(error.fields.detail).toBe('Key (label)=(a) is duplicated.');
    }).catch(() => undefined);
    await inTransaction(engine, async (t) => {
      const refs = await refsOf(t, table, [1, 2]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.update(table, refs.slice(0, 1), rowsOf(table, [[1, 'zz']]));
      const index = await createIndex(t, table, 'label', [2], {
        keys: [{ column: 2, descending: true, nullsFirst: true }],
      });
      // Changed after the build, once with the same key and once with another.
      await t.update(table, refs.slice(1), rowsOf(table, [[22, 'b']]));
      const labels = (rows: unknown[][]): unknown[] => rows.map((row) => row[1]);
      expect(labels(await lookup(t, table, index))).toContain('zz');
      return index;
    }).then(async (index) => {
      await inTransaction(engine, async (t) => {
        const rows = await lookup(t, table, index);
        const all = await allRows(t, table);
        expect(rows).toHaveLength(all.length);
        expect(rows[0]).toEqual([1, 'zz']);
        expect(await lookup(t, table, index, { equals: ['b'] })).toEqual([[22, 'b']]);
      });
    });
    await engine.close();
  });
});
