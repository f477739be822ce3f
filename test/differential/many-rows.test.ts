/** Sorts and joins in memory of more rows than one array of strings holds, against PostgreSQL (PGlite). */
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
