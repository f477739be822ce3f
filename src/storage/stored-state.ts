/** What the key-value store says at open, before the log is replayed on top. */
import type { CatalogChange, CatalogSnapshot, ObjectDescriptor } from '../catalog/catalog.ts';
import { openValue } from './format/envelope.ts';
import {
  APPLIED_KEY,
  COUNTERS_KEY,
  TRIMMED_KEY,
  catalogRange,
  decodeNumbers,
  garbageRange,
  numberOfKey,
  sequenceRange,
  tableRange,
  type KeyRange,
} from './format/keys.ts';
import type { KvStore } from './kv/kv.ts';
import type { Sequence } from './log/commit-log.ts';
import type { TableStates } from './row/table-state.ts';
import { unpackValue } from './txn/commit-codec.ts';
import type { SequenceMove } from './txn/commit-record.ts';

export interface StoredState {
  readonly catalog: CatalogSnapshot;
  readonly sequences: readonly SequenceMove[];
  /** Newest commit whose rows the store contains; commits of hypertables alone do not move it. */
  readonly applied: Sequence;
  /** Commits up to here may be missing from the log. */
  readonly trimmed: Sequence;
  /** Storage ids whose deletion was not finished. */
  readonly garbage: readonly number[];
}

export async function readStoredState(
  kv: KvStore,
  empty: CatalogSnapshot,
  states: TableStates,
): Promise<StoredState> {
  const changes: CatalogChange[] = [];
  await forEach(kv, catalogRange(), 'the catalog', (_key, body) => {
    changes.push({ change: 'put', object: unpackValue(body) as ObjectDescriptor });
  });
  const counters = await readNumbers(kv, COUNTERS_KEY);
  if (counters !== undefined) {
    const [nextOid = 0, nextStorageId = 0] = counters;
    changes.push({ change: 'counters', nextOid, nextStorageId });
  }
  const sequences: SequenceMove[] = [];
  await forEach(kv, sequenceRange(), 'the sequences', (_key, body) => {
    sequences.push(unpackValue(body) as SequenceMove);
  });
  await forEach(kv, tableRange(), 'the table counts', (key, body) => {
    const state = states.get(numberOfKey(key));
    const [rows = 0, bytes = 0, nextRowId = 1] = decodeNumbers(body);
    state.rows = rows;
    state.bytes = bytes;
    state.nextRowId = nextRowId;
  });
  const garbage: number[] = [];
  await forEach(kv, garbageRange(), 'the garbage list', (key) => garbage.push(numberOfKey(key)));
  const [applied = 0] = (await readNumbers(kv, APPLIED_KEY)) ?? [];
  const [trimmed = 0] = (await readNumbers(kv, TRIMMED_KEY)) ?? [];
  return { catalog: empty.apply(changes), sequences, applied, trimmed, garbage };
}

async function forEach(
  kv: KvStore,
  range: KeyRange,
  what: string,
  visit: (key: Uint8Array, body: Uint8Array) => void,
): Promise<void> {
  for await (const page of kv.scan(range)) {
    for (const { key, value } of page)
      visit(
        key,
        openValue(key, value, () => what),
      );
  }
}

async function readNumbers(kv: KvStore, key: Uint8Array): Promise<number[] | undefined> {
  const value = await kv.get(key);
  return value === undefined
    ? undefined
    : decodeNumbers(openValue(key, value, () => 'the storage engine'));
}
