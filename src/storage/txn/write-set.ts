/**
 * What a transaction has changed in row tables: per row the chain of its own versions, newest first,
 * stamped with the number of the command that wrote them. A scan sees versions up to the command at
 * which it began, so a statement never meets its own changes.
 */
import { dbError } from '../../errors/db-error.ts';

/** One version of a row by its own transaction; `row` is null where it was deleted. */
export interface OwnVersion {
  readonly command: number;
  readonly row: Uint8Array | null;
  readonly previous: OwnVersion | undefined;
}

/** An index entry for the version of `rowId` that `command` wrote. */
export interface OwnEntry {
  readonly rowId: number;
  readonly command: number;
  /** The entry that was added before it under the same key. */
  readonly older: OwnEntry | undefined;
}

/**
 * A Map of many entries in parts of its own choice, in whose order it is read: a Map of a million entries
 * stops everything when it grows.
 */
abstract class PartedMap<K, V> implements ReadonlyMap<K, V> {
  readonly #parts = new Map<number, Map<K, V>>();
  #size = 0;

  protected abstract partOf(key: K): number;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#parts.get(this.partOf(key))?.get(key);
  }

  has(key: K): boolean {
    return this.#parts.get(this.partOf(key))?.has(key) === true;
  }

  set(key: K, value: V): void {
    const number = this.partOf(key);
    let part = this.#parts.get(number);
    if (part === undefined) this.#parts.set(number, (part = new Map()));
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
  }

  delete(key: K): void {
    if (this.#parts.get(this.partOf(key))?.delete(key) === true) this.#size--;
  }

  *keys(): MapIterator<K> {
    for (const part of this.#parts.values()) yield* part.keys();
  }

  *values(): MapIterator<V> {
    for (const part of this.#parts.values()) yield* part.values();
  }

  *entries(): MapIterator<[K, V]> {
    for (const part of this.#parts.values()) yield* part;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(call: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) call(value, key, this);
  }
}

/** Rows of one part. */
const PART_ROWS = 8192;

/** By row id: neighbours are in one part, so that new rows come in the order of their arrival. */
export class RowMap<V> extends PartedMap<number, V> {
  protected override partOf(rowId: number): number {
    return Math.floor(rowId / PART_ROWS);
  }
}

/** By an index's key, whose last bytes differ most. */
export class KeyMap<V> extends PartedMap<string, V> {
  protected override partOf(key: string): number {
    const last = key.length - 1;
    return (key.charCodeAt(last) ^ (key.charCodeAt(last - 1) * 5)) & 255;
  }
}

/** Changes of one table's storage. */
export class TableWrites {
  readonly storageId: number;
  readonly rows = new RowMap<OwnVersion>();
  /** The committed version of every changed row that had one. */
  readonly base = new RowMap<Uint8Array>();
  readonly indexes = new Map<number, IndexWrites>();

  constructor(storageId: number) {
    this.storageId = storageId;
  }

  index(storageId: number, unique: boolean): IndexWrites {
    let writes = this.indexes.get(storageId);
    if (writes === undefined) {
      writes = new IndexWrites(storageId, unique);
      this.indexes.set(storageId, writes);
    }
    return writes;
  }

  /** The version at `command`: undefined where the transaction had not changed the row by then. */
  version(rowId: number, command: number): OwnVersion | undefined {
    let version = this.rows.get(rowId);
    while (version !== undefined && version.command > command) version = version.previous;
    return version;
  }

  /** Rows that were changed at or before `command`. */
  collectRows(command: number, into: number[]): void {
    for (const rowId of this.rows.keys()) {
      if (this.version(rowId, command) !== undefined) into.push(rowId);
    }
  }
}

/** The command of entries that an index build makes for committed rows. */
export const BUILD_COMMAND = 0;

/** Entries that a transaction adds to and removes from one index. */
export class IndexWrites {
  readonly storageId: number;
  /** Per key the newest entry, which leads to the older ones. */
  readonly added = new KeyMap<OwnEntry>();
  /** Committed entries of changed rows, by row. */
  readonly removed = new RowMap<RemovedEntry>();
  /** Added keys that end in the row id: two rows may have them. */
  readonly #suffixed = new Set<string>();
  /** False while every key is suffixed or none is. */
  readonly #unique: boolean;
  #sorted: string[] | undefined;

  constructor(storageId: number, unique: boolean) {
    this.storageId = storageId;
    this.#unique = unique;
  }

  add(key: string, rowId: number, command: number, suffixed: boolean): void {
    const older = this.added.get(key);
    this.added.set(key, { rowId, command, older });
    if (older === undefined) this.#sorted = undefined;
    if (suffixed && this.#unique) this.#suffixed.add(key);
  }

  /** Notes the committed entry of a row that is about to change for the first time. */
  noteCommitted(key: string, rowId: number, suffixed: boolean): void {
    this.removed.set(rowId, { key, suffixed, keptBy: NOBODY });
  }

  /** The version of the row that `command` writes keeps the committed entry. */
  keep(entry: RemovedEntry, command: number): void {
    if (entry.keptBy === NOBODY) entry.keptBy = [command];
    else entry.keptBy.push(command);
  }

  isSuffixed(key: string): boolean {
    return !this.#unique || this.#suffixed.has(key);
  }

  /** Added keys in order. */
  sortedKeys(): readonly string[] {
    this.#sorted ??= [...this.added.keys()].sort();
    return this.#sorted;
  }
}

export interface RemovedEntry {
  readonly key: string;
  readonly suffixed: boolean;
  /** Commands whose version of the row still has this key. */
  keptBy: number[];
}

/** Shared by the many entries that nothing keeps. */
const NOBODY: number[] = [];

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
    const previous = writes.rows.get(rowId);
    writes.rows.set(rowId, { command: this.command, row, previous });
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
      const version = writes.rows.get(rowId) as OwnVersion;
      this.bytes -= ROW_OVERHEAD_BYTES + (version.row?.length ?? 0);
      if (version.previous === undefined) this.#forgetRow(writes, rowId);
      else writes.rows.set(rowId, version.previous);
    }
    this.#journal.length = mark;
  }

  /** Its lock may be released: when it changes again, its committed version is read again. */
  #forgetRow(writes: TableWrites, rowId: number): void {
    writes.rows.delete(rowId);
    this.bytes -= writes.base.get(rowId)?.length ?? 0;
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
