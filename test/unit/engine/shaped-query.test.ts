/**
 * Queries on the plan of their shape answer as they do when they are planned for themselves: a comment in
 * front keeps a statement from having a shape.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession, type Outcome } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;

beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await session.run("SET timezone = 'UTC'");
  await session.run(
    "CREATE TABLE h (time timestamptz NOT NULL, host text, v float8, n int) WITH (tsdb.hypertable, tsdb.partition_column = 'time')",
  );
  await session.run(
    "INSERT INTO h SELECT '2024-01-01'::timestamptz + g * interval '1 minute', 'host_' || g % 5, g / 4.0, g FROM generate_series(0, 2000) g",
  );
  await session.run(
    'CREATE TABLE t (id int PRIMARY KEY, name varchar(10), price numeric(8,2), born date)',
  );
  await session.run(
    "INSERT INTO t SELECT g, 'n' || g, g / 3.0, date '2000-01-01' + g FROM generate_series(1, 100) g",
  );
});

afterAll(async () => {
  await session.close();
  await engine.close();
});

/** What the client sees, without the place of an error, which the comment moves. */
function seen(outcome: Outcome): unknown {
  return outcome.kind === 'error' ? [outcome.code, outcome.message] : outcome.result;
}

/** Each template with several literals in turn. */
const TEMPLATES: readonly (readonly [string, readonly (readonly (string | number)[])[]])[] = [
  ['SELECT ?', [['1'], ['2'], ["'a'"], ["'b'"], ['3000000000'], ['1.5'], ['2.50']]],
  [
    'SELECT id, name FROM t WHERE id = ?',
    [[1], [2], [3], [200], ['3000000000'], ['2.0'], ["'4'"], ["'x'"]],
  ],
  [
    'SELECT name FROM t WHERE id IN (?, ?) ORDER BY id',
    [
      [1, 2],
      [3, 4],
      [5, 5],
      [7, 8],
      [9, 9],
    ],
  ],
  [
    'SELECT * FROM t WHERE id < ? ORDER BY ? DESC LIMIT ?',
    [
      [9, 1, 3],
      [8, 2, 2],
      [9, 3, 0],
      [7, 1, 4],
      [5, 9, 1],
    ],
  ],
  // LIMIT 1 gets a plan of its own, which must serve no other LIMIT.
  [
    'SELECT id FROM t WHERE id > ? ORDER BY id LIMIT ? OFFSET ?',
    [
      [1, 5, 2],
      [1, 6, 2],
      [3, 1, 3],
      [3, 4, 3],
      [2, 1, 2],
      [2, 7, 2],
      [1, 1, 1],
    ],
  ],
  // After LIMIT 1, a literal that equals another LIMIT has its parameter.
  [
    'SELECT id + ? FROM t ORDER BY id LIMIT ?',
    [
      [4, 1],
      [5, 1],
      [5, 5],
      [2, 5],
      [5, 2],
    ],
  ],
  [
    'SELECT id % ? AS r, count(*) FROM t GROUP BY id % ? ORDER BY 1',
    [
      [3, 3],
      [4, 4],
      [5, 5],
      [3, 4],
      [6, 6],
    ],
  ],
  [
    'SELECT date_trunc(?, born), count(*) FROM t GROUP BY 1 ORDER BY 1',
    [["'month'"], ["'year'"], ["'week'"], ["'x'"]],
  ],
  [
    'SELECT time_bucket(?, time) AS b, max(v) FROM h WHERE host = ? AND time >= ? AND time < ? GROUP BY b ORDER BY b',
    [
      ["'1 hour'", "'host_1'", "'2024-01-01 03:00+00'", "'2024-01-01 09:00+00'"],
      ["'2 hours'", "'host_2'", "'2024-01-01 04:00+00'", "'2024-01-01 07:30+00'"],
      ["'30 minutes'", "'none'", "'2024-01-01 04:00+00'", "'2024-01-01 05:00+00'"],
      ["'30 minutes'", "'host_3'", "'2024-01-01 24:00+00'", "'2024-13-01'"],
      ["'1 month'", "'host_3'", "'infinity'", "'2024-02-01'"],
      ["'0 hours'", "'host_3'", "'2023-01-01'", "'2024-02-01'"],
    ],
  ],
  [
    'SELECT count(*) FROM h WHERE v > ? AND n > ?',
    [
      ['90.0', 5],
      ['100.5', 7],
      ['100.5', 2147483647],
      ['1e3', 8],
      ['.5', 9],
    ],
  ],
  [
    'SELECT price + ?, price * ? FROM t WHERE price > ? ORDER BY id LIMIT 2',
    [
      [1, '1.5', 3],
      [2, '2.25', 4],
      [1, '1.50', 9],
      [3, '0.001', 1],
    ],
  ],
  [
    'SELECT id, n FROM t, LATERAL (SELECT n FROM h WHERE h.n = t.id AND v < ? ORDER BY time DESC LIMIT ?) l WHERE id < ? ORDER BY id, n',
    [
      [100, 1, 9],
      [50, 1, 80],
      [50, 2, 80],
      [3, 1, 90],
      [1, 3, 1],
      [1, 1, 1],
      [60, 2, 7],
    ],
  ],
  [
    'SELECT name FROM t WHERE id > ? ORDER BY id LIMIT ? OFFSET ?',
    [
      [3, 2, 1],
      [4, 1, 1],
      [1, 1, 1],
      [2, 3, 1],
      [5, 1, 0],
      [1, 5, 2],
    ],
  ],
  [
    'SELECT ? || name FROM t WHERE name LIKE ? ORDER BY id LIMIT 3',
    [
      ["'x'", "'n1%'"],
      ["'y'", "'n2%'"],
      ["'it''s'", "'%5'"],
      ["''", "''"],
    ],
  ],
  [
    'SELECT ?::date + ?, ?::interval, ?::varchar(2), ?::text[]',
    [
      ["'2024-02-28'", 1, "'1 day'", "'abc'", "'{a,b}'"],
      ["'2024-02-29'", 2, "'2 days'", "'d'", "'{}'"],
      ["'2024-02-30'", 2, "'2 days'", "'d'", "'{}'"],
      ["'2023-02-28'", 2, "'x'", "'d'", "'{}'"],
    ],
  ],
  [
    'SELECT 1 / ? FROM t WHERE id = ?',
    [
      [1, 1],
      [2, 1],
      [0, 1],
      [0, 999],
      [3, 2],
    ],
  ],
  [
    'SELECT CASE WHEN id > ? THEN 1 / ? ELSE 0 END FROM t WHERE id < 4 ORDER BY id',
    [
      [1, 1],
      [2, 1],
      [9, 0],
      [1, 0],
    ],
  ],
  [
    'SELECT (SELECT max(id) FROM t WHERE id < ?), ARRAY[?, ?]',
    [
      [5, 1, 2],
      [6, 1, 1],
      [7, 3, 4],
      [8, 5, 6],
    ],
  ],
  [
    'SELECT * FROM generate_series(?, ?) g WHERE g <> ALL (ARRAY[?])',
    [
      [1, 3, 2],
      [2, 5, 3],
      [1, 3, 3],
      [0, 2, 9],
    ],
  ],
  [
    'WITH x AS (SELECT id FROM t WHERE id < ?) SELECT count(*), min(id) + ? FROM x',
    [
      [5, 1],
      [9, 2],
      [5, 5],
      [3, 3],
    ],
  ],
  [
    'SELECT name FROM t WHERE born = ? OR born BETWEEN ? AND ? ORDER BY 1',
    [
      ["'2000-01-05'", "'2000-01-07'", "'2000-01-09'"],
      ["'2000-02-05'", "'2000-02-07'", "'2000-02-07'"],
      ["'2000-01-02'", "'x'", "'2000-01-04'"],
    ],
  ],
  [
    'SELECT ?::json -> ?, ?::jsonb @> ?',
    [
      ['\'{"a":1}\'', "'a'", "'[1,2]'", "'[1]'"],
      ['\'{"b":2}\'', "'b'", "'[1]'", "'[1,2]'"],
      ["'{'", "'b'", "'[1]'", "'[2]'"],
    ],
  ],
  [
    "SELECT 'now'::timestamptz > ?, interval ? > '0'",
    [
      ["'2020-01-01'", "'1 s'"],
      ["'2020-01-02'", "'2 s'"],
      ["'2020-01-02'", "'3 s'"],
    ],
  ],
  [
    'SELECT round(v::numeric, ?), -?, +? FROM h WHERE n = ?',
    [
      [1, 2, 3, 7],
      [0, 3, 4, 9],
      [2, 5, 5, 11],
      [3, 1, 1, 4],
    ],
  ],
  [
    'SELECT ?, ? UNION SELECT ?, ? ORDER BY 1',
    [
      [1, "'a'", 2, "'b'"],
      [3, "'c'", 1, "'d'"],
      [5, "'x'", 5, "'x'"],
      ['1.5', "'a'", 2, "'b'"],
    ],
  ],
  [
    'SELECT to_char(time, ?) FROM h WHERE time = ? AND host IN (?, ?, ?)',
    [
      ["'YYYY'", "'2024-01-01 00:01+00'", "'host_1'", "'a'", "'b'"],
      ["'HH24:MI'", "'2024-01-01 00:02+00'", "'host_2'", "'host_2'", "'b'"],
      ["'HH24'", "'2024-01-01 00:03+00'", "'host_3'", "'c'", "'d'"],
    ],
  ],
];

describe('queries of one shape', () => {
  it.each(TEMPLATES)('%s', async (template, rows) => {
    for (const literals of [...rows, ...rows.toReversed()]) {
      let at = 0;
      const sql = template.replaceAll('?', () => String(literals[at++]));
      expect(seen(await session.run(sql)), sql).toEqual(seen(await session.run(`/**/ ${sql}`)));
    }
  });

  it('see changes of the catalog and of settings', async () => {
    const ask = (id: number): Promise<Outcome> =>
      session.run(`SELECT w, time '10:00' + interval '${id} h' FROM c WHERE id = ${id}`);
    await session.run('CREATE TABLE c (id int, w text)');
    await session.run("INSERT INTO c VALUES (1, 'one'), (2, 'two'), (3, 'three')");
    for (const id of [1, 2, 3]) expect(await ask(id)).toMatchObject({ kind: 'result' });
    await session.run('ALTER TABLE c ALTER w TYPE varchar(3)  USING left(w, 3)');
    expect(await ask(3)).toMatchObject({ result: { rows: [['thr', '13:00:00']] } });
    await session.run('DROP TABLE c');
    expect(await ask(1)).toMatchObject({ kind: 'error', code: '42P01' });
    const zoned = (day: number): Promise<Outcome> =>
      session.run(
        `SELECT count(*) FROM h WHERE time >= '2024-01-0${day} 00:00' AND time < '2024-01-01 01:00+00'`,
      );
    for (const day of [1, 2, 1]) await zoned(day);
    expect(await zoned(1)).toMatchObject({ result: { rows: [['60']] } });
    await session.run("SET timezone = 'Etc/GMT+1'");
    expect(await zoned(1)).toMatchObject({ result: { rows: [['0']] } });
    await session.run("SET timezone = 'UTC'");
  });
});
