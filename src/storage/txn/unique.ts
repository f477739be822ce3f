/**
 * Uniqueness of index keys. A key is locked before it is looked up, so of two transactions that insert it
 * the second waits for the first to end; then the store's newest entries and the own changes decide.
 */
import { compareBytes } from '../../base/bytes.ts';
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { openValue } from '../format/envelope.ts';
import { bytesToText, indexEntryKey, rowIdOfEntry } from '../format/keys.ts';
import type { KvStore } from '../kv/kv.ts';
import type { IndexBounds } from '../row/index-bounds.ts';
import { hasKey, mustBeUnique, type BatchKeys } from '../row/index-keys.ts';
import { byteCursor } from './byte-arena.ts';
import { wideHash } from '../format/hash.ts';
import { BUILD_COMMAND, type IndexWrites } from './index-writes.ts';
import { NO_ENTRY } from './key-entries.ts';
import type { LockManager, LockOwner, LockRequest } from './locks.ts';
import type { TableWrites } from './write-set.ts';

export interface UniqueCheck {
  readonly kv: KvStore;
  readonly bounds: IndexBounds;
  readonly locks: LockManager;
  readonly owner: LockOwner;
  readonly table: TableDescriptor;
  readonly writes: TableWrites;
}

/** No row has the key. */
export const NO_ROW = -1;

/**
 * Locks the keys of the chosen rows (undefined for all) and finds, per row, the live row that already has
 * its key (NO_ROW where there is none, or where the key need not be unique).
 */
export async function findHolders(
  check: UniqueCheck,
  index: IndexDescriptor,
  keys: BatchKeys,
  rows: readonly number[] | undefined,
): Promise<Float64Array> {
  const holders = new Float64Array(keys.length).fill(NO_ROW);
  const checked: number[] = [];
  const request = keyLock(index);
  const count = rows?.length ?? keys.length;
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : (rows[i] as number);
    if (!hasKey(keys, row) || !mustBeUnique(index, keys, row)) continue;
    request.key = wideHash(keys.bytes, keys.starts[row] as number, keys.starts[row + 1] as number);
    const granted = check.locks.acquire(check.owner, request);
    if (granted !== true) await granted;
    checked.push(row);
  }
  if (checked.length === 0) return holders;
  const { bounds } = check;
  const loading = bounds.load(check.kv, index.storageId);
  if (loading !== undefined) await loading;
  const own = check.writes.indexes.get(index.storageId);
  const hasOwn = own !== undefined && own.added.length > 0;
  const stored: number[] = [];
  for (const row of checked) {
    const holder = hasOwn ? ownHolder(check.writes, own, keys, row) : NO_ROW;
    const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
    if (holder !== NO_ROW) holders[row] = holder;
    else if (!bounds.isAbove(index.storageId, keys.bytes, start, end)) stored.push(row);
  }
  if (stored.length > 0) await findStoredHolders(check, index, keys, stored, own, holders);
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
  const { bytes, starts } = keys;
  const entryKeys = rows.map((row) =>
    indexEntryKey(index.storageId, bytes, starts[row] as number, starts[row + 1] as number, null),
  );
  const values = await storedValues(check.kv, entryKeys);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    const what = (): string => `table "${check.table.name}", index "${index.name}"`;
    const rowId = rowIdOfEntry(openValue(entryKeys[i] as Uint8Array, value, what));
    if (stillHolds(check.writes, own, rowId)) holders[rows[i] as number] = rowId;
  }
}

/** Keys from which on the store is asked for all between the first and the last one. */
const RANGE_KEYS_MIN = 16;
/** How many times as many entries as keys a range may have. */
const RANGE_WASTE_MAX = 2;

/** Values under the keys; none at all where they lie in a gap of the store, as those of new rows often do. */
async function storedValues(
  kv: KvStore,
  keys: readonly Uint8Array[],
): Promise<readonly (Uint8Array | undefined)[]> {
  if (keys.length < RANGE_KEYS_MIN) return kv.getMany(keys);
  const found = await entriesAmong(kv, keys);
  if (found === undefined) return kv.getMany(keys);
  return found.size === 0 ? [] : keys.map((key) => found.get(bytesToText(key)));
}

/** The entries from the first of the keys to the last one; undefined where they are too many. */
async function entriesAmong(
  kv: KvStore,
  keys: readonly Uint8Array[],
): Promise<Map<string, Uint8Array> | undefined> {
  let [first, last] = [keys[0] as Uint8Array, keys[0] as Uint8Array];
  for (const key of keys) {
    if (compareBytes(key, first) < 0) first = key;
    if (compareBytes(key, last) > 0) last = key;
  }
  const to = new Uint8Array(last.length + 1);
  to.set(last);
  const limit = keys.length * RANGE_WASTE_MAX + 1;
  const found = new Map<string, Uint8Array>();
  for await (const page of kv.scan({ from: first, to, limit })) {
    for (const { key, value } of page) found.set(bytesToText(key), value);
    if (found.size === limit) return undefined;
  }
  return found;
}

/** A live row of the transaction's own with the row's key. */
function ownHolder(writes: TableWrites, own: IndexWrites, keys: BatchKeys, row: number): number {
  const { added } = own;
  const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
  for (const entry of added.withKey(keys.bytes, start, end)) {
    const rowId = added.rowIdAt(entry);
    if (isLiveEntry(writes, own, rowId, added.commandAt(entry))) return rowId;
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
  const newest = writes.rows.numberOf(rowId);
  if (newest === undefined) return command === BUILD_COMMAND;
  if (writes.rows.commandAt(newest) === command) return true;
  return command === BUILD_COMMAND && own.isKept(newest);
}

/** Takes keys that are about to become free: whoever wants one waits for this transaction's end. */
export async function lockFreedKeys(
  check: UniqueCheck,
  index: IndexDescriptor,
  own: IndexWrites,
  rowIds: readonly number[],
): Promise<void> {
  if (!index.unique) return;
  const request = keyLock(index);
  const key = byteCursor();
  for (const rowId of rowIds) {
    const entry = own.removedEntry(rowId);
    if (entry === NO_ENTRY || own.removed.isSuffixed(entry)) continue;
    own.removed.findKey(entry, key);
    request.key = wideHash(key.bytes, key.start, key.end);
    const granted = check.locks.acquire(check.owner, request);
    if (granted !== true) await granted;
  }
}

/**
 * One request for all keys of an index: the lock manager does not keep it. What is locked is the hash of
 * a key; should two keys ever have the same, one waits for the other without need.
 */
function keyLock(index: IndexDescriptor): LockRequest & { key: number } {
  const space = `key of index ${index.oid}`;
  return { space, key: 0, isHash: true, mode: 'exclusive', wait: true };
}

/** Whether a committed entry's row still has that key after the transaction's own changes. */
function stillHolds(writes: TableWrites, own: IndexWrites | undefined, rowId: number): boolean {
  const newest = writes.rows.numberOf(rowId);
  if (newest === undefined) return true;
  if (writes.rows.isDeleted(rowId)) return false;
  return own?.isKept(newest) ?? false;
}
