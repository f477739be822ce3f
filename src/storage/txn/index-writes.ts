/** What a transaction changes in one index. */
import { NumberSet } from './number-set.ts';
import { EntryList } from './entry-list.ts';
import { KeyEntries, NO_ENTRY } from './key-entries.ts';
import { RowNumbers } from './row-numbers.ts';

/** The command of entries that an index build makes for committed rows. */
export const BUILD_COMMAND = 0;

/** Entries that a transaction adds to and removes from one index. */
export class IndexWrites {
  readonly storageId: number;
  /** The transaction has built the index here: the store has no entries of it. */
  isNew = false;
  /** Of a unique index found by their keys at any time, of others where they were sorted before. */
  readonly added: EntryList;
  /** Committed entries of rows of which some version has another key or none. */
  readonly removed = new EntryList();
  /** By row id its entry among `removed`. */
  readonly #removedOf = new RowNumbers();
  /** Numbers of the row versions that have the committed key. */
  readonly #keeping = new NumberSet();

  constructor(storageId: number, isUnique: boolean) {
    this.storageId = storageId;
    this.added = isUnique ? new KeyEntries() : new EntryList();
  }

  /** Notes the committed entry of a row that gets another key, or is deleted. */
  noteCommitted(
    bytes: Uint8Array,
    start: number,
    end: number,
    rowId: number,
    suffixed: boolean,
  ): void {
    if (this.#removedOf.has(rowId)) return;
    this.#removedOf.set(rowId, this.removed.add(bytes, start, end, rowId, BUILD_COMMAND, suffixed));
  }

  /** The number of the row's committed entry; NO_ENTRY where no version of the row lacks it. */
  removedEntry(rowId: number): number {
    return this.#removedOf.get(rowId) ?? NO_ENTRY;
  }

  /** Rows with entries among `removed`. */
  removedRows(): Generator<number, void> {
    return this.#removedOf.keys();
  }

  get removedCount(): number {
    return this.#removedOf.size;
  }

  /** The version of that number has the committed key. */
  keep(version: number): void {
    this.#keeping.add(version);
  }

  isKept(version: number): boolean {
    return this.#keeping.has(version);
  }

  /** The version of that number is taken back, and another one may get the number. */
  forgetVersion(version: number): void {
    this.#keeping.delete(version);
  }

  /** The row is as it was: when it changes again, its committed entry is read again. */
  forgetRow(rowId: number): void {
    this.#removedOf.delete(rowId);
  }
}
