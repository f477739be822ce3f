/** What is known in memory about each row table's storage: counts, undo, and small tables whole. */
import type { Sequence } from '../log/commit-log.ts';
import { TableUndo } from '../txn/undo.ts';
import type { Batch } from '../../vector/vector.ts';
import { IndexBounds } from './index-bounds.ts';

/** All rows of a small table, decoded. */
export interface CachedTable {
  /** The commit that last changed the table when this was read. */
  readonly version: Sequence;
  readonly schemaVersion: number;
  /** Batches with the row refs first, then every column by attnum. */
  readonly batches: readonly Batch[];
}

export class TableState {
  readonly storageId: number;
  rows = 0;
  bytes = 0;
  /** Next row id to hand out; also ahead of ids that open transactions hold. */
  nextRowId = 1;
  /** Newest commit that was applied (perhaps not yet published) to the table. */
  changedAt: Sequence = 0;
  /** Newest commit on its way through the log that changes the table. */
  appendedAt: Sequence = 0;
  readonly undo = new TableUndo();
  cache: CachedTable | undefined;

  constructor(storageId: number) {
    this.storageId = storageId;
  }

  allocateRowIds(count: number): number {
    const first = this.nextRowId;
    this.nextRowId += count;
    return first;
  }
}

/** The states of all tables, made when first asked for. */
export class TableStates {
  readonly indexBounds = new IndexBounds();
  readonly #states = new Map<number, TableState>();

  get(storageId: number): TableState {
    let state = this.#states.get(storageId);
    if (state === undefined) this.#states.set(storageId, (state = new TableState(storageId)));
    return state;
  }

  known(storageId: number): TableState | undefined {
    return this.#states.get(storageId);
  }

  drop(storageId: number): void {
    this.#states.delete(storageId);
    this.indexBounds.drop(storageId);
  }
}
