/**
 * Stretches: consecutive rows of one piece that lie in one series and one time bucket. Their borders are
 * found by stepping from bucket to bucket, not by looking at every row.
 */
import { grown } from '../../base/grown.ts';
import { EvenTimes } from './even-series.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import type { Times } from './times.ts';

export interface Bucket {
  readonly width: number;
  /** Start of some bucket. */
  readonly anchor: number;
}

/** Stretches of one source; rows count from the first of their piece. Reused: copy what must last. */
export class Stretches {
  count = 0;
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  /** Position of each one's series. */
  series = new Int32Array(1024);
  /** Where each one's bucket starts; 0 without buckets. */
  buckets = new Float64Array(1024);

  push(start: number, end: number, series: number, bucket: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.series[this.count] = series;
    this.buckets[this.count++] = bucket;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    while (this.count + more > this.starts.length) this.#grow();
  }

  #grow(): void {
    const length = this.starts.length * 2;
    this.starts = grown(this.starts, new Int32Array(length));
    this.ends = grown(this.ends, new Int32Array(length));
    this.series = grown(this.series, new Int32Array(length));
    this.buckets = grown(this.buckets, new Float64Array(length));
  }
}

/** How a source's rows are to be cut; without `bySeries` and buckets a whole range is one stretch. */
export interface StretchCut {
  readonly series: SeriesTable;
  readonly bySeries: boolean;
  readonly bucket: Bucket | null;
  /** Of series with evenly spaced times, by series, 0 for others; undefined where that is not known. */
  readonly steps: Float64Array | undefined;
}

const even = new EvenTimes();

/**
 * Adds the stretches of one piece's ranges (row numbers of the source) to `into`. False, and nothing
 * added, where there would be more than `most`, or times that no bucket holds.
 */
export function cutStretches(
  ranges: RowRanges,
  { series, bySeries, bucket, steps }: StretchCut,
  times: Times | undefined,
  most: number,
  into: Stretches,
): boolean {
  if (ranges.starts.length === 0) return true;
  const before = into.count;
  const base = Math.floor(ranges.starts[0] / PIECE_ROWS) * PIECE_ROWS;
  let s = seriesAt(series, ranges.starts[0]);
  for (let r = 0; r < ranges.starts.length; r++) {
    let start = ranges.starts[r];
    const rangeEnd = ranges.ends[r];
    if (!bySeries && bucket === null) into.push(start - base, rangeEnd - base, 0, 0);
    else {
      while (series.starts[s + 1] <= start) s++;
      while (start < rangeEnd) {
        const end = Math.min(rangeEnd, series.starts[s + 1]);
        if (bucket === null) into.push(start - base, end - base, s, 0);
        else {
          const step = steps === undefined ? 0 : steps[s];
          if (step > 0) even.set(series.starts[s] - base, series.minTimes[s], step);
          const at = step > 0 ? even : (times as Times);
          if (!cutBuckets(at, start - base, end - base, s, bucket, into)) {
            into.count = before;
            return false;
          }
        }
        if (into.count - before > most) break;
        start = end;
        s++;
      }
      s--;
    }
    if (into.count - before > most) {
      into.count = before;
      return false;
    }
  }
  return true;
}

/** False where the times are not finite, or where there is a bucket for nearly every row. */
function cutBuckets(
  times: Times,
  start: number,
  end: number,
  series: number,
  { width, anchor }: Bucket,
  into: Stretches,
): boolean {
  const most = into.count + (end - start);
  let row = start;
  let time = times.at(row);
  const last = times.at(end - 1);
  if (!Number.isFinite(time) || !Number.isFinite(last)) return false;
  // Rows of a bucket by the mean step; then as many as the bucket before had.
  let rows = Math.ceil(width / ((last - time) / (end - 1 - row)));
  let bucket = anchor + Math.floor((time - anchor) / width) * width;
  while (into.count < most) {
    const border = bucket + width;
    if (last < border) {
      into.push(row, end, series, bucket);
      return true;
    }
    const next = borderRow(times, row, end, border, rows);
    into.push(row, next, series, bucket);
    rows = next - row;
    row = next;
    time = times.at(row);
    bucket = time < border + width ? border : anchor + Math.floor((time - anchor) / width) * width;
  }
  return false;
}

/** First row after `row` whose time is at least `border`; the last row's is. About `rows` rows further on. */
function borderRow(times: Times, row: number, end: number, border: number, rows: number): number {
  let low = row + 1;
  let high = end - 1;
  let guess = row + rows;
  // Also where the rows are not known because all times are equal.
  if (!(guess > low)) guess = low;
  else if (guess > high) guess = high;
  // In steps that double, as the guess is seldom far off.
  let by = 1;
  if (times.at(guess) >= border) {
    high = guess;
    while (high - by >= low && times.at(high - by) >= border) {
      high -= by;
      by *= 2;
    }
    if (high - by >= low) low = high - by + 1;
  } else {
    low = guess + 1;
    while (low + by <= high && times.at(low + by - 1) < border) {
      low += by;
      by *= 2;
    }
    if (low + by <= high) high = low + by - 1;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times.at(middle) < border) low = middle + 1;
    else high = middle;
  }
  return low;
}
