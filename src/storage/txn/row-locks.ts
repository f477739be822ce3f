/** Locks on rows of ordinary tables, and what tells that one came too late. */
import type { CatalogSnapshot, TableDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { TableState } from '../row/table-state.ts';
import type { LockStrength, LockWait } from '../storage.ts';
import { rowNotAvailable, type HypertableLocking } from './hypertable-locks.ts';
import type { TableWrites } from './write-set.ts';

/** Locks taken between two looks at the clock. */
const LOCKS_PER_STEP = 1_024;

export interface RowLocking extends HypertableLocking {
  readonly state: TableState;
  readonly writes: TableWrites | undefined;
  readonly snapshot: Sequence;
  /** What to throw where a row has changed since the snapshot. */
  readonly conflict: () => Error;
  /** Throws where the transaction has ended. */
  readonly checkOpen: () => void;
}

/** The result says which rows are locked. */
export async function lockTableRows(
  locking: RowLocking,
  refs: Float64Array,
  strength: LockStrength,
  wait: LockWait,
): Promise<Uint8Array> {
  const { table, locks, owner, turns, state, writes, snapshot } = locking;
  const locked = new Uint8Array(refs.length).fill(1);
  const request = {
    space: `tuple of relation ${table.oid}`,
    isRow: true,
    mode: strength === 'update' ? ('exclusive' as const) : ('shared' as const),
    wait: wait === 'block',
    key: 0,
  };
  for (let i = 0; i < refs.length; i++) {
    const rowId = refs[i] as number;
    if (i % LOCKS_PER_STEP === LOCKS_PER_STEP - 1) await turns.checkpoint();
    // A row of our own making is known to nobody else.
    if (writes?.rows.has(rowId) === true && !writes.base.has(rowId)) continue;
    request.key = rowId;
    locking.checkOpen();
    const granted = locks.acquire(owner, request);
    if (granted !== true && !(await granted)) {
      if (wait === 'nowait') throw rowNotAvailable(table);
      locked[i] = 0;
      continue;
    }
    if (state.undo.changedAfter(rowId, snapshot)) throw locking.conflict();
  }
  return locked;
}

export function concurrentUpdate(): Error {
  return dbError('serialization_failure', 'could not serialize access due to concurrent update');
}

/** Changes by an older description of the table would miss its new indexes and constraints. */
export function checkSameTable(
  { oid, name }: TableDescriptor,
  then: CatalogSnapshot,
  now: CatalogSnapshot,
): void {
  if (now === then || then.relation(oid) === undefined) return;
  if (now.relation(oid) === undefined) {
    throw dbError('undefined_table', `relation "${name}" does not exist`);
  }
  const [before, after] = [then.indexesOf(oid), now.indexesOf(oid)];
  const isSame =
    now.relation(oid) === then.relation(oid) &&
    before.length === after.length &&
    before.every((index) => after.includes(index));
  if (!isSame) throw concurrentUpdate();
}
