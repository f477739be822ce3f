/** Snapshots that were taken before segments are replaced keep what they read. */
import { describe, expect, it, vi } from 'vitest';
import type { TableDescriptor } from '../../../src/catalog/catalog.ts';
import { SegmentKeeper } from '../../../src/storage/hypertable/segment-keeper.ts';
import type { StorageEngine, StorageTransaction } from '../../../src/storage/storage.ts';
import { OID } from '../../../src/types/type.ts';
import { INSERT, allRows, createTable, inTransaction, open, rowsOf } from './helpers.ts';

const HOUR = 3_600_000_000;

async function createHypertable(t: StorageTransaction): Promise<TableDescriptor> {
  const plain = await createTable(t, 'metrics', [
    { name: 'time', type: OID.timestamptz },
    { name: 'host', type: OID.text },
  ]);
  const table: TableDescriptor = {
    ...plain,
    hypertable: { timeColumn: 1, chunkInterval: HOUR, segmentBy: [2], spaceDimensions: [] },
  };
  await t.changeCatalog([{ change: 'put', object: table }]);
  return table;
}

/** One chunk in segments of all hosts, which a compaction replaces. */
async function addScattered(engine: StorageEngine, table: TableDescriptor): Promise<void> {
  for (let part = 0; part < 4; part++) {
    const rows = Array.from({ length: 500 }, (_, i) => [part * 1000 + i, `host ${i % 10}`]);
    await inTransaction(engine, (t) => t.insert(table, rowsOf(table, rows), INSERT));
    await engine.checkpoint();
  }
}

describe('an old snapshot of a hypertable', () => {
  it('outlasts a compaction also where rows of other tables were committed before it', async () => {
    const engine = await open();
    const plain = await inTransaction(engine, (t) => createTable(t, 'plain'));
    const addPlain = (id: number): Promise<unknown> =>
      inTransaction(engine, (t) => t.insert(plain, rowsOf(plain, [[id, 'x']]), INSERT));
    const table = await inTransaction(engine, createHypertable);
    await addScattered(engine, table);
    await addPlain(1);
    const reader = engine.begin('repeatable read', true);
    reader.newSnapshot();
    await engine.compact(table);
    await addPlain(2);
    await engine.checkpoint();
    await engine.checkpoint();
    expect(await allRows(reader, table)).toHaveLength(2000);
    reader.rollback();
    await engine.close();
  });

  it('lets replaced segments go once it has ended, though nobody commits', async () => {
    const engine = await open();
    const table = await inTransaction(engine, createHypertable);
    await addScattered(engine, table);
    const reader = engine.begin('repeatable read', true);
    reader.newSnapshot();
    const deleted = vi.spyOn(SegmentKeeper.prototype, 'delete');
    await engine.compact(table);
    await engine.checkpoint();
    expect(deleted).not.toHaveBeenCalled();
    expect(await allRows(reader, table)).toHaveLength(2000);
    reader.rollback();
    await engine.checkpoint();
    await vi.waitFor(() => expect(deleted).toHaveBeenCalledTimes(4), 5000);
    vi.restoreAllMocks();
    await engine.close();
  });
});
