/** What statements leave behind for the next ones must not keep sessions that have ended. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine, ParameterInput } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { TextSession } from '../../support/text-session.ts';

const SESSIONS = 12;
const encoder = new TextEncoder();

function parameter(text: string): ParameterInput {
  return { format: 0, bytes: encoder.encode(text) };
}

/** Runs statements of many kinds in a session of their own; answers what tells whether it is still there. */
async function endedSession(
  engine: Engine,
  other: TextSession,
  number: number,
): Promise<WeakRef<object>> {
  const text = await TextSession.open(engine);
  const rows = Array.from({ length: 300 }, (_, i) => `(${number * 1000 + i}, 'text ${i}', 1.5)`);
  await text.session.parse('p', 'insert into t values ($1, $2, $3)', []);
  await text.session.bind('', 'p', [`${-number - 1}`, 'a', '1'].map(parameter), []);
  await text.session.execute('', 0, text.sink());
  await text.session.sync(text.sink());
  // The catalog is another one by now, as it is where tables come and go.
  await other.run(`create table t${number} (a int)`);
  await text.run(`insert into t values ${rows.join(', ')}`);
  await text.run(`select count(*), max(b) from t where a > ${number}`);
  await text.run(`select nextval('s'), upper(b), a::text from t order by a limit 3`);
  await text.run(`update t set c = c + 1 where a = ${number * 1000}`);
  const session = new WeakRef<object>(text.session);
  await text.close();
  return session;
}

it('sessions that have ended are collected, however many there were', async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  const engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  const first = await TextSession.open(engine);
  await first.run('create table t (a int primary key, b text, c float8); create sequence s');
  const ended: WeakRef<object>[] = [];
  for (let number = 0; number < SESSIONS; number++)
    ended.push(await endedSession(engine, first, number));
  await first.run('select count(*) from t');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => void setTimeout(resolve, 10));
    collect();
  }
  const left = ended.filter((session) => session.deref() !== undefined);
  // The plans of the newest catalog may refer to a session or two.
  expect(left.length).toBeLessThanOrEqual(2);
  await first.close();
  await engine.close();
});
