/** Statements over a hypertable whose columns are of all kinds: numbers, decimals, texts that repeat and do not. */
import { after, statement, type LatencyCase } from './latency-case.ts';

const MIGRATION = 'migration of 1M rows into a hypertable';
const COPIED = 'INSERT ... SELECT of 1M from a hypertable';
const COUNTED = 'INSERT of 300k with ON CONFLICT';
const COLUMNS = 'time timestamptz NOT NULL, host int, tag text, price numeric, name text';

export function mixedCases(rows: (full: number) => number): LatencyCase[] {
  const million = rows(1_000_000);
  return [
    statement(
      MIGRATION,
      "SELECT create_hypertable('mixed', by_range('time'), migrate_data => true)",
      `CREATE TABLE mixed (${COLUMNS});
       INSERT INTO mixed SELECT timestamptz '2026-01-01' + g * interval '1 second', g % 500, 'tag ' || g % 1000, g * 0.5,
         'text ' || g FROM generate_series(1, ${million}) g`,
    ),
    ...after(MIGRATION, [
      statement(
        COPIED,
        'INSERT INTO mixed_copy SELECT * FROM mixed',
        `CREATE TABLE mixed_copy (${COLUMNS}) WITH (tsdb.hypertable, tsdb.partition_column = 'time')`,
      ),
    ]),
    ...after(COPIED, [...groupCases(rows), ...rowCases(rows)]),
    ...countedCases(rows),
  ];
}

function groupCases(rows: (full: number) => number): LatencyCase[] {
  return [
    statement(
      'array_agg by group, sent',
      'SELECT host, array_agg(price::float8 ORDER BY time) FROM mixed_copy GROUP BY host',
    ),
    statement(
      'string_agg by group, sent',
      "SELECT host, string_agg(name, ',' ORDER BY time DESC) FROM mixed_copy GROUP BY host",
    ),
    statement('sums of numerics', 'SELECT tag, sum(price / 7) FROM mixed_copy GROUP BY tag'),
    statement('count(DISTINCT) of md5', 'SELECT count(DISTINCT md5(name)) FROM mixed_copy'),
    statement(
      'EXCEPT of 1M texts',
      'SELECT count(*) FROM (SELECT name FROM mixed_copy EXCEPT SELECT name FROM mixed_copy WHERE host < 250) t',
    ),
    statement(
      'NOT IN with 300k numbers',
      `SELECT count(*) FROM mixed_copy WHERE host NOT IN (SELECT g FROM generate_series(1, ${rows(300_000)}) g)`,
    ),
    statement(
      'EXISTS over 1M texts',
      'SELECT count(*) FROM mixed_copy a WHERE EXISTS (SELECT 1 FROM mixed_copy b WHERE b.name = a.name AND b.price > 100)',
    ),
    statement(
      'texts split into 2M rows',
      "SELECT count(*) FROM mixed_copy, LATERAL regexp_split_to_table(name, ' ') s",
    ),
    statement('unnest of 1M', 'SELECT count(*) FROM unnest(ARRAY(SELECT name FROM mixed_copy)) u'),
  ];
}

function rowCases(rows: (full: number) => number): LatencyCase[] {
  const conditions = Array.from({ length: rows(2000) }, (_, i) => `host = ${i}`).join(' OR ');
  const values = Array.from({ length: rows(50_000) }, (_, i) => `(${i}, 'x${i}')`).join(',');
  return [
    statement('2000 terms of OR', `SELECT count(*) FROM mixed_copy WHERE ${conditions}`),
    statement('VALUES of 50k rows', `SELECT count(*) FROM (VALUES ${values}) t`),
    statement(
      'ORDER BY with a far OFFSET',
      `SELECT * FROM mixed_copy ORDER BY price DESC, name LIMIT 100 OFFSET ${rows(200_000)}`,
    ),
    statement('1M rows as records', 'SELECT mixed_copy FROM mixed_copy'),
    statement(
      'UPDATE of the texts of 200k rows',
      "UPDATE mixed_copy SET name = name || '!' WHERE host < 100",
    ),
  ];
}

/** Changes of an ordinary table with a key. */
function countedCases(rows: (full: number) => number): LatencyCase[] {
  return [
    statement(
      COUNTED,
      `INSERT INTO counted SELECT g, 1 FROM generate_series(1, ${rows(300_000)}) g
         ON CONFLICT (id) DO UPDATE SET n = counted.n + 1`,
      `CREATE TABLE counted (id int PRIMARY KEY, n int);
       INSERT INTO counted SELECT g, 1 FROM generate_series(1, ${rows(200_000)}) g`,
    ),
    ...after(COUNTED, [
      statement(
        'another type for a column',
        "ALTER TABLE counted ALTER COLUMN n TYPE text USING 'n' || n",
      ),
      statement('a unique constraint on 300k', 'ALTER TABLE counted ADD UNIQUE (n, id)'),
    ]),
  ];
}
