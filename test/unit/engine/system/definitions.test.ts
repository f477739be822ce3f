/** pg_get_viewdef and its like against texts recorded from PostgreSQL 15. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

interface RecordedView {
  readonly name: string;
  readonly sql: string;
  readonly plain: string;
  /** null where ours differs in needless parentheses. */
  readonly pretty: string | null;
}

interface Recorded {
  readonly setup: readonly string[];
  readonly views: readonly RecordedView[];
  readonly constraints: readonly (readonly [name: string, plain: string, pretty: string])[];
  readonly indexes: readonly (readonly [name: string, plain: string, pretty: string])[];
  readonly defaults: readonly (readonly [string, number, plain: string, pretty: string])[];
}

const recorded = JSON.parse(
  readFileSync(new URL('definitions-pg15.json', import.meta.url), 'utf8'),
) as Recorded;

let engine: Engine;
let session: TextSession;

beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  for (const sql of recorded.setup) await rows(sql);
  for (const { sql } of recorded.views) await rows(sql);
});

afterAll(async () => {
  await session.close();
  await engine.close();
});

async function rows(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

async function value(sql: string): Promise<string | null> {
  return (await rows(sql))[0]?.[0] ?? null;
}

describe('views', () => {
  test.each(recorded.views.map((view) => [view.name, view] as const))('%s', async (name, view) => {
    expect(await value(`select pg_get_viewdef('${name}'::regclass)`)).toBe(view.plain);
    if (view.pretty === null) return;
    expect(await value(`select pg_get_viewdef('${name}'::regclass, true)`)).toBe(view.pretty);
  });

  test('the text makes the same view again', async () => {
    await rows('create schema again');
    for (const { name, plain } of recorded.views)
      await rows(`create view again.${name} as ${plain}`);
    const names = recorded.views.map(({ name }) => `'${name}'`).join(', ');
    const columnsIn = (schema: string): Promise<(string | null)[][]> =>
      rows(
        `select relname, attname, format_type(atttypid, atttypmod)
         from pg_attribute join pg_class c on c.oid = attrelid
         where relnamespace = '${schema}'::regnamespace and relname in (${names})
         order by relname, attnum`,
      );
    const expected = await columnsIn('public');
    expect(expected.length).toBeGreaterThan(recorded.views.length);
    expect(await columnsIn('again')).toEqual(expected);
    await rows('drop schema again cascade');
  });

  test('names get their schema where search_path does not lead to them', async () => {
    await rows(`set search_path = ''`);
    const text = await value(`select pg_get_viewdef('public.v_simple'::regclass)`);
    const views = await value(
      `select definition from pg_views where schemaname = 'public' and viewname = 'v_simple'`,
    );
    await rows('reset search_path');
    expect(text).toContain('FROM public.customers');
    expect(views).toBe(text);
  });

  test('names in literals of a view keep their meaning under another search_path', async () => {
    await rows('create schema apart');
    await rows('create table apart.inner_table (a int)');
    await rows('set search_path = apart');
    await rows(`create view apart.reg as select 'inner_table'::regclass r, t from inner_table t`);
    await rows('reset search_path');
    await rows('insert into apart.inner_table values (7)');
    expect(await rows('select * from apart.reg')).toEqual([['apart.inner_table', '(7)']]);
    expect(await value(`select pg_get_viewdef('apart.reg'::regclass)`)).toBe(
      ` SELECT 'apart.inner_table'::regclass AS r,
    t.*::apart.inner_table AS t
   FROM apart.inner_table t;`,
    );
  });

  test('a text that cannot be made again comes as it was given', async () => {
    await rows('create view locked as select id from customers for update');
    expect(await value(`select pg_get_viewdef('locked'::regclass)`)).toBe(
      ' select id from customers for update;',
    );
  });
});

test('constraints', async () => {
  const found = await rows(
    `select conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) from pg_constraint
     where connamespace = 'public'::regnamespace order by conname`,
  );
  expect(found).toEqual(recorded.constraints);
});

test('indexes', async () => {
  const found = await rows(
    `select indexrelid::regclass, pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true)
     from pg_index join pg_class c on c.oid = indrelid
     where c.relnamespace = 'public'::regnamespace order by indexrelid::regclass::text collate "C"`,
  );
  expect(found).toEqual(recorded.indexes);
});

test('defaults name their sequences whatever the search_path', async () => {
  await rows(`set search_path = ''`);
  const found = await rows(
    `select adrelid::regclass, adnum::text, pg_get_expr(adbin, adrelid), pg_get_expr(adbin, adrelid, true)
     from pg_attrdef order by adrelid::regclass::text collate "C", pg_attrdef.adnum`,
  );
  await rows(`insert into public.customers (name) values ('under an empty path')`);
  await rows('reset search_path');
  expect(found).toEqual(recorded.defaults.map(([table, ...rest]) => [table, ...rest.map(String)]));
  expect(
    await value(
      `select column_default from information_schema.columns where table_name = 'customers' and column_name = 'id'`,
    ),
  ).toBe(`nextval('customers_id_seq'::regclass)`);
});
