/**
 * V8 compiles what has run often, for the shapes of objects that it has seen. A server that has just begun
 * therefore runs the usual statements some hundred times, in a database of their own, while no client asks
 * for anything: over what was just made, and over what was read when the database was opened again.
 */
import type { Env } from '../base/env.ts';
import { openEngine } from '../engine/engine.ts';
import { Clients, type Traffic } from '../pgwire/listener.ts';
import { LoopClient, simpleQuery } from './loop-client.ts';
import { roundOf, setup } from './warm-up-statements.ts';

/** Nothing here has to be on disk for certain. */
const NO_WAITING = simpleQuery("SET synchronous_commit = 'off'");
const ROUNDS = 120;
/** Time of statements after which it has to do. */
const BUSY_MS = 12_000;
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
  /** A directory that is not there: for the database, and removed at the end. */
  readonly path: string;
  traffic(): Traffic;
  /** How often each statement runs; fewer for tests. */
  readonly rounds?: number;
}

export function startWarmUp(options: WarmUpOptions): WarmUp {
  const run = new Run(options);
  const ended = run.start().catch((error: unknown) => {
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
  readonly #path: string;
  readonly #systemSqlPath: string;
  readonly #traffic: () => Traffic;
  readonly #rounds: number;
  #round = 0;
  #busyMs = 0;
  /** What clients had sent when it was last seen that they are silent. */
  #received = -1;

  constructor({ env, path, systemSqlPath, traffic, rounds = ROUNDS }: WarmUpOptions) {
    this.#env = env;
    this.#path = path;
    this.#systemSqlPath = systemSqlPath;
    this.#traffic = traffic;
    this.#rounds = rounds;
  }

  async start(): Promise<void> {
    try {
      await this.#inDatabase(async (client) => {
        for (const messages of setup()) if (!(await this.#turn(client, messages))) return;
        await this.#statements(client, BUSY_MS / 2);
      });
      await this.#inDatabase((client) => this.#statements(client, BUSY_MS));
    } finally {
      const { disk } = this.#env;
      if (await disk.exists(this.#path)) await disk.remove(this.#path);
    }
  }

  /** Opens the database for some statements. */
  async #inDatabase(work: (client: LoopClient) => Promise<void>): Promise<void> {
    if (!(await this.#silence())) return;
    const env = this.#env;
    const engine = await openEngine({ env, path: this.#path, systemSqlPath: this.#systemSqlPath });
    try {
      const clients = new Clients({ engine, env });
      const client = new LoopClient();
      clients.accept(client);
      await client.connect();
      await work(client);
      await clients.stop();
    } finally {
      await engine.close();
    }
  }

  /** Half of the rounds, or as many as end before statements have taken `untilMs`. */
  async #statements(client: LoopClient, untilMs: number): Promise<void> {
    if (!(await this.#turn(client, NO_WAITING))) return;
    for (let i = 0; i < this.#rounds / 2 && this.#busyMs < untilMs; i++) {
      for (const messages of roundOf(this.#round++))
        if (!(await this.#turn(client, messages))) return;
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
