/** Condenses a transaction's write set into the row and index changes of its commit record. */
import { finishInTurns } from '../../base/steps.ts';
import { LongList } from '../../vector/long-list.ts';
import type { BaseRows } from './apply.ts';
import {
  ROW_DELETE,
  ROW_INSERT,
  ROW_UPDATE,
  countRow,
  noRows,
  type EntryChange,
  type IndexChange,
  type RowChange,
  type RowChanges,
  type TableChange,
} from './commit-record.ts';
import { isLiveEntry } from './unique.ts';
import type { Turns } from '../turns.ts';
import type { IndexWrites, OwnEntry, TableWrites, WriteSet } from './write-set.ts';

/** Changes of every storage that `isLive`; others were dropped by the transaction itself. */
export async function tableChanges(
  writeSet: WriteSet,
  isLive: (storageId: number) => boolean,
  turns: Turns,
): Promise<TableChange[]> {
  return await finishInTurns(changeSteps(writeSet, isLive), () => turns.checkpoint());
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
  readonly #rowIds: Float64Array;
  #length = 0;
  readonly counts = noRows();

  constructor(writes: TableWrites) {
    this.#writes = writes;
    this.#rowIds = new Float64Array(writes.rows.size);
  }

  get length(): number {
    return this.#length;
  }

  add(rowId: number): void {
    const { rows, base } = this.#writes;
    this.#rowIds[this.#length++] = rowId;
    const oldBytes = base.lengthOf(rowId);
    const newBytes = rows.lengthOf(rowId) ?? 0;
    countRow(this.counts, kindOf(oldBytes, rows.isDeleted(rowId)), rowId, oldBytes ?? 0, newBytes);
  }

  *[Symbol.iterator](): Generator<RowChange, void> {
    const { rows, base } = this.#writes;
    for (let i = 0; i < this.#length; i++) {
      const rowId = this.#rowIds[i] as number;
      const row = rows.get(rowId)?.row ?? null;
      const oldBytes = base.lengthOf(rowId);
      yield { kind: kindOf(oldBytes, row === null), rowId, oldBytes: oldBytes ?? 0, row };
    }
  }
}

function kindOf(oldBytes: number | undefined, isDeleted: boolean): number {
  if (oldBytes === undefined) return ROW_INSERT;
  return isDeleted ? ROW_DELETE : ROW_UPDATE;
}

function* indexChange(writes: TableWrites, index: IndexWrites): Generator<void, IndexChange> {
  const removed = new LongList<EntryChange>();
  let seen = 0;
  for (const entry of index.removed.values()) {
    if (++seen % STEP_ROWS === 0) yield;
    const newest = writes.rows.commandOf(entry.rowId);
    if (newest === undefined || entry.keptBy.includes(newest)) continue;
    removed.push(entry);
  }
  const added = new LongList<EntryChange>();
  for (const [, newest] of index.added) {
    for (let entry: OwnEntry | undefined = newest; entry !== undefined; entry = entry.older) {
      if (++seen % STEP_ROWS === 0) yield;
      if (!isLiveEntry(writes, index, entry.rowId, entry.command)) continue;
      if (!writes.rows.isDeleted(entry.rowId)) added.push(entry);
    }
  }
  return { storageId: index.storageId, removed, added };
}

export function baseRows(writeSet: WriteSet): BaseRows {
  return writeSet.tables;
}
