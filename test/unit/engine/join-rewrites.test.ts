/**
 * Rows joined with what is known of their series: aggregated by series before the join, and LATERAL subqueries
 * as joins. OFFSET 0 keeps a subquery as it is written, so the same question is asked of the plain plan, too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { randomSource } from '../exec/support.ts';
import { TextSession } from '../../support/text-session.ts';
import { printedSeed } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';

let engine: Engine;
let session: TextSession;

beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await session.run("SET timezone = 'UTC'");
  await session.run('CREATE TABLE r (time timestamptz NOT NULL, dev int, v float8, w real, n int)');
  await session.run("SELECT create_hypertable('r', 'time')");
  await session.run('CREATE INDEX ON r (dev, time DESC)');
  // Quarters: their sums are exact in any order.
  await session.run(
    `INSERT INTO r SELECT '2024-01-01'::timestamptz + g * interval '1 minute',
       CASE WHEN g % 97 = 0 THEN NULL ELSE g % 331 END, CASE WHEN g % 11 > 0 THEN g % 100 / 4.0 END,
       g % 8 / 2.0, CASE WHEN g % 331 > 300 THEN NULL ELSE g % 13 END FROM generate_series(0, 15999) g`,
  );
  await session.run('CREATE TABLE t (id int, fleet text, model text, weight float8, size int)');
  // Some ids twice, some never.
  await session.run(
    `INSERT INTO t SELECT g % 300 + 20, CASE WHEN g % 17 > 0 THEN 'f' || g % 5 END, 'm' || g % 3,
       CASE WHEN g % 7 > 0 THEN g % 9 / 4.0 END, g % 4 FROM generate_series(1, 320) g`,
  );
});

afterAll(async () => {
  await session.close();
  await engine.close();
});

async function rowsOf(sql: string): Promise<string[]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw new Error(`${sql}: ${outcome.message}`);
  return outcome.result.rows.map((row) => JSON.stringify(row)).sort();
}

const count = async (sql: string, what: string): Promise<number> =>
  (await rowsOf(`EXPLAIN ${sql}`)).filter((line) => line.includes(what)).length;

const CALLS = [
  'count(*)',
  'count(r.v)',
  'count(t.weight)',
  'sum(r.v)',
  'sum(r.n)',
  'sum(t.weight)',
  'avg(r.v)',
  'avg(r.w)',
  'avg(t.weight)',
  'min(r.n)',
  'max(r.v)',
  'max(r.time)',
  'min(t.weight)',
  'max(t.model)',
  'sum(r.v * 2)',
];
const GROUPS = ['t.fleet', 't.model', 'r.dev', "time_bucket('1 hour', r.time)", 't.size + 1'];

describe('aggregates before joins', () => {
  it('give what the joined rows give', async () => {
    const seed = printedSeed('join rewrites');
    const random = randomSource(seed);
    const some = <T>(items: readonly T[]): T[] => items.filter(() => random(3) === 0);
    for (let round = 0; round < rounds(10); round++) {
      const groups = some(GROUPS);
      if (groups.length === 0) groups.push('t.fleet');
      const calls = [...some(CALLS), CALLS[random(CALLS.length)]];
      const where = random(2) === 0 ? '' : 'WHERE r.v > 3 AND t.size < 3';
      const query = (detail: string): string =>
        `SELECT ${[...groups, ...calls].join(', ')} FROM t JOIN ${detail} r ON r.dev = t.id ${where} GROUP BY ${groups.join(', ')}`;
      const written = query('(SELECT * FROM r OFFSET 0)');
      expect(await count(query('r'), 'HashAggregate'), `seed ${seed} ${query('r')}`).toBe(2);
      expect(await count(written, 'HashAggregate')).toBe(1);
      expect(await rowsOf(query('r')), `seed ${seed} ${query('r')}`).toEqual(await rowsOf(written));
    }
  });

  it.each([
    'SELECT t.fleet, count(DISTINCT r.n) FROM t JOIN r ON r.dev = t.id GROUP BY 1',
    'SELECT t.fleet, avg(r.n) FROM t JOIN r ON r.dev = t.id GROUP BY 1',
    'SELECT t.fleet, sum(r.v * t.weight) FROM t JOIN r ON r.dev = t.id GROUP BY 1',
    'SELECT t.fleet, count(*) FILTER (WHERE r.v > 1) FROM t JOIN r ON r.dev = t.id GROUP BY 1',
    'SELECT t.fleet, count(*) FROM t JOIN r ON r.dev = t.id AND r.v > t.weight GROUP BY 1',
    'SELECT t.fleet, count(*) FROM t LEFT JOIN r ON r.dev = t.id GROUP BY 1',
    'SELECT t.fleet, r.v, count(*) FROM t JOIN r ON r.dev = t.id GROUP BY 1, 2',
    'SELECT t.fleet, count(*) FROM t JOIN r ON r.n = t.id GROUP BY 1',
    'SELECT count(*) FROM t JOIN r ON r.dev = t.id',
  ])('are left where they are written: %s', async (sql) => {
    expect(await count(sql, 'Aggregate')).toBe(1);
  });
});

describe('LATERAL rows as a join', () => {
  it.each([
    ['JOIN', 'r.dev = t.id'],
    ['JOIN', 'r.dev = t.id AND v > 3'],
    ['JOIN', 'r.dev = t.id AND v > t.weight'],
    ['LEFT JOIN', 'r.dev = t.id AND v > 20'],
    ['LEFT JOIN', 'r.dev = t.id AND n = t.size'],
  ])('%s ... WHERE %s', async (join, where) => {
    const query = (limit: string): string =>
      `SELECT t.*, x.* FROM t ${join} LATERAL (SELECT v * 2 AS y, n FROM r WHERE ${where} ${limit}) x ON x.n < 9`;
    expect(await count(query(''), 'Hash Cond')).toBe(1);
    expect(await count(query('OFFSET 0'), 'Hash Cond')).toBe(0);
    expect(await rowsOf(query(''))).toEqual(await rowsOf(query('OFFSET 0')));
  });

  it.each([
    'SELECT * FROM t, LATERAL (SELECT v FROM r WHERE v > t.weight) x',
    'SELECT * FROM t, LATERAL (SELECT v FROM r WHERE r.dev = t.id LIMIT 2) x',
    'SELECT * FROM t, LATERAL (SELECT v + t.size FROM r WHERE r.dev = t.id) x',
    'SELECT * FROM t, LATERAL (SELECT v + random() FROM r WHERE r.dev = t.id) x',
    'SELECT * FROM (SELECT * FROM t LIMIT 5) t, LATERAL (SELECT v FROM r WHERE r.dev = t.id) x',
  ])('stays as it is: %s', async (sql) => {
    expect(await count(sql, 'Hash')).toBe(0);
  });
});

describe('LATERAL last rows', () => {
  it.each([
    ["fleet = 'f1'", 'JOIN', 'true', ''],
    ["fleet = 'f1'", 'JOIN', 'true', 'WHERE x.v > 3'],
    ["fleet = 'f1'", 'JOIN', 'x.v > t.weight', ''],
    ["fleet = 'f1'", 'LEFT JOIN', 'x.n < 9', ''],
    ["fleet = 'f1' AND size = 1 AND model = 'm2'", 'JOIN', 'true', 'WHERE x.v > 3'],
    ["fleet = 'f1' AND size = 1 AND model = 'm2'", 'LEFT JOIN', 'true', ''],
    ["fleet = 'none'", 'LEFT JOIN', 'true', ''],
  ])('of outer rows with %s, %s ON %s %s', async (outer, join, on, where) => {
    const query = (offset: string): string =>
      `SELECT t.*, x.v + 1, x.n FROM (SELECT * FROM t WHERE ${outer}) t ${join} LATERAL (SELECT v, n FROM r WHERE r.dev = t.id ORDER BY time DESC LIMIT 1 ${offset}) x ON ${on} ${where}`;
    expect(await count(query(''), 'Choice')).toBe(1);
    expect(await count(query('OFFSET 0'), 'Choice')).toBe(0);
    expect(await rowsOf(query(''))).toEqual(await rowsOf(query('OFFSET 0')));
  });

  it('are found anew for each row of a query around', async () => {
    const query = (offset: string): string =>
      `SELECT a.id, (SELECT sum(x.v) FROM t, LATERAL (SELECT v FROM r WHERE r.dev = t.id ORDER BY time DESC LIMIT 1 ${offset}) x WHERE t.size = a.size AND t.fleet = 'f2') FROM t a WHERE a.id < 40`;
    expect(await rowsOf(query(''))).toEqual(await rowsOf(query('OFFSET 0')));
  });
});
