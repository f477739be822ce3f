/** PostgreSQL 15 from Debian's package, with memory to work in and TSBS's indexes. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { endChild, freePort, removeDirectory } from './child.ts';
import { createSql } from './columns.ts';
import { WireSystem, type WireTraits } from './postgres-wire.ts';
import type { StartOptions, System, SystemStarter } from './system.ts';
import { primaryKey } from './varve.ts';

const BIN = '/usr/lib/postgresql/15/bin';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  shared_buffers: '4GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  work_mem: '128MB',
  maintenance_work_mem: '512MB',
  max_parallel_workers_per_gather: '2',
};

export const postgres: SystemStarter = {
  dialect: 'postgres',
  title: 'PostgreSQL 15',
  start: async (options) => {
    if (!existsSync(join(BIN, 'initdb'))) return 'postgresql-15 is not installed';
    return start(options);
  },
};

async function start(options: StartOptions): Promise<System> {
  const directory = mkdtempSync(join(options.scratch, 'postgres-'));
  const data = join(directory, 'data');
  mkdirSync(data);
  // PostgreSQL refuses to run as root.
  const account = userInfo().uid === 0 ? postgresAccount() : undefined;
  if (account !== undefined) {
    for (const path of [directory, data]) chownSync(path, account.uid, account.gid);
  }
  const init = spawnSync(
    join(BIN, 'initdb'),
    ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    account ?? {},
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr.toString()}`);
  const port = await freePort();
  const settings = { ...SETTINGS, port, unix_socket_directories: directory };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(BIN, 'postgres'), ['-D', data, ...flags], {
    stdio: 'ignore',
    ...account,
  });
  await ready(port);
  const endpoint = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' };
  const stop = async (): Promise<void> => {
    await endChild(child, 'SIGINT');
    removeDirectory(directory);
  };
  return WireSystem.connect(endpoint, traits(child.pid as number, stop), options);
}

function traits(pid: number, stop: () => Promise<void>): WireTraits {
  return {
    dialect: 'postgres',
    title: 'PostgreSQL 15',
    version: `PostgreSQL ${programVersion()}`,
    pid,
    forms: ['text', 'binary', 'insert'],
    createSql: (table) => [
      createSql(table, 'postgres'),
      ...primaryKey(table),
      ...table.indexes.map((columns) => `CREATE INDEX ON ${table.name} (${columns.join(', ')})`),
    ],
    settleSql: (tables) => tables.map(({ name }) => `VACUUM ANALYZE ${name}`),
    storedBytes: async (tables, system) => {
      const sizes = tables.map(({ name }) => `pg_total_relation_size('${name}')`);
      return Number(await system.scalar(`SELECT ${sizes.join(' + ')}`));
    },
    stop,
  };
}

function programVersion(): string {
  const text = spawnSync(join(BIN, 'postgres'), ['--version']).stdout.toString();
  return /\d+\.\d+/.exec(text)?.[0] ?? '15';
}

async function ready(port: number): Promise<void> {
  for (let i = 0; i < 300; i++) {
    const args = ['-h', '127.0.0.1', '-p', String(port)];
    if (spawnSync(join(BIN, 'pg_isready'), args).status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('PostgreSQL did not start');
}

function postgresAccount(): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres']).stdout.toString().trim());
  return { uid: number('-u'), gid: number('-g') };
}
