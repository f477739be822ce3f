/**
 * Writes sorted segments from a head and older segments: one sort for all columns, then one column at a
 * time, block by block, giving way to other work in between.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { Timers } from '../../base/env.ts';
import { liveColumns, type ColumnDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { freeBlock, kernelCopy } from '../../kernels/memory.ts';
import { vectorRep, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { KvOperation } from '../kv/kv.ts';
import { encodeSteps, zonesOf } from './column-block.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import type { EncodedColumn, EncodeLanesJob } from './encode-lanes.ts';
import type { EncodedBlock } from './lane-block.ts';
import { rankOf } from './moved-rows.ts';
import { hypertableOf } from './placement.ts';
import { keptRows, readColumn } from './read-column.ts';
import { PIECE_ROWS, VECTOR_ROWS, type RowSource } from './row-source.ts';
import { encodeHeader, type Segment, type SegmentColumn } from './segment.ts';
import { blockKey, headerKey, type SegmentAddress } from './segment-keys.ts';
import { sortSteps } from './sort-rows.ts';
import type { SeriesTable } from './series-table.ts';
import { seriesOf } from './sorted-head.ts';
import { giveBackColumn, borrowGathered, type PlainColumn } from './stored-column.ts';
import { sketchIntervals, type SortedRows } from './sketch-intervals.ts';
import { sumKindOf } from './sketch-parts.ts';
import { SegmentSketch } from './segment-sketch.ts';
import { sortOnThread } from './thread-sort.ts';
import { doublesOf } from './times.ts';
import { wholeLanes } from './whole-lanes.ts';

/** Rows of the largest segment. */
export const SEGMENT_ROWS = 2 ** 20;

export interface WriterInput {
  readonly table: TableDescriptor;
  readonly segmentBy: readonly number[];
  /** What to write, deleted rows of the sources left out. */
  readonly sources: readonly RowSource[];
  readonly timers: Timers;
  readonly encoder: ColumnEncoder;
  /** The rows will rest: smaller blocks are worth more time. */
  readonly isCold?: boolean;
  /** These are all rows of their series. */
  readonly isCompacted?: boolean;
  nextAddress(): SegmentAddress;
}

export interface WrittenSegments {
  readonly segments: readonly Segment[];
  readonly operations: readonly KvOperation[];
  /** Per segment: which row of the sources, counted over all of them, each of its rows was. */
  readonly orders: readonly Int32Array[];
  /**
   * Where a source's row is now: counted over all segments, of which all but the last have SEGMENT_ROWS.
   * Undefined for rows that were deleted.
   */
  positionOf(source: number, row: number): number | undefined;
}

function inverseOf(permutation: Int32Array): Int32Array {
  const inverse = new Int32Array(permutation.length);
  for (let i = 0; i < permutation.length; i++) inverse[permutation[i]] = i;
  return inverse;
}

function positions(
  sources: readonly RowSource[],
  kept: readonly (Int32Array | undefined)[],
  permutation: Int32Array,
): WrittenSegments['positionOf'] {
  let inverse: Int32Array | undefined;
  const offsets: number[] = [];
  let offset = 0;
  for (let s = 0; s < sources.length; s++) {
    offsets.push(offset);
    offset += kept[s]?.length ?? sources[s].rows;
  }
  return (source, row) => {
    const rank = rankOf(kept[source], row);
    if (rank === undefined) return undefined;
    inverse ??= inverseOf(permutation);
    return inverse[offsets[source] + rank];
  };
}

/** One segment as it comes to be. */
interface Draft {
  readonly address: SegmentAddress;
  /** Rows of the sources in the segment's order. */
  readonly order: Int32Array;
  /** First row of each series, and the number of rows. */
  readonly starts: Int32Array;
  readonly sketch: SegmentSketch | undefined;
  readonly columns: Map<number, SegmentColumn>;
  bytes: number;
}

export async function writeSegments(input: WriterInput): Promise<WrittenSegments> {
  const { table, sources } = input;
  const { timeColumn } = hypertableOf(table);
  const kept = sources.map(keptRows);
  const rows = sources.reduce((sum, source, i) => sum + (kept[i]?.length ?? source.rows), 0);
  if (rows === 0) {
    return { segments: [], operations: [], orders: [], positionOf: () => undefined };
  }
  const read = (attnum: number): Promise<PlainColumn | undefined> =>
    readColumn(table, sources, kept, attnum, rows, input.timers);

  const timeValues = (await read(timeColumn)) as PlainColumn;
  const times = doublesOf(timeValues);
  const pause = (): Promise<void> => input.timers.yield();
  const { segmentBy, columns: seriesColumns } = await seriesColumnsOf(input, read);
  const exact =
    timeValues.rep === 'any'
      ? (a: number, b: number) => compareWide(timeValues.data[a], timeValues.data[b])
      : undefined;
  const sorted =
    (exact === undefined
      ? await sortOnThread(input.encoder, seriesColumns, times, rows, input.timers)
      : undefined) ?? (await finishInTurns(sortSteps(seriesColumns, times, rows, exact), pause));

  const operations: KvOperation[] = [];
  const drafts: Draft[] = [];
  for (let start = 0; start < rows; start += SEGMENT_ROWS) {
    const order = sorted.permutation.subarray(start, Math.min(rows, start + SEGMENT_ROWS));
    const starts = cutStarts(sorted.starts, start, start + order.length);
    const sketch =
      exact === undefined ? sketchOf({ order, times, starts }, table, timeColumn) : undefined;
    await pause();
    const address = input.nextAddress();
    drafts.push({ address, order, starts, sketch, columns: new Map(), bytes: 0 });
  }
  const stored = liveColumns(table).filter(({ attnum }) => !segmentBy.includes(attnum));
  const encoded = await encodeLanes(input, stored, kept, drafts);
  for (const { attnum, type } of stored) {
    const columns = await encoded.get(attnum);
    drafts.forEach(
      (draft, i) => columns && takeColumn(draft, attnum, type, columns[i], operations),
    );
    if (columns !== undefined) continue;
    const column = attnum === timeColumn ? timeValues : await read(attnum);
    if (column === undefined) continue;
    for (const draft of drafts) await writeColumn(input, draft, attnum, type, column, operations);
    if (column !== timeValues) giveBackColumn(column);
  }
  const segments: Segment[] = [];
  for (const draft of drafts) {
    await input.timers.yield();
    const series = seriesOf(segmentBy, seriesColumns, draft.order, draft.starts, times);
    const seriesTypes = new Map<number, SqlType>();
    for (const attnum of segmentBy) seriesTypes.set(attnum, table.columns[attnum - 1].type);
    await input.timers.yield();
    const sketch = draft.sketch?.finish(draft.address, draft.bytes, input.isCold === true);
    for (const operation of sketch?.operations ?? []) {
      draft.bytes += operation.value.length;
      operations.push(operation);
    }
    const { columns } = draft;
    const value = encodeHeader({
      timeColumn,
      series,
      seriesTypes,
      columns,
      sketch: sketch?.header,
    });
    operations.push({ type: 'put', key: headerKey(draft.address), value });
    await input.timers.yield();
    segments.push(segmentOf(input, draft, series, value.length));
    await input.timers.yield();
  }
  for (const column of [timeValues, ...seriesColumns]) giveBackColumn(column);
  const orders = drafts.map(({ order }) => order);
  return { segments, operations, orders, positionOf: positions(sources, kept, sorted.permutation) };
}

function segmentOf(
  { isCompacted = false }: WriterInput,
  draft: Draft,
  { segmentBy, minTimes, maxTimes }: SeriesTable,
  headerBytes: number,
): Segment {
  let minTime = Infinity;
  let maxTime = -Infinity;
  for (let s = 0; s < minTimes.length; s++) {
    if (minTimes[s] < minTime) minTime = minTimes[s];
    if (maxTimes[s] > maxTime) maxTime = maxTimes[s];
  }
  const { address, order } = draft;
  const bytes = draft.bytes + headerBytes;
  return {
    id: address.segment,
    address,
    rows: order.length,
    bytes,
    minTime,
    maxTime,
    segmentBy,
    isCompacted,
  };
}

function sketchOf(
  rows: SortedRows,
  table: TableDescriptor,
  timeColumn: number,
): SegmentSketch | undefined {
  const intervals = sketchIntervals(rows, table.columns[timeColumn - 1].type.oid);
  return intervals && new SegmentSketch(intervals, rows.order.length);
}

async function seriesColumnsOf(
  { segmentBy: wanted, timers }: WriterInput,
  read: (attnum: number) => Promise<PlainColumn | undefined>,
): Promise<{ segmentBy: number[]; columns: PlainColumn[] }> {
  const segmentBy: number[] = [];
  const columns: PlainColumn[] = [];
  for (const attnum of wanted) {
    // A copy of a million rows takes a millisecond or two.
    await timers.yield();
    const column = await read(attnum);
    if (column === undefined || column.rep === 'any') continue;
    segmentBy.push(attnum);
    columns.push(column);
  }
  await timers.yield();
  return { segmentBy, columns };
}

/** A column, by draft. */
type EncodedColumns = readonly EncodedColumn[];

/** Columns that lanes hold, which are encoded while others are written. */
async function encodeLanes(
  input: WriterInput,
  columns: readonly ColumnDescriptor[],
  kept: readonly (Int32Array | undefined)[],
  drafts: readonly Draft[],
): Promise<Map<number, Promise<EncodedColumns>>> {
  const { sources, encoder, timers } = input;
  const encoded = new Map<number, Promise<EncodedColumns>>();
  // Rows are left out one by one where some are deleted.
  if (kept.some((rows) => rows !== undefined)) return encoded;
  const orders = drafts.map(({ order }) => kernelCopy(order));
  const intervals = drafts.map(({ sketch }) => sketch?.jobIntervals());
  const isCold = input.isCold === true;
  const all: Promise<void>[] = [];
  for (const { attnum, type } of columns) {
    if (vectorRep(type.oid) !== 'f64') continue;
    const lanes = await wholeLanes(sources, attnum, timers);
    if (lanes === undefined) continue;
    const sumKind = sumKindOf(type.oid);
    const jobs: EncodeLanesJob[] = [];
    orders.forEach((order, i) => {
      const { length: rows } = drafts[i].order;
      const of = { intervals: intervals[i], sumKind };
      if (order !== undefined) jobs.push({ kind: 'encode', lanes, order, rows, isCold, ...of });
    });
    if (jobs.length < drafts.length) break;
    const columns = Promise.all(jobs.map((job) => encoder.encode(job, timers)));
    // Who awaits it will see an error; until then it has no one.
    const done = columns.then(
      () => undefined,
      () => undefined,
    );
    all.push(done);
    void done.then(() => freeBlock(lanes.block));
    encoded.set(attnum, columns);
    await timers.yield();
  }
  const borders = intervals.map((of) => of?.borders);
  const shared = [...orders, ...borders].filter((block) => block !== undefined);
  void Promise.all(all).then(() => shared.forEach(freeBlock));
  return encoded;
}

async function writeColumn(
  input: WriterInput,
  draft: Draft,
  attnum: number,
  type: SqlType,
  column: PlainColumn,
  operations: KvOperation[],
): Promise<void> {
  const rows = draft.order.length;
  const sketch = vectorRep(type.oid) === 'f64' ? draft.sketch?.column(type.oid) : undefined;
  const blocks: EncodedBlock[] = [];
  for (let start = 0; start < rows; start += PIECE_ROWS) {
    const order = draft.order.subarray(start, Math.min(rows, start + PIECE_ROWS));
    const piece = borrowGathered(column, order);
    if (draft.sketch !== undefined) sketch?.addColumn(piece, draft.sketch.ofPiece(blocks.length));
    blocks.push(await encodePiece(piece, order.length, type, input));
    await input.timers.yield();
  }
  const encoded = { blocks, sketch: sketch?.encode(input.isCold === true) };
  takeColumn(draft, attnum, type, encoded, operations);
}

function takeColumn(
  draft: Draft,
  attnum: number,
  type: SqlType,
  { blocks, sketch }: EncodedColumn,
  operations: KvOperation[],
): void {
  const vectors = Math.ceil(draft.order.length / VECTOR_ROWS);
  const minimums = new Float64Array(vectors);
  const maximums = new Float64Array(vectors);
  let hasZones = false;
  const before = draft.bytes;
  blocks.forEach(({ value, zones }, block) => {
    if (zones !== undefined) {
      hasZones = true;
      minimums.set(zones.minimums, (block * PIECE_ROWS) / VECTOR_ROWS);
      maximums.set(zones.maximums, (block * PIECE_ROWS) / VECTOR_ROWS);
    }
    draft.bytes += value.length;
    operations.push({ type: 'put', key: blockKey(draft.address, attnum, block), value });
  });
  draft.columns.set(attnum, { type, zones: hasZones ? { minimums, maximums } : undefined });
  if (sketch !== undefined) draft.sketch?.add(attnum, sketch, draft.bytes - before);
}

/** The piece's memory is given back. */
async function encodePiece(
  piece: PlainColumn,
  rows: number,
  type: SqlType,
  input: WriterInput,
): Promise<EncodedBlock> {
  const zones = zonesOf(piece, rows);
  const steps = encodeSteps(piece, rows, type, input);
  const value = await finishInTurns(steps, () => input.timers.yield());
  giveBackColumn(piece);
  return { value, zones };
}

function cutStarts(starts: Int32Array, from: number, to: number): Int32Array {
  const cut: number[] = [0];
  for (const start of starts) if (start > from && start < to) cut.push(start - from);
  cut.push(to - from);
  return Int32Array.from(cut);
}

function compareWide(a: Value, b: Value): number {
  const [left, right] = [a as number | bigint, b as number | bigint];
  return left < right ? -1 : left > right ? 1 : 0;
}
