import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await memoryEngine();
  const session = await TextSession.open(engine);
  await session.run('create role ra; create role rb');
  await session.close();
});
afterAll(() => engine.close());

const WHO = `select session_user || ' ' || current_user || ' ' || current_setting('role') || ' ' ||
  current_setting('is_superuser')`;
const START = 'postgres postgres none on';

/** `?` asks who the session is; the answers are those of PostgreSQL 15. */
const HISTORIES: [string, string[]][] = [
  [
    'begin; set role ra; savepoint s; set role rb; ?; rollback to s; ?; rollback; ?',
    ['postgres rb rb off', 'postgres ra ra off', START],
  ],
  ['begin; savepoint s; set local role rb; rollback to s; ?; commit; ?', [START, START]],
  [
    'begin; savepoint s; set role rb; release s; ?; commit; ?; reset role; ?',
    ['postgres rb rb off', 'postgres rb rb off', START],
  ],
  [
    'begin; set role ra; savepoint s; set session authorization rb; ?; rollback to s; ?; commit; ?',
    ['rb rb none off', 'postgres ra ra off', 'postgres ra ra off'],
  ],
  [
    'begin; savepoint a; set role ra; savepoint b; reset role; ?; rollback to b; ?; rollback to a; ?; commit',
    [START, 'postgres ra ra off', START],
  ],
  ['begin; set local role ra; savepoint b; set role rb; commit; ?', ['postgres rb rb off']],
  ['begin; set role ra; set local role rb; commit; ?', ['postgres ra ra off']],
  [
    'begin; set role ra; savepoint s; set role rb; select 1/0; rollback to s; ?; rollback; ?',
    ['postgres ra ra off', START],
  ],
  ['set role ra; begin; set role rb; select 1/0; commit; ?', ['postgres ra ra off']],
  ['begin; set local session authorization ra; ?; commit; ?', ['ra ra none off', START]],
  ['set role ra; begin; set session authorization rb; rollback; ?', ['postgres ra ra off']],
  [
    'begin; set local role ra; set session authorization rb; commit; ?; reset session authorization; ?',
    ['rb rb none off', START],
  ],
  [
    "select set_config('role', 'ra', false); ?; reset all; ?; discard all; ?",
    ['postgres ra ra off', 'postgres ra ra off', START],
  ],
  [
    "begin; savepoint s; select set_config('role', 'ra', true); ?; rollback to s; ?; commit",
    ['postgres ra ra off', START],
  ],
  ['set local role ra; ?', [START]],
];

describe('SET ROLE and SET SESSION AUTHORIZATION', () => {
  it.each(HISTORIES)('%s', async (history, answers) => {
    const session = await TextSession.open(engine);
    const seen: string[] = [];
    for (const step of history.split('; ')) {
      const outcome = await session.run(step === '?' ? WHO : step);
      if (step !== '?') continue;
      if (outcome.kind === 'error') throw outcome.error;
      seen.push(outcome.result.rows[0]?.[0] ?? '');
    }
    expect(seen).toEqual(answers);
    await session.close();
  });

  it('ends with the message that failed', async () => {
    const session = await TextSession.open(engine);
    await session.run('set role ra; select 1/0');
    expect(await session.run(WHO)).toMatchObject({ result: { rows: [[START]] } });
    await session.close();
  });

  it('checks what set_config asks for', async () => {
    const session = await TextSession.open(engine);
    await session.run('set session authorization ra');
    for (const sql of ['set role rb', "select set_config('role', 'rb', false)"]) {
      expect(await session.run(sql)).toMatchObject({
        code: '42501',
        message: 'permission denied to set role "rb"',
      });
    }
    await session.close();
  });
});
