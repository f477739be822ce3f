/** What a scan reads of a chunk: its segments, the transaction's own rows and the head, cut to the bounds. */
import type { Timers } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { ScanRequest, TimeRange } from '../storage.ts';
import { CountedSource, countVectors } from './counted-source.ts';
import { deleteRows, type DeletedRows } from './deleted-rows.ts';
import { currentRef } from './moved-rows.ts';
import { ArrivalSource, type RowSource } from './row-source.ts';
import type { ScanBounds } from './scan-bounds.ts';
import { selectRows, withoutDeleted, type RowRanges } from './select-rows.ts';
import { SORTED_HEAD_ROWS, sortedHead, SortedHeadSource, type SortedHead } from './sorted-head.ts';
import { SLOT_ROWS, type ChunkState, type HeadState, type TableState } from './state.ts';
import { OWN_REFS, type OwnChunk, type OwnTable, type SegmentEntry } from './writes.ts';

/** Everything that a scan reads from. */
export interface ScanInput {
  readonly table: TableDescriptor;
  readonly state: TableState | undefined;
  readonly own: OwnTable | undefined;
  readonly timers: Timers;
  readonly segmentBy: (chunk: ChunkState) => readonly number[];
  openSegment(
    chunk: ChunkState,
    index: number,
    deleted: DeletedRows | undefined,
  ): Promise<RowSource> | RowSource;
  /** A segment that the transaction itself has stored. */
  openOwn(entry: SegmentEntry, deleted: DeletedRows | undefined): Promise<RowSource> | RowSource;
}

/** A chunk with what one transaction sees of it. */
export interface ChunkInput {
  readonly rangeStart: number;
  readonly chunk: ChunkState | undefined;
  readonly own: OwnChunk | undefined;
}

/** Selected rows of one source. */
export interface Selected {
  readonly source: RowSource;
  readonly ranges: RowRanges;
}

/** The chunk's sources with the rows that the bounds leave, one after the other. */
export async function* selectChunk(
  input: ScanInput,
  chunk: ChunkInput,
  bounds: ScanBounds,
  request: ScanRequest,
): AsyncGenerator<Selected> {
  const { counters } = request;
  const committed = chunk.chunk;
  if (committed !== undefined) {
    for (let i = 0; i < committed.segments.length; i++) {
      const { segment, slot, deleted } = committed.segments[i];
      if (segment.minTime > bounds.maxTime || segment.maxTime < bounds.minTime) {
        if (counters !== undefined) counters.segmentsPruned++;
        continue;
      }
      const all = withOwnDeletes(deleted, slot, segment.rows, input);
      const opened = input.openSegment(committed, i, all);
      let source = opened instanceof Promise ? await opened : opened;
      if (counters?.withBlocks === true) {
        await countVectors(source, bounds, counters);
        source = new CountedSource(source, counters);
      }
      const selected = await select(source, bounds);
      if (counters !== undefined) {
        if (selected === undefined) counters.segmentsPruned++;
        else counters.segments++;
      }
      if (selected !== undefined) yield selected;
    }
  }
  for (const entry of chunk.own?.segments ?? []) {
    const { segment } = entry;
    if (segment.minTime > bounds.maxTime || segment.maxTime < bounds.minTime) continue;
    const source = await input.openOwn(entry, ownDeleted(input.own));
    const selected = await select(source, bounds);
    if (selected !== undefined) yield selected;
  }
  for (const source of await memorySources(input, chunk, bounds, request)) {
    const selected = await select(source, bounds);
    if (selected !== undefined) yield selected;
  }
}

async function select(source: RowSource, bounds: ScanBounds): Promise<Selected | undefined> {
  const found = selectRows(source, bounds);
  const ranges = withoutDeleted(source, found instanceof Promise ? await found : found);
  return ranges.starts.length === 0 ? undefined : { source, ranges };
}

/**
 * Whether a scan gains from a head in the order of series: sorting pays where series are left out or
 * their columns are read, for they are constant in runs then. Time order comes cheaper from runs, too.
 */
function wantsRuns(
  segmentBy: readonly number[],
  bounds: ScanBounds,
  { attnums, timeOrder }: ScanRequest,
): boolean {
  if (timeOrder !== null) return true;
  if (bounds.equalities.some(({ attnum }) => segmentBy.includes(attnum))) return true;
  return segmentBy.some((attnum) => attnums.includes(attnum));
}

/** The head of the chunk and the transaction's own rows in it. */
async function memorySources(
  input: ScanInput,
  { chunk, own }: ChunkInput,
  bounds: ScanBounds,
  request: ScanRequest,
): Promise<RowSource[]> {
  const sources: RowSource[] = [];
  const head = chunk?.head;
  if (chunk !== undefined && head !== undefined && head.rows > 0) {
    const refBase = head.slot * SLOT_ROWS;
    const deleted = withOwnDeletes(head.deleted, head.slot, head.rows, input);
    const sorted = await sortedPart(input, chunk, head, bounds, request);
    const from = sorted?.rows ?? 0;
    if (sorted !== undefined)
      sources.push(new SortedHeadSource(sorted, head.buffer, refBase, deleted));
    if (from < head.rows) {
      sources.push(
        new ArrivalSource(head.buffer, from, head.rows - from, refBase, undefined, deleted),
      );
    }
  }
  if (own !== undefined && own.numbers.length > 0) {
    const numbers = Int32Array.from(own.numbers);
    const deletes = ownDeleted(input.own);
    sources.push(new ArrivalSource(own.buffer, 0, numbers.length, OWN_REFS, numbers, deletes));
  }
  return sources;
}

async function sortedPart(
  input: ScanInput,
  chunk: ChunkState,
  { buffer, rows }: HeadState,
  bounds: ScanBounds,
  request: ScanRequest,
): Promise<SortedHead | undefined> {
  if (rows < SORTED_HEAD_ROWS) return undefined;
  const segmentBy = input.segmentBy(chunk);
  if (!wantsRuns(segmentBy, bounds, request)) return undefined;
  return sortedHead(buffer, rows, segmentBy, input.timers);
}

/** Adds the rows that the transaction itself has deleted from what a slot numbers. */
function withOwnDeletes(
  deleted: DeletedRows | undefined,
  slot: number,
  rows: number,
  { own, state }: Pick<ScanInput, 'own' | 'state'>,
): DeletedRows | undefined {
  const runtime = state?.runtime;
  if (own === undefined || own.deleted.size === 0) return deleted;
  const base = slot * SLOT_ROWS;
  if (runtime?.moves.has(slot) === true) {
    // An older view: the rows may have been deleted under the refs that they have now.
    const gone: number[] = [];
    for (let row = 0; row < rows; row++) {
      const now = currentRef(runtime, base + row);
      if (own.deleted.has(base + row) || (now !== undefined && own.deleted.has(now)))
        gone.push(row);
    }
    return gone.length === 0 ? deleted : deleteRows(deleted, rows, gone);
  }
  const gone = own.deleted.within(base, base + SLOT_ROWS);
  return gone.length === 0 ? deleted : deleteRows(deleted, rows, gone);
}

function ownDeleted(own: OwnTable | undefined): DeletedRows | undefined {
  const gone = own?.deleted.within(OWN_REFS, Infinity) ?? [];
  const last = gone.reduce((highest, row) => Math.max(highest, row), 0);
  return gone.length === 0 ? undefined : deleteRows(undefined, last + 1, gone);
}

/** Chunks with committed rows or own rows, ascending by range. */
export function chunkInputs(input: Pick<ScanInput, 'state' | 'own'>): ChunkInput[] {
  const { own } = input;
  const result: ChunkInput[] = [];
  const seen = new Set<number>();
  for (const chunk of input.state?.chunks ?? []) {
    const { rangeStart } = chunk;
    seen.add(rangeStart);
    const visible = own?.dropped.has(rangeStart) === true ? undefined : chunk;
    const ownChunk = own?.chunks.get(rangeStart);
    if (visible === undefined && ownChunk === undefined) continue;
    if (ownChunk === undefined && chunk.head === undefined && chunk.segments.length === 0) continue;
    result.push({ rangeStart, chunk: visible, own: ownChunk });
  }
  if (own === undefined || own.chunks.size === 0) return result;
  let added = false;
  for (const [rangeStart, chunk] of own.chunks) {
    if (seen.has(rangeStart)) continue;
    result.push({ rangeStart, chunk: undefined, own: chunk });
    added = true;
  }
  return added ? result.sort((a, b) => a.rangeStart - b.rangeStart) : result;
}

export function isOutside(chunk: ChunkInput, bounds: ScanBounds): boolean {
  for (const { minTime, maxTime } of timedParts(chunk)) {
    if (minTime <= bounds.maxTime && maxTime >= bounds.minTime) return false;
  }
  return true;
}

/** Everything in a chunk that has rows, with the times between which they lie. */
function* timedParts({
  chunk,
  own,
}: ChunkInput): Generator<{ readonly minTime: number; readonly maxTime: number }> {
  if (own !== undefined) yield own.buffer;
  for (const { segment } of own?.segments ?? []) yield segment;
  if (chunk?.head !== undefined) yield chunk.head.buffer;
  for (const { segment } of chunk?.segments ?? []) yield segment;
}

/** The times between which all rows lie; undefined where there are none. */
export function timeRangeOf(input: Pick<ScanInput, 'state' | 'own'>): TimeRange | undefined {
  let earliest = Infinity;
  let latest = -Infinity;
  for (const chunk of chunkInputs(input)) {
    for (const { minTime, maxTime } of timedParts(chunk)) {
      earliest = Math.min(earliest, minTime);
      latest = Math.max(latest, maxTime);
    }
  }
  return earliest <= latest ? { earliest, latest } : undefined;
}
