/** Temporary tables belong to their session and go with it. */
import { expect, test } from 'vitest';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

test('two sessions have temporary tables of one name, and neither outlives its session', async () => {
  const engine = await memoryEngine();
  const first = await TextSession.open(engine);
  const second = await TextSession.open(engine);
  const count = async (session: TextSession, sql: string): Promise<string> => {
    const outcome = await session.run(sql);
    return outcome.kind === 'error' ? outcome.code : String(outcome.result.rows[0]?.[0]);
  };
  await first.run('create temp table t (a int)');
  await first.run('insert into t values (1), (2)');
  expect(await count(second, 'select count(*) from t')).toBe('42P01');
  await second.run('create temp table t (a int)');
  expect(await count(second, 'select count(*) from t')).toBe('0');
  expect(await count(first, 'select count(*) from t')).toBe('2');
  await first.close();
  expect(await count(second, `select count(*) from pg_class where relname = 't'`)).toBe('1');
  expect(
    await count(second, `select count(*) from pg_namespace where nspname like 'pg_temp%'`),
  ).toBe('1');
  await second.close();
  const third = await TextSession.open(engine);
  expect(await count(third, `select count(*) from pg_class where relname = 't'`)).toBe('0');
  await third.close();
  await engine.close();
});
