/**
 * Random INSERT, UPDATE and DELETE statements in transactions with savepoints, in PostgreSQL and in three
 * copies of the tables in Varve. After every transaction all tables must hold the same rows.
 */
import type { Engine } from '../../src/engine/session.ts';
import { QueryGenerator, type GeneratedTable } from '../differential/generator.ts';
import type { GeneratedType, Scope } from '../differential/expression-generator.ts';
import type { PgliteOracle } from './pglite-oracle.ts';
import { judge, printAnswer } from './random-answers.ts';
import { loadTables, must, SCHEMAS } from './random-run.ts';
import { TextSession } from './text-session.ts';

class ChangeGenerator {
  readonly queries: QueryGenerator;
  #nextId = 5000;

  constructor(seed: number, rowCounts: readonly number[]) {
    this.queries = new QueryGenerator(seed, rowCounts);
  }

  /** A statement, with or without RETURNING. */
  statement(): string {
    const { random, tables } = this.queries;
    const table = random.pick(tables);
    const change = random.pick([
      () => this.#insertValues(table),
      () => this.#insertSelect(table),
      () => this.#update(table),
      () => this.#update(table),
      () => this.#updateFrom(table),
      () => this.#delete(table),
    ])();
    const column = random.pick(table.columns).name;
    return random.chance(0.5)
      ? `${change} RETURNING ${table.name}.${column} AS r, ${table.name}.id`
      : change;
  }

  #scope(table: GeneratedTable, alias: string): Scope {
    return table.columns.map(({ name, type }) => ({ sql: `${alias}.${name}`, type }));
  }

  #value(name: string, type: GeneratedType, scope: Scope): string {
    const { random } = this.queries;
    if (name === 'id') return String(this.#nextId++);
    const expr = this.queries.value(type, scope, 2);
    // Columns must not be null, and hypertables would otherwise spread over ages.
    if (name === 'ts') return `timestamptz '2020-01-0${random.int(1, 9)} 07:00:00+00'`;
    return type === 'numeric' ? `round((${expr}) % 1000, 2)` : expr;
  }

  #insertValues(table: GeneratedTable): string {
    const rows = Array.from({ length: this.queries.random.int(1, 4) }, () => {
      const values = table.columns.map(({ name, type }) => this.#value(name, type, []));
      return `(${values.join(', ')})`;
    });
    return `INSERT INTO ${table.name} VALUES ${rows.join(', ')}`;
  }

  #insertSelect(table: GeneratedTable): string {
    const { random } = this.queries;
    const scope = this.#scope(table, 's');
    const base = this.#nextId;
    this.#nextId += 100_000;
    const wanted = table.columns.filter(
      ({ name }) => ['id', 'ts'].includes(name) || random.chance(0.7),
    );
    const values = wanted.map(({ name, type }) => {
      if (name === 'id') return `${base} + s.id`;
      if (name === 'ts') return random.pick(['s.ts', "s.ts + interval '3 hours'"]);
      return this.#value(name, type, scope);
    });
    const where = `s.id < 50000 AND ${this.queries.predicate(scope, 2)}`;
    const names = wanted.map(({ name }) => name).join(', ');
    return `INSERT INTO ${table.name} (${names}) SELECT ${values.join(', ')} FROM ${table.name} s WHERE ${where}`;
  }

  #assignments(table: GeneratedTable, scope: Scope): string {
    const { random } = this.queries;
    const columns = random
      .shuffled(table.columns.filter(({ name }) => name !== 'id'))
      .slice(0, random.int(1, 3));
    return columns
      .map(({ name, type }) => {
        if (name === 'ts' && random.chance(0.7))
          return `ts = ${table.name}.ts + interval '${random.pick(['1 hour', '3 days', '-2 days'])}'`;
        return `${name} = ${this.#value(name, type, scope)}`;
      })
      .join(', ');
  }

  #update(table: GeneratedTable): string {
    const scope = this.#scope(table, table.name);
    return `UPDATE ${table.name} SET ${this.#assignments(table, scope)} WHERE ${this.queries.predicate(scope, 2)}`;
  }

  #updateFrom(table: GeneratedTable): string {
    const other = this.queries.random.pick(this.queries.tables);
    const scope = [...this.#scope(table, table.name), ...this.#scope(other, 'o')];
    return `UPDATE ${table.name} SET ${this.#assignments(table, scope)} FROM ${other.name} o WHERE o.id = ${table.name}.id AND ${this.queries.predicate(scope, 2)}`;
  }

  #delete(table: GeneratedTable): string {
    const { random } = this.queries;
    const scope = this.#scope(table, table.name);
    const few = `${table.name}.id % 7 = ${random.int(0, 6)}`;
    if (random.chance(0.6))
      return `DELETE FROM ${table.name} WHERE ${few} AND ${this.queries.predicate(scope, 2)}`;
    const other = random.pick(this.queries.tables);
    const both = [...scope, ...this.#scope(other, 'o')];
    return `DELETE FROM ${table.name} USING ${other.name} o WHERE o.id = ${table.name}.id AND ${few} AND ${this.queries.predicate(both, 2)}`;
  }
}

/** Runs `count` transactions; answers the first thing that went wrong, or ''. */
export async function runRandomChanges(
  seed: number,
  count: number,
  oracle: PgliteOracle,
  engine: Engine,
): Promise<string> {
  const changes = new ChangeGenerator(seed, [30, 12, 8]);
  const { random, tables } = changes.queries;
  const setup = await TextSession.open(engine);
  await loadTables(changes.queries, oracle, setup);
  await setup.close();
  const sessions: TextSession[] = [];
  for (const schema of SCHEMAS) {
    const session = await TextSession.open(engine);
    await must(session, `SET search_path = ${schema}, public`);
    sessions.push(session);
  }
  const everywhere = async (sql: string): Promise<void> => {
    await must(oracle, sql);
    for (const session of sessions) await must(session, sql);
  };
  const history: string[] = [];
  const compare = async (sql: string): Promise<string | 'same' | 'unjudged'> => {
    const expected = await oracle.run(sql);
    let worst: 'same' | 'unjudged' = 'same';
    for (const [i, session] of sessions.entries()) {
      const actual = await session.run(sql);
      const verdict = judge(expected, actual, false);
      if (verdict === 'unjudged') worst = 'unjudged';
      if (verdict !== 'wrong') continue;
      return (
        `-- SEED=${seed} in ${SCHEMAS[i]}\n${history.slice(-12).join(';\n')};\n${sql};\n` +
        `expected: ${printAnswer(expected, false)}\nactual:   ${printAnswer(actual, false)}`
      );
    }
    if (expected.kind === 'error') worst = 'unjudged';
    return worst;
  };
  for (let i = 0; i < count; i++) {
    await everywhere('BEGIN');
    history.push('BEGIN');
    for (let n = random.int(1, 4); n > 0; n--) {
      await everywhere('SAVEPOINT s');
      const sql = changes.statement();
      const found = await compare(sql);
      if (found !== 'same' && found !== 'unjudged') return found;
      const undo = found === 'unjudged' || random.chance(0.15);
      const end = undo ? 'ROLLBACK TO SAVEPOINT s' : 'RELEASE SAVEPOINT s';
      await everywhere(end);
      history.push('SAVEPOINT s', sql, end);
    }
    const end = random.chance(0.8) ? 'COMMIT' : 'ROLLBACK';
    await everywhere(end);
    history.push(end);
    if (random.chance(0.1)) await must(sessions[0] as TextSession, 'CHECKPOINT');
    for (const table of tables) {
      const found = await compare(`SELECT * FROM ${table.name}`);
      if (found !== 'same') return found;
      const counted = await compare(
        `SELECT count(*), sum(id), min(ts), max(ts) FROM ${table.name}`,
      );
      if (counted !== 'same') return counted;
      // Keeps the tables small.
      await everywhere(`DELETE FROM ${table.name} WHERE id > 5000 AND id % 3 = ${i % 3}`);
    }
  }
  for (const session of sessions) await session.close();
  return '';
}
