import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(async () => {
  await engine.close();
});

async function value(session: TextSession, sql: string): Promise<string | null> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows[0]?.[0] ?? null;
}

describe('transactions', () => {
  it('takes SET TRANSACTION after BEGIN and other SETs, before the first query', async () => {
    const session = await TextSession.open(engine);
    await session.run('BEGIN');
    await session.run("SET LOCAL application_name = 'x'");
    expect(
      await session.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY'),
    ).toMatchObject({ kind: 'result' });
    expect(await value(session, 'SHOW transaction_isolation')).toBe('repeatable read');
    expect(await value(session, 'SELECT 1')).toBe('1');
    expect(await session.run('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')).toMatchObject({
      kind: 'error',
      code: '25001',
    });
    await session.run('ROLLBACK');
    await session.close();
  });

  it('begins at a level in the extended protocol', async () => {
    const session = await TextSession.open(engine);
    const extended = async (sql: string): Promise<void> => {
      await session.session.parse('', sql, []);
      await session.session.bind('', '', [], []);
      await session.session.execute('', 0, session.sink());
      await session.session.sync(session.sink());
    };
    await extended('BEGIN ISOLATION LEVEL SERIALIZABLE');
    expect(await value(session, 'SHOW transaction_isolation')).toBe('serializable');
    await extended('COMMIT');
    expect(session.session.transactionStatus).toBe('I');
    await session.close();
  });

  it('prevents write skew under SERIALIZABLE and allows it under REPEATABLE READ', async () => {
    const setup = await TextSession.open(engine);
    await setup.run('CREATE TABLE doctors (name text PRIMARY KEY, on_call boolean)');
    for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
      await setup.run("DELETE FROM doctors; INSERT INTO doctors VALUES ('a', true), ('b', true)");
      const [one, two] = [await TextSession.open(engine), await TextSession.open(engine)];
      for (const session of [one, two]) await session.run(`BEGIN ISOLATION LEVEL ${level}`);
      for (const session of [one, two]) {
        expect(await value(session, 'SELECT count(*) FROM doctors WHERE on_call')).toBe('2');
      }
      await one.run("UPDATE doctors SET on_call = false WHERE name = 'a'");
      await two.run("UPDATE doctors SET on_call = false WHERE name = 'b'");
      const outcomes = [await one.run('COMMIT'), await two.run('COMMIT')];
      const failures = outcomes.filter(
        (outcome) => outcome.kind === 'error' && outcome.code === '40001',
      );
      expect(failures).toHaveLength(level === 'SERIALIZABLE' ? 1 : 0);
      for (const session of [one, two]) await session.close();
    }
    await setup.close();
  });

  it('undoes settings with the transaction that made them', async () => {
    const session = await TextSession.open(engine);
    await session.run('BEGIN');
    await session.run("SET timezone = 'Asia/Tokyo'");
    await session.run('ROLLBACK');
    expect(await value(session, 'SHOW timezone')).toBe('UTC');
    await session.run('BEGIN');
    await session.run("SET timezone = 'Asia/Tokyo'");
    await session.run("SET LOCAL timezone = 'Europe/Berlin'");
    expect(await value(session, 'SHOW timezone')).toBe('Europe/Berlin');
    await session.run('COMMIT');
    expect(await value(session, 'SHOW timezone')).toBe('Asia/Tokyo');
    await session.close();
  });

  it('lets a transaction use the tables and sequences it has just made', async () => {
    const session = await TextSession.open(engine);
    await session.run('BEGIN');
    await session.run('CREATE TABLE fresh (id serial PRIMARY KEY, v text)');
    await session.run("INSERT INTO fresh (v) VALUES ('a'), ('b')");
    expect(await value(session, 'SELECT max(id) FROM fresh')).toBe('2');
    await session.run('ROLLBACK');
    expect(await session.run('SELECT * FROM fresh')).toMatchObject({
      kind: 'error',
      code: '42P01',
    });
    await session.close();
  });
});

describe('LISTEN and NOTIFY', () => {
  it('delivers at commit, to every listener', async () => {
    const [listener, sender] = [await TextSession.open(engine), await TextSession.open(engine)];
    const heard: unknown[] = [];
    listener.session.onAsynchronous((message) => heard.push(message));
    await listener.run('LISTEN news');
    await sender.run('BEGIN');
    await sender.run("NOTIFY news, 'one'");
    expect(heard).toEqual([]);
    await sender.run('COMMIT');
    await sender.run("SELECT pg_notify('news', 'two')");
    await sender.run('BEGIN');
    await sender.run("NOTIFY news, 'undone'");
    await sender.run('ROLLBACK');
    const from = { kind: 'notification', processId: sender.session.processId, channel: 'news' };
    expect(heard).toEqual([
      { ...from, payload: 'one' },
      { ...from, payload: 'two' },
    ]);
    await listener.close();
    await sender.run("NOTIFY news, 'nobody hears'");
    expect(heard).toHaveLength(2);
    await sender.close();
  });

  it('forgets what ROLLBACK TO SAVEPOINT undid', async () => {
    const session = await TextSession.open(engine);
    const heard: string[] = [];
    session.session.onAsynchronous((message) => {
      if (message.kind === 'notification') heard.push(`${message.channel} ${message.payload}`);
    });
    await session.run('LISTEN kept');
    await session.run("BEGIN; NOTIFY kept, 'before'; SAVEPOINT a; LISTEN undone");
    await session.run("NOTIFY kept, 'undone'; ROLLBACK TO a; NOTIFY kept, 'after'; COMMIT");
    await session.run("NOTIFY undone, 'not heard'");
    expect(heard).toEqual(['kept before', 'kept after']);
    await session.close();
  });
});

describe('concurrent changes', () => {
  it('loses no update under READ COMMITTED', async () => {
    const setup = await TextSession.open(engine);
    await setup.run(
      'CREATE TABLE counters (id int PRIMARY KEY, n int); INSERT INTO counters VALUES (1, 0)',
    );
    const sessions = await Promise.all(Array.from({ length: 4 }, () => TextSession.open(engine)));
    await Promise.all(
      sessions.map(async (session) => {
        for (let i = 0; i < 25; i++) {
          expect(await session.run('UPDATE counters SET n = n + 1 WHERE id = 1')).toMatchObject({
            kind: 'result',
          });
        }
      }),
    );
    expect(await value(setup, 'SELECT n FROM counters')).toBe('100');
    for (const session of sessions) await session.close();
    await setup.close();
  });

  it('answers 40001 under REPEATABLE READ when the row has changed', async () => {
    const [one, two] = [await TextSession.open(engine), await TextSession.open(engine)];
    await one.run('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await one.run('SELECT n FROM counters');
    await two.run('UPDATE counters SET n = 0');
    expect(await one.run('UPDATE counters SET n = n + 1')).toMatchObject({
      kind: 'error',
      code: '40001',
    });
    await one.run('ROLLBACK');
    for (const session of [one, two]) await session.close();
  });

  it('ends one of two transactions that wait for each other', async () => {
    const [one, two] = [await TextSession.open(engine), await TextSession.open(engine)];
    await one.run('CREATE TABLE pair (id int PRIMARY KEY); INSERT INTO pair VALUES (1), (2)');
    for (const session of [one, two]) await session.run('BEGIN');
    await one.run('UPDATE pair SET id = id WHERE id = 1');
    await two.run('UPDATE pair SET id = id WHERE id = 2');
    const outcomes = await Promise.all([
      one.run('UPDATE pair SET id = id WHERE id = 2'),
      two.run('UPDATE pair SET id = id WHERE id = 1').then(async (outcome) => {
        if (outcome.kind === 'error') await two.run('ROLLBACK');
        return outcome;
      }),
    ]);
    expect(
      outcomes.filter((outcome) => outcome.kind === 'error' && outcome.code === '40P01'),
    ).toHaveLength(1);
    for (const session of [one, two]) {
      await session.run('ROLLBACK');
      await session.close();
    }
  });

  it('honours NOWAIT, SKIP LOCKED and lock_timeout', async () => {
    const [one, two] = [await TextSession.open(engine), await TextSession.open(engine)];
    await one.run('BEGIN');
    await one.run('SELECT * FROM pair WHERE id = 1 FOR UPDATE');
    expect(await two.run('SELECT * FROM pair WHERE id = 1 FOR UPDATE NOWAIT')).toMatchObject({
      kind: 'error',
      code: '55P03',
    });
    expect(
      await value(
        two,
        'SELECT string_agg(id::text, $$,$$) FROM (SELECT id FROM pair FOR UPDATE SKIP LOCKED) x',
      ),
    ).toBe('2');
    await two.run("SET lock_timeout = '20ms'");
    expect(await two.run('UPDATE pair SET id = id WHERE id = 1')).toMatchObject({
      kind: 'error',
      code: '55P03',
    });
    await one.run('ROLLBACK');
    for (const session of [one, two]) await session.close();
  });

  it('ends a statement at its time-out and at a cancel', async () => {
    const session = await TextSession.open(engine);
    await session.run("SET statement_timeout = '30ms'");
    expect(await session.run('SELECT count(*) FROM generate_series(1, 100000000)')).toMatchObject({
      kind: 'error',
      code: '57014',
    });
    await session.run('SET statement_timeout = 0');
    const running = session.run('SELECT count(*) FROM generate_series(1, 100000000)');
    setTimeout(() => session.session.cancel(), 20);
    expect(await running).toMatchObject({ kind: 'error', code: '57014' });
    expect(await value(session, 'SELECT 1')).toBe('1');
    await session.close();
  });
});
