/** CREATE INDEX on row tables: reads the rows and makes entries of them, piece by piece. */
import { liveColumns, type IndexDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import type { Batch } from '../../vector/vector.ts';
import {
  batchKeys,
  columnKeys,
  duplicateInBuild,
  hasKey,
  isStoredIndex,
  mustBeUnique,
  needsEvaluation,
  type BatchKeys,
  type KeyMaker,
} from '../row/index-keys.ts';
import { scanRows, type RowView } from '../row/row-reader.ts';
import { ROW_REF_ATTNUM } from '../system-columns.ts';
import type { EntryList } from './entry-list.ts';
import { BUILD_COMMAND } from './index-writes.ts';
import { addEntry, memoryFull, type RowWriter } from './row-writer.ts';

/** Some rows of the table, with their keys in the new index. */
export interface KeyedRows {
  readonly rowIds: Float64Array;
  readonly keys: BatchKeys;
}

/** The keys of all rows that `view` sees. */
export async function* keyedRows(
  writer: KeyMaker,
  index: IndexDescriptor,
  view: RowView,
): AsyncGenerator<KeyedRows, void> {
  const { table, turns } = writer;
  const isPlain = !needsEvaluation(index);
  const columns = isPlain
    ? index.keys.map(({ column }) => column)
    : liveColumns(table).map(({ attnum }) => attnum);
  const request = { attnums: [ROW_REF_ATTNUM, ...columns], predicates: [], timeOrder: null };
  for await (const batch of scanRows(view, request)) {
    await turns.checkpoint();
    const [refs, ...vectors] = batch.columns;
    if (refs?.rep !== 'f64') throw new InternalError('row refs are not numbers');
    const rows: Batch = { columns: vectors, length: batch.length };
    const keys = isPlain
      ? columnKeys(index, vectors, batch.length)
      : await batchKeys(writer, index, rows);
    yield { rowIds: refs.data, keys };
  }
}

/** Fills a new index from the rows that `view` sees, as changes of the transaction. */
export async function buildIndexEntries(
  writer: RowWriter,
  index: IndexDescriptor,
  view: RowView,
): Promise<void> {
  if (!isStoredIndex(index)) return;
  const { writeSet } = writer;
  const writes = writer.writes.index(index);
  writes.isNew = true;
  for await (const { rowIds, keys } of keyedRows(writer, index, view)) {
    for (let row = 0; row < keys.length; row++) {
      if (!hasKey(keys, row)) continue;
      checkNew(writer, index, writes.added, keys, row);
      const rowId = rowIds[row] as number;
      const command = writer.writes.rows.commandOf(rowId) ?? BUILD_COMMAND;
      addEntry(writer, { index, keys, writes }, row, rowId, command);
    }
    if (writeSet.bytes > writeSet.limit) throw dbError('out_of_memory', memoryFull(index.name));
  }
}

/** 23505 where the key of a row must be unique and is among the entries. */
export function checkNew(
  { table, schemaName }: Pick<RowWriter, 'table' | 'schemaName'>,
  index: IndexDescriptor,
  entries: EntryList,
  keys: BatchKeys,
  row: number,
): void {
  if (!mustBeUnique(index, keys, row)) return;
  const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
  for (const _ of entries.withKey(keys.bytes, start, end)) {
    throw duplicateInBuild(table, schemaName, index, keys, row);
  }
}
