/**
 * Random queries, each asked many times with other literals: on the plan of its shape it must answer as it
 * does when it is planned for itself, which a comment in front makes sure of. VARVE_SHAPES sets how many
 * queries, SEED repeats a run.
 */
import { expect, test } from 'vitest';
import { createTableSql, insertSql, QueryGenerator } from '../differential/generator.ts';
import type { SeededRandom } from '../differential/seeded-random.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { printAnswer } from '../support/random-answers.ts';
import { must } from '../support/random-run.ts';
import type { Outcome } from '../support/text-session.ts';
import { TextSession } from '../support/text-session.ts';
import { printedSeed } from '../support/seed.ts';

const QUERIES = Number(process.env.VARVE_SHAPES ?? 40);
/** Each query is asked this often: a shape gets its plan when it comes the second time. */
const VARIANTS = 12;

/** LIMIT 1 asks for plans of its own: it comes often. */
function tail(form: string, random: SeededRandom): string {
  return form
    .replace('m', () => String(random.pick([1, 1, 2, 5])))
    .replace('n', () => String(random.int(0, 2)));
}

const TAILS = ['', ' LIMIT m', ' LIMIT m', ' LIMIT m OFFSET n'];

/** Numbers and texts of the query in turn for others of their kind. */
function varied(sql: string, random: SeededRandom): string {
  return sql.replace(/'(?:[^']|'')*'|(?<![\w.])\d+(?![\w.])/g, (literal) => {
    if (random.chance(0.8)) return literal;
    if (/^\d+$/.test(literal)) return literal.length > 4 ? literal : String(random.int(0, 6));
    const isWord = /^'[a-z]?'$/.test(literal);
    return isWord ? random.pick(["''", "'a'", "'b'", "'it''s'"]) : literal;
  });
}

/** The order of rows that nothing sorts is the plan's own. */
function answerOf(outcome: Outcome, isOrdered: boolean): string {
  return outcome.kind === 'error' ? outcome.code : printAnswer(outcome, isOrdered);
}

test('random queries on plans of their shapes', { timeout: 120_000 + QUERIES * 2000 }, async () => {
  const seed = printedSeed('shapes');
  const queries = new QueryGenerator(seed, [30, 12]);
  const { random, tables } = queries;
  const engine = await memoryEngine();
  const session = await TextSession.open(engine);
  for (const table of tables) {
    await must(session, createTableSql(table, ''));
    await must(
      session,
      `SELECT create_hypertable('${table.name}', 'ts', chunk_time_interval => interval '2 days')`,
    );
    await must(session, insertSql(table, 0, table.rows.length));
  }
  await must(session, 'CHECKPOINT');
  for (let i = 0; i < QUERIES; i++) {
    const { sql, scope } = queries.tableClause();
    const keys = scope.filter((column) => column.isKey === true).map((column) => column.sql);
    const list = ['int', 'text', 'bool'] as const;
    const items = list.map((type) => queries.value(type, scope, 2));
    const where = ` WHERE ${queries.predicate(scope, 2)}`;
    const query = random.chance(0.7)
      ? `SELECT ${[...keys, ...items].join(', ')} FROM ${sql}${where} ORDER BY ${keys.join(', ')}`
      : queries.query();
    const isLimited = / ORDER BY [\w., ]+$/.test(query);
    const form = random.pick(TAILS);
    for (let k = 0; k < VARIANTS; k++) {
      const asked = varied(isLimited ? `${query}${tail(form, random)}` : query, random);
      const isOrdered = / LIMIT \d+/.test(asked);
      const shaped = answerOf(await session.run(asked), isOrdered);
      const alone = answerOf(await session.run(`/* alone */ ${asked}`), isOrdered);
      expect(shaped, `SEED=${seed}: ${asked}`).toBe(alone);
    }
  }
  await session.close();
  await engine.close();
});
