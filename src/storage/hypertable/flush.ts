/** Moves heads into segments in the background, and joins small segments into large ones. */
import type { Env } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import { HeadBuffer } from './head.ts';
import type { RowLocks } from './hypertable-store.ts';
import { currentRef } from './moved-rows.ts';
import { ArrivalSource, type RowSource } from './row-source.ts';
import type { SegmentKeeper } from './segment-keeper.ts';
import type { SegmentAddress } from './segment-keys.ts';
import { SEGMENT_ROWS, writeSegments, type WrittenSegments } from './segment-writer.ts';
import {
  chunkIn,
  chunkStartingAt,
  newSlot,
  SLOT_ROWS,
  withChunk,
  type ChunkState,
  type SegmentState,
  type TableState,
} from './state.ts';
import type { Store } from './store.ts';

/** Segments smaller than half a full one, above which they are joined. */
const SMALL_SEGMENTS_MAX = 8;
/** Rows copied at a time. */
const COPY_ROWS = 16_384;
/** Times its flush size to which a head may grow while it is looked at so many times. */
const FILL_FACTOR = 5.3;
const LOOKS = 6;
/** Bytes of all heads above which the largest are flushed, however few rows they have. */
export const HEAD_BYTES = 256 * 1024 * 1024;
/** A segment with more deleted rows than this share is rewritten. */
const DELETED_SHARE = 0.25;

export interface FlushOptions {
  readonly env: Env;
  readonly locks: RowLocks;
  readonly flushRows: number;
  readonly encoder: ColumnEncoder;
}

/** Flushes one after the other; a call while another is under way waits for it. */
export class Flusher {
  readonly #options: FlushOptions;
  readonly #keeper: SegmentKeeper;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** By chunk: how often it was looked at and left to fill up. */
  #waiting = new Map<string, number>();

  constructor(options: FlushOptions, keeper: SegmentKeeper) {
    this.#options = options;
    this.#keeper = keeper;
  }

  /** True where heads wait for another call: they may fill up to whole segments first. */
  flush(store: Store, all: boolean): Promise<boolean> {
    return this.exclusively(() => this.#flushDue(store, all));
  }

  /** Runs work while no flush is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #flushDue(store: Store, all: boolean): Promise<boolean> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    await this.#keeper.settle();
    this.#keeper.discardUnnamed((address) => isNamed(store, address));
    for (const [storageId, { chunks }] of store.current().tables) {
      for (const chunk of chunks) {
        if (this.#isClosed) return false;
        if (chunk.firstUnflushed === 0 || (!all && !this.#isDue(chunk))) continue;
        const name = `${storageId}/${chunk.rangeStart}`;
        const looks = (waiting.get(name) ?? 0) + 1;
        if (!all && looks < LOOKS && this.#mayFillUp(chunk)) this.#waiting.set(name, looks);
        else await this.#flushChunk(store, storageId, chunk.rangeStart);
      }
    }
    if (store.headBytes() > HEAD_BYTES) await this.#flushLargest(store);
    this.#keeper.collect();
    return this.#waiting.size > 0;
  }

  /** Rows that come fast make whole segments at once, which need not be joined later. */
  #mayFillUp({ head }: ChunkState): boolean {
    return head !== undefined && head.rows < this.#options.flushRows * FILL_FACTOR;
  }

  /** Where very many heads of less than the usual size add up: the largest first. */
  async #flushLargest(store: Store): Promise<void> {
    const heads = [...store.current().tables].flatMap(([storageId, { chunks }]) =>
      chunks.map(({ rangeStart, head }) => ({
        storageId,
        rangeStart,
        bytes: head?.buffer.bytes ?? 0,
      })),
    );
    heads.sort((a, b) => b.bytes - a.bytes);
    for (const { storageId, rangeStart, bytes } of heads) {
      if (this.#isClosed || bytes === 0 || store.headBytes() <= HEAD_BYTES / 2) return;
      await this.#flushChunk(store, storageId, rangeStart);
    }
  }

  #isDue(chunk: ChunkState): boolean {
    if (chunk.firstUnflushed === 0) return false;
    return chunk.head === undefined || chunk.head.rows >= this.#options.flushRows;
  }

  async #flushChunk(store: Store, storageId: number, rangeStart: number): Promise<void> {
    // Where rows are deleted while they are written, deletions have to wait the second time.
    if (await this.#tryFlush(store, storageId, rangeStart, false)) return;
    await this.#tryFlush(store, storageId, rangeStart, true);
  }

  /** False where rows were deleted meanwhile, which leaves everything as it was. */
  async #tryFlush(
    store: Store,
    storageId: number,
    rangeStart: number,
    closed: boolean,
  ): Promise<boolean> {
    let open = closed ? await store.closeChunk(storageId, rangeStart) : undefined;
    let held: HeadBuffer | undefined;
    try {
      const table = store.current().tables.get(storageId);
      const chunk = chunkIn(store.current(), storageId, rangeStart);
      const descriptor = store.tableOf(storageId);
      if (table === undefined || chunk === undefined || descriptor === undefined) return true;
      const { sequence } = store.current();
      held = chunk.head?.buffer;
      held?.hold();
      const { replaced, written } = await this.#write(store, descriptor, table, chunk);
      await this.#keeper.storeUnnamed(written.segments, written.operations, false);
      const rest = await this.#copyRest(store, table, chunk);
      open ??= await store.closeChunk(storageId, rangeStart);
      const now = chunkIn(store.current(), storageId, rangeStart);
      if (now === undefined || now.deletions !== chunk.deletions) {
        this.#keeper.discard(written.segments.map(({ address }) => address));
        return now === undefined;
      }
      const added = addedSegments(table, chunk, written);
      const { id, rangeEnd } = chunk;
      const segments = [...chunk.segments.filter((each) => !replaced.has(each)), ...added];
      const record = { id, rangeStart, rangeEnd, segments, flushedSequence: sequence };
      const gone = [...replaced].map(({ segment }) => segment);
      const letGo = await this.#keeper.store(storageId, record, gone);
      while (store.applying !== undefined) await store.applying;
      // The table may be gone by now, and its drop knew nothing of what was just stored.
      if (!store.current().tables.has(storageId)) {
        letGo(store.current().sequence);
        this.#keeper.retireTable(storageId, store.current().sequence);
        return true;
      }
      const forward = forwarder(added, written.positionOf);
      const change = { flushed: chunk, replaced, added, rest, sequence, forward };
      const old = swap(store, storageId, change);
      letGo(store.current().sequence);
      if (old !== undefined) store.retireHead(old);
      const { runtime } = table;
      this.#options.locks.rename(storageId, (ref) => currentRef(runtime, ref));
      return true;
    } finally {
      held?.release();
      open?.();
    }
  }

  /** Copies most of the rows that came meanwhile, in slices; `swap` adds the last ones. */
  async #copyRest(
    store: Store,
    table: TableState,
    chunk: ChunkState,
  ): Promise<HeadBuffer | undefined> {
    const timeColumn = chunk.head?.buffer.timeColumn ?? store.timeColumnOf(table);
    if (timeColumn === undefined) return undefined;
    const rest = new HeadBuffer(timeColumn, store.contextOf(table.runtime));
    const from = chunk.head?.rows ?? 0;
    for (;;) {
      const head = chunkIn(store.current(), table.runtime.storageId, chunk.rangeStart)?.head;
      if (head === undefined || (chunk.head !== undefined && head.slot !== chunk.head.slot)) break;
      const next = from + rest.rows;
      if (head.rows - next < COPY_ROWS) break;
      rest.appendRows(head.buffer, next, next + COPY_ROWS);
      await this.#options.env.timers.yield();
    }
    return rest;
  }

  /** Encodes the head, and the segments that are to be rewritten with it. */
  async #write(
    store: Store,
    descriptor: TableDescriptor,
    table: TableState,
    chunk: ChunkState,
  ): Promise<{ replaced: ReadonlySet<SegmentState>; written: WrittenSegments }> {
    const replaced = new Set(segmentsToRewrite(chunk));
    const sources: RowSource[] = [];
    for (const { segment, deleted } of replaced) {
      sources.push(await this.#keeper.open(segment, table.runtime, 0, deleted));
    }
    const { head } = chunk;
    if (head !== undefined && head.rows > 0) {
      sources.push(ArrivalSource.all(head));
    }
    const storageId = table.runtime.storageId;
    const written = await writeSegments({
      table: descriptor,
      segmentBy: await store.segmentByInSlices(descriptor, chunk),
      sources,
      timers: this.#options.env.timers,
      encoder: this.#options.encoder,
      nextAddress: () => ({ storageId, chunk: chunk.id, segment: this.#keeper.nextSegment() }),
    });
    return { replaced, written };
  }
}

/** Segments with many deleted rows, and all small ones when there are too many of them. */
function segmentsToRewrite(chunk: ChunkState): SegmentState[] {
  const isSmall = ({ segment }: SegmentState): boolean =>
    segment.rows < SEGMENT_ROWS / 2 && !segment.isCompacted;
  const joins = chunk.segments.filter(isSmall).length >= SMALL_SEGMENTS_MAX;
  return chunk.segments.filter((state) => {
    const { segment, deleted } = state;
    if (joins && isSmall(state)) return true;
    return deleted !== undefined && deleted.count > segment.rows * DELETED_SHARE;
  });
}

function addedSegments(
  table: TableState,
  chunk: ChunkState,
  written: WrittenSegments,
): SegmentState[] {
  return written.segments.map((segment) => ({
    segment,
    slot: newSlot(table.runtime, chunk.rangeStart, segment.id),
    deleted: undefined,
  }));
}

/** Whether the newest state knows a segment. */
function isNamed(store: Store, { storageId, chunk, segment }: SegmentAddress): boolean {
  const chunks = store.current().tables.get(storageId)?.chunks ?? [];
  return chunks.some(
    ({ id, segments }) => id === chunk && segments.some((each) => each.segment.id === segment),
  );
}

type Forward = (source: number, row: number) => number | undefined;

/** The new ref of a row of one of the flush's sources. */
function forwarder(added: readonly SegmentState[], positionOf: Forward): Forward {
  return (source, row) => {
    const position = positionOf(source, row);
    if (position === undefined) return undefined;
    const { slot } = added[Math.floor(position / SEGMENT_ROWS)];
    return slot * SLOT_ROWS + (position % SEGMENT_ROWS);
  };
}

interface Flushed {
  /** The chunk as it was when the flush began. */
  readonly flushed: ChunkState;
  readonly replaced: ReadonlySet<SegmentState>;
  readonly added: readonly SegmentState[];
  /** Copies of rows that came since. */
  readonly rest: HeadBuffer | undefined;
  readonly sequence: Sequence;
  readonly forward: Forward;
}

/**
 * Puts the new segments in place of the rows that they hold; rows that came since stay in the head, which
 * is another one. Returns the old one.
 */
function swap(store: Store, storageId: number, change: Flushed): HeadBuffer | undefined {
  const { flushed, replaced, added, sequence } = change;
  const table = store.current().tables.get(storageId);
  const now = table === undefined ? undefined : chunkStartingAt(table, flushed.rangeStart);
  if (table === undefined || now === undefined) return undefined;
  if (now.deletions !== flushed.deletions) {
    // Dropped while the segments were written: the log says so, and the next flush will. Deletions that
    // follow name the record that was stored, as replay finds it.
    const dropped = { ...now, flushedSequence: sequence };
    store.replaceTable({ ...table, chunks: withChunk(table.chunks, dropped) });
    return undefined;
  }
  const from = flushed.head?.rows ?? 0;
  const head = restOfHead(table, now, from, change.rest);
  const known = new Set(flushed.segments);
  // Segments that commits brought since are not in the stored record.
  const later = now.segments.filter((segment) => !known.has(segment));
  const kept = flushed.segments.filter((segment) => !replaced.has(segment));
  const chunk: ChunkState = {
    ...now,
    head,
    segments: [...kept, ...added, ...later],
    flushedSequence: sequence,
    firstUnflushed: head === undefined && later.length === 0 ? 0 : sequence + 1,
  };
  const moved = store.current().sequence;
  table.runtime.moveCount++;
  noteMoves(table, now, change, head, moved);
  const chunks = withChunk(table.chunks, chunk);
  store.replaceTable({ ...table, chunks });
  if (chunks.every((each) => each.head === undefined)) table.runtime.headDictionaries.clear();
  return now.head?.buffer;
}

/** Keeps track of where the rows of the old head and of rewritten segments are now. */
function noteMoves(
  { runtime }: TableState,
  before: ChunkState,
  { flushed, replaced, forward }: Flushed,
  head: ChunkState['head'],
  sequence: Sequence,
): void {
  let source = 0;
  for (const { slot } of replaced) {
    const index = source++;
    runtime.moves.set(slot, { sequence, forward: (row) => forward(index, row) });
  }
  if (before.head === undefined) return;
  const from = flushed.head?.rows ?? 0;
  const index = source;
  runtime.moves.set(before.head.slot, {
    sequence,
    forward: (row) => {
      if (row < from) return forward(index, row);
      return head === undefined ? undefined : head.slot * SLOT_ROWS + row - from;
    },
  });
}

/** The head without the rows that are in segments now; `copied` has what was copied before. */
function restOfHead(
  table: TableState,
  chunk: ChunkState,
  from: number,
  copied: HeadBuffer | undefined,
): ChunkState['head'] {
  const { head } = chunk;
  if (head === undefined || head.rows === from) return undefined;
  if (copied === undefined) throw new InternalError('the rest of a head has nowhere to go');
  copied.appendRows(head.buffer, from + copied.rows, head.rows);
  const slot = newSlot(table.runtime, chunk.rangeStart, 0);
  return { buffer: copied, rows: copied.rows, slot, deleted: undefined };
}
