/** A real server in a process of its own, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, '../../src/cli/varve.mjs');

export class ServerProcess {
  readonly port: number;
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #errors: () => string;

  private constructor(
    child: ChildProcess,
    errors: () => string,
    { port, readyMs }: { port: number; readyMs: number },
  ) {
    this.#child = child;
    this.#errors = errors;
    this.port = port;
    this.readyMs = readyMs;
  }

  static async start(
    directory: string,
    environment: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const start = performance.now();
    const child = spawn(process.execPath, [PROGRAM, 'start', '--data', directory, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code, signal) => {
        reject(
          new Error(`server ended at its start (${String(code)} ${String(signal)}): ${errors}`),
        );
      });
    });
    const port = /:(\d+)$/.exec(line)?.[1];
    if (port === undefined) throw new Error(`unexpected first line: ${line}`);
    return new ServerProcess(child, () => errors, {
      port: Number(port),
      readyMs: performance.now() - start,
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** What it has written to its standard error: its log. */
  get log(): string {
    return this.#errors();
  }

  /** Ends the process without a chance to do anything. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Asks it to close; returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }
}
