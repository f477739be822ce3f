import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine, ResultSink } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { valueAt, type Vector } from '../../../src/vector/vector.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  session = await TextSession.open(engine);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

/** Executes a prepared statement; answers the first column of its first row. */
async function execute(statement: string): Promise<unknown> {
  let found: unknown;
  const sink: ResultSink = {
    ...session.sink(),
    rows: ({ columns }) => void (found = valueAt(columns[0] as Vector, 0)),
  };
  await session.session.bind('', statement, [], []);
  await session.session.execute('', 0, sink);
  await session.session.sync(sink);
  return found;
}

describe('the plan of a statement that is too long to be kept', () => {
  const padding = `/* ${'x'.repeat(10_000)} */`;

  it('is made anew where the catalog or the settings have changed since', async () => {
    await session.run('create table t (a int); insert into t values (1), (2)');
    await session.session.parse('count', `select count(*) from t ${padding}`, []);
    await session.session.parse(
      'zone',
      `select '2026-01-01 00:00+00'::timestamptz::text ${padding}`,
      [],
    );
    await session.session.sync(session.sink());
    await session.run(
      `drop table t; create table t (b text, a int); insert into t values ('x', 1)`,
    );
    await session.run(`set timezone = 'Asia/Tokyo'`);
    expect(await execute('count')).toBe(1);
    expect(await execute('zone')).toBe('2026-01-01 09:00:00+09');
    await session.run('insert into t values (null, null)');
    expect(await execute('count')).toBe(2);
    await session.run(`set timezone = 'UTC'`);
    expect(await execute('zone')).toBe('2026-01-01 00:00:00+00');
  });
});
