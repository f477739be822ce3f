/**
 * Index entries that are found by their keys at once, whenever they were added. The table of keys grows
 * bucket by bucket (linear hashing): adding an entry never stops for a copy of all.
 */
import { IntColumn } from './columns.ts';
import { EntryList } from './entry-list.ts';
import { hashBytes } from '../format/hash.ts';
import { HighestKey } from '../row/highest-key.ts';
import { LinearBuckets, NO_PLACE } from './linear-buckets.ts';

/** No such entry. */
export const NO_ENTRY = NO_PLACE;

export class KeyEntries extends EntryList {
  readonly #hashes = new IntColumn();
  /** The entry that was added before it under the same key. */
  readonly #older = new IntColumn();
  /** Of the newest entries of their keys. */
  readonly #buckets = new LinearBuckets();
  readonly #hashOf = (entry: number): number => this.#hashes.at(entry);
  readonly #highest = new HighestKey();
  #keys = 0;

  override add(
    bytes: Uint8Array,
    start: number,
    end: number,
    rowId: number,
    command: number,
    suffixed: boolean,
  ): number {
    const entry = super.add(bytes, start, end, rowId, command, suffixed);
    const hash = hashBytes(bytes, start, end);
    this.#hashes.push(hash);
    this.#highest.raise(bytes, start, end);
    this.#link(entry, hash, bytes, start, end);
    return entry;
  }

  /** Puts an entry into its bucket, in the place of an older one with the same key. */
  #link(entry: number, hash: number, bytes: Uint8Array, start: number, end: number): void {
    const bucket = this.#buckets.bucketOf(hash);
    const first = this.#buckets.first(bucket);
    let before = NO_ENTRY;
    for (let other = first; other !== NO_ENTRY; other = this.#buckets.next.at(other)) {
      if (this.#hasKey(other, hash, bytes, start, end)) {
        this.#older.push(other);
        this.#buckets.next.push(this.#buckets.next.at(other));
        if (before === NO_ENTRY) this.#buckets.setFirst(bucket, entry);
        else this.#buckets.next.set(before, entry);
        return;
      }
      before = other;
    }
    this.#older.push(NO_ENTRY);
    this.#buckets.next.push(first);
    this.#buckets.setFirst(bucket, entry);
    if (++this.#keys > this.#buckets.length) this.#buckets.split(this.#hashOf);
  }

  /** The newest entry under a key. */
  find(bytes: Uint8Array, start: number, end: number): number {
    // Keys that come in order are above all that were there.
    if (this.#keys === 0 || this.#highest.isBelow(bytes, start, end)) return NO_ENTRY;
    const hash = hashBytes(bytes, start, end);
    let entry = this.#buckets.first(this.#buckets.bucketOf(hash));
    while (entry !== NO_ENTRY && !this.#hasKey(entry, hash, bytes, start, end)) {
      entry = this.#buckets.next.at(entry);
    }
    return entry;
  }

  /** The entry that was added before `entry` under the same key. */
  olderThan(entry: number): number {
    return this.#older.at(entry);
  }

  /** They are found at any time. */
  override prepareLookups(): undefined {
    return undefined;
  }

  /** Entries under one key, the newest first. */
  override *withKey(bytes: Uint8Array, start: number, end: number): Generator<number, void> {
    let entry = this.find(bytes, start, end);
    for (; entry !== NO_ENTRY; entry = this.olderThan(entry)) yield entry;
  }

  #hasKey(entry: number, hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#hashes.at(entry) === hash && this.hasKey(entry, bytes, start, end);
  }
}
