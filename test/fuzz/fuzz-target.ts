/** An engine under random statements: every outcome but a clean one, in good time, is a finding. */
import { writeFileSync } from 'node:fs';
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { TextSession } from '../support/text-session.ts';

/** What no statement may take, time-out (1 s) included; the machine may be busy. */
const SLOW_MS = 3_000;

const TABLES = `
CREATE TABLE fuzz_table (
  b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, n2 numeric(10,2), t text,
  v varchar(20), c char(5), y bytea, d date, tm time, tz timetz, ts timestamp, tstz timestamptz,
  iv interval, u uuid, j json, jb jsonb, ip inet, ci cidr, ia int[], ta text[]);
CREATE TABLE fuzz_hyper (ts timestamptz NOT NULL, i4 int4, f8 float8, t text, jb jsonb);
SELECT create_hypertable('fuzz_hyper', 'ts', chunk_time_interval => interval '1 day');
CREATE TABLE fuzz_keys (id int PRIMARY KEY, name text UNIQUE DEFAULT 'x', amount numeric CHECK (amount > 0));
INSERT INTO fuzz_table (i4) VALUES (NULL);
INSERT INTO fuzz_table VALUES
 (true, 32767, 2147483647, 9223372036854775807, 3e38, 1e308, 'NaN', 1.5, 'abc', 'v', 'c', '\\x00ff',
  '2024-02-29', '24:00', '12:00+15:59', 'infinity', '-infinity', '178000000 years',
  '00000000-0000-0000-0000-000000000000', '{"a":1}', '{"a":[1,2]}', '::1', '10.0.0.0/8', '{1,2}', '{a,NULL}'),
 (false, -32768, -2147483648, -9223372036854775808, 'NaN', '-Infinity', 'Infinity', -1.5, '', '', '', '',
  '-infinity', '00:00', '00:00-15:59', '4713-01-01 BC', '294276-12-31', '-1 month',
  'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]', 'null', '0.0.0.0', '0.0.0.0/0', '{}', '{}');
INSERT INTO fuzz_hyper SELECT timestamptz '2024-01-01 00:00+00' + g * interval '1 hour', g, g / 7.0,
  'd' || g % 3, jsonb_build_object('g', g) FROM generate_series(1, 200) g;
INSERT INTO fuzz_keys VALUES (1, 'a', 1), (2, 'b', 2);`;

export interface Finding {
  readonly sql: string;
  readonly what: string;
}

export class FuzzTarget {
  engine: Engine;
  #session: TextSession;
  readonly #trace = process.env.FUZZ_TRACE;
  /** Outcomes by SQLSTATE, to see that the statements reach something. */
  readonly outcomes = new Map<string, number>();

  constructor(engine: Engine, session: TextSession) {
    this.engine = engine;
    this.#session = session;
  }

  static async open(): Promise<FuzzTarget> {
    const engine = await quietEngine();
    const target = new FuzzTarget(engine, await TextSession.open(engine));
    const made = await target.#session.run(TABLES);
    if (made.kind === 'error') throw made.error;
    await target.#session.run("SET statement_timeout = '1s'");
    return target;
  }

  /** Runs one message; `wrapped` undoes what it did. */
  async run(sql: string, wrapped = false): Promise<Finding | undefined> {
    if (this.#trace !== undefined) writeFileSync(this.#trace, sql);
    const started = performance.now();
    const finding = await this.#outcome(wrapped ? `BEGIN; ${sql}` : sql);
    const took = performance.now() - started;
    await this.#session.run('ROLLBACK');
    if (finding !== undefined) return { sql, what: finding };
    return took > SLOW_MS ? { sql, what: `took ${Math.round(took)} ms` } : undefined;
  }

  async #outcome(sql: string): Promise<string | undefined> {
    try {
      const outcome = await this.#session.run(sql);
      const code = outcome.kind === 'error' ? outcome.code : '00000';
      this.outcomes.set(code, (this.outcomes.get(code) ?? 0) + 1);
      if (outcome.kind === 'result' || outcome.code !== 'XX000') return undefined;
      const cause = outcome.error.cause;
      return cause instanceof Error ? (cause.stack ?? cause.message) : outcome.message;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('COPY is not part')) return undefined;
      return `not a DbError: ${error instanceof Error ? error.stack : String(error)}`;
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.engine.close();
  }
}

/** An engine in memory whose log is not shown: findings are reported once, by the test. */
export async function quietEngine(): Promise<Engine> {
  const env = createNodeEnv({ logLevel: 'error' });
  const drop = (): void => undefined;
  const log = { debug: drop, info: drop, warn: drop, error: drop };
  return await openEngine({
    env: { ...env, log },
    path: undefined,
    systemSqlPath: systemSqlPath(),
  });
}

/** Findings as text, one for each distinct place. */
export function printFindings(findings: readonly Finding[]): string {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const key = finding.what
      .split('\n')
      .slice(0, 2)
      .join('\n')
      .replaceAll(/\d+ ms/g, '');
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()]
    .map(({ sql, what }) => `${sql.slice(0, 600)}\n  ${what.split('\n').slice(0, 6).join('\n  ')}`)
    .join('\n\n');
}
