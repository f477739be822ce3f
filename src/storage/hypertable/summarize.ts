/**
 * A scan that hands out summaries where segments allow: rows sorted by series, none deleted, columns in
 * lanes, and conditions on nothing but time and series. Everything else comes as rows.
 */
import type { Timers } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { Summaries } from '../../vector/summary.ts';
import { sqlType, type SqlType } from '../../types/type.ts';
import type { SummaryColumn, SummaryPart, SummaryRequest } from '../storage.ts';
import { filteredBatches } from './emit-filtered.ts';
import { byPiece, outputColumns, type OutputColumns, type PieceRows } from './emit-rows.ts';
import {
  canMerge,
  summarizable,
  summarizeLanes,
  summarizeMerged,
  type PieceStretches,
} from './lane-summaries.ts';
import { sumEvenBuckets, type EvenPiece } from './even-buckets.ts';
import { mergeBuckets } from './merged-buckets.ts';
import type { Lanes } from '../../vector/lanes.ts';
import type { NullMask } from '../../vector/vector.ts';
import { hypertableOf } from './placement.ts';
import { rowsDecoded } from './pending-lanes.ts';
import type { RowSource } from './row-source.ts';
import { boundsOf, type ScanBounds } from './scan-bounds.ts';
import { rowCount, type RowRanges } from './select-rows.ts';
import {
  chunkInputs,
  isOutside,
  selectChunk,
  type ScanInput,
  type Selected,
} from './select-chunk.ts';
import { selectsExactly } from './selects-exactly.ts';
import type { SeriesTable } from './series-table.ts';
import { summarizeSketched } from './sketch-summaries.ts';
import type { StoredColumn } from './stored-column.ts';
import { stretchGroups, stretchRows } from './stretch-groups.ts';
import { cutStretches, Stretches, type StretchCut } from './stretches.ts';
import type { Times } from './times.ts';
import { usableSketch } from './usable-sketch.ts';

/** Stretches with fewer rows than this on average are not worth summarising. */
const ROWS_PER_STRETCH = 4;

export async function* scanSummaries(
  input: ScanInput,
  request: SummaryRequest,
): AsyncGenerator<SummaryPart> {
  const bounds = boundsOf(input.table, request.predicates);
  const { timeColumn } = hypertableOf(input.table);
  const output = outputColumns(input.table, request.attnums, timeColumn);
  const { counters } = request;
  const scan = { timeOrder: null, ...request };
  for (const chunk of chunkInputs(input)) {
    if (isOutside(chunk, bounds)) {
      if (counters !== undefined) counters.chunksPruned++;
      continue;
    }
    if (counters !== undefined) counters.chunks++;
    for await (const selected of selectChunk(input, chunk, bounds, scan)) {
      const isSuitable = canSummarize(input.table, selected.source, request, timeColumn);
      yield* isSuitable
        ? summarizeSource(input, selected, bounds, request, output)
        : emitRows(selected, bounds, request, output);
    }
  }
}

/** Whether the source's rows, as selected, are exactly those that the predicates let through. */
function canSummarize(
  table: TableDescriptor,
  source: RowSource,
  request: SummaryRequest,
  timeColumn: number,
): boolean {
  const { series, deleted } = source;
  if (series === undefined || (deleted !== undefined && deleted.count > 0)) return false;
  if (!request.groupBy.every((attnum) => series.columns.has(attnum))) return false;
  return selectsExactly(table, source, request.predicates, timeColumn);
}

async function* emitRows(
  { source, ranges }: Selected,
  bounds: ScanBounds,
  request: SummaryRequest,
  output: OutputColumns,
): AsyncGenerator<SummaryPart> {
  const { counters, coarse } = request;
  for await (const batch of filteredBatches(source, ranges, bounds, output, counters, coarse)) {
    yield { kind: 'rows', batch };
  }
}

/** Pieces whose columns are summarised together. */
const PIECES_MAX = 16;
/** Stretches, times their columns, from which on a part is handed out. */
const PART_NUMBERS = 65_536;
/** Rows of one column or another decoded between two turns of the event loop. */
const TURN_ROWS = 1_000_000;

const stretches = new Stretches();

async function* summarizeSource(
  input: ScanInput,
  { source, ranges }: Selected,
  bounds: ScanBounds,
  request: SummaryRequest,
  output: OutputColumns,
): AsyncGenerator<SummaryPart> {
  const types = request.groupBy.map((attnum) => typeOf(input.table, attnum));
  const needsTimes = request.columns.some(({ statistics }) => statistics.has('ends'));
  const series = source.series as SeriesTable;
  const bySeries = request.groupBy.length > 0 || needsTimes;
  const sketch = usableSketch(source, request, ranges);
  if (sketch !== undefined) {
    const cut: StretchCut = { series, bySeries, bucket: request.bucket, steps: undefined };
    const wanted = { request, cut, types, timers: input.timers };
    for await (const part of summarizeSketched(source, sketch, ranges, wanted)) {
      if (part.kind === 'summaries') yield part;
      else yield* emitRows({ source, ranges: part.rows.ranges }, bounds, request, output);
    }
    return;
  }
  const steps =
    request.bucket !== null && areMost(series, ranges) ? await source.evenSteps?.() : undefined;
  const cut: StretchCut = { series, bySeries, bucket: request.bucket, steps };
  const isEven = steps !== undefined && steps.every((step) => step > 0);
  const readsTimes = needsTimes || (request.bucket !== null && !isEven);
  const wanted = { request, cut, types, needsTimes, readsTimes, timers: input.timers };
  let pieces: PieceRows[] = [];
  for (const rows of byPiece(ranges)) {
    pieces.push(rows);
    if (pieces.length < PIECES_MAX) continue;
    yield* summarizePieces(source, pieces, wanted, bounds, output);
    pieces = [];
  }
  if (pieces.length > 0) yield* summarizePieces(source, pieces, wanted, bounds, output);
}

/** Whether the ranges have rows of most series; neighbours share one. */
function areMost({ count, starts }: SeriesTable, ranges: RowRanges): boolean {
  return ranges.starts.length * 2 >= count || rowCount(ranges) * 2 >= starts[count];
}

interface Wanted {
  readonly request: SummaryRequest;
  readonly cut: StretchCut;
  /** Types of the columns to group by. */
  readonly types: readonly SqlType[];
  /** Whether the earliest and latest times of stretches are asked for. */
  readonly needsTimes: boolean;
  /** Whether times are looked at; where all are evenly spaced borders follow without. */
  readonly readsTimes: boolean;
  readonly timers: Timers;
}

interface LoadedPiece {
  readonly rows: PieceRows;
  /** undefined where a column cannot be summarised. */
  readonly lanes: readonly Lanes[] | undefined;
  readonly nulls: readonly NullMask[];
  readonly times: Times | undefined;
}

async function* summarizePieces(
  source: RowSource,
  pieces: readonly PieceRows[],
  wanted: Wanted,
  bounds: ScanBounds,
  output: OutputColumns,
): AsyncGenerator<SummaryPart> {
  const loads: (LoadedPiece | Promise<LoadedPiece>)[] = [];
  let before = rowsDecoded();
  for (const rows of pieces) {
    const load = loadPiece(source, rows, wanted);
    // One that fails while others are waited for is noticed when its turn comes.
    if (load instanceof Promise) load.catch(() => undefined);
    loads.push(load);
    if (rowsDecoded() - before < TURN_ROWS) continue;
    await wanted.timers.yield();
    before = rowsDecoded();
  }
  const loaded: LoadedPiece[] = [];
  for (const load of loads) loaded.push(load instanceof Promise ? await load : load);
  const { request } = wanted;
  const others: PieceRows[] = [];
  // Between two parts nothing is awaited: the stretches and scratch memory are shared.
  for (const part of partsOf(loaded, wanted, others)) yield { kind: 'summaries', summaries: part };
  for (const { ranges } of others) yield* emitRows({ source, ranges }, bounds, request, output);
}

/** The pieces' summaries, some thousands at a time; `others` gets the pieces whose rows must be read. */
function* partsOf(
  pieces: readonly LoadedPiece[],
  wanted: Wanted,
  others: PieceRows[],
): Generator<Summaries> {
  const { counters, columns } = wanted.request;
  const even = evenSummaries(pieces, wanted);
  if (even !== undefined) {
    yield even;
    return;
  }
  let cut: CutPiece[] = [];
  stretches.count = 0;
  for (const { rows, lanes, nulls, times } of pieces) {
    const from = stretches.count;
    const most = rows.count / ROWS_PER_STRETCH;
    if (lanes === undefined || !cutStretches(rows.ranges, wanted.cut, times, most, stretches)) {
      others.push(rows);
      continue;
    }
    cut.push({ from, to: stretches.count, lanes, nulls, times });
    if (counters !== undefined) {
      counters.summarizedRows += rows.count;
      counters.summaries += stretches.count - from;
    }
    if (stretches.count * Math.max(1, columns.length) < PART_NUMBERS) continue;
    yield summariesOf(cut, wanted);
    cut = [];
    stretches.count = 0;
  }
  if (stretches.count > 0) yield summariesOf(cut, wanted);
}

type CutPiece = PieceStretches & Pick<LoadedPiece, 'times'>;

/** Waits only for what is not in memory. */
function loadPiece(
  source: RowSource,
  rows: PieceRows,
  { request, readsTimes }: Wanted,
): LoadedPiece | Promise<LoadedPiece> {
  const columns = request.columns.map(({ attnum }) =>
    source.piece(attnum, rows.index, rows.ranges),
  );
  const times = readsTimes ? source.times(rows.index, rows.ranges) : undefined;
  const ready = (
    found: readonly (StoredColumn | undefined)[],
    foundTimes: Times | undefined,
  ): LoadedPiece => ({
    rows,
    lanes: lanesOf(found, request.columns),
    nulls: found.map((column) => column?.nulls),
    times: foundTimes,
  });
  if (times instanceof Promise || columns.some((column) => column instanceof Promise)) {
    return Promise.all([Promise.all(columns), times]).then((found) => ready(...found));
  }
  return ready(columns as (StoredColumn | undefined)[], times);
}

/** The columns to summarise; undefined where one of them cannot be. */
function lanesOf(
  columns: readonly (StoredColumn | undefined)[],
  wanted: readonly SummaryColumn[],
): Lanes[] | undefined {
  const result: Lanes[] = [];
  for (let i = 0; i < columns.length; i++) {
    const lanes = summarizable(columns[i], wanted[i]);
    if (lanes === undefined) return undefined;
    result.push(lanes);
  }
  return result;
}

function typeOf(table: TableDescriptor, attnum: number): SqlType {
  return table.columns[attnum - 1]?.type ?? sqlType(0);
}

function summariesOf(
  pieces: readonly CutPiece[],
  { request, cut, types, needsTimes }: Wanted,
): Summaries {
  const merged = mergedSummaries(pieces, request);
  if (merged !== undefined) return merged;
  const { count, buckets } = stretches;
  return {
    length: count,
    rows: stretchRows(stretches),
    buckets: request.bucket === null ? NO_NUMBERS : buckets.slice(0, count),
    ...(needsTimes ? timesOfStretches(pieces) : NO_TIMES),
    groups: stretchGroups(stretches, cut.series, request.groupBy, types),
    columns: summarizeLanes(pieces, stretches, request.columns),
  };
}

/** The summaries of whole buckets of evenly spaced series where no column is grouped by; undefined for others. */
function evenSummaries(
  pieces: readonly LoadedPiece[],
  { request, cut: { series, steps } }: Wanted,
): Summaries | undefined {
  const { groupBy, bucket, columns, counters } = request;
  if (groupBy.length > 0 || bucket === null || steps === undefined) return undefined;
  if (!columns.every(canMerge)) return undefined;
  const even: EvenPiece[] = [];
  for (const { rows, lanes, nulls } of pieces) {
    if (lanes === undefined || nulls.some((mask) => mask !== undefined)) return undefined;
    even.push({ ranges: rows.ranges, lanes });
  }
  const found = sumEvenBuckets(even, { series, steps, bucket }, columns);
  if (found === undefined) return undefined;
  if (counters !== undefined) {
    for (const { rows } of pieces) counters.summarizedRows += rows.count;
    counters.summaries += found.stretches;
  }
  const { starts: buckets, rows } = found;
  return { length: rows.length, rows, buckets, ...NO_TIMES, groups: [], columns: found.columns };
}

/** The summaries of whole buckets where no column is grouped by; undefined where they cannot be merged. */
function mergedSummaries(
  pieces: readonly CutPiece[],
  { groupBy, bucket, columns }: SummaryRequest,
): Summaries | undefined {
  if (groupBy.length > 0 || bucket === null || !columns.every(canMerge)) return undefined;
  if (pieces.some(({ nulls }) => nulls?.some((mask) => mask !== undefined))) return undefined;
  const merged = mergeBuckets(stretches, bucket.width);
  const found = merged && summarizeMerged(pieces, stretches, columns, merged);
  if (merged === undefined || found === undefined) return undefined;
  const { count: length, rows, starts: buckets } = merged;
  return { length, rows, buckets, ...NO_TIMES, groups: [], columns: found };
}

const NO_NUMBERS = new Float64Array(0);
const NO_TIMES = { firstTimes: NO_NUMBERS, lastTimes: NO_NUMBERS };

function timesOfStretches(
  pieces: readonly CutPiece[],
): Pick<Summaries, 'firstTimes' | 'lastTimes'> {
  const { count, starts, ends } = stretches;
  const firstTimes = new Float64Array(count);
  const lastTimes = new Float64Array(count);
  for (const { from, to, times } of pieces) {
    if (times === undefined) continue;
    for (let i = from; i < to; i++) {
      firstTimes[i] = times.at(starts[i]);
      lastTimes[i] = times.at(ends[i] - 1);
    }
  }
  return { firstTimes, lastTimes };
}
