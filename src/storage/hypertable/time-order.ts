/**
 * Rows of one chunk in the order of time. Every run is sorted by time already, so the chunk is cut into
 * windows of time with a batch's worth of rows each; a window's rows are found by binary search, sorted
 * and emitted. A consumer that stops early pays for the windows that it has seen.
 */
import type { Batch } from '../../vector/vector.ts';
import { gather } from '../../vector/gather.ts';
import { batchBytes, concatBatches } from '../../vector/concat.ts';
import type { ScanRequest } from '../storage.ts';
import { byPiece, emitPiece, type OutputColumns } from './emit-rows.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { Selected } from './scan.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import { storedValueAt } from './stored-column.ts';

/** Rows that a window aims at. */
const WINDOW_ROWS = 65_536;
/** The first window is small: many consumers want a few rows only. */
const FIRST_WINDOW_ROWS = 1024;

/** A stretch of a source's rows that ascends by time. */
interface Run {
  /** First and last row that has not been emitted. */
  start: number;
  end: number;
}

interface TimedSource {
  readonly source: RowSource;
  readonly times: readonly Float64Array[];
  readonly runs: Run[];
}

export async function* scanInTimeOrder(
  selected: readonly Selected[],
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
    const taken = sources.map((source) => takeWindow(source, border, descending));
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
  const times: Float64Array[] = [];
  const needed = new Set<number>();
  for (let r = 0; r < ranges.starts.length; r++) {
    const last = Math.floor((ranges.ends[r] - 1) / PIECE_ROWS);
    for (let p = Math.floor(ranges.starts[r] / PIECE_ROWS); p <= last; p++) needed.add(p);
  }
  for (const index of needed) times[index] = await source.times(index);
  const runs: Run[] = [];
  for (let r = 0; r < ranges.starts.length; r++) {
    if (source.series === undefined) addRuns(runs, times, ranges.starts[r], ranges.ends[r]);
    else addSeriesRuns(runs, source.series, ranges.starts[r], ranges.ends[r]);
  }
  return { source, times, runs };
}

/** Splits a range of rows where another series begins. */
function addSeriesRuns(runs: Run[], series: SeriesTable, start: number, end: number): void {
  for (let s = seriesAt(series, start); start < end; s++) {
    const next = Math.min(end, series.starts[s + 1]);
    runs.push({ start, end: next });
    start = next;
  }
}

/** Splits a range of rows wherever time steps back. */
function addRuns(runs: Run[], times: readonly Float64Array[], start: number, end: number): void {
  let previous = -Infinity;
  let runStart = start;
  for (let row = start; row < end; row++) {
    const time = timeAt(times, row);
    if (time < previous) {
      runs.push({ start: runStart, end: row });
      runStart = row;
    }
    previous = time;
  }
  runs.push({ start: runStart, end });
}

function timeAt(times: readonly Float64Array[], row: number): number {
  return times[Math.floor(row / PIECE_ROWS)][row % PIECE_ROWS];
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
  let first = descending ? -Infinity : Infinity;
  let last = descending ? Infinity : -Infinity;
  let rows = 0;
  for (const { runs, times } of sources) {
    for (const run of runs) {
      if (run.start >= run.end) continue;
      const low = timeAt(times, run.start);
      const high = timeAt(times, run.end - 1);
      rows += run.end - run.start;
      first = descending ? Math.max(first, high) : Math.min(first, low);
      last = descending ? Math.min(last, low) : Math.max(last, high);
    }
  }
  if (rows === 0) return undefined;
  if (rows <= target) return { border: last, width: Math.abs(last - first) };
  // From twice what an even spread needs, halve until few enough rows lie inside.
  const all = Math.abs(last - first);
  let width = Math.min(all, Math.max((2 * all * target) / rows, lastWidth * 2));
  for (;;) {
    const border = descending ? first - width : first + width;
    if (border === first || countInside(sources, border, descending) <= target)
      return { border, width };
    width /= 2;
  }
}

function countInside(sources: readonly TimedSource[], border: number, descending: boolean): number {
  let count = 0;
  for (const { runs, times } of sources) {
    for (const run of runs) {
      if (run.start >= run.end) continue;
      count += descending
        ? run.end - firstAtLeast(times, run.start, run.end, border)
        : firstAbove(times, run.start, run.end, border) - run.start;
    }
  }
  return count;
}

/** Takes the window's rows off the runs; returns them as ranges. */
function takeWindow(
  { runs, times }: TimedSource,
  border: number,
  descending: boolean,
): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const run of runs) {
    if (run.start >= run.end) continue;
    if (descending) {
      const from = firstAtLeast(times, run.start, run.end, border);
      if (from === run.end) continue;
      starts.push(from);
      ends.push(run.end);
      run.end = from;
    } else {
      const to = firstAbove(times, run.start, run.end, border);
      if (to === run.start) continue;
      starts.push(run.start);
      ends.push(to);
      run.start = to;
    }
  }
  return { starts, ends };
}

async function emitWindow(
  sources: readonly TimedSource[],
  taken: readonly { starts: number[]; ends: number[] }[],
  output: OutputColumns,
  timeColumn: number,
  descending: boolean,
): Promise<Batch> {
  const batches: Batch[] = [];
  const times: number[] = [];
  for (let s = 0; s < sources.length; s++) {
    for (const rows of byPiece(taken[s])) {
      batches.push(await emitPiece(sources[s].source, rows, output));
      for (let r = 0; r < rows.ranges.starts.length; r++) {
        for (let row = rows.ranges.starts[r]; row < rows.ranges.ends[r]; row++) {
          times.push(timeAt(sources[s].times, row));
        }
      }
    }
  }
  const batch = concatBatches(output.types, batches);
  const order = orderOf(times, descending);
  await refineWide(sources, taken, timeColumn, times, order, descending);
  return { columns: batch.columns.map((column) => gather(column, order)), length: batch.length };
}

/** Positions in the order of time; equal times stay in the order in which they were found. */
function orderOf(times: readonly number[], descending: boolean): Int32Array {
  const count = times.length;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    if (times[i] < low) low = times[i];
    if (times[i] > high) high = times[i];
  }
  const order = new Int32Array(count);
  if ((high - low) * count < 2 ** 52 && Number.isInteger(low)) {
    // Time and position in one double sort natively.
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      keys[i] = (descending ? high - times[i] : times[i] - low) * count + i;
    }
    keys.sort();
    for (let i = 0; i < count; i++) order[i] = keys[i] % count;
    return order;
  }
  for (let i = 0; i < count; i++) order[i] = i;
  return order.sort((a, b) => (descending ? times[b] - times[a] : times[a] - times[b]));
}

/** Puts times beyond 2^53, equal as doubles, into their exact order. */
async function refineWide(
  sources: readonly TimedSource[],
  taken: readonly { starts: number[]; ends: number[] }[],
  timeColumn: number,
  times: readonly number[],
  order: Int32Array,
  descending: boolean,
): Promise<void> {
  let wide = false;
  for (const time of times) wide ||= Math.abs(time) >= 2 ** 53;
  if (!wide) return;
  const exact: (number | bigint)[] = [];
  for (let s = 0; s < sources.length; s++) {
    for (const { index, ranges } of byPiece(taken[s])) {
      const piece = await sources[s].source.piece(timeColumn, index);
      for (let r = 0; r < ranges.starts.length; r++) {
        for (let row = ranges.starts[r]; row < ranges.ends[r]; row++) {
          const value = piece === undefined ? null : storedValueAt(piece, row % PIECE_ROWS);
          exact.push(value as number | bigint);
        }
      }
    }
  }
  order.sort((a, b) => {
    const [left, right] = descending ? [exact[b], exact[a]] : [exact[a], exact[b]];
    return left < right ? -1 : left > right ? 1 : a - b;
  });
}

function firstAtLeast(
  times: readonly Float64Array[],
  start: number,
  end: number,
  bound: number,
): number {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (timeAt(times, middle) < bound) start = middle + 1;
    else end = middle;
  }
  return start;
}

function firstAbove(
  times: readonly Float64Array[],
  start: number,
  end: number,
  bound: number,
): number {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (timeAt(times, middle) <= bound) start = middle + 1;
    else end = middle;
  }
  return start;
}
