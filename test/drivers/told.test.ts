/** What clients are told beside results: notices with their SQLSTATE, details of errors, notifications, the end. */
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useServer } from './support/server.ts';

const server = useServer();
let client: pg.Client;
let notices: string[];

const connect = async (): Promise<pg.Client> => {
  const made = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
  });
  await made.connect();
  return made;
};

beforeEach(async () => {
  client = await connect();
  notices = [];
  client.on('notice', ({ code, message, detail }) => {
    notices.push([code, message, detail].filter((part) => part !== undefined).join('\n'));
  });
  await client.query('create schema s; create schema hidden; set search_path = s');
});

afterEach(async () => {
  await client.query('set client_min_messages = error; drop schema s, hidden cascade');
  await client.end();
});

async function failure(sql: string): Promise<pg.DatabaseError> {
  const outcome = await client.query(sql).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(pg.DatabaseError);
  return outcome as pg.DatabaseError;
}

describe('notices', () => {
  it('have the SQLSTATE of what they are about', async () => {
    await client.query('create table t (a int); create index i on t (a); create sequence q');
    await client.query('create table if not exists t (b int)');
    await client.query('create table if not exists t as select 1');
    await client.query('create index if not exists i on t (a)');
    await client.query('create sequence if not exists q');
    await client.query('create schema if not exists s');
    await client.query('alter table t add column if not exists a int');
    await client.query('drop table if exists missing, nowhere.missing');
    expect(notices).toEqual([
      '42P07\nrelation "t" already exists, skipping',
      '42P07\nrelation "t" already exists, skipping',
      '42P07\nrelation "i" already exists, skipping',
      '42P07\nrelation "q" already exists, skipping',
      '42P06\nschema "s" already exists, skipping',
      '42701\ncolumn "a" of relation "t" already exists, skipping',
      '00000\ntable "missing" does not exist, skipping',
      '00000\nschema "nowhere" does not exist, skipping',
    ]);
  });
});

describe('DROP names all that depends, without the schema where the path leads to it', () => {
  beforeEach(async () => {
    await client.query(`
      create table t (a serial, "B" int);
      create view v as select a, "B" from t;
      create view hidden.w as select a from t;
      create view "V 2" as select a from v;
      create table u (a int default nextval('t_a_seq'))`);
  });

  it('refuses without CASCADE', async () => {
    const table = await failure('drop table t');
    expect(table.code).toBe('2BP01');
    expect(table.message).toBe('cannot drop table t because other objects depend on it');
    expect(table.detail?.split('\n').sort()).toEqual([
      'default value for column a of table u depends on sequence t_a_seq',
      'view "V 2" depends on view v',
      'view hidden.w depends on table t',
      'view v depends on table t',
    ]);
    const column = await failure('alter table t drop column "B"');
    expect(column.message).toBe(
      'cannot drop column B of table t because other objects depend on it',
    );
    expect(column.detail?.split('\n')).toEqual([
      'view v depends on column B of table t',
      'view "V 2" depends on view v',
    ]);
    expect((await failure('drop view v, hidden.w')).message).toBe(
      'cannot drop desired object(s) because other objects depend on them',
    );
    const schema = await failure('drop schema s');
    expect(schema.message).toBe('cannot drop schema s because other objects depend on it');
    expect(schema.detail?.split('\n')).toContain('table u depends on schema s');
  });

  it('drops them with CASCADE', async () => {
    await client.query('drop view v cascade');
    expect(notices).toEqual(['00000\ndrop cascades to view "V 2"']);
    await client.query('drop table t cascade');
    expect(notices[1]?.split('\n').sort()).toEqual([
      '00000',
      'drop cascades to 2 other objects',
      'drop cascades to default value for column a of table u',
      'drop cascades to view hidden.w',
    ]);
  });

  it('says of an index that is not there that it is an undefined object', async () => {
    expect((await failure('drop index missing')).code).toBe('42704');
    expect((await failure('drop sequence missing')).code).toBe('42P01');
  });
});

describe('notifications', () => {
  it('come once for a message that a transaction sends several times', async () => {
    const got: string[] = [];
    client.on('notification', ({ payload }) => got.push(payload ?? ''));
    await client.query('listen news');
    await client.query(`
      begin;
      notify news, 'one';
      notify news, 'two';
      savepoint a;
      notify news, 'three';
      rollback to a;
      select pg_notify('news', 'one'), pg_notify('news', 'three');
      commit`);
    await client.query(`notify news, 'one'`);
    await client.query('select 1');
    expect(got).toEqual(['one', 'two', 'three', 'one']);
  });
});

describe('pg_terminate_backend', () => {
  it('ends a running statement with one FATAL error', async () => {
    const other = await connect();
    const errors: (string | undefined)[] = [];
    other.on('error', (error) => errors.push((error as pg.DatabaseError).code));
    const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
    const outcome = other.query('select pg_sleep(20)').catch((error: unknown) => error);
    await client.query('select pg_sleep(0.05)');
    await client.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    const error = (await outcome) as pg.DatabaseError;
    expect([error.severity, error.code]).toEqual(['FATAL', '57P01']);
    expect(errors).not.toContain('57P01');
  });
});

describe('clients that ask for settings when they connect', () => {
  it('find them in pg_show_all_settings', async () => {
    const { rows } = await client.query(`
      select set_config('bytea_output', 'hex', false) as value
      from pg_show_all_settings() where name = 'bytea_output'`);
    expect(rows).toEqual([{ value: 'hex' }]);
    const same = await client.query(
      'select count(*)::int as n from (table pg_settings except select * from pg_show_all_settings()) x',
    );
    expect(same.rows).toEqual([{ n: 0 }]);
    const text = await client.query('select current_query() as sql');
    expect(text.rows).toEqual([{ sql: 'select current_query() as sql' }]);
  });
});

describe('errors of parameters', () => {
  it('say which one they are about, and not its value', async () => {
    const failed = (query: pg.QueryConfig): Promise<pg.DatabaseError> =>
      client.query(query).then(
        () => Promise.reject(new Error('no error')),
        (error: pg.DatabaseError) => error,
      );
    const text = await failed({ text: 'select $1::int, $2::date', values: ['1', 'secret'] });
    expect([text.code, text.where]).toEqual(['22007', "unnamed portal parameter $2 = '...'"]);
    const binary = await failed({ text: 'select $1::int', values: [Buffer.from([1, 2])] });
    expect([binary.code, binary.where]).toEqual(['08P01', 'unnamed portal parameter $1']);
    const inPortal = { text: 'select $1::int', values: ['x'], portal: 'p' };
    const named = await failed(inPortal);
    expect(named.where).toBe(`portal "p" parameter $1 = '...'`);
  });
});

describe('pg_blocking_pids', () => {
  const blockers = async (pid: number): Promise<number[] | undefined> => {
    const sql = 'select pg_blocking_pids($1) as pids';
    return (await client.query<{ pids: number[] }>(sql, [pid])).rows[0]?.pids;
  };

  it.each([
    ['a row', 'update t set a = 2', 'update t set a = 3'],
    ['a table', 'lock table t in access exclusive mode', 'insert into t values (5)'],
    ['an advisory lock', 'select pg_advisory_lock(7)', 'select pg_advisory_xact_lock(7)'],
  ])('names who holds %s for which a session waits', async (_name, hold, want) => {
    await client.query('create table s.t (a int); insert into s.t values (1)');
    const [first, second] = [await connect(), await connect()];
    const pid = async (of: pg.Client): Promise<number> =>
      (await of.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
    const [one, two] = [await pid(first), await pid(second)];
    await first.query('set search_path = s; begin');
    await second.query('set search_path = s; begin');
    await first.query(hold);
    const waiting = second.query(want);
    while ((await blockers(two))?.length === 0) await client.query('select pg_sleep(0.01)');
    expect(await blockers(two)).toEqual([one]);
    expect(await blockers(one)).toEqual([]);
    await first.query('commit; select pg_advisory_unlock_all()');
    await waiting;
    expect(await blockers(two)).toEqual([]);
    await Promise.all([first.end(), second.end()]);
  });
});
