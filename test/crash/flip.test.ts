/**
 * A flipped bit anywhere in the data directory: the server answers with the right rows, or with XX001,
 * or refuses to start in one line. It never returns other rows and never dies on its own.
 */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { randomSource } from '../support/random-source.ts';
import { ServerProcess } from './server-process.ts';
import { seedOf } from '../support/seed.ts';

const FLIPS = Number(process.env['FLIPS'] ?? 16);
const SEED = seedOf('flip');

const QUERIES = [
  'SELECT id, name, amount::text FROM accounts ORDER BY id',
  'SELECT time, device, value FROM readings ORDER BY time, device',
  "SELECT count(*)::int AS n, sum(value) AS s FROM readings WHERE device = 'd3'",
  "SELECT time_bucket('1 hour', time) AS t, device, max(value) AS m, round(avg(value)::numeric, 6) AS a FROM readings GROUP BY t, device ORDER BY t, device",
  'SELECT id, length(body) AS n FROM notes ORDER BY id',
];

const random = randomSource(SEED);

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Heads are looked at after 200 ms, and with so many rows flushed at the first look. */
const FLUSH_MS = 1_500;
const FLUSH_ROWS = '500';

/**
 * Rows in RocksDB, segments on disk, and rows that only the commit log has. Without a checkpoint RocksDB
 * has everything in its own log: tables, rows, and segments flushed in between.
 */
async function makeData(directory: string, withCheckpoint: boolean): Promise<string[]> {
  const server = await ServerProcess.start(directory, { VARVE_FLUSH_ROWS: FLUSH_ROWS });
  const client = await connect(server.port);
  await client.query(
    'CREATE TABLE accounts (id int PRIMARY KEY, name text UNIQUE, amount numeric(12,2))',
  );
  await client.query(
    "INSERT INTO accounts SELECT g, 'name ' || g, g / 7.0 FROM generate_series(1, 1500) g",
  );
  await client.query(
    "CREATE TABLE readings (time timestamptz NOT NULL, device text, value float8) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '1 hour')",
  );
  const insert = (from: number, to: number): Promise<unknown> =>
    client.query(
      `INSERT INTO readings SELECT '2024-01-01'::timestamptz + g * interval '1 second', 'd' || (g % 9), sqrt(g::float8) FROM generate_series(${from}, ${to}) g`,
    );
  await insert(1, 12_000);
  if (withCheckpoint) await client.query('CHECKPOINT');
  else await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
  await client.query('CREATE TABLE notes (id int PRIMARY KEY, body text)');
  await client.query("INSERT INTO notes SELECT g, repeat('n', g) FROM generate_series(1, 300) g");
  await insert(20_001, 27_000);
  await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
  await insert(12_001, 12_400);
  await client.query('UPDATE accounts SET amount = amount + 1 WHERE id <= 100');
  const answers: string[] = [];
  for (const sql of QUERIES) answers.push(JSON.stringify((await client.query(sql)).rows));
  await client.end();
  await server.kill();
  return answers;
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    return statSync(path).size > 0 ? [path] : [];
  });
}

/** RocksDB's own files of text, and its lock. */
const NOT_FLIPPED = /\/kv\/(LOG(\.old.*)?|LOCK)$/;
const ROCKS_LOG = /\/kv\/\d+\.log$/;

/** Bytes at the ends of a file that every other flip is in: the first record, and the last. */
const EDGE_BYTES = 200;

function anywhere(bytes: Uint8Array): number {
  return Math.floor(random() * bytes.length);
}

function oftenAtTheEnds(bytes: Uint8Array): number {
  const dice = random();
  if (dice < 0.5) return anywhere(bytes);
  const offset = Math.floor(random() * Math.min(EDGE_BYTES, bytes.length));
  return dice < 0.75 ? offset : bytes.length - 1 - offset;
}

function flip(
  directory: string,
  isMeant: (path: string) => boolean,
  place: (bytes: Uint8Array) => number,
): string {
  const files = filesOf(directory).filter(isMeant);
  const path = files[Math.floor(random() * files.length)] as string;
  const bytes = readFileSync(path);
  const offset = place(bytes);
  bytes[offset] = (bytes[offset] as number) ^ (1 << Math.floor(random() * 8));
  writeFileSync(path, bytes);
  return `${path.slice(directory.length + 1)} at ${offset} of ${bytes.length}`;
}

/** Opens the damaged directory and says what came of it; throws where the answer is wrong. */
async function judge(
  directory: string,
  answers: readonly string[],
): Promise<'right' | 'reported' | 'refused'> {
  let server: ServerProcess;
  try {
    server = await ServerProcess.start(directory);
  } catch (error) {
    const { message } = error as Error;
    // A refusal is an exit code of its own choice, not a signal, and one line.
    expect(message).toMatch(/^server ended at its start \(1 null\): varve: [^\n]+\n?$/);
    return 'refused';
  }
  let verdict: 'right' | 'reported' = 'right';
  const client = await connect(server.port);
  for (const [i, sql] of QUERIES.entries()) {
    try {
      const { rows } = await client.query(sql);
      expect(JSON.stringify(rows)).toBe(answers[i]);
    } catch (error) {
      if ((error as { code?: string }).code !== 'XX001') throw error;
      verdict = 'reported';
    }
  }
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  await server.kill();
  return verdict;
}

interface Kind {
  readonly withCheckpoint: boolean;
  readonly isMeant: (path: string) => boolean;
  readonly place: (bytes: Uint8Array) => number;
}

async function flipMany({ withCheckpoint, isMeant, place }: Kind): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'varve-flip-'));
  const original = join(root, 'original');
  const answers = await makeData(original, withCheckpoint);
  const counts = { right: 0, reported: 0, refused: 0 };
  for (let i = 0; i < FLIPS; i++) {
    const copy = join(root, `copy-${i}`);
    cpSync(original, copy, { recursive: true });
    const where = flip(copy, isMeant, place);
    try {
      counts[await judge(copy, answers)]++;
    } catch (error) {
      throw new Error(
        `after a flipped bit in ${where}: ${(error as Error).message.slice(0, 400)}`,
        { cause: error },
      );
    }
    rmSync(copy, { recursive: true, force: true });
  }
  rmSync(root, { recursive: true, force: true });
  console.log(
    `${FLIPS} flips: ${counts.right} without effect, ${counts.reported} reported, ${counts.refused} refused at start`,
  );
}

const timeout = 60_000 + FLIPS * 10_000;

it(`reports ${FLIPS} flipped bits (SEED=${SEED})`, { timeout }, () =>
  flipMany({
    withCheckpoint: true,
    isMeant: (path) => !NOT_FLIPPED.test(path),
    place: anywhere,
  }),
);

it(`reports ${FLIPS} flipped bits in RocksDB's own log (SEED=${SEED})`, { timeout }, () =>
  flipMany({
    withCheckpoint: false,
    isMeant: (path) => ROCKS_LOG.test(path),
    place: oftenAtTheEnds,
  }),
);
