/** Deep and wide statements: each must end with an answer or PostgreSQL's 54xxx error. */

/** Statements of one shape with `depth` levels or terms. */
export function nestedStatements(depth: number): readonly (readonly [string, string])[] {
  const times = (text: string): string => text.repeat(depth);
  const list = (item: (i: number) => string, separator: string): string =>
    Array.from({ length: depth }, (_, i) => item(i)).join(separator);
  return [
    ['parentheses', `SELECT ${times('(')}1${times(')')}`],
    ['minus', `SELECT ${times('- ')}1`],
    ['not', `SELECT ${times('NOT ')}true`],
    ['subqueries', `SELECT ${times('(SELECT ')}1${times(')')}`],
    ['from', `SELECT * FROM ${times('(SELECT * FROM ')}(SELECT 1) x${times(') x')}`],
    ['case', `SELECT ${times('CASE WHEN true THEN ')}1${times(' END')}`],
    [
      'case whens',
      `SELECT CASE ${list((i) => `WHEN i4 = ${i} THEN ${i}`, ' ')} END FROM fuzz_table`,
    ],
    ['array constructor', `SELECT ${times('ARRAY[')}1${times(']')}`],
    ['array literal', `SELECT '${times('{')}1${times('}')}'::int[]`],
    ['json', `SELECT '${times('[')}${times(']')}'::json`],
    ['jsonb', `SELECT '${times('[')}${times(']')}'::jsonb`],
    ['jsonb objects', `SELECT '${times('{"a":')}1${times('}')}'::jsonb -> 'a'`],
    ['json path', `SELECT '{}'::jsonb #> '{${list(() => 'a', ',')}}'`],
    ['regex groups', `SELECT 'a' ~ '${times('(')}a${times(')')}'`],
    ['regex stars', `SELECT repeat('a', 40) ~ '${times('a*')}b'`],
    ['calls', `SELECT ${times('abs(')}1${times(')')}`],
    ['casts', `SELECT 1${times('::int8::int4')}`],
    ['subscripts', `SELECT ARRAY[1]${times('[1]')}`],
    ['and', `SELECT count(*) FROM fuzz_table WHERE ${list((i) => `i4 <> ${i}`, ' AND ')}`],
    ['or', `SELECT count(*) FROM fuzz_table WHERE ${list((i) => `i4 = ${i}`, ' OR ')}`],
    ['plus', `SELECT ${list((i) => `${i}`, ' + ')}`],
    ['concat', `SELECT length(${list(() => `'x'`, ' || ')})`],
    ['in', `SELECT count(*) FROM fuzz_table WHERE i4 IN (${list(String, ', ')})`],
    ['not in', `SELECT count(*) FROM fuzz_table WHERE i4 NOT IN (${list(String, ', ')})`],
    ['array items', `SELECT cardinality(ARRAY[${list(String, ', ')}])`],
    ['row items', `SELECT ROW(${list(String, ', ')})`],
    ['arguments', `SELECT greatest(${list(String, ', ')}), coalesce(${list(() => 'NULL', ', ')})`],
    ['concat arguments', `SELECT length(concat(${list(String, ', ')}))`],
    ['targets', `SELECT ${list(String, ', ')}`],
    ['values', `SELECT count(*) FROM (VALUES ${list((i) => `(${i})`, ', ')}) v`],
    ['union all', list((i) => `SELECT ${i}`, ' UNION ALL ')],
    ['union', list((i) => `SELECT ${i}`, ' UNION ')],
    ['intersect', list(() => 'SELECT 1', ' INTERSECT ')],
    [
      'with',
      `WITH ${list((i) => `w${i} AS (SELECT ${i === 0 ? 1 : `* FROM w${i - 1}`})`, ', ')} SELECT * FROM w0`,
    ],
    ['nested with', `${times('WITH w AS (')}SELECT 1${times(') SELECT * FROM w')}`],
    ['order by', `SELECT i4 FROM fuzz_table ORDER BY ${list((i) => `i4 + ${i}`, ', ')}`],
    ['group by', `SELECT count(*) FROM fuzz_table GROUP BY ${list((i) => `i4 + ${i}`, ', ')}`],
    ['exists', `SELECT ${times('EXISTS (SELECT 1 WHERE ')}true${times(')')}`],
    ['explain', `EXPLAIN SELECT ${times('(SELECT ')}1${times(')')}`],
    ['statements', times('SELECT 1;')],
    ['comments', `SELECT ${times('/*')}${times('*/')} 1`],
  ];
}
