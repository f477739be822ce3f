/** A bound statement that can be executed in parts: a protocol portal or an SQL cursor. */
import { toDbError } from '../errors/db-error.ts';
import type { Value } from '../types/value.ts';
import { sliceBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import type { Completion, Executable, StatementRun } from './executable.ts';
import type { FormatCode, ResultSink } from './session.ts';
import type { ReadView } from '../storage/storage.ts';
import type { TransactionState } from './transaction-state.ts';

export class Portal {
  readonly name: string;
  readonly executable: Executable;
  readonly parameters: readonly Value[];
  readonly formats: readonly FormatCode[];
  readonly sql: string;
  /** WITH HOLD cursors outlive their transaction. */
  holdable = false;
  readonly isCursor: boolean;
  readonly createdMicros: number;
  readonly #transaction: TransactionState;
  /** What its statement sees, once others may run in between. */
  #view: ReadView | undefined;
  #run: StatementRun | undefined;
  #pending: Batch | undefined;
  #completion: Completion | undefined;

  constructor(options: {
    readonly name: string;
    readonly executable: Executable;
    readonly parameters: readonly Value[];
    readonly formats: readonly FormatCode[];
    readonly sql: string;
    readonly isCursor: boolean;
    readonly createdMicros: number;
    readonly transaction: TransactionState;
  }) {
    this.#transaction = options.transaction;
    this.name = options.name;
    this.executable = options.executable;
    this.parameters = options.parameters;
    this.formats = options.formats;
    this.sql = options.sql;
    this.isCursor = options.isCursor;
    this.createdMicros = options.createdMicros;
  }

  get isDone(): boolean {
    return this.#completion !== undefined && this.#pending === undefined;
  }

  /**
   * Delivers up to `maxRows` rows (0: all) to `onRows`. Returns the number delivered; `isDone` tells
   * whether the statement has ended.
   */
  async fetch(
    maxRows: number,
    sink: ResultSink,
    onRows: (batch: Batch) => void | Promise<void>,
  ): Promise<number> {
    const work = (): Promise<number> => this.#deliver(maxRows, sink, onRows);
    const view = this.#view;
    const delivered =
      view === undefined ? await work() : await this.#transaction.current().inReadView(view, work);
    if (maxRows > 0 && !this.isDone) this.keepView();
    return delivered;
  }

  /** Its statement goes on to see what it sees now, whatever others do until it is fetched from. */
  keepView(): void {
    if (this.#view === undefined && this.#transaction.isOpen && !this.holdable)
      this.#view = this.#transaction.current().keepReadView();
  }

  async #deliver(
    maxRows: number,
    sink: ResultSink,
    onRows: (batch: Batch) => void | Promise<void>,
  ): Promise<number> {
    let delivered = 0;
    while (maxRows === 0 || delivered < maxRows) {
      const batch = await this.#next(sink);
      if (batch === undefined) break;
      const room = maxRows === 0 ? batch.length : Math.min(batch.length, maxRows - delivered);
      if (room < batch.length) this.#pending = sliceBatch(batch, room, batch.length);
      const part = room < batch.length ? sliceBatch(batch, 0, room) : batch;
      delivered += part.length;
      const wait = onRows(part);
      if (wait !== undefined) await wait;
    }
    return delivered;
  }

  /** Ends a statement that was done without being run. */
  complete(tag: string): void {
    this.#completion = { tag, countDelivered: false };
  }

  /** The command tag for an Execute that delivered this many rows and ended the statement. */
  tag(delivered: number): string {
    const completion = this.#completion ?? { tag: 'SELECT', countDelivered: true };
    return completion.countDelivered ? `${completion.tag} ${delivered}` : completion.tag;
  }

  async close(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#pending = undefined;
    if (run === undefined || this.#completion !== undefined) return;
    try {
      await run.return({ tag: '', countDelivered: false });
    } catch (error) {
      throw toDbError(error);
    }
  }

  async #next(sink: ResultSink): Promise<Batch | undefined> {
    if (this.#pending !== undefined) {
      const batch = this.#pending;
      this.#pending = undefined;
      return batch;
    }
    if (this.#completion !== undefined) return undefined;
    this.#run ??= this.executable.run({ parameters: this.parameters, sink, text: this.sql });
    for (;;) {
      const step = await this.#run.next();
      if (step.done === true) {
        this.#completion = step.value;
        return undefined;
      }
      if (step.value.length > 0) return step.value;
    }
  }
}
