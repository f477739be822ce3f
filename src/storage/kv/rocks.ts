/** RocksDB behind `KvStore`: the only file that knows the npm package. */
import rocksdb from 'rocksdb';
import type { Disk } from '../../base/env.ts';
import { compareBytes } from '../../base/bytes.ts';
import { DbError, InternalError, fatalError } from '../../errors/db-error.ts';
import { diskError } from '../disk-error.ts';
import { DeletedEntries } from './deleted-entries.ts';
import type { KvBatch, KvEntry, KvOperation, KvRange, KvStore } from './kv.ts';
import { logNumber } from './rocks-mend.ts';
import { TableChecks } from './rocks-tables.ts';

export interface RocksOptions {
  readonly directory: string;
  readonly disk: Disk;
  /** Bytes of RocksDB's block cache. */
  readonly cacheBytes?: number;
}

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
const WRITE_BUFFER_BYTES = 32 * 1024 * 1024;
const BLOCK_BYTES = 16 * 1024;
/**
 * Bytes that one page of a scan brings at most, give or take an entry. While V8 marks and much memory is outside
 * of its heap, each buffer that is made may take a step of milliseconds: hundreds together would be a long turn.
 */
const PAGE_BYTES = 16 * 1024;
/** Values that one call brings at most, for the same reason. */
const VALUES_PER_CALL = 128;
/** What a row or an index entry takes, roughly. */
const ENTRY_BYTES = 64;
const OPEN_OPTIONS = {
  createIfMissing: true,
  compression: false,
  writeBufferSize: WRITE_BUFFER_BYTES,
  blockSize: BLOCK_BYTES,
  maxOpenFiles: 500,
};

/** Opens the store, creating it where there is none. 55006 while another process has it open. */
export async function openRocks(options: RocksOptions): Promise<KvStore> {
  const { disk, directory, cacheBytes: cacheSize = DEFAULT_CACHE_BYTES } = options;
  const checks = await reported(TableChecks.open(disk, directory));
  const database = rocksdb(directory);
  await call<void>((done) => database.open({ ...OPEN_OPTIONS, cacheSize }, done));
  return new RocksKv(database, options, checks);
}

/** 55006 while a process has the store open, which must be there. */
export async function assertUnlocked(directory: string): Promise<void> {
  const database = rocksdb(directory);
  const options = { ...OPEN_OPTIONS, cacheSize: 0, errorIfExists: true };
  const message = await new Promise<string>((resolve) =>
    database.open(options, (error) => resolve(error?.message ?? '')),
  );
  // RocksDB takes the lock before it finds that it must not open what exists.
  if (!/error_if_exists/.test(message)) throw rocksError(new Error(message));
}

class RocksKv implements KvStore {
  readonly #database: rocksdb;
  readonly #options: RocksOptions;
  readonly #checks: TableChecks;
  /** Pages that scans read ahead, which nobody may wait for. */
  readonly #ahead = new Set<Promise<unknown>>();
  readonly #deleted = new DeletedEntries();
  #compacting: Promise<void> | undefined;
  #closed = false;

  constructor(database: rocksdb, options: RocksOptions, checks: TableChecks) {
    this.#database = database;
    this.#options = options;
    this.#checks = checks;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0];
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length <= VALUES_PER_CALL) return await this.#getSome(keys);
    const values: (Uint8Array | undefined)[] = [];
    for (let from = 0; from < keys.length; from += VALUES_PER_CALL) {
      const some = await this.#getSome(keys.slice(from, from + VALUES_PER_CALL));
      for (const value of some) values.push(value);
    }
    return values;
  }

  #getSome(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#checkOpen();
    if (keys.length === 0) return Promise.resolve([]);
    return call<(Buffer | undefined)[]>((done) =>
      this.#database._getMany(keys, { asBuffer: true, fillCache: true }, done),
    ).then((values) => values.map((value) => (value === undefined ? undefined : toBytes(value))));
  }

  batch(): KvBatch {
    this.#checkOpen();
    return new RocksBatch(this.#database._chainedBatch(), this.#deleted);
  }

  async write(operations: readonly KvOperation[] | KvBatch, sync: boolean): Promise<void> {
    this.#checkOpen();
    if (operations.length === 0) return;
    const batch = operations instanceof RocksBatch ? operations : this.#batchOf(operations);
    await call<void>((done) => batch.native._write({ sync }, done));
    if (this.#deleted.isDue) this.#compactDeleted();
  }

  /** In the background. Where it fails, what is wrong with the disk is told by whoever writes next. */
  #compactDeleted(): void {
    if (this.#compacting !== undefined || this.#closed) return;
    const compacting = this.#deleted.compact(
      ({ from, to }) => this.approximateSize(from, to),
      ({ from, to }) => this.reclaim(from, to),
    );
    this.#compacting = compacting
      .catch(() => undefined)
      .finally(() => {
        this.#compacting = undefined;
      });
  }

  #batchOf(operations: readonly KvOperation[] | KvBatch): RocksBatch {
    if (!Array.isArray(operations)) throw new InternalError('a batch of another store');
    const batch = new RocksBatch(this.#database._chainedBatch(), this.#deleted);
    for (const operation of operations as readonly KvOperation[]) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.delete(operation.key);
    }
    return batch;
  }

  scan(range: KvRange): AsyncIterable<readonly KvEntry[]> {
    this.#checkOpen();
    // Made here and not at the first page: the iterator's snapshot is the time of the call.
    const iterator = this.#database.iterator({
      gte: toBuffer(range.from),
      lt: toBuffer(range.to),
      reverse: range.reverse ?? false,
      limit: range.limit ?? -1,
      highWaterMark: PAGE_BYTES,
      fillCache: true,
      keyAsBuffer: true,
      valueAsBuffer: true,
    });
    const ready = (): Promise<void> | undefined => {
      this.#checkOpen();
      return this.#checks.verify(range);
    };
    return new RocksScan(iterator, () => this.#checkOpen(), ready, this.#ahead);
  }

  async deleteRange(from: Uint8Array, to: Uint8Array): Promise<void> {
    this.#checkOpen();
    await reported(this.#checks.verify({ from, to }));
    // RocksDB's sizes are of ranges that do not end before they begin.
    const bytes = compareBytes(from, to) < 0 ? await this.approximateSize(from, to) : 0;
    this.#checkOpen();
    await call<void>((done) =>
      this.#database.clear({ gte: toBuffer(from), lt: toBuffer(to) }, done),
    );
    this.#deleted.noteRange({ from, to }, Math.floor(bytes / ENTRY_BYTES));
    if (this.#deleted.isDue) this.#compactDeleted();
  }

  approximateSize(from: Uint8Array, to: Uint8Array): Promise<number> {
    this.#checkOpen();
    return call((done) => this.#database.approximateSize(toBuffer(from), toBuffer(to), done));
  }

  async mark(): Promise<() => boolean> {
    const { disk, directory } = this.#options;
    // A log is needed until the tables contain all of it, and what was written is in the newest at most.
    const names = await disk.list(directory);
    const newest = Math.max(...names.map((name) => logNumber(name) ?? 0));
    return () => {
      this.#checkOpen();
      return Number(this.#database.getProperty('rocksdb.min-log-number-to-keep')) > newest;
    };
  }

  async moveToTables(written: Uint8Array): Promise<void> {
    this.#checkOpen();
    const key = toBuffer(written);
    // Compacting a range begins with writing out the whole of what is in memory, if that touches it.
    await call<void>((done) => this.#database.compactRange(key, key, done));
  }

  async reclaim(from: Uint8Array, to: Uint8Array): Promise<void> {
    this.#checkOpen();
    await call<void>((done) => this.#database.compactRange(toBuffer(from), toBuffer(to), done));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#ahead);
    await this.#compacting;
    await call<void>((done) => this.#database.close(done));
  }

  #checkOpen(): void {
    if (this.#closed) throw new InternalError('the key-value store is closed');
  }
}

class RocksBatch implements KvBatch {
  readonly native: rocksdb.Batch;
  readonly #deleted: DeletedEntries;
  length = 0;

  constructor(native: rocksdb.Batch, deleted: DeletedEntries) {
    this.native = native;
    this.#deleted = deleted;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.native._put(key, value);
    this.length++;
  }

  delete(key: Uint8Array): void {
    this.native._del(key);
    this.#deleted.note(key);
    this.length++;
  }
}

/**
 * One pass over a range. RocksDB hands out pages; we take each whole instead of entry by entry. From the
 * second one on, the next is read while its taker works: who takes two mostly takes all.
 */
class RocksScan implements AsyncIterableIterator<readonly KvEntry[]> {
  readonly #iterator: rocksdb.Iterator;
  /** Throws after the store was closed, which frees its iterators. */
  readonly #checkOpen: () => void;
  /** Checks what the iterator is going to read. */
  #ready: (() => Promise<void> | undefined) | undefined;
  /** All pages of the store that are being read ahead, and this scan's. */
  readonly #allAhead: Set<Promise<unknown>>;
  #ahead: Promise<KvEntry | undefined> | undefined;
  #isFirst = true;
  #ended = false;

  constructor(
    iterator: rocksdb.Iterator,
    checkOpen: () => void,
    ready: () => Promise<void> | undefined,
    allAhead: Set<Promise<unknown>>,
  ) {
    this.#iterator = iterator;
    this.#checkOpen = checkOpen;
    this.#ready = ready;
    this.#allAhead = allAhead;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly KvEntry[]>> {
    if (this.#ended) return { done: true, value: undefined };
    this.#checkOpen();
    try {
      await this.#prepare();
      const first = await (this.#ahead ?? this.#nextEntry());
      this.#ahead = undefined;
      if (first === undefined) {
        await this.#end();
        return { done: true, value: undefined };
      }
      const value = this.#drainPage(first);
      if (!this.#isFirst) this.#readAhead();
      this.#isFirst = false;
      return { done: false, value };
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<readonly KvEntry[]>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async #prepare(): Promise<void> {
    const checking = this.#ready?.();
    this.#ready = undefined;
    if (checking === undefined) return;
    await reported(checking);
    this.#checkOpen();
  }

  #nextEntry(): Promise<KvEntry | undefined> {
    return new Promise((resolve, reject) => {
      this.#iterator.next((error, key, value) => {
        if (error) reject(rocksError(error));
        else if (key === undefined || value === undefined) resolve(undefined);
        else resolve({ key: toBytes(key), value: toBytes(value) });
      });
    });
  }

  /** The iterator caches a page as value, key, value, key ... in reverse; the rest of it is ours. */
  #drainPage(first: KvEntry): KvEntry[] {
    const page = [first];
    const cache = this.#iterator.cache;
    if (cache === null || cache === undefined) return page;
    for (let i = cache.length - 1; i > 0; i -= 2) {
      page.push({ key: toBytes(cache[i] as Buffer), value: toBytes(cache[i - 1] as Buffer) });
    }
    this.#iterator.cache = [];
    return page;
  }

  #readAhead(): void {
    if (this.#iterator.finished || this.#ended) return;
    const reading = this.#nextEntry();
    this.#ahead = reading;
    this.#allAhead.add(reading);
    const done = (): boolean => this.#allAhead.delete(reading);
    reading.then(done, done);
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await call<void>((done) => this.#iterator.end(done));
  }
}

function call<T>(
  start: (done: (error: Error | null | undefined, result?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error) reject(rocksError(error));
      else resolve(result as T);
    });
  });
}

/** The result of reading RocksDB's files ourselves. */
async function reported<T>(reading: Promise<T> | T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw diskError(error, 'key-value store');
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Buffer's slice() is a view where a Uint8Array's is a copy: no Buffer leaves this file. */
function toBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** RocksDB's messages ("IO error: ...", "Corruption: ...") as PostgreSQL conditions. */
function rocksError(error: Error): DbError {
  const text = error.message;
  if (
    /lock hold by current process|LOCK: Resource temporarily unavailable|While lock file/i.test(
      text,
    )
  ) {
    return fatalError('object_in_use', {
      message: 'the data directory is in use by another server',
      detail: text,
      hint: 'Stop the other server, or use another data directory.',
    });
  }
  if (/^Corruption/i.test(text)) {
    return new DbError(
      'data_corrupted',
      {
        message: 'the key-value store is damaged',
        detail: text,
        hint: 'Restore the data directory from a backup.',
      },
      'ERROR',
      error,
    );
  }
  return diskError(error, 'key-value store');
}
