/** INSERT into row tables: everything is decided before anything changes. */
import { sliceBatch } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import { HighestKey } from '../row/highest-key.ts';
import { duplicateKey, hasKey, mustBeUnique, type BatchKeys } from '../row/index-keys.ts';
import { encodeRows } from '../row/row-codec.ts';
import type { InsertOptions, InsertResult } from '../storage.ts';
import { KeyEntries, NO_ENTRY } from './key-entries.ts';
import { addEntry, indexBatch, type IndexedBatch, type RowWriter } from './row-writer.ts';
import { NO_ROW, findHolders } from './unique.ts';

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
    const pause = writer.turns.checkpoint();
    if (pause !== undefined) await pause;
  }
  return { inserted, conflicts };
}

/** A unique index while rows are inserted. */
interface UniqueBatch extends IndexedBatch {
  /** Per row the row that has its key already. */
  readonly holders: Float64Array;
  /** Keys of the rows of the piece that are going to be inserted; undefined where no two are the same. */
  readonly entered: KeyEntries | undefined;
}

/** Inserts rows that are few enough to be handled in one go. */
async function insertPiece(
  writer: RowWriter,
  rows: Batch,
  options: InsertOptions,
): Promise<InsertResult> {
  const indexed = await indexBatch(writer, rows);
  const unique = await uniqueBatches(writer, indexed, rows.length);
  const encoded = encodeRows(writer.table, rows);
  const first = writer.state.allocateRowIds(rows.length);
  const conflicts =
    options.onConflict === 'report' ? new Float64Array(rows.length).fill(NaN) : null;
  const inserted =
    unique.length === 0
      ? rows.length
      : decide(writer, unique, first, rows.length, conflicts, options);
  const command = ++writer.writeSet.command;
  const { bytes, starts } = encoded;
  for (let row = 0; row < rows.length; row++) {
    if (conflicts !== null && !Number.isNaN(conflicts[row])) continue;
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    writer.writeSet.put(writer.writes, first + row, bytes, start, end);
    for (const each of indexed) {
      if (hasKey(each.keys, row)) addEntry(writer, each, row, first + row, command);
    }
  }
  return { inserted, conflicts };
}

async function uniqueBatches(
  writer: RowWriter,
  indexed: readonly IndexedBatch[],
  rows: number,
): Promise<UniqueBatch[]> {
  const unique: UniqueBatch[] = [];
  for (const each of indexed) {
    if (!each.index.unique) continue;
    const holders = await findHolders(writer, each.index, each.keys, undefined);
    const mayRepeat = rows > 1 && !isAscending(each.keys);
    unique.push({ holders, entered: mayRepeat ? new KeyEntries() : undefined, ...each });
  }
  return unique;
}

/** Whether each key is higher than the one before it. */
function isAscending({ length, bytes, starts }: BatchKeys): boolean {
  const highest = new HighestKey();
  for (let row = 0; row < length; row++) {
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    if (!highest.isBelow(bytes, start, end)) return false;
    highest.raise(bytes, start, end);
  }
  return true;
}

/** Fills in `conflicts`, or throws for the first one; returns the number of rows to insert. */
function decide(
  writer: RowWriter,
  unique: readonly UniqueBatch[],
  first: number,
  rows: number,
  conflicts: Float64Array | null,
  options: InsertOptions,
): number {
  let inserted = 0;
  for (let row = 0; row < rows; row++) {
    const conflict = conflictOf(writer, unique, row, options);
    if (conflict !== NO_ROW && conflicts !== null) {
      conflicts[row] = conflict;
      continue;
    }
    for (const { index, keys, entered } of unique) {
      if (entered === undefined || !hasKey(keys, row) || !mustBeUnique(index, keys, row)) continue;
      const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
      entered.add(keys.bytes, start, end, first + row, 0, false);
    }
    inserted++;
  }
  return inserted;
}

/** The row that an insert collides with and reports; a collision elsewhere throws. */
function conflictOf(
  writer: RowWriter,
  unique: readonly UniqueBatch[],
  row: number,
  options: InsertOptions,
): number {
  let reported = NO_ROW;
  for (const each of unique) {
    const { index, keys } = each;
    if (!hasKey(keys, row) || !mustBeUnique(index, keys, row)) continue;
    const holder = holderOf(each, row);
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

/** A row of the same piece, or one that was there before. */
function holderOf({ keys, holders, entered }: UniqueBatch, row: number): number {
  if (entered !== undefined) {
    const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
    const entry = entered.find(keys.bytes, start, end);
    if (entry !== NO_ENTRY) return entered.rowIdAt(entry);
  }
  return holders[row] as number;
}
