/** Indexes of large tables, which are built in pieces. */
import { describe, expect, it } from 'vitest';
import type { IndexDescriptor, TableDescriptor } from '../../../../src/catalog/catalog.ts';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import { indexRange } from '../../../../src/storage/format/keys.ts';
import { openRocks } from '../../../../src/storage/kv/rocks.ts';
import type { StorageEngine } from '../../../../src/storage/storage.ts';
import { OID } from '../../../../src/types/type.ts';
import {
  INSERT,
  allRows,
  codeOf,
  copyOf,
  createIndex,
  createTable,
  errorOf,
  inTransaction,
  lookup,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from '../helpers.ts';

const PIECES = { indexPieceRows: 300 };
const ROWS = 4_000;
const COLUMNS = [
  { name: 'id', type: OID.int4 },
  { name: 'name', type: OID.text },
];

async function loaded(
  path: string | undefined,
  same?: [number, number],
): Promise<{ engine: StorageEngine; table: TableDescriptor }> {
  const engine = await open(path, PIECES);
  const table = await inTransaction(engine, async (t) => {
    const made = await createTable(t, 't', COLUMNS);
    // In no order, so that every piece has keys between those of the others.
    const nameOf = (id: number): string => `name ${(id * 7919) % ROWS}`;
    const rows = Array.from({ length: ROWS }, (_, id) => [
      id,
      nameOf(id === same?.[1] ? same[0] : id),
    ]);
    await t.insert(made, rowsOf(made, rows), INSERT);
    return made;
  });
  return { engine, table };
}

async function entriesOf(path: string, index: IndexDescriptor): Promise<number> {
  const kv = await openRocks({ directory: `${path}/kv`, disk: createNodeEnv().disk });
  let count = 0;
  for await (const page of kv.scan(indexRange(index.storageId))) count += page.length;
  await kv.close();
  return count;
}

describe('an index of a large table', () => {
  it('has all rows, takes part in later changes and outlives a crash', async () => {
    const path = await temporaryDirectory();
    const { engine, table } = await loaded(path);
    const indexes = await inTransaction(engine, async (t) => {
      const unique = await createIndex(t, table, 'u', [2], { unique: true });
      const plain = await createIndex(t, table, 'p', [2, 1]);
      expect(await lookup(t, table, unique, { equals: ['name 7'] })).toHaveLength(1);
      const refs = await refsOf(t, table, [1, 2]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.update(
        table,
        refs,
        rowsOf(table, [
          [1, 'one'],
          [2, 'name 3838'],
        ]),
      );
      expect(await codeOf(t.insert(table, rowsOf(table, [[9, 'one']]), INSERT))).toBe('23505');
      return [unique, plain];
    });
    const names = (rows: unknown[][]): unknown[] => rows.map(([, name]) => name);
    const check = async (on: StorageEngine): Promise<void> =>
      inTransaction(on, async (t) => {
        const sorted = names(await allRows(t, table)).toSorted();
        for (const index of indexes) expect(names(await lookup(t, table, index))).toEqual(sorted);
        expect(await codeOf(t.insert(table, rowsOf(table, [[9, 'name 8']]), INSERT))).toBe('23505');
      });
    await check(engine);
    const again = await open(await copyOf(path), PIECES);
    await check(again);
    await again.close();
    await engine.close();
  });

  it('is refused where pieces have the same key, and leaves nothing', async () => {
    const path = await temporaryDirectory();
    const { engine, table } = await loaded(path, [5, 3_900]);
    const t = engine.begin('read committed', false);
    const mark = t.savepoint();
    const build = createIndex(t, table, 'u', [2], { unique: true, storageId: 777_000 });
    const error = await errorOf(build);
    expect([error.code, error.message]).toEqual(['23505', 'could not create unique index "u"']);
    expect(error.fields.detail).toBe('Key (name)=(name 3595) is duplicated.');
    t.rollbackTo(mark);
    const index = await createIndex(t, table, 'p', [2]);
    await t.commit();
    await inTransaction(engine, async (after) => {
      expect(await lookup(after, table, index)).toHaveLength(ROWS);
    });
    await engine.close();
    expect(await entriesOf(path, { ...index, storageId: 777_000 })).toBe(0);
    expect(await entriesOf(path, index)).toBe(ROWS);
  });

  it('leaves nothing where its transaction does not commit, or the server stops', async () => {
    const path = await temporaryDirectory();
    const { engine, table } = await loaded(path);
    const t = engine.begin('read committed', false);
    const index = await createIndex(t, table, 'p', [2]);
    const crashed = await copyOf(path);
    t.rollback();
    await engine.close();
    expect(await entriesOf(path, index)).toBe(0);
    const again = await open(crashed, PIECES);
    const next = await inTransaction(again, (other) => createIndex(other, table, 'p', [2]));
    expect(next.storageId).not.toBe(index.storageId);
    await again.close();
    expect(await entriesOf(crashed, index)).toBe(0);
    expect(await entriesOf(crashed, next)).toBe(ROWS);
  });

  it('ends with a transaction that is rolled back under it', async () => {
    const path = await temporaryDirectory();
    const { engine, table } = await loaded(path);
    const t = engine.begin('read committed', false);
    const oid = await t.allocateOid();
    const index: IndexDescriptor = {
      kind: 'index',
      oid,
      name: 'p',
      schema: 2200,
      table: table.oid,
      keys: [{ column: 2, descending: false, nullsFirst: false }],
      include: [],
      unique: false,
      primary: false,
      nullsNotDistinct: false,
      method: 'btree',
      storageId: await t.allocateStorageId(),
    };
    await t.changeCatalog([{ change: 'put', object: index }]);
    const building = t.buildIndex(table, index).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 3));
    t.rollback();
    await building;
    await engine.close();
    expect(await entriesOf(path, index)).toBe(0);
  });
});
