/**
 * Where many rows and index entries were deleted. RocksDB keeps a mark for each until it compacts the files
 * that have them, and a scan steps over all marks between the end of its range and the next entry, for the
 * package gives iterators no bound: a scan that finds nothing may take 50 ms behind 300,000 of them.
 */
import { compareBytes } from '../../base/bytes.ts';
import { isRowOrEntry, numberOfKey } from '../format/keys.ts';
import type { KvRange } from './kv.ts';

/** Deletions in one table or index from which on a compaction is worth its while. */
const DELETED_MIN = 8_192;
/** Stored bytes that a compaction may have to rewrite for each of them. */
const BYTES_PER_DELETED = 1_024;
/** Bytes that one compaction rewrites at most: the end of the store has to wait for it. */
const COMPACTED_BYTES_MAX = 256 * 1024 * 1024;

interface Deleted {
  count: number;
  /** The count from which on it is looked at (again). */
  dueAt: number;
  readonly low: KeyCopy;
  readonly high: KeyCopy;
}

export class DeletedEntries {
  /** By the kind of key and the number in it. */
  readonly #places = new Map<number, Deleted>();
  #due = false;

  /** The key's memory may be used again. */
  note(key: Uint8Array): void {
    if (isRowOrEntry(key)) this.#note(key, key, 1);
  }

  /** So many entries of a range, which lie in one table or index. */
  noteRange({ from, to }: KvRange, count: number): void {
    if (isRowOrEntry(from) && count > 0) this.#note(from, to, count);
  }

  #note(low: Uint8Array, high: Uint8Array, count: number): void {
    const place = numberOfKey(low) * 256 + (low[0] as number);
    let deleted = this.#places.get(place);
    if (deleted === undefined) {
      deleted = { count: 0, dueAt: DELETED_MIN, low: new KeyCopy(low), high: new KeyCopy(high) };
      this.#places.set(place, deleted);
    }
    deleted.count += count;
    if (deleted.count >= deleted.dueAt) this.#due = true;
    if (compareBytes(low, deleted.low.bytes) < 0) deleted.low.set(low);
    if (compareBytes(high, deleted.high.bytes) > 0) deleted.high.set(high);
  }

  /**
   * Compacts what is due, one range after the other; `sizeOf` tells its stored bytes. Where others lie between
   * the deleted ones, it waits for more of these.
   */
  async compact(
    sizeOf: (range: KvRange) => Promise<number>,
    compactRange: (range: KvRange) => Promise<void>,
  ): Promise<void> {
    while (this.#due) {
      this.#due = false;
      for (const [place, deleted] of this.#places) {
        if (deleted.count < deleted.dueAt) continue;
        const range = { from: deleted.low.bytes.slice(), to: deleted.high.bytes.slice() };
        const { count } = deleted;
        const bytes = await sizeOf(range);
        if (bytes > Math.min(count * BYTES_PER_DELETED, COMPACTED_BYTES_MAX)) {
          deleted.dueAt = count * 2;
          continue;
        }
        this.#places.delete(place);
        await compactRange(range);
      }
    }
  }

  get isDue(): boolean {
    return this.#due;
  }
}

/** A key in memory that grows with the longest one. */
class KeyCopy {
  #memory: Uint8Array;
  bytes: Uint8Array;

  constructor(key: Uint8Array) {
    this.#memory = key.slice();
    this.bytes = this.#memory;
  }

  set(key: Uint8Array): void {
    if (key.length > this.#memory.length) this.#memory = new Uint8Array(key.length * 2);
    this.#memory.set(key);
    if (this.bytes.length !== key.length) this.bytes = this.#memory.subarray(0, key.length);
  }
}
