/** Starts the systems that are measured, each on its own port and a fresh directory. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface BenchServer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly directory: string;
  stop(): Promise<void>;
}

const PROGRAM = join(process.cwd(), 'src/cli/varve.mjs');

export async function startVarve(
  directory = mkdtempSync(join(tmpdir(), 'varve-bench-')),
): Promise<BenchServer> {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'start', '--data', join(directory, 'data'), '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const port = Number(/:(\d+)$/.exec(line)?.[1]);
  return {
    name: 'Varve',
    port,
    pid: child.pid as number,
    directory,
    stop: () => end(child, 'SIGTERM'),
  };
}

const POSTGRES_BIN = '/usr/lib/postgresql/15/bin';

/** undefined where PostgreSQL 15 is not installed. */
export async function startPostgres(): Promise<BenchServer | undefined> {
  if (!existsSync(join(POSTGRES_BIN, 'initdb'))) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'varve-bench-pg-'));
  const data = join(directory, 'data');
  mkdirSync(data);
  const isRoot = userInfo().uid === 0;
  const account = isRoot ? postgresAccount() : undefined;
  if (account !== undefined)
    for (const path of [directory, data]) chownSync(path, account.uid, account.gid);
  const identity = account ?? {};
  const init = spawnSync(
    join(POSTGRES_BIN, 'initdb'),
    ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8'],
    identity,
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr.toString()}`);
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    shared_buffers: '4GB',
    max_wal_size: '8GB',
    checkpoint_timeout: '30min',
    work_mem: '128MB',
    maintenance_work_mem: '512MB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(POSTGRES_BIN, 'postgres'), ['-D', data, ...flags], {
    stdio: 'ignore',
    ...identity,
  });
  for (let i = 0; i < 100; i++) {
    const ready = spawnSync(join(POSTGRES_BIN, 'pg_isready'), [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
    ]);
    if (ready.status === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    name: 'PostgreSQL 15',
    port,
    pid: child.pid as number,
    directory,
    stop: () => end(child, 'SIGINT'),
  };
}

function postgresAccount(): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres']).stdout.toString().trim());
  return { uid: number('-u'), gid: number('-g') };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

export function diskBytes(directory: string): number {
  const output = spawnSync('du', ['-sb', directory]).stdout.toString();
  return Number(output.split('\t')[0]);
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
