/** ALTER TABLE beside other sessions, under the higher isolation levels, and over views. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
let other: TextSession;

beforeEach(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  other = await TextSession.open(engine);
  await ok('create table t (id int primary key, a int)');
  await ok('insert into t select i, i * 10 from generate_series(1, 5) i');
});

afterEach(async () => {
  await other.close();
  await session.close();
  await engine.close();
});

async function ok(sql: string, on = session): Promise<(string | null)[][]> {
  const outcome = await on.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

async function code(sql: string, on = session): Promise<string> {
  const outcome = await on.run(sql);
  return outcome.kind === 'error' ? outcome.code : 'ok';
}

test('waits for a writer and sees what it has written', async () => {
  await ok('begin', other);
  await ok('insert into t values (6, 60)', other);
  let done = false;
  const altering = ok('alter table t alter column a type text using (a + 1)::text').then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(done).toBe(false);
  await ok('commit', other);
  await altering;
  expect(await ok('select a from t order by id')).toEqual([
    ['11'],
    ['21'],
    ['31'],
    ['41'],
    ['51'],
    ['61'],
  ]);
});

test('a writer waits for it and then writes rows of the new shape', async () => {
  await ok('begin');
  await ok('alter table t add column b int default 7');
  const inserting = ok('insert into t values (6, 60) returning *', other);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await ok('commit');
  // The statement was analysed before the column came: its result type may not change underneath it.
  await inserting.catch((error: unknown) => expect((error as { code: string }).code).toBe('0A000'));
  await ok('insert into t values (7, 70)', other);
  expect(await ok('select b from t where id = 7')).toEqual([['7']]);
});

test.each(['repeatable read', 'serializable'])(
  'under %s it keeps rows newer than the snapshot',
  async (level) => {
    await ok('create table s (x int)');
    await ok(`begin isolation level ${level}`);
    await ok('select * from s');
    await ok('insert into t values (6, 60)', other);
    await ok('alter table t alter column a type bigint using a');
    await ok('alter table t add constraint pos check (a > 0)');
    expect(await code('commit')).toBe('ok');
    expect(await ok('select count(*), sum(a) from t')).toEqual([['6', '210']]);
  },
);

test('a reader goes on with the old shape until the commit', async () => {
  await ok('begin');
  await ok('alter table t drop column a');
  expect(await ok('select a from t where id = 1', other)).toEqual([['10']]);
  await ok('commit');
  expect(await code('select a from t', other)).toBe('42703');
});

test('a failed ALTER in a block leaves savepoints usable', async () => {
  await ok('begin');
  await ok('savepoint s');
  await ok('alter table t alter column a type text');
  expect(await code('alter table t alter column a type int')).toBe('42804');
  await ok('rollback to s');
  expect(await ok('select sum(a) from t')).toEqual([['150']]);
  await ok('alter table t add column c int default 1');
  await ok('commit');
  expect(await ok('select sum(a), sum(c) from t')).toEqual([['150', '5']]);
});

test('indexes answer rightly after a rewrite', async () => {
  await ok('create index t_a on t (a)');
  await ok('alter table t alter column a type text');
  expect(await ok(`select id from t where a = '30'`)).toEqual([['3']]);
  expect(await code(`insert into t values (3, 'dup')`)).toBe('23505');
  await ok('alter table t alter column id type bigint');
  expect(await code(`insert into t values (3, 'dup')`)).toBe('23505');
  expect(await ok('select a from t where id = 4')).toEqual([['40']]);
});

test('a rename that a view could only follow by guessing is refused, not guessed', async () => {
  await ok('create table u (id int, a int)');
  await ok(
    'create view v as select t.id from t where exists (select 1 from u where u.id = t.id and a > 5)',
  );
  const before = await ok('select * from v');
  const outcome = await code('alter table u rename column a to a2');
  expect(['ok', '0A000']).toContain(outcome);
  expect(await ok('select * from v')).toEqual(before);
});

test('a view joined with USING survives renames of both sides, or they are refused', async () => {
  await ok('create table u (id int, b int)');
  await ok('insert into u values (1, 100), (2, 200)');
  await ok('create view v as select * from t join u using (id) where b > 50 order by id');
  const before = await ok('select * from v');
  for (const sql of [
    'alter table u rename to u2',
    'alter table t rename column a to aa',
    'alter table t rename column id to key',
  ]) {
    expect(['ok', '0A000']).toContain(await code(sql));
    expect(await ok('select * from v')).toEqual(before);
  }
});

test('a view is not captured by a table of the same name in another schema', async () => {
  await ok('create schema first');
  await ok('set search_path = first, public');
  await ok('create view public.v as select * from t');
  await ok('create table t (id text)');
  expect(await ok('select count(*) from v')).toEqual([['5']]);
});

test('DROP waits for a writer, who may still do DDL of its own', async () => {
  await ok('begin', other);
  await ok('insert into t values (6, 60)', other);
  const dropping = code('drop table t');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await code('create table x (a int)', other)).toBe('ok');
  expect(await code('commit', other)).toBe('ok');
  expect(await dropping).toBe('ok');
  expect(await code('select * from t')).toBe('42P01');
  expect(await ok('select * from x')).toEqual([]);
});
