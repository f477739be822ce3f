/** A transaction over row tables, hypertables, the catalog and sequences. */
import type {
  CatalogChange,
  CatalogSnapshot,
  IndexDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import type { Oid } from '../../types/type.ts';
import type { Int64 } from '../../types/value.ts';
import { sliceBatch } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import type {
  HypertableParts,
  HypertableStore,
  HypertableWrites,
} from '../hypertable/hypertable-store.ts';
import type { KvStore } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import { isStoredIndex, type IndexExpressions } from '../row/index-keys.ts';
import { scanIndexRows } from '../row/index-reader.ts';
import { fetchRows, scanRows, type RowView } from '../row/row-reader.ts';
import { SeenRows } from '../row/seen-rows.ts';
import type { TableStates } from '../row/table-state.ts';
import type { RestartedSequence, Sequences } from '../sequences.ts';
import {
  StatementRestart,
  type IndexRequest,
  type InsertOptions,
  type InsertResult,
  type IsolationLevel,
  type LockStrength,
  type LockWait,
  type ReadView,
  type SavepointId,
  type ScanRequest,
  type StorageTransaction,
  type SummaryPart,
  type SummaryRequest,
  type TimeRange,
} from '../storage.ts';
import { ROW_REF_ATTNUM } from '../system-columns.ts';
import type { Turns } from '../turns.ts';
import { droppedStorageIds, storageIdOf } from './apply.ts';
import type { Counters } from './counters.ts';
import { buildIndexEntries } from './build-index.ts';
import { encodeTables } from './commit-codec.ts';
import type { CommitRecord, SequenceMove, TableChange } from './commit-record.ts';
import type { Committer, Published } from './committer.ts';
import {
  lockHypertableRows,
  lockKeys,
  lockWholeChunks,
  rowNotAvailable,
  rowSpace,
  type HypertableLocking,
} from './hypertable-locks.ts';
import type { LockManager, LockOwner, LockRequest } from './locks.ts';
import { tableChanges } from './record-builder.ts';
import { insertRows } from './insert-rows.ts';
import type { RowWriter } from './row-writer.ts';
import { buildStoredIndex } from './stored-index-build.ts';
import { SnapshotPins, type Pin } from './snapshot-pins.ts';
import type { SnapshotRegistry } from './undo.ts';
import { deleteRows, updateRows } from './update-rows.ts';
import { WriteSet } from './write-set.ts';

/** What all transactions of an engine share. */
export interface TransactionParts {
  readonly kv: KvStore;
  readonly committer: Committer;
  readonly hypertables: HypertableStore;
  readonly locks: LockManager;
  readonly states: TableStates;
  readonly snapshots: SnapshotRegistry;
  readonly turns: Turns;
  readonly sequences: Sequences;
  readonly counters: Counters;
  readonly expressions: IndexExpressions | undefined;
  readonly writeSetBytes: number;
  /** Rows from which on an index is built in pieces, and about as many as a piece has. */
  readonly indexPieceRows: number;
  readonly syncCommits: boolean;
  /** Deletes entries of storage that no catalog has known. */
  readonly deleteStorage: (storageIds: readonly number[]) => void;
}

/** What a cursor sees: a snapshot, and the own changes of that time. */
interface KeptView extends ReadView {
  readonly snapshot: Published;
  readonly command: number;
  readonly hypertableWrites: HypertableWrites | undefined;
}

interface Savepoint {
  readonly rows: number;
  readonly hypertables: number;
  readonly catalogChanges: number;
  readonly catalog: CatalogSnapshot | undefined;
  readonly restarts: ReadonlyMap<Oid, RestartedSequence>;
  /** Locks held. */
  readonly locks: number;
}

/** Bytes of an index entry in memory, roughly. */
const INDEX_ENTRY_BYTES = 100;

/** Locks taken between two looks at the clock. */
const LOCKS_PER_STEP = 1_024;

/** Rows of a hypertable changed between two looks at the clock. */
const HYPERTABLE_STEP_ROWS = 16_384;

const CATALOG_LOCK: LockRequest = { space: 'catalog', key: 0, mode: 'exclusive', wait: true };

export class Transaction implements StorageTransaction {
  readonly id: number;
  readonly isolation: IsolationLevel;
  readonly #parts: TransactionParts;
  readonly #readOnly: boolean;
  readonly #owner: LockOwner;
  readonly #pins: SnapshotPins;
  readonly #writeSet: WriteSet;
  #hypertableWrites: HypertableWrites | undefined;
  #snapshot: Published;
  /** What the statement reads instead of the snapshot: a cursor's view. */
  #kept: KeptView | undefined;
  #snapshotPin: Pin;
  #snapshotTaken = false;
  /** Of the snapshot, and of the table that was read last. */
  #seen: SeenRows | undefined;
  #refsPinned = false;
  #catalogChanges: CatalogChange[] = [];
  #catalog: CatalogSnapshot | undefined;
  #countersMoved = false;
  /** Sequences that this transaction restarted. */
  #restarts = new Map<Oid, RestartedSequence>();
  /** The statement gives way to another transaction's change and is about to run again. */
  #restartsStatement = false;
  /** Storage ids read, for the check of serializability. */
  readonly #readStorage = new Set<number>();
  /** Storage ids of hypertables written to. */
  readonly #writtenHypertables = new Set<number>();
  /** Storage ids of indexes that were built in pieces. */
  readonly #builtStorage = new Set<number>();
  readonly #savepoints: Savepoint[] = [];
  #ended = false;

  constructor(
    id: number,
    isolation: IsolationLevel,
    readOnly: boolean,
    parts: TransactionParts,
    processId?: number,
  ) {
    this.id = id;
    this.isolation = isolation;
    this.#readOnly = readOnly;
    this.#parts = parts;
    this.#owner = parts.locks.openOwner(id, processId);
    this.#pins = new SnapshotPins(parts.snapshots);
    this.#writeSet = new WriteSet(parts.writeSetBytes);
    this.#snapshot = parts.committer.published;
    this.#snapshotPin = this.#pins.pin(this.#snapshot.sequence);
  }

  get lockTimeoutMs(): number {
    return this.#owner.lockTimeoutMs;
  }

  set lockTimeoutMs(value: number) {
    this.#owner.lockTimeoutMs = value;
  }

  get hasWrites(): boolean {
    return (
      !this.#writeSet.isEmpty ||
      this.#catalogChanges.length > 0 ||
      this.#restarts.size > 0 ||
      (this.#hypertableWrites !== undefined && !this.#hypertableWrites.isEmpty)
    );
  }

  newSnapshot(): void {
    this.#checkOpen();
    this.#kept = undefined;
    this.#seen = undefined;
    if (this.#snapshotTaken && this.isolation !== 'read committed') return;
    this.#snapshotTaken = true;
    const { published } = this.#parts.committer;
    if (published === this.#snapshot) return;
    const pin = this.#pins.pin(published.sequence);
    this.#pins.unpin(this.#snapshotPin);
    this.#snapshot = published;
    this.#snapshotPin = pin;
  }

  keepReadView(): ReadView {
    this.#checkOpen();
    const snapshot = this.#readSnapshot;
    this.#pins.pin(snapshot.sequence);
    const { command } = this.#writeSet;
    const view: KeptView = { snapshot, command, hypertableWrites: this.#hypertableWrites?.copy() };
    return view;
  }

  async inReadView<T>(view: ReadView, work: () => Promise<T>): Promise<T> {
    const before = this.#kept;
    this.#kept = view as KeptView;
    try {
      return await work();
    } finally {
      this.#kept = before;
    }
  }

  get #readSnapshot(): Published {
    return this.#kept?.snapshot ?? this.#snapshot;
  }

  get #readableWrites(): HypertableWrites | undefined {
    return this.#kept === undefined ? this.#hypertableWrites : this.#kept.hypertableWrites;
  }

  // --- catalog -----------------------------------------------------------------------------------

  catalog(): CatalogSnapshot {
    return this.#catalog ?? this.#readSnapshot.catalog;
  }

  async changeCatalog(changes: readonly CatalogChange[]): Promise<void> {
    this.#checkWritable();
    await this.#acquire(CATALOG_LOCK);
    // Nobody else can change the catalog from here on: ours builds on the newest one.
    const base = this.#catalog ?? this.#parts.committer.published.catalog;
    this.#catalog = base.apply(changes);
    this.#catalogChanges.push(...changes);
    for (const change of changes) {
      if (change.change === 'put' && change.object.kind === 'sequence') {
        this.#parts.sequences.define(change.object);
      }
    }
  }

  async allocateOid(): Promise<Oid> {
    await this.#acquire(CATALOG_LOCK);
    this.#countersMoved = true;
    return this.#parts.counters.allocateOid(this.#parts.committer.published.catalog);
  }

  async allocateStorageId(): Promise<number> {
    await this.#acquire(CATALOG_LOCK);
    this.#countersMoved = true;
    return this.#parts.counters.allocateStorageId(this.#parts.committer.published.catalog);
  }

  setSequence(sequence: Oid, value: Int64, isCalled: boolean): void {
    this.#checkWritable();
    const own = this.#restarts.get(sequence);
    if (own === undefined) {
      this.#parts.sequences.set(sequence, value, isCalled);
    } else {
      own.lastValue = BigInt(value);
      own.isCalled = isCalled;
    }
  }

  restartSequence(sequence: Oid, value: Int64): void {
    this.#checkWritable();
    this.#restarts.set(sequence, this.#parts.sequences.restart(sequence, value));
  }

  /** The own counter of a sequence that this transaction restarted. */
  restarted(sequence: Oid): RestartedSequence | undefined {
    return this.#restarts.get(sequence);
  }

  // --- reading -----------------------------------------------------------------------------------

  scan(table: TableDescriptor, request: ScanRequest): AsyncIterable<Batch> {
    // Under the table's lock the newest rows are current: nothing that could have been missed.
    if (request.newest === true) this.#checkOpen();
    else this.#noteRead(table);
    const { hypertables, committer } = this.#parts;
    const { sequence, hypertables: view } =
      request.newest === true ? committer.published : this.#readSnapshot;
    const batches =
      table.hypertable === null
        ? scanRows(
            { ...this.#view(table), snapshot: sequence, seen: this.#see(table, request) },
            request,
          )
        : hypertables.scan(view, this.#readableWrites, table, request);
    return this.#pins.hold(sequence, batches);
  }

  /** Keeps what a scan reads that may be for changes. */
  #see(
    table: TableDescriptor,
    { attnums, newest }: Pick<ScanRequest, 'attnums' | 'newest'>,
  ): SeenRows | undefined {
    const isForChanges = !this.#readOnly && newest !== true && this.#kept === undefined;
    if (!isForChanges || !attnums.includes(ROW_REF_ATTNUM)) return undefined;
    if (this.#seen?.storageId !== table.storageId) this.#seen = new SeenRows(table.storageId);
    return this.#seen;
  }

  scanSummaries(table: TableDescriptor, request: SummaryRequest): AsyncIterable<SummaryPart> {
    this.#noteRead(table);
    if (table.hypertable === null) throw new InternalError('ordinary tables have no summaries');
    const { sequence, hypertables: view } = this.#readSnapshot;
    const parts = this.#parts.hypertables.scanSummaries(view, this.#readableWrites, table, request);
    return this.#pins.hold(sequence, parts);
  }

  timeRange(table: TableDescriptor): TimeRange | undefined {
    this.#noteRead(table);
    if (table.hypertable === null) throw new InternalError('ordinary tables have no range of time');
    const view = this.#readSnapshot.hypertables;
    return this.#parts.hypertables.timeRange(view, this.#readableWrites, table);
  }

  scanIndex(table: TableDescriptor, request: IndexRequest): AsyncIterable<Batch> {
    this.#noteRead(table);
    if (table.hypertable !== null) throw new InternalError('hypertables have no index scans');
    const view = { ...this.#view(table), seen: this.#see(table, request) };
    return this.#pinned(scanIndexRows(view, request, this.#parts.expressions));
  }

  async fetch(
    table: TableDescriptor,
    refs: Float64Array,
    attnums: readonly number[],
  ): Promise<Batch> {
    this.#noteRead(table);
    if (table.hypertable === null) {
      return this.#whilePinned(() => fetchRows(this.#view(table), refs, attnums));
    }
    const { hypertables } = this.#parts;
    const view = this.#readSnapshot.hypertables;
    return this.#whilePinned(() =>
      hypertables.fetch(view, this.#readableWrites, table, refs, attnums),
    );
  }

  #view(table: TableDescriptor): RowView {
    return {
      kv: this.#parts.kv,
      table,
      state: this.#parts.states.get(table.storageId),
      turns: this.#parts.turns,
      snapshot: this.#readSnapshot.sequence,
      writes: this.#writeSet.tables.get(table.storageId),
      command: this.#kept?.command ?? this.#writeSet.command,
    };
  }

  /** Keeps the statement's snapshot alive for a scan that may outlive the statement (a cursor). */
  #pinned(batches: AsyncIterable<Batch>): AsyncIterable<Batch> {
    return this.#pins.hold(this.#readSnapshot.sequence, batches);
  }

  async #whilePinned<T>(read: () => Promise<T>): Promise<T> {
    const pin = this.#pins.pin(this.#readSnapshot.sequence);
    try {
      return await read();
    } finally {
      this.#pins.unpin(pin);
    }
  }

  #noteRead(table: TableDescriptor): void {
    this.#checkOpen();
    if (this.isolation === 'serializable') this.#readStorage.add(table.storageId);
  }

  // --- writing -----------------------------------------------------------------------------------

  /** Changes by an older description of the table would miss its new indexes and constraints. */
  #checkCurrent({ oid, name }: TableDescriptor): void {
    if (this.isolation === 'read committed' || this.#catalog !== undefined) return;
    const then = this.#snapshot.catalog;
    const now = this.#parts.committer.published.catalog;
    if (now === then || then.relation(oid) === undefined) return;
    if (now.relation(oid) === undefined) {
      throw dbError('undefined_table', `relation "${name}" does not exist`);
    }
    const [before, after] = [then.indexesOf(oid), now.indexesOf(oid)];
    const isSame =
      now.relation(oid) === then.relation(oid) &&
      before.length === after.length &&
      before.every((index) => after.includes(index));
    if (!isSame) throw concurrentUpdate();
  }

  async insert(table: TableDescriptor, rows: Batch, options: InsertOptions): Promise<InsertResult> {
    this.#checkWritable();
    this.#checkCurrent(table);
    if (table.hypertable === null) return insertRows(this.#writer(table), rows, options);
    const unique = this.catalog()
      .indexesOf(table.oid)
      .filter((index) => index.unique);
    const { hypertables, committer, locks } = this.#parts;
    if (unique.length > 0) {
      await lockKeys(this.#locking(table), hypertables.uniqueKeys(table, rows, unique));
      this.#pinRefs();
    }
    const view = committer.published.hypertables;
    const writes = this.#openHypertableWrites(table);
    const space = rowSpace(table.storageId);
    const result = await hypertables.insert(view, writes, table, rows, unique, options, (ref) =>
      locks.awaitFree(this.#owner, space, ref),
    );
    this.#checkMemory();
    if (result.conflicts !== null) this.#checkConflictsVisible(table, result.conflicts);
    return result;
  }

  /** Higher levels must not even be told of a row in the way that their snapshot does not have. */
  #checkConflictsVisible(table: TableDescriptor, conflicts: Float64Array): void {
    if (this.isolation === 'read committed') return;
    const refs = conflicts.filter((ref) => !Number.isNaN(ref));
    const { hypertables } = this.#parts;
    if (hypertables.changedSince(this.#snapshot.hypertables, table, refs)) throw concurrentUpdate();
  }

  async update(table: TableDescriptor, refs: Float64Array, rows: Batch): Promise<void> {
    this.#checkWritable();
    this.#checkCurrent(table);
    if (table.hypertable === null) return updateRows(this.#writer(table), refs, rows);
    await this.#deleteHypertableRows(table, refs);
    for (let start = 0; start < rows.length; start += HYPERTABLE_STEP_ROWS) {
      const piece = sliceBatch(rows, start, Math.min(start + HYPERTABLE_STEP_ROWS, rows.length));
      await this.insert(table, piece, { onConflict: 'error', arbiters: [] });
      await this.#parts.turns.checkpoint();
    }
  }

  async delete(table: TableDescriptor, refs: Float64Array): Promise<void> {
    this.#checkWritable();
    this.#checkCurrent(table);
    if (table.hypertable === null) return deleteRows(this.#writer(table), refs);
    await this.#deleteHypertableRows(table, refs);
  }

  async #deleteHypertableRows(table: TableDescriptor, refs: Float64Array): Promise<void> {
    const { hypertables, turns } = this.#parts;
    for (let start = 0; start < refs.length; start += HYPERTABLE_STEP_ROWS) {
      const piece = refs.subarray(start, start + HYPERTABLE_STEP_ROWS);
      hypertables.delete(this.#openHypertableWrites(table), table, piece);
      await turns.checkpoint();
    }
  }

  async buildIndex(table: TableDescriptor, index: IndexDescriptor): Promise<void> {
    this.#checkWritable();
    const { committer, hypertables } = this.#parts;
    const newest = committer.published;
    await this.#whilePinnedAt(newest, async () => {
      if (table.hypertable === null) {
        await this.#buildRowIndex(table, index, newest.sequence);
      } else if (index.unique) {
        await hypertables.checkUnique(newest.hypertables, this.#hypertableWrites, table, index);
      }
    });
  }

  /** Of a large table in pieces, unless some of its rows are the transaction's own. */
  async #buildRowIndex(
    table: TableDescriptor,
    index: IndexDescriptor,
    snapshot: Sequence,
  ): Promise<void> {
    const view = { ...this.#view(table), snapshot };
    const writer = this.#writer(table);
    const isLarge = writer.state.rows > this.#parts.indexPieceRows;
    if (!isLarge || writer.writes.rows.size > 0 || !isStoredIndex(index)) {
      return buildIndexEntries(writer, index, view);
    }
    const { committer, counters } = this.#parts;
    this.#builtStorage.add(index.storageId);
    const pieceBytes = this.#parts.indexPieceRows * INDEX_ENTRY_BYTES;
    const checkOpen = (): void => this.#checkOpen();
    try {
      await buildStoredIndex({ writer, committer, counters, pieceBytes, checkOpen }, index, view);
    } finally {
      // What was on its way when the transaction was rolled back has come since.
      if (this.#ended) this.#deleteUnused([]);
    }
  }

  /** Deletes what was built for indexes that are not in the catalog after all. */
  #deleteUnused(changes: readonly CatalogChange[]): void {
    if (this.#builtStorage.size === 0) return;
    const used = new Set(
      changes.map((change) => (change.change === 'put' ? storageIdOf(change.object) : undefined)),
    );
    const unused = [...this.#builtStorage].filter((storageId) => !used.has(storageId));
    if (unused.length > 0) this.#parts.deleteStorage(unused);
  }

  async dropChunks(
    table: TableDescriptor,
    from: number | null,
    to: number | null,
  ): Promise<string[]> {
    this.#checkWritable();
    const { hypertables, committer } = this.#parts;
    const doomed = hypertables
      .chunks(table)
      .filter(
        ({ rangeStart, rangeEnd }) =>
          (from === null || rangeStart >= from) && (to === null || rangeEnd <= to),
      )
      .map(({ id }) => id);
    await lockWholeChunks(this.#locking(table), doomed);
    const view = committer.published.hypertables;
    return hypertables.dropChunks(view, this.#openHypertableWrites(table), table, from, to);
  }

  #writer(table: TableDescriptor): RowWriter {
    const { kv, locks, states, turns, expressions } = this.#parts;
    const catalog = this.catalog();
    const state = states.get(table.storageId);
    return {
      kv,
      bounds: states.indexBounds,
      locks,
      turns,
      owner: this.#owner,
      table,
      schemaName: catalog.schema(table.schema)?.name ?? '',
      indexes: catalog.indexesOf(table.oid),
      state,
      writeSet: this.#writeSet,
      writes: this.#writeSet.table(table.storageId),
      expressions,
      seen: this.#seen?.storageId === table.storageId ? this.#seen : undefined,
      checkVisible: (rowId) => {
        if (this.isolation === 'read committed') return;
        if (state.undo.changedAfter(rowId, this.#snapshot.sequence)) throw concurrentUpdate();
      },
    };
  }

  #openHypertableWrites(table: TableDescriptor): HypertableWrites {
    this.#writtenHypertables.add(table.storageId);
    this.#hypertableWrites ??= this.#parts.hypertables.openWrites();
    return this.#hypertableWrites;
  }

  #checkMemory(): void {
    const bytes = this.#hypertableWrites?.bytes ?? 0;
    if (bytes + this.#writeSet.bytes <= this.#parts.writeSetBytes) return;
    throw dbError('out_of_memory', {
      message: 'out of memory',
      detail: `The changes of one transaction exceed ${this.#parts.writeSetBytes} bytes.`,
      hint: 'Split the work into several transactions.',
    });
  }

  async #whilePinnedAt<T>(state: Published, task: () => Promise<T>): Promise<T> {
    const pin = this.#pins.pin(state.sequence);
    try {
      return await task();
    } finally {
      this.#pins.unpin(pin);
    }
  }

  // --- locks -------------------------------------------------------------------------------------

  async lockRows(
    table: TableDescriptor,
    refs: Float64Array,
    strength: LockStrength,
    wait: LockWait,
  ): Promise<Uint8Array> {
    this.#checkOpen();
    if (table.hypertable !== null) return this.#lockHypertableRows(table, refs, strength, wait);
    const locked = new Uint8Array(refs.length).fill(1);
    const writes = this.#writeSet.tables.get(table.storageId);
    const { undo } = this.#parts.states.get(table.storageId);
    const request = {
      space: `tuple of relation ${table.oid}`,
      isRow: true,
      mode: strength === 'update' ? ('exclusive' as const) : ('shared' as const),
      wait: wait === 'block',
      key: 0,
    };
    for (let i = 0; i < refs.length; i++) {
      const rowId = refs[i] as number;
      if (i % LOCKS_PER_STEP === LOCKS_PER_STEP - 1) await this.#parts.turns.checkpoint();
      // A row of our own making is known to nobody else.
      if (writes?.rows.has(rowId) === true && !writes.base.has(rowId)) continue;
      request.key = rowId;
      const granted = this.#acquire(request);
      if (granted !== true && !(await granted)) {
        if (wait === 'nowait') throw rowNotAvailable(table);
        locked[i] = 0;
        continue;
      }
      if (undo.changedAfter(rowId, this.#readSnapshot.sequence)) throw this.#conflict();
    }
    return locked;
  }

  async #lockHypertableRows(
    table: TableDescriptor,
    refs: Float64Array,
    strength: LockStrength,
    wait: LockWait,
  ): Promise<Uint8Array> {
    const { hypertables } = this.#parts;
    const view = this.#readSnapshot.hypertables;
    this.#pinRefs();
    const chunks = hypertables.chunksOfRefs(view, table, refs);
    await this.#parts.turns.checkpoint();
    const locked = await lockHypertableRows(
      this.#locking(table),
      refs,
      chunks,
      strength,
      wait,
      (ref) => hypertables.currentRef(table, ref),
    );
    for (let start = 0; start < refs.length; start += HYPERTABLE_STEP_ROWS) {
      const flags = locked.subarray(start, start + HYPERTABLE_STEP_ROWS);
      const piece = refs.subarray(start, start + HYPERTABLE_STEP_ROWS);
      const taken = flags.includes(0) ? piece.filter((_ref, i) => flags[i] === 1) : piece;
      if (hypertables.changedSince(view, table, taken)) throw this.#conflict();
      await this.#parts.turns.checkpoint();
    }
    return locked;
  }

  /** Refs of hypertable rows stay good to the end, although flushes move the rows. */
  #pinRefs(): void {
    if (this.#refsPinned) return;
    this.#pins.pin(this.#readSnapshot.sequence);
    this.#refsPinned = true;
  }

  #locking(table: TableDescriptor): HypertableLocking {
    const { locks, turns } = this.#parts;
    return { table, locks, turns, owner: this.#owner };
  }

  async lockTable(
    table: Oid,
    mode: 'shared' | 'exclusive',
    wait: 'block' | 'nowait',
  ): Promise<void> {
    this.#checkOpen();
    const request = { space: 'relation', key: table, mode, wait: wait === 'block' };
    if (await this.#acquire(request)) return;
    const name = this.catalog().relation(table)?.name ?? String(table);
    throw dbError('lock_not_available', `could not obtain lock on relation "${name}"`);
  }

  #acquire(request: LockRequest): boolean | Promise<boolean> {
    this.#checkOpen();
    return this.#parts.locks.acquire(this.#owner, request);
  }

  interrupt(reason: Error): void {
    this.#parts.locks.interrupt(this.#owner, reason);
  }

  #conflict(): Error {
    if (this.isolation !== 'read committed') return concurrentUpdate();
    this.#restartsStatement = true;
    return new StatementRestart();
  }

  // --- savepoints --------------------------------------------------------------------------------

  savepoint(): SavepointId {
    this.#checkOpen();
    this.#savepoints.push({
      rows: this.#writeSet.mark(),
      hypertables: this.#hypertableWrites?.mark() ?? -1,
      catalogChanges: this.#catalogChanges.length,
      catalog: this.#catalog,
      restarts: new Map(this.#restarts),
      locks: this.#owner.held.length,
    });
    return this.#savepoints.length;
  }

  rollbackTo(savepoint: SavepointId): void {
    this.#checkOpen();
    const mark = this.#savepoint(savepoint);
    this.#seen = undefined;
    this.#savepoints.length = savepoint;
    this.#writeSet.rollbackTo(mark.rows);
    if (mark.hypertables >= 0) this.#hypertableWrites?.rollbackTo(mark.hypertables);
    else if (this.#hypertableWrites !== undefined) {
      this.#parts.hypertables.discard(this.#hypertableWrites);
      this.#hypertableWrites = undefined;
    }
    if (mark.catalogChanges < this.#catalogChanges.length) {
      this.#forgetSequences(this.#catalogChanges.slice(mark.catalogChanges));
      this.#catalogChanges.length = mark.catalogChanges;
    }
    this.#restarts = new Map(mark.restarts);
    if (this.#restartsStatement) {
      this.#restartsStatement = false;
      if (this.#catalog !== undefined) {
        this.#catalog = this.#parts.committer.published.catalog.apply(this.#catalogChanges);
      }
      return;
    }
    // With the locks goes the own view of the catalog, unless its lock was held before.
    this.#catalog = mark.catalog;
    this.#parts.locks.releaseFrom(this.#owner, mark.locks);
  }

  releaseSavepoint(savepoint: SavepointId): void {
    this.#savepoint(savepoint);
    this.#savepoints.length = savepoint - 1;
    if (this.#savepoints.length === 0) this.#writeSet.stopJournal();
  }

  #savepoint(savepoint: SavepointId): Savepoint {
    const mark = this.#savepoints[savepoint - 1];
    if (mark === undefined) throw new InternalError(`no savepoint ${savepoint}`);
    return mark;
  }

  /** Takes back what rolled back catalog changes did to the sequences in memory. */
  #forgetSequences(changes: readonly CatalogChange[]): void {
    const { committer, sequences } = this.#parts;
    for (const change of changes) {
      if (change.change !== 'put' || change.object.kind !== 'sequence') continue;
      const committed = committer.published.catalog.relation(change.object.oid);
      if (committed?.kind === 'sequence') sequences.define(committed);
      else sequences.drop(change.object.oid);
    }
  }

  // --- end ---------------------------------------------------------------------------------------

  async commit(options?: { readonly sync?: boolean }): Promise<void> {
    this.#checkOpen();
    if (!this.hasWrites) {
      this.rollback();
      return;
    }
    const sync = options?.sync ?? this.#parts.syncCommits;
    const { hypertables } = this.#parts;
    const writes = this.#hypertableWrites;
    let parts: HypertableParts | undefined;
    let published: Promise<void>;
    try {
      const tables = await this.#tableChanges();
      const encoded = await encodeTables(tables, this.#parts.turns);
      this.#checkOpen();
      if (writes !== undefined) {
        await hypertables.prepare(writes);
        this.#checkOpen();
        if (!writes.isEmpty) parts = await hypertables.partsInSlices(writes);
        this.#checkOpen();
      }
      this.#checkSerializable();
      const record = this.#record(tables, parts);
      // Half of a commit that spans both stores must not outlive the other half.
      const spansStores =
        record.hypertables !== undefined && (record.tables.length > 0 || record.catalog.length > 0);
      published = this.#parts.committer.commit(record, {
        base: this.#writeSet.tables,
        tables: encoded,
        sync: sync || spansStores,
        hypertables: this.#writtenHypertables,
      });
      // Moves that others log from now on lie behind this commit's record.
      for (const [oid, counter] of this.#restarts) this.#parts.sequences.adopt(oid, counter);
    } catch (error) {
      hypertables.abandonParts(parts);
      this.rollback();
      throw error;
    }
    this.#ended = true;
    this.#pins.releaseAll();
    try {
      await published;
    } catch (error) {
      this.#forgetSequences(this.#catalogChanges);
      hypertables.abandonParts(parts);
      throw error;
    } finally {
      await this.#parts.locks.releaseInTurns(this.#owner, this.#parts.turns);
    }
    for (const change of this.#catalogChanges) {
      if (change.change === 'drop') this.#parts.sequences.drop(change.oid);
    }
    this.#deleteUnused(this.#catalogChanges);
  }

  rollback(): void {
    if (this.#ended) return;
    this.#forgetSequences(this.#catalogChanges);
    this.#deleteUnused([]);
    if (this.#hypertableWrites !== undefined) {
      this.#parts.hypertables.discard(this.#hypertableWrites);
    }
    this.#release();
  }

  #release(): void {
    this.#ended = true;
    this.#pins.releaseAll();
    // Nobody waits for the end of it: who wants one of the locks waits for that.
    void this.#parts.locks.releaseInTurns(this.#owner, this.#parts.turns);
  }

  #checkSerializable(): void {
    const { states } = this.#parts;
    for (const storageId of this.#readStorage) {
      const state = states.known(storageId);
      if (state !== undefined && state.appendedAt > this.#snapshot.sequence) {
        throw dbError('serialization_failure', {
          message: 'could not serialize access due to read/write dependencies among transactions',
          hint: 'The transaction might succeed if retried.',
        });
      }
    }
  }

  /** Row and index changes of all storage that the transaction does not drop itself. */
  #tableChanges(): Promise<TableChange[]> {
    const { committer, turns } = this.#parts;
    // Whoever changes the catalog holds its lock: nothing of this depends on others.
    const dropped = new Set(droppedStorageIds(committer.published.catalog, this.#catalogChanges));
    return tableChanges(this.#writeSet, (storageId) => !dropped.has(storageId), turns);
  }

  #record(tables: readonly TableChange[], hypertables: HypertableParts | undefined): CommitRecord {
    const { committer, counters } = this.#parts;
    const catalog = [...this.#catalogChanges];
    if (this.#countersMoved) catalog.push(counters.change());
    const droppedStorage = droppedStorageIds(committer.published.catalog, catalog);
    return { tables, catalog, droppedStorage, sequences: this.#newSequences(), hypertables };
  }

  /** State of the sequences that this transaction creates or restarts. */
  #newSequences(): SequenceMove[] {
    const { sequences } = this.#parts;
    const moves = new Map<Oid, SequenceMove>();
    for (const change of this.#catalogChanges) {
      if (change.change === 'put' && change.object.kind === 'sequence') {
        moves.set(change.object.oid, sequences.exactMove(change.object.oid));
      } else if (change.change === 'drop') {
        moves.delete(change.oid);
      }
    }
    for (const [oid, { lastValue, isCalled }] of this.#restarts) {
      if (this.catalog().relation(oid) === undefined) continue;
      moves.set(oid, { oid, lastValue: String(lastValue), isCalled });
    }
    return [...moves.values()];
  }

  #checkOpen(): void {
    if (this.#ended) throw new InternalError('the transaction has ended');
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.#readOnly) {
      throw dbError(
        'read_only_sql_transaction',
        'cannot execute a change in a read-only transaction',
      );
    }
  }
}

function concurrentUpdate(): Error {
  return dbError('serialization_failure', 'could not serialize access due to concurrent update');
}
