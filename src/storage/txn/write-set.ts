/**
 * What a transaction has changed in row tables: per row the chain of its own versions, newest first,
 * stamped with the number of the command that wrote them. A scan sees versions up to the command at
 * which it began, so a statement never meets its own changes.
 */
import { dbError } from '../../errors/db-error.ts';
import { SplitMap } from '../split-map.ts';
import { RowMap } from './row-map.ts';
import { CommittedRows, RowVersions, type OwnVersion } from './row-versions.ts';

/** An index entry for the version of `rowId` that `command` wrote. */
export interface OwnEntry {
  readonly key: string;
  readonly rowId: number;
  readonly command: number;
  /** The key ends in the row id: two rows may have it. */
  readonly suffixed: boolean;
  /** The entry that was added before it under the same key. */
  readonly older: OwnEntry | undefined;
}

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

  index(storageId: number): IndexWrites {
    let writes = this.indexes.get(storageId);
    if (writes === undefined) this.indexes.set(storageId, (writes = new IndexWrites(storageId)));
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
}

/** The command of entries that an index build makes for committed rows. */
export const BUILD_COMMAND = 0;

/** Entries that a transaction adds to and removes from one index. */
export class IndexWrites {
  readonly storageId: number;
  /** Per key the newest entry, which leads to the older ones. */
  readonly added = new SplitMap<string, OwnEntry>();
  /** Committed entries of changed rows, by row. */
  readonly removed = new RowMap<RemovedEntry>();
  /** The commands of those that one command keeps. */
  #keptBy: readonly number[] = NOBODY;
  #sorted: string[] | undefined;

  constructor(storageId: number) {
    this.storageId = storageId;
  }

  add(key: string, rowId: number, command: number, suffixed: boolean): void {
    const older = this.added.get(key);
    this.added.set(key, { key, rowId, command, suffixed, older });
    if (older === undefined) this.#sorted = undefined;
  }

  /** Notes the committed entry of a row that is about to change for the first time. */
  noteCommitted(key: string, rowId: number, suffixed: boolean): void {
    this.removed.set(rowId, { key, rowId, suffixed, keptBy: NOBODY });
  }

  /** The version of the row that `command` writes keeps the committed entry. */
  keep(entry: RemovedEntry, command: number): void {
    if (entry.keptBy !== NOBODY) {
      entry.keptBy = [...entry.keptBy, command];
      return;
    }
    if (this.#keptBy[0] !== command) this.#keptBy = [command];
    entry.keptBy = this.#keptBy;
  }

  /** Added keys in order. */
  sortedKeys(): readonly string[] {
    this.#sorted ??= [...this.added.keys()].sort();
    return this.#sorted;
  }
}

export interface RemovedEntry {
  readonly key: string;
  readonly rowId: number;
  readonly suffixed: boolean;
  /** Commands whose version of the row still has this key; shared by entries. */
  keptBy: readonly number[];
}

/** Of the many entries that nothing keeps. */
const NOBODY: readonly number[] = [];

/** Bytes of bookkeeping a changed row costs, roughly. */
const ROW_OVERHEAD_BYTES = 160;

/** All row table changes of a transaction, with a journal for savepoints. */
export class WriteSet {
  readonly tables = new Map<number, TableWrites>();
  readonly limit: number;
  /** Newest command; the next write stamps its versions with a higher one. */
  command = 0;
  bytes = 0;
  /** Rows in the order they were written, kept only while a savepoint is open. */
  #journal: { readonly writes: TableWrites; readonly rowId: number }[] = [];
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

  put(writes: TableWrites, rowId: number, row: Uint8Array | null): void {
    writes.rows.put(rowId, this.command, row);
    this.bytes += ROW_OVERHEAD_BYTES + (row?.length ?? 0);
    if (this.#journaling) this.#journal.push({ writes, rowId });
    if (this.bytes > this.limit) throw tooManyChanges(this.limit);
  }

  mark(): number {
    this.#journaling = true;
    return this.#journal.length;
  }

  rollbackTo(mark: number): void {
    for (let i = this.#journal.length - 1; i >= mark; i--) {
      const { writes, rowId } = this.#journal[i] as { writes: TableWrites; rowId: number };
      this.bytes -= ROW_OVERHEAD_BYTES + writes.rows.takeBack(rowId);
      if (!writes.rows.has(rowId)) this.#forgetRow(writes, rowId);
    }
    this.#journal.length = mark;
  }

  /** Its lock may be released: when it changes again, its committed version is read again. */
  #forgetRow(writes: TableWrites, rowId: number): void {
    writes.base.delete(rowId);
    for (const index of writes.indexes.values()) index.removed.delete(rowId);
  }

  /** No savepoint is open any more. */
  stopJournal(): void {
    this.#journaling = false;
    this.#journal = [];
  }
}

function tooManyChanges(limit: number): Error {
  return dbError('out_of_memory', {
    message: 'out of memory',
    detail: `The changes of one transaction exceed ${limit} bytes.`,
    hint: 'Split the work into several transactions.',
  });
}
