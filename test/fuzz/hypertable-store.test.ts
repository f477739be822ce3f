import { describe, expect, it } from 'vitest';
import { makeNumeric } from '../../src/types/numeric.ts';
import type { Batch } from '../../src/vector/vector.ts';
import { valueAt } from '../../src/vector/vector.ts';
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
  World,
  type Row,
} from '../unit/storage/hypertable/support.ts';

const COLUMNS = [
  column(1, 'time', OID.timestamptz),
  column(2, 'host', OID.text),
  column(3, 'usage', OID.float8),
  column(4, 'ok', OID.bool),
  column(5, 'amount', OID.numeric),
  column(6, 'region', OID.text),
];
const TABLE = hypertable(COLUMNS, { chunkInterval: 4000 });
const SEGMENTED = hypertable(COLUMNS, { chunkInterval: 1000, segmentBy: [2, 6] });

interface ModelRow {
  readonly ref: number;
  readonly row: Row;
}

function randomRow(random: () => number): Row {
  const time = Math.floor(random() * 5000) - 1000;
  const host = random() < 0.05 ? null : `host_${Math.floor(random() * 6)}`;
  const usage = random() < 0.1 ? null : random() < 0.5 ? Math.round(random() * 100) : random() * 10;
  const amount = random() < 0.5 ? null : makeNumeric(BigInt(Math.floor(random() * 1000)), 2);
  return [
    time,
    host,
    usage,
    random() < 0.5,
    amount,
    random() < 0.3 ? null : 'r' + Math.floor(random() * 3),
  ];
}

async function readAll(world: World, view = world.store.current()): Promise<ModelRow[]> {
  const batches = await world.scan({ attnums: [-1, 1, 2, 3, 4, 5, 6] }, view);
  return batches.flatMap(rowsOf).map(([ref, ...row]) => ({ ref: ref as number, row }));
}

function checkRuns(batches: readonly Batch[]): void {
  for (const batch of batches) {
    if (batch.runs === undefined) continue;
    const { starts, constantColumns, timeColumn } = batch.runs;
    expect(starts[0]).toBe(0);
    for (let r = 0; r < starts.length; r++) {
      const end = r + 1 < starts.length ? starts[r + 1] : batch.length;
      expect(end).toBeGreaterThan(starts[r]);
      for (let row = starts[r] + 1; row < end; row++) {
        for (const c of constantColumns) {
          expect(valueAt(batch.columns[c], row)).toBe(valueAt(batch.columns[c], row - 1));
        }
        if (timeColumn >= 0) {
          const [a, b] = [row - 1, row].map((i) => valueAt(batch.columns[timeColumn], i) as number);
          expect(b).toBeGreaterThanOrEqual(a);
        }
      }
    }
  }
}

describe('a hypertable against a naive model', () => {
  for (const [name, table] of [
    ['unsegmented', TABLE],
    ['segmented', SEGMENTED],
  ] as const) {
    for (const seed of [1, 2, 3, 4]) {
      it(`${name}, seed ${seed}`, async () => {
        const random = randomOf(seed * 7919);
        const world = new World(table);
        world.compactRows = 500;
        await world.open();
        let model: Row[] = [];
        const views: { view: ReturnType<World['store']['current']>; model: Row[] }[] = [];
        for (let step = 0; step < 25; step++) {
          const dice = random();
          if (dice < 0.55) {
            const rows = Array.from({ length: Math.floor(random() * 1200) }, () =>
              randomRow(random),
            );
            await world.insert(rows);
            model = [...model, ...rows];
          } else if (dice < 0.7) {
            const all = await readAll(world);
            const gone = all.filter(() => random() < 0.1);
            const writes = world.store.openWrites();
            world.store.delete(writes, table, Float64Array.from(gone.map(({ ref }) => ref)));
            world.commit(writes);
            const left = new Set(gone.map(({ ref }) => ref));
            model = all.filter(({ ref }) => !left.has(ref)).map(({ row }) => row);
          } else if (dice < 0.78) await world.store.flush(true);
          else if (dice < 0.85) {
            await world.store.flush(true);
            await world.store.compact(table.storageId);
          } else if (dice < 0.9)
            await world.reopen(world.store.oldestUnflushed() ?? world.sequence + 1);
          else views.push({ view: world.store.current(), model });
          if (dice >= 0.85 && dice < 0.9) views.length = 0;
          checkRuns(await world.scan());
          expect(asSet((await readAll(world)).map(({ row }) => row))).toEqual(asSet(model));
          await checkPredicates(world, model, random);
          for (const old of views.slice(-3)) {
            const rows = await readAll(world, old.view);
            expect(asSet(rows.map(({ row }) => row))).toEqual(asSet(old.model));
          }
        }
      });
    }
  }
});

async function checkPredicates(
  world: World,
  model: readonly Row[],
  random: () => number,
): Promise<void> {
  const low = Math.floor(random() * 5000) - 1000;
  const high = low + Math.floor(random() * 2000);
  const host = `host_${Math.floor(random() * 7)}`;
  const inside = (row: Row): boolean =>
    (row[0] as number) >= low &&
    (row[0] as number) < high &&
    row[1] === host &&
    (row[2] as number) > 5;
  const predicates = [
    { column: 1, op: '>=', values: [low] },
    { column: 1, op: '<', values: [high] },
    { column: 2, op: random() < 0.5 ? '=' : 'in', values: [host] },
    { column: 3, op: '>', values: [5] },
  ] as const;
  const timeOrder = random() < 0.4 ? null : random() < 0.5 ? 'asc' : 'desc';
  const batches = await world.scan({ predicates, timeOrder });
  const found = batches.flatMap(rowsOf);
  expect(asSet(found.filter(inside))).toEqual(asSet(model.filter(inside)));
  if (timeOrder !== null) {
    const sign = timeOrder === 'asc' ? 1 : -1;
    for (let i = 1; i < found.length; i++) {
      expect(((found[i][0] as number) - (found[i - 1][0] as number)) * sign).toBeGreaterThanOrEqual(
        0,
      );
    }
  }
}

describe('a transaction sees its own rows', () => {
  it('inserts, deletes and rolls back to a savepoint', async () => {
    const world = await new World(SEGMENTED).open();
    await world.insert([
      [1, 'a', 1, true, null, 'r'],
      [2, 'b', 2, true, null, 'r'],
    ]);
    const writes = world.store.openWrites();
    const view = world.store.current();
    const { store, table } = world;
    const add = (rows: Row[]) =>
      store.insert(view, writes, table, batchOf(table, rows), [], ERROR_OPTIONS);
    await add([
      [3, 'c', 3, false, null, null],
      [2500, 'd', 4, false, null, null],
    ]);
    const read = async (): Promise<Row[]> => {
      const rows: Row[] = [];
      const wanted = request([-1, 1, 2], { timeOrder: 'asc' });
      for await (const batch of store.scan(view, writes, table, wanted))
        rows.push(...rowsOf(batch));
      return rows;
    };
    const before = await read();
    expect(before.map((row) => row[2])).toEqual(['a', 'b', 'c', 'd']);
    const mark = writes.mark();
    store.delete(writes, table, Float64Array.of(before[0][0] as number, before[2][0] as number));
    expect((await read()).map((row) => row[2])).toEqual(['b', 'd']);
    const fetched = await store.fetch(
      view,
      writes,
      table,
      Float64Array.from([before[3][0], before[1][0]] as number[]),
      [2, 1],
    );
    expect(rowsOf(fetched)).toEqual([
      ['d', 2500],
      ['b', 2],
    ]);
    writes.rollbackTo(mark);
    expect((await read()).map((row) => row[2])).toEqual(['a', 'b', 'c', 'd']);
    store.delete(writes, table, Float64Array.of(before[0][0] as number, before[2][0] as number));
    world.commit(writes);
    expect(asSet((await world.scan({ attnums: [2] })).flatMap(rowsOf))).toEqual(['b', 'd']);
  });
});

describe('a large head', () => {
  it('is scanned in runs, its newest rows as they came', async () => {
    const world = await new World(SEGMENTED).open();
    const random = randomOf(77);
    const rowAt = (): Row => [
      Math.floor(random() * 1000),
      `h${Math.floor(random() * 9)}`,
      1,
      true,
      null,
      'r',
    ];
    const rows = Array.from({ length: 6000 }, rowAt);
    await world.insert(rows);
    const first = await world.scan();
    expect(first.map((batch) => batch.runs !== undefined)).toEqual([true]);
    expect(first[0].runs?.starts).toHaveLength(9);
    expect(first[0].runs?.constantColumns).toEqual([1, 5]);
    checkRuns(first);
    const old = world.store.current();
    const more = Array.from({ length: 700 }, rowAt);
    await world.insert(more);
    const batches = await world.scan();
    expect(batches.map((batch) => batch.runs !== undefined)).toEqual([true, false]);
    expect(asSet(batches.flatMap(rowsOf))).toEqual(asSet([...rows, ...more]));
    const refs = (await readAll(world)).filter(() => random() < 0.5).map(({ ref }) => ref);
    const writes = world.store.openWrites();
    world.store.delete(writes, world.table, Float64Array.from(refs));
    world.commit(writes);
    checkRuns(await world.scan());
    expect((await readAll(world)).length).toBe(6700 - refs.length);
    expect((await readAll(world, old)).length).toBe(6000);
    const one = await world.scan({
      predicates: [
        { column: 2, op: '=', values: ['h3'] },
        { column: 1, op: '<', values: [100] },
      ],
    });
    const wanted = one
      .flatMap(rowsOf)
      .filter(([time, host]) => host === 'h3' && (time as number) < 100);
    const all = (await world.scan())
      .flatMap(rowsOf)
      .filter(([time, host]) => host === 'h3' && (time as number) < 100);
    expect(asSet(wanted)).toEqual(asSet(all));
    expect(one.flatMap(rowsOf).length).toBeLessThan(wanted.length + 100);
  });
});
