import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useServer } from './support/server.ts';

const server = useServer();
let sql: postgres.Sql;

beforeAll(() => {
  sql = postgres({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    max: 1,
    onnotice: () => undefined,
  });
});

afterAll(async () => {
  await sql.end();
});

async function code(query: PromiseLike<unknown>): Promise<string> {
  try {
    await query;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
}

describe('postgres.js', () => {
  it('binds by the types that the server describes', async () => {
    const rows =
      await sql`SELECT ${1}::int4 AS i, ${'x'} AS t, ${new Date(5000)}::timestamptz AS z, ${sql.json({ a: [1] })}::jsonb AS j`;
    expect([...rows]).toEqual([{ i: 1, t: 'x', z: new Date(5000), j: { a: [1] } }]);
  });

  it('pipelines statements on one connection', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => sql`SELECT ${i}::int4 AS n`),
    );
    expect(answers.map(([row]) => row?.['n'])).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('keeps the others going when one of many fails', async () => {
    const outcomes = await Promise.all([
      code(sql`SELECT 1`),
      code(sql`SELECT 1/0`),
      code(sql`SELECT nothing`),
      code(sql`SELECT 2`),
    ]);
    expect(outcomes).toEqual(['no error', '22012', '42703', 'no error']);
  });

  it('reads by a cursor and leaves it early', async () => {
    const sizes: number[] = [];
    for await (const rows of sql`SELECT i FROM generate_series(1, 25) AS i`.cursor(10))
      sizes.push(rows.length);
    expect(sizes).toEqual([10, 10, 5]);
    for await (const rows of sql`SELECT i FROM generate_series(1, 25) AS i`.cursor(10)) {
      expect(rows).toHaveLength(10);
      break;
    }
    expect((await sql`SELECT 1 AS n`)[0]).toEqual({ n: 1 });
  });

  it('commits and rolls back', async () => {
    await sql`CREATE TABLE moves (n int)`;
    await sql.begin(async (tx) => {
      await tx`INSERT INTO moves VALUES (1), (2)`;
    });
    const failed = sql.begin(async (tx) => {
      await tx`INSERT INTO moves VALUES (3)`;
      await tx`SELECT 1/0`;
    });
    expect(await code(failed)).toBe('22012');
    expect((await sql`SELECT sum(n)::int4 AS s FROM moves`)[0]).toEqual({ s: 3 });
  });

  it('copies in and out', async () => {
    await sql`CREATE TABLE copied (n int, t text)`;
    // Few bytes: this driver can leave its socket paused after a COPY out that fills its stream.
    const lines = Array.from({ length: 500 }, (_, i) => `${i}\tline ${i}\n`);
    await pipeline(Readable.from(lines), await sql`COPY copied FROM STDIN`.writable());
    expect((await sql`SELECT count(*)::int4 AS c, sum(n)::int4 AS s FROM copied`)[0]).toEqual({
      c: 500,
      s: 124_750,
    });
    let text = '';
    for await (const part of await sql`COPY copied TO STDOUT`.readable()) text += String(part);
    expect(text.split('\n').toSorted()).toEqual(
      ['', ...lines.map((line) => line.trimEnd())].toSorted(),
    );
  });

  it('cancels', async () => {
    const slow = sql`SELECT pg_sleep(20)`;
    setTimeout(() => slow.cancel(), 50);
    expect(await code(slow)).toBe('57014');
    expect((await sql`SELECT 1 AS n`)[0]).toEqual({ n: 1 });
  });
});
