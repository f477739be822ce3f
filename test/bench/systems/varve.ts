/** Varve as its users run it: the program of this checkout, on a fresh directory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { Table } from '../data/dataset.ts';
import { cpuSeconds, diskBytes } from '../lib/process-stats.ts';
import { endChild, removeDirectory } from './child.ts';
import { createSql } from './columns.ts';
import { WireSystem, type WireTraits } from './postgres-wire.ts';
import type { StartOptions, SystemStarter } from './system.ts';

/** A server rests when it takes less than this share of a core. */
const REST_SHARE = 0.1;
const REST_MS = 500;

export interface VarveProcess {
  readonly port: number;
  readonly pid: number;
  readonly directory: string;
  /** From its start to the line that says so. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

export async function startVarveProcess(
  scratch: string,
  directory = mkdtempSync(join(scratch, 'varve-')),
): Promise<VarveProcess> {
  // The built program, not the launcher that builds: sources may change while the bench runs.
  const program = join(process.cwd(), 'dist/main.js');
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'start', '--data', join(directory, 'data'), '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pid = child.pid as number;
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error('varve did not start');
    }),
  ])) as [string];
  const readyMs = performance.now() - start;
  // What it does for itself after its start must not take time from others, nor from the first load.
  await untilResting(pid, join(directory, 'data/pgsql_tmp/warm-up'));
  return {
    port: Number(/:(\d+)$/.exec(line)?.[1]),
    pid,
    directory,
    readyMs,
    stop: () => endChild(child, 'SIGTERM'),
  };
}

/** On a machine with much else to do, a warm-up may look as if it had ended: its directory is gone when it has. */
async function untilResting(pid: number, warmUp: string): Promise<void> {
  let before = cpuSeconds(pid);
  for (;;) {
    await setTimeout(REST_MS);
    const now = cpuSeconds(pid);
    if ((now - before) * 1000 < REST_MS * REST_SHARE && !existsSync(warmUp)) return;
    before = now;
  }
}

export const varve: SystemStarter = {
  dialect: 'varve',
  title: 'Varve',
  start: async (options) => {
    const server = await startVarveProcess(options.scratch);
    return connectVarve(server, options);
  },
};

export function connectVarve(server: VarveProcess, options: StartOptions): Promise<WireSystem> {
  const traits: WireTraits = {
    dialect: 'varve',
    title: 'Varve',
    version: 'Varve of this checkout',
    pid: server.pid,
    forms: ['text', 'binary', 'insert'],
    createSql: varveTable,
    // What Varve does by itself once a chunk rests. The disk of what was replaced comes back a little later.
    settleSql: (tables) => [
      ...tables.map(({ name }) => `VACUUM FULL ${name}`),
      'SELECT pg_sleep(3)',
      'CHECKPOINT',
    ],
    storedBytes: async () => diskBytes(join(server.directory, 'data')),
    stop: async () => {
      await server.stop();
      removeDirectory(server.directory);
    },
  };
  const endpoint = { host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' };
  return WireSystem.connect(endpoint, traits, options);
}

/** Series are found by Varve itself where the tags stand in the table; ids need the index that names them. */
function varveTable(table: Table): string[] {
  const create = createSql(table, 'postgres');
  const { timeColumn } = table;
  if (timeColumn === undefined) return [create, ...primaryKey(table)];
  const byId = table.indexes.filter(([column]) => column.endsWith('_id'));
  return [
    create,
    `SELECT create_hypertable('${table.name}', by_range('${timeColumn.toLowerCase()}', INTERVAL '${table.chunkInterval ?? '12 hours'}'))`,
    ...byId.map((columns) => `CREATE INDEX ON ${table.name} (${columns.join(', ')})`),
  ];
}

export function primaryKey(table: Table): string[] {
  const id = table.columns.find(({ name }) => name === 'id');
  return id === undefined ? [] : [`ALTER TABLE ${table.name} ADD PRIMARY KEY (id)`];
}
