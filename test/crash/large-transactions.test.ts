/**
 * kill -9 under transactions that are too large for the log: their rows are stored as segments before
 * the commit names them. After each restart every acknowledged one is there, whole, and of the one in
 * flight all or nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { RawClient } from '../bench/lib/raw-client.ts';
import { ServerProcess } from './server-process.ts';
import { seedOf } from '../support/seed.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const SEED = seedOf('large transactions');
const ROWS = 130_000;

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One load: every value once, the load's number beside it. */
function rowsOf(load: number): Buffer {
  const lines: string[] = [];
  for (let i = 0; i < ROWS; i++) {
    const time = new Date(Date.UTC(2024, 0, 1) + i * 500).toISOString();
    lines.push(`${time}\thost_${i % 50}\t${load}\t${i}`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

it(
  `keeps large transactions whole through ${ROUNDS} kills (SEED=${SEED})`,
  { timeout: 60_000 + ROUNDS * 30_000 },
  async () => {
    const random = randomSource(SEED);
    const root = mkdtempSync(join(tmpdir(), 'varve-large-'));
    const directory = join(root, 'data');
    const acknowledged = new Set<number>();
    let inFlight: number | undefined;
    let load = 0;
    let chunks = '';
    const verify = async (port: number): Promise<void> => {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        database: 'postgres',
      });
      await client.connect();
      const { rows } = await client.query<{
        load: number;
        rows: string;
        sum: string;
        values: string;
      }>(
        'SELECT load, count(*) AS rows, sum(value) AS sum, count(DISTINCT value) AS values FROM big GROUP BY load',
      );
      for (const row of rows) {
        expect([row.load, row.rows, Number(row.sum), row.values]).toEqual([
          row.load,
          String(ROWS),
          (ROWS * (ROWS - 1)) / 2,
          String(ROWS),
        ]);
      }
      const present = new Set(rows.map((row) => row.load));
      for (const each of acknowledged) expect(present.has(each), `load ${each}`).toBe(true);
      for (const each of present)
        expect(acknowledged.has(each) || each === inFlight, `load ${each}`).toBe(true);
      if (inFlight !== undefined && present.has(inFlight)) acknowledged.add(inFlight);
      inFlight = undefined;
      chunks = JSON.stringify(rows.length);
      await client.end();
    };
    for (let round = 0; round < ROUNDS; round++) {
      const server = await ServerProcess.start(directory);
      const client = await RawClient.connect(server.port);
      if (round === 0) {
        await client.query(
          `CREATE TABLE big (time timestamptz NOT NULL, host text, load int, value float8)
           WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '1 day')`,
        );
      } else await verify(server.port);
      const loading = (async () => {
        for (;;) {
          inFlight = ++load;
          await client.copyIn('COPY big FROM STDIN', [rowsOf(inFlight)]);
          acknowledged.add(inFlight);
          inFlight = undefined;
          if (random() < 0.2) await client.query('CHECKPOINT');
          if (random() < 0.2) {
            await client.query('BEGIN');
            await client.copyIn('COPY big FROM STDIN', [rowsOf(-1)]);
            await client.query('ROLLBACK');
          }
        }
      })();
      const ended = loading.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 500 + random() * 3000));
      await server.kill();
      // The client may wait for ever to get rid of its bytes.
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))]);
    }
    const server = await ServerProcess.start(directory);
    await verify(server.port);
    expect(await server.stop()).toBe(0);
    rmSync(root, { recursive: true, force: true });
    console.log(`${ROUNDS} kills, ${load} loads, ${chunks} kept`);
    expect(acknowledged.size).toBeGreaterThan(0);
  },
);
