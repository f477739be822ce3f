/** The hypertable store: states, writes and scans joined to what keeps segments. */
import { finishInTurns, finishNow } from '../../base/steps.ts';
import type { Env } from '../../base/env.ts';
import { giveBack } from '../../base/lent-arrays.ts';
import type { CatalogSnapshot, IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import { giveBackBatch } from '../../vector/lent-batch.ts';
import type { Batch } from '../../vector/vector.ts';
import type { KvStore } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import type {
  ChunkInfo,
  InsertOptions,
  InsertResult,
  ScanRequest,
  SegmentColumnInfo,
  SegmentInfo,
  SummaryPart,
  SummaryRequest,
  TableStatistics,
  TimeRange,
} from '../storage.ts';
import { missingValue } from './any-values.ts';
import { applyPart } from './apply.ts';
import { fetchRows } from './fetch-rows.ts';
import type { HeadBuffer, HeadContext } from './head.ts';
import type {
  AwaitRow,
  HypertableParts,
  HypertableStore,
  HypertableView,
  HypertableWrites,
  RowLocks,
} from './hypertable-store.ts';
import { freeLanes, packSteps, partSteps, unpackParts, type Part } from './parts.ts';
import { ChunkHolds } from './chunk-holds.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import { Compactor } from './compact.ts';
import { currentRef, forgetMoves } from './moved-rows.ts';
import { existence } from './existence.ts';
import { placeRows, type ChunkPlace } from './placement.ts';
import { RetiredHeads } from './retired-heads.ts';
import { scanTable } from './scan.ts';
import { timeRangeOf, type ScanInput } from './select-chunk.ts';
import { scanSummaries } from './summarize.ts';
import { HEAD_BYTES, type Flusher } from './flush.ts';
import { addRows, collisionsOf } from './insert-rows.ts';
import { bringForward, frozen } from './own-table.ts';
import { SegmentByChoice } from './segment-by-choice.ts';
import { chunkInfos, segmentColumnInfos, segmentInfos } from './segment-info.ts';
import { holdsSlot, isLive, targetOfSlot } from './slots.ts';
import type { SegmentKeeper } from './segment-keeper.ts';
import { spillForCommit, spillPending, type SpillContext, type SpillLimits } from './spill.ts';
import {
  chunkName,
  chunkStartingAt,
  SLOT_ROWS,
  withTable,
  type ChunkState,
  type RootState,
  type SegmentState,
  type TableRuntime,
  type TableState,
} from './state.ts';
import { headDictionary } from './table-dictionaries.ts';
import { keysByChunk, verifyUnique } from './unique-check.ts';
import { OWN_REFS, Writes, type OwnTable } from './writes.ts';

export interface HypertableStoreOptions {
  readonly kv: KvStore;
  readonly env: Env;
  readonly catalog: () => CatalogSnapshot;
  readonly locks: RowLocks;
  /** Bytes of decoded columns kept for reuse. */
  readonly cacheBytes: number;
  /** Head rows of a chunk above which it is flushed to segments. */
  readonly flushRows: number;
  /** The newest sequence that had been applied when the store was opened. */
  readonly sequenceApplied: Sequence;
  /** Something that was stored once is perhaps gone, and the log brings it back. */
  readonly isMended?: boolean | undefined;
  /** When transactions put rows into segments before they commit. */
  readonly spillLimits?: SpillLimits | undefined;
  /** Rows of the groups of series that compaction makes; fewer for tests. */
  readonly compactRows?: number | undefined;
}

/** What the store works with beside its options. */
export interface StoreParts {
  readonly keeper: SegmentKeeper;
  readonly flusher: Flusher;
  readonly encoder: ColumnEncoder;
}

/** Values that one slice of applying a commit copies: some milliseconds. */
const SLICE_CELLS = 1_000_000;

/** Bytes of commits after which the size of the heads is looked at. */
const PRESSURE_BYTES = 4 * 1024 * 1024;
const PRESSURE_WAIT_MS = 1000;

export class Store implements HypertableStore {
  readonly #options: HypertableStoreOptions;
  readonly #keeper: SegmentKeeper;
  readonly #flusher: Flusher;
  readonly #encoder: ColumnEncoder;
  readonly #compactor: Compactor;
  readonly #contexts = new Map<number, HeadContext>();
  /** Parts that were packed in this process, so that applying them need not unpack. */
  readonly #packed = new WeakMap<Uint8Array, readonly Part[]>();
  readonly #spillContext: SpillContext;
  readonly #choice: SegmentByChoice;
  readonly #holds = new ChunkHolds();
  readonly #retired: RetiredHeads;
  #applying: Promise<void> | undefined;
  #uncounted = 0;
  #root: RootState;

  constructor(
    options: HypertableStoreOptions,
    { keeper, flusher, encoder }: StoreParts,
    root: RootState,
  ) {
    this.#options = options;
    this.#keeper = keeper;
    this.#flusher = flusher;
    this.#encoder = encoder;
    this.#choice = new SegmentByChoice(options.catalog);
    this.#compactor = new Compactor({ ...options, encoder }, keeper, flusher);
    this.#retired = new RetiredHeads(options.env.timers);
    this.#root = root;
    this.#spillContext = {
      keeper,
      timers: options.env.timers,
      encoder,
      limits: options.spillLimits,
      contextOf: (storageId) => this.#context(this.#tableState(storageId).runtime),
      segmentBy: (table, rangeStart, columnOf, rows) => {
        const chunk = chunkStartingAt(this.#tableState(table.storageId), rangeStart);
        return this.#inSlices(this.#choice.segmentSteps(table, chunk, columnOf, rows));
      },
    };
  }

  current(): RootState {
    return this.#root;
  }

  /** Replaces a table's state without a commit: what a flush does. */
  replaceTable(table: TableState): void {
    this.#root = withTable(this.#root, table.runtime.storageId, table);
  }

  /** Takes note of a head that the current state has not got any more. */
  retireHead(buffer: HeadBuffer): void {
    this.#retired.add(buffer, this.#root.sequence);
  }

  openWrites(): HypertableWrites {
    return new Writes();
  }

  scan(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    request: ScanRequest,
  ): AsyncIterable<Batch> {
    const input = this.#input(view, writes, table);
    // What the statement itself writes while it scans must not appear in it.
    return scanTable({ ...input, own: frozen(input.own) }, request);
  }

  scanSummaries(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    request: SummaryRequest,
  ): AsyncIterable<SummaryPart> {
    const input = this.#input(view, writes, table);
    return scanSummaries({ ...input, own: frozen(input.own) }, request);
  }

  timeRange(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
  ): TimeRange | undefined {
    return timeRangeOf(this.#input(view, writes, table));
  }

  fetch(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    refs: Float64Array,
    attnums: readonly number[],
  ): Promise<Batch> {
    const newest = this.#input(this.#root, writes, table);
    return fetchRows(this.#input(view, writes, table), newest, refs, attnums);
  }

  uniqueKeys(
    table: TableDescriptor,
    rows: Batch,
    indexes: readonly IndexDescriptor[],
  ): { chunk: number; index: number; keys: string[] }[] {
    const placed = placeRows(table, this.#root.tables.get(table.storageId), rows);
    return keysByChunk(table, rows, placed, indexes);
  }

  currentRef(table: TableDescriptor, ref: number): number | undefined {
    const state = this.#root.tables.get(table.storageId);
    return state === undefined || ref >= OWN_REFS ? undefined : currentRef(state.runtime, ref);
  }

  chunksOfRefs(view: HypertableView, table: TableDescriptor, refs: Float64Array): number[] {
    const state =
      this.#root.tables.get(table.storageId) ?? rootOf(view).tables.get(table.storageId);
    const ids = new Set<number>();
    let slot = -1;
    for (let i = 0; i < refs.length; i++) {
      const ref = refs[i];
      // Own rows are nobody else's business.
      if (ref >= OWN_REFS || Math.floor(ref / SLOT_ROWS) === slot) continue;
      slot = Math.floor(ref / SLOT_ROWS);
      ids.add(targetOfSlot(state, slot).chunk.id);
    }
    return [...ids];
  }

  async insert(
    _view: HypertableView,
    writes: HypertableWrites,
    table: TableDescriptor,
    rows: Batch,
    uniqueIndexes: readonly IndexDescriptor[],
    options: InsertOptions,
    awaitRow: AwaitRow = () => undefined,
  ): Promise<InsertResult> {
    const placed = placeRows(table, this.#root.tables.get(table.storageId), rows);
    const newRows = { table, rows, placed, uniqueIndexes, options };
    const awaitCurrent: AwaitRow = (ref) => {
      const now = this.currentRef(table, ref);
      return now === undefined ? undefined : awaitRow(now);
    };
    const newest = (): ScanInput => this.#input(this.#root, writes, table);
    const collisions = await collisionsOf(newRows, newest, awaitCurrent);
    const result = addRows(ownWrites(writes), newRows, collisions);
    await spillPending(this.#spillContext, ownWrites(writes));
    return result;
  }

  delete(writes: HypertableWrites, table: TableDescriptor, refs: Float64Array): void {
    if (refs.length === 0) return;
    const { runtime } = this.#tableState(table.storageId);
    const current = new Float64Array(refs.length);
    const slots = new Set<number>();
    let last = -1;
    for (let i = 0; i < refs.length; i++) {
      const ref = refs[i];
      const now = ref >= OWN_REFS ? ref : currentRef(runtime, ref);
      if (now === undefined) throw new InternalError(`row ${ref} was deleted before`);
      current[i] = now;
      const slot = Math.floor(now / SLOT_ROWS);
      if (slot === last || now >= OWN_REFS) continue;
      slots.add((last = slot));
    }
    ownWrites(writes).delete(table.storageId, refs.slice(), current, [...slots]);
  }

  checkUnique(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
    index: IndexDescriptor,
  ): Promise<void> {
    return verifyUnique(this.#input(view, writes, table), index);
  }

  changedSince(view: HypertableView, table: TableDescriptor, refs: Float64Array): boolean {
    const now = this.#root.tables.get(table.storageId);
    const then = rootOf(view).tables.get(table.storageId);
    if (now === then) return false;
    const existed = existence(then);
    for (let i = 0; i < refs.length; i++) {
      const ref = refs[i];
      if (ref < OWN_REFS && (!isLive(now, ref) || !existed(ref))) return true;
    }
    return false;
  }

  dropChunks(
    view: HypertableView,
    writes: HypertableWrites,
    table: TableDescriptor,
    from: number | null,
    to: number | null,
  ): string[] {
    const { state, own } = this.#input(view, writes, table);
    const places = new Map<number, ChunkPlace>();
    for (const chunk of state?.chunks ?? []) {
      const exists = chunk.head !== undefined || chunk.segments.length > 0;
      if (exists && own?.dropped.has(chunk.rangeStart) !== true)
        places.set(chunk.rangeStart, chunk);
    }
    for (const { place } of own?.chunks.values() ?? []) places.set(place.rangeStart, place);
    const dropped = [...places.values()]
      .filter(
        ({ rangeStart, rangeEnd }) =>
          rangeStart >= (from ?? -Infinity) && rangeEnd <= (to ?? Infinity),
      )
      .sort((a, b) => a.rangeStart - b.rangeStart)
      .map(({ id, rangeStart, rangeEnd }) => ({ id, rangeStart, rangeEnd }));
    if (dropped.length > 0) ownWrites(writes).drop(table.storageId, dropped);
    return dropped.map(({ id }) => chunkName(table.oid, id));
  }

  async prepare(writes: HypertableWrites): Promise<void> {
    await spillForCommit(this.#spillContext, ownWrites(writes));
    this.#uncounted += writes.bytes;
    if (this.#uncounted > PRESSURE_BYTES) await this.#relieve();
  }

  /** Back pressure: where rows come faster than flushes take them, commits wait, each for a while. */
  async #relieve(): Promise<void> {
    this.#uncounted = 0;
    if (this.headBytes() <= HEAD_BYTES) return;
    const { timers } = this.#options.env;
    const flushed = this.#flusher.flush(this, false).catch(() => false);
    let cancel: (() => void) | undefined;
    const timeout = new Promise<void>((resolve) => {
      cancel = timers.after(PRESSURE_WAIT_MS, resolve);
    });
    await Promise.race([flushed, timeout]);
    cancel?.();
  }

  discard(writes: HypertableWrites): void {
    this.#holds.release(writes);
    this.#keeper.discard(ownWrites(writes).addresses.splice(0));
  }

  parts(writes: HypertableWrites): HypertableParts {
    const own = ownWrites(writes);
    this.#holds.hold(own, this.#chunksOfDeletes(own));
    return finishNow(this.#partSteps(own));
  }

  async partsInSlices(writes: HypertableWrites): Promise<HypertableParts> {
    const own = ownWrites(writes);
    for (let gate; (gate = this.commitGate(own)) !== undefined;) await gate;
    // From here on no flush moves the rows that are deleted.
    this.#holds.hold(own, this.#chunksOfDeletes(own));
    return this.#inSlices(this.#partSteps(own));
  }

  *#partSteps(writes: Writes): Generator<void, HypertableParts> {
    const parts = yield* partSteps(writes.entries, {
      currentRef: (storageId, ref) => {
        const table = this.#root.tables.get(storageId);
        const now = table === undefined ? undefined : currentRef(table.runtime, ref);
        if (now === undefined) throw new InternalError(`row ${ref} is gone before its deletion`);
        return now;
      },
      targetOfSlot: (storageId, slot) => {
        const { chunk, segment } = targetOfSlot(this.#root.tables.get(storageId), slot);
        if (!holdsSlot(chunk, slot)) throw new InternalError(`row refs of slot ${slot} are stale`);
        return { place: chunk, flushed: chunk.flushedSequence, segment };
      },
    });
    const bytes = yield* packSteps(parts);
    this.#discardUnused(writes, parts);
    this.#packed.set(bytes, parts);
    this.#holds.handOver(writes, bytes);
    return bytes;
  }

  /** Deletes segments of the transaction that its commit does not name. */
  #discardUnused(writes: Writes, parts: readonly Part[]): void {
    const used = new Set<number>();
    for (const part of parts) if (part.kind === 'segment') used.add(part.segment.id);
    const all = writes.addresses.splice(0);
    this.#keeper.discard(all.filter(({ segment }) => !used.has(segment)));
    // The others go too where the commit fails.
    writes.addresses.push(...all.filter(({ segment }) => used.has(segment)));
  }

  commitGate(writes: HypertableWrites): Promise<void> | undefined {
    for (const chunk of this.#chunksOfDeletes(ownWrites(writes))) {
      const gate = this.#holds.gate(chunk);
      if (gate !== undefined) return gate;
    }
    return undefined;
  }

  /** Chunks that committed rows are deleted from: wherever a flush has put them, they stay in these. */
  #chunksOfDeletes(writes: Writes): string[] {
    const chunks = new Set<string>();
    for (const entry of writes.entries) {
      if (entry.kind !== 'delete') continue;
      const runtime = this.#root.tables.get(entry.storageId)?.runtime;
      for (const slot of entry.slots) {
        chunks.add(`${entry.storageId}/${runtime?.slots.get(slot)?.chunk}`);
      }
    }
    return [...chunks];
  }

  /** Keeps commits that delete rows of a chunk out of the log until the result is called. */
  closeChunk(storageId: number, rangeStart: number): Promise<() => void> {
    return this.#holds.close(`${storageId}/${rangeStart}`);
  }

  abandonParts(parts: HypertableParts): void {
    if (parts instanceof Uint8Array) this.#holds.release(parts);
  }

  apply(sequence: Sequence, parts: HypertableParts): void {
    finishNow(this.#applySteps(sequence, parts));
  }

  applyInSlices(sequence: Sequence, parts: HypertableParts): Promise<void> | undefined {
    const steps = this.#applySteps(sequence, parts);
    if (steps.next().done === true) return undefined;
    this.#applying = this.#applyRest(steps).finally(() => (this.#applying = undefined));
    return this.#applying;
  }

  /** The commit that is being applied in slices. */
  get applying(): Promise<void> | undefined {
    return this.#applying;
  }

  async #applyRest(steps: Generator<void, void>): Promise<void> {
    do await this.#options.env.timers.yield();
    while (steps.next().done !== true);
  }

  /** Pauses where much has been done; only the end makes anything visible. */
  *#applySteps(sequence: Sequence, parts: HypertableParts): Generator<void, void> {
    if (parts instanceof Uint8Array) {
      const changed = new Map<number, TableState>();
      let cells = 0;
      const isContained = (storageId: number, { rangeStart }: ChunkPlace): boolean => {
        const table = this.#root.tables.get(storageId);
        const chunk = table === undefined ? undefined : chunkStartingAt(table, rangeStart);
        return chunk !== undefined && chunk.flushedSequence >= sequence;
      };
      for (const part of this.#packed.get(parts) ?? unpackParts(parts, isContained)) {
        if (this.#keeper.isDropped(part.storageId)) continue;
        const before = changed.get(part.storageId) ?? this.#tableState(part.storageId);
        const after = applyPart(before, part, sequence, {
          context: this.#context(before.runtime),
          isMended: this.#options.isMended ?? false,
        });
        if (part.kind === 'segment') this.#keeper.noteNamed(part.segment.id);
        if (part.kind === 'drop') {
          const chunk = chunkStartingAt(before, part.place.rangeStart);
          if (chunk !== undefined && after !== before) this.#retireUnstored(chunk.segments);
        }
        changed.set(part.storageId, after);
        // The head has copies, and the transaction that made the batch is over.
        if (part.kind === 'insert') freeLanes(part);
        if (part.kind === 'insert' && part.isLent) giveBackBatch(part.batch);
        if (part.kind === 'insert') cells += part.batch.length * part.attnums.length;
        if (part.kind === 'delete') cells += part.rows.length;
        if (cells < SLICE_CELLS) continue;
        cells = 0;
        yield;
      }
      const tables = new Map(this.#root.tables);
      for (const [storageId, table] of changed) tables.set(storageId, table);
      this.#root = { sequence, tables };
      if (this.#packed.delete(parts)) giveBack(parts);
      this.#retired.noteUse();
      this.#holds.release(parts);
      return;
    }
    if (parts !== undefined && parts !== null) {
      throw new InternalError('hypertable parts are not bytes');
    }
    this.#root = { sequence, tables: this.#root.tables };
  }

  dropTable(storageId: number): void {
    const tables = new Map(this.#root.tables);
    const table = tables.get(storageId);
    if (table === undefined) return;
    tables.delete(storageId);
    this.#root = { sequence: this.#root.sequence, tables };
    this.#contexts.delete(storageId);
    for (const { segments } of table.chunks) this.#retireUnstored(segments);
    this.#keeper.retireTable(storageId, this.#root.sequence);
  }

  #retireUnstored(states: readonly SegmentState[]): void {
    const segments = states.map(({ segment }) => segment);
    this.#keeper.retireUnstored(segments, this.#root.sequence);
  }

  releaseViewsBefore(sequence: Sequence): void {
    for (const { runtime } of this.#root.tables.values()) forgetMoves(runtime, sequence);
    this.#keeper.releaseViewsBefore(sequence);
    this.#retired.release(sequence);
  }

  awaitsCommitAfter(sequence: Sequence): boolean {
    return this.#keeper.awaitsCommitAfter(sequence);
  }

  oldestUnflushed(): Sequence | undefined {
    let oldest: Sequence | undefined;
    for (const { chunks } of this.#root.tables.values()) {
      for (const { firstUnflushed } of chunks) {
        if (firstUnflushed > 0 && (oldest === undefined || firstUnflushed < oldest)) {
          oldest = firstUnflushed;
        }
      }
    }
    return oldest;
  }

  newestFlushed(): Sequence {
    let newest = 0;
    for (const { chunks } of this.#root.tables.values()) {
      for (const { flushedSequence } of chunks) newest = Math.max(newest, flushedSequence);
    }
    return newest;
  }

  settle(): Promise<void> {
    return this.#keeper.settle();
  }

  flush(all: boolean): Promise<boolean> {
    return this.#flusher.flush(this, all);
  }

  compact(storageId?: number): Promise<boolean> {
    return this.#compactor.compact(this, storageId);
  }

  /** Columns that make a series in a chunk's next segment. */
  segmentByOf(table: TableDescriptor, chunk: ChunkState): readonly number[] {
    return finishNow(this.#choice.headSteps(table, chunk));
  }

  /** The same, giving way to other work. */
  segmentByInSlices(table: TableDescriptor, chunk: ChunkState): Promise<readonly number[]> {
    return this.#inSlices(this.#choice.headSteps(table, chunk));
  }

  #inSlices<T>(steps: Generator<void, T>): Promise<T> {
    return finishInTurns(steps, () => this.#options.env.timers.yield());
  }

  timeColumnOf({ runtime }: TableState): number | undefined {
    return this.tableOf(runtime.storageId)?.hypertable?.timeColumn;
  }

  /** The shared context of a table's heads. */
  contextOf(runtime: TableRuntime): HeadContext {
    return this.#context(runtime);
  }

  statistics(table: TableDescriptor): TableStatistics {
    let rows = 0;
    let bytes = 0;
    for (const chunk of this.chunks(table)) {
      rows += chunk.rows;
      bytes += chunk.bytes;
    }
    return { rows, bytes };
  }

  chunks(table: TableDescriptor): ChunkInfo[] {
    return chunkInfos(table, this.#root.tables.get(table.storageId));
  }

  segments(table: TableDescriptor): AsyncIterable<SegmentInfo> {
    return segmentInfos(this.#keeper, table, this.#root.tables.get(table.storageId));
  }

  segmentColumns(table: TableDescriptor): AsyncIterable<SegmentColumnInfo> {
    return segmentColumnInfos(this.#keeper, table, this.#root.tables.get(table.storageId));
  }

  /** Bytes that heads take, for back pressure. */
  headBytes(): number {
    let bytes = 0;
    for (const { chunks } of this.#root.tables.values()) {
      for (const { head } of chunks) bytes += head?.buffer.bytes ?? 0;
    }
    return bytes;
  }

  async close(): Promise<void> {
    this.#retired.close();
    await this.#compactor.close();
    await this.#flusher.close();
    await this.#encoder.close();
    await this.#keeper.settle();
  }

  #input(
    view: HypertableView,
    writes: HypertableWrites | undefined,
    table: TableDescriptor,
  ): ScanInput {
    const state = rootOf(view).tables.get(table.storageId);
    let own: OwnTable | undefined;
    if (writes !== undefined && !writes.isEmpty) {
      // A table that only this transaction has written to gets its runtime now, for its dictionaries.
      const { runtime } = this.#tableState(table.storageId);
      own = ownWrites(writes).table(table.storageId, this.#context(runtime));
      if (own !== undefined) bringForward(own, runtime);
    }
    return {
      table,
      state,
      own,
      timers: this.#options.env.timers,
      segmentBy: (chunk) => this.segmentByOf(table, chunk),
      openSegment: (chunk, index, deleted) => {
        const { segment, slot } = chunk.segments[index];
        const { runtime } = state as TableState;
        return this.#keeper.open(segment, runtime, slot * SLOT_ROWS, deleted);
      },
      openOwn: ({ segment, numbers }, deleted) => {
        const { runtime } = this.#tableState(table.storageId);
        return this.#keeper.open(segment, runtime, OWN_REFS, deleted, numbers);
      },
    };
  }

  /** The newest state of a table, which is made where there is none. */
  #tableState(storageId: number): TableState {
    let table = this.#root.tables.get(storageId);
    if (table === undefined) {
      table = emptyTable(storageId);
      this.#root = withTable(this.#root, storageId, table);
    }
    return table;
  }

  #context(runtime: TableRuntime): HeadContext {
    let context = this.#contexts.get(runtime.storageId);
    if (context === undefined) {
      context = {
        dictionaryOf: (attnum) => headDictionary(runtime, attnum),
        missingOf: (attnum, type) => {
          const column = this.tableOf(runtime.storageId)?.columns[attnum - 1];
          return column === undefined ? null : missingValue(type, column.missingText);
        },
      };
      this.#contexts.set(runtime.storageId, context);
    }
    return context;
  }

  /** The descriptor of the table whose data this is, undefined once it is dropped. */
  tableOf(storageId: number): TableDescriptor | undefined {
    for (const relation of this.#options.catalog().relations()) {
      if (relation.kind === 'table' && relation.storageId === storageId) return relation;
    }
    return undefined;
  }
}

export function emptyTable(storageId: number): TableState {
  return {
    runtime: {
      storageId,
      dictionaries: new Map(),
      headDictionaries: new Map(),
      slots: new Map(),
      moves: new Map(),
      moveCount: 0,
      nextSlot: 1,
    },
    chunks: [],
  };
}

function ownWrites(writes: HypertableWrites): Writes {
  if (writes instanceof Writes) return writes;
  throw new InternalError('these writes are not of this store');
}

function rootOf(view: HypertableView): RootState {
  return view as RootState;
}
