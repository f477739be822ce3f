/** Transactions whose rows become segments before they commit, against a naive model. */
import { describe, expect, it } from 'vitest';
import type { HypertableStore } from '../../src/storage/hypertable/hypertable-store.ts';
import { GARBAGE_KEYS } from '../../src/storage/hypertable/segment-keys.ts';
import type { Value } from '../../src/types/value.ts';
import {
  asSet,
  batchOf,
  column,
  ERROR_OPTIONS,
  hypertable,
  OID,
  randomOf,
  request,
  rowsOf,
  uniqueIndex,
  World,
  type Row,
} from '../unit/storage/hypertable/support.ts';
import { seedOf } from '../support/seed.ts';

const COLUMNS = [
  column(1, 'time', OID.timestamptz),
  column(2, 'host', OID.text),
  column(3, 'value', OID.float8),
];
const TABLE = hypertable(COLUMNS, { chunkInterval: 1000 });
const SEEDS = [seedOf('hypertable spill'), 1, 2, 3];
type Writes = ReturnType<HypertableStore['openWrites']>;

async function readAll(world: World, writes: Writes | undefined): Promise<Value[][]> {
  const { store, table } = world;
  const rows: Value[][] = [];
  for await (const batch of store.scan(store.current(), writes, table, request([-1, 1, 2, 3]))) {
    rows.push(...rowsOf(batch));
  }
  return rows;
}

async function garbage(world: World): Promise<number> {
  let count = 0;
  for await (const page of world.kv.scan(GARBAGE_KEYS)) count += page.length;
  return count;
}

describe('big transactions', () => {
  for (const seed of SEEDS) {
    it(`follow a naive model, SEED=${seed}`, async () => {
      const random = randomOf(seed);
      const world = new World(TABLE);
      world.spillLimits = { bytes: 12_000, rows: 100, commitRows: 150 };
      await world.open();
      let model: Row[] = [];
      let nextValue = 0;
      for (let transaction = 0; transaction < 12; transaction++) {
        const writes = world.store.openWrites();
        let own = model;
        const marks: { mark: number; own: Row[] }[] = [];
        for (let step = 0; step < 10; step++) {
          const dice = random();
          if (dice < 0.6) {
            const rows = Array.from(
              { length: Math.floor(random() * 400) },
              (): Row => [Math.floor(random() * 3000), `h${Math.floor(random() * 5)}`, nextValue++],
            );
            const batch = batchOf(TABLE, rows);
            const view = world.store.current();
            await world.store.insert(view, writes, TABLE, batch, [], ERROR_OPTIONS);
            own = [...own, ...rows];
          } else if (dice < 0.75) {
            const all = await readAll(world, writes);
            const gone = all.filter(() => random() < 0.1);
            const refs = Float64Array.from(gone, ([ref]) => ref as number);
            const fetched = await world.store.fetch(
              world.store.current(),
              writes,
              TABLE,
              refs,
              [1, 2, 3],
            );
            expect(rowsOf(fetched)).toEqual(gone.map((row) => row.slice(1)));
            world.store.delete(writes, TABLE, refs);
            const values = new Set(gone.map((row) => row[3]));
            own = own.filter((row) => !values.has(row[2]));
          } else if (dice < 0.85) marks.push({ mark: writes.mark(), own });
          else if (dice < 0.92 && marks.length > 0) {
            const kept = Math.floor(random() * marks.length);
            writes.rollbackTo(marks[kept].mark);
            own = marks[kept].own;
            marks.length = kept;
          } else if (dice < 0.95) {
            world.store.dropChunks(world.store.current(), writes, TABLE, 0, 1000);
            own = own.filter(([time]) => (time as number) >= 1000);
          }
          const seen = (await readAll(world, writes)).map((row) => row.slice(1));
          expect(asSet(seen)).toEqual(asSet(own));
        }
        if (random() < 0.8) {
          await world.prepareAndCommit(writes);
          model = own;
        } else world.store.discard(writes);
        if (random() < 0.4) await world.store.flush(random() < 0.7);
        if (random() < 0.3) await world.reopen(world.store.oldestUnflushed() ?? world.sequence + 1);
        const seen = (await readAll(world, undefined)).map((row) => row.slice(1));
        expect(asSet(seen)).toEqual(asSet(model));
      }
      await world.store.flush(true);
      world.store.releaseViewsBefore(world.sequence + 1);
      await world.reopen(world.sequence + 1);
      await world.store.flush(true);
      await world.store.close();
      expect(await garbage(world)).toBe(0);
    });
  }

  it('leave nothing behind when they roll back or the server dies', async () => {
    const world = new World(TABLE);
    world.spillLimits = { bytes: 1000, rows: 10, commitRows: 10 };
    await world.open();
    const rows = Array.from({ length: 500 }, (_, i): Row => [i, 'a', i]);
    for (const ending of ['rollback', 'crash']) {
      const writes = world.store.openWrites();
      const view = world.store.current();
      await world.store.insert(view, writes, TABLE, batchOf(TABLE, rows), [], ERROR_OPTIONS);
      expect(await garbage(world)).toBeGreaterThan(0);
      if (ending === 'rollback') world.store.discard(writes);
      else await world.reopen();
      await world.store.flush(false);
      await world.store.close();
      expect(await garbage(world)).toBe(0);
      await world.reopen();
      expect(await readAll(world, undefined)).toEqual([]);
    }
    expect((world.kv as unknown as { size?: number }).size ?? 0).toBe(0);
  });

  it('leave nothing behind when what they brought is dropped before it is flushed', async () => {
    for (const drop of ['chunk', 'table']) {
      const world = new World(TABLE);
      world.spillLimits = { bytes: 1000, rows: 10, commitRows: 10 };
      await world.open();
      const rows = Array.from({ length: 500 }, (_, i): Row => [i, 'a', i]);
      const writes = world.store.openWrites();
      const view = world.store.current();
      await world.store.insert(view, writes, TABLE, batchOf(TABLE, rows), [], ERROR_OPTIONS);
      await world.prepareAndCommit(writes);
      const before = world.store.current();
      expect(await garbage(world)).toBeGreaterThan(0);
      if (drop === 'table') world.store.dropTable(TABLE.storageId);
      else {
        const dropping = world.store.openWrites();
        world.store.dropChunks(world.store.current(), dropping, TABLE, null, null);
        world.commit(dropping);
      }
      expect((await world.scan({}, before)).reduce((sum, { length }) => sum + length, 0)).toBe(500);
      world.store.releaseViewsBefore(world.sequence + 1);
      await world.store.flush(false);
      await world.store.close();
      expect(await garbage(world), drop).toBe(0);
    }
  });

  it('find duplicates of rows that are in segments already', async () => {
    const world = new World(TABLE);
    world.spillLimits = { bytes: 1000, rows: 10, commitRows: 10 };
    world.indexes = [uniqueIndex([2, 1])];
    await world.open();
    const rows = Array.from({ length: 300 }, (_, i): Row => [i, `h${i % 3}`, i]);
    const writes = world.store.openWrites();
    const insert = (some: readonly Row[]) =>
      world.store.insert(
        world.store.current(),
        writes,
        TABLE,
        batchOf(TABLE, some),
        world.indexes,
        ERROR_OPTIONS,
      );
    await insert(rows);
    await expect(insert([[17, 'h2', 0]])).rejects.toThrow('duplicate key');
    const all = await readAll(world, writes);
    const ref = all.find(([, time]) => time === 17)?.[0] as number;
    world.store.delete(writes, TABLE, Float64Array.of(ref));
    await insert([[17, 'h2', 0]]);
    await world.prepareAndCommit(writes);
    expect(
      (await readAll(world, undefined)).filter(([, time]) => time === 17).map((row) => row[3]),
    ).toEqual([0]);
  });
});
