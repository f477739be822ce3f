/** Opens the hypertable store over what segments hold; the caller then applies the rest of the log. */
import { dbError } from '../../errors/db-error.ts';
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import type { KvStore } from '../kv/kv.ts';
import { Turns } from '../turns.ts';
import { decodeChunk, type ChunkRecord } from './chunk-record.ts';
import { ColumnEncoder } from './column-encoder.ts';
import { Flusher } from './flush.ts';
import type { HypertableStore } from './hypertable-store.ts';
import {
  addressOfGarbage,
  CHUNK_KEYS,
  DROPPED_KEYS,
  GARBAGE_KEYS,
  storageIdOf,
} from './segment-keys.ts';
import { SegmentKeeper } from './segment-keeper.ts';
import { chunkName, newSlot, withChunk, type ChunkState, type TableState } from './state.ts';
import { emptyTable, Store, type HypertableStoreOptions } from './store.ts';
import { sharedDictionary } from './table-dictionaries.ts';

export type { HypertableStoreOptions } from './store.ts';

export async function openHypertableStore(
  options: HypertableStoreOptions,
): Promise<HypertableStore> {
  const { kv, env, locks, flushRows, cacheBytes } = options;
  const describe = (storageId: number, chunk: number): string =>
    describeChunk(options.catalog(), storageId, chunk);
  const turns = new Turns(env.clock, env.timers);
  const keeper = new SegmentKeeper({ kv, cacheBytes, turns, describe, sharedDictionary });
  const tables = await loadTables(kv, keeper, describe);
  const root = { sequence: options.sequenceApplied, tables };
  const encoder = new ColumnEncoder(env.log);
  const flusher = new Flusher({ env, locks, flushRows, encoder }, keeper);
  return new Store(options, { keeper, flusher, encoder }, root);
}

async function loadTables(
  kv: KvStore,
  keeper: SegmentKeeper,
  describe: (storageId: number, chunk: number) => string,
): Promise<Map<number, TableState>> {
  for await (const page of kv.scan(GARBAGE_KEYS)) {
    for (const { key } of page) keeper.noteUnnamed(addressOfGarbage(key));
  }
  for await (const page of kv.scan(DROPPED_KEYS)) {
    for (const { key } of page) keeper.noteDropped(storageIdOf(key));
  }
  const tables = new Map<number, TableState>();
  for await (const page of kv.scan(CHUNK_KEYS)) {
    for (const { key, value } of page) {
      const storageId = storageIdOf(key);
      const record = readChunk(storageId, value, describe);
      const table = tables.get(storageId) ?? emptyTable(storageId);
      tables.set(storageId, withRecord(table, record));
      keeper.noteStored(
        storageId,
        record.id,
        record.segments.map(({ segment }) => segment),
      );
    }
  }
  return tables;
}

function withRecord(table: TableState, record: ChunkRecord): TableState {
  const { id, rangeStart, rangeEnd, flushedSequence } = record;
  const segments = record.segments.map(({ segment, deleted }) => ({
    segment,
    slot: newSlot(table.runtime, rangeStart, segment.id),
    deleted,
  }));
  const chunk: ChunkState = {
    id,
    rangeStart,
    rangeEnd,
    head: undefined,
    segments,
    flushedSequence,
    firstUnflushed: 0,
    deletions: 0,
  };
  return { ...table, chunks: withChunk(table.chunks, chunk) };
}

function readChunk(
  storageId: number,
  value: Uint8Array,
  describe: (storageId: number, chunk: number) => string,
): ChunkRecord {
  try {
    return decodeChunk(storageId, value);
  } catch (error) {
    throw dbError('data_corrupted', {
      message: `the record of ${describe(storageId, NaN)} is damaged`,
      detail: `${error instanceof Error ? error.message : String(error)}.`,
    });
  }
}

/** `chunk _hyper_1_2_chunk of hypertable "name"`, as far as it is known. */
function describeChunk(catalog: CatalogSnapshot, storageId: number, chunk: number): string {
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'table' || relation.storageId !== storageId) continue;
    const name = Number.isNaN(chunk) ? 'a chunk' : `chunk ${chunkName(relation.oid, chunk)}`;
    return `${name} of hypertable "${relation.name}"`;
  }
  return `a chunk of the hypertable with storage id ${storageId}`;
}
