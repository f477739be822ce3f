import { describe, expect, it } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import type { KvOperation, KvStore } from '../../../../src/storage/kv/kv.ts';
import { openHypertableStore } from '../../../../src/storage/hypertable/open.ts';
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
} from './support.ts';

const COLUMNS = [
  column(1, 'time', OID.timestamptz),
  column(2, 'host', OID.text),
  column(3, 'usage', OID.float8),
];
const TABLE = hypertable(COLUMNS, { chunkInterval: 1000, segmentBy: [2] });

function someRows(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, i) => [from + i, `h${i % 5}`, i / 2]);
}

async function keysOf(kv: KvStore): Promise<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for await (const page of kv.scan({ from: Uint8Array.of(0), to: Uint8Array.of(255) })) {
    keys.push(...page.map(({ key }) => key));
  }
  return keys;
}

/** The store as it was after an earlier write. */
async function copyOfKv(kv: KvStore): Promise<MemoryKv> {
  const copy = new MemoryKv();
  for await (const page of kv.scan({ from: Uint8Array.of(0), to: Uint8Array.of(255) })) {
    await copy.write(page.map(({ key, value }) => ({ type: 'put', key, value }) as const));
  }
  return copy;
}

async function deleteFirst(world: World, count: number): Promise<void> {
  const refs = (await world.scan({ attnums: [-1] })).flatMap(rowsOf).map(([ref]) => ref as number);
  const writes = world.store.openWrites();
  world.store.delete(writes, TABLE, Float64Array.from(refs.slice(0, count)));
  world.commit(writes);
}

/** A world over `kv` to which the log of another is applied. */
async function replayed(world: World, kv: KvStore): Promise<World> {
  const other = await new World(TABLE, kv).open();
  for (const { sequence, bytes } of world.log) other.store.apply(sequence, bytes.slice());
  return other;
}

describe('a store that has lost its last writes', () => {
  it('is brought forward, flushes that are lost included', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(100));
    await deleteFirst(world, 3);
    const early = await copyOfKv(world.kv);
    await world.store.flush(true);
    await world.insert(someRows(100, 200));
    await world.store.flush(true);
    const expected = asSet((await world.scan()).flatMap(rowsOf));
    const other = await replayed(world, early);
    expect(asSet((await other.scan()).flatMap(rowsOf))).toEqual(expected);
  });

  it('is refused where rows of a head were deleted that began with a lost flush', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(100));
    const early = await copyOfKv(world.kv);
    await world.store.flush(true);
    await world.insert(someRows(100, 200));
    const writes = world.store.openWrites();
    const newest = (await world.scan({ attnums: [-1, 1] })).flatMap(rowsOf);
    const refs = newest.filter(([, time]) => (time as number) >= 290).map(([ref]) => ref as number);
    world.store.delete(writes, TABLE, Float64Array.from(refs));
    world.commit(writes);
    await expect(replayed(world, early)).rejects.toMatchObject({ code: 'XX001' });
    const late = await replayed(world, await copyOfKv(world.kv));
    expect(late.store.statistics(TABLE).rows).toBe(190);
  });

  it('is refused where rows of a segment were deleted that is lost', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(100));
    const early = await copyOfKv(world.kv);
    await world.store.flush(true);
    await deleteFirst(world, 3);
    await expect(replayed(world, early)).rejects.toMatchObject({ code: 'XX001' });
  });

  it('knows the flush that was stored while its chunk was dropped', async () => {
    const kv = new MemoryKv();
    let chunkStored: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (chunkStored = resolve));
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const gated: KvStore = new Proxy(kv, {
      get(target, name: keyof KvStore) {
        const value = target[name].bind(target) as (...values: unknown[]) => unknown;
        if (name !== 'write') return value;
        return async (operations: readonly KvOperation[], sync: boolean) => {
          await target.write(operations);
          if (!sync) return;
          chunkStored();
          await gate;
        };
      },
    });
    const world = await new World(TABLE, gated).open();
    await world.insert(someRows(100));
    const flushing = world.store.flush(true);
    await stored;
    const writes = world.store.openWrites();
    world.store.dropChunks(world.store.current(), writes, TABLE, null, null);
    world.commit(writes);
    await world.insert(someRows(50, 300));
    goOn();
    await flushing;
    await deleteFirst(world, 5);
    const expected = asSet((await world.scan()).flatMap(rowsOf));
    expect(expected).toHaveLength(45);
    const other = await replayed(world, await copyOfKv(kv));
    expect(asSet((await other.scan()).flatMap(rowsOf))).toEqual(expected);
  });

  it('never gives the number of a segment that the log names to another', async () => {
    const world = new World(TABLE);
    world.spillLimits = { bytes: 1, rows: 1, commitRows: 1 };
    await world.open();
    const early = await copyOfKv(world.kv);
    const writes = world.store.openWrites();
    const batch = batchOf(TABLE, someRows(100));
    await world.store.insert(world.store.current(), writes, TABLE, batch, [], ERROR_OPTIONS);
    await world.prepareAndCommit(writes);
    const other = await replayed(world, early);
    await other.insert(someRows(50, 500));
    await other.store.flush(true);
    await expect(other.scan()).rejects.toMatchObject({ code: 'XX001' });
  });
});

describe('recovery', () => {
  it('skips what segments contain and applies the rest', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(2500));
    await world.store.flush(true);
    expect(world.store.oldestUnflushed()).toBeUndefined();
    await world.insert(someRows(100, 500));
    expect(world.store.oldestUnflushed()).toBeGreaterThan(1);
    const before = asSet((await world.scan()).flatMap(rowsOf));
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
    await world.store.flush(true);
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
    expect(world.store.statistics(TABLE).rows).toBe(2600);
  });

  it('names the table and the chunk for a flipped byte anywhere', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(2500));
    await world.store.flush(true);
    await world.store.close();
    const random = randomOf(4711);
    const keys = await keysOf(world.kv);
    expect(keys.length).toBeGreaterThan(8);
    for (const key of keys) {
      const value = (await world.kv.get(key)) as Uint8Array;
      const damaged = value.slice();
      damaged[Math.floor(random() * damaged.length)] ^= 1 << Math.floor(random() * 8);
      await world.kv.write([{ type: 'put', key, value: damaged }], true);
      const failure = await world
        .open()
        .then(() => world.scan())
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(failure).toBeInstanceOf(DbError);
      expect((failure as DbError).code).toBe('XX001');
      expect((failure as DbError).message).toContain('hypertable "metrics"');
      await world.kv.write([{ type: 'put', key, value }], true);
    }
    await world.open();
    expect((await world.scan()).flatMap(rowsOf)).toHaveLength(2500);
  });

  it('keeps nothing of a dropped table, and ignores its old records', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(2500));
    await world.store.flush(true);
    const view = world.store.current();
    world.store.dropTable(TABLE.storageId);
    expect((await world.scan()).length).toBe(0);
    expect((await world.scan({}, view)).flatMap(rowsOf)).toHaveLength(2500);
    await world.store.flush(true);
    world.store.releaseViewsBefore(world.sequence + 1);
    await world.store.flush(true);
    await world.reopen(1);
    expect((await world.scan()).length).toBe(0);
    expect((await keysOf(world.kv)).length).toBe(1);
  });

  it('ignores records of a dropped table whose first ones the log no longer has', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(2500));
    await deleteFirst(world, 10);
    world.store.dropTable(TABLE.storageId);
    await world.store.settle();
    await world.reopen(2);
    expect((await world.scan()).length).toBe(0);
  });

  it('drops chunks, for good', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(4000));
    await world.store.flush(true);
    await world.insert(someRows(10, 1500));
    const writes = world.store.openWrites();
    const view = world.store.current();
    const names = world.store.dropChunks(view, writes, TABLE, null, 2500);
    expect(names).toEqual(['_hyper_20000_0_chunk', '_hyper_20000_1_chunk']);
    world.commit(writes);
    const left = (await world.scan({ attnums: [1] }))
      .flatMap(rowsOf)
      .map(([time]) => time as number);
    expect(left).toHaveLength(2000);
    expect(Math.min(...left)).toBe(2000);
    expect((await world.scan({}, view)).flatMap(rowsOf)).toHaveLength(4010);
    await world.insert(someRows(5, 0));
    const before = asSet((await world.scan()).flatMap(rowsOf));
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
    await world.store.flush(true);
    world.store.releaseViewsBefore(world.sequence + 1);
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
    expect(world.store.chunks(TABLE).map(({ id }) => id)).toEqual([0, 2, 3]);
  });

  it('joins small segments and removes the replaced ones', async () => {
    const world = await new World(TABLE).open();
    for (let i = 0; i < 12; i++) {
      await world.insert(Array.from({ length: 50 }, (_, k) => [k * 12 + i, `h${k % 3}`, i]));
      await world.store.flush(true);
    }
    const keysBefore = (await keysOf(world.kv)).length;
    world.store.releaseViewsBefore(world.sequence + 1);
    await world.store.flush(true);
    await world.store.close();
    expect((await keysOf(world.kv)).length).toBeLessThan(keysBefore);
    const times = (await world.scan({ attnums: [1], timeOrder: 'asc' }))
      .flatMap(rowsOf)
      .map(([t]) => t);
    expect(times).toEqual(Array.from({ length: 600 }, (_, i) => i));
  });

  it('starts over when rows are deleted while it writes', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(900));
    const flushing = world.store.flush(true);
    const refs = (await world.scan({ attnums: [-1] }))
      .flatMap(rowsOf)
      .slice(0, 5)
      .map(([ref]) => ref as number);
    const writes = world.store.openWrites();
    world.store.delete(writes, TABLE, Float64Array.from(refs));
    world.commit(writes);
    await world.insert(someRows(7, 100));
    await flushing;
    expect(world.store.statistics(TABLE).rows).toBe(902);
    const before = asSet((await world.scan()).flatMap(rowsOf));
    expect(before).toHaveLength(902);
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
  });

  it('waits for commits under way that name rows of the chunk, and they for it', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(100));
    const refs = (await world.scan({ attnums: [-1] }))
      .flatMap(rowsOf)
      .map(([ref]) => ref as number);
    const doomed = (from: number) => {
      const writes = world.store.openWrites();
      world.store.delete(writes, TABLE, Float64Array.from(refs.slice(from, from + 5)));
      return writes;
    };
    const early = world.store.parts(doomed(0)) as Uint8Array;
    const late = doomed(5);
    let isFlushed = false;
    const flushing = world.store.flush(true).then(() => (isFlushed = true));
    while (world.store.commitGate(late) === undefined) await new Promise((r) => setImmediate(r));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isFlushed).toBe(false);
    world.store.apply(++world.sequence, early);
    world.log.push({ sequence: world.sequence, bytes: early.slice() });
    for (let gate; (gate = world.store.commitGate(late)) !== undefined;) await gate;
    world.commit(late);
    await flushing;
    expect(world.store.statistics(TABLE).rows).toBe(90);
    const before = asSet((await world.scan()).flatMap(rowsOf));
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
  });

  it('waits while parts are made in slices, until they are applied or given up', async () => {
    const world = await new World(TABLE).open();
    await world.insert(someRows(100_000));
    const refs = (await world.scan({ attnums: [-1] }))
      .flatMap(rowsOf)
      .map(([ref]) => ref as number);
    const making = (from: number, to: number) => {
      const writes = world.store.openWrites();
      world.store.delete(writes, TABLE, Float64Array.from(refs.slice(from, to)));
      return world.store.partsInSlices(writes) as Promise<Uint8Array>;
    };
    const [applied, givenUp] = [making(0, 90_000), making(90_000, 90_010)];
    let isFlushed = false;
    const flushing = world.store.flush(true).then(() => (isFlushed = true));
    world.store.apply(++world.sequence, await applied);
    world.log.push({ sequence: world.sequence, bytes: (await applied).slice() });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isFlushed).toBe(false);
    world.store.abandonParts(await givenUp);
    await flushing;
    expect(world.store.statistics(TABLE).rows).toBe(10_000);
    const before = asSet((await world.scan()).flatMap(rowsOf));
    await world.reopen(1);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(before);
  });

  it('opens without reading blocks', async () => {
    const kv = new MemoryKv();
    const world = await new World(TABLE, kv).open();
    await world.insert(someRows(2500));
    await world.store.flush(true);
    let reads = 0;
    const spied: KvStore = new Proxy(kv, {
      get(target, name: keyof KvStore) {
        if (name === 'get' || name === 'getMany') reads++;
        const value = target[name];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const again = await new World(TABLE, spied).open();
    expect(again.store.statistics(TABLE).rows).toBe(2500);
    expect(reads).toBe(0);
    expect(openHypertableStore).toBeTypeOf('function');
  });
});

describe('unique indexes', () => {
  const report = { onConflict: 'report', arbiters: [] } as const;

  it('find duplicates in segments, heads, own rows and the batch', async () => {
    const world = await new World(TABLE).open();
    world.indexes = [uniqueIndex([2, 1])];
    await world.insert([
      [1, 'a', 1],
      [2, 'a', 1],
      [1, 'b', 1],
    ]);
    await world.store.flush(true);
    await world.insert([
      [3, 'a', 1],
      [1, null, 1],
      [1, null, 2],
    ]);
    for (const row of [
      [2, 'a', 9],
      [3, 'a', 9],
    ] as Row[]) {
      await expect(world.insert([[50, 'z', 1], row])).rejects.toMatchObject({
        code: '23505',
        fields: { message: 'duplicate key value violates unique constraint "metrics_key_30000"' },
      });
    }
    await expect(
      world.insert([
        [9, 'q', 1],
        [9, 'q', 2],
      ]),
    ).rejects.toMatchObject({ code: '23505' });
    const { store, table } = world;
    const writes = store.openWrites();
    const view = store.current();
    const insert = (rows: Row[]) =>
      store.insert(view, writes, table, batchOf(table, rows), world.indexes, report);
    const first = await insert([
      [7, 'n', 1],
      [2, 'a', 5],
      [3, 'a', 5],
      [7, 'n', 2],
    ]);
    expect(first.inserted).toBe(1);
    const refs = [...(first.conflicts as Float64Array)];
    expect(refs.map(Number.isNaN)).toEqual([true, false, false, false]);
    const rows = rowsOf(
      await store.fetch(view, writes, table, Float64Array.from(refs.slice(1)), [1, 2, 3]),
    );
    expect(rows).toEqual([
      [2, 'a', 1],
      [3, 'a', 1],
      [7, 'n', 1],
    ]);
    // A row deleted by the same transaction is out of the way.
    store.delete(writes, table, Float64Array.of(refs[1]));
    expect((await insert([[2, 'a', 6]])).inserted).toBe(1);
    world.commit(writes);
    const all = (await world.scan()).flatMap(rowsOf);
    expect(asSet(all.filter(([time, host]) => time === 2 && host === 'a'))).toEqual(['2|a|6']);
    await expect(world.insert([[2, 'a', 7]])).rejects.toMatchObject({ code: '23505' });
  });

  it('verifies a new index', async () => {
    const world = await new World(TABLE).open();
    await world.insert([
      [1, 'a', 1],
      [1, 'b', 1],
      [2, 'a', 1],
    ]);
    await world.store.checkUnique(world.store.current(), undefined, TABLE, uniqueIndex([1, 2]));
    await world.insert([[2, 'a', 3]]);
    const check = world.store.checkUnique(
      world.store.current(),
      undefined,
      TABLE,
      uniqueIndex([1, 2]),
    );
    await expect(check).rejects.toMatchObject({
      code: '23505',
      fields: { detail: 'Key (time, host)=(2000-01-01 00:00:00.000002+00, a) is duplicated.' },
    });
  });
});

describe('columns come and go', () => {
  it('gives old rows the missing value and ignores dropped columns', async () => {
    const world = await new World(TABLE).open();
    await world.insert([
      [1, 'a', 1],
      [2, 'b', 2],
    ]);
    await world.store.flush(true);
    await world.insert([[3, 'c', 3]]);
    const wider = hypertable(
      [...COLUMNS, column(4, 'level', OID.int4, '7'), column(5, 'note', OID.text)],
      { chunkInterval: 1000, segmentBy: [2] },
    );
    world.table = wider;
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual([
      '1|a|1|7|null',
      '2|b|2|7|null',
      '3|c|3|7|null',
    ]);
    await world.insert([[4, 'd', 4, 1, 'x']]);
    const expected = ['1|a|1|7|null', '2|b|2|7|null', '3|c|3|7|null', '4|d|4|1|x'];
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(expected);
    await world.store.flush(true);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual(expected);
    world.table = {
      ...wider,
      columns: wider.columns.map((c) => (c.attnum === 3 ? { ...c, dropped: true } : c)),
    };
    await world.insert([[5, 'e', 2, 'y']]);
    expect(asSet((await world.scan()).flatMap(rowsOf))).toEqual([
      '1|a|7|null',
      '2|b|7|null',
      '3|c|7|null',
      '4|d|1|x',
      '5|e|2|y',
    ]);
    for (let i = 0; i < 9; i++) {
      await world.insert([[10 + i, 'f', i, 'z']]);
      await world.store.flush(true);
    }
    const rows = (await world.scan()).flatMap(rowsOf);
    expect(rows).toHaveLength(14);
    expect(asSet(rows.slice(0, 14))).toContain('1|a|7|null');
  });
});

describe('times', () => {
  it('must be there and finite, and may be beyond 2^53', async () => {
    const world = await new World(TABLE).open();
    await expect(world.insert([[null, 'a', 1]])).rejects.toMatchObject({ code: '23502' });
    await expect(world.insert([[Infinity, 'a', 1]])).rejects.toMatchObject({ code: '22008' });
    const far = 2n ** 60n;
    const times = [far + 3n, far + 1n, far + 2n, 5];
    await world.insert(times.map((time): Row => [time, 'a', 1]));
    const read = async (): Promise<unknown[]> =>
      (await world.scan({ attnums: [1], timeOrder: 'desc' })).flatMap(rowsOf).map(([t]) => t);
    expect(await read()).toEqual([far + 3n, far + 2n, far + 1n, 5]);
    await world.store.flush(true);
    expect(await read()).toEqual([far + 3n, far + 2n, far + 1n, 5]);
    const found = await world.scan({
      attnums: [1],
      predicates: [{ column: 1, op: '=', values: [far + 2n] }],
    });
    expect(found.flatMap(rowsOf).map(([t]) => t)).toContain(far + 2n);
    expect(request([1]).attnums).toEqual([1]);
    expect(ERROR_OPTIONS.onConflict).toBe('error');
  });
});

describe('row refs', () => {
  it('outlive a flush and a join of segments', async () => {
    const world = await new World(TABLE).open();
    const { store } = world;
    const taken: { ref: number; time: number }[] = [];
    const read = async (view = store.current()): Promise<{ ref: number; time: number }[]> =>
      (await world.scan({ attnums: [-1, 1] }, view))
        .flatMap(rowsOf)
        .map(([ref, time]) => ({ ref: ref as number, time: time as number }));
    const views = [];
    for (let i = 0; i < 11; i++) {
      await world.insert(
        Array.from({ length: 40 }, (_, k) => [(k * 7 + i * 13) % 900, `h${k % 3}`, i]),
      );
      const view = store.current();
      const rows = await read(view);
      taken.push(rows[(i * 17) % rows.length]);
      views.push(view);
      await store.flush(true);
      const late = taken[taken.length - 1];
      expect(store.changedSince(view, TABLE, Float64Array.of(late.ref))).toBe(false);
      expect(store.chunksOfRefs(view, TABLE, Float64Array.of(late.ref))).toEqual([0]);
    }
    const before = await read();
    const writes = store.openWrites();
    const distinct = [...new Map(taken.map((one) => [one.ref, one])).values()];
    store.delete(writes, TABLE, Float64Array.from(distinct.map(({ ref }) => ref)));
    const own = [];
    for await (const batch of store.scan(store.current(), writes, TABLE, request([1])))
      own.push(...rowsOf(batch));
    world.commit(writes);
    const after = await read();
    expect(own).toHaveLength(after.length);
    const count = (rows: readonly { time: number }[], time: number): number =>
      rows.filter((row) => row.time === time).length;
    const times = new Set(before.map(({ time }) => time));
    expect(before.length - after.length).toBeGreaterThan(5);
    for (const time of times) {
      const gone = count(before, time) - count(after, time);
      expect(gone).toBeLessThanOrEqual(count(distinct, time));
      if (count(distinct, time) > 0) expect(gone).toBeGreaterThan(0);
    }
    expect(store.changedSince(views[0], TABLE, Float64Array.of(taken[0].ref))).toBe(true);
    world.store.releaseViewsBefore(world.sequence + 1);
    await world.reopen(1);
    expect(await world.scan().then((batches) => batches.flatMap(rowsOf).length)).toBe(after.length);
  });
});

describe('unique keys of any kind', () => {
  it('against a naive model, through flushes and deletes', async () => {
    for (const [seed, oid, key] of [
      [11, OID.text, (n: number) => `k${n}`],
      [12, OID.int4, (n: number) => n],
      [13, OID.float8, (n: number) => (n === 0 ? -0 : n === 1 ? 0 : n)],
      [14, OID.bpchar, (n: number) => (n % 2 === 0 ? `b${n >> 1}` : `b${n >> 1}  `)],
    ] as const) {
      const random = randomOf(seed);
      const table = hypertable(
        [column(1, 'time', OID.timestamptz), column(2, 'k', oid), column(3, 'v', OID.float8)],
        { chunkInterval: 500 },
      );
      const world = await new World(table).open();
      world.indexes = [uniqueIndex([2, 1])];
      const model = new Map<string, number>();
      const normal = (row: Row): string =>
        `${row[0]}/${typeof row[1] === 'string' ? row[1].trimEnd() : (row[1] as number) + 0}`;
      for (let step = 0; step < 60; step++) {
        const rows = Array.from(
          { length: 40 },
          (): Row => [Math.floor(random() * 700), key(Math.floor(random() * 6)), step],
        );
        const writes = world.store.openWrites();
        const view = world.store.current();
        const result = await world.store.insert(
          view,
          writes,
          table,
          batchOf(table, rows),
          world.indexes,
          { onConflict: 'report', arbiters: [] },
        );
        const conflicts = result.conflicts as Float64Array;
        rows.forEach((row, i) => {
          expect(Number.isNaN(conflicts[i]), `seed ${seed} step ${step} row ${i}`).toBe(
            !model.has(normal(row)),
          );
          if (Number.isNaN(conflicts[i])) model.set(normal(row), step);
        });
        world.commit(writes);
        if (random() < 0.3) await world.store.flush(true);
        if (random() < 0.3) {
          const gone = (await world.scan({ attnums: [-1, 1, 2] }))
            .flatMap(rowsOf)
            .filter(() => random() < 0.2);
          const deletes = world.store.openWrites();
          world.store.delete(deletes, table, Float64Array.from(gone.map(([ref]) => ref as number)));
          world.commit(deletes);
          for (const [, time, k] of gone) model.delete(normal([time, k]));
        }
      }
      expect((await world.scan()).flatMap(rowsOf)).toHaveLength(model.size);
    }
  });
});
