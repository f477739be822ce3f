/** One run: who acts, when they rest for a comparison, when the server dies, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { perform, type Act, type Stage } from './actor.ts';
import { randomSource } from '../support/random-source.ts';
import { compareAll } from './comparison.ts';
import { Gate } from './gate.ts';
import { MemoryWatch } from './memory-watch.ts';
import { RandomPick } from './random-pick.ts';
import { read, readPatiently } from './reader.ts';
import { Retention } from './retention.ts';
import { SCHEDULE, type Happening } from './schedule.ts';
import { createTables } from './tables.ts';
import { MINUTES, SEED, WRITERS } from './settings.ts';
import { SoakServer } from './soak-server.ts';
import { SoakSession } from './soak-session.ts';
import { Statistics } from './statistics.ts';
import { cancelOne, visit } from './visitor.ts';
import { Writer } from './writer.ts';

/** Of the server's log lines, so many are shown. */
const COMPLAINTS_MAX = 20;

/** Between two of the happenings. */
const TRANSACTIONS_MIN = 50;

export class SoakRun implements Stage {
  readonly statistics = new Statistics();
  readonly failures: string[] = [];
  readonly server: SoakServer;
  readonly gate: Gate;
  readonly #memory: MemoryWatch;
  readonly #writers: readonly Writer[];
  readonly #retention: Retention;
  #startMs = performance.now();
  #seeds = SEED;
  hasEnded = false;

  constructor(directory: string) {
    this.server = new SoakServer(directory, this.statistics);
    this.gate = new Gate(() => this.server.processorSeconds());
    this.#memory = new MemoryWatch(directory, () => this.server.pid);
    this.#writers = Array.from(
      { length: WRITERS },
      (_, writer) => new Writer(writer, this.#newPick(), this.statistics),
    );
    this.#retention = new Retention(
      this.#writers.map(({ model }) => model),
      this.statistics,
    );
  }

  /** Returns the table; `failures` says whether all was well. */
  async run(): Promise<string> {
    const actors: Promise<void>[] = [];
    try {
      await this.server.start();
      const session = await this.connect();
      await createTables(session);
      await session.end();
      this.#startMs = performance.now();
      actors.push(...this.#startActors());
      for (const [part, event] of SCHEDULE) {
        await this.#until(part);
        if (this.hasEnded) break;
        await this.#happen(event);
      }
      await this.#until(1);
      if (!this.hasEnded) await this.#compare();
    } catch (error) {
      this.fail('run', error);
    }
    this.hasEnded = true;
    this.gate.open();
    await Promise.all(actors);
    await this.server.stop().catch((error: unknown) => this.fail('the last stop', error));
    this.failures.push(...this.server.complaints.slice(0, COMPLAINTS_MAX));
    this.#memory.stop();
    const growth = this.#memory.growth();
    if (growth !== undefined) this.failures.push(growth);
    return this.statistics.table(
      (performance.now() - this.#startMs) / 60_000,
      this.#memory.summary(),
    );
  }

  #newPick(): RandomPick {
    return new RandomPick(randomSource(this.#seeds++));
  }

  fail(who: string, error: unknown): void {
    const { message, stack } = error as Error;
    this.failures.push(`${who}: ${message}`);
    console.log(`FAILED ${this.#minute()}: ${who}: ${message}\n${stack ?? ''}`);
    // What the models say is void from here on.
    this.hasEnded = true;
  }

  #minute(): string {
    return `minute ${((performance.now() - this.#startMs) / 60_000).toFixed(1)}`;
  }

  /** Longer where a busy machine has not come to anything that could be lost. */
  async #until(part: number): Promise<void> {
    const end = this.#startMs + part * MINUTES * 60_000;
    const { statistics } = this;
    const enough = statistics.transactions + TRANSACTIONS_MIN;
    const isOver = (): boolean => performance.now() > end && statistics.transactions >= enough;
    while (!this.hasEnded && !isOver()) await sleep(100);
  }

  connect(): Promise<SoakSession> {
    return SoakSession.connect(this.server.port, this.statistics);
  }

  #startActors(): Promise<void>[] {
    const slowestFront = (): number => Math.min(...this.#writers.map(({ model }) => model.front));
    const actors = this.#writers.map((writer, i) =>
      this.#actor(`writer ${i}`, 100, (session) => writer.act(session, slowestFront())),
    );
    for (const name of ['reader', 'other reader']) {
      const pick = this.#newPick();
      const times = () => ({ oldest: this.#writers[0]!.model.oldest, front: slowestFront() });
      actors.push(
        this.#actor(name, 600, (session) => read(session, pick, this.statistics, times())),
      );
    }
    const pick = this.#newPick();
    actors.push(
      this.#actor('patient reader', 10_000, (session) =>
        readPatiently(session, this.statistics, () => sleep(pick.int(MINUTES * 1000))),
      ),
      this.#actor('canceller', 3000, (session) => cancelOne(session, pick, this.statistics)),
      this.#actor('retention', 500, async (session) => {
        if (this.#retention.isDue()) await this.#retention.run(session);
        // Every few minutes.
        else if (pick.chance(0.005)) await session.query(pick.of(['CHECKPOINT', 'VACUUM FULL']));
      }),
      this.#actor('visitor', 1000, () => visit(this.server.port, pick, this.statistics)),
    );
    return actors;
  }

  #actor(name: string, restMs: number, act: Act): Promise<void> {
    const pick = this.#newPick();
    return perform(this, { name, act, rest: () => sleep(pick.int(restMs * 2)) });
  }

  async #happen(event: Happening): Promise<void> {
    if (event === 'compare') await this.#compare();
    else {
      this.gate.shut();
      if (event === 'kill' && this.statistics.restarts > 0) this.#memory.stop();
      if (event === 'kill') await this.server.kill();
      else await this.server.stop();
      await this.gate.idle();
      await this.server.start();
      if (event === 'kill') this.statistics.kills++;
      else this.statistics.restarts++;
      await this.#compare();
      if (event === 'restart') this.#memory.begin();
    }
    const front = new Date(this.#writers[0]!.model.front).toISOString().slice(0, 16);
    console.log(
      `${this.#minute()}: ${event}, equal; ${this.statistics.rowsWritten} rows, up to ${front}, ${this.#memory.latest()}`,
    );
  }

  async #compare(): Promise<void> {
    this.gate.shut();
    await this.gate.idle();
    const session = await this.connect();
    if (this.#retention.isDue()) await this.#retention.run(session);
    await compareAll(session, this.#writers, this.statistics);
    await session.end();
    this.gate.open();
  }
}
