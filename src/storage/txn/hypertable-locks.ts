/** Chunk locks of transactions: a hypertable's rows are locked by whole chunks. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { LockWait } from '../storage.ts';
import type { LockRequest } from './locks.ts';

export interface ChunkLocking {
  readonly table: TableDescriptor;
  readonly acquire: (request: LockRequest) => boolean | Promise<boolean>;
}

export function chunkLockSpace(storageId: number): string {
  return `chunk of storage ${storageId}`;
}

/** Locks chunks in ascending order; false where one was taken and the request skips locked rows. */
export async function lockChunks(
  locking: ChunkLocking,
  chunks: readonly number[],
  wait: LockWait,
): Promise<boolean> {
  const space = chunkLockSpace(locking.table.storageId);
  for (const chunk of [...chunks].sort((a, b) => a - b)) {
    const request: LockRequest = { space, key: chunk, mode: 'exclusive', wait: wait === 'block' };
    if (await locking.acquire(request)) continue;
    if (wait === 'skip-locked') return false;
    throw dbError(
      'lock_not_available',
      `could not obtain lock on row in relation "${locking.table.name}"`,
    );
  }
  return true;
}
