/** UPDATE and DELETE on row tables, of rows that the transaction has locked. */
import { sliceBatch } from '../../vector/gather.ts';
import { BATCH_ROWS, type Batch } from '../../vector/vector.ts';
import { duplicateKey, hasKey, mustBeUnique } from '../row/index-keys.ts';
import { encodeRows } from '../row/row-codec.ts';
import { committedKeys, noteBases, noteRemoved, type CommittedKeys } from './committed-versions.ts';
import { BUILD_COMMAND } from './index-writes.ts';
import { KeyEntries, NO_ENTRY } from './key-entries.ts';
import {
  addEntry,
  indexBatch,
  writtenIndexes,
  type IndexedBatch,
  type RowWriter,
  type WrittenIndex,
} from './row-writer.ts';
import { NO_ROW, findHolders, lockFreedKeys } from './unique.ts';

/** The new keys of some rows in one index, beside those that they have. */
interface ChangedKeys extends IndexedBatch {
  /** 1 where a row's key is the committed one. */
  readonly isCommitted: Uint8Array;
  /** Rows whose key is not the one they have now. */
  readonly changed: readonly number[];
}

/** Some rows of an update, small enough to be handled in one go. */
interface UpdatePiece {
  readonly rowIds: readonly number[];
  readonly rows: Batch;
  readonly indexed: readonly ChangedKeys[];
}

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
    const indexed = await indexBatch(writer, piece);
    await noteBases(writer, rowIds, indexed);
    for (const { writes } of indexed) await writes.added.prepareLookups(writer.turns);
    const changed: ChangedKeys[] = [];
    for (const each of indexed) changed.push(await changedKeys(writer, each, rowIds));
    pieces.push({ rowIds, rows: piece, indexed: changed });
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

/** Compares new keys with the committed and the present ones; notes committed entries that go. */
async function changedKeys(
  writer: RowWriter,
  each: IndexedBatch,
  rowIds: readonly number[],
): Promise<ChangedKeys> {
  const { keys, writes } = each;
  const committed = await committedKeys(writer, each, rowIds);
  const isCommitted = new Uint8Array(rowIds.length);
  const changed: number[] = [];
  for (let row = 0; row < rowIds.length; row++) {
    const rowId = rowIds[row] as number;
    const same =
      isSameKey(each, row, committed) &&
      // A row that had changed before the index was built has no entry with its committed key.
      (!writes.isNew || hasEntry(each, row, rowId, BUILD_COMMAND));
    if (same) isCommitted[row] = 1;
    else noteRemoved(writer, each, committed, row, rowId);
    if (!hasKey(keys, row)) continue;
    const newest = writer.writes.rows.numberOf(rowId);
    const hasItNow =
      newest === undefined || writes.isKept(newest)
        ? same
        : hasEntry(each, row, rowId, writer.writes.rows.commandAt(newest));
    if (!hasItNow) changed.push(row);
  }
  return { isCommitted, changed, ...each };
}

function isSameKey({ keys }: IndexedBatch, row: number, committed: CommittedKeys): boolean {
  const other = committed.positions[row] as number;
  if (other < 0 || !hasKey(keys, row) || !hasKey(committed.keys, other)) return false;
  const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
  const { bytes, starts } = committed.keys;
  const shift = (starts[other] as number) - start;
  if ((starts[other + 1] as number) - shift !== end) return false;
  for (let i = start; i < end; i++) if (keys.bytes[i] !== bytes[i + shift]) return false;
  return true;
}

/** Whether the version that `command` made of the row has the key of the batch's row. */
function hasEntry(
  { keys, writes: { added } }: IndexedBatch,
  row: number,
  rowId: number,
  command: number,
): boolean {
  const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
  for (const entry of added.withKey(keys.bytes, start, end)) {
    if (added.rowIdAt(entry) === rowId && added.commandAt(entry) === command) return true;
  }
  return false;
}

function putUpdated(writer: RowWriter, piece: UpdatePiece, command: number): void {
  const { rowIds, rows, indexed } = piece;
  const { bytes, starts } = encodeRows(writer.table, rows);
  for (let row = 0; row < rowIds.length; row++) {
    const rowId = rowIds[row] as number;
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    const version = writer.writeSet.put(writer.writes, rowId, bytes, start, end);
    for (const each of indexed) {
      if (each.isCommitted[row] === 1) each.writes.keep(version);
      else if (hasKey(each.keys, row)) addEntry(writer, each, row, rowId, command);
    }
  }
}

/** The update as a whole must be unique: its rows may trade keys among themselves. */
async function checkUpdatedKeys(
  writer: RowWriter,
  position: number,
  pieces: readonly UpdatePiece[],
  refs: Float64Array,
): Promise<void> {
  const isUnique = pieces[0]?.indexed[position]?.index.unique === true;
  if (!isUnique || pieces.every(({ indexed }) => indexed[position]?.changed.length === 0)) return;
  const replaced = new Set(refs);
  for (const { rowIds, indexed } of pieces) {
    const { index, writes, changed } = indexed[position] as ChangedKeys;
    const freed = changed.map((row) => rowIds[row] as number);
    await lockFreedKeys(writer, index, writes, freed);
    await writer.turns.checkpoint();
  }
  for (const { indexed } of pieces) {
    const { index, keys, changed } = indexed[position] as ChangedKeys;
    const holders = await findHolders(writer, index, keys, changed);
    for (const row of changed) {
      const holder = holders[row] as number;
      if (holder !== NO_ROW && !replaced.has(holder)) {
        throw duplicateKey(writer.table, writer.schemaName, index, keys, row);
      }
    }
    await writer.turns.checkpoint();
  }
  const seen = new KeyEntries();
  for (const { indexed } of pieces) {
    noteSeen(writer, indexed[position] as ChangedKeys, seen);
    await writer.turns.checkpoint();
  }
}

/** Adds the keys that must be unique to those seen; 23505 where one of them was. */
function noteSeen(writer: RowWriter, { index, keys }: IndexedBatch, seen: KeyEntries): void {
  const { bytes, starts } = keys;
  for (let row = 0; row < keys.length; row++) {
    if (!hasKey(keys, row) || !mustBeUnique(index, keys, row)) continue;
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    if (seen.find(bytes, start, end) !== NO_ENTRY) {
      throw duplicateKey(writer.table, writer.schemaName, index, keys, row);
    }
    seen.add(bytes, start, end, row, 0, false);
  }
}

export async function deleteRows(writer: RowWriter, refs: Float64Array): Promise<void> {
  const indexed = writtenIndexes(writer);
  for (let start = 0; start < refs.length; start += BATCH_ROWS) {
    const rowIds = Array.from(refs.subarray(start, start + BATCH_ROWS));
    await noteBases(writer, rowIds, indexed);
    for (const each of indexed) {
      await noteAllRemoved(writer, each, rowIds);
      await lockFreedKeys(writer, each.index, each.writes, rowIds);
    }
    await writer.turns.checkpoint();
  }
  writer.writeSet.command++;
  for (let i = 0; i < refs.length; i++) {
    writer.writeSet.putDeleted(writer.writes, refs[i] as number);
    if (i % BATCH_ROWS === BATCH_ROWS - 1) await writer.turns.checkpoint();
  }
}

async function noteAllRemoved(
  writer: RowWriter,
  each: WrittenIndex,
  rowIds: readonly number[],
): Promise<void> {
  const committed = await committedKeys(writer, each, rowIds);
  for (let i = 0; i < rowIds.length; i++) {
    noteRemoved(writer, each, committed, i, rowIds[i] as number);
  }
}
