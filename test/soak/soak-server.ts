/** The server of a run through its lives, and whether its absence is meant. */
import { ServerProcess } from '../crash/server-process.ts';
import { processorSeconds } from './memory-watch.ts';
import { SERVER_ENVIRONMENT } from './settings.ts';
import type { Statistics } from './statistics.ts';

export class SoakServer {
  readonly directory: string;
  readonly #statistics: Statistics;
  /** What it said on its standard error that is more than information. */
  readonly complaints: string[] = [];
  #process: ServerProcess | undefined;
  /** Counts its starts: connections to an earlier one are void. */
  life = 0;

  constructor(directory: string, statistics: Statistics) {
    this.directory = directory;
    this.#statistics = statistics;
  }

  /** undefined while it is stopped, so that lost connections are no failure. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get port(): number {
    if (this.#process === undefined) throw new Error('the server is stopped');
    return this.#process.port;
  }

  /** Seconds of processor time of the server and of this process. */
  processorSeconds(): number {
    const { user, system } = process.cpuUsage();
    const own = (user + system) / 1e6;
    if (this.pid === undefined) return own;
    try {
      return own + processorSeconds(this.pid);
    } catch {
      // It died on its own: the actors' statements will say so.
      return own;
    }
  }

  async start(): Promise<void> {
    const started = await ServerProcess.start(this.directory, SERVER_ENVIRONMENT);
    this.#statistics.slowestStartMs = Math.max(this.#statistics.slowestStartMs, started.readyMs);
    this.#process = started;
    this.life++;
  }

  async kill(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    await ending?.kill();
    this.#readLog(ending);
  }

  async stop(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    const code = await ending?.stop();
    this.#readLog(ending);
    if (code !== undefined && code !== 0) throw new Error(`the server ended with ${String(code)}`);
  }

  #readLog(ended: ServerProcess | undefined): void {
    const lines = ended?.log.split('\n') ?? [];
    this.complaints.push(
      ...lines.filter((line) => line !== '' && !/^\S+ (INFO|DEBUG) /.test(line)),
    );
  }
}
