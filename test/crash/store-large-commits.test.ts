import { describe, expect, it, vi } from 'vitest';
import type { IndexDescriptor, TableDescriptor } from '../../src/catalog/catalog.ts';
import type { KvStore } from '../../src/storage/kv/kv.ts';
import type * as Rocks from '../../src/storage/kv/rocks.ts';
import type { StorageEngine, StorageTransaction } from '../../src/storage/storage.ts';
import { OID } from '../../src/types/type.ts';
import type { Value } from '../../src/types/value.ts';
import {
  INSERT,
  allRows,
  codeOf,
  createIndex,
  createTable,
  inTransaction,
  lookup,
  open,
  rowsOf,
  temporaryDirectory,
} from '../unit/storage/helpers.ts';

/** The store of every engine here, which fails after so many writes as if the machine had stopped. */
const faults = vi.hoisted(() => ({ writesLeft: Infinity }));

vi.mock('../../src/storage/kv/rocks.ts', async (importOriginal) => {
  const real = await importOriginal<typeof Rocks>();
  return {
    ...real,
    async openRocks(options: Rocks.RocksOptions): Promise<KvStore> {
      const kv = await real.openRocks(options);
      const write = kv.write.bind(kv);
      kv.write = (operations, sync) => {
        if (faults.writesLeft-- > 0) return write(operations, sync);
        return Promise.reject(new Error('IO error: the machine has stopped'));
      };
      return kv;
    },
  };
});

const COLUMNS = [
  { name: 'id', type: OID.int4 },
  { name: 'grp', type: OID.int4 },
];

interface Tables {
  readonly table: TableDescriptor;
  readonly unique: IndexDescriptor;
  readonly group: IndexDescriptor;
}

async function createTables(engine: StorageEngine, name = 'items'): Promise<Tables> {
  return inTransaction(engine, async (t) => {
    const table = await createTable(t, name, COLUMNS);
    const unique = await createIndex(t, table, `${name}_id`, [1], { unique: true });
    const group = await createIndex(t, table, `${name}_grp`, [2]);
    return { table, unique, group };
  });
}

function numbered(count: number, first = 0): Value[][] {
  return Array.from({ length: count }, (_, i) => [first + i, (first + i) % 100]);
}

async function refsWhere(
  t: StorageTransaction,
  table: TableDescriptor,
  accept: (id: number) => boolean,
): Promise<{ refs: Float64Array; rows: Value[][] }> {
  const found = (await allRows(t, table, true)).filter((row) => accept(row[1] as number));
  return {
    refs: Float64Array.from(found.map((row) => row[0] as number)),
    rows: found.map((row) => row.slice(1)),
  };
}

/** Replaces the rows that `accept` takes by what `change` makes of them. */
async function update(
  t: StorageTransaction,
  { table }: Tables,
  accept: (id: number) => boolean,
  change: (row: readonly Value[]) => Value[],
): Promise<void> {
  const { refs, rows } = await refsWhere(t, table, accept);
  await t.lockRows(table, refs, 'update', 'block');
  await t.update(table, refs, rowsOf(table, rows.map(change)));
}

async function remove(
  t: StorageTransaction,
  { table }: Tables,
  accept: (id: number) => boolean,
): Promise<void> {
  const { refs } = await refsWhere(t, table, accept);
  await t.lockRows(table, refs, 'update', 'block');
  await t.delete(table, refs);
}

function byId(rows: Value[][]): Value[][] {
  return rows.sort((a, b) => (a[0] as number) - (b[0] as number));
}

describe('commits that are applied in slices', () => {
  it(
    'are whole after a crash between two slices, and count once',
    { timeout: 60_000 },
    async () => {
      // Rows and entries of both tables make seven slices.
      for (let written = 0; written < 10; written++) {
        const path = await temporaryDirectory();
        let engine = await open(path);
        const first = await createTables(engine, 'first');
        const second = await createTables(engine, 'second');
        await inTransaction(engine, (t) =>
          t.insert(first.table, rowsOf(first.table, numbered(1_000)), INSERT),
        );
        faults.writesLeft = written;
        const outcome = await codeOf(
          inTransaction(engine, async (t) => {
            t.newSnapshot();
            await remove(t, first, (id) => id < 500);
            for (const { table } of [first, second]) {
              await t.insert(table, rowsOf(table, numbered(2_000, 1_000)), INSERT);
            }
          }),
        );
        faults.writesLeft = Infinity;
        expect(outcome).toBe(written < 7 ? '58030' : 'none');
        await engine.close().catch(() => undefined);
        engine = await open(path);
        // The log has the record, whether the store took it or not. A scan compares its rows with the count.
        for (const [{ table, unique, group }, count] of [
          [first, 2_500],
          [second, 2_000],
        ] as const) {
          await inTransaction(engine, async (t) => {
            expect(await allRows(t, table)).toHaveLength(count);
            expect(await lookup(t, table, group, { equals: [7] })).toHaveLength(count / 100);
            expect(await lookup(t, table, unique)).toHaveLength(count);
          });
          expect(engine.statistics(table).rows).toBe(count);
        }
        await engine.close();
      }
    },
  );

  it('leave older snapshots what they saw, until the last one ends', async () => {
    const engine = await open();
    const tables = await createTables(engine);
    const { table, unique, group } = tables;
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, numbered(5_000)), INSERT));
    const readers: { t: StorageTransaction; rows: Value[][] }[] = [];
    const pin = async (): Promise<void> => {
      const t = engine.begin('repeatable read', true);
      t.newSnapshot();
      readers.push({ t, rows: byId(await allRows(t, table)) });
    };
    const check = async (): Promise<void> => {
      for (const { t, rows } of readers) {
        expect(byId(await allRows(t, table))).toEqual(rows);
        expect(byId(await lookup(t, table, group, { equals: [7] }))).toEqual(
          rows.filter((row) => row[1] === 7),
        );
        for (const id of [1, 2, 4_999, 5_000, 7_999]) {
          expect(await lookup(t, table, unique, { equals: [id] })).toEqual(
            rows.filter((row) => row[0] === id),
          );
        }
      }
    };
    const steps: ((t: StorageTransaction) => Promise<unknown>)[] = [
      (t) =>
        update(
          t,
          tables,
          () => true,
          ([id, grp]) => [id as number, (grp as number) + 1],
        ),
      (t) =>
        update(
          t,
          tables,
          (id) => id < 10,
          ([id]) => [id as number, 7],
        ),
      (t) => remove(t, tables, (id) => id % 2 === 0),
      (t) => t.insert(table, rowsOf(table, numbered(3_000, 5_000)), INSERT),
      // The unique keys move on to the next row.
      (t) =>
        update(
          t,
          tables,
          () => true,
          ([id, grp]) => [(id as number) + 1, grp as number],
        ),
      (t) => remove(t, tables, () => true),
    ];
    for (const step of steps) {
      await pin();
      await inTransaction(engine, async (t) => {
        t.newSnapshot();
        await step(t);
      });
      await check();
    }
    while (readers.length > 0) {
      readers.splice(readers.length >>> 1, 1)[0]?.t.rollback();
      await check();
    }
    expect(await inTransaction(engine, (t) => allRows(t, table))).toEqual([]);
    await engine.close();
  });

  it('keep large numbers of large commits apart for one old snapshot', async () => {
    const engine = await open();
    const tables = await createTables(engine);
    const { table } = tables;
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, numbered(1_200)), INSERT));
    const reader = engine.begin('repeatable read', true);
    reader.newSnapshot();
    const before = byId(await allRows(reader, table));
    for (let round = 0; round < 20; round++) {
      await inTransaction(engine, (t) =>
        update(
          t,
          tables,
          () => true,
          ([id, grp]) => [id as number, (grp as number) + 1],
        ),
      );
    }
    expect(byId(await allRows(reader, table))).toEqual(before);
    reader.rollback();
    const after = await inTransaction(engine, (t) => allRows(t, table));
    expect(byId(after)).toEqual(before.map(([id, grp]) => [id, (grp as number) + 20]));
    await engine.close();
  });

  it('find duplicates in any part of an update', async () => {
    const engine = await open();
    const tables = await createTables(engine);
    const { table } = tables;
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, numbered(6_000)), INSERT));
    const clash = async (accept: (id: number) => boolean, to: (id: number) => number) => {
      const t = engine.begin('read committed', false);
      t.newSnapshot();
      const code = await codeOf(
        update(t, tables, accept, ([id, grp]) => [to(id as number), grp as number]),
      );
      t.rollback();
      return code;
    };
    // A key of the last part that the first has already, one that a row outside has, and a swap.
    expect(
      await clash(
        () => true,
        (id) => (id === 5_999 ? 0 : id),
      ),
    ).toBe('23505');
    expect(
      await clash(
        (id) => id !== 3,
        (id) => (id === 5_999 ? 3 : id),
      ),
    ).toBe('23505');
    expect(
      await clash(
        () => true,
        (id) => 5_999 - id,
      ),
    ).toBe('none');
    await engine.close();
  });
});

describe('large changes', () => {
  it('give the event loop its turns', { timeout: 60_000 }, async () => {
    const engine = await open();
    const tables = await createTables(engine);
    const { table } = tables;
    let longest = 0;
    let total = 0;
    let running = true;
    // Processor time and not the clock's: other programs may hold up this one.
    let last = process.cpuUsage();
    const tick = (): void => {
      const { user, system } = process.cpuUsage(last);
      last = process.cpuUsage();
      longest = Math.max(longest, user + system);
      total += user + system;
      if (running) setImmediate(tick);
    };
    const { refs, rows } = await inTransaction(engine, async (t) => {
      for (let first = 0; first < 100_000; first += 2_000) {
        await t.insert(table, rowsOf(table, numbered(2_000, first)), INSERT);
      }
      return refsWhere(t, table, () => true);
    });
    const changed = rowsOf(
      table,
      rows.map(([id, grp]) => [id as number, (grp as number) + 1]),
    );
    last = process.cpuUsage();
    tick();
    const t = engine.begin('read committed', false);
    t.newSnapshot();
    await t.lockRows(table, refs, 'update', 'block');
    await t.update(table, refs, changed);
    await t.commit();
    await inTransaction(engine, (other) => createIndex(other, table, 'items_both', [2, 1]));
    await inTransaction(engine, async (other) => {
      other.newSnapshot();
      await other.lockRows(table, refs, 'update', 'block');
      await other.delete(table, refs);
    });
    running = false;
    // Any of the three changes in one go would be a good part of the whole.
    expect(longest).toBeLessThan(total / 8);
    await engine.close();
  });
});
