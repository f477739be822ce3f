/**
 * A flipped bit in the files that RocksDB itself keeps its place with, its write-ahead log and its
 * manifest. RocksDB leaves out what it cannot read there without a word: the commit log has to bring it
 * back, or the start is refused.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/base/env.ts';
import type { TableDescriptor } from '../../src/catalog/catalog.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import type { StorageEngine, StorageTransaction } from '../../src/storage/storage.ts';
import { OID } from '../../src/types/type.ts';
import type { Value } from '../../src/types/value.ts';
import {
  INSERT,
  allRows,
  copyOf,
  createIndex,
  createTable,
  errorOf,
  inTransaction,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from '../unit/storage/helpers.ts';
import { seededRandom } from '../unit/storage/random.ts';

const FLIPS = Number(process.env['FLIPS'] ?? 16);
const HOUR = 3_600_000_000;
const FLUSH_ROWS = 100;

/** What a directory holds, by table. */
type Contents = Record<string, Value[][]>;

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

async function contentsOf(engine: StorageEngine): Promise<Contents> {
  const contents: Contents = {};
  const tables = engine.catalog().relations();
  await inTransaction(engine, async (t) => {
    for (const table of tables) {
      if (table.kind !== 'table' || table.schema !== 2200) continue;
      const rows = await allRows(t, table);
      contents[table.name] = rows.sort((a, b) => Number(a[0]) - Number(b[0]));
    }
  });
  return contents;
}

async function addRows(
  engine: StorageEngine,
  table: TableDescriptor,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  await inTransaction(engine, (t) => t.insert(table, rowsOf(table, rows), INSERT));
}

async function addPoints(
  engine: StorageEngine,
  table: TableDescriptor,
  from: number,
  count: number,
): Promise<void> {
  await addRows(
    engine,
    table,
    Array.from({ length: count }, (_, i) => [(from + i) * 1_000_000, (from + i) / 2]),
  );
}

async function flushed(engine: StorageEngine, table: TableDescriptor): Promise<void> {
  while (engine.chunks(table).some(({ headRows }) => headRows > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function deletePoints(
  engine: StorageEngine,
  table: TableDescriptor,
  numbers: readonly number[],
): Promise<void> {
  await inTransaction(engine, async (t) => {
    const times = numbers.map((number) => number * 1_000_000);
    await t.delete(table, await refsOf(t, table, times));
  });
}

interface Made {
  readonly path: string;
  readonly contents: Contents;
}

/**
 * Commits of all kinds, and segments flushed among them. Without checkpoints everything is in RocksDB's
 * own log.
 */
async function makeData(checkpoints: boolean): Promise<Made> {
  const path = await temporaryDirectory();
  const engine = await open(path, { flushRows: FLUSH_ROWS });
  const plain = await inTransaction(engine, async (t) => {
    const table = await createTable(t, 'plain');
    await createIndex(t, table, 'plain_id', [1], { unique: true });
    return table;
  });
  const metrics = await inTransaction(engine, createHypertable);
  for (let n = 0; n < 40; n++) await addRows(engine, plain, [[n, `label ${n}`]]);
  await addPoints(engine, metrics, 1, 1000);
  await flushed(engine, metrics);
  if (checkpoints) await engine.checkpoint();
  const late = await inTransaction(engine, (t) => createTable(t, 'late'));
  for (let n = 0; n < 40; n++) await addRows(engine, late, [[n, 'x'.repeat(600)]]);
  // More rows than are written in one batch.
  await addRows(
    engine,
    plain,
    Array.from({ length: 3000 }, (_, i) => [100 + i, 'many']),
  );
  await addPoints(engine, metrics, 1001, 700);
  await flushed(engine, metrics);
  if (checkpoints) await engine.checkpoint();
  await addPoints(engine, metrics, 2001, 50);
  await inTransaction(engine, async (t) => t.delete(plain, await refsOf(t, plain, [1, 2, 3])));
  const contents = await contentsOf(engine);
  const copy = await copyOf(path);
  await engine.close();
  return { path: copy, contents };
}

/** Segments that were flushed, and rows deleted from them and from the head after that. */
async function makeDeletions(): Promise<Made> {
  const path = await temporaryDirectory();
  const engine = await open(path, { flushRows: FLUSH_ROWS });
  const plain = await inTransaction(engine, (t) => createTable(t, 'plain'));
  const metrics = await inTransaction(engine, createHypertable);
  await addPoints(engine, metrics, 1, 1000);
  await flushed(engine, metrics);
  await addPoints(engine, metrics, 1001, 50);
  await deletePoints(engine, metrics, [1010, 1011]);
  await addPoints(engine, metrics, 1051, 20);
  await deletePoints(engine, metrics, [5, 1060]);
  // Commits of hypertables write nothing to the store: this is what a cut may take and leave the flush.
  for (let n = 0; n < 20; n++) await addRows(engine, plain, [[n, 'x'.repeat(600)]]);
  const contents = await contentsOf(engine);
  const copy = await copyOf(path);
  await engine.close();
  return { path: copy, contents };
}

async function filesOf(path: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(join(path, 'kv'));
  return names.filter((name) => pattern.test(name)).map((name) => join(path, 'kv', name));
}

async function flip(file: string, offset: number, bit: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset] = (bytes[offset] as number) ^ (1 << bit);
  await writeFile(file, bytes);
}

/** Offsets of the first and the last bytes, which no random choice may miss, and others between. */
function offsetsOf(length: number, count: number, int: (bound: number) => number): number[] {
  const edges = [0, 4, 5, 6, 7, 12, length - 1, length - 20].filter((at) => at >= 0 && at < length);
  return [...edges, ...Array.from({ length: count }, () => int(length))];
}

/** Not `toEqual`, whose account of a difference is thousands of lines. */
function expectSame(actual: Contents, expected: Contents, what: string): void {
  for (const name of Object.keys({ ...actual, ...expected })) {
    const isSame = JSON.stringify(actual[name]) === JSON.stringify(expected[name]);
    const counts = `${actual[name]?.length} of ${expected[name]?.length} rows`;
    expect(isSame, `${what}: table ${name} has ${counts}`).toBe(true);
  }
}

let warnings = 0;
const env: Env = {
  ...createNodeEnv(),
  log: {
    debug: () => undefined,
    info: () => undefined,
    warn: () => warnings++,
    error: () => undefined,
  },
};

type Verdict = 'right' | 'reported' | 'refused';

async function judge(path: string, contents: Contents, what: string): Promise<Verdict> {
  let engine: StorageEngine;
  try {
    engine = await open(path, { env });
  } catch (error) {
    expect((error as { code?: string }).code, what).toBe('XX001');
    return 'refused';
  }
  try {
    expectSame(await contentsOf(engine), contents, what);
  } catch (error) {
    if ((error as { code?: string }).code !== 'XX001') throw error;
    return 'reported';
  } finally {
    await engine.close();
  }
  // What was brought back stays.
  const again = await open(path);
  expectSame(await contentsOf(again), contents, `${what}, opened again`);
  await again.close();
  return 'right';
}

async function flipMany(made: Made, pattern: RegExp, count: number): Promise<Verdict[]> {
  const random = seededRandom('flipped store log');
  const verdicts: Verdict[] = [];
  for (const file of await filesOf(made.path, pattern)) {
    const { length } = await readFile(file);
    for (const offset of offsetsOf(length, length === 0 ? 0 : count, (n) => random.int(n))) {
      const copy = await copyOf(made.path);
      const bit = random.int(8);
      await flip(file.replace(made.path, copy), offset, bit);
      const what = `bit ${bit} of byte ${offset} of ${length} in ${file} (SEED=${random.seed})`;
      verdicts.push(await judge(copy, made.contents, what));
    }
  }
  return verdicts;
}

describe('a flipped bit in what RocksDB keeps for itself', () => {
  it('in its log is repaired from the commit log', { timeout: 600_000 }, async () => {
    for (const checkpoints of [false, true]) {
      warnings = 0;
      const verdicts = await flipMany(await makeData(checkpoints), /^\d+\.log$/, FLIPS / 2);
      expect(verdicts.length).toBeGreaterThan(FLIPS / 2);
      expect(new Set(verdicts)).toEqual(new Set(['right']));
      expect(warnings).toBeGreaterThan(0.9 * verdicts.length);
    }
  });

  it('in its manifest is never believed', { timeout: 600_000 }, async () => {
    const verdicts = await flipMany(await makeData(true), /^MANIFEST-\d+$/, FLIPS);
    expect(verdicts.length).toBeGreaterThan(FLIPS);
    expect(new Set(verdicts)).toEqual(new Set(['refused']));
  });

  it('never deletes other rows than were deleted', { timeout: 600_000 }, async () => {
    const made = await makeDeletions();
    const verdicts = await flipMany(made, /^\d+\.log$/, FLIPS);
    expect(new Set(verdicts)).toEqual(new Set(['right', 'refused']));
  });
});

describe("a flipped bit in RocksDB's tables", () => {
  it('is reported where it is read, or refused', { timeout: 600_000 }, async () => {
    const verdicts = await flipMany(await makeData(true), /\.sst$/, FLIPS);
    expect(verdicts.length).toBeGreaterThan(FLIPS);
    expect(verdicts.filter((verdict) => verdict !== 'right').length).toBeGreaterThan(FLIPS / 2);
  });

  it('is reported to those who read the block, and to nobody else', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const [first, second] = await inTransaction(engine, async (t) => [
      await createTable(t, 'first'),
      await createTable(t, 'second'),
    ]);
    const rows = Array.from({ length: 3_000 }, (_, n) => [n, 'x'.repeat(200)]);
    for (const table of [first, second]) await addRows(engine, table as TableDescriptor, rows);
    await engine.close();
    const [file = ''] = await filesOf(path, /\.sst$/);
    const { length } = await readFile(file);
    await flip(file, Math.floor(length / 4), 3);
    const reopened = await open(path);
    const read = (name: string): Promise<Value[][]> =>
      inTransaction(reopened, (t) =>
        allRows(t, reopened.catalog().relationByName(2200, name) as TableDescriptor),
      );
    expect(await errorOf(read('first'))).toMatchObject({ code: 'XX001', severity: 'ERROR' });
    expect(await read('second')).toHaveLength(3_000);
    expect((await errorOf(read('first'))).code).toBe('XX001');
    await reopened.close();
  });
});

describe('what the commit log keeps', () => {
  it('is given up only once RocksDB has it in its tables', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path, { segmentBytes: 2_000, checkpointBytes: 20_000 });
    const table = await inTransaction(engine, (t) => createTable(t, 't'));
    for (let n = 0; n < 300; n++) await addRows(engine, table, [[n, 'x'.repeat(100)]]);
    await engine.checkpoint();
    for (let n = 300; n < 400; n++) await addRows(engine, table, [[n, 'x'.repeat(100)]]);
    const contents = await contentsOf(engine);
    const copy = await copyOf(path);
    await engine.close();
    const logs = await readdir(join(copy, 'log'));
    expect(logs.length).toBeLessThan(100);
    for (const file of await filesOf(copy, /^\d+\.log$/)) await writeFile(file, new Uint8Array(0));
    const reopened = await open(copy);
    expect(await contentsOf(reopened)).toEqual(contents);
    await reopened.close();
  });

  it('must reach back to what the store contains', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    await inTransaction(engine, (t) => createTable(t, 't'));
    await engine.checkpoint();
    await engine.close();
    for (const file of await filesOf(path, /\.sst$/)) await writeFile(file, new Uint8Array(0));
    expect((await errorOf(open(path))).code).toBe('XX001');
  });
});
