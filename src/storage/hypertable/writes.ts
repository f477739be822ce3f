/** What one transaction has done to hypertables so far, in order, so that savepoints are cut marks. */
import { batchBytes } from '../../vector/concat.ts';
import type { Batch } from '../../vector/vector.ts';
import { HeadBuffer, type HeadContext } from './head.ts';
import type { HypertableWrites } from './hypertable-store.ts';
import type { ChunkPlace } from './placement.ts';

/** Refs of the transaction's own rows start here; the rest is the row's number in the transaction. */
export const OWN_REFS = 2 ** 52;

export interface InsertEntry {
  readonly kind: 'insert';
  readonly storageId: number;
  readonly place: ChunkPlace;
  readonly timeColumn: number;
  readonly attnums: readonly number[];
  readonly batch: Batch;
  /** Number of the first row in the transaction. */
  readonly firstRow: number;
}

export interface DeleteEntry {
  readonly kind: 'delete';
  readonly storageId: number;
  /** As the rows were read, and as they are now: a flush may lie between. */
  readonly refs: Float64Array;
  readonly current: Float64Array;
}

export interface DropEntry {
  readonly kind: 'drop';
  readonly storageId: number;
  readonly places: readonly ChunkPlace[];
}

export type WriteEntry = InsertEntry | DeleteEntry | DropEntry;

/** The rows that the transaction has put into one chunk of one table. */
export interface OwnChunk {
  readonly place: ChunkPlace;
  readonly buffer: HeadBuffer;
  /** Number in the transaction, per row of the buffer. */
  readonly numbers: number[];
}

/** A table's entries summed up. */
export interface OwnTable {
  readonly chunks: Map<number, OwnChunk>;
  /** Refs that the transaction deleted, its own rows included. */
  readonly deleted: Set<number>;
  /** Starts of the chunks dropped by the transaction. */
  readonly dropped: Set<number>;
}

export class Writes implements HypertableWrites {
  readonly entries: WriteEntry[] = [];
  bytes = 0;
  #nextRow = 0;
  readonly #tables = new Map<number, { own: OwnTable; entries: number }>();

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  mark(): number {
    return this.entries.length;
  }

  rollbackTo(mark: number): void {
    if (mark >= this.entries.length) return;
    for (const entry of this.entries.slice(mark)) this.bytes -= entryBytes(entry);
    this.entries.length = mark;
    this.#tables.clear();
  }

  /** Adds rows; returns the number of the first one in the transaction. */
  insert(entry: Omit<InsertEntry, 'kind' | 'firstRow'>): number {
    const firstRow = this.#nextRow;
    this.#add({ kind: 'insert', ...entry, firstRow });
    this.#nextRow += entry.batch.length;
    return firstRow;
  }

  delete(storageId: number, refs: Float64Array, current: Float64Array): void {
    this.#add({ kind: 'delete', storageId, refs, current });
  }

  drop(storageId: number, places: readonly ChunkPlace[]): void {
    this.#add({ kind: 'drop', storageId, places });
  }

  /** The sum of a table's entries, undefined where there are none. Kept and brought up to date. */
  table(storageId: number, context: HeadContext): OwnTable | undefined {
    let known = this.#tables.get(storageId);
    if (known === undefined) {
      const own: OwnTable = { chunks: new Map(), deleted: new Set(), dropped: new Set() };
      known = { own, entries: 0 };
      this.#tables.set(storageId, known);
    }
    for (let i = known.entries; i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (entry.storageId === storageId) sumUp(known.own, entry, context);
    }
    known.entries = this.entries.length;
    const { chunks, deleted, dropped } = known.own;
    return chunks.size + deleted.size + dropped.size === 0 ? undefined : known.own;
  }

  #add(entry: WriteEntry): void {
    this.entries.push(entry);
    this.bytes += entryBytes(entry);
  }
}

function sumUp(own: OwnTable, entry: WriteEntry, context: HeadContext): void {
  if (entry.kind === 'delete') {
    for (const ref of entry.refs) own.deleted.add(ref);
    for (const ref of entry.current) own.deleted.add(ref);
  } else if (entry.kind === 'drop') {
    for (const { rangeStart } of entry.places) {
      own.dropped.add(rangeStart);
      own.chunks.delete(rangeStart);
    }
  } else {
    let chunk = own.chunks.get(entry.place.rangeStart);
    if (chunk === undefined) {
      const buffer = new HeadBuffer(entry.timeColumn, context);
      chunk = { place: entry.place, buffer, numbers: [] };
      own.chunks.set(entry.place.rangeStart, chunk);
    }
    chunk.buffer.append(entry.attnums, entry.batch);
    for (let i = 0; i < entry.batch.length; i++) chunk.numbers.push(entry.firstRow + i);
  }
}

function entryBytes(entry: WriteEntry): number {
  if (entry.kind === 'insert') return 128 + batchBytes(entry.batch);
  return 128 + (entry.kind === 'delete' ? entry.refs.byteLength : entry.places.length * 32);
}
