/** Statements that take long. */
import { arrayCases } from './array-cases.ts';
import { statement, type LatencyCase } from './latency-case.ts';
import { documentCases } from './document-cases.ts';
import { longStatementCases } from './long-statement-cases.ts';
import { mixedCases } from './mixed-cases.ts';
import { textCases } from './text-cases.ts';

/** Cases that do too much at a time where nobody could mend it yet; measured at full size only. */
export const WEAK: ReadonlyMap<RegExp, string> = new Map([
  [/^COPY of 4M rows with/, 'a spilled chunk gets its dictionaries in one go'],
]);

/** An aggregate that makes one large value, which stays in the server or goes to the client. */
function largeValue(name: string, call: string, from: string): LatencyCase[] {
  return [
    statement(name, `SELECT count(x) FROM (SELECT ${call} AS x FROM ${from}) t`),
    statement(`${name}, sent`, `SELECT ${call} FROM ${from}`),
  ];
}

/** The cases at a part of their full size. */
export function latencyCases(scale: number): readonly LatencyCase[] {
  const rows = (full: number): number => Math.round(full * scale);
  const millions = (count: number): number => rows(count * 1_000_000);
  return [
    ...loadCases(rows),
    ...aggregateCases(millions),
    ...setCases(millions),
    ...rowCases(rows, millions),
    ...changeCases(rows),
    ...mixedCases(rows),
    ...documentCases(rows),
    ...textCases(rows),
    ...arrayCases(rows),
    ...longStatementCases(rows),
  ];
}

type Scale = (full: number) => number;

/** Makes the tables that the other cases read. */
function loadCases(rows: Scale): LatencyCase[] {
  const tags = Array.from({ length: 8 }, (_, i) => `tag_${i} text`).join(', ');
  const metrics = Array.from({ length: 10 }, (_, i) => `metric_${i} float8`).join(', ');
  const columns = `time timestamptz NOT NULL, ${tags}, ${metrics}`;
  const hypertable = `CREATE TABLE wide (${columns}) WITH (tsdb.hypertable, tsdb.partition_column = 'time')`;
  return [
    {
      name: 'COPY of 1M rows of 19 columns into a hypertable',
      prepare: (client) => client.query(hypertable),
      run: (client) => client.copyIn('COPY wide FROM STDIN', wideRows(rows(1_000_000))),
    },
    {
      name: 'COPY of 300k rows of 19 columns into a table',
      prepare: (client) => client.query(`CREATE TABLE wide_rows (${columns})`),
      run: (client) => client.copyIn('COPY wide_rows FROM STDIN', wideRows(rows(300_000))),
    },
    {
      name: 'COPY of 4M rows with distinct texts into a hypertable',
      prepare: (client) =>
        client.query(
          `CREATE TABLE points (time timestamptz NOT NULL, host text, id int, value float8, name text)
           WITH (tsdb.hypertable, tsdb.partition_column = 'time')`,
        ),
      run: (client) => client.copyIn('COPY points FROM STDIN', pointRows(rows(4_000_000))),
    },
    statement('compaction of 1M rows of 19 columns', 'VACUUM FULL wide'),
    statement('compaction of 4M rows with distinct texts', 'VACUUM FULL points'),
  ];
}

function aggregateCases(millions: Scale): LatencyCase[] {
  const one = `generate_series(1, ${millions(1)}) g`;
  const two = `generate_series(1, ${millions(2)}) g`;
  const count = (sql: string): string => `SELECT count(*) FROM (${sql}) t`;
  return [
    statement(
      'GROUP BY with 2M groups',
      count(`SELECT g, count(*), sum(g) FROM ${two} GROUP BY g`),
    ),
    statement('GROUP BY with 4M texts', count('SELECT name, avg(value) FROM points GROUP BY name')),
    ...largeValue('array_agg of 2M', 'array_agg(g)', two),
    ...largeValue('array_agg of 4M texts', 'array_agg(name)', 'points'),
    ...largeValue('array_agg with ORDER BY of 2M', 'array_agg(g ORDER BY g DESC)', two),
    ...largeValue('jsonb_agg of 2M', 'jsonb_agg(g)', two),
    ...largeValue(
      'jsonb_agg of 1M rows',
      'jsonb_agg(t)',
      `(SELECT g, 'text ' || g AS b FROM ${one}) t`,
    ),
    ...largeValue('json_agg of 2M', 'json_agg(g)', two),
    ...largeValue('string_agg of 2M', "string_agg('value ' || g, ',')", two),
    statement(
      'jsonb_object_agg of 1M',
      `SELECT count(x) FROM (SELECT jsonb_object_agg('k' || g, g) AS x FROM ${one}) t`,
    ),
    statement('count(DISTINCT) of 2M', `SELECT count(DISTINCT g) FROM ${two}`),
    statement('count(DISTINCT) of 4M texts', 'SELECT count(DISTINCT name) FROM points'),
    statement(
      'percentile_cont over 4M',
      'SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY value) FROM points',
    ),
    statement(
      'percentile_disc over 4M',
      'SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY value) FROM points',
    ),
    statement(
      'generate_series of 10M',
      `SELECT count(*), sum(g), avg(g) FROM generate_series(1, ${millions(10)}) g`,
    ),
  ];
}

function setCases(millions: Scale): LatencyCase[] {
  const two = `generate_series(1, ${millions(2)}) g`;
  const half = millions(1);
  return [
    statement(
      'window over 2M',
      `SELECT count(*), sum(s) FROM (SELECT sum(g) OVER (ORDER BY g DESC) s FROM ${two}) t`,
    ),
    statement(
      'row_number over 2M',
      `SELECT count(*), sum(r) FROM (SELECT row_number() OVER (ORDER BY g DESC) r FROM ${two}) t`,
    ),
    statement(
      'window with 200k partitions',
      `SELECT count(*) FROM (SELECT rank() OVER (PARTITION BY g / 10 ORDER BY g DESC) r FROM ${two}) t`,
    ),
    statement(
      'window with sliding frames',
      `SELECT sum(a) FROM (SELECT avg(g) OVER (ORDER BY g ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) a FROM ${two}) t`,
    ),
    statement(
      'hash join of 2M with 2M',
      `SELECT count(*) FROM ${two} JOIN generate_series(1, ${millions(2)}) h ON g = h`,
    ),
    statement(
      'hash join of texts',
      'SELECT count(*) FROM points a JOIN points b ON a.name = b.name',
    ),
    statement(
      'full join of 2M with 2M',
      `SELECT count(*) FROM ${two} FULL JOIN generate_series(${half}, ${half + millions(2)}) h ON g = h`,
    ),
    statement('DISTINCT of 2M', `SELECT count(*) FROM (SELECT DISTINCT g FROM ${two}) t`),
    statement(
      'UNION of 2M with 2M',
      `SELECT count(*) FROM (SELECT g FROM ${two} UNION SELECT h FROM generate_series(${half}, ${half + millions(2)}) h) t`,
    ),
    statement(
      'INTERSECT of 2M with 2M',
      `SELECT count(*) FROM (SELECT g FROM ${two} INTERSECT SELECT h FROM generate_series(${half}, ${half + millions(2)}) h) t`,
    ),
    statement('ORDER BY of 4M texts', 'SELECT name FROM points ORDER BY name'),
    statement('ORDER BY of 4M numbers', 'SELECT * FROM points ORDER BY value'),
    statement(
      'DISTINCT ON of 4M',
      'SELECT count(*) FROM (SELECT DISTINCT ON (id) id, value FROM points ORDER BY id, value) t',
    ),
    statement(
      'a CTE of 2M read twice',
      `WITH c AS MATERIALIZED (SELECT g, 'text ' || g AS t FROM ${two}) SELECT count(*), max(a.t) FROM c a JOIN c b ON a.g = b.g`,
    ),
    statement(
      'recursive CTE',
      `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${millions(0.2)}) SELECT count(*) FROM r`,
    ),
    statement(
      'recursive CTE with UNION',
      `WITH RECURSIVE r(n) AS (SELECT g FROM generate_series(1, 1000) g UNION SELECT n + 1000 FROM r WHERE n < ${millions(1)}) SELECT count(*) FROM r`,
    ),
  ];
}

function rowCases(rows: Scale, millions: Scale): LatencyCase[] {
  const two = `generate_series(1, ${millions(2)}) g`;
  const values = Array.from({ length: rows(10_000) }, (_, i) => `(${i}, 'name ${i}', ${i}.5)`);
  return [
    statement(
      'a cross join counted',
      `SELECT count(*) FROM generate_series(1, ${rows(5000)}) a, generate_series(1, ${rows(5000)}) b`,
    ),
    statement(
      'a nested loop with a condition',
      `SELECT count(*) FROM generate_series(1, ${rows(5000)}) a JOIN generate_series(1, 5000) b ON a < b`,
    ),
    statement(
      'a sublink run per row',
      `SELECT sum((SELECT count(*) FROM generate_series(1, 10) h WHERE h < g % 10)) FROM generate_series(1, ${rows(200_000)}) g`,
    ),
    statement(
      'a regexp over 2M',
      `SELECT count(*) FROM ${two} WHERE ('value ' || g) ~ '[13579]+[02468]{2}$'`,
    ),
    statement(
      'regexp_replace over 2M',
      `SELECT max(regexp_replace('value ' || g, '[0-9]', 'x', 'g')) FROM ${two}`,
    ),
    {
      name: 'COPY of 4M rows to a fast reader',
      run: (client) => client.query('COPY points TO STDOUT'),
    },
    {
      name: 'COPY of 4M rows to a slow reader',
      run: (client) =>
        client.readSlowly(`COPY (SELECT * FROM points LIMIT ${rows(500_000)}) TO STDOUT`, 2),
    },
    statement(
      'INSERT with 10k rows of VALUES',
      `INSERT INTO listed VALUES ${values.join(', ')}`,
      'CREATE TABLE listed (id int, name text, value float8)',
    ),
    {
      name: 'a text of 5 MB',
      run: (client) => client.query(`SELECT length('${'x'.repeat(rows(5_000_000))}')`),
    },
    {
      name: 'an IN list of 5 MB',
      run: (client) =>
        client.query(
          `SELECT count(*) FROM points WHERE id IN (${Array.from({ length: rows(600_000) }, (_, i) => i * 7).join(', ')})`,
        ),
    },
  ];
}

function changeCases(rows: Scale): LatencyCase[] {
  const half = rows(500_000);
  const create = (name: string): string => `CREATE TABLE ${name} (id int, value float8, name text)`;
  const source = (count: number): string =>
    `SELECT g AS id, g * 1.5 AS value, 'name ' || g AS name FROM generate_series(1, ${count}) g`;
  return [
    statement(
      'INSERT ... SELECT of 1M into a table',
      `INSERT INTO big ${source(rows(1_000_000))}`,
      create('big'),
    ),
    statement(
      'INSERT ... SELECT of 500k into a table with a key',
      `INSERT INTO items ${source(half)}`,
      `${create('items')}; ALTER TABLE items ADD PRIMARY KEY (id)`,
    ),
    statement('CREATE INDEX on 500k', 'CREATE INDEX ON items (name)'),
    statement('UPDATE of 500k', 'UPDATE items SET value = value + 1'),
    statement('SELECT of 500k from a table', 'SELECT * FROM items'),
    statement('DELETE of 500k', 'DELETE FROM items'),
    statement(
      'CREATE TABLE AS of 1M',
      `CREATE TABLE copied AS ${source(rows(1_000_000))}`,
      'DROP TABLE IF EXISTS copied',
    ),
    statement(
      'INSERT ... SELECT of 1M into a hypertable',
      `INSERT INTO series SELECT '2026-01-01'::timestamptz + g * interval '1 second', g % 100, g FROM generate_series(1, ${rows(1_000_000)}) g`,
      `CREATE TABLE series (time timestamptz NOT NULL, host int, value float8) WITH (tsdb.hypertable, tsdb.partition_column = 'time')`,
    ),
    statement(
      'UPDATE of 500k in a hypertable',
      `UPDATE series SET value = value + 1 WHERE host < 50`,
    ),
    statement('DELETE of 500k in a hypertable', `DELETE FROM series WHERE host < 50`),
  ];
}

const START_MS = Date.UTC(2026, 0, 1);
const PIECE_ROWS = 5_000;

function timeOf(row: number, perSecond: number): string {
  return new Date(START_MS + Math.floor(row / perSecond) * 1000).toISOString();
}

function* inPieces(count: number, line: (row: number) => string): Generator<Buffer> {
  for (let start = 0; start < count; start += PIECE_ROWS) {
    let text = '';
    for (let row = start; row < Math.min(count, start + PIECE_ROWS); row++) text += line(row);
    yield Buffer.from(text);
  }
}

/** Eight tags that repeat by host, ten metrics. */
function wideRows(count: number): Generator<Buffer> {
  return inPieces(count, (row) => {
    const host = row % 1000;
    let line = timeOf(row, 100);
    for (let tag = 0; tag < 8; tag++) line += `\ttag_${tag}_${host % (10 + tag * 100)}`;
    for (let metric = 0; metric < 10; metric++)
      line += `\t${(row * 7919 + metric * 104_729) % 101}`;
    return `${line}\n`;
  });
}

/** A text of its own in every row, in no order. */
function pointRows(count: number): Generator<Buffer> {
  return inPieces(count, (row) => {
    const mixed = (row * 2_654_435_761) % 4_294_967_296;
    const host = `host_${row % 100}`;
    return `${timeOf(row, 100)}\t${host}\t${row % 1000}\t${mixed / 1000}\tname ${mixed}\n`;
  });
}
