/** VALUES lists of thousands of rows, read beside the grammar, against the same lists read by it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';
import { TIMES } from '../../support/rounds.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});
afterAll(() => engine.close());

/** Some more than make a list long. */
const ROWS = 1100;
/** Makes a text long enough for a way of its own. */
const FILLER = ' '.repeat(70_000);

function valuesOf(
  row: (i: number) => string,
  first?: string,
  rest: readonly string[] = [],
): string {
  const rows = Array.from({ length: ROWS }, (_, i) => `(${row(i)})`);
  return `VALUES ${[...(first === undefined ? [] : [first]), ...rows, ...rest].join(', ')}`;
}

async function outcomeOf(sql: string): Promise<unknown> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'result') return outcome.result;
  const { code, message, fields } = outcome.error;
  return { code, message, fields };
}

/** A prepared statement is kept as it is written; nothing of it is cut out. */
async function ordinary(sql: string): Promise<unknown> {
  const prefix = 'PREPARE long_values AS ';
  // The prefix takes the place of spaces, so that errors have the same position.
  const prepared = await outcomeOf(prefix + sql.slice(prefix.length));
  if (typeof prepared === 'object' && prepared !== null && 'code' in prepared) return prepared;
  const outcome = await outcomeOf('EXECUTE long_values');
  await outcomeOf('DEALLOCATE long_values');
  return outcome;
}

async function agree(sql: string): Promise<unknown> {
  const text = `${' '.repeat(30)}${sql}${FILLER}`;
  const outcome = await outcomeOf(text);
  expect(outcome, sql.slice(0, 200)).toEqual(await ordinary(text));
  return outcome;
}

describe('a long VALUES list', () => {
  it('has the rows and types that it has by the grammar', async () => {
    const lists = [
      valuesOf((i) => `${i}, 'x${i}'`),
      valuesOf((i) => `-${i}, ${i % 3 === 0 ? 'NULL' : `${i}.50`}, true`),
      valuesOf((i) => (i % 2 === 0 ? `'${i}'` : String(i))),
      valuesOf((i) => `${i % 2 === 0 ? 9_000_000_000 + i : i}, - 0.0, false`),
      valuesOf(
        (i) => `'2020-01-01', 'it''s ${i}', null`,
        "('2020-02-02'::date, now()::text = '', 1 + 1)",
      ),
      valuesOf((i) => `${i}, 1e2, 'NaN'`, "(1::float8, -0.0::float8, 'inf'::float8)"),
      valuesOf((i) => `-0, -0.0, ${i}`, '(1::float8, 2::float8, 3::int2)'),
      valuesOf((i) => `${i}, 'a'`, undefined, ["(1 + 1, 'b' || 'c')", "(5, 'd')"]),
      valuesOf(
        (i) => `${i}, /* of a row, (1, 2) */ 'ü€😀'`,
        '((SELECT count(*) FROM (VALUES (1), (2)) v), $$)($$)',
      ),
      valuesOf((i) => `${i}, '${'long '.repeat(i % 300 === 7 ? 1000 : 1)}'`),
      valuesOf(() => 'NULL, NULL'),
    ];
    for (const [i, values] of lists.entries()) {
      const uses = [
        `SELECT * FROM (${values}) AS t`,
        `WITH v AS (${values}) SELECT count(*), max(column1::text) FROM v`,
        `SELECT pg_typeof(column1) FROM (${values}) v ORDER BY column1::text LIMIT 3 OFFSET 5`,
      ];
      await agree(values);
      for (const [use, sql] of uses.entries()) {
        if (TIMES > 1 || use === i % uses.length) await agree(sql);
      }
    }
  });

  it('has the errors that it has by the grammar', async () => {
    for (const values of [
      valuesOf((i) => (i === 1050 ? `${i}` : `${i}, 1`)),
      valuesOf((i) => (i === 1050 ? `${i}, 1, 2` : `${i}, 1`)),
      valuesOf((i) => `${i}, 1`, '(1)'),
      valuesOf((i) => (i === 1050 ? "'x'" : `${i}`)),
      valuesOf((i) => (i === 1050 ? 'true' : `${i}`)),
      valuesOf((i) => (i === 1050 ? "'€', 'never'" : "'ü', true")),
      valuesOf((i) => (i === 1050 ? "'2020-13-01'" : "'2020-01-01'"), "('2020-02-02'::date)"),
      valuesOf((i) => (i === 1050 ? 'DEFAULT' : `${i}`)),
      valuesOf((i) => (i === 1050 ? '1, ' : `${i}`)),
      valuesOf((i) => (i === 1050 ? "'open" : `${i}`)),
    ]) {
      const outcome = await agree(`SELECT * FROM (${values}) AS t`);
      expect(outcome).toHaveProperty('code');
    }
  });

  it('can be joined, updated from and inserted', async () => {
    await session.run('CREATE TABLE kept (id int PRIMARY KEY, t text)');
    const values = valuesOf((i) => `${i}, 'x${i}'`) + FILLER;
    await session.run(`WITH v AS (${values}) INSERT INTO kept SELECT * FROM v`);
    await session.run(
      `UPDATE kept SET t = v.t || '!' FROM (${values}) v (id, t) WHERE v.id = kept.id AND v.id < 10`,
    );
    await session.run(
      `DELETE FROM kept USING (${values}) v (id, t) WHERE v.id = kept.id AND v.t = kept.t AND v.id > 20`,
    );
    expect(await outcomeOf('SELECT count(*), min(t), max(t) FROM kept')).toMatchObject({
      rows: [['21', 'x0!', 'x9!']],
    });
    await session.run(`INSERT INTO kept (${valuesOf((i) => `${i + 5000}, '${i}'`)})${FILLER}`);
    await session.run(
      `WITH w AS (SELECT 1) INSERT INTO kept (${valuesOf((i) => `${i + 9000}, '${i}'`)})${FILLER}`,
    );
    expect(await outcomeOf('SELECT count(*) FROM kept')).toMatchObject({
      rows: [[String(21 + 2 * ROWS)]],
    });
  });

  it('is whole in a view', async () => {
    await session.run(
      `CREATE VIEW listed AS SELECT * FROM (${valuesOf((i) => String(i))}) v${FILLER}`,
    );
    expect(await outcomeOf('SELECT count(*) FROM listed')).toMatchObject({
      rows: [[String(ROWS)]],
    });
  });
});
