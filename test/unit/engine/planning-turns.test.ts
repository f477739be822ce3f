/** Long statements are planned in turns: others go on between, and a cancel is heard. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
let turns = 0;
let onTurn: () => Promise<void> | void = () => undefined;

beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  let seconds = 0;
  engine = await openEngine({
    env: {
      ...env,
      // A second goes by whenever somebody looks: every step is a turn.
      clock: { nowMicros: () => env.clock.nowMicros(), monotonicMs: () => ++seconds * 1000 },
      timers: {
        ...env.timers,
        async yield() {
          turns++;
          await onTurn();
          await env.timers.yield();
        },
      },
    },
    path: undefined,
    systemSqlPath: systemSqlPath(),
  });
  session = await TextSession.open(engine);
  await session.run('create table t (a int); insert into t values (1), (2)');
});

beforeEach(() => {
  turns = 0;
  onTurn = () => undefined;
});

afterAll(async () => {
  await session.close();
  await engine.close();
});

const terms = (count: number): string =>
  Array.from({ length: count }, (_, i) => `a <> ${i + 7}`).join(' and ');
const long = `select count(*) from t where ${terms(300)}`;

it('more of them than a short one takes', async () => {
  expect(await session.run(`select count(*) from t where ${terms(3)}`)).toMatchObject({
    result: { rows: [['2']] },
  });
  const short = turns;
  turns = 0;
  expect(await session.run(long)).toMatchObject({ result: { rows: [['2']] } });
  expect(turns).toBeGreaterThan(short + 10);
});

it('a cancel between two ends the statement, and the session goes on', async () => {
  onTurn = () => {
    if (turns === 5) session.session.cancel();
  };
  expect(await session.run(`${long} and a <> 0`)).toMatchObject({ code: '57014' });
  onTurn = () => undefined;
  expect(await session.run('select count(*) from t')).toMatchObject({ result: { rows: [['2']] } });
});

it('a table that another session changes meanwhile is seen as it is', async () => {
  const other = await TextSession.open(engine);
  onTurn = async () => {
    onTurn = () => undefined;
    await other.run('alter table t add column b int default 5');
  };
  const outcome = await session.run(`select * from t where ${terms(301)}`);
  expect(outcome).toMatchObject({ kind: 'result' });
  const { rows } = (outcome as { result: { rows: string[][] } }).result;
  expect([['1'], ['1', '5']]).toContainEqual(rows[0]);
  expect(await session.run(`select * from t where ${terms(302)}`)).toMatchObject({
    result: {
      rows: [
        ['1', '5'],
        ['2', '5'],
      ],
    },
  });
  await other.close();
});

it('its errors are those of any other', async () => {
  const outcome = await session.run(`${long} and a <> nothing`);
  expect(outcome).toMatchObject({ code: '42703', message: 'column "nothing" does not exist' });
});

const script = (last: string): string =>
  `${Array.from({ length: 3000 }, (_, i) => `insert into u values (${i});\n`).join('')} ${last}`;

it('a script has turns between its statements, and nothing runs of one with a syntax error', async () => {
  await session.run('create table u (a int)');
  expect(await session.run(script('select from from'))).toMatchObject({ code: '42601' });
  expect(await session.run('select count(*) from u')).toMatchObject({ result: { rows: [['0']] } });
  turns = 0;
  expect(await session.run(script('select count(*) from u'))).toMatchObject({
    result: { rows: [['3000']] },
  });
  expect(turns).toBeGreaterThan(3000);
});

it('a cancel ends a script that is parsed', async () => {
  onTurn = () => {
    if (turns === 5) session.session.cancel();
  };
  expect(await session.run(script('select 1'))).toMatchObject({ code: '57014' });
  onTurn = () => undefined;
  expect(await session.run('select count(*) from u')).toMatchObject({
    result: { rows: [['3000']] },
  });
});
