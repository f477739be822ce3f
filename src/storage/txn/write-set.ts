/**
 * What a transaction has changed in row tables: per row the chain of its own versions, newest first,
 * stamped with the number of the command that wrote them. A scan sees versions up to the command at
 * which it began, so a statement never meets its own changes.
 */
import type { IndexDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { NumberColumn } from './columns.ts';
import { IndexWrites } from './index-writes.ts';
import type { EntryList } from './entry-list.ts';
import { CommittedRows, RowVersions, type OwnVersion } from './row-versions.ts';

/** Changes of one table's storage. */
export class TableWrites {
  readonly storageId: number;
  readonly rows = new RowVersions();
  /** The committed version of every changed row that had one. */
  readonly base = new CommittedRows();
  readonly indexes = new Map<number, IndexWrites>();

  constructor(storageId: number) {
    this.storageId = storageId;
  }

  index({ storageId, unique }: IndexDescriptor): IndexWrites {
    let writes = this.indexes.get(storageId);
    if (writes === undefined) {
      this.indexes.set(storageId, (writes = new IndexWrites(storageId, unique)));
    }
    return writes;
  }

  /** The version at `command`: undefined where the transaction had not changed the row by then. */
  version(rowId: number, command: number): OwnVersion | undefined {
    return this.rows.get(rowId, command);
  }

  /** Rows that were changed at or before `command`. */
  collectRows(command: number, into: number[]): void {
    for (const rowId of this.rows.keys())
      if (this.rows.hasVersion(rowId, command)) into.push(rowId);
  }

  /** Committed entries of an index that changed rows had; some still have theirs. */
  removedFrom(index: number): EntryList | undefined {
    return this.indexes.get(index)?.removed;
  }
}

/** Bytes of bookkeeping a changed row costs, and an entry of an index, roughly. */
const ROW_OVERHEAD_BYTES = 64;
export const ENTRY_OVERHEAD_BYTES = 64;

/** All row table changes of a transaction, with a journal for savepoints. */
export class WriteSet {
  readonly tables = new Map<number, TableWrites>();
  readonly limit: number;
  /** Newest command; the next write stamps its versions with a higher one. */
  command = 0;
  bytes = 0;
  #journal = new Journal();
  #journaling = false;

  constructor(limitBytes: number) {
    this.limit = limitBytes;
  }

  table(storageId: number): TableWrites {
    let writes = this.tables.get(storageId);
    if (writes === undefined) this.tables.set(storageId, (writes = new TableWrites(storageId)));
    return writes;
  }

  get isEmpty(): boolean {
    for (const writes of this.tables.values()) if (writes.rows.size > 0) return false;
    return true;
  }

  /** A version of the bytes `row[start, end)`; returns its number. */
  put(writes: TableWrites, rowId: number, row: Uint8Array, start: number, end: number): number {
    const number = writes.rows.put(rowId, this.command, row, start, end);
    this.#note(writes, rowId, end - start);
    return number;
  }

  putDeleted(writes: TableWrites, rowId: number): void {
    writes.rows.putDeleted(rowId, this.command);
    this.#note(writes, rowId, 0);
  }

  #note(writes: TableWrites, rowId: number, bytes: number): void {
    if (this.#journaling) this.#journal.push(writes.storageId, rowId);
    this.grow(ROW_OVERHEAD_BYTES + bytes);
  }

  /** Counts memory; 53200 past the limit. */
  grow(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limit) throw tooManyChanges(this.limit);
  }

  mark(): number {
    this.#journaling = true;
    return this.#journal.length;
  }

  rollbackTo(mark: number): void {
    for (let i = this.#journal.length - 1; i >= mark; i--) {
      const rowId = this.#journal.rowIdAt(i);
      const writes = this.table(this.#journal.storageIdAt(i));
      const version = writes.rows.numberOf(rowId) as number;
      for (const index of writes.indexes.values()) index.forgetVersion(version);
      this.bytes -= ROW_OVERHEAD_BYTES + writes.rows.takeBack(rowId);
      if (!writes.rows.has(rowId)) this.#forgetRow(writes, rowId);
    }
    this.#journal.cutAt(mark);
  }

  /** Its lock may be released: when it changes again, its committed version is read again. */
  #forgetRow(writes: TableWrites, rowId: number): void {
    writes.base.delete(rowId);
    for (const index of writes.indexes.values()) index.forgetRow(rowId);
  }

  /** No savepoint is open any more. */
  stopJournal(): void {
    this.#journaling = false;
    this.#journal = new Journal();
  }
}

/** Rows in the order they were written, kept only while a savepoint is open. */
class Journal {
  readonly #storageIds = new NumberColumn();
  readonly #rowIds = new NumberColumn();

  get length(): number {
    return this.#rowIds.length;
  }

  push(storageId: number, rowId: number): void {
    this.#storageIds.push(storageId);
    this.#rowIds.push(rowId);
  }

  storageIdAt(i: number): number {
    return this.#storageIds.at(i);
  }

  rowIdAt(i: number): number {
    return this.#rowIds.at(i);
  }

  cutAt(length: number): void {
    this.#storageIds.cutAt(length);
    this.#rowIds.cutAt(length);
  }
}

function tooManyChanges(limit: number): Error {
  return dbError('out_of_memory', {
    message: 'out of memory',
    detail: `The changes of one transaction exceed ${limit} bytes.`,
    hint: 'Split the work into several transactions.',
  });
}
