/** What one transaction has done to hypertables so far, in order, so that savepoints are cut marks. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { batchBytes } from '../../vector/concat.ts';
import { keepBatch } from '../../vector/lent-batch.ts';
import type { Batch } from '../../vector/vector.ts';
import { HeadBuffer, type HeadContext } from './head.ts';
import type { HypertableWrites } from './hypertable-store.ts';
import type { ChunkPlace } from './placement.ts';
import { RefSet } from './ref-set.ts';
import type { Segment } from './segment.ts';
import type { SegmentAddress } from './segment-keys.ts';

/** Refs of the transaction's own rows start here; the rest is the row's number in the transaction. */
export const OWN_REFS = 2 ** 52;

/** Entries are kept ascending by `order`, of which savepoints are marks. */
interface Ordered {
  readonly storageId: number;
  readonly order: number;
}

export interface InsertEntry extends Ordered {
  readonly kind: 'insert';
  readonly place: ChunkPlace;
  readonly timeColumn: number;
  readonly attnums: readonly number[];
  readonly batch: Batch;
  /** Nothing but this entry refers to the batch's memory. */
  readonly isLent: boolean;
  /** Number of the first row in the transaction. */
  readonly firstRow: number;
}

/** Rows that are stored as a segment already, which the commit only has to name. */
export interface SegmentEntry extends Ordered {
  readonly kind: 'segment';
  readonly place: ChunkPlace;
  readonly segment: Segment;
  /** Number in the transaction, per row of the segment. */
  readonly numbers: Int32Array;
}

export interface DeleteEntry extends Ordered {
  readonly kind: 'delete';
  /** As the rows were read, and as they are now: a flush may lie between. */
  readonly refs: Float64Array;
  readonly current: Float64Array;
  /** Of `current`, those of the transaction's own rows left out. */
  readonly slots: readonly number[];
}

export interface DropEntry extends Ordered {
  readonly kind: 'drop';
  readonly places: readonly ChunkPlace[];
}

export type WriteEntry = InsertEntry | SegmentEntry | DeleteEntry | DropEntry;

/** Insert entries of one chunk that may become one segment: no savepoint and no drop between them. */
export interface PendingRows {
  readonly storageId: number;
  readonly place: ChunkPlace;
  readonly entries: readonly InsertEntry[];
  readonly rows: number;
}

/** The rows that the transaction has put into one chunk of one table. */
export interface OwnChunk {
  readonly place: ChunkPlace;
  readonly buffer: HeadBuffer;
  /** Number in the transaction, per row of the buffer. */
  readonly numbers: number[];
  readonly segments: readonly SegmentEntry[];
}

/** A table's entries summed up. */
export interface OwnTable {
  readonly chunks: Map<number, OwnChunk>;
  /** Refs that the transaction deleted, its own rows included. */
  readonly deleted: RefSet;
  /** Starts of the chunks dropped by the transaction. */
  readonly dropped: Set<number>;
  /** The table's move count up to which `deleted` has the newest refs. */
  moves: number;
}

export class Writes implements HypertableWrites {
  /** The newest descriptors of the tables that were inserted into. */
  readonly descriptors = new Map<number, TableDescriptor>();
  /** All segments that were stored for this transaction. */
  readonly addresses: SegmentAddress[] = [];
  bytes = 0;
  /** Bytes and number of rows that are not in segments. */
  pendingBytes = 0;
  pendingNumber = 0;
  /** Bytes that the last spill left, because they were spread over too many chunks. */
  spillDebt = 0;
  #entries: WriteEntry[] = [];
  #nextRow = 0;
  #nextOrder = 0;
  /** Ascending orders across which rows must not be joined. */
  #borders: number[] = [];
  readonly #tables = new Map<number, { own: OwnTable; entries: number }>();

  get entries(): readonly WriteEntry[] {
    return this.#entries;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  mark(): number {
    this.#addBorder();
    return this.#nextOrder;
  }

  rollbackTo(mark: number): void {
    const kept = this.#entries.filter(({ order }) => order < mark);
    this.#borders = this.#borders.filter((border) => border <= mark);
    if (kept.length === this.#entries.length) return;
    this.#replaceEntries(kept);
  }

  copy(): Writes {
    // The copy may be read when this transaction's rows are long applied.
    for (const entry of this.#entries)
      if (entry.kind === 'insert' && entry.isLent) keepBatch(entry.batch);
    const copy = new Writes();
    copy.#entries = this.#entries.slice();
    return copy;
  }

  /** Adds rows; returns the number of the first one in the transaction. */
  insert(entry: Omit<InsertEntry, 'kind' | 'firstRow' | 'order'>): number {
    const firstRow = this.#nextRow;
    this.#add({ kind: 'insert', ...entry, firstRow, order: this.#nextOrder++ });
    this.#nextRow += entry.batch.length;
    return firstRow;
  }

  delete(
    storageId: number,
    refs: Float64Array,
    current: Float64Array,
    slots: readonly number[],
  ): void {
    this.#add({ kind: 'delete', storageId, refs, current, slots, order: this.#nextOrder++ });
  }

  drop(storageId: number, places: readonly ChunkPlace[]): void {
    this.#add({ kind: 'drop', storageId, places, order: this.#nextOrder++ });
    this.#addBorder();
  }

  /** Rows by chunk that are not in segments yet, those with most rows first. */
  pendingRows(): PendingRows[] {
    const groups = new Map<string, { entries: InsertEntry[]; rows: number }>();
    let border = 0;
    for (const entry of this.#entries) {
      while (border < this.#borders.length && this.#borders[border] <= entry.order) border++;
      if (entry.kind !== 'insert') continue;
      const { storageId, place, attnums } = entry;
      const key = `${border}/${storageId}/${place.rangeStart}/${attnums.join()}`;
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { entries: [], rows: 0 }));
      group.entries.push(entry);
      group.rows += entry.batch.length;
    }
    return [...groups.values()]
      .map(({ entries, rows }) => {
        const { storageId, place } = entries[0];
        return { storageId, place, entries, rows };
      })
      .sort((a, b) => b.rows - a.rows);
  }

  /** Puts segments in the place of the rows that they hold now. */
  replaceBySegments(
    { storageId, place, entries }: PendingRows,
    segments: readonly { readonly segment: Segment; readonly numbers: Int32Array }[],
  ): void {
    const gone = new Set<WriteEntry>(entries);
    const { order } = entries[0];
    const result: WriteEntry[] = [];
    for (const entry of this.#entries) {
      if (entry === entries[0]) {
        for (const each of segments) {
          result.push({ kind: 'segment', storageId, place, order, ...each });
        }
      }
      if (!gone.has(entry)) result.push(entry);
    }
    this.#replaceEntries(result);
  }

  /** The sum of a table's entries, undefined where there are none. Kept and brought up to date. */
  table(storageId: number, context: HeadContext): OwnTable | undefined {
    let known = this.#tables.get(storageId);
    if (known === undefined) {
      const own: OwnTable = {
        chunks: new Map(),
        deleted: new RefSet(),
        dropped: new Set(),
        moves: 0,
      };
      known = { own, entries: 0 };
      this.#tables.set(storageId, known);
    }
    for (let i = known.entries; i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      if (entry.storageId === storageId) sumUp(known.own, entry, context);
    }
    known.entries = this.#entries.length;
    const { chunks, deleted, dropped } = known.own;
    return chunks.size + deleted.size + dropped.size === 0 ? undefined : known.own;
  }

  #addBorder(): void {
    if (this.#borders[this.#borders.length - 1] !== this.#nextOrder) {
      this.#borders.push(this.#nextOrder);
    }
  }

  #add(entry: WriteEntry): void {
    this.#entries.push(entry);
    this.#count(entry);
  }

  #count(entry: WriteEntry): void {
    const bytes = entryBytes(entry);
    this.bytes += bytes;
    if (entry.kind !== 'insert') return;
    this.pendingBytes += bytes;
    this.pendingNumber += entry.batch.length;
  }

  #replaceEntries(entries: WriteEntry[]): void {
    this.#entries = entries;
    this.bytes = 0;
    this.pendingBytes = 0;
    this.pendingNumber = 0;
    for (const entry of entries) this.#count(entry);
    this.#tables.clear();
  }
}

function sumUp(own: OwnTable, entry: WriteEntry, context: HeadContext): void {
  if (entry.kind === 'delete') {
    own.deleted.addAll(entry.refs);
    own.deleted.addAll(entry.current);
    own.moves = -1;
    return;
  }
  if (entry.kind === 'drop') {
    for (const { rangeStart } of entry.places) {
      own.dropped.add(rangeStart);
      own.chunks.delete(rangeStart);
    }
    return;
  }
  const { place } = entry;
  let chunk = own.chunks.get(place.rangeStart);
  if (chunk === undefined) {
    const timeColumn = entry.kind === 'insert' ? entry.timeColumn : 0;
    chunk = { place, buffer: new HeadBuffer(timeColumn, context), numbers: [], segments: [] };
    own.chunks.set(place.rangeStart, chunk);
  }
  if (entry.kind === 'segment') {
    own.chunks.set(place.rangeStart, { ...chunk, segments: [...chunk.segments, entry] });
    return;
  }
  if (chunk.buffer.rows === 0 && chunk.buffer.timeColumn !== entry.timeColumn) {
    chunk = { ...chunk, buffer: new HeadBuffer(entry.timeColumn, context) };
    own.chunks.set(place.rangeStart, chunk);
  }
  chunk.buffer.append(entry.attnums, entry.batch);
  for (let i = 0; i < entry.batch.length; i++) chunk.numbers.push(entry.firstRow + i);
}

function entryBytes(entry: WriteEntry): number {
  switch (entry.kind) {
    case 'insert':
      return 128 + batchBytes(entry.batch);
    case 'segment':
      return 512 + entry.numbers.byteLength;
    case 'delete':
      return 128 + entry.refs.byteLength * 2;
    case 'drop':
      return 128 + entry.places.length * 32;
  }
}
