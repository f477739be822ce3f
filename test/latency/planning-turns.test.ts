/** Long statements are planned in turns: others go on between, and a cancel is heard. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../src/engine/engine.ts';
import type { SessionImpl } from '../../src/engine/session-impl.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { parseStatements, type ParsedStatement } from '../../src/parse/parser.ts';
import { bindSteps, type BindEnvironment } from '../../src/plan/binder.ts';
import { TextSession } from '../support/text-session.ts';

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

/** A statement and what it is bound with, for steps that a test takes itself. */
function bound(sql: string): { statement: ParsedStatement; environment: BindEnvironment } {
  const impl = session.session as SessionImpl;
  const [statement] = parseStatements(sql);
  return { statement, environment: impl.bindEnvironment(sql, []) };
}

const terms = (count: number): string =>
  Array.from({ length: count }, (_, i) => `a <> ${i + 7}`).join(' and ');
const long = `select count(*) from t where ${terms(300)}`;

it('more of them than a short one takes', async () => {
  expect(await session.run(`select count(*) from t where ${terms(3)}`)).toMatchObject({
    result: { rows: [['2']] },
  });
  const short = turns;
  turns = 0;
  expect(await session.run(`select count(*) from t where ${terms(3000)}`)).toMatchObject({
    result: { rows: [['2']] },
  });
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

const list = (count: number, item: (i: number) => string, separator = ', '): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);

it.each([
  ['conditions', `select count(*) from t where ${list(2000, (i) => `a = ${i} and a < 5`, ' or ')}`],
  ['branches', `select case ${list(2000, (i) => `when a = ${i} then ${i}`, ' ')} end from t`],
  [
    'branches of a value',
    `select case a ${list(2000, (i) => `when ${i} then 'x'`, ' ')} end from t`,
  ],
  ['elements', `select count(*) from t where a = any(array[${list(2000, (i) => `${i} + 1`)}])`],
  ['elements with a cast', `select array[${list(2000, (i) => `${i} + 1`)}]::bigint[]`],
  ['arguments', `select coalesce(${list(2000, (i) => `nullif(a, ${i})`)}) from t`],
  ['items of a list', `select count(*) from t where a in (${list(2000, (i) => `${i} + 1`)})`],
  ['rows of a list', `select count(*) from t where (a, a) in (${list(2000, (i) => `(${i}, 1)`)})`],
  ['rows', `select count(*) from (values ${list(2000, (i) => `(${i} + 1)`)}) v`],
  ['rows to insert', `insert into u values ${list(2000, (i) => `(${i} + 1)`)}`],
  ['results', `select ${list(1600, (i) => `a + ${i}`)} from t`],
  ['arms', list(1000, (i) => `select a + ${i} from t`, ' union all ')],
  ['arms that are told apart', list(1000, (i) => `select a + ${i} from t`, ' union ')],
  ['common tables', `with ${list(500, (i) => `c${i} as (select a + ${i} from t)`)} select 1`],
  [
    'assignments',
    `update t set a = case ${list(2000, (i) => `when a = ${i + 9} then 1`, ' ')} else a end`,
  ],
])('statements with many %s are bound in steps', async (_, sql) => {
  await session.run('create table if not exists u (a int)');
  expect(await session.run(sql)).toMatchObject({ kind: 'result' });
  const { statement, environment } = bound(sql);
  let steps = 0;
  for (const running = bindSteps(statement, environment); running.next().done !== true;) steps++;
  expect(steps).toBeGreaterThan(3);
});

it('thousands of arms are one union', async () => {
  const sql = list(5000, (i) => `select ${i % 7}`, ' union all ');
  expect(await session.run(`select count(*), sum(x) from (${sql}) u(x)`)).toMatchObject({
    result: { rows: [['5000', '14995']] },
  });
  const distinct = list(3000, (i) => `select ${i % 7}`, ' union ');
  expect(await session.run(`select count(*), sum(x) from (${distinct}) u(x)`)).toMatchObject({
    result: { rows: [['7', '21']] },
  });
});

it('unions of several kinds are taken in their order', async () => {
  const rows = async (sql: string): Promise<unknown> => {
    const outcome = await session.run(`select x from (${sql}) u(x) order by x::text`);
    return (outcome as { result: { rows: string[][] } }).result.rows.map(([x]) => x);
  };
  expect(await rows('select 1 union all select 1 union select 2')).toEqual(['1', '2']);
  expect(await rows('select 1 union select 1 union all select 1')).toEqual(['1', '1']);
  expect(await rows('(select 1 union all select 1) union all select 2.5')).toEqual([
    '1',
    '1',
    '2.5',
  ]);
  expect(await rows('select 1 union select 2 union select 2.5 union select 1')).toEqual([
    '1',
    '2',
    '2.5',
  ]);
  expect(await rows('select 1 union select 2 except select 2 union select 3')).toEqual(['1', '3']);
  expect(await rows('select distinct a from t union select 1')).toEqual(['1', '2']);
  expect(await rows('(select 1 union select 2 limit 1) union select 1')).toHaveLength(1);
});

const tree = `select a from t where ${terms(3000)}`;

it.each([
  ['EXPLAIN', 'explain VIEWED'],
  ['EXPLAIN ANALYZE', 'explain analyze VIEWED'],
  ['PREPARE', 'prepare turned as VIEWED'],
  ['DECLARE CURSOR', 'begin; declare turned cursor for VIEWED; rollback'],
  ['CREATE TABLE AS', 'create table turned as VIEWED'],
  ['CREATE VIEW', 'create view turned_view as VIEWED'],
  ['a query of a long view', 'select * from turned_view'],
  ['a change of a long view', 'update turned_view set a = a'],
  ['ALTER TABLE below a long view', 'alter table t rename column a to c'],
  ['DROP below a long view', 'drop table t cascade'],
])('%s gives way while it is planned', async (_, sql) => {
  expect(await session.run(sql.replace('VIEWED', tree))).toMatchObject({ kind: 'result' });
  expect(turns).toBeGreaterThan(30);
});
