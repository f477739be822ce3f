/** One part of a commit taken into a table's state. Deterministic: the log alone decides the result. */
import { dbError } from '../../errors/db-error.ts';
import type { Sequence } from '../log/commit-log.ts';
import { deleteRows } from './deleted-rows.ts';
import { HeadBuffer, type HeadContext } from './head.ts';
import type { Part } from './parts.ts';
import type { ChunkPlace } from './placement.ts';
import {
  chunkPosition,
  newSlot,
  withChunk,
  type ChunkState,
  type SegmentState,
  type TableState,
} from './state.ts';

export interface ApplyOptions {
  readonly context: HeadContext;
  /** Flushes that were stored once are perhaps lost. */
  readonly isMended: boolean;
}

/** The table's state after one part; the same state where segments contain the part already. */
export function applyPart(
  table: TableState,
  part: Part,
  sequence: Sequence,
  { context, isMended }: ApplyOptions,
): TableState {
  const chunk = chunkAt(table, part.place);
  if (sequence <= chunk.flushedSequence) return table;
  if (part.kind === 'delete' && part.segment === 0) checkPlaces(chunk, part, isMended);
  const marked = { ...chunk, firstUnflushed: chunk.firstUnflushed || sequence };
  const { chunks } = table;
  switch (part.kind) {
    case 'insert':
      return { ...table, chunks: withChunk(chunks, insertRows(table, marked, part, context)) };
    case 'segment':
      return { ...table, chunks: withChunk(chunks, addSegment(table, marked, part)) };
    case 'delete':
      return { ...table, chunks: withChunk(chunks, removeRows(marked, part)) };
    case 'drop':
      return {
        ...table,
        chunks: withChunk(chunks, {
          ...marked,
          head: undefined,
          segments: [],
          deletions: chunk.deletions + 1,
        }),
      };
  }
}

/** The chunk at a place, or an empty one. */
export function chunkAt(table: TableState, place: ChunkPlace): ChunkState {
  const known = table.chunks[chunkPosition(table.chunks, place.rangeStart)];
  if (known !== undefined && known.rangeStart === place.rangeStart) return known;
  return {
    id: place.id,
    rangeStart: place.rangeStart,
    rangeEnd: place.rangeEnd,
    head: undefined,
    segments: [],
    flushedSequence: 0,
    firstUnflushed: 0,
    deletions: 0,
  };
}

function insertRows(
  table: TableState,
  chunk: ChunkState,
  part: Extract<Part, { kind: 'insert' }>,
  context: HeadContext,
): ChunkState {
  const head = chunk.head ?? {
    buffer: new HeadBuffer(part.timeColumn, context),
    rows: 0,
    slot: newSlot(table.runtime, chunk.rangeStart, 0),
    deleted: undefined,
  };
  head.buffer.append(part.attnums, part.batch, part.lanes);
  return { ...chunk, head: { ...head, rows: head.buffer.rows } };
}

function addSegment(
  table: TableState,
  chunk: ChunkState,
  { segment, deleted }: Extract<Part, { kind: 'segment' }>,
): ChunkState {
  const slot = newSlot(table.runtime, chunk.rangeStart, segment.id);
  return { ...chunk, segments: [...chunk.segments, { segment, slot, deleted }] };
}

function removeRows(chunk: ChunkState, part: Extract<Part, { kind: 'delete' }>): ChunkState {
  const deletions = chunk.deletions + 1;
  if (part.segment === 0) {
    const { head } = chunk;
    if (head === undefined) throw missingRows(chunk, part);
    const deleted = deleteRows(head.deleted, head.rows, part.rows);
    return { ...chunk, head: { ...head, deleted }, deletions };
  }
  let found = false;
  const segments = chunk.segments.map((state): SegmentState => {
    if (state.segment.id !== part.segment) return state;
    found = true;
    const deleted = deleteRows(state.deleted, state.segment.rows, part.rows);
    return { ...state, deleted };
  });
  if (!found) throw missingRows(chunk, part);
  return { ...chunk, segments, deletions };
}

/** A flush gives the head's rows other places: without the one before them, these mean other rows. */
function checkPlaces(
  chunk: ChunkState,
  part: Extract<Part, { kind: 'delete' }>,
  isMended: boolean,
): void {
  const isRight = part.flushed === undefined ? !isMended : part.flushed === chunk.flushedSequence;
  if (!isRight) throw missingRows(chunk, part);
}

function missingRows(chunk: ChunkState, part: Extract<Part, { kind: 'delete' }>): Error {
  return dbError('data_corrupted', {
    message: `the log deletes rows of segment ${part.segment} of chunk ${chunk.id}, which is not there`,
    detail: `Storage id ${part.storageId}.`,
  });
}
