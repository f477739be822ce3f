/**
 * V8 compiles what has run often. A server that has just begun therefore runs the usual statements some
 * hundred times, in a database in memory, while no client asks for anything.
 */
import type { Env } from '../base/env.ts';
import { openEngine } from '../engine/engine.ts';
import { Clients, type Traffic } from '../pgwire/listener.ts';
import { LoopClient, simpleQuery } from './loop-client.ts';
import { roundOf, SETUP } from './warm-up-statements.ts';

const ROUNDS = 200;
/** Time of statements after which it has to do. */
const BUSY_MS = 6_000;
/** How long clients must have been silent, and how often that is looked at. */
const SILENT_MS = 60;
const LOOK_MS = 15;

export interface WarmUp {
  /** Resolves when it has ended, by itself or where `stop` was called. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface WarmUpOptions {
  readonly env: Env;
  readonly systemSqlPath: string;
  traffic(): Traffic;
  /** How often each statement runs; fewer for tests. */
  readonly rounds?: number;
}

export function startWarmUp(options: WarmUpOptions): WarmUp {
  const run = new Run(options);
  const ended = run.start(options.systemSqlPath).catch((error: unknown) => {
    if (!run.isStopped) options.env.log.error('the warm-up failed', { error });
  });
  return {
    ended,
    stop: () => {
      run.isStopped = true;
      return ended;
    },
  };
}

class Run {
  isStopped = false;
  readonly #env: Env;
  readonly #traffic: () => Traffic;
  readonly #rounds: number;
  #busyMs = 0;
  /** What clients had sent when it was last seen that they are silent. */
  #received = -1;

  constructor({ env, traffic, rounds = ROUNDS }: WarmUpOptions) {
    this.#env = env;
    this.#traffic = traffic;
    this.#rounds = rounds;
  }

  async start(systemSqlPath: string): Promise<void> {
    if (!(await this.#silence())) return;
    const env = this.#env;
    const engine = await openEngine({ env, path: undefined, systemSqlPath });
    try {
      const clients = new Clients({ engine, env });
      const client = new LoopClient();
      clients.accept(client);
      await client.connect();
      await this.#statements(client);
      await clients.stop();
    } finally {
      await engine.close();
    }
  }

  async #statements(client: LoopClient): Promise<void> {
    for (const sql of SETUP) if (!(await this.#turn(client, simpleQuery(sql)))) return;
    for (let round = 0; round < this.#rounds && this.#busyMs < BUSY_MS; round++) {
      for (const messages of roundOf(round)) if (!(await this.#turn(client, messages))) return;
    }
  }

  /** One statement, when clients are silent; false where it has to end. */
  async #turn(client: LoopClient, messages: Uint8Array): Promise<boolean> {
    if (!(await this.#silence())) return false;
    const { clock, timers } = this.#env;
    const start = clock.monotonicMs();
    await client.send(messages);
    this.#busyMs += clock.monotonicMs() - start;
    await timers.yield();
    return !this.isStopped;
  }

  /** Waits until clients have been silent for a while; false where it has to end. */
  async #silence(): Promise<boolean> {
    let silentMs = this.#received === this.#traffic().received ? SILENT_MS : 0;
    while (silentMs < SILENT_MS || this.#traffic().isBusy) {
      if (this.isStopped) return false;
      await new Promise<void>((resolve) => void this.#env.timers.after(LOOK_MS, resolve));
      const { received, isBusy } = this.#traffic();
      silentMs = received === this.#received && !isBusy ? silentMs + LOOK_MS : 0;
      this.#received = received;
    }
    return !this.isStopped;
  }
}
