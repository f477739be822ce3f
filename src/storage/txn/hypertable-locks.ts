/**
 * Locks on hypertables. Rows are locked one by one under their newest refs, keys of unique indexes as
 * strings. Everybody also holds the chunk, shared; whoever changes very many rows takes it for itself
 * where nobody else is there, and needs no locks on rows then.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { LockStrength, LockWait } from '../storage.ts';
import type { Turns } from '../turns.ts';
import type { LockManager, LockOwner, LockRequest } from './locks.ts';

export interface HypertableLocking {
  readonly table: TableDescriptor;
  readonly locks: LockManager;
  readonly owner: LockOwner;
  readonly turns: Turns;
}

/** Keys of one unique index that rows of one chunk have. */
export interface ChunkKeys {
  readonly chunk: number;
  /** Oid of the index. */
  readonly index: number;
  readonly keys: readonly string[];
}

/** Locks that one transaction holds above which it tries to get whole chunks. */
const FINE_LOCKS_MAX = 100_000;
/** Locks taken between two looks at the clock. */
const LOCKS_PER_STEP = 4_096;

function chunkSpace({ table }: HypertableLocking): string {
  return `chunk of storage ${table.storageId}`;
}

export function rowSpace(storageId: number): string {
  return `row of storage ${storageId}`;
}

/** Takes chunks whole, for changes of their own: dropping them. */
export async function lockWholeChunks(
  locking: HypertableLocking,
  chunks: readonly number[],
): Promise<void> {
  const { locks, owner } = locking;
  for (const key of [...chunks].sort((a, b) => a - b)) {
    const request = { space: chunkSpace(locking), key, mode: 'exclusive', wait: true } as const;
    await locks.acquire(owner, request);
  }
}

/** Holds the chunks, shared; false where one is taken and the caller does not wait. */
async function enterChunks(
  locking: HypertableLocking,
  chunks: readonly number[],
  wait: LockWait,
): Promise<boolean> {
  const { locks, owner } = locking;
  for (const key of [...chunks].sort((a, b) => a - b)) {
    const mode = 'shared' as const;
    const request = { space: chunkSpace(locking), key, mode, wait: wait === 'block' };
    const granted = locks.acquire(owner, request);
    if (!(granted instanceof Promise ? await granted : granted)) return false;
  }
  return true;
}

/** Whether the transaction has the chunks to itself, or gets them for `more` locks without a wait. */
function hasWholeChunks(
  locking: HypertableLocking,
  chunks: readonly number[],
  more: number,
): boolean {
  const { locks, owner } = locking;
  const space = chunkSpace(locking);
  const isMany = owner.held.length + more > FINE_LOCKS_MAX;
  return chunks.every((key) => {
    if (locks.heldMode(owner, space, key) === 'exclusive') return true;
    return isMany && locks.acquire(owner, { space, key, mode: 'exclusive', wait: false }) === true;
  });
}

/** Locks the unique keys of new rows, so that of two that insert one key the second waits. */
export async function lockKeys(
  locking: HypertableLocking,
  groups: readonly ChunkKeys[],
): Promise<void> {
  const { locks, owner } = locking;
  await enterChunks(
    locking,
    groups.map(({ chunk }) => chunk),
    'block',
  );
  for (const { chunk, index, keys } of groups) {
    if (hasWholeChunks(locking, [chunk], keys.length)) continue;
    const space = `key of index ${index}`;
    for (const key of keys) {
      const granted = locks.acquire(owner, { space, key, mode: 'exclusive', wait: true });
      if (granted instanceof Promise) await granted;
    }
  }
}

/**
 * Locks rows. `currentRef` gives a row's newest ref, undefined where it is gone. The result says which
 * rows are locked; rows that are gone count as such, for the caller to find out.
 */
export async function lockHypertableRows(
  locking: HypertableLocking,
  refs: Float64Array,
  chunks: readonly number[],
  strength: LockStrength,
  wait: LockWait,
  currentRef: (ref: number) => number | undefined,
): Promise<Uint8Array> {
  const { locks, owner, turns, table } = locking;
  const locked = new Uint8Array(refs.length).fill(1);
  if (!(await enterChunks(locking, chunks, wait))) {
    if (wait === 'nowait') throw rowNotAvailable(table);
    return locked.fill(0);
  }
  if (hasWholeChunks(locking, chunks, refs.length)) return locked;
  const space = rowSpace(table.storageId);
  const mode = strength === 'update' ? 'exclusive' : 'shared';
  for (let i = 0; i < refs.length; i++) {
    if (i % LOCKS_PER_STEP === LOCKS_PER_STEP - 1) await turns.checkpoint();
    const key = currentRef(refs[i]);
    if (key === undefined) continue;
    const request: LockRequest = { space, key, mode, wait: wait === 'block' };
    const granted = locks.acquire(owner, request);
    if (granted instanceof Promise ? await granted : granted) continue;
    if (wait === 'nowait') throw rowNotAvailable(table);
    locked[i] = 0;
  }
  return locked;
}

export function rowNotAvailable(table: TableDescriptor): Error {
  return dbError('lock_not_available', `could not obtain lock on row in relation "${table.name}"`);
}
