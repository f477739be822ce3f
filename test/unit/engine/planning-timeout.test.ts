import { expect, it } from 'vitest';
import type { Clock } from '../../../src/base/env.ts';
import { openEngine } from '../../../src/engine/engine.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { TextSession } from '../../support/text-session.ts';

it('statement_timeout ends a statement while it is planned', async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  let seconds = 0;
  // A second goes by whenever somebody looks.
  const clock: Clock = {
    nowMicros: () => env.clock.nowMicros(),
    monotonicMs: () => ++seconds * 1000,
  };
  const engine = await openEngine({
    env: { ...env, clock },
    path: undefined,
    systemSqlPath: systemSqlPath(),
  });
  const session = await TextSession.open(engine);
  const long = `select ${Array.from({ length: 1000 }, (_, i) => i).join(' + ')}`;
  await session.run('set statement_timeout = 100000');
  expect(await session.run('select 1 + 1')).toMatchObject({ kind: 'result' });
  expect(await session.run(long)).toMatchObject({
    code: '57014',
    message: 'canceling statement due to statement timeout',
  });
  await session.run('set statement_timeout = 0');
  expect(await session.run(long)).toMatchObject({ result: { rows: [['499500']] } });
  await session.close();
  await engine.close();
});
