import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import type {
  KvBatch,
  KvEntry,
  KvOperation,
  KvRange,
  KvStore,
} from '../../../../src/storage/kv/kv.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import { openRocks } from '../../../../src/storage/kv/rocks.ts';
import { seededRandom } from '../random.ts';

const { disk } = createNodeEnv();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function collect(pages: AsyncIterable<readonly KvEntry[]>): Promise<string[]> {
  const result: string[] = [];
  for await (const page of pages) {
    for (const { key, value } of page) result.push(`${[...key].join(',')}=${[...value].join(',')}`);
  }
  return result;
}

/** The operations as a batch, whose memory is used for something else afterwards. */
function batchOf(store: KvStore, operations: readonly KvOperation[]): KvBatch {
  const batch = store.batch();
  for (const operation of operations) {
    const key = operation.key.slice();
    if (operation.type === 'delete') {
      batch.delete(key);
    } else {
      const value = operation.value.slice();
      batch.put(key, value);
      value.fill(7);
    }
    key.fill(9);
  }
  expect(batch.length).toBe(operations.length);
  return batch;
}

describe('MemoryKv and RocksDB', () => {
  it('agree on random operations, ranges and snapshots', async () => {
    const random = seededRandom('kv mirror');
    const rocks = await openRocks({ directory, disk });
    const memory = new MemoryKv();
    const stores: KvStore[] = [memory, rocks];
    const key = (): Uint8Array =>
      Uint8Array.from({ length: 1 + random.int(3) }, () => random.int(12) * 20 + 1);
    const bounds = (): KvRange => ({
      from: key(),
      to: key(),
      reverse: random.int(2) === 0,
      ...(random.int(3) === 0 ? { limit: 1 + random.int(20) } : {}),
    });
    for (let round = 0; round < 120; round++) {
      const operations: KvOperation[] = Array.from({ length: random.int(80) }, () =>
        random.int(3) === 0
          ? { type: 'delete', key: key() }
          : { type: 'put', key: key(), value: Uint8Array.of(random.int(256), round) },
      );
      const range = bounds();
      // A scan begun before the write must not see it.
      const early = stores.map((store) => store.scan(range));
      for (const store of stores)
        await store.write(round % 2 === 0 ? operations : batchOf(store, operations), false);
      const [a, b] = [await collect(early[0]!), await collect(early[1]!)];
      expect(a, `seed ${random.seed}`).toEqual(b);
      if (random.int(10) === 0) {
        const cut = bounds();
        for (const store of stores) await store.deleteRange(cut.from, cut.to);
      }
      const keys = Array.from({ length: random.int(4) === 0 ? 128 * random.int(4) : 5 }, key);
      const [m, r] = await Promise.all(stores.map((store) => store.getMany(keys)));
      expect(m!.map((v) => v && [...v])).toEqual(r!.map((v) => v && [...v]));
      const next = bounds();
      expect(await collect(memory.scan(next))).toEqual(await collect(rocks.scan(next)));
    }
    await rocks.close();
  });

  it('brings large ranges in pages', async () => {
    const rocks = await openRocks({ directory, disk });
    const operations: KvOperation[] = Array.from({ length: 5000 }, (_, n) => ({
      type: 'put',
      key: Uint8Array.of(1, n >>> 8, n & 255),
      value: new Uint8Array(20),
    }));
    await rocks.write(operations, false);
    let pages = 0;
    let rows = 0;
    for await (const page of rocks.scan({ from: Uint8Array.of(1), to: Uint8Array.of(2) })) {
      pages++;
      rows += page.length;
    }
    expect(rows).toBe(5000);
    expect(pages).toBeLessThan(10);
    await rocks.close();
  });

  it('closes while scans read ahead, and while some were given up', async () => {
    const rocks = await openRocks({ directory, disk });
    const operations: KvOperation[] = Array.from({ length: 5000 }, (_, n) => ({
      type: 'put',
      key: Uint8Array.of(1, n >>> 8, n & 255),
      value: new Uint8Array(100),
    }));
    await rocks.write(operations, false);
    const range = { from: Uint8Array.of(1), to: Uint8Array.of(2) };
    const open = Array.from({ length: 8 }, () => rocks.scan(range)[Symbol.asyncIterator]());
    for (const scan of open) await scan.next();
    const pages = await Promise.all(open.map((scan) => scan.next()));
    for (const page of pages) expect(page.done).toBe(false);
    await open[0]?.return?.();
    const ended = open[1]?.return?.();
    await rocks.close();
    await ended;
    for (const scan of open.slice(2)) await expect(scan.next()).rejects.toThrow(/closed/);
  });

  it('refuses a second opener and survives scans left open at close', async () => {
    const rocks = await openRocks({ directory, disk });
    await rocks.write([{ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) }], true);
    const scan = rocks
      .scan({ from: Uint8Array.of(0), to: Uint8Array.of(9) })
      [Symbol.asyncIterator]();
    await scan.next();
    await expect(openRocks({ directory, disk })).rejects.toSatisfy(
      (error) => error instanceof DbError && error.code === '55006',
    );
    await rocks.close();
    await expect(scan.next()).rejects.toThrow(/closed/);
    const again = await openRocks({ directory, disk });
    expect(await again.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
    await again.close();
  });
});
