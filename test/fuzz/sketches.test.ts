/**
 * Aggregates that sketches may answer give what the same rows give when they are looked at: over segments of
 * one flush and of several, compacted or not, with late, updated and deleted rows, and in old snapshots.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { randomSource } from '../support/random-source.ts';
import { TextSession } from '../support/text-session.ts';
import { seedOf } from '../support/seed.ts';

const SEED = seedOf('sketches');
const QUERIES = Number(process.env['VARVE_QUERIES'] ?? 40);
const TIMEOUT = 240_000 + QUERIES * 1000;

const random = randomSource(SEED);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

let engine: Engine;
let session: TextSession;

async function rowsOf(sql: string, on = session): Promise<(string | null)[][]> {
  const outcome = await on.run(sql);
  if (outcome.kind === 'error') {
    throw new Error(`${outcome.message} in ${sql}`, { cause: outcome.error });
  }
  return outcome.result.rows;
}

/**
 * `z` has negative zeros, `x` NaNs in places, `big` values whose sums no double holds, `n` NULLs, for hours too,
 * `t` rows at uneven distances.
 */
const COLUMNS =
  'time timestamptz NOT NULL, host text, a float8, r float8, i int, s smallint, big int8, n int, h float8, z float8, x float8, e float4, d date, t timestamp';

function values(from: number, to: number): string {
  return `SELECT '2024-03-01 00:00:07'::timestamptz + (g / 5) * interval '20 seconds' + (g * 7919 % 3) * interval '3 seconds',
    'host_' || g % 5, ((g * 7919 % 2001) - 1000) / 100.0, sqrt(g) - 80, (g * 31 % 40000) - 20000, g % 7,
    4000000000000000 + g * 1000003::int8 * (g % 3 - 1), CASE WHEN g % 17 < 3 OR g % 9000 > 7000 THEN NULL ELSE g % 1000 - 500 END,
    CASE WHEN g % 13 = 0 THEN NULL ELSE (g % 300) / 10.0 END,
    CASE WHEN g % 11 = 0 THEN '-0'::float8 WHEN g % 4000 < 2000 THEN 0 ELSE (g % 9) - 4 END,
    CASE WHEN g % 9973 = 0 THEN 'NaN'::float8 ELSE g / 8.0 END, (g % 100) / 4.0, date '2024-01-01' + g % 50,
    timestamp '2020-02-02 02:02:02' + g * interval '1 second' FROM generate_series(${from}, ${to}) g`;
}

async function makeTable(name: string, chunk: string): Promise<void> {
  await rowsOf(
    `CREATE TABLE ${name} (${COLUMNS}) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.segmentby = 'host', tsdb.chunk_interval = '${chunk}')`,
  );
}

beforeAll(async () => {
  engine = await memoryEngine(1_000_000);
  session = await TextSession.open(engine);
  await rowsOf("SET timezone = 'UTC'");
  await makeTable('whole', '5 days');
  await rowsOf(`INSERT INTO whole ${values(0, 90_000)}`);
  await rowsOf('CHECKPOINT');
  await makeTable('parts', '1 day');
  for (let from = 0; from < 60_000; from += 20_000) {
    await rowsOf(`INSERT INTO parts ${values(from, from + 19_999)}`);
    await rowsOf('CHECKPOINT');
    if (from === 20_000) await rowsOf('VACUUM FULL parts');
  }
  // Late rows, a head, and rows that are gone.
  await rowsOf(`INSERT INTO parts ${values(10_000, 10_400)}`);
  await rowsOf('CHECKPOINT');
  await rowsOf(`INSERT INTO parts ${values(60_000, 62_000)}`);
}, 240_000);

afterAll(async () => {
  await session.close();
  await engine.close();
});

const EXTREMES = ['a', 'r', 'i', 's', 'big', 'n', 'h', 'z', 'x', 'e', 'd', 't', 'time'];
const AGGREGATES = [
  'count(*)',
  ...EXTREMES.flatMap((column) => ['count', 'min', 'max'].map((name) => `${name}(${column})`)),
  ...['i', 's', 'big', 'n'].flatMap((column) => [`sum(${column})`, `avg(${column})`]),
  ...['a', 'h', 'e', 'r'].map((column) => `round(avg(${column})::numeric, 8)`),
  'round(sum(a)::numeric, 6)',
  'round(sum(r)::numeric, 4)',
  'sum(z)',
  'sum(i + s)',
  'sum(2 * n - 1)',
  'min(i * -3 + 7)',
  'round(stddev(a)::numeric, 6)',
  'stddev(i)',
  'last(a, time)',
  'first(i, time)',
];

const BUCKETS = [
  "time_bucket('1 hour', time)",
  "time_bucket('2 hours', time)",
  "time_bucket('1 hour', time, interval '20 minutes')",
  "time_bucket('90 minutes', time)",
  "time_bucket('6 hours', time, timestamptz '2024-02-29 23:00')",
  "time_bucket('1 day', time)",
  "time_bucket('1 day', time, 'Asia/Kathmandu')",
  "time_bucket('1 day', time, timestamptz '2024-02-29 12:30')",
  "time_bucket('1 week', time)",
  "time_bucket('1 month', time)",
  "time_bucket('5 minutes', time)",
  "date_trunc('hour', time)",
  "date_trunc('day', time)",
  "extract(hour FROM time_bucket('1 hour', time))",
];

function condition(): string {
  const parts: string[] = ['true'];
  const at = (): string =>
    `'2024-03-01 00:00:00+00'::timestamptz + interval '${below(101) * 3600 + pick([0, 0, 1, 1799, 1800, below(3600)])} seconds'`;
  if (random() < 0.5) parts.push(`time ${pick(['>', '>='])} ${at()}`);
  if (random() < 0.4) parts.push(`time ${pick(['<', '<='])} ${at()}`);
  if (random() < 0.3) parts.push(pick(["host = 'host_3'", "host IN ('host_1', 'host_4')"]));
  return parts.join(' AND ');
}

function randomQuery(table: string): { sketched: string; byRows: string } {
  const groups: string[] = [];
  if (random() < 0.75) groups.push(pick(BUCKETS));
  if (random() < 0.5) groups.push('host');
  const calls = Array.from({ length: 1 + below(5) }, () => pick(AGGREGATES));
  const where = condition();
  const select = `SELECT ${[...groups, ...calls].join(', ')} FROM ${table} WHERE ${where}`;
  const tail = groups.length === 0 ? '' : ` GROUP BY ${groups.map((_, i) => i + 1).join(', ')}`;
  // Storage cannot decide this, so every row is looked at.
  const rows = ' AND coalesce(i, 0) + 50000 > 0';
  return { sketched: select + tail, byRows: select + rows + tail };
}

/** Which of two equal zeros is the least depends on the order of rows, in PostgreSQL, too. */
const sorted = (rows: (string | null)[][]): string[] =>
  rows.map((row) => JSON.stringify(row.map((value) => (value === '-0' ? '0' : value)))).sort();

async function compareMany(table: string, on = session): Promise<void> {
  for (let i = 0; i < QUERIES; i++) {
    const { sketched, byRows } = randomQuery(table);
    const expected = sorted(await rowsOf(byRows, on));
    expect(sorted(await rowsOf(sketched, on)), sketched).toEqual(expected);
  }
}

async function planOf(select: string): Promise<string> {
  return (await rowsOf(`EXPLAIN (ANALYZE, BUFFERS) ${select}`)).join('\n');
}

describe(`sketches (SEED=${SEED})`, () => {
  it('are read in the place of rows, and only the edges beside them', async () => {
    const all = await planOf(
      "SELECT time_bucket('1 hour', time), host, avg(a), max(r), min(n), sum(i) FROM whole GROUP BY 1, 2",
    );
    expect(all).toMatch(/Rows from Sketches: [89]\d{4} in \d+/);
    const cut = await planOf(
      "SELECT time_bucket('1 hour', time), max(r) FROM whole WHERE time >= '2024-03-01 04:30' AND time < '2024-03-02 20:30' GROUP BY 1",
    );
    const [, rows, sketched] = /Summarized: (\d+) in[^]*Sketches: (\d+) in/.exec(cut) ?? [];
    expect(Number(sketched)).toBeGreaterThan(0);
    expect(Number(rows) - Number(sketched)).toBeLessThan(2000);
    const fine = "SELECT time_bucket('5 minutes', time), max(i) FROM whole GROUP BY 1";
    expect(await planOf(fine)).not.toContain('Sketches');
  });

  it('are not there of columns with NaN', async () => {
    expect(await planOf('SELECT max(x) FROM whole')).not.toContain('Sketches');
    expect(await planOf('SELECT max(z), avg(a) FROM whole')).toContain('Sketches');
  });

  it('of one flush', { timeout: TIMEOUT }, () => compareMany('whole'));

  it('of several segments and a head', { timeout: TIMEOUT }, () => compareMany('parts'));

  it(
    'beside rows of the transaction, and as an old snapshot sees them',
    { timeout: TIMEOUT },
    async () => {
      const old = await TextSession.open(engine);
      await rowsOf("SET timezone = 'UTC'", old);
      await rowsOf('BEGIN ISOLATION LEVEL REPEATABLE READ', old);
      const total = 'SELECT count(*), sum(i), max(a), min(n) FROM parts';
      const before = await rowsOf(total, old);
      await rowsOf('BEGIN');
      await rowsOf(`INSERT INTO parts ${values(61_000, 63_000)}`);
      await rowsOf(
        "UPDATE parts SET i = i + 1 WHERE host = 'host_2' AND time < '2024-03-01 09:00'",
      );
      await rowsOf(
        "DELETE FROM parts WHERE time BETWEEN '2024-03-01 20:10' AND '2024-03-01 21:20'",
      );
      await compareMany('parts');
      await rowsOf('COMMIT');
      await compareMany('parts');
      await compareMany('parts', old);
      expect(await rowsOf(total, old)).toEqual(before);
      await rowsOf('COMMIT', old);
      await old.close();
      await rowsOf('CHECKPOINT');
      await rowsOf('VACUUM FULL parts');
      await compareMany('parts');
    },
  );
});
