/** What all transactions of an engine share. */
import type { HypertableStore } from '../hypertable/hypertable-store.ts';
import type { KvStore } from '../kv/kv.ts';
import type { IndexExpressions } from '../row/index-keys.ts';
import type { TableStates } from '../row/table-state.ts';
import type { Sequences } from '../sequences.ts';
import type { Turns } from '../turns.ts';
import type { Committer } from './committer.ts';
import type { Counters } from './counters.ts';
import type { LockManager } from './locks.ts';
import type { SnapshotRegistry } from './undo.ts';

export interface TransactionParts {
  readonly kv: KvStore;
  readonly committer: Committer;
  readonly hypertables: HypertableStore;
  readonly locks: LockManager;
  readonly states: TableStates;
  readonly snapshots: SnapshotRegistry;
  readonly turns: Turns;
  readonly sequences: Sequences;
  readonly counters: Counters;
  readonly expressions: IndexExpressions | undefined;
  readonly writeSetBytes: number;
  /** Rows from which on an index is built in pieces, and about as many as a piece has. */
  readonly indexPieceRows: number;
  readonly syncCommits: boolean;
  /** Deletes entries of storage that no catalog has known. */
  readonly deleteStorage: (storageIds: readonly number[]) => void;
}
