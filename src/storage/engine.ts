/** The storage engine: transactions on top, and the housekeeping of log and store below. */
import type { Env } from '../base/env.ts';
import type { CatalogSnapshot, SequenceDescriptor, TableDescriptor } from '../catalog/catalog.ts';
import { InternalError } from '../errors/db-error.ts';
import { toInt64, type Int64 } from '../types/value.ts';
import { diskError } from './disk-error.ts';
import { sealValue } from './format/envelope.ts';
import { TRIMMED_KEY, encodeNumbers, garbageKey, indexRange, rowRange } from './format/keys.ts';
import type { BlobLog } from './log/blob-log.ts';
import type { CommitLog, Sequence } from './log/commit-log.ts';
import type {
  ChunkInfo,
  IsolationLevel,
  StorageEngine,
  StorageTransaction,
  SegmentColumnInfo,
  SegmentInfo,
  TableStatistics,
} from './storage.ts';
import { EMPTY_COMMIT } from './txn/commit-record.ts';
import { COMMIT_RANGE } from './txn/committer.ts';
import { Transaction } from './txn/transaction.ts';
import type { TransactionParts } from './txn/transaction-parts.ts';
import type { RestartedSequence } from './sequences.ts';

export interface EngineParts extends TransactionParts {
  readonly env: Env;
  readonly log: CommitLog & Partial<Pick<BlobLog, 'flush' | 'byteLength'>>;
  /** Bytes of log above which a checkpoint starts by itself. */
  readonly checkpointBytes: number;
}

/** Milliseconds for which a chunk rests before it is compacted. */
const COMPACT_DELAY_MS = 30_000;
/** Milliseconds between a commit and the look whether heads are due to be flushed. */
const FLUSH_DELAY_MS = 200;
/** Milliseconds without a commit after which so many bytes of log are worth a checkpoint. */
const REST_MS = 2_000;
const RESTING_LOG_BYTES = 8 * 1024 * 1024;

export class Engine implements StorageEngine {
  readonly #parts: EngineParts;
  #nextTransaction = 1;
  #checkpointing: Promise<void> | undefined;
  /** The checkpoint that calls wait for which came after the running one had begun. */
  #nextCheckpoint: Promise<void> | undefined;
  /** Positions up to which the log is not needed once the store has its part in tables, oldest first. */
  #untrimmed: { readonly sequence: Sequence; readonly isInTables: () => boolean }[] = [];
  /** Bytes of log that the last checkpoint left. */
  #bytesLeft = 0;
  #flushTimer: (() => void) | undefined;
  #compactTimer: (() => void) | undefined;
  #restTimer: (() => void) | undefined;
  /** The newest commit when the timer was set. */
  #restSequence: Sequence = 0;
  #flushing: Promise<void> = Promise.resolve();
  /** Deletions of dropped tables, one after the other. */
  #deleting: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  catalog(): CatalogSnapshot {
    return this.#parts.committer.published.catalog;
  }

  begin(isolation: IsolationLevel, readOnly: boolean, processId?: number): Transaction {
    if (this.#closing) throw new InternalError('the storage engine is closed');
    return new Transaction(this.#nextTransaction++, isolation, readOnly, this.#parts, processId);
  }

  sequenceNext(sequence: SequenceDescriptor, transaction?: StorageTransaction): Int64 {
    const { committer, sequences } = this.#parts;
    if (committer.failure !== undefined) throw committer.failure;
    if (!sequences.has(sequence.oid)) sequences.define(sequence);
    const own = restartedIn(transaction, sequence);
    return own === undefined
      ? sequences.next(sequence.oid)
      : sequences.nextRestarted(sequence.oid, own);
  }

  sequenceState(
    sequence: SequenceDescriptor,
    transaction?: StorageTransaction,
  ): { lastValue: Int64; isCalled: boolean } {
    const own = restartedIn(transaction, sequence);
    if (own !== undefined) return { lastValue: toInt64(own.lastValue), isCalled: own.isCalled };
    const { sequences } = this.#parts;
    if (!sequences.has(sequence.oid)) sequences.define(sequence);
    return sequences.state(sequence.oid);
  }

  async flushLog(): Promise<void> {
    await this.#parts.committer.idle();
    await this.#parts.log.flush?.();
  }

  statistics(table: TableDescriptor): TableStatistics {
    if (table.hypertable !== null) return this.#parts.hypertables.statistics(table);
    const state = this.#parts.states.known(table.storageId);
    return { rows: state?.rows ?? 0, bytes: state?.bytes ?? 0 };
  }

  blockersOf(process: number): readonly number[] {
    return this.#parts.locks.blockersOfProcess(process);
  }

  chunks(table: TableDescriptor): ChunkInfo[] {
    return table.hypertable === null ? [] : this.#parts.hypertables.chunks(table);
  }

  async *segments(table: TableDescriptor): AsyncIterable<SegmentInfo> {
    if (table.hypertable !== null) yield* this.#parts.hypertables.segments(table);
  }

  async *segmentColumns(table: TableDescriptor): AsyncIterable<SegmentColumnInfo> {
    if (table.hypertable !== null) yield* this.#parts.hypertables.segmentColumns(table);
  }

  checkpoint(): Promise<void> {
    const running = this.#checkpointing;
    if (running === undefined) return this.#startCheckpoint(true);
    this.#nextCheckpoint ??= running
      .catch(() => undefined)
      .then(() => {
        this.#nextCheckpoint = undefined;
        return this.#startCheckpoint(true);
      });
    return this.#nextCheckpoint;
  }

  #startCheckpoint(whole: boolean): Promise<void> {
    this.#checkpointing = this.#checkpoint(whole).finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  /** `whole` makes the store write out what it has in memory, which it does by itself now and then. */
  async #checkpoint(whole: boolean): Promise<void> {
    const { committer, hypertables, kv, log, checkpointBytes } = this.#parts;
    this.#releaseViews();
    await this.#flush(true);
    const { sequence } = committer.published;
    const trimmed = Math.min(sequence, (hypertables.oldestUnflushed() ?? Infinity) - 1);
    // Of tables that were dropped meanwhile the log may go in part: that they were must be stored before.
    await hypertables.settle();
    const value = sealValue(TRIMMED_KEY, encodeNumbers(trimmed));
    // The synced write also makes all earlier ones durable: recovery begins behind them.
    await kv.write([{ type: 'put', key: TRIMMED_KEY, value }], true);
    this.#untrimmed.push({ sequence: trimmed, isInTables: await kv.mark() });
    const isLong = (log.byteLength ?? 0) > 2 * checkpointBytes;
    if (whole || isLong) await kv.moveToTables(TRIMMED_KEY);
    await this.#trimLog();
  }

  /** Until the store has its part in tables, damage to its own log may make it forget that. */
  async #trimLog(): Promise<void> {
    const { log } = this.#parts;
    while (this.#untrimmed[0]?.isInTables() === true) {
      await log.trim(COMMIT_RANGE, this.#untrimmed[0].sequence);
      this.#untrimmed.shift();
    }
    this.#bytesLeft = log.byteLength ?? 0;
  }

  /** After each group of commits: starts what they made due. */
  afterPublish(dropped: readonly number[], sequence: Sequence): void {
    if (dropped.length > 0) {
      this.#parts.snapshots.whenPast(sequence, () => this.deleteStorage(dropped));
    }
    if (this.#closing) return;
    this.#flushSoon();
    this.#restSoon();
    const { log, checkpointBytes } = this.#parts;
    const isDue = (log.byteLength ?? 0) - this.#bytesLeft > checkpointBytes;
    if (isDue && this.#checkpointing === undefined && this.#nextCheckpoint === undefined) {
      this.#inBackground('checkpoint', this.#startCheckpoint(false));
    }
  }

  #flushSoon(): void {
    this.#flushTimer ??= this.#parts.env.timers.after(FLUSH_DELAY_MS, () => {
      this.#flushTimer = undefined;
      this.#inBackground('flush', this.#flush(false));
    });
  }

  /** After a load the log is of no more use: a checkpoint gives its disk back. */
  #restSoon(): void {
    if (this.#closing) return;
    const { committer, env } = this.#parts;
    this.#restTimer ??= env.timers.after(REST_MS, () => {
      this.#restTimer = undefined;
      const { sequence } = committer.published;
      const isResting = sequence === this.#restSequence;
      this.#restSequence = sequence;
      // A checkpoint that is under way may leave what came after it began.
      if (!isResting || this.#checkpointing !== undefined) return this.#restSoon();
      const bytes = (this.#parts.log.byteLength ?? 0) - this.#bytesLeft;
      if (bytes < RESTING_LOG_BYTES) return undefined;
      return this.#inBackground('checkpoint', this.#startCheckpoint(true));
    });
  }

  /** Deletes the rows and entries of storage that nothing refers to any more. */
  deleteStorage(storageIds: readonly number[]): void {
    this.#deleting = this.#deleting.then(async () => {
      try {
        for (const storageId of storageIds) await this.#deleteOne(storageId);
      } catch (error) {
        // The garbage list still names it: the next start tries again.
        this.#warn('deletion of dropped storage', error);
      }
    });
  }

  async #deleteOne(storageId: number): Promise<void> {
    const { kv, states } = this.#parts;
    for (const { from, to } of [rowRange(storageId), indexRange(storageId)]) {
      await kv.deleteRange(from, to);
    }
    await kv.write([{ type: 'delete', key: garbageKey(storageId) }], false);
    states.drop(storageId);
  }

  #flush(all: boolean): Promise<void> {
    this.#releaseViews();
    this.#flushing = this.#flushing.catch(() => undefined).then(() => this.#flushHeads(all));
    return this.#flushing;
  }

  async #flushHeads(all: boolean): Promise<void> {
    const { committer, hypertables } = this.#parts;
    try {
      const isMoreDue = await hypertables.flush(all);
      if (isMoreDue && !this.#closing) this.#flushSoon();
    } finally {
      // New snapshots read the segments, so that the heads' memory comes back without another commit.
      committer.adoptFlushed();
      this.#releaseViews();
      this.#moveOn();
      this.compactSoon();
    }
  }

  /** Looks for chunks that rest, as long as there may be some. */
  compactSoon(): void {
    if (this.#closing) return;
    this.#compactTimer ??= this.#parts.env.timers.after(COMPACT_DELAY_MS, () => {
      this.#compactTimer = undefined;
      this.#inBackground('compaction', this.#compact());
    });
  }

  async #compact(storageId?: number): Promise<void> {
    const { committer, hypertables } = this.#parts;
    try {
      const isMoreDue = await hypertables.compact(storageId);
      if (isMoreDue && storageId === undefined) this.compactSoon();
    } finally {
      committer.adoptFlushed();
      this.#releaseViews();
      this.#moveOn();
    }
  }

  /** Where nobody commits, an empty commit lets replaced segments go: views of this sequence may have them. */
  #moveOn(): void {
    const { committer, hypertables } = this.#parts;
    if (this.#closing || committer.failure !== undefined) return;
    if (!hypertables.awaitsCommitAfter(committer.published.sequence)) return;
    // A failure stops the committer, and every later commit reports it.
    committer.commit(EMPTY_COMMIT, { sync: false }).catch(() => undefined);
  }

  async compact(table: TableDescriptor): Promise<void> {
    await this.checkpoint();
    if (table.hypertable !== null) await this.#compact(table.storageId);
  }

  #releaseViews(): void {
    const { committer, hypertables, snapshots } = this.#parts;
    hypertables.releaseViewsBefore(Math.min(snapshots.oldest(), committer.published.sequence));
  }

  #inBackground(what: string, task: Promise<void>): void {
    task.catch((error: unknown) => this.#warn(what, error));
  }

  #warn(what: string, error: unknown): void {
    const { message } = diskError(error, what);
    this.#parts.env.log.warn(`${what} failed`, { error: message });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#flushTimer?.();
    this.#compactTimer?.();
    this.#restTimer?.();
    const { committer, sequences, hypertables, log, kv } = this.#parts;
    try {
      if (committer.failure === undefined) {
        await committer.idle();
        sequences.logExact();
        await committer.idle();
        await this.#deleting;
        await this.checkpoint();
      }
    } finally {
      await this.#flushing.catch(() => undefined);
      await this.#deleting;
      await hypertables.close();
      await log.close();
      await kv.close();
    }
  }
}

/** The counter that a transaction has for a sequence it restarted. */
function restartedIn(
  transaction: StorageTransaction | undefined,
  sequence: SequenceDescriptor,
): RestartedSequence | undefined {
  return transaction instanceof Transaction ? transaction.restarted(sequence.oid) : undefined;
}
