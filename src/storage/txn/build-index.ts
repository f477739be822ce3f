/** CREATE INDEX on row tables. */
import { liveColumns, type IndexDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import {
  batchKeys,
  duplicateInBuild,
  hasKey,
  isStoredIndex,
  mustBeUnique,
} from '../row/index-keys.ts';
import { scanRows, type RowView } from '../row/row-reader.ts';
import { ROW_REF_ATTNUM } from '../system-columns.ts';
import { BUILD_COMMAND } from './index-writes.ts';
import type { EntryList } from './entry-list.ts';
import { addEntry, memoryFull, type IndexedBatch, type RowWriter } from './row-writer.ts';

/** Fills a new index from the rows that `view` sees. */
export async function buildIndexEntries(
  writer: RowWriter,
  index: IndexDescriptor,
  view: RowView,
): Promise<void> {
  if (!isStoredIndex(index)) return;
  const { table, writeSet } = writer;
  const writes = writer.writes.index(index);
  writes.isNew = true;
  const attnums = [ROW_REF_ATTNUM, ...liveColumns(table).map((column) => column.attnum)];
  for await (const batch of scanRows(view, { attnums, predicates: [], timeOrder: null })) {
    await writer.turns.checkpoint();
    const refs = batch.columns[0];
    if (refs?.rep !== 'f64') throw new InternalError('row refs are not numbers');
    const rows = { columns: batch.columns.slice(1), length: batch.length };
    const keys = batchKeys(table, index, rows, writer.expressions);
    addEntries(writer, { index, keys, writes }, refs.data);
    if (writeSet.bytes > writeSet.limit) throw dbError('out_of_memory', memoryFull(index.name));
  }
}

function addEntries(writer: RowWriter, each: IndexedBatch, refs: Float64Array): void {
  const { index, keys, writes } = each;
  for (let row = 0; row < keys.length; row++) {
    if (!hasKey(keys, row)) continue;
    const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
    const isUnique = mustBeUnique(index, keys, row);
    if (isUnique && hasEntry(writes.added, keys.bytes, start, end)) {
      throw duplicateInBuild(writer.table, writer.schemaName, index, keys, row);
    }
    const rowId = refs[row] as number;
    addEntry(writer, each, row, rowId, writer.writes.rows.commandOf(rowId) ?? BUILD_COMMAND);
  }
}

function hasEntry(entries: EntryList, bytes: Uint8Array, start: number, end: number): boolean {
  for (const _ of entries.withKey(bytes, start, end)) return true;
  return false;
}
