/** The engine as a library: `import { open } from 'varve'`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { DbError, open } from '../../src/embed.ts';

const ROOT = join(import.meta.dirname, '../..');
const directories: string[] = [];

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'varve-embed-'));
  directories.push(directory);
  return directory;
}

afterEach(() => {
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
});

describe('open', () => {
  it('queries in memory with parameters and plain JavaScript values', async () => {
    const db = await open({ memory: true });
    await db.query(
      'CREATE TABLE t (id int PRIMARY KEY, name text, at timestamptz, big int8, doc jsonb, tags text[])',
    );
    const at = new Date('2026-01-02T03:04:05.678Z');
    const inserted = await db.query('INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)', [
      1,
      "it's",
      at,
      2n ** 60n,
      '{"a": [1, null]}',
      ['x', 'a "b"', null],
    ]);
    expect(inserted.command).toBe('INSERT 0 1');
    const { rows, fields } = await db.query(
      'SELECT *, 1.5::numeric AS n FROM t WHERE id = $1',
      [1],
    );
    expect(rows).toEqual([
      {
        id: 1,
        name: "it's",
        at,
        big: 2n ** 60n,
        doc: { a: [1, null] },
        tags: '{x,"a \\"b\\"",NULL}',
        n: '1.5',
      },
    ]);
    expect(fields.map((field) => field.typeOid)).toEqual([23, 25, 1184, 20, 3802, 1009, 1700]);
    await db.close();
  });

  it('throws DbError with the SQLSTATE and goes on', async () => {
    const db = await open({ memory: true });
    const failure = await db.query('SELECT * FROM missing').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DbError);
    expect((failure as DbError).code).toBe('42P01');
    await expect(db.query('SELECT $1::int / 0', [1])).rejects.toMatchObject({ code: '22012' });
    expect((await db.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await db.close();
    await expect(db.query('SELECT 1')).rejects.toMatchObject({ code: '08003' });
  });

  it('keeps data in a directory and refuses a second opener', async () => {
    const path = temporaryDirectory();
    const db = await open({ path });
    await db.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)');
    await expect(open({ path })).rejects.toBeInstanceOf(DbError);
    await db.close();
    const again = await open({ path });
    expect((await again.query('SELECT sum(a)::int AS s FROM t')).rows).toEqual([{ s: 3 }]);
    await again.close();
  });

  it('takes its time from the given clock', async () => {
    const clock = { nowMicros: () => 86_400_000_000, monotonicMs: () => performance.now() };
    const db = await open({ memory: true, clock });
    expect((await db.query('SELECT now() AS now')).rows).toEqual([
      { now: new Date('2000-01-02T00:00:00Z') },
    ]);
    await db.close();
  });

  it('lets drivers in while it is used', async () => {
    const db = await open({ memory: true });
    await db.query('CREATE TABLE t (a int)');
    const { port } = await db.listen({ port: 0 });
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      database: 'postgres',
    });
    await client.connect();
    await client.query('INSERT INTO t VALUES (7)');
    expect((await db.query('SELECT a FROM t')).rows).toEqual([{ a: 7 }]);
    await client.end();
    await db.close();
  });

  it('needs either a path or memory', async () => {
    await expect(open({})).rejects.toMatchObject({ code: '22023' });
    await expect(open({ path: '/tmp/x', memory: true })).rejects.toMatchObject({ code: '22023' });
  });
});

describe('the package', () => {
  it("is imported as 'varve' by a program beside it", () => {
    const program = join(ROOT, 'test/embed/.program.mjs');
    writeFileSync(
      program,
      "import { open } from 'varve';\nconst db = await open({ memory: true });\nconsole.log(JSON.stringify((await db.query('SELECT 1 + 1 AS two')).rows));\nawait db.close();\n",
    );
    try {
      const run = spawnSync(process.execPath, [program], { cwd: ROOT, encoding: 'utf8' });
      expect(run.stderr).toBe('');
      expect(run.stdout.trim()).toBe('[{"two":2}]');
    } finally {
      rmSync(program);
    }
  });
});
