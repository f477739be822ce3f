/**
 * The commit pipeline: records go into the log in one order, and once durable are applied in that order,
 * many at a time. A published commit is visible to every snapshot taken after it.
 *
 * When the log or the store fails, memory and disk may disagree: the pipeline stops for good, and only a
 * restart, which recovers from the log, goes on.
 */
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { diskError } from '../disk-error.ts';
import type { HypertableStore, HypertableView } from '../hypertable/hypertable-store.ts';
import type { KvOperation, KvStore } from '../kv/kv.ts';
import type { AppendOptions } from '../log/blob-log.ts';
import type { CommitLog, LogPart, Sequence } from '../log/commit-log.ts';
import type { TableStates } from '../row/table-state.ts';
import { appliedOperation, installUndo, recordOperations, type BaseRows } from './apply.ts';
import { encodeCommit, type CommitRecord } from './commit-record.ts';
import type { SnapshotRegistry, UndoOfTable } from './undo.ts';

/** The range of the log that commits of this engine go to. */
export const COMMIT_RANGE = 0;

/** State after one commit, as a new snapshot takes it. */
export interface Published {
  readonly sequence: Sequence;
  readonly catalog: CatalogSnapshot;
  readonly hypertables: HypertableView;
}

export interface CommitterParts {
  readonly kv: KvStore;
  readonly log: CommitLog & {
    append(parts: readonly LogPart[], options?: AppendOptions): Promise<readonly Sequence[]>;
    flush?(): Promise<void>;
  };
  readonly hypertables: HypertableStore;
  readonly states: TableStates;
  readonly snapshots: SnapshotRegistry;
  readonly published: Published;
  /** The catalog that the hypertable store sees while it applies a commit. */
  readonly onApply: (catalog: CatalogSnapshot) => void;
  /** Called after commits were published, with the storage ids they dropped. */
  readonly onPublished: (dropped: readonly number[], sequence: Sequence) => void;
}

export interface CommitOptions {
  /** Versions that the record replaces, for open snapshots. */
  readonly base?: BaseRows;
  /** False resolves before the record is on stable storage. */
  readonly sync: boolean;
  /** Storage ids of the hypertables that the record changes. */
  readonly hypertables?: Iterable<number>;
}

interface PendingCommit {
  readonly sequence: Sequence;
  readonly record: CommitRecord;
  readonly base: BaseRows;
  readonly sync: boolean;
  durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const NO_BASE: BaseRows = new Map();
/** Operations above which a batch for the store is not made larger. */
const BATCH_OPERATIONS_MAX = 50_000;

export class Committer {
  readonly #parts: CommitterParts;
  #published: Published;
  #appended: Sequence;
  readonly #pending: PendingCommit[] = [];
  #applying = false;
  #publishing = false;
  #failure: DbError | undefined;
  #whenIdle: (() => void)[] = [];
  /** A hypertable commit was applied that is perhaps not durable: only the log has it. */
  #hasLooseHypertables = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#published = parts.published;
    this.#appended = parts.published.sequence;
  }

  get published(): Published {
    return this.#published;
  }

  /** Why nothing can be committed any more, or undefined. */
  get failure(): DbError | undefined {
    return this.#failure;
  }

  /**
   * Appends a record; resolves when it is published. The caller has validated it, and holds the locks
   * that keep others from changing the same rows, until then.
   */
  commit(record: CommitRecord, options: CommitOptions): Promise<void> {
    const { base = NO_BASE, sync, hypertables = [] } = options;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const payload = encodeCommit(record);
    const sequence = ++this.#appended;
    for (const { storageId } of record.tables) {
      this.#parts.states.get(storageId).appendedAt = sequence;
    }
    for (const storageId of hypertables) this.#parts.states.get(storageId).appendedAt = sequence;
    return new Promise((resolve, reject) => {
      const pending = { sequence, record, base, sync, durable: false, resolve, reject };
      this.#pending.push(pending);
      this.#parts.log.append([{ range: COMMIT_RANGE, payload }], { sync }).then(
        ([given]) => this.#onDurable(pending, given),
        (error: unknown) => this.#fail(diskError(error, 'could not write to the commit log')),
      );
    });
  }

  /** Makes what a flush did to the hypertables the state that new snapshots take. */
  adoptFlushed(): void {
    // Commits that are being applied must not be seen yet; publishing them adopts the rest, too.
    if (this.#publishing) return;
    this.#published = { ...this.#published, hypertables: this.#parts.hypertables.current() };
  }

  /** Resolves when everything appended so far is published. */
  idle(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#pending.length === 0 && !this.#applying) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#whenIdle.push(() => {
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      });
    });
  }

  #onDurable(pending: PendingCommit, given: Sequence | undefined): void {
    if (given !== pending.sequence) {
      this.#fail(
        dbError(
          'internal_error',
          `the log gave sequence ${given} where ${pending.sequence} was expected`,
        ),
      );
      return;
    }
    pending.durable = true;
    if (!this.#applying) void this.#applyAll();
  }

  async #applyAll(): Promise<void> {
    this.#applying = true;
    try {
      while (this.#pending[0]?.durable === true) await this.#applySome();
    } catch (error) {
      this.#fail(diskError(error, 'could not apply a commit'));
      for (const pending of this.#pending.splice(0)) pending.reject(this.#failure as DbError);
    } finally {
      this.#applying = false;
      if (this.#pending.length === 0) this.#signalIdle();
    }
  }

  /** Applies the durable commits at the head of the queue with one batch. */
  async #applySome(): Promise<void> {
    const { kv, log, states } = this.#parts;
    const operations: KvOperation[] = [];
    const undo: UndoOfTable[] = [];
    let catalog = this.#published.catalog;
    const catalogs: CatalogSnapshot[] = [];
    let count = 0;
    let mustFlush = false;
    for (const { durable, sync, sequence, record, base } of this.#pending) {
      if (!durable || operations.length > BATCH_OPERATIONS_MAX) break;
      // A record that waited for the log's sync has everything before it on stable storage.
      if (sync) this.#hasLooseHypertables = false;
      else if (record.hypertables !== undefined) this.#hasLooseHypertables = true;
      else mustFlush ||= this.#hasLooseHypertables;
      undo.push(...installUndo(states, sequence, record, base));
      if (record.catalog.length > 0) catalog = catalog.apply(record.catalog);
      for (const operation of recordOperations(states, sequence, record, catalog)) {
        operations.push(operation);
      }
      catalogs.push(catalog);
      count++;
    }
    const last = this.#pending[count - 1] as PendingCommit;
    operations.push(appliedOperation(last.sequence));
    // The store may keep this batch over a power failure in which the log loses its end; what it keeps
    // must not be newer than a hypertable's commit that is lost.
    if (mustFlush) {
      await log.flush?.();
      this.#hasLooseHypertables = false;
    }
    await kv.write(operations, false);
    const commits = this.#pending.slice(0, count);
    this.#publishing = true;
    try {
      const dropped = await this.#applyHypertables(commits, catalogs);
      this.#pending.splice(0, count);
      this.#publish(commits, catalogs, undo, dropped);
    } finally {
      this.#publishing = false;
    }
  }

  /** Large ones in slices; nobody sees them before all is published. Returns what was dropped. */
  async #applyHypertables(
    commits: readonly PendingCommit[],
    catalogs: readonly CatalogSnapshot[],
  ): Promise<number[]> {
    const { hypertables, onApply } = this.#parts;
    const dropped: number[] = [];
    for (let i = 0; i < commits.length; i++) {
      const { sequence, record } = commits[i] as PendingCommit;
      onApply(catalogs[i] as CatalogSnapshot);
      if (record.hypertables !== undefined) {
        const rest = hypertables.applyInSlices(sequence, record.hypertables);
        if (rest !== undefined) await rest;
      }
      for (const storageId of record.droppedStorage) {
        hypertables.dropTable(storageId);
        dropped.push(storageId);
      }
    }
    return dropped;
  }

  #publish(
    commits: readonly PendingCommit[],
    catalogs: readonly CatalogSnapshot[],
    undo: readonly UndoOfTable[],
    dropped: readonly number[],
  ): void {
    const { hypertables, snapshots, onPublished } = this.#parts;
    const catalog = catalogs[catalogs.length - 1] as CatalogSnapshot;
    const { sequence } = commits[commits.length - 1] as PendingCommit;
    this.#published = { sequence, catalog, hypertables: hypertables.current() };
    for (const each of undo) snapshots.whenPast(each.until, () => each.undo.drop(each));
    onPublished(dropped, sequence);
    for (const commit of commits) commit.resolve();
  }

  /** Rejects what is not durable; what is goes on to be applied. */
  #fail(failure: DbError): void {
    this.#failure ??= failure;
    const kept = this.#pending.findIndex(({ durable }) => !durable);
    if (kept >= 0) {
      for (const pending of this.#pending.splice(kept)) pending.reject(this.#failure);
    }
    if (this.#pending.length === 0) this.#signalIdle();
  }

  #signalIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const signal of waiting) signal();
  }
}
