/** What InfluxDB and VictoriaMetrics have in common: HTTP, and rows as line protocol. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Answer } from '../answers/answer.ts';
import type { DataFile } from '../encode/files.ts';
import { HttpClient } from '../lib/http-client.ts';
import { diskBytes } from '../lib/process-stats.ts';
import { endChild, freePort, removeDirectory } from './child.ts';
import type { AskOptions, Dialect, System, Timed } from './system.ts';

export interface HttpTraits {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  readonly writePath: string;
  queryPath(query: string): string;
  answer(client: HttpClient, query: string, options: AskOptions): Promise<Answer>;
  /** Rows of a table that a query sees now. */
  countRows(client: HttpClient, file: DataFile): Promise<number>;
  settle(client: HttpClient): Promise<void>;
}

export interface HttpProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly directory: string;
}

/** Line protocol has no NULL: a row whose counted field is missing is not counted. */
const COUNTED_SHARE = 0.85;

export class LineProtocolSystem implements System {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  readonly pid: number;
  readonly forms = ['line'] as const;
  readonly client: HttpClient;
  readonly #process: HttpProcess;
  readonly #traits: HttpTraits;

  constructor(started: HttpProcess, traits: HttpTraits) {
    this.dialect = traits.dialect;
    this.title = traits.title;
    this.version = traits.version;
    this.pid = started.child.pid as number;
    this.client = new HttpClient(started.port);
    this.#process = started;
    this.#traits = traits;
  }

  /** Tables come with their rows. */
  async createTable(): Promise<void> {}

  async load(file: DataFile, workers: number, secondsMax = Infinity): Promise<number> {
    if (file.table.sqlOnly === true) return file.rows;
    const handle = openSync(file.path, 'r');
    const end = performance.now() + secondsMax * 1000;
    let next = 0;
    let sent = 0;
    const work = async (): Promise<void> => {
      const client = new HttpClient(this.#process.port);
      while (next < file.sections.length && performance.now() < end) {
        const { offset, bytes, rows } = file.sections[next++];
        const body = Buffer.allocUnsafe(bytes);
        readSync(handle, body, 0, bytes, offset);
        await client.post(this.#traits.writePath, body);
        sent += rows;
      }
      client.close();
    };
    await Promise.all(Array.from({ length: workers }, work));
    closeSync(handle);
    for (let i = 0; i < 300; i++) {
      if ((await this.#traits.countRows(this.client, file)) >= sent * COUNTED_SHARE) return sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${this.title} does not show all rows of ${file.table.name}`);
  }

  settle(): Promise<void> {
    return this.#traits.settle(this.client);
  }

  async storedBytes(): Promise<number> {
    return diskBytes(this.#process.directory);
  }

  async execute(): Promise<void> {
    throw new Error('no statements here');
  }

  time(query: string): Promise<Timed> {
    return this.client.get(this.#traits.queryPath(query));
  }

  answer(query: string, options: AskOptions): Promise<Answer> {
    return this.#traits.answer(this.client, query, options);
  }

  async stop(): Promise<void> {
    this.client.close();
    await endChild(this.#process.child, 'SIGTERM');
    removeDirectory(this.#process.directory);
  }
}

/** Installs Debian's package where that is possible; says why not otherwise. */
export function ensureProgram(program: string, packageName: string): string | undefined {
  const isThere = (): boolean => spawnSync('which', [program]).status === 0;
  if (isThere()) return undefined;
  if (userInfo().uid !== 0)
    return `${packageName} is not installed (apt-get install ${packageName})`;
  const args = ['install', '-y', '--no-install-recommends', packageName];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', args, { env });
  return isThere() ? undefined : `apt-get could not install ${packageName}`;
}

export async function startHttpProcess(
  scratch: string,
  name: string,
  spawnIt: (directory: string, port: number) => Promise<ChildProcess> | ChildProcess,
  healthPath: string,
): Promise<HttpProcess> {
  const directory = mkdtempSync(join(scratch, `${name}-`));
  const port = await freePort();
  const child = await spawnIt(directory, port);
  const client = new HttpClient(port);
  for (let i = 0; i < 200; i++) {
    const ready = await client.get(healthPath).then(
      () => true,
      () => false,
    );
    if (ready) {
      client.close();
      return { child, port, directory };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await endChild(child, 'SIGKILL');
  throw new Error(`${name} did not start`);
}

export function spawnQuietly(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
}
