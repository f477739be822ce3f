/** Sorts, joins and different values in memory of more rows than one array of strings holds, against PostgreSQL (PGlite). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/engine.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';
import { TextSession } from '../support/text-session.ts';

const ROWS = 300_000;
const FILL = `CREATE TABLE many AS SELECT i, nullif('text ' || (i::int8 * 7919) % 290011, 'text 5') AS t,
  (i * 7) % 1000 / 8.0 AS n, i % 1000 AS k FROM generate_series(1, ${ROWS}) i`;

/** Rows of the ends and the middle, and what all of them add up to in their order. */
const sorted = (order: string): string =>
  `SELECT r, i, t, n FROM (SELECT *, row_number() OVER () AS r FROM (SELECT * FROM many ORDER BY ${order}) s) o
   WHERE r < 5 OR r % 60000 = 0 OR r > ${ROWS - 4} ORDER BY r`;
const joined = (join: string): string =>
  `SELECT count(*), sum(x.i), sum(y.i), count(x.t), count(y.t), min(y.n), max(x.n)
   FROM many x ${join} (SELECT * FROM many WHERE i > 20) y`;

const QUERIES = [
  sorted('t, i'),
  sorted('t DESC NULLS LAST, n, i'),
  sorted('n DESC, t NULLS FIRST, i'),
  sorted("k, 'a' || t, i"),
  joined('JOIN') + ' USING (t)',
  joined('LEFT JOIN') + ' ON x.t = y.t AND x.k < 500',
  joined('FULL JOIN') + ' USING (i, t)',
  joined('RIGHT JOIN') + ' ON x.t = y.t AND x.n <> y.n',
  'SELECT count(*), sum(i) FROM many x WHERE NOT EXISTS (SELECT FROM many y WHERE y.t = x.t AND y.i > x.i)',
  'SELECT count(*) FROM many WHERE t NOT IN (SELECT t FROM many WHERE i > 100000 AND t IS NOT NULL)',
  'SELECT count(*), sum(x.i + y.i) FROM generate_series(1, 3) z JOIN many x ON x.i < z JOIN many y ON y.i < 100 * z AND y.i > x.i',
];

/** Different values of columns with and without NULLs, of integers that no double holds, and by group. */
const WIDE =
  'CASE WHEN i % 3 = 0 THEN i::int8 ELSE i::int8 * 30744573456182 - 4611686018427387904 END';
const DISTINCT = [
  'SELECT count(DISTINCT i), count(DISTINCT t), count(DISTINCT n), count(*) FROM many',
  `SELECT count(DISTINCT ${WIDE}), count(DISTINCT i / 4), count(DISTINCT -i) FROM many`,
  'SELECT i % 7 AS g, count(DISTINCT i / 2), count(DISTINCT t), sum(i) FROM many GROUP BY 1 ORDER BY 1',
  `SELECT i % 5 AS g, count(DISTINCT ${WIDE}), count(DISTINCT n::float4) FROM many GROUP BY 1 ORDER BY 1`,
  'SELECT k, count(DISTINCT i), count(DISTINCT t) FROM many GROUP BY k ORDER BY 2 DESC, 3, k LIMIT 30',
  'SELECT count(DISTINCT i) FILTER (WHERE i % 2 = 0), count(DISTINCT nullif(i, 7)) FROM many WHERE i > 9',
  // None at first, then one of each, then all again.
  'SELECT count(DISTINCT x) FROM (SELECT 1 AS x FROM many UNION ALL SELECT i FROM many UNION ALL SELECT i FROM many) u',
  'SELECT i / 3 AS g, count(DISTINCT t) AS c FROM many GROUP BY 1 ORDER BY c DESC, g LIMIT 20',
];

test('different values of many rows', { timeout: 300_000 }, async () => {
  const path = mkdtempSync(join(tmpdir(), 'varve-many-'));
  const shared = { env: createNodeEnv({ logLevel: 'error' }), systemSqlPath: systemSqlPath() };
  const inMemory = await openEngine({ ...shared, path: undefined });
  const onDisk = await openEngine({ ...shared, path });
  const oracle = await PgliteOracle.open();
  const sides = [await TextSession.open(inMemory), await TextSession.open(onDisk)];
  for (const side of [...sides, oracle]) expect((await side.run(FILL)).kind).toBe('result');
  for (const query of DISTINCT) {
    const expected = await oracle.run(query);
    if (expected.kind !== 'result') expect.fail(query);
    for (const memory of ['1GB', '4MB']) {
      for (const side of sides) {
        await side.run(`SET work_mem = '${memory}'`);
        const outcome = await side.run(query);
        if (outcome.kind !== 'result') expect.fail(query);
        expect(outcome.result.rows, `${query} in ${memory}`).toEqual(expected.result.rows);
      }
    }
  }
  for (const side of sides) await side.session.close();
  await inMemory.close();
  await onDisk.close();
  await oracle.close();
  rmSync(path, { recursive: true });
});

test('queries of many rows', { timeout: 300_000 }, async () => {
  const engine = await openEngine({
    env: createNodeEnv({ logLevel: 'error' }),
    path: undefined,
    systemSqlPath: systemSqlPath(),
  });
  const oracle = await PgliteOracle.open();
  const session = await TextSession.open(engine);
  for (const side of [session, oracle]) {
    expect((await side.run(FILL)).kind).toBe('result');
    expect((await side.run("SET work_mem = '1GB'")).kind).toBe('result');
  }
  for (const query of QUERIES) {
    const expected = await oracle.run(query);
    const outcome = await session.run(query);
    if (outcome.kind !== 'result' || expected.kind !== 'result') expect.fail(query);
    expect(outcome.result.rows, query).toEqual(expected.result.rows);
  }
  await session.session.close();
  await engine.close();
  await oracle.close();
});
