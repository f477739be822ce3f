import { describe, expect, it } from 'vitest';
import type { Disk, DiskFile } from '../../../src/base/env.ts';
import type { TableDescriptor } from '../../../src/catalog/catalog.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import type { StorageTransaction } from '../../../src/storage/storage.ts';
import { OID } from '../../../src/types/type.ts';
import {
  INSERT,
  collect,
  createTable,
  inTransaction,
  open,
  rowsOf,
  temporaryDirectory,
} from './helpers.ts';

async function createHypertable(t: StorageTransaction): Promise<TableDescriptor> {
  const plain = await createTable(t, 'metrics', [
    { name: 'time', type: OID.timestamptz },
    { name: 'value', type: OID.float8 },
  ]);
  const hypertable = {
    timeColumn: 1,
    chunkInterval: 3_600_000_000,
    segmentBy: null,
    spaceDimensions: [],
  };
  const table: TableDescriptor = { ...plain, hypertable };
  await t.changeCatalog([{ change: 'put', object: table }]);
  return table;
}

/** The real disk, whose syncs wait while the gate is closed. */
class GatedDisk {
  #open: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  readonly disk: Disk;

  constructor(real: Disk) {
    this.disk = new Proxy(real, {
      get: (target, name: keyof Disk) => {
        if (name === 'open')
          return async (...call: Parameters<Disk['open']>) =>
            this.#file(await target.open(...call));
        const member = target[name] as (...values: unknown[]) => unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  close(): void {
    this.#open = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  #file(file: DiskFile): DiskFile {
    return new Proxy(file, {
      get: (target, name: keyof DiskFile) => {
        if (name === 'sync') return () => this.#open.then(() => target.sync());
        const member = target[name] as (...values: unknown[]) => unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }
}

const LATE = 60;

function withinMoments(task: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LATE));
  return Promise.race([task.then(() => true), late]);
}

describe('commits that do not wait for durability', () => {
  it('reach the store no sooner than hypertable commits before them are durable', async () => {
    const env = createNodeEnv();
    const gate = new GatedDisk(env.disk);
    const engine = await open(await temporaryDirectory(), { env: { ...env, disk: gate.disk } });
    const { plain, metrics } = await inTransaction(engine, async (t) => ({
      plain: await createTable(t, 'plain'),
      metrics: await createHypertable(t),
    }));
    const put = async (table: TableDescriptor, row: [number, string | number]) => {
      const t = engine.begin('read committed', false);
      await t.insert(table, rowsOf(table, [row]), INSERT);
      await t.commit({ sync: false });
    };
    await engine.flushLog();
    gate.close();
    expect(await withinMoments(put(plain, [1, 'a']))).toBe(true);
    gate.release();
    await engine.flushLog();
    gate.close();
    expect(await withinMoments(put(metrics, [1, 1]))).toBe(true);
    const behind = put(plain, [2, 'b']);
    expect(await withinMoments(behind)).toBe(false);
    gate.release();
    await behind;
    gate.close();
    expect(await withinMoments(put(plain, [3, 'c']))).toBe(true);
    gate.release();
    await engine.close();
  });

  it('are durable before segments contain them', async () => {
    const env = createNodeEnv();
    const gate = new GatedDisk(env.disk);
    const engine = await open(await temporaryDirectory(), { env: { ...env, disk: gate.disk } });
    const metrics = await inTransaction(engine, createHypertable);
    await engine.flushLog();
    gate.close();
    const t = engine.begin('read committed', false);
    await t.insert(metrics, rowsOf(metrics, [[1, 1]]), INSERT);
    await t.commit({ sync: false });
    const checkpoint = engine.checkpoint();
    expect(await withinMoments(checkpoint)).toBe(false);
    expect(engine.chunks(metrics)[0]?.headRows).toBe(1);
    gate.release();
    await checkpoint;
    expect(engine.chunks(metrics)[0]?.headRows).toBe(0);
    await engine.close();
  });

  it('leave no head behind in the published state after a flush', async () => {
    const engine = await open(await temporaryDirectory());
    const metrics = await inTransaction(engine, createHypertable);
    await inTransaction(engine, (t) => t.insert(metrics, rowsOf(metrics, [[1, 1]]), INSERT));
    const running = engine.begin('read committed', false);
    running.newSnapshot();
    await engine.checkpoint();
    for (const t of [running, engine.begin('repeatable read', true)]) {
      t.newSnapshot();
      const counters = {
        chunks: 0,
        chunksPruned: 0,
        withBlocks: true,
        vectors: 0,
        vectorsBySeriesAndTime: 0,
        vectorsByValue: 0,
        blocksHit: 0,
        blocksRead: 0,
        blockBytes: 0,
        segments: 0,
        segmentsPruned: 0,
        rows: 0,
        bytes: 0,
        summarizedRows: 0,
        summaries: 0,
        sketchedRows: 0,
        sketches: 0,
      };
      const request = { attnums: [1, 2], predicates: [], timeOrder: null, counters };
      expect(await collect(t.scan(metrics, request))).toEqual([[1, 1]]);
      expect(counters.segments).toBe(1);
      t.rollback();
    }
    await engine.close();
  });
});
