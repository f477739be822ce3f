/** Statements that spill, and how they may end: files go, errors have PostgreSQL's codes, memory stays. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Disk, DiskFile } from '../../src/base/env.ts';
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { TextSession, type Outcome } from '../support/text-session.ts';

const ROWS = 30_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Statements of every kind that spills at 64 kB. */
const SPILLING = {
  sort: 'SELECT * FROM t ORDER BY v, id',
  'top n': 'SELECT * FROM t ORDER BY v, id LIMIT 20000',
  'group by': 'SELECT id, count(*), array_agg(v) FROM t GROUP BY id',
  distinct: 'SELECT DISTINCT id, v FROM t',
  'count distinct': 'SELECT count(DISTINCT id) FROM t',
  join: 'SELECT * FROM t a JOIN t b USING (id)',
  except: 'SELECT id FROM t EXCEPT SELECT v FROM t',
  cte: 'WITH c AS MATERIALIZED (SELECT * FROM t) SELECT * FROM c a, (SELECT max(v) FROM c) b',
  window: 'SELECT id, rank() OVER (PARTITION BY v ORDER BY id) FROM t',
  'nested loop': 'SELECT count(*) FROM (SELECT * FROM t LIMIT 3) a LEFT JOIN t b ON a.id < b.v',
} as const;

/** What happens to temporary files; tests replace it. */
let onAppend: () => void = () => undefined;
let onRead: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;

function watchedDisk(disk: Disk): Disk {
  return {
    ...disk,
    async open(path, mode) {
      const file = await disk.open(path, mode);
      return path.includes('pgsql_tmp') ? watchedFile(file) : file;
    },
  };
}

function watchedFile(file: DiskFile): DiskFile {
  return {
    append(bytes) {
      onAppend();
      return file.append(bytes);
    },
    read: async (offset, length) => onRead(await file.read(offset, length)),
    sync: () => file.sync(),
    appendDurably: (pieces) => file.appendDurably(pieces),
    truncate: (length) => file.truncate(length),
    size: () => file.size(),
    close: () => file.close(),
  };
}

function errorOf(outcome: Outcome): string {
  return outcome.kind === 'error' ? `${outcome.code} ${outcome.message}` : 'no error';
}

let path: string;
let engine: Engine;
let session: TextSession;

const files = (): string[] => readdirSync(join(path, 'pgsql_tmp'));

async function open(): Promise<Engine> {
  const env = createNodeEnv({ logLevel: 'error' });
  const disk = watchedDisk(env.disk);
  return await openEngine({ env: { ...env, disk }, path, systemSqlPath: systemSqlPath() });
}

beforeAll(async () => {
  path = mkdtempSync(join(tmpdir(), 'varve-spill-'));
  engine = await open();
  const loader = await TextSession.open(engine);
  await loader.run(`CREATE TABLE t AS SELECT i AS id, (i * 7919) % 10007 AS v, 'text ' || i AS s
    FROM generate_series(1, ${ROWS}) i`);
  await loader.close();
});

afterAll(async () => {
  await engine.close();
  rmSync(path, { recursive: true });
});

beforeEach(async () => {
  session = await TextSession.open(engine);
  await session.run("SET work_mem = '64kB'; SET hash_mem_multiplier = 1");
});

afterEach(async () => {
  onAppend = () => undefined;
  onRead = (bytes) => bytes;
  await session.close();
});

describe.each(Object.entries(SPILLING))('%s', (_name, sql) => {
  it('writes temporary files and removes them', async () => {
    let appends = 0;
    onAppend = () => appends++;
    expect((await session.run(sql)).kind).toBe('result');
    expect(appends).toBeGreaterThan(0);
    expect(files()).toEqual([]);
  });

  it('ends with 53100 where the disk is full in the middle, and without files', async () => {
    let appends = 0;
    onAppend = () => appends++;
    await session.run(sql);
    let left = Math.ceil(appends / 2);
    onAppend = () => {
      if (--left === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    const full = /^53100 could not write to file "pgsql_tmp\/.*": No space left on device$/;
    expect(errorOf(await session.run(sql))).toMatch(full);
    expect(files()).toEqual([]);
  });

  it('ends with XX001 where what it reads is not what it wrote', async () => {
    onRead = (bytes) => {
      bytes[bytes.length >> 1] ^= 1;
      return bytes;
    };
    expect(errorOf(await session.run(sql))).toMatch(/^XX001/);
    expect(files()).toEqual([]);
  });

  it('ends with 57014 where it is canceled while it writes, and without files', async () => {
    onAppend = () => session.session.cancel();
    expect(errorOf(await session.run(sql))).toMatch(/^57014/);
    expect(files()).toEqual([]);
  });

  it('keeps to temp_file_limit', async () => {
    await session.run("SET temp_file_limit = '64kB'");
    const error = '53400 temporary file size exceeds temp_file_limit (64kB)';
    expect(errorOf(await session.run(sql))).toBe(error);
    expect(files()).toEqual([]);
  });
});

/** Bytes in use after a collection. A thread frees its buffers later, which a second one waits for. */
function liveBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('memory of a query over many times its budget', () => {
  const source = `(SELECT i, md5(i::text) || md5((i + 1)::text) AS s
    FROM generate_series(1, 120000) i) q`;

  it.each([
    ['sort', `SELECT count(*) FROM (SELECT * FROM ${source} ORDER BY s OFFSET 0) x`],
    ['group by', `SELECT count(*) FROM (SELECT s, count(*) FROM ${source} GROUP BY s) x`],
    ['distinct', `SELECT count(*) FROM (SELECT DISTINCT s FROM ${source}) x`],
    ['join', `SELECT count(*) FROM ${source} JOIN ${source.replace(') q', ') r')} USING (s)`],
  ])('stays within a bound: %s', async (_name, sql) => {
    await session.run("SET work_mem = '1MB'");
    const before = liveBytes();
    let most = 0;
    let appends = 0;
    onAppend = () => {
      if (++appends % 8 === 0) most = Math.max(most, liveBytes() - before);
    };
    const outcome = await session.run(sql);
    expect(outcome.kind === 'result' && outcome.result.rows).toEqual([['120000']]);
    expect(appends).toBeGreaterThan(48);
    // The rows are some 20 MB as strings in memory.
    expect(most / 2 ** 20).toBeLessThan(8);
  });
});

it('keeps files while a cursor is open, and no longer', async () => {
  await session.run('BEGIN; DECLARE c CURSOR FOR SELECT * FROM t ORDER BY v, id; FETCH 10 FROM c');
  expect(files()).not.toEqual([]);
  await session.close();
  await expect.poll(files).toEqual([]);
});

it('empties the folder at the start', async () => {
  const name = join(path, 'pgsql_tmp', 'pgsql_tmp1.7');
  writeFileSync(name, 'left by a crash');
  await session.close();
  await engine.close();
  engine = await open();
  expect(files()).toEqual([]);
  session = await TextSession.open(engine);
});

it('spills nothing in a database in memory, and keeps its limit', async () => {
  const memory = await openEngine({
    env: createNodeEnv({ logLevel: 'error' }),
    path: undefined,
    systemSqlPath: systemSqlPath(),
  });
  const inMemory = await TextSession.open(memory);
  await inMemory.run("SET work_mem = '64kB'");
  const sort = (rows: number): string =>
    `SELECT count(*) FROM (SELECT i FROM generate_series(1, ${rows}) i ORDER BY 1 OFFSET 0) s`;
  expect((await inMemory.run(sort(100_000))).kind).toBe('result');
  expect(errorOf(await inMemory.run(sort(2_000_000)))).toBe('53200 out of memory');
  await memory.close();
});

describe('EXPLAIN ANALYZE', () => {
  async function explained(sql: string, format = 'text'): Promise<string> {
    const options = `ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT ${format}`;
    const outcome = await session.run(`EXPLAIN (${options}) ${sql}`);
    if (outcome.kind === 'error') throw outcome.error;
    return outcome.result.rows.map(([line]) => line).join('\n');
  }

  it.each([
    ['SELECT * FROM t ORDER BY v', /^ {2}Sort Method: external merge {2}Disk: \d+kB$/m],
    ['SELECT * FROM t ORDER BY v LIMIT 3', /^ {2}Sort Method: top-N heapsort {2}Memory: \d+kB$/m],
    ['SELECT * FROM t WHERE id < 9 ORDER BY v', /^ {2}Sort Method: quicksort {2}Memory: 1kB$/m],
    [
      'SELECT id, count(*) FROM t GROUP BY id',
      /^ {2}Batches: [2-9]\d* {2}Memory Usage: \d+kB {2}Disk Usage: \d+kB$/m,
    ],
    ['SELECT v % 3, count(*) FROM t GROUP BY 1', /^ {2}Batches: 1 {2}Memory Usage: \d+kB$/m],
    [
      'SELECT * FROM t a JOIN t b USING (id)',
      /^ *Batches: \d+ {2}Memory Usage: \d+kB {2}Disk Usage: \d+kB$/m,
    ],
  ])('says as PostgreSQL does: %s', async (sql, line) => {
    expect(await explained(sql)).toMatch(line);
  });

  it('has its numbers in the JSON form', async () => {
    const [{ Plan: sort }] = JSON.parse(await explained('SELECT * FROM t ORDER BY v', 'json'));
    expect(sort).toMatchObject({
      'Sort Method': 'external merge',
      'Sort Space Type': 'Disk',
      'Sort Space Used': expect.any(Number),
    });
    const group = await explained('SELECT id, count(*) FROM t GROUP BY id', 'json');
    const [{ Plan: aggregate }] = JSON.parse(group);
    expect(aggregate).toMatchObject({
      'HashAgg Batches': expect.any(Number),
      'Peak Memory Usage': expect.any(Number),
      'Disk Usage': expect.any(Number),
    });
  });
});
