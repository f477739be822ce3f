/** A writer: random transactions on its own shard, and queries whose answers its model knows. */
import type { Change } from './change.ts';
import { checkOwnShard } from './own-checks.ts';
import type { RandomPick } from './random-pick.ts';
import { addLate, append, remove, update } from './reading-changes.ts';
import {
  changeLastStates,
  duplicateOf,
  removeEvents,
  upsertEvents,
  upsertLastStates,
} from './row-changes.ts';
import { CHUNK_MS } from './settings.ts';
import { codeOf, type SoakSession } from './soak-session.ts';
import type { Statistics } from './statistics.ts';
import { WriterModel } from './writer-model.ts';

/** Transactions take chunks in random order, so one of two may be asked to try again. */
const RETRY = ['40001', '40P01'];

/** How far a writer may be ahead of the slowest, so that all have the same time to keep. */
const LEAD_MAX_MS = CHUNK_MS / 2;

export class Writer {
  readonly model: WriterModel;
  /** Kept changes of the transaction whose outcome is not known. */
  pending: readonly Change[] | undefined;
  readonly #pick: RandomPick;
  readonly #statistics: Statistics;

  constructor(writer: number, pick: RandomPick, statistics: Statistics) {
    this.model = new WriterModel(writer);
    this.#pick = pick;
    this.#statistics = statistics;
  }

  /** One transaction or one check. `slowestFront` is the smallest front of all writers. */
  async act(session: SoakSession, slowestFront: number): Promise<void> {
    if (this.#pick.chance(0.12)) {
      this.#statistics.check(await checkOwnShard(session, this.model, this.#pick));
    } else if (this.#pick.chance(0.3)) await this.#single(session);
    else await this.#transaction(session, slowestFront);
  }

  /** A transaction in flight when the server ended has happened after all. */
  adoptPending(): void {
    for (const change of this.pending ?? []) change.apply(this.model);
    this.pending = undefined;
  }

  /** A statement that is its own transaction. */
  async #single(session: SoakSession): Promise<void> {
    const duplicate = this.#pick.chance(0.15) ? duplicateOf(this.model, this.#pick) : undefined;
    if (duplicate !== undefined) {
      await expectDuplicate(session, duplicate);
      this.#statistics.check('duplicate key refused');
      return;
    }
    const change = this.#rowChange();
    await this.#attempt(session, [change], async () => [await change.run(session)]);
  }

  async #transaction(session: SoakSession, slowestFront: number): Promise<void> {
    const pick = this.#pick;
    const changes = [this.#change(slowestFront)];
    while (pick.chance(0.35)) changes.push(this.#change(slowestFront));
    const rollsBack = pick.chance(0.08);
    await this.#attempt(session, rollsBack ? [] : changes, async () => {
      await session.query(pick.chance(0.2) ? 'BEGIN ISOLATION LEVEL REPEATABLE READ' : 'BEGIN');
      const counts: number[] = [];
      let net = 0;
      for (const change of changes) {
        const usesSavepoint = pick.chance(0.2);
        if (usesSavepoint) await session.query('SAVEPOINT kept');
        const count = await change.run(session);
        if (usesSavepoint) await session.query('RELEASE kept');
        counts.push(count);
        net += change.sign * count;
        if (pick.chance(0.15)) await this.#doomed(session, slowestFront);
      }
      if (rollsBack) {
        await session.query('ROLLBACK');
        this.#statistics.rollbacks++;
        return [];
      }
      await session.query('UPDATE totals SET n = n + $1 WHERE writer = $2', [
        net,
        this.model.writer,
      ]);
      await session.query('COMMIT');
      return counts;
    });
  }

  /** Changes that a savepoint takes back, at times because one of them fails. */
  async #doomed(session: SoakSession, slowestFront: number): Promise<void> {
    await session.query('SAVEPOINT doomed');
    await this.#change(slowestFront).run(session);
    const duplicate = this.#pick.chance(0.5) ? duplicateOf(this.model, this.#pick) : undefined;
    // An event of this transaction may have gone or come meanwhile: any outcome will do.
    if (duplicate !== undefined) {
      await session.query(duplicate).catch((error: unknown) => {
        if (codeOf(error) !== '23505') throw error;
      });
    }
    await session.query('ROLLBACK TO doomed');
  }

  async #attempt(
    session: SoakSession,
    changes: readonly Change[],
    run: () => Promise<number[]>,
  ): Promise<void> {
    this.pending = changes;
    let counts: number[];
    try {
      counts = await run();
    } catch (error) {
      if (!RETRY.includes(codeOf(error) ?? '')) throw error;
      await session.query('ROLLBACK');
      this.#statistics.rollbacks++;
      this.pending = undefined;
      return;
    }
    this.pending = undefined;
    for (const [i, change] of changes.entries()) this.#apply(change, counts[i] as number);
    if (changes.length > 0) this.#statistics.transactions++;
  }

  #apply(change: Change, count: number): void {
    const expected = change.apply(this.model);
    if (count !== expected) {
      throw new Error(
        `${change.name} of writer ${this.model.writer}: ${count} rows, not ${expected}`,
      );
    }
    if (change.sign === 1) this.#statistics.rowsWritten += count;
    else this.#statistics.rowsRemoved += count;
    this.#statistics.check('row counts of changes');
  }

  #change(slowestFront: number): Change {
    const { model } = this;
    const pick = this.#pick;
    const mayAppend = model.front - slowestFront < LEAD_MAX_MS;
    if (mayAppend && pick.chance(0.45)) return append(model, pick);
    if (pick.chance(0.35)) return addLate(model, pick);
    if (pick.chance(0.4)) return update(model, pick);
    if (pick.chance(0.35)) return remove(model, pick);
    return this.#rowChange();
  }

  #rowChange(): Change {
    const make = this.#pick.of([
      upsertEvents,
      upsertEvents,
      removeEvents,
      upsertLastStates,
      changeLastStates,
    ]);
    return make(this.model, this.#pick);
  }
}

async function expectDuplicate(session: SoakSession, text: string): Promise<void> {
  try {
    await session.query(text);
  } catch (error) {
    if (codeOf(error) !== '23505') throw error;
    return;
  }
  throw new Error(`a duplicate key was accepted: ${text}`);
}
