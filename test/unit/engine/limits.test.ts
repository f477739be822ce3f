/** Statements that once ended in an internal error, a dead process or a long wait. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

async function answer(sql: string): Promise<string> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') return `${outcome.code} ${outcome.message}`;
  return outcome.result.rows.map((row) => row.join('|')).join('\n');
}

const list = (count: number, item: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(', ');

const TARGETS = '54011 target lists can have at most 1664 entries';

test.each([
  [
    `SELECT histogram(1.0::float8, 0, 2, 2000000000)`,
    '54000 the number of buckets in a histogram must not exceed 1000000',
  ],
  [
    `SELECT histogram('NaN'::float8, 0, 2, 2)`,
    '2201G operand, lower bound, and upper bound cannot be NaN',
  ],
  [
    `SELECT histogram(1.0::float8, '-Infinity', 2, 2)`,
    '2201G lower and upper bounds must be finite',
  ],
  [`SELECT histogram(g::float8, 0, 3, 3) FROM generate_series(-1, 4) g`, '{1,1,1,1,2}'],
  [`SELECT 1::numeric ^ '1e131071'::numeric`, '1.0000000000000000'],
  [`SELECT format('%*s', 2147483647, 'y')`, '54000 requested length too large'],
  [`CREATE SEQUENCE limits INCREMENT 1e308`, '22P02 invalid input syntax for type bigint: "1e308"'],
  [
    `SELECT x, sum(x) OVER (ORDER BY x::numeric RANGE BETWEEN 51 PRECEDING AND 1.5 FOLLOWING)
       FROM generate_series(1, 4) x`,
    '1|3\n2|6\n3|10\n4|10',
  ],
  [
    `SELECT count(*) OVER (ORDER BY d RANGE 1 PRECEDING) FROM (VALUES (date '2024-01-01')) v (d)`,
    '0A000 RANGE with offset PRECEDING/FOLLOWING is not supported for column type date and offset type integer',
  ],
  [`SELECT to_char('-12:00'::interval, 'HH12 FMHH12')`, '012 12'],
  [`SELECT ${list(1665, String)}`, TARGETS],
  [`SELECT g FROM generate_series(1, 2) g ORDER BY ${list(1665, (i) => `g + ${i}`)}`, TARGETS],
  [`SELECT 1 FROM generate_series(1, 2) g GROUP BY ${list(1665, (i) => `g + ${i}`)}`, TARGETS],
])('%.100s', async (sql, expected) => {
  expect(await answer(sql)).toBe(expected);
});

test('a chain of WITH queries is one plan', async () => {
  const chain = list(
    300,
    (i) => `w${i} AS (SELECT ${i === 0 ? '1 AS x' : `x + 1 AS x FROM w${i - 1}`})`,
  );
  expect(await answer(`WITH ${chain} SELECT x FROM w299`)).toBe('300');
});
