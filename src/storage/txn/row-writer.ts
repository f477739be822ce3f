/** INSERT, UPDATE and DELETE on row tables, as changes of the transaction's write set. */
import { liveColumns, type IndexDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import { sliceBatch } from '../../vector/gather.ts';
import { BATCH_ROWS, type Batch } from '../../vector/vector.ts';
import { rowIdOfKey, rowKey } from '../format/keys.ts';
import type { KvStore } from '../kv/kv.ts';
import {
  batchKeys,
  duplicateInBuild,
  duplicateKey,
  isStoredIndex,
  mustBeUnique,
  storedKeys,
  type BatchKeys,
  type IndexExpressions,
} from '../row/index-keys.ts';
import { encodeRows } from '../row/row-codec.ts';
import { openRow, readRows, scanRows, type RowView } from '../row/row-reader.ts';
import type { TableState } from '../row/table-state.ts';
import type { InsertOptions, InsertResult } from '../storage.ts';
import { ROW_REF_ATTNUM } from '../system-columns.ts';
import type { Turns } from '../turns.ts';
import type { LockManager, LockOwner } from './locks.ts';
import { NO_ROW, findHolders, lockFreedKeys } from './unique.ts';
import {
  BUILD_COMMAND,
  type IndexWrites,
  type OwnEntry,
  type TableWrites,
  type WriteSet,
} from './write-set.ts';

/** What writing to one table needs from its transaction. */
export interface RowWriter {
  readonly kv: KvStore;
  readonly locks: LockManager;
  readonly turns: Turns;
  readonly owner: LockOwner;
  readonly table: TableDescriptor;
  readonly schemaName: string;
  readonly indexes: readonly IndexDescriptor[];
  readonly state: TableState;
  readonly writeSet: WriteSet;
  readonly writes: TableWrites;
  readonly expressions: IndexExpressions | undefined;
  /** Throws where a row that a snapshot of a higher isolation level cannot see is in the way. */
  readonly checkVisible: (rowId: number) => void;
}

interface IndexedBatch {
  readonly index: IndexDescriptor;
  readonly keys: BatchKeys;
  readonly writes: IndexWrites;
}

function indexBatch(writer: RowWriter, rows: Batch): IndexedBatch[] {
  return writer.indexes.filter(isStoredIndex).map((index) => ({
    index,
    keys: batchKeys(writer.table, index, rows, writer.expressions),
    writes: writer.writes.index(index.storageId),
  }));
}

function isSuffixed({ index, keys }: IndexedBatch, row: number): boolean {
  return !mustBeUnique(index, keys, row);
}

/** Rows that are inserted in one go: with their keys and locks they take some milliseconds. */
const PIECE_ROWS = 512;

export async function insertRows(
  writer: RowWriter,
  rows: Batch,
  options: InsertOptions,
): Promise<InsertResult> {
  if (rows.length < PIECE_ROWS) return insertPiece(writer, rows, options);
  let inserted = 0;
  const conflicts =
    options.onConflict === 'report' ? new Float64Array(rows.length).fill(NaN) : null;
  for (let start = 0; start < rows.length; start += PIECE_ROWS) {
    const piece = sliceBatch(rows, start, Math.min(start + PIECE_ROWS, rows.length));
    const result = await insertPiece(writer, piece, options);
    inserted += result.inserted;
    if (result.conflicts !== null) conflicts?.set(result.conflicts, start);
    await writer.turns.checkpoint();
  }
  return { inserted, conflicts };
}

/** Inserts rows that are few enough to be handled in one go. */
async function insertPiece(
  writer: RowWriter,
  rows: Batch,
  options: InsertOptions,
): Promise<InsertResult> {
  const indexed = indexBatch(writer, rows);
  const holders = await holdersOfBatch(writer, indexed, allRows(rows.length));
  const encoded = encodeRows(writer.table, rows);
  const first = writer.state.allocateRowIds(rows.length);
  const conflicts =
    options.onConflict === 'report' ? new Float64Array(rows.length).fill(NaN) : null;
  const entered = new Map<IndexedBatch, Map<string, number>>();
  for (const each of indexed) if (each.index.unique) entered.set(each, new Map());
  // Everything is decided before anything changes: an error leaves the write set as it was.
  let inserted = 0;
  for (let row = 0; row < rows.length; row++) {
    const conflict = conflictOf(writer, entered, holders, row, options);
    if (conflict !== NO_ROW && conflicts !== null) {
      conflicts[row] = conflict;
      continue;
    }
    for (const [{ index, keys }, known] of entered) {
      if (mustBeUnique(index, keys, row)) known.set(keys.keys[row] as string, first + row);
    }
    inserted++;
  }
  const command = ++writer.writeSet.command;
  for (let row = 0; row < rows.length; row++) {
    if (conflicts !== null && !Number.isNaN(conflicts[row])) continue;
    writer.writeSet.put(writer.writes, first + row, encoded[row] as Uint8Array);
    for (const each of indexed) {
      const key = each.keys.keys[row];
      if (typeof key !== 'string') continue;
      each.writes.add(key, first + row, command, isSuffixed(each, row));
    }
  }
  return { inserted, conflicts };
}

function allRows(length: number): number[] {
  return Array.from({ length }, (_, row) => row);
}

async function holdersOfBatch(
  writer: RowWriter,
  indexed: readonly IndexedBatch[],
  rows: readonly number[],
): Promise<Map<IndexedBatch, Float64Array>> {
  const holders = new Map<IndexedBatch, Float64Array>();
  for (const each of indexed) {
    if (!each.index.unique) continue;
    holders.set(each, await findHolders(writer, each.index, each.keys, rows));
  }
  return holders;
}

/** The row that an insert collides with and reports; a collision elsewhere throws. */
function conflictOf(
  writer: RowWriter,
  entered: ReadonlyMap<IndexedBatch, ReadonlyMap<string, number>>,
  holders: ReadonlyMap<IndexedBatch, Float64Array>,
  row: number,
  options: InsertOptions,
): number {
  let reported = NO_ROW;
  for (const [each, known] of entered) {
    const { index, keys } = each;
    const key = keys.keys[row];
    if (typeof key !== 'string' || !mustBeUnique(index, keys, row)) continue;
    const holder = known.get(key) ?? holders.get(each)?.[row] ?? NO_ROW;
    if (holder === NO_ROW) continue;
    const isArbiter = options.arbiters.length === 0 || options.arbiters.includes(index.oid);
    if (options.onConflict === 'report' && isArbiter) {
      if (reported === NO_ROW) reported = holder;
    } else if (reported === NO_ROW) {
      throw duplicateKey(writer.table, writer.schemaName, index, keys, row);
    }
  }
  if (reported !== NO_ROW) writer.checkVisible(reported);
  return reported;
}

/** Some rows of an update, small enough to be handled in one go. */
interface UpdatePiece {
  readonly rowIds: readonly number[];
  readonly rows: Batch;
  readonly indexed: readonly IndexedBatch[];
  /** Per index the rows of the piece whose key is not the one they have now. */
  readonly changed: readonly (readonly number[])[];
}

/** Replaces rows that the transaction has locked. */
export async function updateRows(
  writer: RowWriter,
  refs: Float64Array,
  rows: Batch,
): Promise<void> {
  const pieces: UpdatePiece[] = [];
  for (let start = 0; start < refs.length; start += BATCH_ROWS) {
    const end = Math.min(start + BATCH_ROWS, refs.length);
    const rowIds = Array.from(refs.subarray(start, end));
    const piece = sliceBatch(rows, start, end);
    const indexed = indexBatch(writer, piece);
    await noteBases(writer, rowIds, indexed);
    const changed = indexed.map((each) => changedKeys(writer, each, rowIds));
    pieces.push({ rowIds, rows: piece, indexed, changed });
    await writer.turns.checkpoint();
  }
  const count = pieces[0]?.indexed.length ?? 0;
  for (let i = 0; i < count; i++) await checkUpdatedKeys(writer, i, pieces, refs);
  const command = ++writer.writeSet.command;
  for (const piece of pieces) {
    putUpdated(writer, piece, command);
    await writer.turns.checkpoint();
  }
}

function putUpdated(writer: RowWriter, piece: UpdatePiece, command: number): void {
  const { rowIds, rows, indexed } = piece;
  const encoded = encodeRows(writer.table, rows);
  for (let row = 0; row < rowIds.length; row++) {
    const rowId = rowIds[row] as number;
    writer.writeSet.put(writer.writes, rowId, encoded[row] as Uint8Array);
    for (const each of indexed) {
      const key = each.keys.keys[row] as string | null;
      const committed = each.writes.removed.get(rowId);
      if (committed !== undefined && committed.key === key) each.writes.keep(committed, command);
      else if (key !== null) each.writes.add(key, rowId, command, isSuffixed(each, row));
    }
  }
}

export async function deleteRows(writer: RowWriter, refs: Float64Array): Promise<void> {
  const indexed = writer.indexes.filter(isStoredIndex).map((index) => ({
    index,
    writes: writer.writes.index(index.storageId),
  }));
  for (let start = 0; start < refs.length; start += BATCH_ROWS) {
    const rowIds = Array.from(refs.subarray(start, start + BATCH_ROWS));
    await noteBases(writer, rowIds, indexed);
    for (const { index } of indexed) await lockFreedKeys(writer, index, rowIds);
    await writer.turns.checkpoint();
  }
  writer.writeSet.command++;
  for (let i = 0; i < refs.length; i++) {
    writer.writeSet.put(writer.writes, refs[i] as number, null);
    if (i % BATCH_ROWS === BATCH_ROWS - 1) await writer.turns.checkpoint();
  }
}

/** Reads the committed versions of rows that change for the first time, and their index entries. */
async function noteBases(
  writer: RowWriter,
  rowIds: readonly number[],
  indexed: readonly { readonly index: IndexDescriptor; readonly writes: IndexWrites }[],
): Promise<void> {
  const { writes, table } = writer;
  const fresh = rowIds.filter((rowId) => !writes.base.has(rowId) && !writes.rows.has(rowId));
  if (fresh.length > 0) {
    // The rows are locked: the newest committed version is the one that the statement saw.
    const bodies = await readNewest(writer, fresh);
    for (let i = 0; i < fresh.length; i++) {
      const rowId = fresh[i] as number;
      const body = bodies[i];
      if (body === null || body === undefined) {
        throw new InternalError(`row ${rowId} of "${table.name}" to change is not there`);
      }
      writes.base.set(rowId, body);
      writer.writeSet.bytes += body.length;
    }
  }
  for (const { index, writes: indexWrites } of indexed) {
    const unknown = rowIds.filter(
      (rowId) => writes.base.has(rowId) && !indexWrites.removed.has(rowId),
    );
    noteEntries(writer, index, indexWrites, unknown);
  }
}

/** Rows above which neighbours are read with a scan instead of one by one. */
const SCAN_ROWS_MIN = 256;
/** How many times as many rows as wanted a scan may read. */
const SCAN_WASTE_MAX = 2;

/** The newest committed versions of rows. */
async function readNewest(
  writer: RowWriter,
  rowIds: readonly number[],
): Promise<readonly (Uint8Array | null | undefined)[]> {
  const view = newestView(writer);
  const first = rowIds[0] as number;
  const last = rowIds[rowIds.length - 1] as number;
  const isDense = last - first < rowIds.length * SCAN_WASTE_MAX;
  if (rowIds.length < SCAN_ROWS_MIN || !isDense || !isAscending(rowIds)) {
    return readRows(view, rowIds);
  }
  const bodies: (Uint8Array | undefined)[] = [];
  let next = 0;
  const { storageId } = writer.table;
  const range = { from: rowKey(storageId, first), to: rowKey(storageId, last + 1) };
  for await (const page of writer.kv.scan(range)) {
    for (const { key, value } of page) {
      const rowId = rowIdOfKey(key);
      // Wanted rows that the store does not have stay undefined.
      while (next < rowIds.length && (rowIds[next] as number) < rowId) bodies[next++] = undefined;
      if (rowIds[next] === rowId) bodies[next++] = openRow(view, key, value);
    }
  }
  return bodies;
}

function isAscending(rowIds: readonly number[]): boolean {
  for (let i = 1; i < rowIds.length; i++) {
    if ((rowIds[i - 1] as number) >= (rowIds[i] as number)) return false;
  }
  return true;
}

function noteEntries(
  writer: RowWriter,
  index: IndexDescriptor,
  indexWrites: IndexWrites,
  rowIds: readonly number[],
): void {
  if (rowIds.length === 0) return;
  const { table, writes } = writer;
  const bodies = rowIds.map((rowId) => writes.base.get(rowId) as Uint8Array);
  const keys = storedKeys(table, index, { refs: rowIds, bodies }, writer.expressions);
  rowIds.forEach((rowId, row) => {
    const key = keys.keys[row];
    if (typeof key === 'string') {
      indexWrites.noteCommitted(key, rowId, !mustBeUnique(index, keys, row));
    }
  });
}

function newestView(writer: RowWriter): RowView {
  const { kv, table, state } = writer;
  return { kv, table, state, snapshot: Infinity, writes: undefined, command: 0 };
}

/** Rows of the batch whose key in this index is not the one they have now. */
function changedKeys(
  writer: RowWriter,
  { keys, writes }: IndexedBatch,
  rowIds: readonly number[],
): number[] {
  const changed: number[] = [];
  rowIds.forEach((rowId, row) => {
    const key = keys.keys[row];
    if (typeof key !== 'string') return;
    const newest = writer.writes.rows.commandOf(rowId);
    const committed = writes.removed.get(rowId);
    const isCurrent =
      newest === undefined || committed?.keptBy.includes(newest) === true
        ? committed?.key === key
        : hasEntry(writes.added.get(key), rowId, newest);
    if (!isCurrent) changed.push(row);
  });
  return changed;
}

function hasEntry(newest: OwnEntry | undefined, rowId: number, command: number): boolean {
  for (let entry = newest; entry !== undefined; entry = entry.older) {
    if (entry.rowId === rowId && entry.command === command) return true;
  }
  return false;
}

/** The update as a whole must be unique: its rows may trade keys among themselves. */
async function checkUpdatedKeys(
  writer: RowWriter,
  position: number,
  pieces: readonly UpdatePiece[],
  refs: Float64Array,
): Promise<void> {
  const isUnique = pieces[0]?.indexed[position]?.index.unique === true;
  if (!isUnique || pieces.every(({ changed }) => changed[position]?.length === 0)) return;
  const replaced = new Set(refs);
  for (const { rowIds, indexed, changed } of pieces) {
    const { index } = indexed[position] as IndexedBatch;
    const freed = (changed[position] as readonly number[]).map((row) => rowIds[row] as number);
    await lockFreedKeys(writer, index, freed);
    await writer.turns.checkpoint();
  }
  for (const { indexed, changed } of pieces) {
    const { index, keys } = indexed[position] as IndexedBatch;
    const rows = changed[position] as readonly number[];
    const holders = await findHolders(writer, index, keys, rows);
    for (const row of rows) {
      const holder = holders[row] as number;
      if (holder !== NO_ROW && !replaced.has(holder)) {
        throw duplicateKey(writer.table, writer.schemaName, index, keys, row);
      }
    }
    await writer.turns.checkpoint();
  }
  const seen = new Set<string>();
  for (const { indexed } of pieces) {
    noteSeen(writer, indexed[position] as IndexedBatch, seen);
    await writer.turns.checkpoint();
  }
}

/** Adds the keys that must be unique to those seen; 23505 where one of them was. */
function noteSeen(writer: RowWriter, { index, keys }: IndexedBatch, seen: Set<string>): void {
  for (let row = 0; row < keys.keys.length; row++) {
    const key = keys.keys[row];
    if (typeof key !== 'string' || !mustBeUnique(index, keys, row)) continue;
    if (seen.has(key)) throw duplicateKey(writer.table, writer.schemaName, index, keys, row);
    seen.add(key);
  }
}

/** Fills a new index from the rows that `view` sees. */
export async function buildIndexEntries(
  writer: RowWriter,
  index: IndexDescriptor,
  view: RowView,
): Promise<void> {
  if (!isStoredIndex(index)) return;
  const { table, writes, writeSet } = writer;
  const indexWrites = writes.index(index.storageId);
  const attnums = [ROW_REF_ATTNUM, ...liveColumns(table).map((column) => column.attnum)];
  for await (const batch of scanRows(view, { attnums, predicates: [], timeOrder: null })) {
    await writer.turns.checkpoint();
    const refs = batch.columns[0];
    if (refs?.rep !== 'f64') throw new InternalError('row refs are not numbers');
    const rows = { columns: batch.columns.slice(1), length: batch.length };
    const keys = batchKeys(table, index, rows, writer.expressions);
    for (let row = 0; row < batch.length; row++) {
      const key = keys.keys[row];
      if (typeof key !== 'string') continue;
      const unique = mustBeUnique(index, keys, row);
      if (unique && indexWrites.added.has(key)) {
        throw duplicateInBuild(table, writer.schemaName, index, keys, row);
      }
      const rowId = refs.data[row] as number;
      const command = writes.rows.commandOf(rowId) ?? BUILD_COMMAND;
      indexWrites.add(key, rowId, command, !unique);
      writeSet.bytes += 2 * key.length;
    }
    if (writeSet.bytes > writeSet.limit) {
      throw dbError('out_of_memory', {
        message: 'out of memory',
        detail: `The index "${index.name}" is too large to build in one transaction.`,
      });
    }
  }
}
