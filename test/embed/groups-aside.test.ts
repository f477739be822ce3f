/**
 * Aggregates whose rows are put aside, against the same ones with a FILTER that lets all rows through: these look
 * each row's group up.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { TextSession } from '../support/text-session.ts';
import { TIMES } from '../support/rounds.ts';
import { expectSame } from '../support/expect-same.ts';

const ROWS = 30_000;
/** Groups come in no order, many of them again; NULLs come late. */
const FILL = `CREATE TABLE rows AS SELECT i, (i::int8 * 7919 % 20011)::int AS a,
  (i::int8 * 7919 % 20011) * 400000000000003 - 4011686018427387904 AS wide,
  CASE WHEN i < 24000 OR i % 3 > 0 THEN (i::int8 * 7919 % 20011)::int END AS late,
  'text ' || i % 19001 AS t, i % 7 = 0 AS b, (i % 18013) / 8.0 AS n, i % 977 / 4.0::float8 AS f,
  timestamp '2020-01-01' + i % 19009 * interval '1.5 seconds' AS ts,
  CASE WHEN i % 1000 = 0 THEN 'infinity' ELSE date '2020-01-01' + i % 3000 END AS d,
  (i % 511 - 255)::int2 AS small, i * 7919 % 1000003 - 500000 AS x,
  CASE WHEN i < 26000 OR i % 4 > 0 THEN i % 100 END AS y,
  CASE WHEN i % 5 > 0 THEN i::int8 * i * 8000000000 - 4611686018427387904 END AS z
  FROM generate_series(1, ${ROWS}) i`;

const KEYS = [
  'a',
  'wide',
  'late',
  'ts',
  't, a % 5',
  'a, b',
  'wide, t',
  'a, d, small % 3',
  'n, i % 3',
  'f, x',
  'late, t, ts, b',
];
const CALLS = [
  ['count(*)'],
  ['count(*)', 'sum(small)', 'avg(x)', 'count(x)'],
  ['min(small)', 'max(x)', 'min(x + 1)', 'max(d)', 'min(d)'],
  ['count(y)', 'sum(y)', 'avg(y)', 'min(y)', 'max(y)'],
  ['sum(z)', 'avg(z)', 'min(z)', 'max(z)', 'count(z)', 'sum(wide)'],
  ['min(ts)', 'max(ts)', 'sum(x * 2)', 'max(y)', 'sum(i)'],
  [],
];

const sets = (keys: string, calls: readonly string[]): string =>
  `SELECT ${[keys, ...calls].join(', ')} FROM rows GROUP BY ${keys} ORDER BY ${keys}`;
const looked = (calls: readonly string[]): string[] =>
  calls.map((call) => `${call} FILTER (WHERE i > 0)`);

let path: string;
let engines: Engine[];
let sessions: TextSession[];

beforeAll(async () => {
  path = mkdtempSync(join(tmpdir(), 'varve-aside-'));
  const shared = { env: createNodeEnv({ logLevel: 'error' }), systemSqlPath: systemSqlPath() };
  engines = [
    await openEngine({ ...shared, path: undefined }),
    await openEngine({ ...shared, path }),
  ];
  sessions = await Promise.all(engines.map((engine) => TextSession.open(engine)));
  for (const session of sessions) expect((await session.run(FILL)).kind).toBe('result');
}, 120_000);

afterAll(async () => {
  for (const session of sessions) await session.close();
  for (const engine of engines) await engine.close();
  rmSync(path, { recursive: true, force: true });
});

async function rowsOf(session: TextSession, sql: string): Promise<string[]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw new Error(`${sql}: ${outcome.message}`);
  return outcome.result.rows.map((row) => row.join('|'));
}

it('give what those give that look groups up', { timeout: 300_000 }, async () => {
  const [session] = sessions;
  for (const [i, keys] of KEYS.entries()) {
    if (TIMES === 1 && i % 3 !== 0) continue;
    const calls = CALLS[i % CALLS.length]!;
    const expected = await rowsOf(session!, sets(keys, looked(calls)));
    expectSame(await rowsOf(session!, sets(keys, calls)), expected, `${keys}: ${calls.join()}`);
  }
});

it('give the same where memory is too small for all of them', { timeout: 300_000 }, async () => {
  const [unbounded, session] = sessions;
  // What there is room for at first is taken back, then the rest goes to disk.
  const grouped = (calls: readonly string[]): string => {
    const names = calls.map((call, i) => `${call} AS c${i}`);
    const from = 'rows, generate_series(1, 8) s';
    const results = calls.map((_, i) => `count(c${i}), sum(c${i} % 1009), sum(c${i} * (k % 7))`);
    return `SELECT count(*), ${results.join(', ')} FROM (SELECT s::int8 * i AS k, t, late,
      ${names.join(', ')} FROM ${from} GROUP BY 1, 2, 3) g`;
  };
  const lists = [
    ['sum(z)', 'max(y)', 'count(y)'],
    ['count(*)', 'sum(small)', 'min(x)'],
  ];
  for (const calls of lists.slice(0, TIMES)) {
    const expected = await rowsOf(unbounded!, grouped(looked(calls)));
    for (const memory of ['12MB', '20MB'].slice(0, TIMES)) {
      await session!.run(`SET work_mem = '${memory}'`);
      expect(await rowsOf(session!, grouped(calls)), memory).toEqual(expected);
    }
  }
});

it('give the same where a few groups have most of the rows', { timeout: 300_000 }, async () => {
  const [session] = sessions;
  const from = `(SELECT g AS k, g AS i FROM generate_series(1, 20000) g
    UNION ALL SELECT 5 + g % 3 * 9999, g FROM generate_series(1, 200000) g) u`;
  const calls = ['count(*)', 'sum(i)', 'avg(i)', 'min(i)', 'max(i)'];
  const all = (some: readonly string[]): string =>
    `SELECT k, ${some.join(', ')} FROM ${from} GROUP BY k ORDER BY k`;
  expectSame(await rowsOf(session!, all(calls)), await rowsOf(session!, all(looked(calls))));
});

it(
  'give the groups of several sets, and of a scan of a hypertable',
  { timeout: 300_000 },
  async () => {
    const [session] = sessions;
    const cube = (calls: readonly string[]): string =>
      `SELECT a, t, grouping(a, t), ${calls.join(', ')} FROM rows
     GROUP BY GROUPING SETS ((a, t), (a), (t), ()) ORDER BY 1, 2, 3`;
    const calls = CALLS[3]!;
    expectSame(await rowsOf(session!, cube(calls)), await rowsOf(session!, cube(looked(calls))));
    await session!.run('CREATE TABLE hyper AS SELECT * FROM rows WHERE false');
    await session!.run('ALTER TABLE hyper ALTER ts SET NOT NULL');
    await session!.run("SELECT create_hypertable('hyper', 'ts')");
    await session!.run('INSERT INTO hyper SELECT * FROM rows');
    await session!.run('VACUUM FULL hyper');
    const cases = [
      ['wide, t', CALLS[1]!],
      ['a', CALLS[4]!],
      ['late, x', CALLS[3]!],
    ] as const;
    for (const [keys, some] of cases.slice(0, TIMES)) {
      const all = sets(keys, some).replace('rows', 'hyper');
      const other = sets(keys, looked(some)).replace('rows', 'hyper');
      expectSame(await rowsOf(session!, all), await rowsOf(session!, other), keys);
    }
  },
);
