import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});
afterAll(() => engine.close());

/** The statement, code, position and message as PostgreSQL 15 has them. */
const ERRORS: [string, string, number | undefined, string][] = [
  ['create table nos.t(a int)', '3F000', 14, 'schema "nos" does not exist'],
  ["select 'ä☃𝄞'; create table  nos.t(a int)", '3F000', 29, 'schema "nos" does not exist'],
  ['create table if not exists nos.t(a int)', '3F000', 28, 'schema "nos" does not exist'],
  ['create table t(like nos.x)', '3F000', 21, 'schema "nos" does not exist'],
  ['create table t(a int, like nope)', '42P01', 28, 'relation "nope" does not exist'],
  [
    'create temp table public.t(a int)',
    '42P16',
    19,
    'cannot create temporary relation in non-temporary schema',
  ],
  [
    'create table other.nos.t(a int)',
    '0A000',
    14,
    'cross-database references are not implemented: "other.nos.t"',
  ],
  ['create view nos.v as select 1', '3F000', undefined, 'schema "nos" does not exist'],
  ['create sequence nos.s', '3F000', undefined, 'schema "nos" does not exist'],
  ['create table nos.t as select 1', '3F000', undefined, 'schema "nos" does not exist'],
  ['select 1 into nos.t', '3F000', undefined, 'schema "nos" does not exist'],
  ['drop table nos.t', '3F000', undefined, 'schema "nos" does not exist'],
];

describe('errors about names in DDL', () => {
  it.each(ERRORS)('%s', async (sql, code, position, message) => {
    const outcome = await session.run(sql);
    if (outcome.kind !== 'error') throw new Error('no error');
    expect([outcome.code, outcome.error.fields.position, outcome.message]).toEqual([
      code,
      position,
      message,
    ]);
  });

  it('point at the name where search_path leads nowhere', async () => {
    await session.run('set search_path = nowhere');
    const outcome = await session.run('create table t(a int)');
    await session.run('reset search_path');
    expect(outcome).toMatchObject({ code: '3F000', error: { fields: { position: 14 } } });
  });
});
