/** Condenses a transaction's write set into the row and index changes of its commit record. */
import type { BaseRows } from './apply.ts';
import {
  ROW_DELETE,
  ROW_INSERT,
  ROW_UPDATE,
  type EntryChange,
  type IndexChange,
  type RowChange,
  type TableChange,
} from './commit-record.ts';
import { isLiveEntry } from './unique.ts';
import type { Turns } from '../turns.ts';
import type { IndexWrites, OwnEntry, OwnVersion, TableWrites, WriteSet } from './write-set.ts';

/** Changes of every storage that `isLive`; others were dropped by the transaction itself. */
export async function tableChanges(
  writeSet: WriteSet,
  isLive: (storageId: number) => boolean,
  turns: Turns,
): Promise<TableChange[]> {
  const steps = changeSteps(writeSet, isLive);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) await turns.checkpoint();
  return step.value;
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
      changes.push({ storageId: writes.storageId, rows, indexes });
    }
  }
  return changes;
}

function* rowChanges(writes: TableWrites): Generator<void, RowChange[]> {
  const changes: RowChange[] = [];
  let seen = 0;
  for (const [rowId, { row }] of writes.rows) {
    if (++seen % STEP_ROWS === 0) yield;
    const base = writes.base.get(rowId);
    if (base === undefined) {
      // Inserted and deleted again: nobody ever saw it.
      if (row !== null) changes.push({ kind: ROW_INSERT, rowId, oldBytes: 0, row });
      continue;
    }
    const kind = row === null ? ROW_DELETE : ROW_UPDATE;
    changes.push({ kind, rowId, oldBytes: base.length, row });
  }
  return changes;
}

function* indexChange(writes: TableWrites, index: IndexWrites): Generator<void, IndexChange> {
  const removed: EntryChange[] = [];
  let seen = 0;
  for (const [rowId, { key, suffixed, keptBy }] of index.removed) {
    if (++seen % STEP_ROWS === 0) yield;
    const version = writes.rows.get(rowId);
    if (version === undefined || keptBy.includes(version.command)) continue;
    removed.push({ key, rowId, suffixed });
  }
  const added: EntryChange[] = [];
  for (const [key, newest] of index.added) {
    const suffixed = index.isSuffixed(key);
    for (let entry: OwnEntry | undefined = newest; entry !== undefined; entry = entry.older) {
      if (++seen % STEP_ROWS === 0) yield;
      const { rowId, command } = entry;
      if (!isLiveEntry(writes, index, rowId, command)) continue;
      if (isDeleted(writes.rows.get(rowId))) continue;
      added.push({ key, rowId, suffixed });
    }
  }
  return { storageId: index.storageId, removed, added };
}

function isDeleted(version: OwnVersion | undefined): boolean {
  return version !== undefined && version.row === null;
}

export function baseRows(writeSet: WriteSet): BaseRows {
  return writeSet.tables;
}
