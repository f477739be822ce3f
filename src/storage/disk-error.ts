/** Failures of the disk as PostgreSQL reports them. */
import { DbError, InternalError } from '../errors/db-error.ts';

/** Turns whatever a Disk threw into a DbError: 53100 for a full disk, 58030 otherwise. */
export function diskError(error: unknown, what: string): DbError {
  if (error instanceof DbError) return error;
  if (error instanceof InternalError) {
    return new DbError('internal_error', { message: error.message }, 'ERROR', error);
  }
  const code = (error as { code?: unknown } | null)?.code;
  const reason = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(reason)) {
    return new DbError(
      'disk_full',
      { message: `${what}: No space left on device` },
      'ERROR',
      error,
    );
  }
  return new DbError('io_error', { message: `${what}: ${reason}` }, 'ERROR', error);
}
