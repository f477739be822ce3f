/**
 * Aggregates over a hypertable, which storage may answer with summaries of its segments, give what they
 * give over an ordinary table with the same rows.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { randomSource } from '../support/random-source.ts';
import { TextSession } from '../support/text-session.ts';
import { seedOf } from '../support/seed.ts';

const SEED = seedOf('summaries');
const QUERIES = Number(process.env['VARVE_QUERIES'] ?? 60);
const TIMEOUT = 120_000 + QUERIES * 1000;
const COLUMNS =
  'time timestamptz NOT NULL, host text, rack int, a float8, b int, c float8, d bigint, e float4, f smallint, h float8, k int';

const random = randomSource(SEED);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

let engine: Engine;
let session: TextSession;

async function run(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error')
    throw new Error(`${outcome.message} in ${sql}`, { cause: outcome.error });
  return outcome.result.rows;
}

beforeAll(async () => {
  engine = await memoryEngine(2000);
  session = await TextSession.open(engine);
  await run("SET timezone = 'UTC'");
  await run(`CREATE TABLE plain (${COLUMNS})`);
  await run(
    `CREATE TABLE hyper (${COLUMNS}) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.segmentby = 'host, rack', tsdb.chunk_interval = '6 hours')`,
  );
  const values = `SELECT '2024-03-01'::timestamptz + (g / 7) * interval '10 seconds' + (g % 5) * interval '1 millisecond',
    CASE WHEN g % 7 = 6 THEN NULL ELSE 'host_' || g % 7 END, g % 7 / 2,
    (g * 7919 % 1000) / 100.0, (g * 31 % 40000) - 20000, CASE WHEN g % 11 = 0 THEN NULL ELSE sqrt(g) END,
    g * 1000000007::bigint, (g % 100) / 4.0, g % 3,
    CASE WHEN g % 13 = 0 OR g BETWEEN 9000 AND 14000 THEN NULL ELSE (g % 300) / 10.0 END,
    CASE WHEN g % 17 < 3 THEN NULL ELSE g % 100000 - 500 END FROM generate_series(1, 30000) g`;
  await run(`INSERT INTO plain ${values}`);
  await run('INSERT INTO hyper SELECT * FROM plain WHERE f <> 2');
  await run('CHECKPOINT');
  // Late rows, rows that stay in the head, and deleted ones.
  await run('INSERT INTO hyper SELECT * FROM plain WHERE f = 2 AND b > -10000');
  await run('CHECKPOINT');
  await run('INSERT INTO hyper SELECT * FROM plain WHERE f = 2 AND b <= -10000');
  await run('CREATE TABLE outers (host text, rack int, n int)');
  await run(
    `INSERT INTO outers SELECT CASE WHEN g = 5 THEN NULL ELSE 'host_' || g % 9 END, g % 4, g % 3 FROM generate_series(0, 39) g`,
  );
  for (const table of ['plain', 'hyper']) {
    await run(`DELETE FROM ${table} WHERE time > '2024-03-01 09:00' AND b % 50 = 0`);
  }
}, 120_000);

afterAll(async () => {
  await session.close();
  await engine.close();
});

const AGGREGATES = [
  'count(*)',
  ...['a', 'b', 'c', 'd', 'e', 'f', 'h', 'k'].flatMap((column) =>
    ['count', 'min', 'max'].map((name) => `${name}(${column})`),
  ),
  ...['b', 'd', 'f', 'k'].flatMap((column) => [`sum(${column})`, `avg(${column})`]),
  'round(sum(a)::numeric, 6)',
  'round(avg(a)::numeric, 9)',
  'round(avg(c)::numeric, 9)',
  'round(avg(h)::numeric, 9)',
  'round(sum(h)::numeric, 4)',
  'sum(k + b)',
  'sum(k * 2 + 1)',
  'stddev(k)',
  'round(stddev(a)::numeric, 9)',
  'round(var_pop(a)::numeric, 9)',
  'stddev(b)',
  'round(stddev_samp(e)::numeric, 6)',
  'sum(b + f)',
  'avg(b * 2 - 1)',
  'min(b * -3 + 7)',
  'max(f - 5)',
  'count(b + f)',
  'count(c - a)',
  'sum(d - b)',
  'sum(-b)',
  'sum(b * f)',
  'sum(b * 2 * f)',
  'avg(d + 1)',
  'stddev(f * 3 - 1)',
  'max(-f)',
  'sum(f::int8 * 100000000)',
  'round(sum(a * 2.5::float8 + b)::numeric, 4)',
  'round(avg(a + f)::numeric, 9)',
  'round(sum(c + a - 1)::numeric, 4)',
  'round(min(a * 3)::numeric, 9)',
  'max(time)',
  'min(time)',
  'count(time)',
  'count(host)',
  'max(host)',
  'first(time, time)',
  'last(time, time)',
  'count(DISTINCT f)',
  'sum(b) FILTER (WHERE f = 1)',
];

const BUCKETS = [
  "time_bucket('1 hour', time)",
  "time_bucket('1 minute', time)",
  "time_bucket('17 minutes', time, interval '3 minutes')",
  "date_trunc('hour', time)",
  "time_bucket('1 day', time, 'Europe/Berlin')",
  "time_bucket('1 month', time)",
  "extract(hour FROM time_bucket('2 hours', time))",
  "time_bucket('1 second', time)",
];

function condition(): string {
  const parts: string[] = [];
  const at = (): string =>
    `'2024-03-01 00:00:00+00'::timestamptz + interval '${below(43_000)} seconds'`;
  if (random() < 0.5) parts.push(`time ${pick(['>', '>='])} ${at()}`);
  if (random() < 0.4) parts.push(`time ${pick(['<', '<='])} ${at()}`);
  if (random() < 0.3)
    parts.push(
      `host ${pick(["= 'host_3'", "IN ('host_1', 'host_4', 'no')", "<> 'host_2'", 'IS NULL'])}`,
    );
  if (random() < 0.2) parts.push(pick(['rack = 1', 'rack IN (0, 3)', 'rack > 1', 'rack = 2.0']));
  if (random() < 0.15) parts.push(pick(['a > 5', 'b = 100', 'c IS NOT NULL', 'time IN (now())']));
  return parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;
}

function query(table: string, seed: () => string): string {
  return seed().replaceAll('$TABLE', table);
}

function randomQuery(): string {
  const groups: string[] = [];
  if (random() < 0.6) groups.push(pick(BUCKETS));
  if (random() < 0.4) groups.push('host');
  if (random() < 0.3) groups.push(pick(['rack', 'rack + 1', "coalesce(host, 'none')"]));
  const calls = Array.from({ length: 1 + below(4) }, () => pick(AGGREGATES));
  const list = [...groups, ...calls].join(', ');
  const grouping =
    groups.length === 0
      ? ''
      : random() < 0.15
        ? `GROUP BY ROLLUP (${groups.join(', ')})`
        : `GROUP BY ${groups.join(', ')}`;
  return `SELECT ${list} FROM $TABLE ${condition()} ${grouping}`;
}

/** Last values: times are distinct for a host, so that every answer is the only one. */
function latestQuery(): string {
  const direction = pick(['DESC', 'ASC']);
  const keys = pick(['host', 'host, rack', 'rack, host', 'host, f', 'f, host']);
  if (random() < 0.5) {
    return `SELECT DISTINCT ON (${keys}) ${keys}, time, a, b, c FROM $TABLE ${condition()} ORDER BY ${keys}, time ${direction}`;
  }
  const calls =
    direction === 'DESC'
      ? ['last(b, time)', 'max(time)', 'last(c, time)']
      : ['first(a, time)', 'min(time)'];
  const group = random() < 0.8 ? `GROUP BY ${keys}` : "AND host = 'host_1'";
  const where = condition() || 'WHERE true';
  return `SELECT ${calls.slice(below(calls.length)).join(', ')} FROM $TABLE ${where} ${group}`;
}

function newestBuckets(): string {
  const direction = pick(['DESC', 'ASC']);
  const limit = `LIMIT ${pick(['5', '1', '30', '0', 'ALL'])} ${pick(['', '', 'OFFSET 3'])}`;
  const having = pick(['', '', 'HAVING count(*) > 40', 'HAVING max(b) > 19900']);
  const calls = `count(*), max(b), round(avg(a)::numeric, 6)`;
  const from = `FROM $TABLE ${condition()}`;
  const bucket = pick(BUCKETS);
  if (random() < 0.3) {
    return `SELECT ${bucket} AS t, host, ${calls} ${from} GROUP BY 1, 2 ${having} ORDER BY t ${direction}, 2 ${limit}`;
  }
  return `SELECT ${calls}, ${bucket} AS t ${from} GROUP BY t ${having} ORDER BY t ${direction} ${limit}`;
}

function lateralQuery(): string {
  const keys = pick(['x.host = o.host', 'o.host = x.host AND x.rack = o.rack', 'x.f = o.n']);
  const bound = pick([
    '',
    '',
    "AND x.time < '2024-03-01 05:00'",
    "AND x.time >= '2024-03-01 09:30'",
  ]);
  const outputs = pick(['x.*', 'x.a, x.b + o.n AS b, x.time', 'x.b * 2 AS b, x.time, x.host']);
  const order = pick(['x.time DESC', 'x.time', 'time DESC']);
  const inner = `SELECT ${outputs} FROM $TABLE x WHERE ${keys} ${bound} ORDER BY ${order} LIMIT 1`;
  const join = pick(['JOIN', 'LEFT JOIN']);
  const on = pick(['true', 'true', 'l.b > o.n', 'o.n = 1']);
  const where = pick(['', "WHERE o.host <> 'host_3'", 'WHERE l.time IS NULL']);
  return `SELECT o.host, o.rack, o.n, l.b, l.time FROM outers o ${join} LATERAL (${inner}) l ON ${on} ${where}`;
}

const sorted = (rows: (string | null)[][]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

const NEWEST =
  "SELECT time_bucket('1 minute', time) AS t, max(a) FROM hyper GROUP BY t ORDER BY t DESC LIMIT 5";

describe('aggregates by summaries', () => {
  it('are used', async () => {
    const plan = await run(
      "EXPLAIN ANALYZE SELECT time_bucket('1 hour', time), host, avg(a), max(b) FROM hyper GROUP BY 1, 2",
    );
    expect(plan.join('\n')).toMatch(/Rows Summarized: \d{4,} in \d+/);
  });

  it('are used for sums and counts of columns with NULLs', async () => {
    const summarized = async (calls: string): Promise<boolean> => {
      const plan = await run(`EXPLAIN ANALYZE SELECT host, ${calls} FROM hyper GROUP BY host`);
      return plan.join('\n').includes('Rows Summarized');
    };
    expect(await summarized('avg(h), count(k), sum(k), count(*), sum(b)')).toBe(true);
    expect(await summarized('sum(k + b)')).toBe(false);
    expect(await summarized('avg(k), sum(k * 2)')).toBe(false);
  });

  it('are used for extremes of columns with NULLs where there are sketches', async () => {
    const plan = await run('EXPLAIN ANALYZE SELECT host, max(h), min(k) FROM hyper GROUP BY host');
    expect(plan.join('\n')).toContain('Rows from Sketches');
  });

  it('are used for sums of multiples of columns, unless arithmetic may leave its range', async () => {
    const summarized = async (calls: string): Promise<boolean> => {
      const plan = await run(`EXPLAIN ANALYZE SELECT ${calls} FROM hyper WHERE f <> 2`);
      const all = await run(`EXPLAIN ANALYZE SELECT ${calls} FROM hyper`);
      expect(plan.join('\n')).not.toContain('Rows Summarized');
      return all.join('\n').includes('Rows Summarized');
    };
    expect(await summarized('sum(b + f), avg(2 * b - 1)')).toBe(true);
    expect(await summarized('sum(a * 0.5::float8 + b), min(-f)')).toBe(true);
    expect(await summarized('sum(b + 2147460000)')).toBe(false);
    expect(await summarized('min(b + f)')).toBe(false);
    expect(await summarized('sum(b * f)')).toBe(false);
    expect(await summarized('sum(a / 8)')).toBe(false);
    for (const table of ['plain', 'hyper']) {
      const outcome = await session.run(`SELECT sum(b + 2147470000) FROM ${table}`);
      expect(outcome.kind === 'error' && outcome.code).toBe('22003');
    }
  });

  it('read only the newest rows where no others matter', async () => {
    const sql = 'SELECT DISTINCT ON (host) host, time, a FROM hyper ORDER BY host, time DESC';
    const plan = (await run(`EXPLAIN ANALYZE ${sql}`)).join('\n');
    expect(plan).toContain('Rows: newest of each host');
    expect(Number(/Rows Scanned: (\d+)/.exec(plan)?.[1])).toBeLessThan(9000);
  });

  it(`of the latest rows equal those over all (SEED=${SEED})`, { timeout: TIMEOUT }, async () => {
    for (let i = 0; i < QUERIES; i++) {
      const text = latestQuery();
      const expected = sorted(await run(query('plain', () => text)));
      expect(sorted(await run(query('hyper', () => text))), text).toEqual(expected);
    }
  });

  it(
    `of the last row for each outer one equal those over all (SEED=${SEED})`,
    { timeout: TIMEOUT },
    async () => {
      const last =
        'SELECT o.n, l.* FROM outers o JOIN LATERAL (SELECT * FROM hyper x WHERE x.host = o.host ORDER BY time DESC LIMIT 1) l ON true';
      expect((await run(`EXPLAIN ${last}`)).join('\n')).toContain('Rows: newest of each host');
      const few = (await run(`EXPLAIN ${last} WHERE o.n = 1`)).join('\n');
      expect(few).toContain('Nested Loop');
      const plain = last.replace('hyper x', 'plain x');
      for (const order of ['time DESC', 'a + b']) {
        const plan = await run(`EXPLAIN ${plain.replace('time DESC', order)}`);
        expect(plan.join('\n')).toContain('Nested Loop');
      }
      for (let i = 0; i < QUERIES; i++) {
        const text = lateralQuery();
        const expected = sorted(await run(query('plain', () => text)));
        expect(sorted(await run(query('hyper', () => text))), text).toEqual(expected);
      }
    },
  );

  it(
    `of the newest buckets equal those over all (SEED=${SEED})`,
    { timeout: TIMEOUT },
    async () => {
      const plan = (await run(`EXPLAIN ${NEWEST}`)).join('\n');
      expect(plan).toContain('Bucket Window');
      for (let i = 0; i < QUERIES; i++) {
        const text = newestBuckets();
        const expected = await run(query('plain', () => text));
        expect(await run(query('hyper', () => text)), text).toEqual(expected);
      }
    },
  );

  it(`equal those over rows (SEED=${SEED})`, { timeout: TIMEOUT }, async () => {
    for (let i = 0; i < QUERIES; i++) {
      const text = randomQuery();
      const expected = sorted(await run(query('plain', () => text)));
      const found = sorted(await run(query('hyper', () => text)));
      expect(found, text).toEqual(expected);
    }
  });
});
