import { describe, expect, it } from 'vitest';
import { StatementRestart, type StorageTransaction } from '../../../src/storage/storage.ts';
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
} from './helpers.ts';

async function setUp() {
  const engine = await open();
  const { table, index } = await inTransaction(engine, async (t) => {
    const created = await createTable(t, 't');
    return { table: created, index: await createIndex(t, created, 't_id', [1], { unique: true }) };
  });
  await inTransaction(engine, (t) =>
    t.insert(
      table,
      rowsOf(table, [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]),
      INSERT,
    ),
  );
  const begin = (processId?: number): StorageTransaction => {
    const transaction = engine.begin('read committed', false, processId);
    transaction.newSnapshot();
    return transaction;
  };
  const change = async (t: StorageTransaction, id: number, row: readonly [number, string]) => {
    const refs = await refsOf(t, table, [id]);
    await t.lockRows(table, refs, 'update', 'nowait');
    await t.update(table, refs, rowsOf(table, [row]));
  };
  return { engine, table, index, begin, change };
}

describe('ROLLBACK TO SAVEPOINT', () => {
  it('releases the locks taken since, and reads the rows anew', async () => {
    const { engine, table, index, begin, change } = await setUp();
    const first = begin();
    await change(first, 1, [1, 'first']);
    const mark = first.savepoint();
    await change(first, 2, [20, 'lost']);
    await change(first, 1, [1, 'lost']);
    first.rollbackTo(mark);

    const second = begin();
    expect(await codeOf(change(second, 1, [1, 'second']))).toBe('55P03');
    await change(second, 2, [22, 'second']);
    await second.insert(table, rowsOf(table, [[20, 'new']]), INSERT);
    await second.commit();

    first.newSnapshot();
    await change(first, 22, [2, 'again']);
    await first.commit();
    await inTransaction(engine, async (t) => {
      t.newSnapshot();
      const rows = await allRows(t, table);
      const byId = (a: unknown[], b: unknown[]): number => Number(a[0]) - Number(b[0]);
      const expected = [
        [1, 'first'],
        [2, 'again'],
        [3, 'c'],
        [20, 'new'],
      ];
      expect(rows.sort(byId)).toEqual(expected);
      expect(await lookup(t, table, index)).toEqual(expected);
      expect(await lookup(t, table, index, { equals: [22] })).toEqual([]);
    });
    await engine.close();
  });

  it('gives up the catalog lock and sees what others then changed', async () => {
    const { engine, begin } = await setUp();
    const first = begin();
    const mark = first.savepoint();
    const lost = await createTable(first, 'lost');
    first.rollbackTo(mark);
    const made = await inTransaction(engine, (t) => createTable(t, 'made'));
    expect(made.oid).toBeGreaterThan(lost.oid);
    first.newSnapshot();
    expect(first.catalog().relationByName(2200, 'lost')).toBeUndefined();
    expect(first.catalog().relationByName(2200, 'made')).toBeDefined();
    await createTable(first, 'third');
    await first.commit();
    for (const name of ['made', 'third']) {
      expect(engine.catalog().relationByName(2200, name)).toBeDefined();
    }
    await engine.close();
  });

  it('keeps the locks of a statement that is about to run again', async () => {
    const { engine, table, begin, change } = await setUp();
    const [first, second, third] = [begin(), begin(), begin()];
    const refs = await refsOf(first, table, [1]);
    await change(second, 1, [1, 'second']);
    await second.commit();
    const mark = first.savepoint();
    await expect(first.lockRows(table, refs, 'update', 'block')).rejects.toThrow(StatementRestart);
    first.rollbackTo(mark);
    expect(await codeOf(third.lockRows(table, refs, 'update', 'nowait'))).toBe('55P03');
    first.newSnapshot();
    await change(first, 1, [1, 'first']);
    const later = first.savepoint();
    first.rollbackTo(later);
    await first.commit();
    third.rollback();
    await engine.close();
  });

  it('names sessions by their process ids in a deadlock', async () => {
    const { engine, table, begin } = await setUp();
    const [first, second] = [begin(4711), begin(4712)];
    const [one, two] = [await refsOf(first, table, [1]), await refsOf(first, table, [2])];
    await first.lockRows(table, one, 'update', 'block');
    await second.lockRows(table, two, 'update', 'block');
    const waiting = first.lockRows(table, two, 'update', 'block');
    const error = await errorOf(second.lockRows(table, one, 'update', 'block'));
    expect((error as { fields?: { detail?: string } }).fields?.detail).toMatch(
      /^Process 4712 waits for .*; blocked by process 4711\.\nProcess 4711 waits for .*; blocked by process 4712\.$/,
    );
    second.rollback();
    await waiting;
    first.rollback();
    await engine.close();
  });
});
