/**
 * The immutable states: of a chunk, of a table, and of all hypertables (a view). Every commit that
 * touches a chunk makes a new ChunkState; everything else is shared between states.
 */
import type { HypertableView } from './hypertable-store.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { HeadBuffer } from './head.ts';
import type { Move } from './moved-rows.ts';
import type { Segment } from './segment.ts';
import type { TextDictionary } from './text-dictionary.ts';

export interface HeadState {
  readonly buffer: HeadBuffer;
  /** Rows of the buffer that this state sees. */
  readonly rows: number;
  readonly slot: number;
  readonly deleted: DeletedRows | undefined;
}

export interface SegmentState {
  readonly segment: Segment;
  readonly slot: number;
  readonly deleted: DeletedRows | undefined;
}

export interface ChunkState {
  readonly id: number;
  readonly rangeStart: number;
  readonly rangeEnd: number;
  readonly head: HeadState | undefined;
  readonly segments: readonly SegmentState[];
  /** Log records up to this one are contained in the segments and their deletions. */
  readonly flushedSequence: number;
  /** First log record that is not, 0 where there is none. */
  readonly firstUnflushed: number;
  /** Changes with every deletion, so that a flush can tell whether rows went meanwhile. */
  readonly deletions: number;
}

export interface TableState {
  readonly runtime: TableRuntime;
  /** Ascending by range; ranges do not overlap. Dropped chunks may stay as empty ones. */
  readonly chunks: readonly ChunkState[];
}

export interface RootState extends HypertableView {
  readonly tables: ReadonlyMap<number, TableState>;
}

/** Where a row ref's slot points to: a segment by its id, or the head (0). */
export interface SlotTarget {
  /** rangeStart of the chunk. */
  readonly chunk: number;
  readonly segment: number;
}

/** Rows that one slot of row refs can number. */
export const SLOT_ROWS = 2 ** 28;

/** What a table has beside its states: shared dictionaries, and the numbering of slots. */
export interface TableRuntime {
  readonly storageId: number;
  readonly dictionaries: Map<number, TextDictionary>;
  /** Of new heads, by attnum, where the shared one has grown too large. */
  readonly headDictionaries: Map<number, TextDictionary>;
  readonly slots: Map<number, SlotTarget>;
  /** By slot: where its rows went. */
  readonly moves: Map<number, Move>;
  /** Changes whenever rows move. */
  moveCount: number;
  nextSlot: number;
}

export function newSlot(runtime: TableRuntime, chunk: number, segment: number): number {
  const slot = runtime.nextSlot++;
  runtime.slots.set(slot, { chunk, segment });
  return slot;
}

/** Position of the first chunk whose range ends after `time`. */
export function chunkPosition(chunks: readonly ChunkState[], time: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunks[middle].rangeEnd <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The chunks with one of them replaced or added. */
export function withChunk(chunks: readonly ChunkState[], chunk: ChunkState): ChunkState[] {
  const result = chunks.slice();
  const at = chunkPosition(chunks, chunk.rangeStart);
  const exists = at < chunks.length && chunks[at].rangeStart === chunk.rangeStart;
  result.splice(at, exists ? 1 : 0, chunk);
  return result;
}

/** The newest root with one table replaced. */
export function withTable(root: RootState, storageId: number, table: TableState): RootState {
  const tables = new Map(root.tables);
  tables.set(storageId, table);
  return { sequence: root.sequence, tables };
}

/** The chunk whose range starts exactly there. */
export function chunkStartingAt(table: TableState, rangeStart: number): ChunkState | undefined {
  const chunk = table.chunks[chunkPosition(table.chunks, rangeStart)];
  return chunk?.rangeStart === rangeStart ? chunk : undefined;
}

/** A table's chunk whose range starts exactly there. */
export function chunkIn(
  root: RootState,
  storageId: number,
  rangeStart: number,
): ChunkState | undefined {
  const table = root.tables.get(storageId);
  return table === undefined ? undefined : chunkStartingAt(table, rangeStart);
}

/** Rows of a chunk that are not deleted. */
export function chunkRows(chunk: ChunkState): number {
  let rows = headRows(chunk);
  for (const { segment, deleted } of chunk.segments) rows += segment.rows - (deleted?.count ?? 0);
  return rows;
}

export function headRows(chunk: ChunkState): number {
  return chunk.head === undefined ? 0 : chunk.head.rows - (chunk.head.deleted?.count ?? 0);
}

export function chunkName(tableOid: number, chunk: number): string {
  return `_hyper_${tableOid}_${chunk}_chunk`;
}
