/** Condenses a transaction's write set into the row and index changes of its commit record. */
import { finishInTurns } from '../../base/steps.ts';
import { NO_BYTES } from './byte-arena.ts';
import { IntColumn, NumberColumn } from './columns.ts';
import {
  ROW_DELETE,
  ROW_INSERT,
  ROW_UPDATE,
  countRow,
  noRows,
  type EntryChange,
  type EntryChanges,
  type IndexChange,
  type RowChange,
  type RowChanges,
  type TableChange,
} from './commit-record.ts';
import type { IndexWrites } from './index-writes.ts';
import type { EntryList } from './entry-list.ts';
import { isLiveEntry } from './unique.ts';
import type { Turns } from '../turns.ts';
import type { TableWrites, WriteSet } from './write-set.ts';

/** Changes of every storage that `isLive`; others were dropped by the transaction itself. */
export function tableChanges(
  writeSet: WriteSet,
  isLive: (storageId: number) => boolean,
  turns: Turns,
): Promise<TableChange[]> {
  return finishInTurns(changeSteps(writeSet, isLive), () => turns.checkpoint());
}

/** Rows or entries between two looks at the clock. */
const STEP_ROWS = 1_024;

function* changeSteps(
  writeSet: WriteSet,
  isLive: (storageId: number) => boolean,
): Generator<void, TableChange[]> {
  const changes: TableChange[] = [];
  for (const writes of writeSet.tables.values()) {
    if (!isLive(writes.storageId)) continue;
    const rows = yield* rowChanges(writes);
    const indexes: IndexChange[] = [];
    for (const index of writes.indexes.values()) {
      if (!isLive(index.storageId)) continue;
      const change = yield* indexChange(writes, index);
      if (change.added.length + change.removed.length > 0) indexes.push(change);
    }
    if (rows.length + indexes.length > 0) {
      changes.push({ storageId: writes.storageId, rows, counts: rows.counts, indexes });
    }
  }
  return changes;
}

function* rowChanges(writes: TableWrites): Generator<void, OwnRowChanges> {
  const changes = new OwnRowChanges(writes);
  let seen = 0;
  for (const rowId of writes.rows.keys()) {
    if (++seen % STEP_ROWS === 0) yield;
    // Inserted and deleted again: nobody ever saw it.
    if (!writes.base.has(rowId) && writes.rows.isDeleted(rowId)) continue;
    changes.add(rowId);
  }
  return changes;
}

/** The changes of a table's rows, read from the write set where they are wanted. */
class OwnRowChanges implements RowChanges {
  readonly #writes: TableWrites;
  readonly #rowIds = new NumberColumn();
  readonly counts = noRows();

  constructor(writes: TableWrites) {
    this.#writes = writes;
  }

  get length(): number {
    return this.#rowIds.length;
  }

  add(rowId: number): void {
    const { rows, base } = this.#writes;
    this.#rowIds.push(rowId);
    const oldBytes = base.lengthOf(rowId);
    const newBytes = rows.lengthOf(rowId) ?? 0;
    countRow(this.counts, kindOf(oldBytes, rows.isDeleted(rowId)), rowId, oldBytes ?? 0, newBytes);
  }

  read(i: number, into: RowChange): void {
    const { rows, base } = this.#writes;
    const rowId = this.#rowIds.at(i);
    const oldBytes = base.lengthOf(rowId);
    const isThere = rows.find(rowId, into);
    if (!isThere) {
      into.bytes = NO_BYTES;
      into.start = into.end = 0;
    }
    into.rowId = rowId;
    into.kind = kindOf(oldBytes, !isThere);
    into.oldBytes = oldBytes ?? 0;
  }
}

function kindOf(oldBytes: number | undefined, isDeleted: boolean): number {
  if (oldBytes === undefined) return ROW_INSERT;
  return isDeleted ? ROW_DELETE : ROW_UPDATE;
}

function* indexChange(writes: TableWrites, index: IndexWrites): Generator<void, IndexChange> {
  const removed = new OwnEntries(index.removed);
  let seen = 0;
  for (const rowId of index.removedRows()) {
    if (++seen % STEP_ROWS === 0) yield;
    const newest = writes.rows.numberOf(rowId);
    if (newest !== undefined && !index.isKept(newest))
      removed.numbers.push(index.removedEntry(rowId));
  }
  const added = new OwnEntries(index.added);
  for (let entry = 0; entry < index.added.length; entry++) {
    if (entry % STEP_ROWS === STEP_ROWS - 1) yield;
    const rowId = index.added.rowIdAt(entry);
    if (!isLiveEntry(writes, index, rowId, index.added.commandAt(entry))) continue;
    if (!writes.rows.isDeleted(rowId)) added.numbers.push(entry);
  }
  return { storageId: index.storageId, removed, added };
}

/** Some of the entries of a write set. */
class OwnEntries implements EntryChanges {
  readonly numbers = new IntColumn();
  readonly #entries: EntryList;

  constructor(entries: EntryList) {
    this.#entries = entries;
  }

  get length(): number {
    return this.numbers.length;
  }

  read(i: number, into: EntryChange): void {
    const entry = this.numbers.at(i);
    this.#entries.findKey(entry, into);
    into.rowId = this.#entries.rowIdAt(entry);
    into.suffixed = this.#entries.isSuffixed(entry);
  }
}
