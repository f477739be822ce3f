import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { chunkKey } from '../../../../src/storage/hypertable/segment-keys.ts';
import { decodeChunk } from '../../../../src/storage/hypertable/chunk-record.ts';
import type { Batch } from '../../../../src/vector/vector.ts';
import { valueAt } from '../../../../src/vector/vector.ts';
import { asSet, column, hypertable, OID, rowsOf, World, type Row } from './support.ts';

const TABLE = hypertable(
  [column(1, 'time', OID.timestamptz), column(2, 'host', OID.text), column(3, 'usage', OID.float8)],
  { chunkInterval: 10_000, segmentBy: [2] },
);
const HOSTS = 30;

/** Rows of all hosts at each of some times. */
function rowsAt(from: number, to: number): Row[] {
  const rows: Row[] = [];
  for (let time = from; time < to; time++) {
    for (let host = 0; host < HOSTS; host++) {
      rows.push([time, host === 7 ? null : `host_${host}`, time * host]);
    }
  }
  return rows;
}

/** One chunk, flushed in parts of all hosts. */
async function scattered(flushes = 4): Promise<{ world: World; rows: Row[] }> {
  const world = new World(TABLE);
  world.compactRows = 1000;
  await world.open();
  const rows: Row[] = [];
  for (let part = 0; part < flushes; part++) {
    const added = rowsAt(part * 50, part * 50 + 50);
    await world.insert(added);
    rows.push(...added);
    await world.store.flush(true);
  }
  return { world, rows };
}

async function rowsIn(world: World, view = world.store.current()): Promise<Row[]> {
  const batches = await world.scan({}, view);
  return batches.flatMap(rowsOf);
}

async function refsOf(world: World, isWanted: (row: Row) => boolean): Promise<Float64Array> {
  const batches = await world.scan({ attnums: [-1, 1, 2, 3] });
  const rows = batches.flatMap(rowsOf).filter(([, ...row]) => isWanted(row));
  return Float64Array.from(rows, ([ref]) => ref as number);
}

function deleteRows(world: World, refs: Float64Array): void {
  const writes = world.store.openWrites();
  world.store.delete(writes, TABLE, refs);
  world.commit(writes);
}

async function segments(world: World): Promise<{ rows: number; isCompacted: boolean }[]> {
  const bytes = await world.kv.get(chunkKey(TABLE.storageId, world.store.chunks(TABLE)[0]!.id));
  return decodeChunk(TABLE.storageId, bytes as Uint8Array).segments.map(({ segment }) => segment);
}

/** Rows in the order of a scan, which is that of the segments. */
function hostsOf(batches: readonly Batch[]): (string | null)[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, i) => valueAt(batch.columns[1]!, i) as string | null),
  );
}

describe('compaction', () => {
  it('puts all rows of a series next to each other, and changes no row', async () => {
    const { world, rows } = await scattered();
    await world.store.compact(TABLE.storageId);
    const found = await segments(world);
    expect(found.length).toBe(6);
    expect(found.every(({ isCompacted }) => isCompacted)).toBe(true);
    expect(asSet(await rowsIn(world))).toEqual(asSet(rows));
    const hosts = hostsOf(await world.scan());
    const changes = hosts.filter((host, i) => i === 0 || host !== hosts[i - 1]).length;
    expect(changes).toBe(HOSTS);
    await world.reopen(world.sequence + 1);
    expect(asSet(await rowsIn(world))).toEqual(asSet(rows));
    expect((await segments(world)).every(({ isCompacted }) => isCompacted)).toBe(true);
  });

  it('waits until a chunk has not changed between two looks', async () => {
    const { world } = await scattered();
    expect(await world.store.compact()).toBe(true);
    await world.insert(rowsAt(300, 301));
    await world.store.flush(true);
    expect(await world.store.compact()).toBe(true);
    expect((await segments(world)).some(({ isCompacted }) => isCompacted)).toBe(false);
    expect(await world.store.compact()).toBe(false);
    expect((await segments(world)).every(({ isCompacted }) => isCompacted)).toBe(true);
    expect(await world.store.compact()).toBe(false);
  });

  it('leaves deleted rows out, and finds rows that were read before', async () => {
    const { world, rows } = await scattered();
    deleteRows(world, await refsOf(world, ([time]) => (time as number) % 3 === 0));
    await world.store.flush(true);
    const before = world.store.current();
    const gone = await refsOf(world, ([time, host]) => host === 'host_3' && time === 100);
    expect(gone.length).toBe(1);
    await world.store.compact(TABLE.storageId);
    const left = rows.filter(([time]) => (time as number) % 3 !== 0);
    expect(asSet(await rowsIn(world))).toEqual(asSet(left));
    expect(asSet(await rowsIn(world, before))).toEqual(asSet(left));
    deleteRows(world, gone);
    const rest = left.filter(([time, host]) => host !== 'host_3' || time !== 100);
    expect(asSet(await rowsIn(world))).toEqual(asSet(rest));
    expect(asSet(await rowsIn(world, before))).toEqual(asSet(left));
  });

  it('finds rows that were read before where later times were flushed first', async () => {
    const world = new World(TABLE);
    world.compactRows = 1000;
    await world.open();
    const rows: Row[] = [];
    for (const from of [150, 100, 0, 50]) {
      const added = rowsAt(from, from + 50);
      await world.insert(added);
      rows.push(...added);
      await world.store.flush(true);
    }
    const isGone = ([time, host]: Row): boolean => host === 'host_3' && (time as number) % 7 === 0;
    const gone = await refsOf(world, isGone);
    await world.store.compact(TABLE.storageId);
    deleteRows(world, gone);
    expect(asSet(await rowsIn(world))).toEqual(asSet(rows.filter((row) => !isGone(row))));
  });

  it('keeps rows that come while it is under way, and gives up where rows are deleted', async () => {
    const { world, rows } = await scattered();
    const late = rowsAt(20, 21);
    const running = world.store.compact(TABLE.storageId);
    await world.insert(late);
    await running;
    expect(asSet(await rowsIn(world))).toEqual(asSet([...rows, ...late]));
    expect((await segments(world)).every(({ isCompacted }) => isCompacted)).toBe(true);
    await world.reopen(world.store.oldestUnflushed() as number);
    expect(asSet(await rowsIn(world))).toEqual(asSet([...rows, ...late]));

    const other = await scattered();
    const refs = await refsOf(other.world, ([time]) => time === 5);
    const given = other.world.store.compact(TABLE.storageId);
    await new Promise((resolve) => setImmediate(resolve));
    deleteRows(other.world, refs);
    expect(await given).toBe(true);
    expect((await segments(other.world)).some(({ isCompacted }) => isCompacted)).toBe(false);
    const left = other.rows.filter(([time]) => time !== 5);
    expect(asSet(await rowsIn(other.world))).toEqual(asSet(left));
    await other.world.reopen(other.world.store.oldestUnflushed() as number);
    expect(asSet(await rowsIn(other.world))).toEqual(asSet(left));
  });

  it('is done again once enough rows came later, and leaves nothing behind', async () => {
    const { world, rows } = await scattered();
    await world.store.compact(TABLE.storageId);
    const late = rowsAt(500, 502);
    await world.insert(late);
    await world.store.flush(true);
    await world.store.compact(TABLE.storageId);
    expect((await segments(world)).filter(({ isCompacted }) => !isCompacted).length).toBe(1);
    const more = rowsAt(600, 680);
    await world.insert(more);
    await world.store.flush(true);
    await world.store.compact(TABLE.storageId);
    const found = await segments(world);
    expect(found.every(({ isCompacted }) => isCompacted)).toBe(true);
    expect(asSet(await rowsIn(world))).toEqual(asSet([...rows, ...late, ...more]));
    world.store.releaseViewsBefore(world.sequence + 1);
    await world.store.flush(true);
    await world.store.close();
    let headers = 0;
    for await (const page of world.kv.scan({
      from: new Uint8Array([0x68, 0x73]),
      to: new Uint8Array([0x68, 0x74]),
    })) {
      headers += page.filter(({ key }) => key.length === 19).length;
    }
    expect(headers).toBe(found.length);
  });

  it('leaves a chunk whose table was dropped meanwhile', async () => {
    const { world } = await scattered();
    const running = world.store.compact(TABLE.storageId);
    await new Promise((resolve) => setImmediate(resolve));
    world.store.dropTable(TABLE.storageId);
    await running;
    await world.store.close();
    await world.open();
    expect(world.store.chunks(TABLE)).toEqual([]);
  });
});

describe('chunk records', () => {
  it('of the version before compaction are read', async () => {
    const { world } = await scattered(1);
    const bytes = await world.kv.get(chunkKey(TABLE.storageId, world.store.chunks(TABLE)[0]!.id));
    const record = decodeChunk(TABLE.storageId, bytes as Uint8Array);
    // Version 1 lacked the byte behind each segment.
    const old = (bytes as Uint8Array).slice(0, -1);
    old[4] = 1;
    new DataView(old.buffer).setUint32(0, crc32c(old, 0, 4, old.length), true);
    expect(decodeChunk(TABLE.storageId, old)).toEqual(record);
  });
});
