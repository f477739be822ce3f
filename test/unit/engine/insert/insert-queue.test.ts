import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../../src/engine/engine.ts';
import type { Engine, ResultSink } from '../../../../src/engine/session.ts';
import { DbError } from '../../../../src/errors/db-error.ts';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../../src/platform/package-path.ts';
import { TextSession } from '../../../support/text-session.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

let engine: Engine;
let client: TextSession;
let other: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  client = await TextSession.open(engine);
  other = await TextSession.open(engine);
});
afterAll(async () => {
  await client.close();
  await other.close();
  await engine.close();
});
beforeEach(async () => {
  await run(`DROP TABLE IF EXISTS plain, keyed, checked, h;
    CREATE TABLE plain (id int NOT NULL, t varchar(3), n numeric(5, 2) DEFAULT 7);
    CREATE TABLE keyed (id int PRIMARY KEY, t varchar(3), n numeric(5, 2));
    CREATE TABLE checked (id int CHECK (id > 0), t varchar(3), n numeric(5, 2));
    CREATE TABLE h (id timestamptz NOT NULL, t varchar(3), n numeric(5, 2))
      WITH (tsdb.hypertable, tsdb.partition_column = 'id')`);
});

async function run(sql: string, by = client): Promise<string> {
  const outcome = await by.run(sql);
  if (outcome.kind === 'error') return `${outcome.code} ${outcome.message}`;
  return outcome.result.rows.map((row) => row.join('|')).join(' ') || outcome.result.tag;
}

/** A statement and its parameters as text, or 'sync'. */
type Step = readonly [sql: string, ...parameters: (string | null)[]];
const SYNC: Step = ['sync'];

/**
 * The answers to messages of the extended protocol, those after an error left out up to a Sync. With
 * `apart` every statement is followed by a Parse, which lets none wait for another.
 */
async function pipeline(steps: readonly Step[], apart = false): Promise<string[]> {
  const { session } = client;
  const answers: string[] = [];
  const sink: ResultSink = { ...client.sink(), commandComplete: (tag) => void answers.push(tag) };
  const prepared = new Map<string, string>();
  let isSkipping = false;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      answers.push(`${error.code} ${error.message}`);
      session.failed(error);
      isSkipping = true;
    }
  };
  const execute = async ([sql, ...parameters]: Step): Promise<void> => {
    const name = prepared.get(sql) ?? `s${prepared.size}`;
    if (!prepared.has(sql)) {
      await session.parse(name, sql, []);
      prepared.set(sql, name);
    }
    const inputs = parameters.map((text) => ({
      format: 0 as const,
      bytes: text === null ? null : new TextEncoder().encode(text),
    }));
    await session.bind('', name, inputs, []);
    await session.execute('', 0, sink);
    if (apart) await session.parse('', '', []);
  };
  for (const step of steps) {
    if (step === SYNC) {
      isSkipping = false;
      await attempt(() => session.sync(sink));
      isSkipping = false;
    } else if (!isSkipping) await attempt(() => execute(step));
  }
  for (const name of prepared.values()) session.closeStatement(name);
  return answers;
}

const row = (table: string, ...values: (string | null)[]): Step => [
  `INSERT INTO ${table} VALUES ($1, $2, $3)`,
  ...values,
];

describe('INSERTs in a pipeline', () => {
  it('are seen by what follows them', async () => {
    const answers = await pipeline([
      row('plain', '1', 'a', '1.005'),
      row('plain', '2', null, null),
      ["INSERT INTO plain SELECT count(*), 'n' FROM plain"],
      row('plain', '4', 'd', '4'),
      SYNC,
    ]);
    expect(answers).toEqual(['INSERT 0 1', 'INSERT 0 1', 'INSERT 0 1', 'INSERT 0 1']);
    expect(await run('SELECT * FROM plain ORDER BY id, t')).toBe('1|a|1.01 2|n|7.00 2|| 4|d|4.00');
  });

  it('are seen by others after the Sync only', async () => {
    await pipeline([row('h', '2024-01-01', 'a', '1')]);
    expect(await run('SELECT count(*) FROM h', other)).toBe('0');
    await pipeline([row('h', '2024-01-02', 'b', '2'), SYNC]);
    expect(await run('SELECT count(*) FROM h', other)).toBe('2');
  });

  it('take more rows than wait together', async () => {
    const steps = Array.from({ length: 9000 }, (_, i) => row('plain', String(i), 'x', '1'));
    expect((await pipeline([...steps, SYNC])).length).toBe(9000);
    expect(await run('SELECT count(*), sum(id) FROM plain')).toBe('9000|40495500');
  });

  it('may have several rows and constants', async () => {
    const sql = "INSERT INTO plain (id, t) VALUES ($1, 'c'), ($2, NULL), (7, $3)";
    expect(await pipeline([[sql, '1', '2', 'z'], [sql, '3', '4', 'y'], SYNC])).toEqual([
      'INSERT 0 3',
      'INSERT 0 3',
    ]);
    expect(await run('SELECT * FROM plain ORDER BY 1, 2')).toBe(
      '1|c|7.00 2||7.00 3|c|7.00 4||7.00 7|y|7.00 7|z|7.00',
    );
  });

  it.each([
    ['a NULL', row('plain', null, 'a', '1'), '23502'],
    ['a long string', row('plain', '1', 'abcd', '1'), '22001'],
    ['a number out of range', row('plain', '1', 'a', '12345'), '22003'],
    ['a repeated key', row('keyed', '1', 'a', '1'), '23505'],
    ['a failed check', row('checked', '-1', 'a', '1'), '23514'],
    ['a NULL time', row('h', null, 'a', '1'), '23502'],
    ['no time', row('h', 'infinity', 'a', '1'), /^22/],
    ['no table', row('missing', '1', 'a', '1'), '42P01'],
    ['no number', row('plain', 'x', 'a', '1'), '22P02'],
  ])('fail at their place: %s', async (_name, bad, code) => {
    await run("INSERT INTO keyed VALUES (1, 'k', 1)");
    const answers = await pipeline([
      row('plain', '1', 'a', '1'),
      row('plain', '2', 'b', '1'),
      bad,
      row('plain', '3', 'c', '1'),
      SYNC,
      row('plain', '4', 'd', '1'),
      SYNC,
    ]);
    expect(answers.length).toBe(4);
    expect([answers[0], answers[1], answers[3]]).toEqual([
      'INSERT 0 1',
      'INSERT 0 1',
      'INSERT 0 1',
    ]);
    expect(answers[2]).toMatch(typeof code === 'string' ? new RegExp(`^${code}`) : code);
    expect(await run('SELECT id FROM plain')).toBe('4');
  });

  it('roll back to savepoints', async () => {
    await pipeline([
      ['BEGIN'],
      row('plain', '1', 'a', '1'),
      ['SAVEPOINT s'],
      row('plain', '2', 'b', '1'),
      SYNC,
      row('plain', '3', 'c', '1'),
      ['ROLLBACK TO s'],
      row('plain', '4', 'd', '1'),
      ['COMMIT'],
      SYNC,
    ]);
    expect(await run('SELECT id FROM plain ORDER BY 1')).toBe('1 4');
  });

  it('are refused where they are not allowed', async () => {
    const readOnly = await pipeline([
      ['BEGIN READ ONLY'],
      row('plain', '1', 'a', '1'),
      SYNC,
      ['ROLLBACK'],
      SYNC,
    ]);
    expect(readOnly[1]).toMatch(/^25006/);
    await run('DROP ROLE IF EXISTS reader; CREATE ROLE reader; SET ROLE reader');
    expect((await pipeline([row('plain', '1', 'a', '1'), SYNC]))[0]).toMatch(/^42501/);
    await run('RESET ROLE');
    expect(await run('SELECT count(*) FROM plain')).toBe('0');
  });

  it('follow a table that changes between them', async () => {
    const answers = await pipeline([
      row('plain', '1', 'a', '1'),
      SYNC,
      ['ALTER TABLE plain ADD UNIQUE (id)'],
      row('plain', '1', 'b', '2'),
      SYNC,
    ]);
    expect(answers[2]).toMatch(/^23505/);
  });

  it('are not told of a transaction that has failed', async () => {
    const answers = await pipeline([
      ['BEGIN'],
      row('plain', '1', 'a', '1'),
      ['SELECT 1 / 0'],
      SYNC,
      row('plain', '2', 'b', '1'),
      SYNC,
      ['COMMIT'],
      SYNC,
    ]);
    expect(answers.map((answer) => answer.slice(0, 8))).toEqual([
      'BEGIN',
      'INSERT 0',
      '22012 di',
      '25P02 cu',
      'ROLLBACK',
    ]);
    expect(await run('SELECT count(*) FROM plain')).toBe('0');
  });

  const seed = seedOf('insert queue');
  it(`answer as they would alone (SEED=${seed})`, async () => {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 4294967296) * below);
    };
    const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
    const value = (table: string): Step => {
      const id = table === 'h' ? `2024-01-0${1 + random(9)}` : String(random(40) - 1);
      const first = random(30) === 0 ? null : id;
      return row(table, first, pick(['a', 'bcd', null, 'long', 'x']), pick(['1', '2.345', null]));
    };
    for (let round = 0; round < rounds(15); round++) {
      const steps: Step[] = [];
      for (let i = random(40); i >= 0; i--) {
        const table = pick(['plain', 'h', 'h', 'keyed', 'checked']);
        const kind = random(20);
        if (kind < 15) for (let n = random(4); n >= 0; n--) steps.push(value(table));
        else if (kind < 17) steps.push(SYNC);
        else {
          steps.push([
            pick([
              'BEGIN',
              'COMMIT',
              'SAVEPOINT s',
              'ROLLBACK TO s',
              `DELETE FROM ${table} WHERE n > 2`,
              `UPDATE ${table} SET t = 'u' WHERE n = 1`,
            ]),
          ]);
        }
      }
      steps.push(SYNC, ['ROLLBACK'], SYNC);
      const results: unknown[] = [];
      for (const apart of [false, true]) {
        await run('TRUNCATE plain, keyed, checked, h');
        const answers = await pipeline(steps, apart);
        const tables = [];
        for (const table of ['plain', 'h', 'keyed', 'checked'])
          tables.push(await run(`SELECT * FROM ${table} ORDER BY 1, 2, 3`));
        results.push({ answers, tables });
      }
      expect(results[0], `round ${round}`).toEqual(results[1]);
    }
  });
});
