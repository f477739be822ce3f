/**
 * Rewrites chunks that rest: what flushes wrote as segments of all series over a short time becomes
 * segments of some series over the whole chunk, so that a series is read from one place. One group of
 * series after the other, so that memory does not grow with the chunk. Where rows are deleted meanwhile,
 * or a flush takes one of the segments, the work is dropped and done again later.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { Env, Timers } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import type { Flusher } from './flush.ts';
import type { RowLocks } from './hypertable-store.ts';
import { currentRef } from './moved-rows.ts';
import { hypertableOf } from './placement.ts';
import { RangeSource } from './range-source.ts';
import { joinColumns } from './read-column.ts';
import type { RowSource } from './row-source.ts';
import type { SegmentKeeper } from './segment-keeper.ts';
import type { Segment } from './segment.ts';
import { SEGMENT_ROWS, writeSegments, type WrittenSegments } from './segment-writer.ts';
import { groupSeries, type SeriesGroup } from './series-groups.ts';
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
import { plainColumn, type PlainColumn } from './stored-column.ts';
import type { Store } from './store.ts';
import { checkedTimers, throttledTimers } from './throttled-timers.ts';

/** Rows of one series above which a chunk stays as it is: long runs are what is wanted. */
const SERIES_ROWS_MAX = 4 * SEGMENT_ROWS;
/** A chunk is rewritten once its later segments have this share of its rows. */
const LATER_SHARE = 0.2;

/** Ends work that is no longer wanted. */
class Abandoned extends Error {}

/** The part of a group's rows that one of the old segments has. */
interface Share {
  readonly rows: RangeSource;
  /** Among the sources that the group was written from: these are in order of time. */
  readonly position: number;
}

interface Group {
  /** In the order of the chunk's segments; undefined where one has none of the group's rows. */
  readonly shares: readonly (Share | undefined)[];
  readonly written: WrittenSegments;
}

interface Rewritten {
  readonly chunk: ChunkState;
  readonly groups: readonly Group[];
  readonly segments: readonly Segment[];
}

export interface CompactOptions {
  readonly env: Env;
  readonly locks: RowLocks;
  readonly encoder: ColumnEncoder;
  /** Rows of a group of series. */
  readonly compactRows?: number | undefined;
}

export class Compactor {
  readonly #options: CompactOptions;
  readonly #keeper: SegmentKeeper;
  readonly #flusher: Flusher;
  /** What chunks were at the last look: those that are still the same rest. */
  #seen = new WeakSet<ChunkState>();
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: CompactOptions, keeper: SegmentKeeper, flusher: Flusher) {
    this.#options = options;
    this.#keeper = keeper;
    this.#flusher = flusher;
  }

  /**
   * Compacts chunks that have not changed since the last look, or one table's without waiting; true where
   * chunks may be due at the next look.
   */
  compact(store: Store, only?: number): Promise<boolean> {
    const next = this.#running.then(() => this.#compactDue(store, only));
    this.#running = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #compactDue(store: Store, only: number | undefined): Promise<boolean> {
    const seen = this.#seen;
    const isUrgent = only !== undefined;
    if (!isUrgent) this.#seen = new WeakSet();
    let isMoreDue = false;
    for (const [storageId, { chunks }] of store.current().tables) {
      if (isUrgent && storageId !== only) continue;
      for (const chunk of chunks) {
        if (this.#isClosed) return false;
        if (chunk.firstUnflushed !== 0 || !isScattered(chunk)) continue;
        if (!isUrgent && !seen.has(chunk)) {
          this.#seen.add(chunk);
          isMoreDue = true;
          continue;
        }
        const isCold = chunk.rangeStart < chunks[chunks.length - 1].rangeStart;
        const isDone = await this.#compactChunk(store, storageId, chunk, isCold, isUrgent);
        isMoreDue ||= !isDone;
      }
    }
    return isMoreDue;
  }

  /** False where it has to be tried again. */
  async #compactChunk(
    store: Store,
    storageId: number,
    chunk: ChunkState,
    isCold: boolean,
    isUrgent: boolean,
  ): Promise<boolean> {
    const { timers, clock } = this.#options.env;
    const check = (): void => {
      if (this.#isClosed || !isUnchanged(store, storageId, chunk)) throw new Abandoned();
    };
    const own = checkedTimers(isUrgent ? timers : throttledTimers(timers, clock), check);
    const segments: Segment[] = [];
    try {
      const groups = await this.#rewrite(store, storageId, chunk, isCold, own, segments);
      if (groups === undefined) return true;
      const rewritten = { chunk, groups, segments };
      return await this.#flusher.exclusively(() => this.#replace(store, storageId, rewritten));
    } catch (error) {
      this.#keeper.discard(segments.map(({ address }) => address));
      if (error instanceof Abandoned) return false;
      throw error;
    }
  }

  /** Writes the new segments, which nothing names yet; undefined for a chunk that stays as it is. */
  async #rewrite(
    store: Store,
    storageId: number,
    chunk: ChunkState,
    isCold: boolean,
    timers: Timers,
    written: Segment[],
  ): Promise<Group[] | undefined> {
    const table = store.current().tables.get(storageId);
    const descriptor = store.tableOf(storageId);
    if (table === undefined || descriptor === undefined) return undefined;
    const segmentBy = store.segmentByOf(descriptor, chunk);
    const states = [...chunk.segments].sort((a, b) => a.segment.minTime - b.segment.minTime);
    if (!states.every(({ segment }) => isSame(segment.segmentBy, segmentBy))) return undefined;
    const sources: RowSource[] = [];
    for (const { segment, deleted } of states) {
      sources.push(await this.#keeper.openOnce(segment, table.runtime, deleted));
    }
    const rows = this.#options.compactRows ?? SEGMENT_ROWS;
    const keys: PlainColumn[] = [];
    for (const attnum of segmentBy) {
      keys.push(keysOf(sources, attnum));
      await timers.yield();
    }
    const steps = groupSeries(sources, keys, rows, SERIES_ROWS_MAX);
    const plan = await finishInTurns(steps, () => timers.yield());
    const groups: Group[] = [];
    for (const group of plan ?? []) {
      const ranges = rangeSources(descriptor, sources, group);
      const parts = ranges.filter((source) => source !== undefined);
      const result = await writeSegments({
        table: descriptor,
        segmentBy,
        sources: parts,
        timers,
        encoder: this.#options.encoder,
        isCold,
        isCompacted: true,
        nextAddress: () => ({ storageId, chunk: chunk.id, segment: this.#keeper.nextSegment() }),
      });
      written.push(...result.segments);
      await this.#keeper.storeUnnamed(result.segments, result.operations, false);
      const shares = chunk.segments.map((state) => {
        const rows = ranges[states.indexOf(state)];
        return rows === undefined ? undefined : { rows, position: parts.indexOf(rows) };
      });
      groups.push({ shares, written: { ...result, operations: [] } });
      await timers.yield();
    }
    return plan === undefined ? undefined : groups;
  }

  /** Puts the new segments in the place of the old ones; no flush is under way. */
  async #replace(
    store: Store,
    storageId: number,
    { chunk, groups, segments }: Rewritten,
  ): Promise<boolean> {
    const open = await store.closeChunk(storageId, chunk.rangeStart);
    try {
      const now = chunkIn(store.current(), storageId, chunk.rangeStart);
      const table = store.current().tables.get(storageId);
      if (table === undefined || now === undefined || !isUnchanged(store, storageId, chunk)) {
        throw new Abandoned();
      }
      const added = segments.map((segment) => ({
        segment,
        slot: newSlot(table.runtime, chunk.rangeStart, segment.id),
        deleted: undefined,
      }));
      const replaced = new Set(chunk.segments);
      const isStored = this.#keeper.storedIn(storageId, chunk.id);
      const record = {
        ...now,
        segments: [
          ...added,
          // What commits brought since is named by the log only.
          ...now.segments.filter((each) => !replaced.has(each) && isStored(each.segment)),
        ],
      };
      const gone = chunk.segments.map(({ segment }) => segment);
      const letGo = await this.#keeper.store(storageId, record, gone);
      while (store.applying !== undefined) await store.applying;
      if (!store.current().tables.has(storageId)) {
        letGo(store.current().sequence);
        this.#keeper.retireTable(storageId, store.current().sequence);
        return true;
      }
      this.#swap(store, storageId, { chunk, groups, segments }, added);
      letGo(store.current().sequence);
      return true;
    } finally {
      open();
    }
  }

  #swap(
    store: Store,
    storageId: number,
    { chunk, groups }: Rewritten,
    added: readonly SegmentState[],
  ): void {
    const table = store.current().tables.get(storageId) as TableState;
    const now = chunkStartingAt(table, chunk.rangeStart);
    // A chunk that was dropped meanwhile: the log says so, and the next flush will.
    if (now === undefined || now.deletions !== chunk.deletions) return;
    const { runtime } = table;
    const { sequence } = store.current();
    chunk.segments.forEach(({ slot }, source) => {
      runtime.moves.set(slot, { sequence, forward: (row) => forward(groups, added, source, row) });
    });
    runtime.moveCount++;
    const replaced = new Set(chunk.segments);
    const segments = [...added, ...now.segments.filter((each) => !replaced.has(each))];
    store.replaceTable({ ...table, chunks: withChunk(table.chunks, { ...now, segments }) });
    this.#options.locks.rename(storageId, (ref) => currentRef(runtime, ref));
  }
}

/** The new ref of a row of one of the old segments. */
function forward(
  groups: readonly Group[],
  added: readonly SegmentState[],
  source: number,
  row: number,
): number | undefined {
  let first = 0;
  for (const { shares, written } of groups) {
    const share = shares[source];
    const position = share?.rows.positionOf(row);
    if (share !== undefined && position !== undefined) {
      const at = written.positionOf(share.position, position) as number;
      const { slot } = added[first + Math.floor(at / SEGMENT_ROWS)];
      return slot * SLOT_ROWS + (at % SEGMENT_ROWS);
    }
    first += written.segments.length;
  }
  return undefined;
}

/** Whether segments that hold all series over a part of the time make up enough of a chunk. */
function isScattered({ segments }: ChunkState): boolean {
  let rows = 0;
  let later = 0;
  for (const { segment } of segments) {
    rows += segment.rows;
    if (!segment.isCompacted) later += segment.rows;
  }
  return later > rows * LATER_SHARE;
}

/** True while the chunk has all the segments that it had, with the same rows deleted. */
function isUnchanged(store: Store, storageId: number, chunk: ChunkState): boolean {
  const now = chunkIn(store.current(), storageId, chunk.rangeStart);
  if (now === undefined || now.deletions !== chunk.deletions) return false;
  const segments = new Set(now.segments);
  return chunk.segments.every((each) => segments.has(each));
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((attnum, i) => attnum === b[i]);
}

/** A series column of all sources, a value a series. */
function keysOf(sources: readonly RowSource[], attnum: number): PlainColumn {
  const parts = sources.map(({ series }) => ({
    column: plainColumn(series?.columns.get(attnum) as PlainColumn),
    rows: series?.count ?? 0,
  }));
  return joinColumns(
    parts,
    parts.reduce((sum, { rows }) => sum + rows, 0),
    null,
  );
}

function rangeSources(
  table: TableDescriptor,
  sources: readonly RowSource[],
  { ranges }: SeriesGroup,
): (RangeSource | undefined)[] {
  const { timeColumn } = hypertableOf(table);
  return sources.map((source, i) =>
    ranges[i].starts.length === 0 ? undefined : new RangeSource(source, timeColumn, ranges[i]),
  );
}
