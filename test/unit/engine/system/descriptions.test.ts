/** What system functions say of functions, settings, zones and prepared statements. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

let engine: Engine;
let session: TextSession;

beforeEach(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});

afterEach(async () => {
  await session.close();
  await engine.close();
});

async function rows(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

async function message(sql: string): Promise<string> {
  const outcome = await session.run(sql);
  return outcome.kind === 'error' ? outcome.error.message : 'ok';
}

test('pg_get_functiondef', async () => {
  expect(await rows(`select pg_get_functiondef('lower(text)'::regprocedure)`)).toEqual([
    [
      `CREATE OR REPLACE FUNCTION pg_catalog.lower(text)
 RETURNS text
 LANGUAGE internal
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$lower$function$
`,
    ],
  ]);
  expect(await rows(`select pg_get_functiondef('random()'::regprocedure)`)).toEqual([
    [
      `CREATE OR REPLACE FUNCTION pg_catalog.random()
 RETURNS double precision
 LANGUAGE internal
 PARALLEL RESTRICTED STRICT
AS $function$drandom$function$
`,
    ],
  ]);
  expect(await rows('select pg_get_functiondef(1)')).toEqual([[null]]);
  expect(await message(`select pg_get_functiondef('sum(int)'::regprocedure)`)).toBe(
    '"sum" is an aggregate function',
  );
});

test('settings show units, by default too', async () => {
  expect(await rows('show work_mem')).toEqual([['64MB']]);
  await rows(`set work_mem = '2048kB'`);
  expect(await rows('show work_mem')).toEqual([['2MB']]);
  await rows(`set effective_cache_size = 103`);
  expect(await rows('show effective_cache_size')).toEqual([['824kB']]);
  expect(
    await rows(
      `select setting, unit, boot_val, reset_val from pg_settings where name = 'work_mem'`,
    ),
  ).toEqual([['2048', 'kB', '65536', '65536']]);
});

test('pg_timezone_names as a function', async () => {
  expect(
    await rows(`select utc_offset, is_dst from pg_timezone_names() where name = 'Asia/Tokyo'`),
  ).toEqual([['09:00:00', 'f']]);
  expect(await rows('select count(*) from pg_timezone_names()')).toEqual(
    await rows('select count(*) from pg_timezone_names'),
  );
  expect(await rows('select count(*) from pg_timezone_abbrevs()')).toEqual(
    await rows('select count(*) from pg_timezone_abbrevs'),
  );
});

test('pg_prepared_statements keeps the text as sent', async () => {
  await rows('prepare  p as\n select 1 ; ');
  expect(await rows('select statement from pg_prepared_statements')).toEqual([
    ['prepare  p as\n select 1 ; '],
  ]);
});

test('a catalog is a table to those who may not read it', async () => {
  await rows('create role somebody');
  await rows('set role somebody');
  expect(await message('select * from pg_authid')).toBe('permission denied for table pg_authid');
  expect(await message('select * from pg_shadow')).toBe('permission denied for view pg_shadow');
});

test('letters of a name', async () => {
  expect(
    await rows(
      `select typname[0], typname[3], typname[4], typname[64] from pg_type where typname = 'int4'`,
    ),
  ).toEqual([['i', '4', '', null]]);
});
