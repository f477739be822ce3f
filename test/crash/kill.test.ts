/**
 * kill -9 at random moments under random transactions, again and again on the same directory: after
 * each restart every acknowledged transaction is there, whole, and nothing else is.
 * `ROUNDS=200 npm run crash` is the long form.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { mendRocks } from '../../src/storage/kv/rocks-mend.ts';
import { assertUnlocked } from '../../src/storage/kv/rocks.ts';
import { randomSource } from '../support/random-source.ts';
import { AcknowledgementLog } from './acknowledgement-log.ts';
import { apply, difference, emptyState } from './model.ts';
import { ServerProcess } from './server-process.ts';
import { readState, runWorkload, SCHEMA, type Progress } from './workload.ts';
import { seedOf } from '../support/seed.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 12);
const SEED = seedOf('kill');
const CONNECTIONS = 3;
const env = createNodeEnv();

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
}

/** Compares every connection's data with what it may be; adopts the outcome of what was in flight. */
async function verify(port: number, progress: readonly Progress[]): Promise<void> {
  const client = await connect(port);
  for (const [connection, state] of progress.entries()) {
    const actual = await readState(client, connection);
    const without = difference(state.acknowledged, actual);
    if (without !== undefined) {
      const withIt =
        state.inFlight === undefined
          ? without
          : difference(apply(state.acknowledged, state.inFlight), actual);
      if (withIt !== undefined) {
        throw new Error(
          `connection ${connection}: ${without}; with the transaction in flight: ${withIt}`,
        );
      }
      state.acknowledged = apply(state.acknowledged, state.inFlight ?? []);
    }
    state.inFlight = undefined;
  }
  await client.end();
}

function transactionsOf(progress: readonly Progress[]): number {
  return progress.reduce((sum, state) => sum + state.transactions, 0);
}

it(
  `keeps every acknowledged transaction through ${ROUNDS} kills (SEED=${SEED})`,
  { timeout: 60_000 + ROUNDS * 15_000 },
  async () => {
    const random = randomSource(SEED);
    const root = mkdtempSync(join(tmpdir(), 'varve-crash-'));
    const directory = join(root, 'data');
    const log = new AcknowledgementLog(join(root, 'acknowledged.jsonl'));
    const progress: Progress[] = Array.from({ length: CONNECTIONS }, () => ({
      acknowledged: emptyState(),
      inFlight: undefined,
      transactions: 0,
    }));
    let kills = 0;
    let slowestStartMs = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const flushRows = String([200, 2000, 100_000][Math.floor(random() * 3)]);
      const server = await ServerProcess.start(directory, { VARVE_FLUSH_ROWS: flushRows });
      slowestStartMs = Math.max(slowestStartMs, server.readyMs);
      if (round === 0) {
        const client = await connect(server.port);
        for (const sql of SCHEMA) await client.query(sql);
        await client.end();
      } else await verify(server.port, progress);
      const workloads = progress.map((state, connection) =>
        runWorkload({
          port: server.port,
          connection,
          progress: state,
          log,
          random: randomSource(Math.floor(random() * 2 ** 31)),
        }),
      );
      const outcome = Promise.all(workloads);
      outcome.catch(() => undefined);
      const before = transactionsOf(progress);
      await new Promise((resolve) => setTimeout(resolve, 100 + random() * 600));
      // A busy machine may not have come to anything that could be lost.
      for (let wait = 0; wait < 100; wait++) {
        if (transactionsOf(progress) > before + CONNECTIONS) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await server.kill();
      kills++;
      await outcome;
      // A process that dies leaves nothing that looks like damage.
      expect(await mendRocks({ ...env, directory: join(directory, 'kv'), assertUnlocked })).toBe(
        false,
      );
    }
    const server = await ServerProcess.start(directory);
    await verify(server.port, progress);
    expect(await server.stop()).toBe(0);
    log.close();
    rmSync(root, { recursive: true, force: true });
    const transactions = transactionsOf(progress);
    console.log(
      `${kills} kills, ${transactions} transactions, slowest start ${Math.round(slowestStartMs)} ms, 0 lost, 0 torn`,
    );
    expect(transactions).toBeGreaterThan(ROUNDS * CONNECTIONS);
  },
);
