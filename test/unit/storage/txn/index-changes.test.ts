/** Index entries that transactions change, compared with what a scan of the rows says. */
import { describe, expect, it } from 'vitest';
import type { IndexDescriptor, TableDescriptor } from '../../../../src/catalog/catalog.ts';
import type { StorageEngine, StorageTransaction } from '../../../../src/storage/storage.ts';
import { OID } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import {
  INSERT,
  allRows,
  codeOf,
  copyOf,
  createIndex,
  createTable,
  inTransaction,
  lookup,
  open,
  rowsOf,
  temporaryDirectory,
} from '../helpers.ts';
import { seededRandom } from '../random.ts';
import { rounds } from '../../../support/rounds.ts';

const COLUMNS = [
  { name: 'id', type: OID.int4 },
  { name: 'a', type: OID.int4 },
  { name: 'b', type: OID.text },
];

/** Each third one is of large commits. */
const ROUNDS = rounds(1);

type Row = [id: number, a: number | null, b: string];

async function refsById(
  t: StorageTransaction,
  table: TableDescriptor,
  ids: readonly number[],
): Promise<Float64Array> {
  const refs = new Map((await allRows(t, table, true)).map(([ref, id]) => [id, ref as number]));
  return Float64Array.from(ids, (id) => refs.get(id) as number);
}

async function change(
  t: StorageTransaction,
  table: TableDescriptor,
  ids: readonly number[],
  rows: readonly Row[],
): Promise<void> {
  const refs = await refsById(t, table, ids);
  await t.lockRows(table, refs, 'update', 'block');
  await t.update(table, refs, rowsOf(table, rows));
}

async function remove(
  t: StorageTransaction,
  table: TableDescriptor,
  ids: readonly number[],
): Promise<void> {
  const refs = await refsById(t, table, ids);
  await t.lockRows(table, refs, 'update', 'block');
  await t.delete(table, refs);
}

function ordered(rows: readonly Value[][], ...columns: number[]): Value[][] {
  const rank = (value: Value): number | string => (value === null ? Infinity : (value as number));
  return rows.toSorted((x, y) => {
    for (const c of [...columns, 0]) {
      const [left, right] = [rank(x[c] as Value), rank(y[c] as Value)];
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  });
}

/** Every index must bring every row that the scan brings, in order and once. */
async function checkIndexes(
  t: StorageTransaction,
  table: TableDescriptor,
  indexes: readonly IndexDescriptor[],
): Promise<Value[][]> {
  const rows = await allRows(t, table);
  for (const index of indexes) {
    const columns = index.keys.map(({ column }) => column - 1);
    const found = await lookup(t, table, index);
    expect(ordered(found, ...columns)).toEqual(ordered(rows, ...columns));
    expect(found.map((row) => columns.map((c) => row[c]))).toEqual(
      ordered(rows, ...columns).map((row) => columns.map((c) => row[c])),
    );
    const back = await lookup(t, table, index, { descending: true });
    expect(back.length).toBe(rows.length);
    for (const row of rows.filter((_, i) => i % Math.ceil(rows.length / 20) === 0)) {
      const equals = columns.map((c) => row[c] as Value);
      if (equals.includes(null)) continue;
      const same = rows.filter((other) => columns.every((c) => other[c] === row[c]));
      expect(ordered(await lookup(t, table, index, { equals }))).toEqual(ordered(same));
    }
  }
  return rows;
}

async function setUp(
  engine: StorageEngine,
  rows: readonly Row[],
): Promise<{ table: TableDescriptor; indexes: IndexDescriptor[] }> {
  return inTransaction(engine, async (t) => {
    const table = await createTable(t, 't', COLUMNS);
    const indexes = [
      await createIndex(t, table, 'id', [1], { unique: true }),
      await createIndex(t, table, 'a', [2]),
      await createIndex(t, table, 'ba', [3, 2]),
    ];
    await t.insert(table, rowsOf(table, rows), INSERT);
    return { table, indexes };
  });
}

describe('indexes of row tables', () => {
  it('hold what the rows say through updates, savepoints, rollbacks and old snapshots', async () => {
    const random = seededRandom('index changes');
    const path = await temporaryDirectory();
    const engine = await open(path);
    const first: Row[] = Array.from({ length: 300 }, (_, id) => [id, id % 9, `b${id % 5}`]);
    const { table, indexes } = await setUp(engine, first);
    let nextId = 1000;
    const snapshots: { t: StorageTransaction; rows: Value[][] }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const t = engine.begin('read committed', false);
      // Large commits put what they replaced into undo as a whole.
      const isLarge = round % 3 === 1;
      const marks: { mark: number; rows: Value[][] }[] = [];
      for (let step = 0; step < 6; step++) {
        t.newSnapshot();
        const rows = (await allRows(t, table)) as Row[];
        const share = isLarge ? 2 : 9;
        const picked = rows.filter(() => random.int(share) === 0);
        const ids = picked.map(([id]) => id);
        const small = (): number | null => (random.int(8) === 0 ? null : random.int(9));
        const kind = random.int(6);
        if (kind === 0) {
          const count = isLarge ? 1300 : random.int(30);
          const added = Array.from({ length: count }, (): Row => [nextId++, small(), 'new']);
          await t.insert(table, rowsOf(table, added), INSERT);
        } else if (kind === 1)
          await change(
            t,
            table,
            ids,
            picked.map(([id, a]) => [id, a, 'x']),
          );
        else if (kind === 2) {
          const moved = picked.map(([, a, b]): Row => [nextId++, a, b]);
          await change(t, table, ids, moved);
        } else if (kind === 3) {
          await change(
            t,
            table,
            ids,
            picked.map(([id, , b]): Row => [id, small(), b]),
          );
        } else if (kind === 4) await remove(t, table, ids.slice(0, 20));
        else if (marks.length > 0 && random.int(2) === 0) {
          const { mark, rows: then } = marks.pop()!;
          t.rollbackTo(mark);
          expect(ordered(await allRows(t, table))).toEqual(ordered(then));
        } else marks.push({ mark: t.savepoint(), rows });
        if (random.int(3) === 0) await checkIndexes(t, table, indexes);
      }
      const rows = await checkIndexes(t, table, indexes);
      if (random.int(4) === 0) t.rollback();
      else {
        await t.commit();
        await inTransaction(engine, async (after) =>
          expect(ordered(await checkIndexes(after, table, indexes))).toEqual(ordered(rows)),
        );
      }
      for (const { t: old, rows: then } of snapshots) {
        expect(ordered(await checkIndexes(old, table, indexes))).toEqual(ordered(then));
      }
      if (snapshots.length > 2) snapshots.shift()?.t.rollback();
      const old = engine.begin('repeatable read', true);
      old.newSnapshot();
      snapshots.push({ t: old, rows: await allRows(old, table) });
    }
    const rows = snapshots.at(-1)!.rows;
    const reopened = await open(await copyOf(path));
    await inTransaction(reopened, async (t) =>
      expect(ordered(await checkIndexes(t, table, indexes))).toEqual(ordered(rows)),
    );
    await reopened.close();
    for (const { t } of snapshots) t.rollback();
    await engine.close();
  });

  it('forget what a failed update read of rows that others then change', async () => {
    const engine = await open();
    const { table, indexes } = await setUp(engine, [
      [1, 1, 'one'],
      [2, 2, 'two'],
    ]);
    const t = engine.begin('read committed', false);
    const mark = t.savepoint();
    expect(await codeOf(change(t, table, [1], [[2, 1, 'one']]))).toBe('23505');
    t.rollbackTo(mark);
    await inTransaction(engine, (other) => change(other, table, [1], [[5, 7, 'five']]));
    t.newSnapshot();
    await change(t, table, [5], [[7, 8, 'seven']]);
    await t.commit();
    await inTransaction(engine, async (after) =>
      expect(await checkIndexes(after, table, indexes)).toEqual([
        [7, 8, 'seven'],
        [2, 2, 'two'],
      ]),
    );
    await engine.close();
  });

  it('built after a row was changed have it when it gets its old key back', async () => {
    const engine = await open();
    const { table } = await setUp(engine, [
      [1, 1, 'one'],
      [2, 2, 'two'],
    ]);
    const index = await inTransaction(engine, async (t) => {
      await change(t, table, [1], [[1, 9, 'one']]);
      const made = await createIndex(t, table, 'later', [2]);
      await change(t, table, [1], [[1, 1, 'one']]);
      await change(t, table, [2], [[2, 2, 'deux']]);
      await checkIndexes(t, table, [made]);
      return made;
    });
    await inTransaction(engine, (t) => checkIndexes(t, table, [index]));
    await engine.close();
  });
});
