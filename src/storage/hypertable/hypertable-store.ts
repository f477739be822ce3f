/**
 * The contract between the transaction manager (storage/txn) and the hypertable store. The store keeps
 * one immutable state per applied commit: a `HypertableView` is a pointer to it, so that a snapshot
 * costs nothing and readers never wait. Changes of a transaction gather in `HypertableWrites`; the
 * commit carries them in the log record as plain data (`parts`), and `apply` turns the current state
 * into the next one, synchronously and deterministically.
 *
 * Flushing moves a chunk's head into segments in the background and persists, in one atomic batch, the
 * segments and the sequence up to which the chunk's log records are contained in them. `apply` during
 * recovery skips parts of a chunk at or below that sequence.
 *
 * Row refs are positions in per-table number space handed to heads and segments. A flush moves rows, and
 * gives the locks on them their new refs (`RowLocks`). Refs read before a flush stay good as long as the
 * reader's snapshot is pinned: the store brings them forward when they are used. Only between `parts`
 * and `apply` of a commit that deletes rows of a chunk, its rows stay where they are.
 */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import type { Batch } from '../../vector/vector.ts';
import type { Sequence } from '../log/commit-log.ts';
import type {
  ChunkInfo,
  InsertOptions,
  InsertResult,
  ScanRequest,
  SummaryPart,
  SummaryRequest,
  SegmentColumnInfo,
  SegmentInfo,
  TableStatistics,
  TimeRange,
} from '../storage.ts';

/** All hypertables as of one commit. Opaque and immutable. */
export interface HypertableView {
  readonly sequence: Sequence;
}

/** What one transaction has done to hypertables, with marks for savepoints. */
export interface HypertableWrites {
  readonly isEmpty: boolean;
  /** Approximate bytes held, for the transaction's memory limit. */
  readonly bytes: number;
  mark(): number;
  rollbackTo(mark: number): void;
  /** The writes so far, for reading only. */
  copy(): HypertableWrites;
}

/** Plain data for the log record; only the store reads it. */
export type HypertableParts = unknown;

/** The lock manager as the store needs it when a flush moves rows. */
export interface RowLocks {
  /** Locks on rows follow them to their new refs. */
  rename(storageId: number, refOf: (ref: number) => number | undefined): void;
}

/** Waits until no other transaction has a row locked; undefined where none has. */
export type AwaitRow = (ref: number) => Promise<void> | undefined;

export interface HypertableStore {
  current(): HypertableView;
  openWrites(): HypertableWrites;

  /** Rows at `view` plus the transaction's own writes. Batches carry `runs` where segments allow. */
  scan(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    request: ScanRequest,
  ): AsyncIterable<Batch>;
  scanSummaries(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    request: SummaryRequest,
  ): AsyncIterable<SummaryPart>;
  timeRange(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
  ): TimeRange | undefined;
  fetch(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    refs: Float64Array,
    attnums: readonly number[],
  ): Promise<Batch>;

  /** Keys of unique indexes that rows would have, by chunk: what the caller locks. */
  uniqueKeys(
    table: TableDescriptor,
    rows: Batch,
    indexes: readonly IndexDescriptor[],
  ): { readonly chunk: number; readonly index: number; readonly keys: readonly string[] }[];
  /** A row's newest ref; undefined where the row is gone, or the transaction's own. */
  currentRef(table: TableDescriptor, ref: number): number | undefined;
  chunksOfRefs(view: HypertableView, table: TableDescriptor, refs: Float64Array): number[];

  /**
   * Adds rows to the transaction. `uniqueIndexes` (each contains the time column) are checked against
   * the newest state (the caller has locked the keys) and the own writes; a row in the way that another
   * transaction has locked, perhaps to delete it, is waited for. Throws 23502 where the time column is
   * NULL.
   */
  insert(
    view: HypertableView,
    writes: HypertableWrites,
    table: TableDescriptor,
    rows: Batch,
    uniqueIndexes: readonly IndexDescriptor[],
    options: InsertOptions,
    awaitRow?: AwaitRow,
  ): Promise<InsertResult>;
  delete(writes: HypertableWrites, table: TableDescriptor, refs: Float64Array): void;
  /** Verifies a new unique index over the rows there are; 23505 names a duplicate. */
  checkUnique(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    index: IndexDescriptor,
  ): Promise<void>;
  /** True where any of these rows was deleted, or came, between `view` and now. */
  changedSince(view: HypertableView, table: TableDescriptor, refs: Float64Array): boolean;
  /** Marks the chunks wholly inside [from, to) as dropped in this transaction; returns their names. */
  dropChunks(
    view: HypertableView,
    writes: HypertableWrites,
    table: TableDescriptor,
    from: number | null,
    to: number | null,
  ): string[];

  /** Before `parts`: stores what is too large for the log. */
  prepare(writes: HypertableWrites): Promise<void>;
  /** Forgets what was stored for a transaction that rolls back. */
  discard(writes: HypertableWrites): void;
  /** What a commit has to wait for before `parts`: a flush that is about to move rows it deletes. */
  commitGate(writes: HypertableWrites): Promise<void> | undefined;
  /** A commit with these parts has failed: they will not be applied. */
  abandonParts(parts: HypertableParts): void;
  /** The transaction's changes as plain data for the log (typed arrays and buffers welcome). */
  parts(writes: HypertableWrites): HypertableParts;
  /**
   * The same in slices, behind all gates. Rows that are deleted stay where they are until the parts are
   * applied or abandoned, or the writes discarded.
   */
  partsInSlices(writes: HypertableWrites): Promise<HypertableParts>;
  /** Next state. Also used by recovery, where it skips what segments already contain. */
  apply(sequence: Sequence, parts: HypertableParts): void;
  /** The same in slices, where there is much to do. Calls must not overlap. */
  applyInSlices(sequence: Sequence, parts: HypertableParts): Promise<void> | undefined;
  /** Forgets a dropped or truncated table's data; storage is freed once no view needs it. */
  dropTable(storageId: number): void;
  /** No view older than this is read any more: replaced segments may be deleted. */
  releaseViewsBefore(sequence: Sequence): void;
  /** Whether segments that were replaced can be deleted only after a commit behind this one. */
  awaitsCommitAfter(sequence: Sequence): boolean;

  /** Resolves when what was dropped so far is marked as such, durably; throws what made a deletion fail. */
  settle(): Promise<void>;
  /** First log sequence that is not contained in segments, or undefined when all heads are empty. */
  oldestUnflushed(): Sequence | undefined;
  /** Newest log sequence up to which segments contain a chunk; 0 where there are none. */
  newestFlushed(): Sequence;
  /**
   * Flushes heads that are due (`all`: every head). Called by the engine in the background; true asks
   * for another call soon.
   */
  flush(all: boolean): Promise<boolean>;
  /**
   * Rewrites chunks that have not changed since the last call into segments of whole series; with a
   * storage id all of that table's, at once. True asks for another call after some time.
   */
  compact(storageId?: number): Promise<boolean>;

  /** Bytes that unflushed rows take in memory, for back pressure. */
  headBytes(): number;
  statistics(table: TableDescriptor): TableStatistics;
  segments(table: TableDescriptor): AsyncIterable<SegmentInfo>;
  segmentColumns(table: TableDescriptor): AsyncIterable<SegmentColumnInfo>;
  chunks(table: TableDescriptor): ChunkInfo[];
  close(): Promise<void>;
}
