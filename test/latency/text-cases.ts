/** Functions of long texts, byte strings and arrays, and of many rows that are heavy each. */
import { after, statement, type LatencyCase } from './latency-case.ts';

const STORED = 'INSERT of texts of megabytes';

export function textCases(rows: (full: number) => number): LatencyCase[] {
  const words = rows(200_000);
  const text = `SELECT string_agg('Lorem ipsum ' || g, ' ') FROM generate_series(1, ${words}) g`;
  const of = (name: string, call: string, from = 'long_text'): LatencyCase =>
    statement(name, `SELECT count(x) FROM (SELECT ${call} AS x FROM ${from} OFFSET 0) t`);
  return [
    statement(
      STORED,
      `INSERT INTO long_text ${text}`,
      `CREATE TABLE long_text (t text); CREATE TABLE heavy (t text);
       INSERT INTO heavy SELECT repeat('Lorem ipsum ' || g || ' ', 4000) FROM generate_series(1, ${rows(150)}) g`,
    ),
    ...after(STORED, [
      of('letters of a long text', 'initcap(translate(upper(reverse(t)), $$AEI$$, $$xyz$$))'),
      of('bytes of a long text', `decode(encode(convert_to(t, 'UTF8'), 'base64'), 'base64')::text`),
      of('a digest of a long text', `sha512(convert_to(t, 'UTF8'))`),
      of('words of a long text', `array_to_string(regexp_split_to_array(t, ' +'), ',')`),
      of('replaced parts of a long text', `regexp_replace(t, '([a-z]+) ([0-9]+)', '\\2 \\1', 'g')`),
      of('an array of a long text', `('{' || replace(t, ' ', ',') || '}')::text[]`),
      of(
        'containment of a long array in itself',
        `string_to_array(t, ' ') @> string_to_array(t, ' ')`,
      ),
      statement(
        'rows of a long text',
        `SELECT count(*) FROM long_text, regexp_split_to_table(t, '[0-9]+') AS w`,
      ),
      of('letters of many heavy rows', 'initcap(t)', 'heavy'),
      of('an expression over many heavy rows', `t ~ 'x[0-9]+$'`, 'heavy'),
    ]),
  ];
}
