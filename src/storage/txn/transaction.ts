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
import type { Batch } from '../../vector/vector.ts';
import type { HypertableParts } from '../hypertable/hypertable-store.ts';
import type { Sequence } from '../log/commit-log.ts';
import { isStoredIndex } from '../row/index-keys.ts';
import { scanIndexRows } from '../row/index-reader.ts';
import { fetchRows, scanRows, type RowView } from '../row/row-reader.ts';
import type { RestartedSequence } from '../sequences.ts';
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
import { buildIndexEntries } from './build-index.ts';
import { CatalogChanges, type CatalogMark } from './catalog-changes.ts';
import { encodeTables } from './commit-codec.ts';
import type { CommitRecord, TableChange } from './commit-record.ts';
import { HypertableChanges } from './hypertable-changes.ts';
import { insertRows } from './insert-rows.ts';
import type { LockOwner, LockRequest } from './locks.ts';
import { ReadState, type KeptView } from './read-state.ts';
import { tableChanges } from './record-builder.ts';
import { checkSameTable, concurrentUpdate, lockTableRows } from './row-locks.ts';
import type { RowWriter } from './row-writer.ts';
import { SnapshotPins } from './snapshot-pins.ts';
import { buildStoredIndex } from './stored-index-build.ts';
import type { TransactionParts } from './transaction-parts.ts';
import { deleteRows, updateRows } from './update-rows.ts';
import { WriteSet } from './write-set.ts';

interface Savepoint {
  readonly rows: number;
  readonly hypertables: number;
  readonly catalog: CatalogMark;
  /** Locks held. */
  readonly locks: number;
}

/** Bytes of an index entry in memory, roughly. */
const INDEX_ENTRY_BYTES = 100;

const CATALOG_LOCK: LockRequest = { space: 'catalog', key: 0, mode: 'exclusive', wait: true };

export class Transaction implements StorageTransaction {
  readonly id: number;
  readonly isolation: IsolationLevel;
  readonly #parts: TransactionParts;
  readonly #readOnly: boolean;
  readonly #owner: LockOwner;
  readonly #pins: SnapshotPins;
  readonly #reads: ReadState;
  readonly #writeSet: WriteSet;
  readonly #hypertables: HypertableChanges;
  readonly #catalog: CatalogChanges;
  /** The statement gives way to another transaction's change and is about to run again. */
  #restartsStatement = false;
  /** Storage ids read, for the check of serializability. */
  readonly #readStorage = new Set<number>();
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
    this.#reads = new ReadState(parts.committer, this.#pins);
    this.#writeSet = new WriteSet(parts.writeSetBytes);
    this.#catalog = new CatalogChanges(parts);
    this.#hypertables = new HypertableChanges({
      parts,
      owner: this.#owner,
      reads: this.#reads,
      pins: this.#pins,
      isolation,
      conflict: () => this.#conflict(),
    });
  }

  get lockTimeoutMs(): number {
    return this.#owner.lockTimeoutMs;
  }

  set lockTimeoutMs(value: number) {
    this.#owner.lockTimeoutMs = value;
  }

  get hasWrites(): boolean {
    return !this.#writeSet.isEmpty || !this.#catalog.isEmpty || !this.#hypertables.isEmpty;
  }

  newSnapshot(): void {
    this.#checkOpen();
    this.#reads.renew(this.isolation);
  }

  keepReadView(): ReadView {
    this.#checkOpen();
    return this.#reads.keep(this.#writeSet.command, this.#hypertables.writes?.copy());
  }

  inReadView<T>(view: ReadView, work: () => Promise<T>): Promise<T> {
    return this.#reads.within(view as KeptView, work);
  }

  // --- catalog -----------------------------------------------------------------------------------

  catalog(): CatalogSnapshot {
    return this.#catalog.catalog ?? this.#reads.current.catalog;
  }

  async changeCatalog(changes: readonly CatalogChange[]): Promise<void> {
    this.#checkWritable();
    await this.#acquire(CATALOG_LOCK);
    this.#catalog.add(changes);
  }

  async allocateOid(): Promise<Oid> {
    await this.#acquire(CATALOG_LOCK);
    return this.#catalog.allocateOid();
  }

  async allocateStorageId(): Promise<number> {
    await this.#acquire(CATALOG_LOCK);
    return this.#catalog.allocateStorageId();
  }

  setSequence(sequence: Oid, value: Int64, isCalled: boolean): void {
    this.#checkWritable();
    this.#catalog.setSequence(sequence, value, isCalled);
  }

  restartSequence(sequence: Oid, value: Int64): void {
    this.#checkWritable();
    this.#catalog.restartSequence(sequence, value);
  }

  /** The own counter of a sequence that this transaction restarted. */
  restarted(sequence: Oid): RestartedSequence | undefined {
    return this.#catalog.restarted(sequence);
  }

  // --- reading -----------------------------------------------------------------------------------

  scan(table: TableDescriptor, request: ScanRequest): AsyncIterable<Batch> {
    // Under the table's lock the newest rows are current: nothing that could have been missed.
    if (request.newest === true) this.#checkOpen();
    else this.#noteRead(table);
    const { hypertables, committer } = this.#parts;
    const state = request.newest === true ? committer.published : this.#reads.current;
    if (table.hypertable !== null) {
      const { readable } = this.#hypertables;
      const batches = hypertables.scan(state.hypertables, readable, table, request);
      return this.#pins.hold(state.sequence, batches);
    }
    const view = this.#view(table, { snapshot: state.sequence, seen: this.#see(table, request) });
    return this.#pins.hold(state.sequence, scanRows(view, request));
  }

  #see(table: TableDescriptor, request: Pick<ScanRequest, 'attnums' | 'newest'>): RowView['seen'] {
    return this.#readOnly ? undefined : this.#reads.see(table, request);
  }

  scanSummaries(table: TableDescriptor, request: SummaryRequest): AsyncIterable<SummaryPart> {
    this.#noteRead(table);
    if (table.hypertable === null) throw new InternalError('ordinary tables have no summaries');
    const { sequence, hypertables: view } = this.#reads.current;
    const { readable } = this.#hypertables;
    const parts = this.#parts.hypertables.scanSummaries(view, readable, table, request);
    return this.#pins.hold(sequence, parts);
  }

  timeRange(table: TableDescriptor): TimeRange | undefined {
    this.#noteRead(table);
    if (table.hypertable === null) throw new InternalError('ordinary tables have no range of time');
    const view = this.#reads.current.hypertables;
    return this.#parts.hypertables.timeRange(view, this.#hypertables.readable, table);
  }

  scanIndex(table: TableDescriptor, request: IndexRequest): AsyncIterable<Batch> {
    this.#noteRead(table);
    if (table.hypertable !== null) throw new InternalError('hypertables have no index scans');
    const view = this.#view(table, { seen: this.#see(table, request) });
    const batches = scanIndexRows(view, request, this.#parts.expressions);
    // The scan may outlive the statement (a cursor).
    return this.#pins.hold(this.#reads.current.sequence, batches);
  }

  fetch(table: TableDescriptor, refs: Float64Array, attnums: readonly number[]): Promise<Batch> {
    this.#noteRead(table);
    const { sequence, hypertables: view } = this.#reads.current;
    return this.#whilePinned(sequence, () =>
      table.hypertable === null
        ? fetchRows(this.#view(table), refs, attnums)
        : this.#parts.hypertables.fetch(view, this.#hypertables.readable, table, refs, attnums),
    );
  }

  #view(
    table: TableDescriptor,
    { snapshot, seen }: Pick<Partial<RowView>, 'snapshot' | 'seen'> = {},
  ): RowView {
    return {
      kv: this.#parts.kv,
      table,
      state: this.#parts.states.get(table.storageId),
      turns: this.#parts.turns,
      snapshot: snapshot ?? this.#reads.current.sequence,
      writes: this.#writeSet.tables.get(table.storageId),
      command: this.#reads.kept?.command ?? this.#writeSet.command,
      seen,
    };
  }

  async #whilePinned<T>(sequence: Sequence, task: () => Promise<T>): Promise<T> {
    const pin = this.#pins.pin(sequence);
    try {
      return await task();
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
  #checkCurrent(table: TableDescriptor): void {
    this.#checkWritable();
    if (this.isolation === 'read committed' || this.#catalog.catalog !== undefined) return;
    checkSameTable(table, this.#reads.snapshot.catalog, this.#parts.committer.published.catalog);
  }

  async insert(table: TableDescriptor, rows: Batch, options: InsertOptions): Promise<InsertResult> {
    this.#checkCurrent(table);
    if (table.hypertable === null) return insertRows(this.#writer(table), rows, options);
    const unique = this.catalog()
      .indexesOf(table.oid)
      .filter((index) => index.unique);
    const result = await this.#hypertables.insert(table, rows, unique, options);
    this.#checkMemory();
    return result;
  }

  async update(table: TableDescriptor, refs: Float64Array, rows: Batch): Promise<void> {
    this.#checkCurrent(table);
    if (table.hypertable === null) return updateRows(this.#writer(table), refs, rows);
    await this.#hypertables.update(table, refs, rows, (piece) =>
      this.insert(table, piece, { onConflict: 'error', arbiters: [] }),
    );
  }

  async delete(table: TableDescriptor, refs: Float64Array): Promise<void> {
    this.#checkCurrent(table);
    if (table.hypertable === null) return deleteRows(this.#writer(table), refs);
    await this.#hypertables.delete(table, refs);
  }

  async buildIndex(table: TableDescriptor, index: IndexDescriptor): Promise<void> {
    this.#checkWritable();
    const { sequence, hypertables: view } = this.#parts.committer.published;
    await this.#whilePinned(sequence, async () => {
      if (table.hypertable === null) {
        await this.#buildRowIndex(table, index, sequence);
      } else if (index.unique) {
        const { hypertables } = this.#parts;
        await hypertables.checkUnique(view, this.#hypertables.writes, table, index);
      }
    });
  }

  /** Of a large table in pieces, unless some of its rows are the transaction's own. */
  async #buildRowIndex(
    table: TableDescriptor,
    index: IndexDescriptor,
    snapshot: Sequence,
  ): Promise<void> {
    const view = this.#view(table, { snapshot });
    const writer = this.#writer(table);
    const { committer, counters, indexPieceRows } = this.#parts;
    const isLarge = writer.state.rows > indexPieceRows;
    if (!isLarge || writer.writes.rows.size > 0 || !isStoredIndex(index)) {
      return buildIndexEntries(writer, index, view);
    }
    this.#catalog.noteBuilt(index.storageId);
    const pieceBytes = indexPieceRows * INDEX_ENTRY_BYTES;
    const checkOpen = (): void => this.#checkOpen();
    try {
      await buildStoredIndex({ writer, committer, counters, pieceBytes, checkOpen }, index, view);
    } finally {
      // What was on its way when the transaction was rolled back has come since.
      if (this.#ended) this.#catalog.deleteUnused([]);
    }
  }

  dropChunks(table: TableDescriptor, from: number | null, to: number | null): Promise<string[]> {
    this.#checkWritable();
    return this.#hypertables.dropChunks(table, from, to);
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
      seen: this.#reads.seenOf(table),
      checkVisible: (rowId) => {
        if (this.isolation === 'read committed') return;
        if (state.undo.changedAfter(rowId, this.#reads.snapshot.sequence)) throw concurrentUpdate();
      },
    };
  }

  #checkMemory(): void {
    const bytes = this.#hypertables.bytes + this.#writeSet.bytes;
    if (bytes <= this.#parts.writeSetBytes) return;
    throw dbError('out_of_memory', {
      message: 'out of memory',
      detail: `The changes of one transaction exceed ${this.#parts.writeSetBytes} bytes.`,
      hint: 'Split the work into several transactions.',
    });
  }

  // --- locks -------------------------------------------------------------------------------------

  async lockRows(
    table: TableDescriptor,
    refs: Float64Array,
    strength: LockStrength,
    wait: LockWait,
  ): Promise<Uint8Array> {
    this.#checkOpen();
    if (table.hypertable !== null) return this.#hypertables.lockRows(table, refs, strength, wait);
    const { locks, turns, states } = this.#parts;
    const locking = {
      table,
      locks,
      turns,
      owner: this.#owner,
      state: states.get(table.storageId),
      writes: this.#writeSet.tables.get(table.storageId),
      snapshot: this.#reads.current.sequence,
      conflict: () => this.#conflict(),
      checkOpen: () => this.#checkOpen(),
    };
    return lockTableRows(locking, refs, strength, wait);
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
      hypertables: this.#hypertables.mark(),
      catalog: this.#catalog.mark(),
      locks: this.#owner.held.length,
    });
    return this.#savepoints.length;
  }

  rollbackTo(savepoint: SavepointId): void {
    this.#checkOpen();
    const mark = this.#savepoint(savepoint);
    const keepsLocks = this.#restartsStatement;
    this.#restartsStatement = false;
    this.#savepoints.length = savepoint;
    this.#reads.forgetSeen();
    this.#writeSet.rollbackTo(mark.rows);
    this.#hypertables.rollbackTo(mark.hypertables);
    this.#catalog.rollbackTo(mark.catalog, keepsLocks);
    if (!keepsLocks) this.#parts.locks.releaseFrom(this.#owner, mark.locks);
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

  // --- end ---------------------------------------------------------------------------------------

  async commit(options?: { readonly sync?: boolean }): Promise<void> {
    this.#checkOpen();
    if (!this.hasWrites) {
      this.rollback();
      return;
    }
    const sync = options?.sync ?? this.#parts.syncCommits;
    let parts: HypertableParts | undefined;
    let published: Promise<void>;
    try {
      const tables = await this.#tableChanges();
      const encoded = await encodeTables(tables, this.#parts.turns);
      this.#checkOpen();
      parts = await this.#hypertables.toParts(() => this.#checkOpen());
      this.#checkOpen();
      this.#checkSerializable();
      const record: CommitRecord = { tables, hypertables: parts, ...this.#catalog.record() };
      // Half of a commit that spans both stores must not outlive the other half.
      const spansStores = parts !== undefined && (tables.length > 0 || record.catalog.length > 0);
      published = this.#parts.committer.commit(record, {
        base: this.#writeSet.tables,
        tables: encoded,
        sync: sync || spansStores,
        hypertables: this.#hypertables.written,
      });
      this.#catalog.adoptRestarts();
    } catch (error) {
      this.#parts.hypertables.abandonParts(parts);
      this.rollback();
      throw error;
    }
    this.#ended = true;
    this.#pins.releaseAll();
    await this.#awaitPublished(published, parts);
    this.#catalog.committed();
  }

  /** The locks are held until all can see the commit. */
  async #awaitPublished(
    published: Promise<void>,
    parts: HypertableParts | undefined,
  ): Promise<void> {
    try {
      await published;
    } catch (error) {
      this.#catalog.commitFailed();
      this.#parts.hypertables.abandonParts(parts);
      throw error;
    } finally {
      await this.#parts.locks.releaseInTurns(this.#owner, this.#parts.turns);
    }
  }

  rollback(): void {
    if (this.#ended) return;
    this.#catalog.rolledBack();
    this.#hypertables.discard();
    this.#ended = true;
    this.#pins.releaseAll();
    // Nobody waits for the end of it: who wants one of the locks waits for that.
    void this.#parts.locks.releaseInTurns(this.#owner, this.#parts.turns);
  }

  #checkSerializable(): void {
    const { states } = this.#parts;
    for (const storageId of this.#readStorage) {
      const state = states.known(storageId);
      if (state !== undefined && state.appendedAt > this.#reads.snapshot.sequence) {
        throw dbError('serialization_failure', {
          message: 'could not serialize access due to read/write dependencies among transactions',
          hint: 'The transaction might succeed if retried.',
        });
      }
    }
  }

  /** Row and index changes of all storage that the transaction does not drop itself. */
  #tableChanges(): Promise<TableChange[]> {
    const dropped = this.#catalog.droppedStorage();
    const isLive = (storageId: number): boolean => !dropped.has(storageId);
    return tableChanges(this.#writeSet, isLive, this.#parts.turns);
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
