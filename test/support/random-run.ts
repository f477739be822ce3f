/** Random queries against PostgreSQL and against several copies of the same tables in Varve. */
import type { Engine } from '../../src/engine/session.ts';
import { createTableSql, insertSql, QueryGenerator } from '../differential/generator.ts';
import type { PgliteOracle } from './pglite-oracle.ts';
import { judge, printAnswer } from './random-answers.ts';
import { TextSession } from './text-session.ts';

/** Ordinary tables, hypertables with all rows in heads, hypertables with segments and changed rows. */
export const SCHEMAS = ['plain', 'heads', 'segments'] as const;

export async function must(session: TextSession | PgliteOracle, sql: string): Promise<void> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw new Error(`${sql}: ${outcome.code} ${outcome.message}`);
}

/** The same tables everywhere; in `segments` also changed and changed back around a flush. */
export async function loadTables(
  generator: QueryGenerator,
  oracle: PgliteOracle,
  session: TextSession,
): Promise<void> {
  for (const table of generator.tables) {
    await must(oracle, createTableSql(table, 'PRIMARY KEY (id)'));
    await must(oracle, insertSql(table, 0, table.rows.length));
  }
  for (const schema of SCHEMAS) {
    await must(session, `CREATE SCHEMA ${schema}`);
    await must(session, `SET search_path = ${schema}, public`);
    for (const table of generator.tables) {
      const isPlain = schema === 'plain';
      await must(session, createTableSql(table, isPlain ? 'PRIMARY KEY (id)' : ''));
      if (!isPlain) {
        const call = `create_hypertable('${table.name}', 'ts', chunk_time_interval => interval '2 days')`;
        await must(session, `SELECT ${call}`);
      }
    }
  }
  for (const table of generator.tables) {
    const half = Math.floor(table.rows.length / 2);
    await must(session, 'SET search_path = segments, public');
    await must(session, insertSql(table, 0, half));
    await must(session, `UPDATE ${table.name} SET id = id + 1000 WHERE id % 5 = 0`);
  }
  await must(session, 'CHECKPOINT');
  for (const table of generator.tables) {
    const half = Math.floor(table.rows.length / 2);
    await must(session, 'SET search_path = segments, public');
    await must(session, `UPDATE ${table.name} SET id = id - 1000 WHERE id > 1000`);
    await must(session, insertSql(table, half, table.rows.length));
    await must(session, `DELETE FROM ${table.name} WHERE id IN (1, 2)`);
    await must(session, insertSql(table, 0, 2));
    for (const schema of ['plain', 'heads']) {
      await must(session, `SET search_path = ${schema}, public`);
      await must(session, insertSql(table, 0, table.rows.length));
    }
  }
}

export interface RandomRun {
  readonly wrong: readonly string[];
  /** Share of the answers that prove nothing. */
  readonly unjudged: number;
}

/** Asks `count` random queries everywhere; stops after ten wrong answers. */
export async function runRandomQueries(
  seed: number,
  count: number,
  oracle: PgliteOracle,
  engine: Engine,
): Promise<RandomRun> {
  const generator = new QueryGenerator(seed, [14, 9, 5]);
  const session = await TextSession.open(engine);
  await loadTables(generator, oracle, session);
  const wrong: string[] = [];
  let unjudged = 0;
  for (let i = 0; i < count && wrong.length < 10; i++) {
    const query = generator.query();
    const isOrdered = / LIMIT \d+ OFFSET \d+$/.test(query);
    const expected = await oracle.run(query);
    for (const schema of SCHEMAS) {
      await must(session, `SET search_path = ${schema}, public`);
      const actual = await session.run(query);
      const verdict = judge(expected, actual, isOrdered);
      if (verdict === 'unjudged') unjudged++;
      if (verdict !== 'wrong') continue;
      wrong.push(
        `-- SEED=${seed} query ${i} in ${schema}\n${query};\n` +
          `expected: ${printAnswer(expected, isOrdered)}\nactual:   ${printAnswer(actual, isOrdered)}`,
      );
      break;
    }
  }
  await session.close();
  return { wrong, unjudged: unjudged / (count * SCHEMAS.length) };
}
