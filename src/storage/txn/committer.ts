/**
 * The commit pipeline: records go into the log in one order, and once durable are applied in that order,
 * many at a time. A published commit is visible to every snapshot taken after it.
 *
 * When the log or the store fails, memory and disk may disagree: the pipeline stops for good, and only a
 * restart, which recovers from the log, goes on.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { diskError } from '../disk-error.ts';
import type { HypertableStore, HypertableView } from '../hypertable/hypertable-store.ts';
import type { KvOperation, KvStore } from '../kv/kv.ts';
import type { AppendOptions } from '../log/blob-log.ts';
import type { CommitLog, LogPart, Sequence } from '../log/commit-log.ts';
import type { TableStates } from '../row/table-state.ts';
import type { Turns } from '../turns.ts';
import {
  appliedOperation,
  changesStore,
  installUndo,
  putAll,
  recordSize,
  rowOperations,
  stateOperations,
  type BaseRows,
} from './apply.ts';
import { encodeCommit, type EncodedTables } from './commit-codec.ts';
import type { CommitRecord } from './commit-record.ts';
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
  readonly turns: Turns;
  readonly published: Published;
  /** The catalog that the hypertable store sees while it applies a commit. */
  readonly onApply: (catalog: CatalogSnapshot) => void;
  /** Called after commits were published, with the storage ids they dropped. */
  readonly onPublished: (dropped: readonly number[], sequence: Sequence) => void;
}

export interface CommitOptions {
  /** Versions that the record replaces, for open snapshots. */
  readonly base?: BaseRows;
  /** The record's tables as `encodeTables` wrote them, where it has any. */
  readonly tables?: EncodedTables | undefined;
  /** False resolves before the record is on stable storage. */
  readonly sync: boolean;
  /** Storage ids of the hypertables that the record changes. */
  readonly hypertables?: Iterable<number>;
  /** What the record drops is about to be filled: it is garbage only if that does not come to an end. */
  readonly isReservation?: boolean;
}

interface PendingCommit {
  readonly sequence: Sequence;
  readonly record: CommitRecord;
  readonly base: BaseRows;
  readonly sync: boolean;
  readonly isReservation: boolean;
  durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const NO_BASE: BaseRows = new Map();
/** Operations written to the store at a time. */
const SLICE_OPERATIONS = 2_048;
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
    const { base = NO_BASE, tables, sync, hypertables = [], isReservation = false } = options;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { payload, checksum } = encodeCommit(record, tables);
    const sequence = ++this.#appended;
    for (const { storageId } of record.tables) {
      this.#parts.states.get(storageId).appendedAt = sequence;
    }
    for (const storageId of hypertables) this.#parts.states.get(storageId).appendedAt = sequence;
    return new Promise((resolve, reject) => {
      const kinds = { sync, isReservation, durable: false };
      const pending = { sequence, record, base, ...kinds, resolve, reject };
      this.#pending.push(pending);
      this.#parts.log.append([{ range: COMMIT_RANGE, payload, checksum }], { sync }).then(
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

  /** The durable commits at the head of the queue, as many as make a batch. */
  #takeBatch(): { commits: PendingCommit[]; isLarge: boolean } {
    const commits: PendingCommit[] = [];
    let size = 0;
    for (const pending of this.#pending) {
      if (!pending.durable || size > BATCH_OPERATIONS_MAX) break;
      commits.push(pending);
      size += recordSize(pending.record);
    }
    return { commits, isLarge: size > SLICE_OPERATIONS };
  }

  /** Applies the durable commits at the head of the queue. */
  async #applySome(): Promise<void> {
    const { log } = this.#parts;
    const { commits, isLarge } = this.#takeBatch();
    // The store may keep a batch over a power failure in which the log loses its end. It must not have
    // parts of a commit that is lost, nor anything newer than a hypertable's commit that is.
    if (this.#needsFlush(commits) || isLarge) {
      await log.flush?.();
      this.#hasLooseHypertables = false;
    }
    const { catalogs, undo } = commits.some(({ record }) => changesStore(record))
      ? await this.#applyToStore(commits)
      : { catalogs: commits.map(() => this.#published.catalog), undo: [] };
    this.#publishing = true;
    try {
      const dropped = await this.#applyHypertables(commits, catalogs);
      this.#pending.splice(0, commits.length);
      this.#publish(commits, catalogs, undo, dropped);
    } finally {
      this.#publishing = false;
    }
  }

  /**
   * What commits change beside rows and entries goes into one batch with the applied sequence; until that
   * is written, recovery writes all of it again. Returns the catalog behind each commit.
   */
  async #applyToStore(
    commits: readonly PendingCommit[],
  ): Promise<{ catalogs: CatalogSnapshot[]; undo: UndoOfTable[] }> {
    const { kv, states, turns } = this.#parts;
    const target = { batch: kv.batch() };
    let writing: Promise<void> | undefined;
    const last: KvOperation[] = [];
    const undo: UndoOfTable[] = [];
    let catalog = this.#published.catalog;
    const catalogs: CatalogSnapshot[] = [];
    for (const { sequence, record, base } of commits) {
      const steps = installUndo(states, sequence, record, base);
      undo.push(...(await finishInTurns(steps, () => turns.checkpoint())));
      if (record.catalog.length > 0) catalog = catalog.apply(record.catalog);
      catalogs.push(catalog);
      // Before rows are written: a scan takes a table that is not marked as changed for settled.
      last.push(...stateOperations(states, sequence, record, catalog));
      for (const _ of rowOperations(record, target, states)) {
        await turns.checkpoint();
        if (target.batch.length < SLICE_OPERATIONS) continue;
        // The next slice is made while the store takes this one; it gets them in their order.
        await writing;
        writing = kv.write(target.batch, false);
        writing.catch(() => undefined);
        target.batch = kv.batch();
      }
    }
    await writing;
    const newest = commits[commits.length - 1] as PendingCommit;
    putAll(target.batch, [...last, appliedOperation(newest.sequence)]);
    await kv.write(target.batch, false);
    return { catalogs, undo };
  }

  /** Whether commits follow a hypertable's commit that is perhaps not on stable storage. */
  #needsFlush(commits: readonly PendingCommit[]): boolean {
    let needsFlush = false;
    for (const { sync, record } of commits) {
      // A record that waited for the log's sync has everything before it on stable storage.
      if (sync) this.#hasLooseHypertables = false;
      else if (record.hypertables !== undefined) this.#hasLooseHypertables = true;
      else needsFlush ||= this.#hasLooseHypertables;
    }
    return needsFlush;
  }

  /** Large ones in slices; nobody sees them before all is published. Returns what was dropped. */
  async #applyHypertables(
    commits: readonly PendingCommit[],
    catalogs: readonly CatalogSnapshot[],
  ): Promise<number[]> {
    const { hypertables, onApply } = this.#parts;
    const dropped: number[] = [];
    for (let i = 0; i < commits.length; i++) {
      const { sequence, record, isReservation } = commits[i] as PendingCommit;
      onApply(catalogs[i] as CatalogSnapshot);
      if (record.hypertables !== undefined) {
        const rest = hypertables.applyInSlices(sequence, record.hypertables);
        if (rest !== undefined) await rest;
      } else {
        // What tells old views from newer ones follows all commits, as snapshots do.
        hypertables.apply(sequence, undefined);
      }
      for (const storageId of isReservation ? [] : record.droppedStorage) {
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
    const { hypertables, snapshots, turns, onPublished } = this.#parts;
    const catalog = catalogs[catalogs.length - 1] as CatalogSnapshot;
    const { sequence } = commits[commits.length - 1] as PendingCommit;
    this.#published = { sequence, catalog, hypertables: hypertables.current() };
    for (const each of undo) snapshots.whenPast(each.until, () => each.undo.drop(each, turns));
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
