/** Statements of very many terms, columns or actions over few rows: what takes time is to read and to plan them. */
import { after, statement, type LatencyCase } from './latency-case.ts';

const FEW = 'a table for long statements';
const VIEW = 'CREATE VIEW of 5000 terms';
const WIDE = 'CREATE TABLE with 1600 defaults and checks';

export function longStatementCases(rows: (full: number) => number): LatencyCase[] {
  const list = (full: number, item: (i: number) => string, separator = ', '): string =>
    Array.from({ length: rows(full) }, (_, i) => item(i)).join(separator);
  const column = (i: number): string => `c${i % 5}`;
  const either = list(5000, (i) => `(${column(i)} = ${i} AND name <> 'x${i}')`, ' OR ');
  const columns = Array.from({ length: 5 }, (_, i) => `c${i} float8`).join(', ');
  return [
    statement(
      FEW,
      `INSERT INTO few SELECT g, g, g, g, g, g, 'n' || g FROM generate_series(1, ${rows(10_000)}) g`,
      `CREATE TABLE few (id int, ${columns}, name text)`,
    ),
    ...after(FEW, [
      statement('5000 terms of OR over 10k rows', `SELECT count(*) FROM few WHERE ${either}`),
      statement(
        '5000 arms of CASE',
        `SELECT CASE ${list(5000, (i) => `WHEN id = ${i} THEN 'v${i}'`, ' ')} END FROM few`,
      ),
      statement(
        'a sum of 3000 terms',
        `SELECT ${list(3000, (i) => `${column(i)} * ${i}`, ' + ')} FROM few WHERE id < 100`,
      ),
      statement(
        'a text of 500 pieces',
        `SELECT ${list(500, (i) => `name || '${i}'`, ' || ')} FROM few WHERE id < 100`,
      ),
      statement('EXPLAIN of 5000 terms', `EXPLAIN SELECT count(*) FROM few WHERE ${either}`),
      statement(
        'CREATE TABLE AS of 5000 terms',
        `CREATE TABLE as_few AS SELECT id FROM few WHERE id < 100 AND (${either})`,
      ),
      statement(VIEW, `CREATE VIEW few_view AS SELECT id, name FROM few WHERE ${either}`),
    ]),
    ...after(VIEW, [
      statement('a query of a view of 5000 terms', 'SELECT count(*) FROM few_view'),
      statement('ALTER TABLE below a view of 5000 terms', 'ALTER TABLE few RENAME COLUMN c1 TO d1'),
    ]),
    statement(
      WIDE,
      `CREATE TABLE many_columns (${list(1600, (i) => `c${i} int NOT NULL DEFAULT ${i} + 1 CHECK (c${i} > 0)`)})`,
    ),
    ...after(WIDE, [
      statement('INSERT of 1600 defaults with checks', 'INSERT INTO many_columns DEFAULT VALUES'),
      statement(
        'ALTER TABLE of 500 actions',
        `ALTER TABLE many_columns ${list(500, (i) => `ALTER COLUMN c${i} SET DEFAULT ${i}`)}`,
      ),
    ]),
  ];
}
