/** Random changes to SQL texts: tokens dropped, doubled, swapped, replaced. */
import type { SeededRandom } from '../differential/seeded-random.ts';

const TOKEN =
  /[eE]?'(?:[^']|'')*'|"[^"]*"|\$\$[^]*?\$\$|[A-Za-z_]\w*|\$?\d+(?:\.\d+)?(?:e[+-]?\d+)?|::|[<>=!~@#%^&|?+*/-]+|\S/g;

const REPLACEMENTS: readonly string[] = [
  'NULL',
  '0',
  '-1',
  '2147483647',
  '9223372036854775807',
  '1e308',
  "''",
  "'a'",
  "'NaN'",
  'true',
  "'infinity'::timestamptz",
  "'1 day'::interval",
  "'{1,2}'::int[]",
  '\'{"a":[1]}\'::jsonb',
  '*',
  'DISTINCT',
  'ALL',
  'ANY',
  'ARRAY[1,NULL]',
  'ROW(1,2)',
  '(SELECT 1)',
  '(SELECT 1 WHERE false)',
  'count(*)',
  'sum(1)',
  'row_number() OVER ()',
  'generate_series(1,3)',
  'current_user',
  'now()',
  'text',
  'int8',
  'numeric(5,2)',
  'jsonb',
  'fuzz_table',
  'fuzz_hyper',
  'i4',
  'fuzz_table.*',
  'ts',
  'GROUP BY',
  'ORDER BY 1',
  'LIMIT 0',
  'OFFSET 1',
  'WHERE',
  'HAVING true',
  'UNION',
  'LEFT JOIN',
  'LATERAL',
  'WITH',
  'RECURSIVE',
  'RETURNING *',
  'DEFAULT',
  'NOT',
  'IS NULL',
  'IN',
  'BETWEEN',
  'AS',
  '=',
  '<',
  '||',
  '->',
  '@>',
  '~',
  '+',
  '-',
  '/',
  '::',
  ',',
  '(',
  ')',
  '[',
  ']',
  ':',
  '.',
  ';',
  'FILTER (WHERE true)',
  'OVER ()',
  'COLLATE "C"',
  'GROUPING SETS ((), (1))',
  'ROLLUP',
  'CASE',
];

const OPERANDS: readonly string[] = [
  'NULL',
  '0',
  '-1',
  '2147483647',
  '-2147483648',
  '9223372036854775807',
  '1e308',
  "''",
  "'a'",
  '1.5',
  "'NaN'",
  "'infinity'",
  "'-infinity'",
  "'{1,2}'",
  '\'{"a":[1]}\'',
  "'1 day'",
  'ARRAY[1,NULL]',
  'true',
  'ROW(1,2)',
  '(SELECT 1)',
  '(SELECT 1 WHERE false)',
  "(SELECT 'x'::text)",
  '(1 + 1)',
  "'x' || 'y'",
  'ARRAY[]::text[]',
  'now()',
  'current_date',
  'count(*)',
  'max(1)',
  'rank() OVER ()',
  "'2024-01-01'",
  'generate_series(1, 3)',
  'unnest(ARRAY[1,2])',
  'random()',
  '(VALUES (1))',
  'ARRAY(SELECT 1)',
  '1/0',
  "'NaN'::float8",
  "'NaN'::numeric",
  '1e131071::numeric',
  "interval '178000000 years'",
  '(ROW(1,2)).f1',
  "'[]'::jsonb",
  '(SELECT i4 FROM fuzz_table LIMIT 1)',
  'CASE WHEN true THEN 1 END',
  '1 IN (1, NULL)',
];

/** Statements that would stop or slow the run itself. */
const KEPT_OUT =
  /pg_sleep|pg_terminate|statement_timeout|drop\s+owned|\block\b|\blisten\b|\bcopy\b/i;

export function tokensOf(sql: string): string[] {
  return sql.match(TOKEN) ?? [];
}

/** One to three random changes; undefined where the outcome must not run. */
export function mutated(
  random: SeededRandom,
  sql: string,
  others: readonly string[],
): string | undefined {
  const tokens = tokensOf(sql);
  if (tokens.length === 0) return undefined;
  for (let i = random.int(1, 3); i > 0; i--) change(random, tokens, others);
  const text = tokens.join(' ');
  return KEPT_OUT.test(text) || text.length > 20_000 ? undefined : text;
}

function change(random: SeededRandom, tokens: string[], others: readonly string[]): void {
  const at = random.int(0, tokens.length - 1);
  const token = tokens[at] ?? '';
  const kind = random.int(0, 23);
  if (kind === 0 && tokens.length > 2) tokens.splice(at, 1);
  else if (kind === 1) tokens.splice(at, 0, token);
  else if (kind === 2) swapAlike(random, tokens, at);
  else if (kind === 3) tokens.splice(at, 0, random.pick(REPLACEMENTS));
  else if (kind === 4) {
    const from = tokensOf(random.pick(others));
    const start = random.int(0, Math.max(0, from.length - 1));
    tokens.splice(at, random.int(0, 3), ...from.slice(start, start + random.int(1, 8)));
  } else if (kind === 5) tokens[at] = random.pick(REPLACEMENTS);
  else if (kind <= 14) replaceOperand(random, tokens);
  else {
    // A token of the same class leaves the text in the grammar more often than not.
    const same = tokensOf(random.pick(others)).filter((one) => classOf(one) === classOf(token));
    if (same.length > 0) tokens[at] = random.pick(same);
  }
}

function swapAlike(random: SeededRandom, tokens: string[], at: number): void {
  const token = tokens[at] ?? '';
  const alike = [...tokens.keys()].filter((i) => classOf(tokens[i] ?? '') === classOf(token));
  const other = random.pick(alike);
  [tokens[at], tokens[other]] = [tokens[other] ?? '', token];
}

/** Puts an expression in the place of a literal. */
function replaceOperand(random: SeededRandom, tokens: string[]): void {
  const literals = [...tokens.keys()].filter((i) =>
    /^['\d]|^(null|true|false)$/i.test(tokens[i] ?? ''),
  );
  if (literals.length > 0) tokens[random.pick(literals)] = random.pick(OPERANDS);
}

function classOf(token: string): string {
  if (token.startsWith("'")) return 'string';
  if (/^\d/.test(token)) return 'number';
  return /^\w/.test(token) ? 'word' : 'sign';
}
