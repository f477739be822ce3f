import { describe, expect, it } from 'vitest';
import type { Disk, DiskFile, Env } from '../../src/base/env.ts';
import type { TableDescriptor } from '../../src/catalog/catalog.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import type { StorageEngine, StorageTransaction } from '../../src/storage/storage.ts';
import { OID } from '../../src/types/type.ts';
import {
  INSERT,
  allRows,
  codeOf,
  copyOf,
  createTable,
  inTransaction,
  open,
  rowsOf,
  temporaryDirectory,
} from '../unit/storage/helpers.ts';
import { seededRandom } from '../unit/storage/random.ts';

/** Fails the calls that `shouldFail` picks, and all later ones on the same file: a disk that is gone. */
function failingEnv(shouldFail: (call: string) => string | undefined): Env {
  const env = createNodeEnv();
  const check = (call: string): void => {
    const code = shouldFail(call);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${call}`), { code });
  };
  const wrap = (file: DiskFile): DiskFile => ({
    append: async (bytes) => {
      check('append');
      return file.append(bytes);
    },
    appendDurably: async (pieces) => {
      check('append');
      check('sync');
      return file.appendDurably(pieces);
    },
    sync: async () => {
      check('sync');
      return file.sync();
    },
    read: (offset, length) => file.read(offset, length),
    truncate: (length) => file.truncate(length),
    size: () => file.size(),
    close: () => file.close(),
  });
  const disk: Disk = {
    ...env.disk,
    open: async (path, mode) => wrap(await env.disk.open(path, mode)),
  };
  return { ...env, disk };
}

async function createHypertable(t: StorageTransaction): Promise<TableDescriptor> {
  const plain = await createTable(t, 'metrics', [
    { name: 'time', type: OID.timestamptz },
    { name: 'value', type: OID.float8 },
  ]);
  const table: TableDescriptor = {
    ...plain,
    hypertable: { timeColumn: 1, chunkInterval: 3.6e9, segmentBy: null, spaceDimensions: [] },
  };
  await t.changeCatalog([{ change: 'put', object: table }]);
  return table;
}

async function hasSegments(engine: StorageEngine, table: TableDescriptor): Promise<boolean> {
  for await (const { id } of engine.segments(table)) if (id > 0) return true;
  return false;
}

describe('a failing disk', () => {
  for (const call of ['append', 'sync']) {
    for (const [code, expected] of [
      ['ENOSPC', '53100'],
      ['EIO', '58030'],
    ] as const) {
      it(`stops commits when ${call} gives ${code}, and loses none that was acknowledged`, async () => {
        const random = seededRandom(`${call} ${code}`);
        for (let round = 0; round < 4; round++) {
          let countdown = Infinity;
          const env = failingEnv((each) => {
            if (each !== call) return undefined;
            return countdown-- <= 0 ? code : undefined;
          });
          const path = await temporaryDirectory();
          const engine = await open(path, { env });
          const table = await inTransaction(engine, (t) => createTable(t, 't'));
          countdown = random.int(6);
          const acknowledged: number[] = [];
          const codes = new Set<string>();
          for (let n = 0; n < 10; n++) {
            const result = await codeOf(
              inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[n, 'x']]), INSERT)),
            );
            if (result === 'none') acknowledged.push(n);
            else codes.add(result);
          }
          expect([...codes], `seed ${random.seed}`).toEqual([expected]);
          // What was not acknowledged is not visible either, and reading still works.
          const visible = await inTransaction(engine, (t) => allRows(t, table));
          expect(visible.map(([id]) => id)).toEqual(acknowledged);
          const recovered = await open(await copyOf(path));
          const rows = await inTransaction(recovered, (t) => allRows(t, table));
          expect(rows.map(([id]) => id).slice(0, acknowledged.length)).toEqual(acknowledged);
          await recovered.close();
          await engine.close();
        }
      });
    }
  }
});

describe('crashes', () => {
  it('may lose commits that did not wait, but never their order', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    for (let n = 0; n < 30; n++) {
      const t = engine.begin('read committed', false);
      await t.insert(table, rowsOf(table, [[n, 'x']]), INSERT);
      await t.commit({ sync: false });
      const reader = engine.begin('read committed', true);
      expect(await allRows(reader, table)).toHaveLength(n + 1);
      reader.rollback();
    }
    const recovered = await open(await copyOf(path));
    const ids = (await inTransaction(recovered, (t) => allRows(t, table))).map(([id]) => id);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, n) => n));
    await recovered.close();
    await engine.close();
  });

  it('go on where the log lost what the store has', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    const before = await copyOf(path);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 'x']]), INSERT));
    const after = await copyOf(path);
    await engine.close();
    // The store of the later moment over the log of the earlier one.
    const { cp, rm } = await import('node:fs/promises');
    await rm(`${before}/kv`, { recursive: true });
    await cp(`${after}/kv`, `${before}/kv`, { recursive: true });
    for (let n = 2; n < 4; n++) {
      const reopened = await open(before);
      await inTransaction(reopened, (t) => t.insert(table, rowsOf(table, [[n, 'y']]), INSERT));
      expect(await inTransaction(reopened, (t) => allRows(t, table))).toHaveLength(n);
      await reopened.close();
    }
  });

  it('go on where only hypertables have what the store has not applied', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const table = await inTransaction(engine, createHypertable);
    const before = await copyOf(path);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 0.5]]), INSERT));
    const after = await copyOf(path);
    await engine.close();
    // The process ended when the log had the commit and the store had not.
    const { cp, rm } = await import('node:fs/promises');
    await rm(`${before}/log`, { recursive: true });
    await cp(`${after}/log`, `${before}/log`, { recursive: true });
    // Each close trims the log.
    for (let n = 2; n < 5; n++) {
      await (await open(before)).close();
      const reopened = await open(before);
      await inTransaction(reopened, (t) => t.insert(table, rowsOf(table, [[n, 0.5]]), INSERT));
      expect(await inTransaction(reopened, (t) => allRows(t, table))).toHaveLength(n);
      await reopened.close();
    }
  });

  it('go on where the log lost what segments have', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path, { flushRows: 1 });
    const table = await inTransaction(engine, createHypertable);
    const before = await copyOf(path);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[1, 0.5]]), INSERT));
    while (!(await hasSegments(engine, table))) await new Promise((done) => setTimeout(done, 20));
    const after = await copyOf(path);
    await engine.close();
    // The store of the later moment, which no checkpoint has seen, over the log of the earlier one.
    const { cp, rm } = await import('node:fs/promises');
    await rm(`${before}/kv`, { recursive: true });
    await cp(`${after}/kv`, `${before}/kv`, { recursive: true });
    let crashed = before;
    for (let n = 2; n < 5; n++) {
      const reopened = await open(crashed);
      expect(await inTransaction(reopened, (t) => allRows(t, table))).toHaveLength(n - 1);
      await inTransaction(reopened, (t) => t.insert(table, rowsOf(table, [[n, 0.5]]), INSERT));
      crashed = await copyOf(crashed);
      await reopened.close();
    }
  });

  it('keep the order of commits where only some reach the store', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const { plain, metrics } = await inTransaction(engine, async (t) => ({
      plain: await createTable(t, 'plain'),
      metrics: await createHypertable(t),
    }));
    let crashed = path;
    for (let n = 1; n < 9; n++) {
      const at = n === 1 ? engine : await open(crashed);
      for (const table of n % 3 === 0 ? [plain, metrics] : [metrics, metrics]) {
        await inTransaction(at, (t) => t.insert(table, rowsOf(table, [[n, 1]]), INSERT));
      }
      const rows = async (table: TableDescriptor): Promise<number> =>
        (await inTransaction(at, (t) => allRows(t, table))).length;
      expect([await rows(plain), await rows(metrics)]).toEqual([
        Math.floor(n / 3),
        2 * n - Math.floor(n / 3),
      ]);
      expect(at.statistics(plain).rows).toBe(Math.floor(n / 3));
      // Crashes and clean ends, which trim the log, by turns.
      if (n % 2 === 0) await at.checkpoint();
      crashed = await copyOf(crashed);
      await at.close();
    }
  });

  it('report a log that begins after what the store contains', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path, { segmentBytes: 300 });
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    const early = await copyOf(path);
    for (let n = 0; n < 10; n++) {
      await inTransaction(engine, (t) => t.insert(table, rowsOf(table, [[n, 'x']]), INSERT));
    }
    await engine.checkpoint();
    const late = await copyOf(path);
    await engine.close();
    const { cp, rm } = await import('node:fs/promises');
    await rm(`${late}/kv`, { recursive: true });
    await cp(`${early}/kv`, `${late}/kv`, { recursive: true });
    expect(await codeOf(open(late))).toBe('XX001');
  });
});
