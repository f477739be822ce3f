/** Locks on hypertable rows and unique keys, while flushes move the rows. */
import { describe, expect, it } from 'vitest';
import type { TableDescriptor } from '../../../../src/catalog/catalog.ts';
import {
  StatementRestart,
  type StorageEngine,
  type StorageTransaction,
} from '../../../../src/storage/storage.ts';
import { OID } from '../../../../src/types/type.ts';
import {
  INSERT,
  allRows,
  codeOf,
  createIndex,
  createTable,
  inTransaction,
  open,
  refsOf,
  rowsOf,
} from '../helpers.ts';
import { randomOf } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

const HOUR = 3_600_000_000;
const UPSERT = { onConflict: 'report', arbiters: [] } as const;

async function createPoints(engine: StorageEngine, unique = true): Promise<TableDescriptor> {
  return inTransaction(engine, async (t) => {
    const plain = await createTable(t, 'points', [
      { name: 'time', type: OID.timestamptz },
      { name: 'owner', type: OID.int4 },
      { name: 'value', type: OID.float8 },
    ]);
    const table: TableDescriptor = {
      ...plain,
      hypertable: { timeColumn: 1, chunkInterval: HOUR, segmentBy: null, spaceDimensions: [] },
    };
    await t.changeCatalog([{ change: 'put', object: table }]);
    if (unique) await createIndex(t, table, 'points_key', [2, 1], { unique: true });
    return table;
  });
}

/** INSERT ... ON CONFLICT DO UPDATE of one statement, with its restarts. */
async function upsert(
  t: StorageTransaction,
  table: TableDescriptor,
  rows: readonly (readonly [number, number, number])[],
): Promise<void> {
  for (;;) {
    const mark = t.savepoint();
    t.newSnapshot();
    try {
      const { conflicts } = await t.insert(table, rowsOf(table, rows), UPSERT);
      const hit = rows.flatMap((_, i) => (Number.isNaN(conflicts?.[i] ?? NaN) ? [] : [i]));
      if (hit.length > 0) {
        const refs = Float64Array.from(hit, (i) => conflicts?.[i] as number);
        await t.lockRows(table, refs, 'update', 'block');
        const old = await t.fetch(table, refs, [1, 2]);
        hit.forEach((i, n) => {
          const [time, owner] = old.columns;
          if (time.rep !== 'f64' || owner.rep !== 'f64') throw new Error('unexpected form');
          expect([time.data[n], owner.data[n]]).toEqual(rows[i].slice(0, 2));
        });
        await t.update(
          table,
          refs,
          rowsOf(
            table,
            hit.map((i) => rows[i]),
          ),
        );
      }
      t.releaseSavepoint(mark);
      return;
    } catch (error) {
      t.rollbackTo(mark);
      t.releaseSavepoint(mark);
      if (!(error instanceof StatementRestart)) throw error;
    }
  }
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  return settled;
};

describe('locks on hypertables', () => {
  it('let transactions with different keys pass in any order of chunks', async () => {
    const engine = await open();
    const table = await createPoints(engine);
    const [a, b] = [engine.begin('read committed', false), engine.begin('read committed', false)];
    await a.insert(table, rowsOf(table, [[1, 1, 1]]), INSERT);
    await b.insert(table, rowsOf(table, [[HOUR + 1, 2, 1]]), INSERT);
    await a.insert(table, rowsOf(table, [[HOUR + 1, 1, 1]]), INSERT);
    await b.insert(table, rowsOf(table, [[1, 2, 1]]), INSERT);
    await Promise.all([a.commit(), b.commit()]);
    const [c, d] = [engine.begin('read committed', false), engine.begin('read committed', false)];
    await upsert(c, table, [[1, 1, 5]]);
    await upsert(d, table, [[1, 2, 6]]);
    await upsert(c, table, [[HOUR + 1, 1, 7]]);
    await Promise.all([c.commit(), d.commit()]);
    expect((await inTransaction(engine, (t) => allRows(t, table))).sort()).toEqual([
      [1, 1, 5],
      [1, 2, 6],
      [HOUR + 1, 1, 7],
      [HOUR + 1, 2, 1],
    ]);
    await engine.close();
  });

  it('make the second of two that insert one key wait for the first', async () => {
    const engine = await open();
    const table = await createPoints(engine);
    for (const ending of ['commit', 'rollback'] as const) {
      const [a, b] = [engine.begin('read committed', false), engine.begin('read committed', false)];
      const row = [[ending === 'commit' ? 1 : 2, 1, 1]];
      await a.insert(table, rowsOf(table, row), INSERT);
      const second = codeOf(b.insert(table, rowsOf(table, row), INSERT));
      expect(await isSettled(second)).toBe(false);
      await a[ending]();
      expect(await second).toBe(ending === 'commit' ? '23505' : 'none');
      b.rollback();
    }
    await engine.close();
  });

  it('make an insert wait for the deletion of the row in its way', async () => {
    const engine = await open();
    const table = await createPoints(engine);
    await inTransaction(engine, (t) =>
      t.insert(
        table,
        rowsOf(table, [
          [1, 1, 1],
          [2, 1, 1],
        ]),
        INSERT,
      ),
    );
    for (const ending of ['commit', 'rollback'] as const) {
      const time = ending === 'commit' ? 1 : 2;
      const [a, b] = [engine.begin('read committed', false), engine.begin('read committed', false)];
      const refs = await refsOf(a, table, [time]);
      await a.lockRows(table, refs, 'update', 'block');
      await a.delete(table, refs);
      const second = codeOf(b.insert(table, rowsOf(table, [[time, 1, 9]]), INSERT));
      expect(await isSettled(second)).toBe(false);
      await engine.checkpoint();
      expect(await isSettled(second)).toBe(false);
      await a[ending]();
      expect(await second).toBe(ending === 'commit' ? 'none' : '23505');
      b.rollback();
    }
    await engine.close();
  });

  it('follow rows that a flush moves', async () => {
    const engine = await open();
    const table = await createPoints(engine, false);
    await inTransaction(engine, (t) =>
      t.insert(
        table,
        rowsOf(table, [
          [1, 1, 1],
          [2, 1, 1],
          [3, 1, 1],
        ]),
        INSERT,
      ),
    );
    const a = engine.begin('read committed', false);
    const old = await refsOf(a, table, [1, 2]);
    await a.lockRows(table, old, 'update', 'block');
    await a.delete(table, old.subarray(1));
    await engine.checkpoint();
    const b = engine.begin('read committed', false);
    const refs = await refsOf(b, table, [1]);
    expect(refs[0]).not.toBe(old[0]);
    expect(await codeOf(b.lockRows(table, refs, 'update', 'nowait'))).toBe('55P03');
    expect(
      [
        ...(await b.lockRows(table, await refsOf(b, table, [1, 3]), 'update', 'skip-locked')),
      ].sort(),
    ).toEqual([0, 1]);
    const waiting = b.lockRows(table, refs, 'update', 'block').catch((error: unknown) => error);
    expect(await isSettled(waiting)).toBe(false);
    a.newSnapshot();
    expect((await allRows(a, table)).map(([time]) => time).sort()).toEqual([1, 3]);
    await a.delete(table, old.subarray(0, 1));
    await a.commit();
    expect(await waiting).toBeInstanceOf(StatementRestart);
    b.rollback();
    expect(await inTransaction(engine, (t) => allRows(t, table))).toEqual([[3, 1, 1]]);
    await engine.close();
  });

  const seed = seedOf('locking');
  it(`keep disjoint writers apart from each other, SEED=${seed}`, async () => {
    const engine = await open(undefined, { flushRows: 50 });
    const table = await createPoints(engine);
    const random = randomOf(seed);
    const finished = { value: false };
    const write = async (owner: number): Promise<Map<number, number>> => {
      const model = new Map<number, number>();
      for (let n = 0; n < rounds(20); n++) {
        const t = engine.begin('read committed', false);
        // A lock that is another's would have to be waited for: nobody holds one for so long.
        t.lockTimeoutMs = 5000;
        const next = new Map(model);
        for (let statement = 0; statement < 3; statement++) {
          const times = new Set(
            Array.from({ length: 10 }, () => Math.floor(random() * 40) * (HOUR / 10)),
          );
          const value = Math.floor(random() * 1e6);
          if (random() < 0.7) {
            await upsert(
              t,
              table,
              [...times].map((time) => [time, owner, value] as const),
            );
            for (const time of times) next.set(time, value);
          } else {
            t.newSnapshot();
            const rows = await allRows(t, table, true);
            const mine = rows.filter((row) => row[2] === owner && times.has(row[1] as number));
            const refs = Float64Array.from(mine, ([ref]) => ref as number);
            await t.lockRows(table, refs, 'update', 'block');
            await t.delete(table, refs);
            for (const [, time] of mine) next.delete(time as number);
          }
        }
        if (random() < 0.8) {
          await t.commit();
          model.clear();
          for (const [time, value] of next) model.set(time, value);
        } else t.rollback();
      }
      return model;
    };
    const flush = async (): Promise<void> => {
      while (!finished.value) {
        await engine.checkpoint();
        // The store in memory answers at once: without this the writers would never have a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const flushing = flush();
    const models = await Promise.all([write(1), write(2), write(3)]);
    finished.value = true;
    await flushing;
    const rows = await inTransaction(engine, (t) => allRows(t, table));
    models.forEach((model, i) => {
      const mine = rows.filter(([, owner]) => owner === i + 1);
      expect(new Map(mine.map(([time, , value]) => [time, value]))).toEqual(new Map(model));
      expect(mine).toHaveLength(model.size);
    });
    await engine.close();
  });
});
