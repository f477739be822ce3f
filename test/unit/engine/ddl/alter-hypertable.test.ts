/** ALTER TABLE on hypertables: rows of several schema versions, and what their partitioning forbids. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession, type Outcome } from '../../../support/text-session.ts';

let engine: Engine;
let session: TextSession;

beforeEach(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await ok(`create table m (time timestamptz not null, host text, v float8)`);
  await ok(`select create_hypertable('m', 'time', chunk_time_interval => interval '1 day')`);
  await ok(
    `insert into m select '2024-01-01'::timestamptz + i * interval '1 hour', 'h' || i % 3, i from generate_series(0, 99) i`,
  );
});

afterEach(async () => {
  await session.close();
  await engine.close();
});

async function ok(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

async function code(sql: string): Promise<string> {
  const outcome: Outcome = await session.run(sql);
  return outcome.kind === 'error' ? outcome.code : 'ok';
}

describe.each([
  ['heads', false],
  ['segments', true],
])('rows in %s', (_name, flushed) => {
  beforeEach(async () => {
    if (flushed) await ok('checkpoint');
  });

  test('a new column reads as its default in old rows', async () => {
    await ok('alter table m add column q int default 7');
    await ok('alter table m add column n text');
    await ok(`insert into m values ('2024-01-02 00:30', 'h0', 1000, 8, 'x')`);
    expect(await ok('select q, n, count(*) from m group by q, n order by q')).toEqual([
      ['7', null, '100'],
      ['8', 'x', '1'],
    ]);
    expect(await ok('select sum(q) from m')).toEqual([['708']]);
    expect(await ok('select count(*) from m where q = 7')).toEqual([['100']]);
    if (flushed) await ok('checkpoint');
    expect(await ok('select count(*), sum(q) from m where q = 7')).toEqual([['100', '700']]);
  });

  test('a volatile default is written once per row', async () => {
    await ok('alter table m add column id bigserial');
    expect(await ok('select count(distinct id), min(id), max(id) from m')).toEqual([
      ['100', '1', '100'],
    ]);
    await ok(`insert into m values ('2024-01-02 00:30', 'h0', 1000)`);
    expect(await ok('select max(id) from m')).toEqual([['101']]);
  });

  test('a dropped column is gone and its name is free again', async () => {
    await ok('alter table m drop column host');
    expect(await code('select host from m')).toBe('42703');
    await ok('alter table m add column host int');
    expect(await ok('select count(*), count(host), sum(v) from m')).toEqual([['100', '0', '4950']]);
    await ok(`insert into m values ('2024-03-01', 5, 6)`);
    expect(await ok('select v, host from m where host is not null')).toEqual([['5', '6']]);
  });

  test('a type change rewrites the rows', async () => {
    await ok('alter table m alter column v type int using (v * 2)::int');
    expect(await ok('select sum(v), min(v), max(v) from m')).toEqual([['9900', '0', '198']]);
    expect(await ok(`select count(*) from m where time < '2024-01-02' and v > 10`)).toEqual([
      ['18'],
    ]);
  });

  test('constraints are checked against the rows that are there', async () => {
    expect(await code('alter table m add constraint small check (v < 50)')).toBe('23514');
    expect(await code('alter table m add constraint small check (v < 500)')).toBe('ok');
    expect(await code(`insert into m values (now(), 'x', 501)`)).toBe('23514');
    expect(await code('alter table m add unique (host)')).toBe('42P16');
    expect(await code('alter table m add unique (host, time)')).toBe('ok');
    expect(await code(`insert into m values ('2024-01-01', 'h0', 1)`)).toBe('23505');
    await ok(`insert into m values ('2024-01-05 12:00', null, 1)`);
    expect(await code('alter table m alter column host set not null')).toBe('23502');
  });

  test('a rollback takes everything back', async () => {
    await ok('begin');
    await ok('alter table m alter column v type text');
    await ok('alter table m drop column host');
    await ok(`insert into m values ('2025-01-01', 'text')`);
    expect(await ok('select count(*) from m')).toEqual([['101']]);
    await ok('rollback');
    expect(await ok('select count(*), sum(v), count(host) from m')).toEqual([
      ['100', '4950', '100'],
    ]);
  });
});

test('the time column stays what it is', async () => {
  expect(await code('alter table m drop column time')).toBe('0A000');
  expect(await code('alter table m alter column time type date')).toBe('0A000');
  expect(await code('alter table m alter column time drop not null')).toBe('0A000');
  expect(await code('alter table m rename column time to ts')).toBe('ok');
  expect(await ok(`select count(*) from m where ts < '2024-01-02'`)).toEqual([['24']]);
});

test('compression options choose the series columns', async () => {
  expect(
    await code(
      `alter table m set (timescaledb.compress, timescaledb.compress_segmentby = 'host', timescaledb.compress_orderby = 'time desc')`,
    ),
  ).toBe('ok');
  expect(await code(`alter table m set (timescaledb.compress_segmentby = 'nope')`)).toBe('42703');
  expect(await code(`alter table m set (timescaledb.nonsense = 1)`)).toBe('22023');
  await ok('checkpoint');
  expect(await ok(`select count(*) from m where host = 'h1'`)).toEqual([['33']]);
});
