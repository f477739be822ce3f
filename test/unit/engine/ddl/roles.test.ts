/** What roles store, and what two sessions with different roles may do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import {
  base64Decode,
  base64Encode,
  scramVerifier,
} from '../../../../src/platform/scram-crypto.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

let engine: Engine;
let session: TextSession;

beforeEach(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});

afterEach(async () => {
  await session.close();
  await engine.close();
});

async function ok(sql: string, on = session): Promise<(string | null)[][]> {
  const outcome = await on.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

async function failure(
  sql: string,
  on = session,
): Promise<{ code: string; message: string; detail: string | undefined }> {
  const outcome = await on.run(sql);
  if (outcome.kind === 'result') throw new Error(`no error from ${sql}`);
  return { code: outcome.code, message: outcome.message, detail: outcome.error.fields.detail };
}

async function sessionOf(user: string): Promise<TextSession> {
  const options = {
    user,
    database: 'postgres',
    settings: [],
    clientAddress: null,
    clientPort: null,
  };
  return new TextSession(await engine.createSession(options));
}

describe('passwords', () => {
  test('are stored as a verifier that the same password makes again', async () => {
    await ok(`create role r login password 'pässword'`);
    const { verifier } = engine.loginRole('r');
    const match = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(verifier ?? '');
    const salt = base64Decode(match?.[1] ?? '');
    expect(salt?.length).toBe(16);
    expect(await scramVerifier('pässword', salt as Uint8Array)).toBe(verifier);
    expect(await scramVerifier('other', salt as Uint8Array)).not.toBe(verifier);
  });

  test('a verifier is stored as it is, NULL and the empty string clear it', async () => {
    const verifier = await scramVerifier('x', new Uint8Array(16).fill(7));
    await ok(`create role r login password '${verifier}'`);
    expect(engine.loginRole('r').verifier).toBe(verifier);
    await ok('alter role r password null');
    expect(engine.loginRole('r').verifier).toBeNull();
    await ok(`alter role r password 'y'`);
    await ok(`alter role r password ''`);
    expect(engine.loginRole('r').verifier).toBeNull();
  });

  test('two roles with one password have different salts', async () => {
    await ok(`create role a login password 'same'; create role b login password 'same'`);
    expect(engine.loginRole('a').verifier).not.toBe(engine.loginRole('b').verifier);
    expect(base64Encode(new Uint8Array([1]))).toBe('AQ==');
  });

  test('an MD5 verifier is refused rather than stored for a login that cannot work', async () => {
    const md5 = `md5${'0'.repeat(32)}`;
    expect((await failure(`create role r password '${md5}'`)).code).toBe('0A000');
  });
});

test('ALTER ROLE and ALTER DATABASE SET give new sessions their settings', async () => {
  await ok(`create role r login`);
  await ok(`alter database postgres set work_mem = '7MB'`);
  await ok(`alter role all set statement_timeout = '5min'`);
  await ok(`alter role r set work_mem = '9MB'`);
  await ok(`alter role r set search_path = a, "B c"`);
  const other = await sessionOf('r');
  expect(await ok('show work_mem', other)).toEqual([['9MB']]);
  expect(await ok('show statement_timeout', other)).toEqual([['5min']]);
  expect(await ok('show search_path', other)).toEqual([['a, "B c"']]);
  await other.close();
  await ok('alter role r reset all');
  const again = await sessionOf('r');
  expect(await ok('show work_mem', again)).toEqual([['7MB']]);
  await again.close();
});

test('a role that owns or holds something cannot be dropped', async () => {
  await ok(
    'create role r; create table t (a int); grant select on t to r; create schema s authorization r',
  );
  const { code, detail } = await failure('drop role r');
  expect(code).toBe('2BP01');
  expect(detail?.split('\n').toSorted()).toEqual(['owner of schema s', 'privileges for table t']);
  await ok('revoke select on t from r; drop schema s; drop role r');
});

test('privileges follow a role through its renaming', async () => {
  await ok('create role r login; create table t (a int); grant select on t to r with grant option');
  await ok('alter role r rename to "R 2"');
  expect(await ok(`select relacl from pg_class where relname = 't'`)).toEqual([
    ['{postgres=arwdDxt/postgres,"\\"R 2\\"=r*/postgres"}'],
  ]);
  const other = await sessionOf('R 2');
  expect(await ok('select * from t', other)).toEqual([]);
  expect((await failure('insert into t values (1)', other)).message).toBe(
    'permission denied for table t',
  );
  await other.close();
});

test('a view reads with the rights of its owner, as they are now', async () => {
  await ok('create role r login; create role o; create table t (a int); insert into t values (1)');
  await ok('create view v as select a from t; grant select on v to r; grant select on t to o');
  const other = await sessionOf('r');
  expect(await ok('select * from v', other)).toEqual([['1']]);
  expect((await failure('select * from t', other)).code).toBe('42501');
  await ok('alter view v owner to o');
  expect(await ok('select * from v', other)).toEqual([['1']]);
  await ok('revoke select on t from o');
  expect((await failure('select * from v', other)).message).toBe('permission denied for table t');
  await other.close();
});

test('functions with effects ask for rights', async () => {
  await ok(
    `create role r login; create table h (time timestamptz not null, v int); select create_hypertable('h', 'time')`,
  );
  await ok('create table p (time timestamptz not null)');
  const other = await sessionOf('r');
  expect((await failure(`select create_hypertable('p', 'time')`, other)).code).toBe('42501');
  expect((await failure(`select drop_chunks('h', now())`, other)).code).toBe('42501');
  expect((await failure('checkpoint', other)).code).toBe('42501');
  const pid = (await ok('select pg_backend_pid()'))[0]?.[0];
  expect((await failure(`select pg_terminate_backend(${pid})`, other)).message).toBe(
    'must be a superuser to terminate superuser process',
  );
  await other.close();
});

test('SET SESSION AUTHORIZATION changes what SET ROLE may do', async () => {
  await ok('create role a; create role b; grant a to b');
  await ok('set session authorization b');
  expect(await ok('select session_user, current_user')).toEqual([['b', 'b']]);
  await ok('set role a');
  expect((await failure('set role postgres')).code).toBe('42501');
  await ok('reset session authorization');
  expect(await ok('select session_user, current_user')).toEqual([['postgres', 'postgres']]);
});

test('CONNECT may be taken from PUBLIC', async () => {
  await ok('create role r login');
  await (await sessionOf('r')).close();
  await ok('revoke connect on database postgres from public');
  await expect(sessionOf('r')).rejects.toMatchObject({ code: '42501' });
  await (await sessionOf('postgres')).close();
  await ok('grant connect on database postgres to r');
  await (await sessionOf('r')).close();
});
