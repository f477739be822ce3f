/**
 * Rows of one chunk in the order of time. Every run is sorted by time already, so the chunk is cut into
 * windows of time with a batch's worth of rows each; a window's rows are found by binary search, sorted
 * and emitted. A consumer that stops early pays for the windows that it has seen.
 */
import type { Batch } from '../../vector/vector.ts';
import { gather } from '../../vector/gather.ts';
import { batchBytes } from '../../vector/concat.ts';
import type { ScanRequest } from '../storage.ts';
import type { OutputColumns } from './emit-rows.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanBounds } from './scan-bounds.ts';
import type { RowRanges } from './select-rows.ts';
import type { Selected } from './select-chunk.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import { SourceTimes } from './source-times.ts';
import { emitWindow, filterWindow, type TimedRows } from './window-rows.ts';

/** A window may have so many times the rows that it aims at where they share few times. */
const STUCK_FACTOR = 8;
/** Rows that a window aims at. */
const WINDOW_ROWS = 65_536;
/** The first window is small: many consumers want a few rows only. */
const FIRST_WINDOW_ROWS = 1024;

/** A source with its runs: stretches of rows that ascend by time, as far as they are not emitted. */
interface TimedSource extends TimedRows {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Times of each run's first and last row. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

export async function* scanInTimeOrder(
  selected: readonly Selected[],
  bounds: ScanBounds,
  output: OutputColumns,
  timeColumn: number,
  request: ScanRequest,
): AsyncGenerator<Batch> {
  const sources: TimedSource[] = [];
  for (const one of selected) sources.push(await timedSource(one));
  const descending = request.timeOrder === 'desc';
  let target = FIRST_WINDOW_ROWS;
  let width = 0;
  for (;;) {
    const next = nextBorder(sources, descending, target, width);
    if (next === undefined) return;
    const { border } = next;
    width = next.width;
    const taken: RowRanges[] = [];
    for (const timed of sources) {
      const window = takeWindow(timed, border, descending);
      taken.push(await filterWindow(timed.source, window, bounds));
    }
    const batch = await emitWindow(sources, taken, output, timeColumn, descending);
    if (request.counters !== undefined) {
      request.counters.rows += batch.length;
      request.counters.bytes += batchBytes(batch);
    }
    for (let start = 0; start < batch.length; start += PIECE_ROWS) yield cut(batch, start);
    target = Math.min(WINDOW_ROWS, target * 4);
  }
}

function cut(batch: Batch, start: number): Batch {
  if (start === 0 && batch.length <= PIECE_ROWS) return batch;
  const end = Math.min(batch.length, start + PIECE_ROWS);
  const rows = Int32Array.from({ length: end - start }, (_, i) => start + i);
  return { columns: batch.columns.map((column) => gather(column, rows)), length: end - start };
}

async function timedSource({ source, ranges }: Selected): Promise<TimedSource> {
  const times = new SourceTimes(source);
  for (let r = 0; r < ranges.starts.length; r++) {
    const loading = times.load(ranges.starts[r], ranges.ends[r]);
    if (loading !== undefined) await loading;
  }
  const starts: number[] = [];
  const { series } = source;
  for (let r = 0; r < ranges.starts.length; r++) {
    if (series === undefined) addRuns(starts, times, ranges.starts[r], ranges.ends[r]);
    else addSeriesRuns(starts, series, ranges.starts[r], ranges.ends[r]);
  }
  return withTimes(source, times, Int32Array.from(starts), ranges);
}

/** Fills in where runs end, and their first and last times: a series knows those of its whole run. */
function withTimes(
  source: RowSource,
  times: SourceTimes,
  starts: Int32Array,
  ranges: RowRanges,
): TimedSource {
  const count = starts.length;
  const ends = new Int32Array(count);
  const lows = new Float64Array(count);
  const highs = new Float64Array(count);
  const { series } = source;
  let range = 0;
  let s = 0;
  for (let r = 0; r < count; r++) {
    while (ranges.ends[range] <= starts[r]) range++;
    ends[r] = r + 1 < count ? Math.min(ranges.ends[range], starts[r + 1]) : ranges.ends[range];
    if (series !== undefined) while (series.starts[s + 1] <= starts[r]) s++;
    const fromStart = series !== undefined && series.starts[s] === starts[r];
    const toEnd = series !== undefined && series.starts[s + 1] === ends[r];
    lows[r] = fromStart ? series.minTimes[s] : times.at(starts[r]);
    highs[r] = toEnd ? series.maxTimes[s] : times.at(ends[r] - 1);
  }
  return { source, times, starts, ends, lows, highs };
}

/** Splits a range of rows where another series begins. */
function addSeriesRuns(starts: number[], series: SeriesTable, start: number, end: number): void {
  for (let s = seriesAt(series, start); start < end; s++) {
    starts.push(start);
    start = series.starts[s + 1];
  }
}

/** Splits a range of rows wherever time steps back. */
function addRuns(starts: number[], times: SourceTimes, start: number, end: number): void {
  let previous = Infinity;
  for (let row = start; row < end; row++) {
    const time = times.at(row);
    if (time < previous) starts.push(row);
    previous = time;
  }
  // The first row begins a run even at an infinite time before it.
  if (starts[starts.length - 1] < start) starts.push(start);
}

/**
 * The time up to which (descending: from which) the next window reaches, so that it has at most about
 * `target` rows; one time with more rows than that still makes one window.
 */
function nextBorder(
  sources: readonly TimedSource[],
  descending: boolean,
  target: number,
  lastWidth: number,
): { border: number; width: number } | undefined {
  let low = Infinity;
  let high = -Infinity;
  let rows = 0;
  for (const { starts, ends, lows, highs } of sources) {
    for (let r = 0; r < starts.length; r++) {
      const left = ends[r] - starts[r];
      if (left === 0) continue;
      rows += left;
      if (lows[r] < low) low = lows[r];
      if (highs[r] > high) high = highs[r];
    }
  }
  if (rows === 0) return undefined;
  const all = high - low;
  if (rows <= target) return { border: descending ? low : high, width: all };
  // From twice what an even spread needs, halve until few enough rows lie inside.
  let width = Math.min(all, Math.max((2 * all * target) / rows, lastWidth * 2));
  let before = Infinity;
  for (;;) {
    const border = descending ? high - width : low + width;
    const inside = countInside(sources, border, descending);
    // Rows of one time cannot be parted: where halving takes none away there is no point in going on.
    const isStuck = inside === before && inside <= target * STUCK_FACTOR;
    const isSmallest = border === (descending ? high : low);
    if (inside <= target || isStuck || isSmallest) return { border, width };
    before = inside;
    width /= 2;
  }
}

function countInside(sources: readonly TimedSource[], border: number, descending: boolean): number {
  let count = 0;
  for (const timed of sources) {
    for (let r = 0; r < timed.starts.length; r++) count += rowsInside(timed, r, border, descending);
  }
  return count;
}

/** How many of a run's rows lie on this side of the border. */
function rowsInside(timed: TimedSource, r: number, border: number, descending: boolean): number {
  const start = timed.starts[r];
  const end = timed.ends[r];
  if (start === end) return 0;
  if (descending) {
    if (timed.highs[r] < border) return 0;
    if (timed.lows[r] >= border) return end - start;
    return end - timed.times.firstAtLeast(start, end, border);
  }
  if (timed.lows[r] > border) return 0;
  if (timed.highs[r] <= border) return end - start;
  return timed.times.firstAbove(start, end, border) - start;
}

/** Takes the window's rows off the runs; returns them as ranges. */
function takeWindow(timed: TimedSource, border: number, descending: boolean): RowRanges {
  const { starts, ends, lows, highs, times } = timed;
  const taken: RowRanges = { starts: [], ends: [] };
  for (let r = 0; r < starts.length; r++) {
    const count = rowsInside(timed, r, border, descending);
    if (count === 0) continue;
    if (descending) {
      taken.starts.push(ends[r] - count);
      taken.ends.push(ends[r]);
      ends[r] -= count;
      if (starts[r] < ends[r]) highs[r] = times.at(ends[r] - 1);
    } else {
      taken.starts.push(starts[r]);
      taken.ends.push(starts[r] + count);
      starts[r] += count;
      if (starts[r] < ends[r]) lows[r] = times.at(starts[r]);
    }
  }
  return taken;
}
