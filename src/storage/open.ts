/** Composes the storage engine: directory, key-value store, commit log, recovery, transactions. */
import { emptyCatalog } from '../catalog/snapshot.ts';
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import type { Sequence } from './log/commit-log.ts';
import { openDirectory } from './directory.ts';
import { Engine, type EngineParts } from './engine.ts';
import { openHypertableStore } from './hypertable/open.ts';
import type { HypertableStore } from './hypertable/hypertable-store.ts';
import { behindLog } from './kv/behind-log.ts';
import { CachedKv } from './kv/cached.ts';
import type { KvStore } from './kv/kv.ts';
import { MemoryKv } from './kv/memory.ts';
import { forgetDamage, mendRocks } from './kv/rocks-mend.ts';
import { assertUnlocked, openRocks } from './kv/rocks.ts';
import { BlobLog } from './log/blob-log.ts';
import { MemoryLog } from './log/memory-log.ts';
import { recover, type RecoveredState } from './recovery.ts';
import type { IndexExpressions } from './row/index-keys.ts';
import { TableStates } from './row/table-state.ts';
import { Sequences } from './sequences.ts';
import type { StorageEngine, StorageOptions } from './storage.ts';
import { readStoredState } from './stored-state.ts';
import { Turns } from './turns.ts';
import { EMPTY_COMMIT } from './txn/commit-record.ts';
import { COMMIT_RANGE, Committer } from './txn/committer.ts';
import { Counters } from './txn/counters.ts';
import { rowSpace } from './txn/hypertable-locks.ts';
import { LockManager } from './txn/locks.ts';
import { SnapshotRegistry } from './txn/undo.ts';

export interface OpenStorageOptions extends StorageOptions {
  /** Catalog of a new database; built-in relations included. */
  readonly emptyCatalog?: CatalogSnapshot | undefined;
  /** Evaluates index expressions and predicates; without it such indexes are refused. */
  readonly indexExpressions?: IndexExpressions | undefined;
  /** Bytes that the changes of one transaction may take. */
  readonly writeSetBytes?: number | undefined;
  /** Rows above which an index is built in pieces of so many. */
  readonly indexPieceRows?: number | undefined;
  readonly checkpointBytes?: number | undefined;
  readonly segmentBytes?: number | undefined;
}

const DEFAULT_CACHE_BYTES = 256 * 1024 * 1024;
const DEFAULT_FLUSH_ROWS = 100_000;
const DEFAULT_WRITE_SET_BYTES = 1024 * 1024 * 1024;
const DEFAULT_INDEX_PIECE_ROWS = 250_000;
const DEFAULT_CHECKPOINT_BYTES = 256 * 1024 * 1024;

/** Opens (or creates) the storage, and recovers what the last run committed. */
export async function openStorage(options: OpenStorageOptions): Promise<StorageEngine> {
  const opened: { close(): Promise<void> }[] = [];
  try {
    return await openParts(options, opened);
  } catch (error) {
    for (const part of opened.reverse()) await part.close().catch(() => undefined);
    throw error;
  }
}

async function openParts(
  options: OpenStorageOptions,
  opened: { close(): Promise<void> }[],
): Promise<StorageEngine> {
  const { kv: store, log, forgetMended } = await openStores(options, opened);
  const kv = log instanceof BlobLog ? new CachedKv(store) : store;
  const states = new TableStates();
  const empty = options.emptyCatalog ?? emptyCatalog('postgres');
  const stored = await readStoredState(kv, empty, states);
  const locks = new LockManager(options.env.timers);
  let applying = stored.catalog;
  const onApply = (catalog: CatalogSnapshot): void => {
    applying = catalog;
  };
  const hypertables = await openHypertableStore({
    kv: log instanceof BlobLog ? behindLog(kv, () => log.flush()) : kv,
    env: options.env,
    catalog: () => applying,
    locks: { rename: (storageId, refOf) => renameRows(locks, storageId, refOf) },
    cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    flushRows: options.flushRows ?? DEFAULT_FLUSH_ROWS,
    sequenceApplied: stored.applied,
    isMended: forgetMended !== undefined,
  });
  opened.push(hypertables);
  const newest = Math.max(stored.applied, stored.trimmed, hypertables.newestFlushed());
  const [head = 0] = await log.heads([COMMIT_RANGE]);
  // The store may contain commits that the log lacks: those that did not wait for durability, or were trimmed.
  if (log instanceof BlobLog && newest > head) await log.advance(COMMIT_RANGE, newest);
  const recovered = await recover({ kv, log, states, hypertables, stored, newest, onApply });
  await forgetMended?.();
  return compose(options, { kv, log, states, hypertables, locks, recovered, onApply });
}

interface ComposeParts {
  readonly kv: KvStore;
  readonly log: BlobLog | MemoryLog;
  readonly states: TableStates;
  readonly hypertables: HypertableStore;
  readonly locks: LockManager;
  readonly recovered: RecoveredState;
  readonly onApply: (catalog: CatalogSnapshot) => void;
}

function compose(options: OpenStorageOptions, parts: ComposeParts): StorageEngine {
  const { kv, log, states, hypertables, locks, recovered, onApply } = parts;
  const snapshots = new SnapshotRegistry();
  const turns = new Turns(options.env.clock, options.env.timers);
  let deleteStorage: (storageIds: readonly number[]) => void = () => undefined;
  let afterPublish: (dropped: readonly number[], sequence: Sequence) => void = () => undefined;
  const committer = new Committer({
    kv,
    log,
    hypertables,
    states,
    snapshots,
    turns,
    published: {
      sequence: recovered.sequence,
      catalog: recovered.catalog,
      hypertables: hypertables.current(),
    },
    onApply,
    onPublished: (dropped, sequence) => afterPublish(dropped, sequence),
  });
  const engineParts: EngineParts = {
    env: options.env,
    kv,
    log,
    committer,
    hypertables,
    locks,
    states,
    snapshots,
    turns,
    sequences: openSequences(committer, recovered),
    counters: new Counters(),
    expressions: options.indexExpressions,
    writeSetBytes: options.writeSetBytes ?? DEFAULT_WRITE_SET_BYTES,
    indexPieceRows: options.indexPieceRows ?? DEFAULT_INDEX_PIECE_ROWS,
    deleteStorage: (storageIds) => deleteStorage(storageIds),
    checkpointBytes: options.checkpointBytes ?? DEFAULT_CHECKPOINT_BYTES,
    syncCommits: options.syncCommits ?? true,
  };
  const engine = new Engine(engineParts);
  deleteStorage = (storageIds) => engine.deleteStorage(storageIds);
  afterPublish = (dropped, sequence) => engine.afterPublish(dropped, sequence);
  if (recovered.garbage.length > 0) engine.deleteStorage(recovered.garbage);
  engine.compactSoon();
  return engine;
}

function openSequences(committer: Committer, recovered: RecoveredState): Sequences {
  const sequences = new Sequences((move) => {
    const record = { ...EMPTY_COMMIT, sequences: [move] };
    // A failure stops the committer, and every later commit reports it.
    committer.commit(record, { sync: true }).catch(() => undefined);
  });
  for (const relation of recovered.catalog.relations()) {
    if (relation.kind === 'sequence') sequences.define(relation);
  }
  for (const move of recovered.sequences) sequences.restore(move);
  return sequences;
}

interface OpenedStores {
  readonly kv: KvStore;
  readonly log: BlobLog | MemoryLog;
  /** Where the store has lost something that the log is to bring back: called when it has. */
  readonly forgetMended?: () => Promise<void>;
}

async function openStores(
  options: OpenStorageOptions,
  opened: { close(): Promise<void> }[],
): Promise<OpenedStores> {
  if (options.path === undefined) {
    const log = new MemoryLog();
    await log.create(COMMIT_RANGE);
    return { kv: new MemoryKv(), log };
  }
  const directory = await openDirectory(options.path, options.env);
  const { disk, log: messages } = options.env;
  const isMended = await mendRocks({
    disk,
    directory: directory.kv,
    log: messages,
    assertUnlocked,
  });
  const kv = await openRocks({ directory: directory.kv, disk });
  opened.push(kv);
  const log = await BlobLog.open({
    disk,
    directory: directory.log,
    segmentBytes: options.segmentBytes,
  });
  opened.push(log);
  await log.create(COMMIT_RANGE);
  if (!isMended) return { kv, log };
  return { kv, log, forgetMended: () => forgetDamage(disk, directory.kv) };
}

function renameRows(
  locks: LockManager,
  storageId: number,
  refOf: (ref: number) => number | undefined,
): void {
  locks.rename(rowSpace(storageId), refOf);
}
