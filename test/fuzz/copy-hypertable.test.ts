/**
 * Loads into a hypertable while its heads are flushed and old snapshots are read, against the rows that
 * were sent: memory of batches and heads goes round, and nobody may see another's rows in it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { TextSession } from '../support/text-session.ts';
import { randomOf } from '../unit/storage/hypertable/support.ts';
import { seedOf } from '../support/seed.ts';

const SEED = seedOf('copy hypertable');
const SUMS = `SELECT count(*), sum(id), sum(usage), count(host), max(host), min(host) FROM t`;

type Row = readonly [id: number, host: string | null, usage: number | null];

function rowsFrom(random: () => number, first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => [
    first + i,
    random() < 0.05 ? null : `host_${Math.floor(random() * 300)}`,
    random() < 0.05 ? null : Math.floor(random() * 1000) / (random() < 0.5 ? 1 : 8),
  ]);
}

function textOf(rows: readonly Row[]): Uint8Array {
  const field = (value: string | number | null): string => (value === null ? '\\N' : `${value}`);
  const line = ([id, host, usage]: Row): string => {
    const seconds = id % 3000;
    const time = `2024-01-01 ${seconds < 1500 ? '00' : '05'}:00:00.${String(seconds).padStart(4, '0')}+00`;
    return `${time}\t${id}\t${field(host)}\t${field(usage)}\n`;
  };
  return new TextEncoder().encode(rows.map(line).join(''));
}

describe('COPY into a hypertable', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await memoryEngine(3_000);
  });
  afterAll(() => engine.close());

  async function run(session: TextSession, sql: string): Promise<(string | null)[][]> {
    const outcome = await session.run(sql);
    if (outcome.kind === 'error') throw outcome.error;
    return outcome.result.rows;
  }

  async function copy(session: TextSession, rows: readonly Row[]): Promise<void> {
    async function* input(): AsyncGenerator<Uint8Array> {
      const bytes = textOf(rows);
      for (let at = 0; at < bytes.length; at += 40_000) yield bytes.slice(at, at + 40_000);
    }
    await session.session.simpleQuery('COPY t FROM STDIN', {
      ...session.sink(),
      copyIn: () => input(),
    });
  }

  it(`keeps what was loaded apart (SEED=${SEED})`, async () => {
    const setup = await TextSession.open(engine);
    await run(setup, 'CREATE TABLE t (time timestamptz NOT NULL, id int, host text, usage float8)');
    await run(setup, `SELECT create_hypertable('t', by_range('time', INTERVAL '1 hour'))`);
    const all: Row[] = [];
    let next = 0;
    const writer = async (number: number): Promise<void> => {
      const random = randomOf(SEED + number);
      const session = await TextSession.open(engine);
      for (let round = 0; round < 12; round++) {
        const count = 1 + Math.floor(random() ** 3 * 20_000);
        const rows = rowsFrom(random, next, count);
        next += count;
        const isOpen = random() < 0.5;
        if (isOpen) await run(session, 'BEGIN');
        await copy(session, rows);
        if (!isOpen) {
          all.push(...rows);
          continue;
        }
        // A cursor keeps the transaction's own rows as they are now.
        await run(session, 'DECLARE c CURSOR FOR SELECT count(id), sum(id) FROM t WHERE id >= 0');
        const before = await run(session, 'SELECT count(id), sum(id) FROM t WHERE id >= 0');
        const more = rowsFrom(random, next, 700);
        next += 700;
        await run(session, 'SAVEPOINT s');
        await copy(session, more);
        const isUndone = random() < 0.5;
        if (isUndone) await run(session, 'ROLLBACK TO s');
        if (number === 0) expect(await run(session, 'FETCH ALL FROM c')).toEqual(before);
        await run(session, 'CLOSE c');
        const isKept = random() < 0.8;
        await run(session, isKept ? 'COMMIT' : 'ROLLBACK');
        if (isKept) all.push(...rows, ...(isUndone ? [] : more));
      }
    };
    let isDone = false;
    const reader = async (): Promise<void> => {
      const session = await TextSession.open(engine);
      while (!isDone) {
        await run(session, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
        const first = await run(session, SUMS);
        for (let again = 0; again < 3; again++) {
          await new Promise((resolve) => setTimeout(resolve, 60));
          expect(await run(session, SUMS)).toEqual(first);
        }
        await run(session, 'COMMIT');
      }
    };
    /** Writes what it reads, which may be the memory that a head has. */
    const copies: { table: string; sums: (string | null)[][] }[] = [];
    const copier = async (): Promise<void> => {
      const session = await TextSession.open(engine);
      while (!isDone && copies.length < 8) {
        const table = `copy_${copies.length}`;
        await run(
          session,
          `CREATE TABLE ${table} (time timestamptz NOT NULL, id int, host text, usage float8)
          WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '1 day')`,
        );
        await run(session, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
        const sums = await run(session, SUMS);
        await run(session, `INSERT INTO ${table} SELECT * FROM t`);
        await run(session, 'COMMIT');
        copies.push({ table, sums });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const writes = Promise.all([writer(0), writer(1), writer(2)]).finally(() => (isDone = true));
    await Promise.all([writes, reader(), reader(), copier()]);
    for (const { table, sums } of copies) {
      expect(await run(setup, SUMS.replace('FROM t', `FROM ${table}`))).toEqual(sums);
    }
    for (const step of ['SELECT 1', 'CHECKPOINT', 'VACUUM FULL t']) {
      await run(setup, step);
      const stored = await run(setup, 'SELECT id, host, usage FROM t ORDER BY id');
      const text = (value: string | number | null): string | null =>
        value === null ? null : String(value);
      const wanted = all.toSorted((a, b) => a[0] - b[0]).map((row) => row.map(text));
      expect(stored).toEqual(wanted);
    }
  }, 60_000);
});
