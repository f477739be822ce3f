import { describe, expect, it } from 'vitest';
import type { TableDescriptor } from '../../../src/catalog/catalog.ts';
import { StatementRestart, type StorageTransaction } from '../../../src/storage/storage.ts';
import { OID } from '../../../src/types/type.ts';
import {
  INSERT,
  allRows,
  codeOf,
  copyOf,
  createTable,
  inTransaction,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from './helpers.ts';

const HOUR = 3_600_000_000;

async function createHypertable(t: StorageTransaction): Promise<TableDescriptor> {
  const plain = await createTable(t, 'metrics', [
    { name: 'time', type: OID.timestamptz },
    { name: 'value', type: OID.float8 },
  ]);
  const table: TableDescriptor = {
    ...plain,
    hypertable: { timeColumn: 1, chunkInterval: HOUR, segmentBy: null, spaceDimensions: [] },
  };
  await t.changeCatalog([{ change: 'put', object: table }]);
  return table;
}

const sorted = (rows: unknown[][]): unknown[][] => rows.sort((a, b) => Number(a[0]) - Number(b[0]));

describe('hypertables in transactions', () => {
  it('commit together with row tables and come back after a crash', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const [plain, metrics] = await inTransaction(engine, async (t) => {
      const created = [await createTable(t, 'plain'), await createHypertable(t)] as const;
      await t.insert(
        created[1],
        rowsOf(created[1], [
          [1, 1.5],
          [HOUR + 1, 2.5],
        ]),
        INSERT,
      );
      return created;
    });
    await inTransaction(engine, async (t) => {
      await t.insert(plain, rowsOf(plain, [[1, 'a']]), INSERT);
      await t.insert(metrics, rowsOf(metrics, [[2, 3.5]]), INSERT);
      const mark = t.savepoint();
      await t.insert(metrics, rowsOf(metrics, [[3, 9]]), INSERT);
      t.rollbackTo(mark);
    });
    const expected = [
      [1, 1.5],
      [2, 3.5],
      [HOUR + 1, 2.5],
    ];
    expect(sorted(await inTransaction(engine, (t) => allRows(t, metrics)))).toEqual(expected);
    expect(engine.chunks(metrics)).toHaveLength(2);
    for (const checkpoint of [false, true]) {
      if (checkpoint) await engine.checkpoint();
      const crashed = await open(await copyOf(path));
      const table = crashed.catalog().relationByName(2200, 'metrics') as TableDescriptor;
      await inTransaction(crashed, async (t) => {
        expect(sorted(await allRows(t, table))).toEqual(expected);
        expect(await allRows(t, plain)).toEqual([[1, 'a']]);
      });
      await crashed.close();
    }
    await engine.close();
  });

  it('lock rows and see conflicts', async () => {
    const engine = await open();
    const metrics = await inTransaction(engine, createHypertable);
    await inTransaction(engine, (t) =>
      t.insert(
        metrics,
        rowsOf(metrics, [
          [1, 1],
          [2, 2],
        ]),
        INSERT,
      ),
    );
    const slow = engine.begin('read committed', false);
    const refs = await refsOf(slow, metrics, [1]);
    await inTransaction(engine, async (t) => {
      const mine = await refsOf(t, metrics, [1]);
      await t.lockRows(metrics, mine, 'update', 'block');
      await t.delete(metrics, mine);
    });
    await expect(slow.lockRows(metrics, refs, 'update', 'block')).rejects.toBeInstanceOf(
      StatementRestart,
    );
    slow.newSnapshot();
    const rest = await refsOf(slow, metrics, [2]);
    await slow.lockRows(metrics, rest, 'update', 'block');
    const other = engine.begin('read committed', false);
    expect(await codeOf(other.lockRows(metrics, rest, 'update', 'nowait'))).toBe('55P03');
    await slow.update(metrics, rest, rowsOf(metrics, [[2, 22]]));
    await slow.commit();
    other.rollback();
    expect(await inTransaction(engine, (t) => allRows(t, metrics))).toEqual([[2, 22]]);
    await engine.close();
  });
});
