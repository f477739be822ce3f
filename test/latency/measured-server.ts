/** A server in a process of its own that measures its event loop, with a probe beside it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const PROGRAM = join(import.meta.dirname, '../../src/cli/varve.mjs');
const PRELOAD = join(import.meta.dirname, 'preload.mjs');
const PROBE = join(import.meta.dirname, 'probe.mjs');

export interface Collection {
  readonly ms: number;
  /** A constant of node:perf_hooks: 1 scavenge, 4 mark-compact, 8 a step of marking, 16 weak callbacks. */
  readonly kind: number;
}

export interface Turn {
  /** Milliseconds, without those in which the thread had to wait for a processor. */
  readonly ms: number;
  /** Milliseconds in which the thread ran. */
  readonly cpu: number;
  readonly collections: readonly Collection[];
}

/** Milliseconds by the system's monotonic clock; those in which the thread ran, and waited for a processor. */
export interface LongTurn {
  readonly start: number;
  readonly end: number;
  readonly cpu: number;
  readonly waited: number;
}

export interface Measurement {
  /** From start to end, milliseconds. */
  readonly total: number;
  /** Milliseconds of it in which the server's thread ran. */
  readonly cpu: number;
  readonly turns: number;
  /** The longest turns, longest first. */
  readonly worst: readonly Turn[];
  /** The turns that lasted a millisecond or more, in order. */
  readonly long: readonly LongTurn[];
  readonly collections: readonly Collection[];
  /** What ran in each of `worst`, with LATENCY_PROFILE. */
  readonly stacks?: readonly (readonly string[])[];
  /**
   * The slowest `select 1` on another connection, milliseconds; when it was asked and answered, by the
   * clock of the turns; how many were answered.
   */
  readonly probe: {
    readonly worst: number;
    readonly span: readonly [number, number];
    /** Milliseconds that other machines had the processors meanwhile, or up to 100 ms before. */
    readonly stolen: number;
    readonly answers: number;
  };
}

export class MeasuredServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #probe: ChildProcess;

  private constructor(child: ChildProcess, probe: ChildProcess, port: number) {
    this.#child = child;
    this.#probe = probe;
    this.port = port;
  }

  static async start(directory: string): Promise<MeasuredServer> {
    const child = fork(PROGRAM, ['start', '--data', directory, '--port', '0'], {
      execArgv: [
        '--import',
        PRELOAD,
        ...(process.env['LATENCY_NODE_FLAGS']?.split(' ').filter(Boolean) ?? []),
      ],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const lines = createInterface({ input: child.stdout as Readable });
    const line = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', () => reject(new Error('the server ended at its start')));
    });
    const port = Number(/:(\d+)$/.exec(line)?.[1]);
    const probe = fork(PROBE, [String(port)], { execArgv: [] });
    await once(probe, 'message');
    return new MeasuredServer(child, probe, port);
  }

  /** Measures what the loop does while `work` runs. */
  async measure(work: () => Promise<void>): Promise<Measurement> {
    await ask(this.#probe, 'reset');
    // What follows comes another way, and must not be there first.
    await ask(this.#child, 'start');
    const failure: unknown = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    const turns = (await ask(this.#child, 'stop')) as Omit<Measurement, 'probe'>;
    const probe = (await ask(this.#probe, 'read')) as Measurement['probe'];
    if (failure !== undefined) throw failure;
    return { ...turns, probe };
  }

  async stop(): Promise<void> {
    this.#probe.kill('SIGKILL');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

async function ask(child: ChildProcess, question: string): Promise<unknown> {
  const answer = once(child, 'message');
  child.send(question);
  const [message] = (await answer) as [unknown];
  return message;
}
