/**
 * Ternary logic partitioning on Varve alone, over tables large enough for many batches: the rows of a
 * query are those where a condition is true, false and null. Ordinary tables and hypertables hold the
 * same rows and must answer the same, before and after their heads are flushed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { judge, printAnswer } from '../support/random-answers.ts';
import { must } from '../support/random-run.ts';
import { TextSession, type Outcome } from '../support/text-session.ts';
import { createTableSql, insertSql, QueryGenerator } from './generator.ts';
import { printedSeed } from '../support/seed.ts';

const ROUNDS = Number(process.env.VARVE_PARTITIONS ?? 60);
const ROWS = [6000, 700];
const INSERT_ROWS = 1000;

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

async function load(generator: QueryGenerator): Promise<void> {
  for (const schema of ['plain', 'hyper']) {
    await must(session, `CREATE SCHEMA ${schema}`);
    await must(session, `SET search_path = ${schema}, public`);
    for (const table of generator.tables) {
      await must(session, createTableSql(table, schema === 'plain' ? 'PRIMARY KEY (id)' : ''));
      if (schema === 'hyper') {
        await must(
          session,
          `SELECT create_hypertable('${table.name}', 'ts', chunk_time_interval => interval '2 days')`,
        );
      }
      for (let row = 0; row < table.rows.length; row += INSERT_ROWS)
        await must(session, insertSql(table, row, row + INSERT_ROWS));
    }
  }
}

/** The same query over both copies of the tables. */
async function bothAnswers(query: string): Promise<readonly [Outcome, Outcome]> {
  await must(session, 'SET search_path = plain, public');
  const plain = await session.run(query);
  await must(session, 'SET search_path = hyper, public');
  return [plain, await session.run(query)];
}

interface Relation {
  readonly whole: string;
  readonly parts: string;
}

/** A query and the same in three parts, by rows and by aggregates over them. */
function relation(generator: QueryGenerator): Relation {
  const { random } = generator;
  const { sql, scope } = generator.tableClause();
  const condition = generator.predicate(scope, 3);
  const parts = [condition, `NOT (${condition})`, `(${condition}) IS NULL`];
  if (random.chance(0.5)) {
    const items = random
      .shuffled(scope)
      .slice(0, 3)
      .map((column, i) => `${column.sql} AS x${i}`);
    const select = `SELECT ${items.join(', ')} FROM ${sql}`;
    return {
      whole: select,
      parts: parts.map((part) => `${select} WHERE ${part}`).join(' UNION ALL '),
    };
  }
  const key = random.pick(
    scope.filter(({ type }) => ['int', 'text', 'bool', 'date'].includes(type)),
  );
  const value = scope.find(({ type, isKey }) => type === 'int' && isKey === true);
  const select = `SELECT ${key.sql} AS k, count(*) AS c, sum(${value?.sql ?? '1'}) AS s FROM ${sql}`;
  const union = parts.map((part) => `${select} WHERE ${part} GROUP BY 1`).join(' UNION ALL ');
  return {
    whole: `SELECT k, c::numeric AS c, s::numeric AS s FROM (${select} GROUP BY 1) q`,
    parts: `SELECT k, sum(c) AS c, sum(s) AS s FROM (${union}) q GROUP BY k`,
  };
}

test('partitions make up the whole', { timeout: 60_000 + ROUNDS * 500 }, async () => {
  const seed = printedSeed('partitioning');
  const generator = new QueryGenerator(seed, ROWS);
  await load(generator);
  const wrong: string[] = [];
  const compare = (what: string, query: string, a: Outcome, b: Outcome): void => {
    if (judge(a, b, false) !== 'wrong') return;
    const shown = [a, b].map((outcome) => printAnswer(outcome, false).slice(0, 2000));
    wrong.push(`-- SEED=${seed} ${what}\n${query};\n${shown[0]}\n<>\n${shown[1]}`);
  };
  for (const phase of ['heads', 'segments']) {
    if (phase === 'segments') await must(session, 'CHECKPOINT');
    for (let i = 0; i < ROUNDS / 2 && wrong.length < 5; i++) {
      const { whole, parts } = relation(generator);
      const [plainWhole, hyperWhole] = await bothAnswers(whole);
      const [plainParts, hyperParts] = await bothAnswers(parts);
      compare(`${phase}: ordinary table and hypertable`, whole, plainWhole, hyperWhole);
      compare(`${phase}: ordinary table and hypertable`, parts, plainParts, hyperParts);
      compare(`${phase}: whole and parts, ordinary table`, parts, plainWhole, plainParts);
      compare(`${phase}: whole and parts, hypertable`, parts, hyperWhole, hyperParts);
    }
  }
  expect(wrong.join('\n\n')).toBe('');
});
