/**
 * Uniqueness of index keys. A key is locked before it is looked up, so of two transactions that insert it
 * the second waits for the first to end; then the store's newest entries and the own changes decide.
 */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { openValue } from '../format/envelope.ts';
import { indexEntryKey, rowIdOfEntry } from '../format/keys.ts';
import type { KvStore } from '../kv/kv.ts';
import { mustBeUnique, type BatchKeys } from '../row/index-keys.ts';
import type { LockKey, LockManager, LockOwner, LockRequest } from './locks.ts';
import { BUILD_COMMAND, type IndexWrites, type TableWrites } from './write-set.ts';

export interface UniqueCheck {
  readonly kv: KvStore;
  readonly locks: LockManager;
  readonly owner: LockOwner;
  readonly table: TableDescriptor;
  readonly writes: TableWrites;
}

/** No row has the key. */
export const NO_ROW = -1;

/**
 * Locks the keys of the chosen rows and finds, per row, the live row that already has its key (NO_ROW
 * where there is none, or where the key need not be unique).
 */
export async function findHolders(
  check: UniqueCheck,
  index: IndexDescriptor,
  keys: BatchKeys,
  rows: readonly number[],
): Promise<Float64Array> {
  const holders = new Float64Array(keys.keys.length).fill(NO_ROW);
  const checked: number[] = [];
  const request = keyLock(index);
  for (const row of rows) {
    const key = keys.keys[row];
    if (key === null || key === undefined || !mustBeUnique(index, keys, row)) continue;
    request.key = key;
    const granted = check.locks.acquire(check.owner, request);
    if (granted !== true) await granted;
    checked.push(row);
  }
  if (checked.length === 0) return holders;
  const own = check.writes.indexes.get(index.storageId);
  const stored: number[] = [];
  for (const row of checked) {
    const holder = ownHolder(check.writes, own, keys.keys[row] as string);
    if (holder === NO_ROW) stored.push(row);
    else holders[row] = holder;
  }
  await findStoredHolders(check, index, keys, stored, own, holders);
  return holders;
}

async function findStoredHolders(
  check: UniqueCheck,
  index: IndexDescriptor,
  keys: BatchKeys,
  rows: readonly number[],
  own: IndexWrites | undefined,
  holders: Float64Array,
): Promise<void> {
  const entryKeys = rows.map((row) =>
    indexEntryKey(index.storageId, keys.keys[row] as string, null),
  );
  const values = await check.kv.getMany(entryKeys);
  values.forEach((value, i) => {
    if (value === undefined) return;
    const what = (): string => `table "${check.table.name}", index "${index.name}"`;
    const rowId = rowIdOfEntry(openValue(entryKeys[i] as Uint8Array, value, what));
    if (stillHolds(check.writes, own, rowId)) holders[rows[i] as number] = rowId;
  });
}

/** A live row of the transaction's own with this key. */
function ownHolder(writes: TableWrites, own: IndexWrites | undefined, key: string): number {
  if (own === undefined) return NO_ROW;
  for (let entry = own.added.get(key); entry !== undefined; entry = entry.older) {
    if (isLiveEntry(writes, own, entry.rowId, entry.command)) return entry.rowId;
  }
  return NO_ROW;
}

/** Whether an own entry belongs to the row's newest version. */
export function isLiveEntry(
  writes: TableWrites,
  own: IndexWrites,
  rowId: number,
  command: number,
): boolean {
  const newest = writes.rows.commandOf(rowId);
  if (newest === undefined) return command === BUILD_COMMAND;
  if (newest === command) return true;
  const isKept = own.removed.get(rowId)?.keptBy.includes(newest) ?? false;
  return command === BUILD_COMMAND && isKept;
}

/** Takes keys that are about to become free: whoever wants one waits for this transaction's end. */
export async function lockFreedKeys(
  check: UniqueCheck,
  index: IndexDescriptor,
  rowIds: readonly number[],
): Promise<void> {
  if (!index.unique) return;
  const own = check.writes.indexes.get(index.storageId);
  const request = keyLock(index);
  for (const rowId of rowIds) {
    const committed = own?.removed.get(rowId);
    if (committed === undefined || committed.suffixed) continue;
    request.key = committed.key;
    const granted = check.locks.acquire(check.owner, request);
    if (granted !== true) await granted;
  }
}

/** One request for all keys of an index: the lock manager does not keep it. */
function keyLock(index: IndexDescriptor): LockRequest & { key: LockKey } {
  return { space: `key of index ${index.oid}`, key: 0, mode: 'exclusive', wait: true };
}

/** Whether a committed entry's row still has that key after the transaction's own changes. */
function stillHolds(writes: TableWrites, own: IndexWrites | undefined, rowId: number): boolean {
  const newest = writes.rows.commandOf(rowId);
  if (newest === undefined) return true;
  if (writes.rows.isDeleted(rowId)) return false;
  return own?.removed.get(rowId)?.keptBy.includes(newest) ?? false;
}
