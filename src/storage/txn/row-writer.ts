/** What INSERT, UPDATE and DELETE on a row table work with. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import type { Batch } from '../../vector/vector.ts';
import type { KvStore } from '../kv/kv.ts';
import {
  batchKeys,
  isStoredIndex,
  mustBeUnique,
  type BatchKeys,
  type IndexExpressions,
} from '../row/index-keys.ts';
import type { IndexBounds } from '../row/index-bounds.ts';
import type { SeenRows } from '../row/seen-rows.ts';
import type { TableState } from '../row/table-state.ts';
import type { Turns } from '../turns.ts';
import type { IndexWrites } from './index-writes.ts';
import type { LockManager, LockOwner } from './locks.ts';
import { ENTRY_OVERHEAD_BYTES, type TableWrites, type WriteSet } from './write-set.ts';

/** What writing to one table needs from its transaction. */
export interface RowWriter {
  readonly kv: KvStore;
  readonly bounds: IndexBounds;
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
  /** Newest versions of rows, as of when they were locked. */
  readonly seen: SeenRows | undefined;
  /** Throws where a row that a snapshot of a higher isolation level cannot see is in the way. */
  readonly checkVisible: (rowId: number) => void;
}

/** An index of the table, and what the transaction changes in it. */
export interface WrittenIndex {
  readonly index: IndexDescriptor;
  readonly writes: IndexWrites;
}

/** The keys of some new rows in one index. */
export interface IndexedBatch extends WrittenIndex {
  readonly keys: BatchKeys;
}

export function writtenIndexes({ indexes, writes }: RowWriter): WrittenIndex[] {
  return indexes.filter(isStoredIndex).map((index) => ({ index, writes: writes.index(index) }));
}

export async function indexBatch(writer: RowWriter, rows: Batch): Promise<IndexedBatch[]> {
  const indexed: IndexedBatch[] = [];
  for (const { index, writes } of writtenIndexes(writer)) {
    const keys = batchKeys(writer, index, rows);
    indexed.push({ index, writes, keys: keys instanceof Promise ? await keys : keys });
  }
  return indexed;
}

/** Adds the entry of a new version, which has a key. */
export function addEntry(
  { writeSet }: RowWriter,
  { index, keys, writes }: IndexedBatch,
  row: number,
  rowId: number,
  command: number,
): void {
  const { bytes, starts } = keys;
  const [start, end] = [starts[row] as number, starts[row + 1] as number];
  writes.added.add(bytes, start, end, rowId, command, !mustBeUnique(index, keys, row));
  writeSet.bytes += ENTRY_OVERHEAD_BYTES + end - start;
}

export function memoryFull(indexName: string): { message: string; detail: string } {
  return {
    message: 'out of memory',
    detail: `The index "${indexName}" is too large to build in one transaction.`,
  };
}
