/** What DDL stores is there again after the data directory was closed and opened. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../../../src/engine/engine.ts';
import type { Engine } from '../../../../src/engine/session.ts';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../../src/platform/package-path.ts';
import { TextSession } from '../../../support/text-session.ts';

async function open(path: string): Promise<Engine> {
  return await openEngine({
    env: createNodeEnv({ logLevel: 'error' }),
    path,
    systemSqlPath: systemSqlPath(),
  });
}

test('roles, privileges, altered tables and settings survive a restart', async () => {
  const path = mkdtempSync(join(tmpdir(), 'varve-ddl-'));
  try {
    let engine = await open(path);
    let session = await TextSession.open(engine);
    const run = async (sql: string): Promise<(string | null)[][]> => {
      const outcome = await session.run(sql);
      if (outcome.kind === 'error') throw outcome.error;
      return outcome.result.rows;
    };
    await run(`create role r login password 'x'; create role g; grant g to r`);
    await run('create table t (id int primary key, a int, b text)');
    await run(`insert into t select i, i, 'b' || i from generate_series(1, 10) i`);
    await run(
      'alter table t drop column a, add column c int default 5, alter column b type varchar',
    );
    await run('alter table t alter column id type bigint');
    await run('alter table t add constraint big check (c > 4)');
    await run(
      'alter table t rename to tt; create view v as select * from tt; alter table tt rename column c to cc',
    );
    await run('grant select on v to g; comment on table tt is $$text$$');
    await run(
      `alter database postgres set work_mem = '6MB'; grant create on database postgres to r`,
    );
    await run('create temp table gone (a int)');
    await session.close();
    await engine.close();

    engine = await open(path);
    session = await TextSession.open(engine);
    expect(await run('show work_mem')).toEqual([['6MB']]);
    expect(await run('select count(*), sum(id), sum(cc), max(b) from tt')).toEqual([
      ['10', '55', '50', 'b9'],
    ]);
    expect(await run(`select obj_description('tt'::regclass, 'pg_class')`)).toEqual([['text']]);
    expect((await session.run('insert into tt values (1)')).kind).toBe('error');
    expect((await session.run('insert into tt values (11, null, 4)')).kind).toBe('error');
    expect(await run(`select count(*) from pg_class where relname = 'gone'`)).toEqual([['0']]);
    await run('set role r');
    expect(await run('select count(*), sum(c) from v')).toEqual([['10', '50']]);
    await run('create schema mine');
    await session.close();
    await engine.close();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
