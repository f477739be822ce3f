/**
 * Turning commit records into state: undo first, then one batch for the key-value store. The same code
 * runs at commit and at recovery, so both come to the same state.
 */
import type { CatalogChange, CatalogSnapshot } from '../../catalog/catalog.ts';
import { ENVELOPE_BYTES, sealRange, sealValue } from '../format/envelope.ts';
import {
  APPLIED_KEY,
  COUNTERS_KEY,
  bytesToText,
  catalogKey,
  encodeNumbers,
  garbageKey,
  indexEntryBody,
  indexEntryKey,
  rowKey,
  sequenceKey,
  tableKey,
  type Allocate,
} from '../format/keys.ts';
import { reusedBytes } from '../format/reused-bytes.ts';
import type { KvBatch, KvOperation } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { TableState, TableStates } from '../row/table-state.ts';
import { packValue } from './commit-codec.ts';
import {
  ROW_DELETE,
  entryChange,
  rowChange,
  type CommitRecord,
  type EntryChange,
  type EntryChanges,
  type RowChanges,
  type TableChange,
} from './commit-record.ts';
import type { ReplacedRows, TableUndo, UndoOfTable } from './undo.ts';

/** By table, the rows that the committing transaction replaces. */
export type BaseRows = ReadonlyMap<number, ReplacedRows>;

/** Rows from which on undo takes over the transaction's own maps. */
const LAYER_ROWS = 1_024;
/** Rows or entries between two looks at the clock. */
const STEP_ROWS = 1_024;

/** Rows and entries that a record changes. */
export function recordSize(record: CommitRecord): number {
  let size = 0;
  for (const { rows, indexes } of record.tables) {
    size += rows.length;
    for (const { added, removed } of indexes) size += added.length + removed.length;
  }
  return size;
}

/** Whether applying the record writes to the store: the rows of hypertables get there with flushes. */
export function changesStore(record: CommitRecord): boolean {
  const { tables, catalog, droppedStorage, sequences } = record;
  return tables.length + catalog.length + droppedStorage.length + sequences.length > 0;
}

/**
 * Puts into undo what the record is about to replace, with a pause now and then. Must be finished before
 * the record's operations are written; from then on every snapshot before `sequence` reads around them.
 */
export function* installUndo(
  states: TableStates,
  sequence: Sequence,
  record: CommitRecord,
  base: BaseRows,
): Generator<void, UndoOfTable[]> {
  const installed: UndoOfTable[] = [];
  for (const change of record.tables) {
    const { undo } = states.get(change.storageId);
    const old = base.get(change.storageId);
    const isLarge = change.rows.length >= LAYER_ROWS;
    const rowIds: number[] = [];
    const indexes: { storageId: number; keys: string[] }[] = [];
    if (old === undefined || !isLarge || !undo.addLayer(sequence, old)) {
      yield* addRows(undo, sequence, change.rows, old, rowIds);
      for (const { storageId, removed } of change.indexes) {
        const keys: string[] = [];
        yield* addEntries(undo, sequence, storageId, removed, keys);
        indexes.push({ storageId, keys });
      }
    }
    installed.push({ undo, until: sequence, rowIds, indexes });
  }
  return installed;
}

function* addRows(
  undo: TableUndo,
  sequence: Sequence,
  rows: RowChanges,
  old: ReplacedRows | undefined,
  rowIds: number[],
): Generator<void, void> {
  const row = rowChange();
  for (let i = 0; i < rows.length; i++) {
    rows.read(i, row);
    undo.addRow(row.rowId, sequence, old?.base.get(row.rowId) ?? null);
    rowIds.push(row.rowId);
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
  }
}

function* addEntries(
  undo: TableUndo,
  sequence: Sequence,
  index: number,
  removed: EntryChanges,
  keys: string[],
): Generator<void, void> {
  const entry = entryChange();
  for (let i = 0; i < removed.length; i++) {
    removed.read(i, entry);
    const key = bytesToText(entry.bytes, entry.start, entry.end);
    undo.addIndexEntry(index, key, sequence, entry.rowId);
    keys.push(key);
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
  }
}

/**
 * Updates the tables' counts and lists the record's operations on everything but rows and entries. They
 * belong into one batch with the applied sequence: a record that is applied again counts again.
 */
export function stateOperations(
  states: TableStates,
  sequence: Sequence,
  record: CommitRecord,
  catalog: CatalogSnapshot,
): KvOperation[] {
  const operations: KvOperation[] = [];
  for (const change of record.tables) {
    const state = states.get(change.storageId);
    countChanges(state, sequence, change);
    put(
      operations,
      tableKey(change.storageId),
      encodeNumbers(state.rows, state.bytes, state.nextRowId),
    );
  }
  for (const change of record.catalog) catalogOperation(operations, change, catalog);
  for (const storageId of record.droppedStorage) {
    put(operations, garbageKey(storageId), new Uint8Array(0));
    operations.push({ type: 'delete', key: tableKey(storageId) });
  }
  for (const move of record.sequences) put(operations, sequenceKey(move.oid), packValue(move));
  return operations;
}

export function appliedOperation(sequence: Sequence): KvOperation {
  return { type: 'put', key: APPLIED_KEY, value: sealValue(APPLIED_KEY, encodeNumbers(sequence)) };
}

export function putAll(batch: KvBatch, operations: readonly KvOperation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') batch.put(operation.key, operation.value);
    else batch.delete(operation.key);
  }
}

function put(operations: KvOperation[], key: Uint8Array, body: Uint8Array): void {
  operations.push({ type: 'put', key, value: sealValue(key, body) });
}

/** The batch that operations go to; whoever takes it puts another one there. */
export interface BatchTarget {
  batch: KvBatch;
}

/**
 * Puts the record's operations on rows and entries into `target`, with a pause now and then; writing them
 * again changes nothing. Within an index, removals come first: another row may take over a unique key in
 * the same commit.
 */
export function* rowOperations(
  record: CommitRecord,
  target: BatchTarget,
  { indexBounds }: TableStates,
): Generator<void, void> {
  const room = new SealingRoom();
  let seen = 0;
  for (const { storageId, rows, indexes } of record.tables) {
    const row = rowChange();
    for (let i = 0; i < rows.length; i++) {
      rows.read(i, row);
      const key = rowKey(storageId, row.rowId, room.forKey);
      if (row.kind === ROW_DELETE) target.batch.delete(key);
      else target.batch.put(key, room.seal(key, row.bytes, row.start, row.end));
      if (++seen % STEP_ROWS === 0) yield;
    }
    const entry = entryChange();
    for (const { storageId: index, removed, added } of indexes) {
      for (let i = 0; i < removed.length; i++) {
        removed.read(i, entry);
        target.batch.delete(entryKey(index, entry, room.forKey));
        if (++seen % STEP_ROWS === 0) yield;
      }
      for (let i = 0; i < added.length; i++) {
        added.read(i, entry);
        indexBounds.raise(index, entry.bytes, entry.start, entry.end);
        const key = entryKey(index, entry, room.forKey);
        const body = indexEntryBody(entry.rowId, entry.suffixed);
        target.batch.put(key, room.seal(key, body, 0, body.length));
        if (++seen % STEP_ROWS === 0) yield;
      }
    }
  }
}

function entryKey(
  index: number,
  { bytes, start, end, rowId, suffixed }: EntryChange,
  allocate: Allocate,
): Uint8Array {
  return indexEntryKey(index, bytes, start, end, suffixed ? rowId : null, allocate);
}

/** Memory for one key and one value at a time, which batches copy. */
class SealingRoom {
  readonly forKey = reusedBytes();
  readonly #forValue = reusedBytes();

  /** `bytes[start, end)` in its envelope under the key. */
  seal(key: Uint8Array, bytes: Uint8Array, start: number, end: number): Uint8Array {
    return sealRange(this.#forValue(ENVELOPE_BYTES + end - start), key, bytes, start, end);
  }
}

function countChanges(state: TableState, sequence: Sequence, { counts }: TableChange): void {
  state.rows += counts.inserted - counts.deleted;
  state.bytes += counts.newBytes - counts.oldBytes;
  state.nextRowId = Math.max(state.nextRowId, counts.lastRowId + 1);
  state.changedAt = sequence;
  state.cache = undefined;
}

function catalogOperation(
  operations: KvOperation[],
  change: CatalogChange,
  catalog: CatalogSnapshot,
): void {
  switch (change.change) {
    case 'put': {
      put(operations, catalogKey(change.object.oid), packValue(change.object));
      // An index that was built piece by piece was garbage until now.
      const storageId = storageIdOf(change.object);
      if (storageId !== undefined) operations.push({ type: 'delete', key: garbageKey(storageId) });
      return;
    }
    case 'drop':
      operations.push({ type: 'delete', key: catalogKey(change.oid) });
      operations.push({ type: 'delete', key: sequenceKey(change.oid) });
      return;
    case 'counters':
      put(operations, COUNTERS_KEY, encodeNumbers(catalog.nextOid, catalog.nextStorageId));
  }
}

/** Storage ids that a commit's catalog changes leave behind. */
export function droppedStorageIds(
  before: CatalogSnapshot,
  changes: readonly CatalogChange[],
): number[] {
  const dropped: number[] = [];
  const current = new Map<number, number | undefined>();
  for (const change of changes) {
    if (change.change === 'counters') continue;
    const oid = change.change === 'put' ? change.object.oid : change.oid;
    const old = current.has(oid) ? current.get(oid) : storageIdOf(before.object(oid));
    const next = change.change === 'put' ? storageIdOf(change.object) : undefined;
    if (old !== undefined && old !== next) dropped.push(old);
    current.set(oid, next);
  }
  return dropped;
}

/** The storage that belongs to a catalog object, if any does. */
export function storageIdOf(object: { readonly kind: string } | undefined): number | undefined {
  if (object === undefined) return undefined;
  const isStored = object.kind === 'table' || object.kind === 'index';
  return isStored ? (object as { storageId?: number }).storageId : undefined;
}
