/** Functions of one large json document. */
import { after, statement, type LatencyCase } from './latency-case.ts';

const STORED = 'INSERT of a document of 60k objects';

export function documentCases(rows: (full: number) => number): LatencyCase[] {
  const count = rows(60_000);
  const document = `SELECT json_agg(json_build_object('id', g, 'name', 'host ' || g)) FROM generate_series(1, ${count}) g`;
  const of = (name: string, call: string): LatencyCase =>
    statement(name, `SELECT count(x) FROM (SELECT ${call} AS x FROM document OFFSET 0) t`);
  return [
    statement(
      STORED,
      'INSERT INTO document SELECT j::jsonb, j::text::json FROM source',
      `CREATE TABLE document (d jsonb, j json); CREATE TABLE source (j text); INSERT INTO source ${document}`,
    ),
    ...after(STORED, [
      of('containment of a large document in itself', 'd @> (d || d)'),
      of('a member of the last object', "d -> -1 ->> 'name'"),
      of('a member of the last object of json', "j -> -1 ->> 'name'"),
      of('json to jsonb', 'j::jsonb'),
      of('a change of a document', "jsonb_set(d, '{0,id}', '7') - 1"),
      of('a document printed with line feeds', 'jsonb_pretty(jsonb_strip_nulls(d))'),
      statement(
        'rows of a document',
        'SELECT count(name) FROM document, jsonb_to_recordset(d) AS t(id int, name text)',
      ),
      statement('a document, sent', 'SELECT d, j FROM document'),
    ]),
  ];
}
