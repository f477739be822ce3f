/** INSERT ... VALUES read by kernels against the same statement on its ordinary way. */
import fc from '../../../support/fast-check.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';
import { rounds } from '../../../support/rounds.ts';

/** Statements of this length are tried without a syntax tree. */
const LONG = ' '.repeat(2048);
/** As long as the spaces, so that errors have the same position; comments are for the parser. */
const ORDINARY = `/*${LONG.slice(4)}*/`;

const TYPES: Record<string, readonly string[]> = {
  int2: ['1', '-5', "'7'", '40000', '1.5', "' 3 '"],
  int4: ['0', '-0', '2147483647', '-2147483648', "'12'", '1e3', '007'],
  int8: ['9007199254740993', "'-9223372036854775808'", '5', '9223372036854775808'],
  float4: ['1.1', "'2.5'", '-0.0', "'-0'", '1e39', '16777217'],
  float8: [
    '1.5',
    '-0',
    '-0.0',
    "'-0'",
    '.5',
    '5.',
    '1e5',
    '0.1234567890123456789',
    "'NaN'",
    '1e-400',
    '0x1F',
  ],
  text: ["'a'", "'it''s'", "'ü€😀'", "''", '1', "'back\\slash'", "'(1,2), ('", "E'a\\n'"],
  varchar: ["'a'", "'much longer than sixteen bytes'", 'true'],
  'varchar(3)': ["'abc'", "'abcd'", "'abc  '"],
  'char(4)': ["'a'", "'abcd'", "'abcdef'"],
  timestamptz: [
    "'2016-01-01 00:00:00+00'",
    "'2016-07-01 12:00'",
    "'infinity'",
    "'2016-13-01'",
    "'epoch'::timestamptz",
  ],
  'timestamp(0)': ["'2016-01-01 00:00:00.7'", "'2016-01-01'"],
  date: ["'2016-02-29'", "'2015-02-29'", "'1/2/2020'"],
  bool: ['true', 'FALSE', "'t'", "'no'", '1', "'x'", 'trues'],
  'numeric(6,2)': ['1.555', "'2.5'", '-3', '12345678', '1e2', '-inf'],
  jsonb: ['\'{"a": 1}\'', "'[1,2]'", "'{'", '5'],
  'int4[]': ["'{1,2}'", "'{1,x}'", '1'],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'zzz'"],
};
const NAMES = Object.keys(TYPES);

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await session.run("SET TimeZone = 'Europe/Berlin'");
  const columns = NAMES.map((type, i) => `c${i} ${type}`).join(', ');
  await session.run(
    `CREATE TABLE plain (${columns}, d int DEFAULT 7, n int NOT NULL DEFAULT 1 CHECK (n < 5))`,
  );
});
afterAll(() => engine.close());

async function outcomeOf(sql: string, table: string): Promise<unknown> {
  await session.run('BEGIN');
  const outcome = await session.run(sql);
  const rows = outcome.kind === 'error' ? undefined : await session.run(`SELECT * FROM ${table}`);
  await session.run('ROLLBACK');
  if (outcome.kind === 'error') {
    const { code, message, fields } = outcome.error;
    return { code, message, fields };
  }
  return { tag: outcome.result, rows: rows?.kind === 'error' ? rows.error : rows?.result.rows };
}

async function agree(statement: string, table = 'plain'): Promise<void> {
  const ordinary = await outcomeOf(ORDINARY + statement, table);
  for (const takesBytes of [true, false]) {
    session.takesBytes = takesBytes;
    expect(await outcomeOf(LONG + statement, table), statement).toEqual(ordinary);
  }
}

describe('a large INSERT of literals', () => {
  it('does what it does with a syntax tree', async () => {
    const names = fc.uniqueArray(fc.constantFrom(...NAMES.keys()), { minLength: 1, maxLength: 4 });
    const space = fc.constantFrom('', '', ' ', '\n\t');
    const statements = names.chain((positions) => {
      const cells = positions.map((position) => {
        const literals = TYPES[NAMES[position]];
        return fc.oneof(
          // The first literals of a type are good ones.
          { weight: 90, arbitrary: fc.constantFrom(...literals.slice(0, 2)) },
          { weight: 20, arbitrary: fc.constantFrom(...literals) },
          { weight: 10, arbitrary: fc.constantFrom('NULL', 'null') },
          {
            weight: 1,
            arbitrary: fc.constantFrom('DEFAULT', '1 + 1', "'a' 'b'", '--1', '$1', "'"),
          },
        );
      });
      const row = fc
        .tuple(fc.tuple(...cells), space, space, fc.integer({ min: 0, max: 60 }))
        .map(([values, before, after, chance]) => {
          const all = chance === 0 ? values.slice(1) : values;
          return `${before}(${after}${all.join(`${before},${after}`)}${before})${after}`;
        });
      const list = positions.map((position) => `c${position}`).join(', ');
      const tail = fc.constantFrom(
        '',
        '',
        '',
        ';',
        ' ; ',
        ' RETURNING d',
        ' returning *;',
        ' ON CONFLICT DO NOTHING',
        ' RETURNING x',
        ' RETURNING d; SELECT 1',
        ', ',
        ' -- end',
      );
      return fc
        .tuple(fc.array(row, { minLength: 1, maxLength: 12 }), tail)
        .map(([rows, end]) => `INSERT INTO plain (${list}) VALUES ${rows.join(',')}${end}`);
    });
    await fc.assert(
      fc.asyncProperty(statements, (statement) => agree(statement)),
      { numRuns: rounds(100) },
    );
  });

  it('has defaults, constraints and the errors of names', async () => {
    for (const statement of [
      'INSERT INTO plain (n) VALUES (1), (2)',
      'INSERT INTO plain (n) VALUES (1), (NULL)',
      'INSERT INTO plain (n) VALUES (1), (9)',
      'INSERT INTO plain VALUES (1), (2)',
      'insert into public.plain (D) values (3)',
      'INSERT INTO "plain" ("d", "n") VALUES (3, 4)',
      'INSERT INTO plain (d, d) VALUES (3, 4)',
      'INSERT INTO plain (x) VALUES (3)',
      'INSERT INTO nowhere VALUES (3)',
      'INSERT INTO plain (d) VALUES (3, 4)',
      'INSERT INTO pg_class VALUES (3)',
      "INSERT INTO plain (c0) VALUES (1), ('x')",
    ]) {
      await agree(statement);
    }
  });

  it('updates what conflicts, and returns what it did', async () => {
    await session.run('CREATE TABLE kept (id int PRIMARY KEY, n int, t text)');
    const rows = "(1, 10, 'a'), (2, 20, ') ON CONFLICT'), (3, 30, NULL)";
    for (const statement of [
      `INSERT INTO plain (d) VALUES (1), (2) RETURNING d, d + 1 AS more`,
      `INSERT INTO kept VALUES ${rows} RETURNING *`,
      `INSERT INTO kept VALUES ${rows}, (1, 2, 'b') ON CONFLICT DO NOTHING`,
      `INSERT INTO kept VALUES ${rows}, (1, 2, 'b') ON CONFLICT (id) DO UPDATE SET n = excluded.n`,
      `INSERT INTO kept (id, n) VALUES (5, 6), (6, 7)
         ON CONFLICT (id) DO UPDATE SET n = kept.n + excluded.n WHERE excluded.n < 7 RETURNING id, n, t`,
      `INSERT INTO kept VALUES ${rows}, (5, 5, 'five) returning') ON CONFLICT (id) DO UPDATE SET t = 'x) RETURNING 1';`,
      `INSERT INTO kept VALUES ${rows} ON CONFLICT (n) DO NOTHING`,
      `INSERT INTO kept VALUES ${rows} ON CONFLICT (id) DO UPDATE SET n = 1 / 0`,
      `INSERT INTO kept VALUES (5, 1, 'z') ON CONFLICT (id) DO UPDATE SET n = 1 / 0`,
      `INSERT INTO kept VALUES ${rows} RETURNING nothing`,
      `INSERT INTO kept VALUES ${rows} RETURNING $1`,
    ]) {
      await session.run("DELETE FROM kept; INSERT INTO kept VALUES (5, 50, 'old')");
      await agree(statement, 'kept');
    }
  });

  it('takes now for the time of its own transaction', async () => {
    await session.run('CREATE TABLE stamps (at timestamptz, at_default timestamptz DEFAULT now())');
    for (let i = 0; i < 3; i++) {
      await session.run(`INSERT INTO stamps (at) VALUES ('now'), ('now')${LONG}`);
    }
    const outcome = await session.run('SELECT count(*) FROM stamps WHERE at = at_default');
    if (outcome.kind === 'error') throw outcome.error;
    expect(outcome.result.rows).toEqual([['6']]);
  });

  it('reads many rows', async () => {
    await session.run('CREATE TABLE many (id int, label text, value float8, at timestamptz)');
    const rows = Array.from(
      { length: 40_000 },
      (_, i) =>
        `(${i}, 'label ${i % 100}', ${i / 8}, '2020-01-01 00:00:${String(i % 60).padStart(2, '0')}Z')`,
    );
    const outcome = await session.run(`INSERT INTO many VALUES ${rows.join(', ')}`);
    expect(outcome.kind).not.toBe('error');
    const sums = await session.run(
      'SELECT count(*), count(DISTINCT id), sum(id), sum(value), count(DISTINCT label), max(at) - min(at) FROM many',
    );
    if (sums.kind === 'error') throw sums.error;
    const sum = (40_000 * 39_999) / 2;
    expect(sums.result.rows).toEqual([
      ['40000', '40000', String(sum), String(sum / 8), '100', '00:00:59'],
    ]);
  });

  it('is prepared once and run often, beside statements that run once', async () => {
    await session.run('CREATE TABLE twice (time timestamptz NOT NULL, id int, label text)');
    await session.run(`SELECT create_hypertable('twice', by_range('time', INTERVAL '1 day'))`);
    const rows = (first: number): string =>
      Array.from(
        { length: 500 },
        (_, i) =>
          `('2020-01-01 00:${String(i % 60).padStart(2, '0')}Z', ${first + i}, 'l${i % 7}')`,
      ).join(', ');
    await session.session.parse('p', `INSERT INTO twice VALUES ${rows(0)}`, []);
    for (let round = 1; round <= 4; round++) {
      const once = await session.run(`INSERT INTO twice VALUES ${rows(round * 500)}`);
      expect(once.kind === 'result' && once.result.tag).toBe('INSERT 0 500');
      await session.session.bind('', 'p', [], []);
      await session.session.execute('', 0, session.sink());
      await session.session.sync(session.sink());
      const counts = await session.run(
        'SELECT id, count(*), min(label), max(label) FROM twice GROUP BY id ORDER BY id',
      );
      if (counts.kind === 'error') throw counts.error;
      const wanted = Array.from({ length: (round + 1) * 500 }, (_, id) => {
        const label = `l${(id % 500) % 7}`;
        return [String(id), id < 500 ? String(round) : '1', label, label];
      });
      expect(counts.result.rows).toEqual(wanted);
    }
    const bad = session.session.parse('', `INSERT INTO twice VALUES ${rows(0)}, ('x', 1, 'y')`, []);
    await expect(bad).rejects.toThrow(
      'invalid input syntax for type timestamp with time zone: "x"',
    );
  });
});
