/** Brings the state of the last run up to the end of the commit log. */
import { finishNow } from '../base/steps.ts';
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import { DbError } from '../errors/db-error.ts';
import type { HypertableStore } from './hypertable/hypertable-store.ts';
import type { KvStore } from './kv/kv.ts';
import type { CommitLog, Sequence } from './log/commit-log.ts';
import type { TableStates } from './row/table-state.ts';
import type { StoredState } from './stored-state.ts';
import {
  appliedOperation,
  putAll,
  rowOperations,
  stateOperations,
  storageIdOf,
} from './txn/apply.ts';
import { decodeCommit } from './txn/commit-codec.ts';
import type { CommitRecord, SequenceMove } from './txn/commit-record.ts';
import { COMMIT_RANGE } from './txn/committer.ts';

export interface RecoveryParts {
  readonly kv: KvStore;
  readonly log: CommitLog;
  readonly states: TableStates;
  readonly hypertables: HypertableStore;
  readonly stored: StoredState;
  /** Newest commit that the store contains, rows of hypertables included. */
  readonly newest: Sequence;
  /** Told of every catalog on the way, for the hypertable store. */
  readonly onApply: (catalog: CatalogSnapshot) => void;
}

export interface RecoveredState {
  readonly catalog: CatalogSnapshot;
  readonly sequences: readonly SequenceMove[];
  readonly sequence: Sequence;
  readonly garbage: readonly number[];
}

const BATCH_OPERATIONS = 20_000;

/**
 * Replays the log. Row tables, catalog and sequences take the entries that the store does not contain
 * yet; the hypertable store is given all of them, because it keeps its own account of each chunk.
 */
export async function recover(parts: RecoveryParts): Promise<RecoveredState> {
  const { kv, log, states, hypertables, stored, newest, onApply } = parts;
  const sequences = [...stored.sequences];
  const garbage = [...stored.garbage];
  let { catalog } = stored;
  let sequence = stored.applied;
  const target = { batch: kv.batch() };
  let written = sequence;
  // Also where only hypertables changed: the log may be trimmed up to here before the next commit.
  const flush = async (): Promise<void> => {
    if (sequence === written) return;
    putAll(target.batch, [appliedOperation(sequence)]);
    await kv.write(target.batch, false);
    target.batch = kv.batch();
    written = sequence;
  };
  for await (const entry of log.tail(COMMIT_RANGE, stored.trimmed + 1)) {
    const record = decodeEntry(entry.payload, entry.sequence);
    if (entry.sequence > stored.applied) {
      catalog = catalog.apply(record.catalog);
      finishNow(rowOperations(record, target, states));
      putAll(target.batch, stateOperations(states, entry.sequence, record, catalog));
      sequences.push(...record.sequences);
      garbage.push(...record.droppedStorage);
      sequence = entry.sequence;
      if (target.batch.length >= BATCH_OPERATIONS) await flush();
    }
    onApply(catalog);
    if (record.hypertables !== undefined) hypertables.apply(entry.sequence, record.hypertables);
    for (const storageId of record.droppedStorage) hypertables.dropTable(storageId);
  }
  sequence = Math.max(sequence, newest);
  await flush();
  hypertables.apply(sequence, undefined);
  onApply(catalog);
  return { catalog, sequences, sequence, garbage: withoutLive(garbage, catalog) };
}

/** Storage was named garbage while an index was built there; it is none once the catalog has the index. */
function withoutLive(garbage: readonly number[], catalog: CatalogSnapshot): number[] {
  if (garbage.length === 0) return [];
  const live = new Set<number | undefined>();
  for (const relation of catalog.relations()) live.add(storageIdOf(relation));
  return garbage.filter((storageId) => !live.has(storageId));
}

function decodeEntry(payload: Uint8Array, sequence: Sequence): CommitRecord {
  try {
    return decodeCommit(payload);
  } catch (error) {
    if (error instanceof DbError) throw error;
    throw new DbError(
      'data_corrupted',
      { message: `commit log entry ${sequence} cannot be read` },
      'ERROR',
      error,
    );
  }
}
