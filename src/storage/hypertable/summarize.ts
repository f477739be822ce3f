/**
 * A scan that hands out summaries where segments allow: rows sorted by series, none deleted, columns in
 * lanes, and conditions on nothing but time and series. Everything else comes as rows.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { Summaries } from '../../vector/summary.ts';
import { sqlType, type SqlType } from '../../types/type.ts';
import type { SummaryPart, SummaryRequest } from '../storage.ts';
import { filteredBatches } from './emit-filtered.ts';
import { byPiece, outputColumns, type OutputColumns } from './emit-rows.ts';
import { summarizable, summarizeLanes } from './lane-summaries.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { hypertableOf } from './placement.ts';
import type { RowSource } from './row-source.ts';
import { boundsOf, type ScanBounds } from './scan-bounds.ts';
import {
  chunkInputs,
  isOutside,
  selectChunk,
  type ScanInput,
  type Selected,
} from './select-chunk.ts';
import { selectsExactly } from './selects-exactly.ts';
import type { SeriesTable } from './series-table.ts';
import { gatherColumn, toVector, type PlainColumn, type StoredColumn } from './stored-column.ts';
import { cutStretches, Stretches } from './stretches.ts';
import type { Times } from './times.ts';

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
  const scan = { ...request, timeOrder: null };
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
  for await (const batch of filteredBatches(source, ranges, bounds, output, request.counters)) {
    yield { kind: 'rows', batch };
  }
}

const stretches = new Stretches();

async function* summarizeSource(
  input: ScanInput,
  { source, ranges }: Selected,
  bounds: ScanBounds,
  request: SummaryRequest,
  output: OutputColumns,
): AsyncGenerator<SummaryPart> {
  const series = source.series as SeriesTable;
  const needsTimes = request.columns.some(({ statistics }) => statistics.has('ends'));
  const bySeries = request.groupBy.length > 0 || needsTimes;
  const types = request.groupBy.map((attnum) => typeOf(input.table, attnum));
  for (const rows of byPiece(ranges)) {
    const lanes = await lanesOf(source, request, rows.index);
    const times =
      request.bucket === null && !needsTimes ? undefined : await source.times(rows.index);
    const most = rows.count / ROWS_PER_STRETCH;
    // From here to the end of the piece nothing is awaited: the stretches and scratch memory are shared.
    if (
      lanes === undefined ||
      !cutStretches(rows.ranges, series, bySeries, request.bucket, times, most, stretches)
    ) {
      yield* emitRows({ source, ranges: rows.ranges }, bounds, request, output);
      continue;
    }
    if (request.counters !== undefined) {
      request.counters.summarizedRows += rows.count;
      request.counters.summaries += stretches.count;
    }
    yield { kind: 'summaries', summaries: summariesOf(series, request, types, lanes, times) };
  }
}

function typeOf(table: TableDescriptor, attnum: number): SqlType {
  return table.columns[attnum - 1]?.type ?? sqlType(0);
}

/** The columns to summarise; undefined where one of them cannot be. */
async function lanesOf(
  source: RowSource,
  request: SummaryRequest,
  index: number,
): Promise<Lanes[] | undefined> {
  const result: Lanes[] = [];
  for (const wanted of request.columns) {
    const piece = source.piece(wanted.attnum, index);
    const column: StoredColumn | undefined = piece instanceof Promise ? await piece : piece;
    const lanes = summarizable(column, wanted);
    if (lanes === undefined) return undefined;
    result.push(lanes);
  }
  return result;
}

function summariesOf(
  series: SeriesTable,
  request: SummaryRequest,
  types: readonly SqlType[],
  lanes: readonly Lanes[],
  times: Times | undefined,
): Summaries {
  const { count, starts, ends } = stretches;
  const rows = new Float64Array(count);
  for (let i = 0; i < count; i++) rows[i] = ends[i] - starts[i];
  const firstTimes = new Float64Array(times === undefined ? 0 : count);
  const lastTimes = new Float64Array(firstTimes.length);
  if (times !== undefined) {
    for (let i = 0; i < count; i++) {
      firstTimes[i] = times.at(starts[i]);
      lastTimes[i] = times.at(ends[i] - 1);
    }
  }
  const groups = request.groupBy.map((attnum, g) => {
    const values = series.columns.get(attnum) as PlainColumn;
    return toVector(gatherColumn(values, stretches.series, count), types[g], 0, count);
  });
  const columns = lanes.map((column, c) => summarizeLanes(column, stretches, request.columns[c]));
  return { length: count, rows, firstTimes, lastTimes, groups, columns };
}
