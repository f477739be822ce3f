/**
 * The storage contract: the only storage file that exec and engine import (storage/open.ts builds the
 * implementation).
 *
 * Life of a write: a transaction collects row changes, catalog changes and sequence moves in memory.
 * `commit` turns them into one record, appends it to the commit log, waits for the group's fsync,
 * applies it in log order (row tables to RocksDB, hypertables to chunk heads, catalog to the next
 * snapshot) and only then resolves. Nothing changes state around the log; apply is deterministic.
 *
 * Life of a read: a statement reads at a snapshot, an immutable view of all tables at one commit
 * sequence, plus the transaction's own changes. Readers never wait for writers.
 *
 * Row refs are numbers that name a row version for the length of a transaction. Row tables: the hidden
 * row id. Hypertables: a position that stays valid while the transaction holds its write lock.
 */
import type { Env } from '../base/env.ts';
import type {
  CatalogChange,
  CatalogSnapshot,
  IndexDescriptor,
  SequenceDescriptor,
  TableDescriptor,
} from '../catalog/catalog.ts';
import type { Oid } from '../types/type.ts';
import type { Int64, Value } from '../types/value.ts';
import type { Statistic, Summaries } from '../vector/summary.ts';
import type { Batch } from '../vector/vector.ts';

export type { IndexExpressions, IndexValues } from './row/index-keys.ts';

export interface StorageOptions {
  /** Directory for all data; undefined keeps everything in memory. */
  readonly path: string | undefined;
  readonly env: Env;
  /** Bytes of decoded columns kept for reuse. */
  readonly cacheBytes?: number | undefined;
  /** Head rows of a chunk above which it is flushed to segments. */
  readonly flushRows?: number | undefined;
  /** False acknowledges before the fsync (SET synchronous_commit = off). */
  readonly syncCommits?: boolean | undefined;
}

export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

export interface StorageEngine {
  /** The newest committed catalog. */
  catalog(): CatalogSnapshot;
  /** `processId` stands for the session in messages about deadlocks. */
  begin(isolation: IsolationLevel, readOnly: boolean, processId?: number): StorageTransaction;

  /**
   * Next value of a sequence, never handed out before, also after a crash. Synchronous. Takes the
   * descriptor, because a transaction may use a sequence that it has created and not yet committed.
   * A transaction that restarted the sequence takes values from its own counter.
   */
  sequenceNext(sequence: SequenceDescriptor, transaction?: StorageTransaction): Int64;
  /** State as SELECT * FROM sequence shows it. */
  sequenceState(
    sequence: SequenceDescriptor,
    transaction?: StorageTransaction,
  ): { lastValue: Int64; isCalled: boolean };
  /** Resolves when everything appended to the log so far (sequence moves included) is durable. */
  flushLog(): Promise<void>;

  statistics(table: TableDescriptor): TableStatistics;
  /** Processes that hold locks for which a process waits, or asked for them before it. */
  blockersOf(process: number): readonly number[];
  chunks(table: TableDescriptor): ChunkInfo[];
  /** The segments of a hypertable, and its heads. */
  segments(table: TableDescriptor): AsyncIterable<SegmentInfo>;
  /** What each column takes in each segment. */
  segmentColumns(table: TableDescriptor): AsyncIterable<SegmentColumnInfo>;
  /** Moves heads into segments and trims the log; what background flushing does, now. */
  checkpoint(): Promise<void>;
  /** Compacts a table now, what otherwise happens once its chunks rest. */
  compact(table: TableDescriptor): Promise<void>;
  close(): Promise<void>;
}

export interface TableStatistics {
  readonly rows: number;
  readonly bytes: number;
}

export interface ChunkInfo {
  readonly id: number;
  /** Name as show_chunks prints it: _hyper_<table oid>_<id>_chunk. */
  readonly name: string;
  /** In the time column's unit, [start, end). */
  readonly rangeStart: number;
  readonly rangeEnd: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows that sit in the head, not yet in a segment. */
  readonly headRows: number;
}

export interface SegmentInfo {
  /** Name of its chunk. */
  readonly chunk: string;
  /** 0 for rows in a head, which are not in a segment yet. */
  readonly id: number;
  readonly rows: number;
  readonly deletedRows: number;
  readonly bytes: number;
  /** In the time column's unit. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Distinct values of the segment-by columns. */
  readonly series: number;
  /** attnums */
  readonly segmentBy: readonly number[];
  readonly isCompacted: boolean;
}

export interface SegmentColumnInfo {
  readonly chunk: string;
  readonly segment: number;
  readonly attnum: number;
  readonly blocks: number;
  readonly bytes: number;
  /** How its blocks are encoded, by the first vector of each. */
  readonly encodings: readonly string[];
}

/** A scan predicate with its values evaluated. */
export interface BoundPredicate {
  readonly column: number;
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'in';
  readonly values: readonly Value[];
}

export interface ScanRequest {
  /** attnums, ROW_REF_ATTNUM (-1) and TABLE_OID_ATTNUM (-6) included. */
  readonly attnums: readonly number[];
  /** Hints: every wanted row satisfies all of them; storage may return others too. */
  readonly predicates: readonly BoundPredicate[];
  /** Hypertables: rows come sorted by the time column over the whole scan. */
  readonly timeOrder: 'asc' | 'desc' | null;
  /**
   * The newest committed rows instead of the snapshot's: for DDL, which holds the table's lock and must
   * see every row whatever the isolation level.
   */
  readonly newest?: boolean | undefined;
  /** The reader takes large batches, and drops rows itself at little cost: storage skips only stretches. */
  readonly coarse?: boolean | undefined;
  /** Filled in as the scan goes, for EXPLAIN ANALYZE. */
  readonly counters?: ScanCounters | undefined;
  /** Hypertables; makes the predicates the whole condition, and goes with no time order. */
  readonly latest?: LatestRequest | undefined;
}

/**
 * Of the rows that are equal in `keys`, only those with the greatest time (the least one without
 * `newest`) are wanted: all of them where several have it. Storage may hand out others too.
 */
export interface LatestRequest {
  readonly keys: readonly number[];
  readonly newest: boolean;
}

/**
 * A scan that takes summaries of stretches where storage can give them. Unlike a scan's, its predicates
 * are the whole condition: a summary counts the rows that satisfy all of them, and only those.
 */
export interface SummaryRequest {
  /** For the rows that come as such. */
  readonly attnums: readonly number[];
  readonly predicates: readonly BoundPredicate[];
  /** Columns that must be constant in a stretch. */
  readonly groupBy: readonly number[];
  /** Buckets of the time column that no stretch may cross: [anchor + n * width, anchor + (n + 1) * width). */
  readonly bucket: { readonly width: number; readonly anchor: number } | null;
  readonly columns: readonly SummaryColumn[];
  /** Of what comes as rows, as that of a ScanRequest. */
  readonly coarse?: boolean | undefined;
  readonly counters?: ScanCounters | undefined;
}

export interface SummaryColumn {
  readonly attnum: number;
  readonly statistics: ReadonlySet<Statistic>;
  /** Sums must be exact whole numbers (integer columns). */
  readonly exactSums: boolean;
  /** Whether summaries may tell how many rows are not NULL, and be about these. */
  readonly allowsNulls?: boolean;
  /** Summaries are of use only where no value is larger, whatever its sign. */
  readonly limit?: number;
}

/** In the time column's unit; rounded where a time is beyond 2^53. */
export interface TimeRange {
  readonly earliest: number;
  readonly latest: number;
}

/** Rows that may fail the predicates, as from a scan, or summaries of rows that do not. */
export type SummaryPart =
  | { readonly kind: 'rows'; readonly batch: Batch }
  | { readonly kind: 'summaries'; readonly summaries: Summaries };

export interface ScanCounters {
  chunks: number;
  chunksPruned: number;
  segments: number;
  segmentsPruned: number;
  rows: number;
  bytes: number;
  /** Rows that went into summaries, and how many summaries that made. */
  summarizedRows: number;
  summaries: number;
  /** Of these rows those that were not looked at, as sketches tell of them, and how many sketches. */
  sketchedRows: number;
  sketches: number;
  /** Whether the following are wanted, which takes some time. */
  readonly withBlocks: boolean;
  /** Vectors of segments that are looked at, and those that need not be, by reason. */
  vectors: number;
  vectorsBySeriesAndTime: number;
  vectorsByValue: number;
  /** Blocks of columns found in memory, those read from disk, and the bytes of the vectors wanted of both. */
  blocksHit: number;
  blocksRead: number;
  blockBytes: number;
}

export interface IndexRequest {
  readonly index: IndexDescriptor;
  readonly attnums: readonly number[];
  readonly equals: readonly Value[];
  readonly lower: { readonly value: Value; readonly inclusive: boolean } | null;
  readonly upper: { readonly value: Value; readonly inclusive: boolean } | null;
  readonly descending: boolean;
}

export type LockStrength = 'update' | 'share';
export type LockWait = 'block' | 'nowait' | 'skip-locked';

export interface InsertOptions {
  /**
   * 'error': the first duplicate raises 23505. 'report': rows that collide on one of `arbiters` (any
   * unique index when empty) are not inserted but reported; duplicates on other indexes still raise.
   */
  readonly onConflict: 'error' | 'report';
  readonly arbiters: readonly Oid[];
  /** The rows' memory was borrowed for them alone: it goes back once they are stored elsewhere. */
  readonly isLent?: boolean | undefined;
}

export interface InsertResult {
  readonly inserted: number;
  /** With 'report': per input row NaN where it was inserted, else the row ref it collided with. */
  readonly conflicts: Float64Array | null;
}

/**
 * Thrown when a row that a READ COMMITTED statement wants to change was changed by a transaction that
 * committed after the statement's snapshot. The session rolls the statement back, takes a new snapshot
 * and runs it again; under the higher levels storage throws 40001 instead.
 */
export class StatementRestart extends Error {
  override name = 'StatementRestart';
}

export type SavepointId = number;

/** What a statement saw when it was suspended. Opaque. */
export interface ReadView {
  readonly snapshot: unknown;
}

export interface StorageTransaction {
  readonly id: number;
  readonly isolation: IsolationLevel;
  /** True once anything was changed. */
  readonly hasWrites: boolean;

  /** READ COMMITTED: moves to the newest snapshot. No effect under the higher levels after the first. */
  newSnapshot(): void;
  /** What the statement at hand sees, for a cursor to go on with; held until the transaction ends. */
  keepReadView(): ReadView;
  /** Reads as `view` saw things while `work` runs, or until it takes a new snapshot. */
  inReadView<T>(view: ReadView, work: () => Promise<T>): Promise<T>;
  /** Catalog as this transaction sees it, own changes included. */
  catalog(): CatalogSnapshot;
  /**
   * Records DDL. Takes the catalog lock (held to the end) the first time, so DDL transactions are
   * serial; waits at most `lockTimeoutMs`. Changes carry complete descriptors.
   */
  changeCatalog(changes: readonly CatalogChange[]): Promise<void>;
  /** Fresh OIDs and storage ids, never reused; valid after changeCatalog holds the lock. */
  allocateOid(): Promise<Oid>;
  allocateStorageId(): Promise<number>;

  scan(table: TableDescriptor, request: ScanRequest): AsyncIterable<Batch>;
  /** Hypertables only. */
  scanSummaries(table: TableDescriptor, request: SummaryRequest): AsyncIterable<SummaryPart>;
  scanIndex(table: TableDescriptor, request: IndexRequest): AsyncIterable<Batch>;
  /** Hypertables: no row's time lies outside, and rows at its ends may be gone. undefined: no rows. */
  timeRange(table: TableDescriptor): TimeRange | undefined;
  /** Rows by their refs, in the order given (attnums as in a scan). */
  fetch(table: TableDescriptor, refs: Float64Array, attnums: readonly number[]): Promise<Batch>;

  /** `rows` has the live columns in attnum order; types and constraints other than unique were checked. */
  insert(table: TableDescriptor, rows: Batch, options: InsertOptions): Promise<InsertResult>;
  /** Replaces rows; `rows` as for insert. The refs must have been locked. Unique indexes are checked. */
  update(table: TableDescriptor, refs: Float64Array, rows: Batch): Promise<void>;
  delete(table: TableDescriptor, refs: Float64Array): Promise<void>;
  /**
   * Locks rows against changes by others until the transaction ends. Throws StatementRestart or 40001
   * where one changed since the snapshot, 55P03 for nowait or lock_timeout, 40P01 for a deadlock. With
   * skip-locked the result marks rows that were skipped with 0.
   */
  lockRows(
    table: TableDescriptor,
    refs: Float64Array,
    strength: LockStrength,
    wait: LockWait,
  ): Promise<Uint8Array>;
  /** LOCK TABLE and DDL: shared (readers of the schema) or exclusive; held to the end. */
  lockTable(table: Oid, mode: 'shared' | 'exclusive', wait: 'block' | 'nowait'): Promise<void>;
  /** Builds an index that changeCatalog has put, over the rows there are. 23505 where not unique. */
  buildIndex(table: TableDescriptor, index: IndexDescriptor): Promise<void>;
  /**
   * Drops the chunks of a hypertable wholly inside [from, to) (time column units, null = open), and
   * returns their names.
   */
  dropChunks(table: TableDescriptor, from: number | null, to: number | null): Promise<string[]>;

  /** setval(): takes effect at once, and stays where the transaction rolls back. */
  setSequence(sequence: Oid, value: Int64, isCalled: boolean): void;
  /**
   * ALTER SEQUENCE ... RESTART and TRUNCATE ... RESTART IDENTITY: this transaction counts from `value`,
   * others do once it has committed.
   */
  restartSequence(sequence: Oid, value: Int64): void;

  savepoint(): SavepointId;
  /**
   * Undoes changes and releases locks since the savepoint; after a StatementRestart the locks stay, so
   * that the statement keeps its place among those that wait for the same rows.
   */
  rollbackTo(savepoint: SavepointId): void;
  releaseSavepoint(savepoint: SavepointId): void;

  /** Milliseconds that a lock request may wait, 0 for ever; the session keeps it up to date. */
  lockTimeoutMs: number;
  /** Aborts waits inside the transaction (cancel, statement_timeout): they reject with `reason`. */
  interrupt(reason: Error): void;

  /** Resolves when durable and visible. Throws 40001 where serializability would break. */
  commit(options?: { readonly sync?: boolean }): Promise<void>;
  /** Never fails, releases everything. */
  rollback(): void;
}
