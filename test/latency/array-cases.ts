/** Rows with arrays of megabytes, and what is computed of large values where rows are written. */
import { after, statement, type LatencyCase } from './latency-case.ts';

const STORED = 'INSERT of arrays of megabytes';
const TABLE = 'arrays';

export function arrayCases(rows: (full: number) => number): LatencyCase[] {
  const count = rows(1_500_000);
  const of = (name: string, call: string): LatencyCase =>
    statement(name, `SELECT count(x) FROM (SELECT ${call} AS x FROM ${TABLE} OFFSET 0) t`);
  return [
    statement(
      STORED,
      `INSERT INTO ${TABLE} SELECT array_agg('word ' || g % 9999), array_agg(g * 0.37), string_agg('word ' || g % 999, ' ')
         FROM generate_series(1, ${count}) g`,
      `CREATE TABLE ${TABLE} (words text[], prices numeric[], t text)`,
    ),
    ...after(STORED, [
      of('the number of elements of stored arrays', 'cardinality(words) + cardinality(prices)'),
      statement('stored arrays, sent', `SELECT words, prices FROM ${TABLE}`),
      statement('UPDATE of stored arrays', `UPDATE ${TABLE} SET prices = prices || 1.5`),
      of('equality of stored arrays', `words = (words || 'x'::text)`),
      of('the comparison of long texts', `t < t || 'a'`),
      of('groups that repeat in a long text', `regexp_match(t, '^(([a-z]+) ([0-9]+) ?)*$')`),
      of('nulls stripped from a json document', 'json_strip_nulls(json_build_array(words, t))'),
      statement(
        'groups by arrays',
        `SELECT count(*) FROM (SELECT words FROM (SELECT words FROM ${TABLE} UNION ALL SELECT words FROM ${TABLE}) a GROUP BY words) b`,
      ),
      statement(
        'CREATE INDEX over an expression of a long text',
        `CREATE INDEX ON ${TABLE} (length(regexp_replace(t, '[0-9]+', 'x', 'g'))) WHERE t ~ 'word 9+'`,
      ),
      statement(
        'INSERT with an index over an expression',
        `INSERT INTO ${TABLE} (t) SELECT t FROM ${TABLE}`,
      ),
    ]),
  ];
}
