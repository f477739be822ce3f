/**
 * Aggregates over segments against the same ones over a plain table, which come as rows: whatever is computed
 * on lanes must be what it would be for each row, errors included.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { LaneAggregate } from '../../src/exec/aggregation/lane-aggregate.ts';
import { LaneCondition } from '../../src/exec/lanes/lane-condition.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { TextSession } from '../support/text-session.ts';
import { randomSource } from '../unit/exec/support.ts';
import { seedOf } from '../support/seed.ts';

const SEED = seedOf('lane aggregate');
/** Random statements; more of them where somebody looks for mistakes. */
const ROUNDS = Number(process.env['FUZZ'] ?? 60);
const random = randomSource(SEED);

function pick<T>(items: readonly T[]): T {
  return items[random(items.length)]!;
}

/** u has 8 bits, v 16, w 32, x and y may be NULL, s is small and may overflow, z does not fit. */
const COLUMNS = ['u', 'v', 'w', 'x', 'y', 's', 'z', 'u', 'x'] as const;

/** Columns as they are: k has 32 bits, d and e have decimals, and their sums are exact. */
const PLAIN = ['u', 'v', 'w', 'x', 'z', 'k', 'd', 'e'] as const;

function numbers(depth: number): string {
  if (depth === 0 || random(4) === 0) {
    return random(5) === 0 ? `${random(300) - 50}` : pick(COLUMNS);
  }
  const one = (): string => numbers(depth - 1);
  switch (random(9)) {
    case 0:
    case 1:
      return `(${one()} + ${one()})`;
    case 2:
      return `(${one()} - ${one()})`;
    case 3:
      return random(3) > 0
        ? `(${one()} * ${one()})`
        : `(${one()} ${pick(['/', '%'])} ${pick(['7', '(-3)', '(u + 1)', one()])})`;
    case 4:
      return `CASE WHEN ${truth(depth - 1)} THEN ${one()} WHEN ${truth(depth - 1)} THEN ${one()} END`;
    case 5:
      return `CASE WHEN ${truth(depth - 1)} THEN ${one()} ELSE ${one()} END`;
    case 6:
      return `coalesce(${one()}, ${one()})`;
    case 7:
      return `${pick(['greatest', 'least'])}(${one()}, ${one()})`;
    default:
      return random(2) === 0 ? `(- ${one()})` : `nullif(${one()}, ${one()})`;
  }
}

/** Of float8: f and g are whole, g negative, too, and h may be NULL; of the others some steps are not. */
function floats(depth: number): string {
  if (depth === 0 || random(4) === 0) {
    return pick([
      'f',
      'f',
      'g',
      'h',
      'd',
      'u::float8',
      'v::float8',
      `${random(90) - 30}::float8`,
      '2.5::float8',
    ]);
  }
  const one = (): string => floats(depth - 1);
  switch (random(8)) {
    case 0:
    case 1:
      return `(${one()} + ${one()})`;
    case 2:
      return `(${one()} - ${one()})`;
    case 3:
    case 4:
      return `(${one()} * ${one()})`;
    case 5:
      return `CASE WHEN ${truth(depth - 1)} THEN ${one()} ELSE ${one()} END`;
    case 6:
      return `${pick(['coalesce', 'greatest', 'least', 'nullif'])}(${one()}, ${one()})`;
    default:
      return `(- ${one()})`;
  }
}

function truth(depth: number): string {
  if (depth > 0 && random(3) === 0) {
    const one = (): string => truth(depth - 1);
    return pick([`(${one()} AND ${one()})`, `(${one()} OR ${one()})`, `(NOT ${one()})`]);
  }
  const operator = pick(['=', '<>', '<', '<=', '>', '>=']);
  switch (random(10)) {
    case 8:
      return `${floats(1)} ${operator} ${floats(1)}`;
    case 9:
      return `${floats(1)} IN (3, f, -0.5::float8)`;
    case 0:
      return `${pick(['d', 'e'])} ${operator} ${random(200)}.5`;
    case 1:
      return pick(["tag = 'b'", "tag LIKE '%a'", "tag <> 'c'", 'tag IS NULL', 'site > 1']);
    case 2:
      return `${pick([numbers(1), 'd', 'e'])} IS ${pick(['', 'NOT '])}NULL`;
    case 3:
      return `${numbers(1)} ${pick(['', 'NOT '])}IN (${random(50)}, ${random(200)}, u)`;
    case 4:
      return `ts ${operator} timestamptz '2024-01-01' + interval '${random(5000)} seconds'`;
    case 5:
      return `${numbers(1)} ${operator} ${numbers(1)}`;
    default:
      return `${pick(COLUMNS)} ${operator} ${random(300) - 20}`;
  }
}

function aggregate(): string {
  const filter = random(4) === 0 ? ` FILTER (WHERE ${truth(1)})` : '';
  const arg = numbers(2);
  const call = pick([
    'count(*)',
    `count(${arg})`,
    `sum(${arg})`,
    `avg(${arg})`,
    `min(${arg})`,
    `max(${arg})`,
    `stddev(${pick(COLUMNS)})`,
    `var_pop(${numbers(1)})`,
    `count(DISTINCT ${numbers(1)})`,
    `sum(DISTINCT ${pick(COLUMNS)})`,
    `count(DISTINCT tag)`,
    `count(DISTINCT tag || site)`,
    `count(DISTINCT site)`,
    `sum(${pick(PLAIN)})`,
    `avg(${pick(PLAIN)})`,
    `${pick(['min', 'max', 'count', 'count'])}(${pick([...PLAIN, 'ts'])})`,
    `count(DISTINCT ${pick(PLAIN)})`,
    `${pick(['sum', 'sum', 'avg', 'min', 'max', 'count'])}(${floats(2)})`,
    `sum(${floats(1)})`,
    `count(DISTINCT ${floats(1)})`,
    `percentile_cont(0.5) WITHIN GROUP (ORDER BY ${pick(PLAIN)})`,
    `percentile_cont(0.${1 + random(8)}) WITHIN GROUP (ORDER BY ${numbers(1)})`,
    `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${pick(COLUMNS)} DESC)`,
  ]);
  return call + filter;
}

const GROUPS = ['', '', 'tag', 'site', 'tag, site', "time_bucket('20 minutes', ts)", 'upper(tag)'];

describe('aggregates and conditions on lanes', () => {
  let engine: Engine;
  let session: TextSession;
  const added: boolean[] = [];

  beforeAll(async () => {
    const { add } = LaneAggregate.prototype;
    vi.spyOn(LaneAggregate.prototype, 'add').mockImplementation(async function (
      this: LaneAggregate,
      ...args
    ) {
      const done = await add.apply(this, args);
      added.push(done);
      return done;
    });
    engine = await memoryEngine();
    session = await TextSession.open(engine);
    await run(`CREATE TABLE t (ts timestamptz NOT NULL, tag text, site int, u int NOT NULL, v int NOT NULL,
      w int8 NOT NULL, x int, y int2, s int2 NOT NULL, z int8 NOT NULL, k int NOT NULL,
      d float8 NOT NULL, e float8, f float8 NOT NULL, g float8 NOT NULL, h float8)
      WITH (tsdb.hypertable, tsdb.partition_column = 'ts', tsdb.segmentby = 'tag,site')`);
    await run(`INSERT INTO t SELECT timestamptz '2024-01-01' + g * interval '1 second',
      CASE WHEN g % 5 < 4 THEN chr(97 + g % 5) END, g % 3, g * 7919 % 101, g::int8 * 104729 % 40000,
      g * 7919 % 101 * 50000, CASE WHEN g % 7 > 1 THEN g * 31 % 90 END,
      CASE WHEN g % 11 > 0 THEN g * 37 % 50 - 20 END, g % 200, g::int8 * 1000000000, g::int8 * 7919 * 31 % 30000000,
      (g * 17 % 1000) / 4.0, CASE WHEN g % 3 > 0 THEN (g::int8 * 104729 % 500000) / 8.0 END,
      g * 31 % 120, g * 17 % 61 - 30, CASE WHEN g % 6 > 0 THEN g * 13 % 100 END
      FROM generate_series(1, 30000) g`);
    await run('VACUUM FULL t');
    await run(`DELETE FROM t WHERE u = 13 AND v < 2000`);
    // A head beside the segments.
    await run(`INSERT INTO t SELECT timestamptz '2024-01-01' + g * interval '1 second', 'a', g % 3, g % 300, g, g,
      NULL, NULL, 1, g, g, g / 2.0, NULL, g % 7, g % 3 - 1, NULL FROM generate_series(1, 2000) g`);
    await run('CREATE TABLE p AS SELECT * FROM t');
  });
  afterAll(async () => {
    await session.close();
    await engine.close();
    vi.restoreAllMocks();
  });

  async function run(sql: string): Promise<string> {
    const outcome = await session.run(sql);
    if (outcome.kind === 'error') throw outcome.error;
    return JSON.stringify(outcome.result.rows);
  }

  /** Rows, or the error that they stand for. */
  async function answer(select: string, source: string, rest: string): Promise<string> {
    const outcome = await session.run(`SELECT ${select} FROM ${source} ${rest}`);
    return outcome.kind === 'error' ? outcome.code : JSON.stringify(outcome.result.rows);
  }

  async function compare(select: string, rest: string): Promise<void> {
    const rows = await answer(select, 'p', rest);
    const message = `SEED=${SEED} SELECT ${select} FROM t ${rest}`;
    expect(await answer(select, 't', rest), message).toBe(rows);
  }

  it.each([
    ['sum(u * v)', "WHERE u > 40 AND tag = 'b'"],
    ['sum(CASE WHEN u > 40 THEN v ELSE u END), count(*)', 'WHERE u + v > s'],
    ['count(DISTINCT tag), count(DISTINCT u), count(DISTINCT site + 1)', 'WHERE s > 50'],
    ['percentile_cont(0.9) WITHIN GROUP (ORDER BY u), max(v - u)', 'WHERE d > 10'],
    [
      'sum(x + 1), count(x), min(x), avg(y) FILTER (WHERE x > 3), stddev(u), variance(x)',
      'WHERE y <> 4',
    ],
    ['sum(d), avg(e), max(k), min(e), sum(k), count(e), max(ts)', 'WHERE x + y > 10'],
    ['sum(v / (u + 1)), sum((x - 40) % 7), min((y - 3) / (-3))', 'WHERE v % 10 > 2'],
    ['tag, sum(x)', 'WHERE x IS NOT NULL GROUP BY tag ORDER BY tag'],
    ['sum(u), count(*), max(k), min(ts)', 'WHERE y = 4'],
    ['tag, sum(u), count(x)', 'WHERE s IN (30, 77) AND v = v GROUP BY tag ORDER BY tag'],
    [
      'sum(f * h), max(f - g), min(1 - f), avg(CASE WHEN f > 40 THEN h ELSE f END)',
      'WHERE f + h > g',
    ],
  ])('are what they are over rows: %s', async (select, rest) => {
    added.length = 0;
    await compare(select, rest);
    expect(added).toContain(true);
  });

  it('leave groups out that have no rows', async () => {
    await compare('tag, site, count(*)', "WHERE u > 1000 OR tag = 'c' GROUP BY 1, 2 ORDER BY 1, 2");
    await compare('tag, count(*), sum(u)', 'WHERE u > 1000 GROUP BY 1 ORDER BY 1');
    await compare('count(*), sum(u), count(DISTINCT u), max(u)', 'WHERE u > 1000');
  });

  it('raise what rows raise, and only that', async () => {
    added.length = 0;
    await compare('sum(s * s)', '');
    await compare('sum(s * s)', 'WHERE s < 10');
    await compare('sum(CASE WHEN s < 150 THEN s * s END)', '');
    await compare('sum(v / (u - 50))', 'WHERE u > 30');
    await compare('sum(v / (u - 50))', 'WHERE u > 60');
    await compare('sum(u * 2000000000)', 'WHERE u > 1');
    await compare('sum(u * 2000000000)', 'WHERE u <= 1');
    expect(added).not.toContain(true);
  });

  it.each([
    'd < greatest(g, f) AND (55 % x) < (v - 159) AND (x - s) = s AND x > 80',
    '55 % x > 60 AND x - s > 1000',
    "upper(tag) || (55 % x) = 'A1' AND x - s > 1000",
    "length(tag || 'x') > 9 AND 55 % x > 60",
    'x - s > 1000 AND 55 % x > 60',
    '55 % x > 60 AND u > v + 100000',
    '55 % x > 60 AND u + 200 < s',
    '55 % x > 60 AND d > 3 * f AND d < f',
    '55 % x > 60 AND u > 1000',
    '55 % x > 60 AND d < f AND d > f',
    "55 % x > 60 AND ts = timestamptz '2024-01-01' + interval '3179 seconds'",
  ])('raise what conditions on rows raise: %s', async (condition) => {
    const early = await answer('count(*)', `(SELECT * FROM t WHERE ${condition} OFFSET 0) t`, '');
    expect(early).toBe(await answer('count(*)', 'p', `WHERE ${condition}`));
  });

  it(`select the same rows (SEED=${SEED})`, { timeout: 60_000 + ROUNDS * 500 }, async () => {
    const { select } = LaneCondition.prototype;
    let selected = 0;
    vi.spyOn(LaneCondition.prototype, 'select').mockImplementation(function (
      this: LaneCondition,
      ...args
    ) {
      const rows = select.apply(this, args);
      if (rows !== false) selected++;
      return rows;
    });
    const sums = 'count(*), sum(u), sum(v), sum(x), sum(d), min(ts), max(tag), sum(site)';
    for (let i = 0; i < ROUNDS / 2; i++) {
      const where = `WHERE ${truth(2)} AND ${truth(1)} AND ${truth(0)}`;
      const early = await answer(sums, `(SELECT * FROM t ${where} OFFSET 0) t`, '');
      const late = await answer(sums, 'p', where);
      expect(early, `SEED=${SEED} ${where}`).toBe(late);
    }
    expect(selected).toBeGreaterThan(ROUNDS / 4);
  });

  it(`agree on anything (SEED=${SEED})`, { timeout: 60_000 + ROUNDS * 500 }, async () => {
    added.length = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const group = pick(GROUPS);
      const calls = Array.from({ length: 1 + random(3) }, aggregate);
      const where = random(4) === 0 ? '' : `WHERE ${truth(2)}`;
      const select = group === '' ? calls.join(', ') : `${group}, ${calls.join(', ')}`;
      const rest = group === '' ? where : `${where} GROUP BY ${group} ORDER BY ${group}`;
      await compare(select, rest);
    }
    expect(added.filter((done) => done).length).toBeGreaterThan(ROUNDS / 8);
  });
});
