/**
 * Random queries over more rows than their memory holds, against PostgreSQL (PGlite) and against the
 * same queries with plenty of memory: sorts, groups, distinct rows, joins of all types, set operations,
 * CTEs and windows, over ordinary tables and hypertables. VARVE_QUERIES and SEED as in random.test.ts.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Disk } from '../../src/base/env.ts';
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { PgliteOracle, type OracleOutcome } from '../support/pglite-oracle.ts';
import { TextSession, type Outcome } from '../support/text-session.ts';
import { SeededRandom } from './seeded-random.ts';
import { printedSeed } from '../support/seed.ts';

const QUERIES = Math.ceil(Number(process.env.VARVE_QUERIES ?? 700) / 20);

/** An engine on disk that counts its temporary files. */
async function diskEngine(path: string, onFile: () => void): Promise<Engine> {
  const env = createNodeEnv({ logLevel: 'error' });
  const disk: Disk = {
    ...env.disk,
    open(file, mode) {
      if (file.includes('pgsql_tmp')) onFile();
      return env.disk.open(file, mode);
    },
  };
  return await openEngine({
    env: { ...env, disk },
    path,
    systemSqlPath: systemSqlPath(),
    flushRows: 2500,
  });
}

const COLUMNS = `
  id int NOT NULL, k int, d int, n numeric, t text, b bigint, v float8,
  ts timestamptz NOT NULL`;

function fill(table: string, from: number, count: number, salt: number): string {
  return `INSERT INTO ${table} SELECT i,
    nullif((i * 7919 + ${salt}) % 4001, 17), (i * 31 + ${salt}) % 7,
    nullif(((i * 104729) % 997)::numeric / 4, 3), nullif('text ' || (i * 37) % 2003, 'text 5'),
    CASE WHEN i % 11 = 0 THEN 4611686018427387904 + i % 5 ELSE (i * 13) % 509 END,
    ((i * 271) % 1000)::float8 / 4, '2024-01-01'::timestamptz + i * interval '7 minutes'
    FROM generate_series(${from}, ${from + count - 1}) i`;
}

const KEYS = ['k', 'd', 'n', 't', 'b', 'v', 'k % 1000', "coalesce(t, 'none')", 'ts'];
const AGGREGATES = [
  'count(*)',
  'sum(k)',
  'sum(v)',
  'min(t)',
  'max(n)',
  'avg(n)',
  'count(DISTINCT k)',
  'sum(DISTINCT d)',
  'count(t) FILTER (WHERE d > 2)',
  'array_agg(id ORDER BY id)',
  "string_agg(t, ',' ORDER BY id DESC)",
  'percentile_disc(0.5) WITHIN GROUP (ORDER BY id)',
  'bool_or(d = 3)',
];

class SpillingQueries {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): string {
    return this.#random.pick([
      () => this.#sort(),
      () => this.#group(),
      () => this.#bucket(),
      () => this.#distinct(),
      () => this.#join(),
      () => this.#membership(),
      () => this.#setOperation(),
      () => this.#cte(),
      () => this.#window(),
    ])();
  }

  #table(): string {
    return this.#random.pick(['a', 'b', 'ha', 'hb']);
  }

  #keys(most = 3): string[] {
    const count = this.#random.int(1, most);
    return Array.from({ length: count }, () => this.#random.pick(KEYS));
  }

  #sort(): string {
    const keys = this.#keys().map(
      (key) =>
        key +
        this.#random.pick(['', ' DESC']) +
        this.#random.pick(['', ' NULLS FIRST', ' NULLS LAST']),
    );
    const limit = this.#random.pick(['', '', ' LIMIT 2500 OFFSET 100', ' LIMIT 10']);
    if (this.#random.chance(0.2)) {
      return `SELECT DISTINCT ON (${keys[0].split(' ')[0]}) id, t FROM ${this.#table()} ORDER BY ${keys[0].split(' ')[0]}, ${keys.join(', ')}, id`;
    }
    return `SELECT * FROM ${this.#table()} ORDER BY ${keys.join(', ')}, id${limit}`;
  }

  #group(): string {
    const keys = [...new Set(this.#keys())];
    const calls = Array.from({ length: this.#random.int(1, 3) }, () =>
      this.#random.pick(AGGREGATES),
    );
    const sets = this.#random.pick(['', '', 'ROLLUP', 'CUBE']);
    const list = sets === '' ? keys.join(', ') : `${sets}(${keys.join(', ')})`;
    return `SELECT ${[...keys, ...calls].join(', ')} FROM ${this.#table()} GROUP BY ${list} -- unordered`;
  }

  /** Groups that storage answers with summaries where it can. */
  #bucket(): string {
    const width = this.#random.pick(['hour', 'day', 'minute']);
    const key = this.#random.pick(['d', 'd', 'd, k % 3', 'k']);
    return `SELECT ${key}, date_trunc('${width}', ts), count(*), sum(v), max(k), min(v)
      FROM ${this.#random.pick(['ha', 'hb'])} WHERE id < 100000
      GROUP BY ${key}, date_trunc('${width}', ts) -- unordered`;
  }

  #distinct(): string {
    if (this.#random.chance(0.4)) {
      return `SELECT count(DISTINCT ${this.#keys(1)[0]}), count(DISTINCT t), sum(DISTINCT b) FROM ${this.#table()}`;
    }
    return `SELECT DISTINCT ${this.#keys().join(', ')} FROM ${this.#table()} -- unordered`;
  }

  #join(): string {
    const type = this.#random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const keys = [...new Set(['id', ...this.#keys(2)])].slice(this.#random.int(0, 1));
    const on = keys.map((key) => `${qualified(key, 'x')} = ${qualified(key, 'y')}`);
    // Few keys make many pairs: those stay within one day.
    if (keys.every((key) => key !== 'id' && key !== 'ts')) on.push('x.ts::date = y.ts::date');
    if (type !== 'FULL JOIN' && this.#random.chance(0.3)) on.push('x.d <> y.d + 1');
    return `SELECT x.id, y.id, x.t, y.n FROM ${this.#table()} x ${type} ${this.#table()} y
      ON ${on.join(' AND ')} -- unordered`;
  }

  #membership(): string {
    const key = this.#random.pick(['k', 't', 'b', 'id']);
    const inner = this.#random.pick([
      `EXISTS (SELECT 1 FROM ${this.#table()} y WHERE y.${key} = x.${key} AND y.d < 5)`,
      `NOT EXISTS (SELECT 1 FROM ${this.#table()} y WHERE y.${key} = x.${key} AND y.d < 5)`,
      `${key} IN (SELECT ${key} FROM ${this.#table()} WHERE d < 4)`,
      `${key} NOT IN (SELECT ${key} FROM ${this.#table()} WHERE d < 4 AND ${key} IS NOT NULL)`,
    ]);
    return `SELECT id, ${key} FROM ${this.#table()} x WHERE ${inner} -- unordered`;
  }

  #setOperation(): string {
    const operation = this.#random.pick(['UNION', 'INTERSECT', 'EXCEPT']);
    const all = this.#random.pick(['', ' ALL']);
    const keys = this.#keys(2).join(', ');
    return `SELECT ${keys} FROM ${this.#table()} ${operation}${all} SELECT ${keys} FROM ${this.#table()} -- unordered`;
  }

  #cte(): string {
    return `WITH c AS MATERIALIZED (SELECT id, k, t, n FROM ${this.#table()})
      SELECT x.id, x.t, y.n FROM c x JOIN c y ON x.id = y.k ORDER BY 1, 3`;
  }

  #window(): string {
    const [partition, order] = [this.#random.pick(KEYS), this.#random.pick(KEYS)];
    const call = this.#random.pick(['row_number()', 'sum(d)', 'lag(t)', 'rank()', 'count(*)']);
    return `SELECT id, ${call} OVER (PARTITION BY ${partition} ORDER BY ${order}, id)
      FROM ${this.#table()} -- unordered`;
  }
}

function qualified(key: string, alias: string): string {
  return key.replace(/\b([kdntbv]|id|ts)\b(?!')/g, `${alias}.$1`);
}

function printed(outcome: OracleOutcome | Outcome, ordered: boolean): string {
  if (outcome.kind === 'error') return `ERROR ${outcome.code} ${outcome.message}`;
  const { rows, tag } = outcome.result;
  const lines = rows.map((row) => row.map((value) => value ?? '<null>').join('|'));
  if (!ordered) lines.sort();
  return [...lines, tag].join('\n');
}

test('queries that spill', { timeout: 120_000 + QUERIES * 2000 }, async () => {
  const random = new SeededRandom(printedSeed('queries that spill'));
  const path = mkdtempSync(join(tmpdir(), 'varve-spill-'));
  let files = 0;
  const engine = await diskEngine(path, () => files++);
  const oracle = await PgliteOracle.open();
  const session = await TextSession.open(engine);
  for (const [table, from, count, salt] of [
    ['a', 1, 6000, 1],
    ['b', 3000, 5000, 2],
    ['ha', 1, 6000, 3],
    ['hb', 2000, 5000, 4],
  ] as const) {
    const hyper = table.startsWith('h') ? " WITH (tsdb.hypertable, tsdb.segmentby = 'd')" : '';
    const created = await session.run(`CREATE TABLE ${table} (${COLUMNS})${hyper}`);
    expect(printed(created, true)).toBe('CREATE TABLE');
    await oracle.run(`CREATE TABLE ${table} (${COLUMNS})`);
    for (const side of [session, oracle]) {
      expect((await side.run(fill(table, from, count, salt))).kind).toBe('result');
    }
  }
  const queries = new SpillingQueries(random);
  let spilled = 0;
  for (let i = 0; i < QUERIES; i++) {
    const query = queries.next();
    const ordered = !query.includes('-- unordered');
    const expected = printed(await oracle.run(query), ordered);
    await session.run("SET work_mem = '1GB'; SET hash_mem_multiplier = 2");
    expect(printed(await session.run(query), ordered), query).toBe(expected);
    await session.run("SET work_mem = '64kB'; SET hash_mem_multiplier = 1");
    const before = files;
    expect(printed(await session.run(query), ordered), query).toBe(expected);
    if (files > before) spilled++;
    expect(readdirSync(join(path, 'pgsql_tmp')), query).toEqual([]);
  }
  expect(spilled).toBeGreaterThan(QUERIES / 3);
  await session.session.close();
  await engine.close();
  await oracle.close();
  rmSync(path, { recursive: true });
});
