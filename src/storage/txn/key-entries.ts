/**
 * Index entries of a transaction, found by their keys. Keys are bytes in an arena and everything else is
 * in columns, so that millions of entries are few objects. The table of keys grows bucket by bucket
 * (linear hashing): adding an entry never stops for a copy of all.
 */
import { ByteArena, type ByteCursor } from './byte-arena.ts';
import { FlagColumn, IntColumn, NumberColumn } from './columns.ts';
import { hashBytes } from './hash.ts';
import { SortedEntries } from './sorted-entries.ts';

/** No such entry. */
export const NO_ENTRY = -1;

export class KeyEntries {
  readonly #arena = new ByteArena();
  readonly #positions = new NumberColumn();
  readonly #rowIds = new NumberColumn();
  readonly #commands = new NumberColumn();
  readonly #suffixed = new FlagColumn();
  readonly #hashes = new IntColumn();
  /** The entry that was added before it under the same key. */
  readonly #older = new IntColumn();
  /** Of the newest entries of their keys: the next one in the same bucket. */
  readonly #next = new IntColumn();
  /** By bucket the first entry. */
  readonly #buckets = new IntColumn();
  #keys = 0;
  /** Buckets at the beginning of this round of splits, a power of two. */
  #round = 1;
  readonly #sorted = new SortedEntries((a, b) => this.#compare(a, b));

  constructor() {
    this.#buckets.push(NO_ENTRY);
  }

  get length(): number {
    return this.#positions.length;
  }

  /** Adds an entry under the key `bytes[start, end)`; returns its number. */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    rowId: number,
    command: number,
    suffixed: boolean,
  ): number {
    const hash = hashBytes(bytes, start, end);
    const entry = this.#positions.length;
    this.#positions.push(this.#arena.add(bytes, start, end));
    this.#rowIds.push(rowId);
    this.#commands.push(command);
    this.#suffixed.push(suffixed ? 1 : 0);
    this.#hashes.push(hash);
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
    if (this.#keys === 0) return NO_ENTRY;
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

  rowIdAt(entry: number): number {
    return this.#rowIds.at(entry);
  }

  commandAt(entry: number): number {
    return this.#commands.at(entry);
  }

  isSuffixed(entry: number): boolean {
    return this.#suffixed.at(entry) === 1;
  }

  keyLengthAt(entry: number): number {
    return this.#arena.lengthAt(this.#positions.at(entry));
  }

  /** The key itself, not a copy. */
  keyAt(entry: number): Uint8Array {
    return this.#arena.at(this.#positions.at(entry));
  }

  findKey(entry: number, into: ByteCursor): void {
    this.#arena.find(this.#positions.at(entry), into);
  }

  hasKey(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#arena.equals(this.#positions.at(entry), bytes, start, end);
  }

  /** Makes `range` quick, with a pause now and then. */
  sortSteps(): Generator<void, void> {
    return this.#sorted.takeIn(this.length);
  }

  /** Entries with keys in [from, to), in the order of keys and row ids; `sortSteps` came before. */
  range(from: Uint8Array, to: Uint8Array | undefined, reverse: boolean): Generator<number, void> {
    const isBefore = (entry: number, key: Uint8Array): boolean =>
      this.#arena.compareTo(this.#positions.at(entry), key) < 0;
    return this.#sorted.range(
      (entry) => isBefore(entry, from),
      (entry) => to === undefined || isBefore(entry, to),
      reverse,
    );
  }

  #compare(a: number, b: number): number {
    const order = this.#arena.compare(this.#positions.at(a), this.#positions.at(b));
    return order === 0 ? this.#rowIds.at(a) - this.#rowIds.at(b) : order;
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
