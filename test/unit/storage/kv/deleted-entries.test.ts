import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import { catalogKey, rowKey, rowRange } from '../../../../src/storage/format/keys.ts';
import { DeletedEntries } from '../../../../src/storage/kv/deleted-entries.ts';
import type { KvRange } from '../../../../src/storage/kv/kv.ts';
import { openRocks } from '../../../../src/storage/kv/rocks.ts';

/** Notes the rows first..last of a table as deleted; all keys lie in the same memory. */
function noteRows(deleted: DeletedEntries, storageId: number, first: number, last: number): void {
  const memory = new Uint8Array(64);
  for (let row = first; row <= last; row++) {
    const key = rowKey(storageId, row);
    memory.set(key);
    deleted.note(memory.subarray(0, key.length));
  }
}

async function compacted(deleted: DeletedEntries, bytes = 0): Promise<KvRange[]> {
  const ranges: KvRange[] = [];
  await deleted.compact(
    async () => bytes,
    async (range) => void ranges.push(range),
  );
  return ranges;
}

describe('deleted entries', () => {
  it('are compacted once there are many in one table', async () => {
    const deleted = new DeletedEntries();
    noteRows(deleted, 1, 1, 8_191);
    noteRows(deleted, 2, 1, 8_191);
    expect(deleted.isDue).toBe(false);
    noteRows(deleted, 2, 9_000, 9_000);
    expect(deleted.isDue).toBe(true);
    expect(await compacted(deleted)).toEqual([{ from: rowKey(2, 1), to: rowKey(2, 9_000) }]);
    expect(deleted.isDue).toBe(false);
    noteRows(deleted, 2, 1, 8_191);
    expect(deleted.isDue).toBe(false);
  });

  it('are found in any order', async () => {
    const deleted = new DeletedEntries();
    noteRows(deleted, 7, 500, 4_000);
    noteRows(deleted, 7, 100, 499);
    noteRows(deleted, 7, 10_000, 15_000);
    expect(await compacted(deleted)).toEqual([{ from: rowKey(7, 100), to: rowKey(7, 15_000) }]);
  });

  it('wait for more where much else lies between them', async () => {
    const deleted = new DeletedEntries();
    noteRows(deleted, 1, 1, 10_000);
    expect(await compacted(deleted, 10_000 * 1_024 + 1)).toEqual([]);
    noteRows(deleted, 1, 10_001, 19_999);
    expect(deleted.isDue).toBe(false);
    noteRows(deleted, 1, 20_000, 20_000);
    expect(await compacted(deleted, 20_000 * 1_024)).toHaveLength(1);
  });

  it('are those of whole ranges, too, and of rows and index entries only', async () => {
    const deleted = new DeletedEntries();
    for (let oid = 0; oid < 10_000; oid++) deleted.note(catalogKey(oid));
    deleted.noteRange(rowRange(5), 0);
    expect(deleted.isDue).toBe(false);
    deleted.noteRange(rowRange(5), 8_192);
    expect(await compacted(deleted)).toEqual([rowRange(5)]);
  });

  it('leave the files of the store', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kv-'));
    const store = await openRocks({ directory, disk: createNodeEnv().disk });
    try {
      const rows = Array.from({ length: 10_000 }, (_, row) => rowKey(1, row));
      const value = new Uint8Array(100);
      await store.write(
        rows.map((key) => ({ type: 'put', key, value })),
        false,
      );
      await store.moveToTables(rows[0] as Uint8Array);
      const { from, to } = rowRange(1);
      expect(await store.approximateSize(from, to)).toBeGreaterThan(1_000_000);
      await store.write(
        rows.map((key) => ({ type: 'delete', key })),
        false,
      );
      await vi.waitFor(async () => expect(await store.approximateSize(from, to)).toBe(0), 20_000);
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  });
});
