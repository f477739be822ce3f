/**
 * Index entries that are found by their keys at once, whenever they were added. The table of keys grows
 * bucket by bucket (linear hashing): adding an entry never stops for a copy of all.
 */
import { IntColumn } from './columns.ts';
import { EntryList } from './entry-list.ts';
import { hashBytes } from '../format/hash.ts';
import { HighestKey } from '../row/highest-key.ts';

/** No such entry. */
export const NO_ENTRY = -1;

export class KeyEntries extends EntryList {
  readonly #hashes = new IntColumn();
  /** The entry that was added before it under the same key. */
  readonly #older = new IntColumn();
  /** Of the newest entries of their keys: the next one in the same bucket. */
  readonly #next = new IntColumn();
  /** By bucket the first entry. */
  readonly #buckets = new IntColumn();
  readonly #highest = new HighestKey();
  #keys = 0;
  /** Buckets at the beginning of this round of splits, a power of two. */
  #round = 1;

  constructor() {
    super();
    this.#buckets.push(NO_ENTRY);
  }

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
    const bucket = this.#bucketOf(hash);
    const first = this.#buckets.at(bucket);
    let before = NO_ENTRY;
    for (let other = first; other !== NO_ENTRY; other = this.#next.at(other)) {
      if (this.#hasKey(other, hash, bytes, start, end)) {
        this.#older.push(other);
        this.#next.push(this.#next.at(other));
        if (before === NO_ENTRY) this.#buckets.set(bucket, entry);
        else this.#next.set(before, entry);
        return;
      }
      before = other;
    }
    this.#older.push(NO_ENTRY);
    this.#next.push(first);
    this.#buckets.set(bucket, entry);
    if (++this.#keys > this.#buckets.length) this.#split();
  }

  /** The newest entry under a key. */
  find(bytes: Uint8Array, start: number, end: number): number {
    // Keys that come in order are above all that were there.
    if (this.#keys === 0 || this.#highest.isBelow(bytes, start, end)) return NO_ENTRY;
    const hash = hashBytes(bytes, start, end);
    let entry = this.#buckets.at(this.#bucketOf(hash));
    while (entry !== NO_ENTRY && !this.#hasKey(entry, hash, bytes, start, end)) {
      entry = this.#next.at(entry);
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

  #bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#round - 1);
    return bucket < this.#buckets.length ? bucket : bucket - this.#round;
  }

  /** Parts the next bucket that was not split in this round. */
  #split(): void {
    const round = this.#round;
    const bucket = this.#buckets.length - round;
    let [stay, move] = [NO_ENTRY, NO_ENTRY];
    let next: number;
    for (let entry = this.#buckets.at(bucket); entry !== NO_ENTRY; entry = next) {
      next = this.#next.at(entry);
      if ((this.#hashes.at(entry) & round) === 0) {
        this.#next.set(entry, stay);
        stay = entry;
      } else {
        this.#next.set(entry, move);
        move = entry;
      }
    }
    this.#buckets.set(bucket, stay);
    this.#buckets.push(move);
    if (this.#buckets.length === 2 * round) this.#round = 2 * round;
  }
}
