/** Which rows of a source a scan has to look at: ascending ranges of rows. */
import { EvenTimes } from './even-series.ts';
import type { ScanBounds } from './scan-bounds.ts';
import { PIECE_ROWS, pieceCount, VECTOR_ROWS, type RowSource } from './row-source.ts';
import { seriesWith, type SeriesTable } from './series-table.ts';
import { SourceTimes } from './source-times.ts';
import type { Times } from './times.ts';

/** Half-open, ascending, not overlapping, none empty. */
export interface RowRanges {
  readonly starts: number[];
  readonly ends: number[];
}

export function rowCount({ starts, ends }: RowRanges): number {
  let count = 0;
  for (let r = 0; r < starts.length; r++) count += ends[r] - starts[r];
  return count;
}

const NONE: RowRanges = { starts: [], ends: [] };

/** Ranges of the rows that may satisfy the bounds; a superset of those that do. */
export function selectRows(source: RowSource, bounds: ScanBounds): RowRanges | Promise<RowRanges> {
  const { minTime, maxTime } = bounds;
  if (source.rows === 0 || source.minTime > maxTime || source.maxTime < minTime) return NONE;
  const inside = source.minTime >= minTime && source.maxTime <= maxTime;
  const { series } = source;
  if (series === undefined) {
    return inside ? { starts: [0], ends: [source.rows] } : selectByTime(source, bounds);
  }
  const picked = pickSeries(series, bounds);
  if (picked !== undefined && picked.length === 0) return NONE;
  if (picked === undefined && inside) {
    return refine(source, { starts: [0], ends: [source.rows] }, bounds);
  }
  // Steps are found out from all times of the source, which a few series are not worth.
  const steps = picked === undefined ? source.evenSteps?.() : undefined;
  if (steps instanceof Promise) {
    return steps.then((found) => selectRuns(source, { series, picked, steps: found }, bounds));
  }
  return selectRuns(source, { series, picked, steps }, bounds);
}

/** The series to look at. */
interface PickedSeries {
  readonly series: SeriesTable;
  /** undefined for all. */
  readonly picked: Int32Array | undefined;
  /** Of evenly spaced times, by series; undefined where they are not known. */
  readonly steps: Float64Array | undefined;
}

function selectRuns(
  source: RowSource,
  picked: PickedSeries,
  bounds: ScanBounds,
): RowRanges | Promise<RowRanges> {
  const times = new SourceTimes(source);
  const loading = loadTimes(source, times, picked, bounds);
  if (loading === undefined) return cutRuns(source, picked, bounds, times);
  return loading.then(() => cutRuns(source, picked, bounds, times));
}

const even = new EvenTimes();

function cutRuns(
  source: RowSource,
  { series, picked, steps }: PickedSeries,
  bounds: ScanBounds,
  stored: SourceTimes,
): RowRanges {
  const { minTime, maxTime } = bounds;
  const starts: number[] = [];
  const ends: number[] = [];
  const count = picked === undefined ? series.count : picked.length;
  for (let i = 0; i < count; i++) {
    const s = picked === undefined ? i : picked[i];
    const earliest = series.minTimes[s];
    const latest = series.maxTimes[s];
    if (earliest > maxTime || latest < minTime) continue;
    const firstRow = series.starts[s];
    const endRow = series.starts[s + 1];
    let start = firstRow;
    let end = endRow;
    const step = steps === undefined ? 0 : steps[s];
    if (step > 0) even.set(firstRow, earliest, step);
    const times = step > 0 ? even : stored;
    // Each time looked at is likely to miss all caches: the series knows its ends.
    if (earliest < minTime) start = times.firstAtLeast(firstRow, endRow, minTime, earliest, latest);
    if (latest > maxTime) end = times.firstAbove(firstRow, endRow, maxTime, earliest, latest);
    if (start >= end) continue;
    const last = ends.length - 1;
    if (last >= 0 && ends[last] === start) ends[last] = end;
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return refine(source, { starts, ends }, bounds);
}

/** Positions of the series that the equalities leave, or undefined for all. */
function pickSeries(series: SeriesTable, bounds: ScanBounds): Int32Array | undefined {
  let picked: Int32Array | undefined;
  for (const { attnum, values } of bounds.equalities) {
    if (!series.columns.has(attnum)) continue;
    const found = seriesOfValues(series, attnum, values);
    if (found === undefined) continue;
    picked = picked === undefined ? found : intersect(picked, found);
    if (picked.length === 0) break;
  }
  return picked;
}

function seriesOfValues(
  series: SeriesTable,
  attnum: number,
  values: readonly unknown[],
): Int32Array | undefined {
  const lists: Int32Array[] = [];
  let total = 0;
  for (const value of values) {
    if (value === null) continue;
    const found = seriesWith(series, attnum, value as never);
    if (found === undefined) return undefined;
    lists.push(found);
    total += found.length;
  }
  if (lists.length === 1) return lists[0];
  const union = new Int32Array(total);
  let at = 0;
  for (const list of lists) {
    union.set(list, at);
    at += list.length;
  }
  union.sort();
  let kept = 0;
  for (let i = 0; i < total; i++)
    if (i === 0 || union[i] !== union[i - 1]) union[kept++] = union[i];
  return union.subarray(0, kept);
}

function intersect(a: Int32Array, b: Int32Array): Int32Array {
  const result = new Int32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      result[count++] = a[i];
      i++;
      j++;
    } else if (a[i] < b[j]) i++;
    else j++;
  }
  return result.subarray(0, count);
}

/** Loads the pieces of the time column that cutting the runs needs. */
function loadTimes(
  source: RowSource,
  times: SourceTimes,
  { series, picked, steps }: PickedSeries,
  bounds: ScanBounds,
): Promise<unknown> | undefined {
  const waits: Promise<unknown>[] = [];
  const count = picked === undefined ? series.count : picked.length;
  let loaded = 0;
  for (let i = 0; i < count; i++) {
    const s = picked === undefined ? i : picked[i];
    const earliest = series.minTimes[s];
    const latest = series.maxTimes[s];
    if (earliest > bounds.maxTime || latest < bounds.minTime) continue;
    if (earliest >= bounds.minTime && latest <= bounds.maxTime) continue;
    let end = series.starts[s + 1];
    if (end <= loaded || (steps !== undefined && steps[s] > 0)) continue;
    // Of all series next to none is left out, so that a whole piece at a time is less work.
    if (picked === undefined) {
      loaded = Math.min(source.rows, Math.ceil(end / PIECE_ROWS) * PIECE_ROWS);
      end = loaded;
    }
    const loading = times.load(series.starts[s], end);
    if (loading !== undefined) waits.push(loading);
  }
  return waits.length === 0 ? undefined : Promise.all(waits);
}

/** Rows in the order of arrival: one pass over their times. */
function selectByTime(source: RowSource, bounds: ScanBounds): RowRanges {
  const starts: number[] = [];
  const ends: number[] = [];
  const { minTime, maxTime } = bounds;
  for (let index = 0; index < pieceCount(source); index++) {
    const times = source.times(index) as Times;
    const base = index * PIECE_ROWS;
    let open = ends.length > 0 && ends[ends.length - 1] === base;
    for (let i = 0; i < times.length; i++) {
      const time = times.at(i);
      if (time < minTime || time > maxTime) open = false;
      else if (open) ends[ends.length - 1] = base + i + 1;
      else {
        starts.push(base + i);
        ends.push(base + i + 1);
        open = true;
      }
    }
  }
  return { starts, ends };
}

/** Leaves out vectors that no value range reaches, and deleted rows. */
function refine(source: RowSource, ranges: RowRanges, bounds: ScanBounds): RowRanges {
  let result = ranges;
  for (const { attnum, low, high } of bounds.ranges) {
    const zones = source.zones(attnum);
    if (zones === undefined) continue;
    result = keepVectors(result, zones.minimums, zones.maximums, low, high);
  }
  return result;
}

/** Where more than this share of the rows is left anyway, copying them costs more than it saves. */
const KEPT_SHARE = 0.75;

function keepVectors(
  ranges: RowRanges,
  minimums: Float64Array,
  maximums: Float64Array,
  low: number,
  high: number,
): RowRanges {
  const starts: number[] = [];
  const ends: number[] = [];
  let total = 0;
  let kept = 0;
  for (let r = 0; r < ranges.starts.length; r++) {
    const rangeEnd = ranges.ends[r];
    let start = ranges.starts[r];
    total += rangeEnd - start;
    while (start < rangeEnd) {
      const vector = Math.floor(start / VECTOR_ROWS);
      const end = Math.min(rangeEnd, (vector + 1) * VECTOR_ROWS);
      if (!(minimums[vector] > high || maximums[vector] < low)) {
        kept += end - start;
        const last = ends.length - 1;
        if (last >= 0 && ends[last] === start) ends[last] = end;
        else {
          starts.push(start);
          ends.push(end);
        }
      }
      start = end;
    }
  }
  return kept > total * KEPT_SHARE ? ranges : { starts, ends };
}

/** The ranges without the deleted rows of the source. */
export function withoutDeleted(source: RowSource, ranges: RowRanges): RowRanges {
  const { deleted, numbers } = source;
  if (deleted === undefined || deleted.count === 0) return ranges;
  const { bits } = deleted;
  const starts: number[] = [];
  const ends: number[] = [];
  for (let r = 0; r < ranges.starts.length; r++) {
    let open = false;
    for (let row = ranges.starts[r]; row < ranges.ends[r]; row++) {
      const number = numbers === undefined ? row : numbers[row];
      if ((bits[number >> 3] & (1 << (number & 7))) !== 0) open = false;
      else if (open) ends[ends.length - 1] = row + 1;
      else {
        starts.push(row);
        ends.push(row + 1);
        open = true;
      }
    }
  }
  return { starts, ends };
}
