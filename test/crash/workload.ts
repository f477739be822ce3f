/** One connection's endless stream of random transactions, until the server is gone. */
import pg from 'pg';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import { apply, type Change, type State } from './model.ts';

export interface Progress {
  /** State after all acknowledged transactions. */
  acknowledged: State;
  /** Changes of the transaction whose outcome is not known. */
  inFlight: readonly Change[] | undefined;
  transactions: number;
}

/** Transactions take chunks in random order, so one of two may be asked to try again. */
const DEADLOCK = '40P01';

const KEYS = 40;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2024, 0, 1);

export const SCHEMA = [
  'CREATE TABLE ledger (connection int, key int, value text NOT NULL, PRIMARY KEY (connection, key))',
  'CREATE INDEX ON ledger (value)',
  `CREATE TABLE points (time timestamptz NOT NULL, connection int NOT NULL, tag text, value float8,
     UNIQUE (connection, time)) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '1 day')`,
];

export async function runWorkload(options: {
  readonly port: number;
  readonly connection: number;
  readonly progress: Progress;
  readonly log: AcknowledgementLog;
  readonly random: () => number;
}): Promise<void> {
  const { progress, connection, log, random } = options;
  const client = new pg.Client({
    host: '127.0.0.1',
    port: options.port,
    user: 'postgres',
    database: 'postgres',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // On a busy machine the server may be gone before it has answered.
    if (isConnectionLoss(error)) return;
    throw error;
  }
  for (;;) {
    const changes = randomChanges(progress.acknowledged, random);
    const number = progress.transactions++;
    log.sent(connection, number, changes);
    progress.inFlight = changes;
    try {
      await runTransaction(client, connection, changes, random);
    } catch (error) {
      if (isConnectionLoss(error)) return;
      if ((error as { code?: string }).code !== DEADLOCK) throw error;
      await client.query('ROLLBACK');
      progress.inFlight = undefined;
      continue;
    }
    log.acknowledged(connection, number);
    progress.acknowledged = apply(progress.acknowledged, changes);
    progress.inFlight = undefined;
  }
}

function randomChanges(state: State, random: () => number): Change[] {
  const changes: Change[] = [];
  const count = 1 + Math.floor(random() * 6);
  for (let i = 0; i < count; i++) {
    const dice = random();
    const key = Math.floor(random() * KEYS);
    if (dice < 0.35) changes.push({ kind: 'put', key, value: `v${Math.floor(random() * 1e9)}` });
    else if (dice < 0.45) changes.push({ kind: 'delete', key });
    else if (dice < 0.95) changes.push(...randomPoints(random));
    else {
      const from = START_MS + Math.floor(random() * 4 * DAY_MS);
      changes.push({ kind: 'drop-points', from, to: from + Math.floor((random() * DAY_MS) / 8) });
    }
  }
  return state.points.size > 20_000
    ? [...changes, { kind: 'drop-points', from: START_MS, to: START_MS + 2 * DAY_MS }]
    : changes;
}

/** A run of points, mostly in order, sometimes far back. */
function randomPoints(random: () => number): Change[] {
  const start = START_MS + Math.floor(random() * 4 * DAY_MS);
  const count = random() < 0.1 ? 400 : 1 + Math.floor(random() * 30);
  return Array.from({ length: count }, (_, i) => ({
    kind: 'point',
    time: start + i * 1000,
    value: Math.round(random() * 1e6) / 100,
  }));
}

async function runTransaction(
  client: pg.Client,
  connection: number,
  changes: readonly Change[],
  random: () => number,
): Promise<void> {
  if (random() < 0.02) await client.query(random() < 0.5 ? 'CHECKPOINT' : 'VACUUM FULL points');
  await client.query('BEGIN');
  let points: Change[] = [];
  const flushPoints = async (): Promise<void> => {
    if (points.length === 0) return;
    await client.query(insertPoints(connection, points));
    points = [];
  };
  for (const change of changes) {
    if (change.kind === 'point') {
      points.push(change);
      continue;
    }
    await flushPoints();
    await client.query(statementOf(connection, change));
  }
  await flushPoints();
  if (random() < 0.1) {
    await client.query('SAVEPOINT s');
    await client.query(
      `INSERT INTO ledger VALUES (${connection}, -1, 'never') ON CONFLICT DO NOTHING`,
    );
    await client.query('ROLLBACK TO s');
  }
  await client.query('COMMIT');
}

function insertPoints(connection: number, points: readonly Change[]): string {
  const last = new Map<number, number>();
  for (const point of points) if (point.kind === 'point') last.set(point.time, point.value);
  const rows = [...last].map(
    ([time, value]) =>
      `('${new Date(time).toISOString()}', ${connection}, 'tag ${time % 7}', ${value})`,
  );
  return `INSERT INTO points VALUES ${rows.join(', ')} ON CONFLICT (connection, time) DO UPDATE SET value = excluded.value`;
}

function statementOf(connection: number, change: Change): string {
  switch (change.kind) {
    case 'put':
      return `INSERT INTO ledger VALUES (${connection}, ${change.key}, '${change.value}') ON CONFLICT (connection, key) DO UPDATE SET value = excluded.value`;
    case 'delete':
      return `DELETE FROM ledger WHERE connection = ${connection} AND key = ${change.key}`;
    case 'drop-points':
      return `DELETE FROM points WHERE connection = ${connection} AND time >= '${new Date(change.from).toISOString()}' AND time < '${new Date(change.to).toISOString()}'`;
    case 'point':
      throw new Error('points are inserted together');
  }
}

function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'ECONNREFUSED' ||
    /Connection terminated|not queryable|Client was closed/i.test(message)
  );
}

/** Everything that one connection has in the database. */
export async function readState(client: pg.Client, connection: number): Promise<State> {
  const rows = await client.query<{ key: number; value: string }>(
    `SELECT key, value FROM ledger WHERE connection = ${connection}`,
  );
  const points = await client.query<{ time: Date; value: number }>(
    `SELECT time, value FROM points WHERE connection = ${connection}`,
  );
  return {
    rows: new Map(rows.rows.map((row) => [row.key, row.value])),
    points: new Map(points.rows.map((row) => [row.time.getTime(), row.value])),
  };
}
