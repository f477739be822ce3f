/**
 * Stretches: consecutive rows of one piece that lie in one series and one time bucket. Their borders are
 * found by stepping from bucket to bucket, not by looking at every row.
 */
import { PIECE_ROWS } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import type { Times } from './times.ts';

export interface Bucket {
  readonly width: number;
  /** Start of some bucket. */
  readonly anchor: number;
}

/** Stretches of one piece; rows count from the piece's first. Reused: copy what must last. */
export class Stretches {
  count = 0;
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  /** Position of each one's series. */
  series = new Int32Array(1024);

  push(start: number, end: number, series: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.series[this.count++] = series;
  }

  #grow(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.series = doubled(this.series);
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}

/**
 * Fills `into` with the stretches of the piece's ranges (row numbers of the source). Without `bySeries`
 * and buckets a whole range is one stretch. False where there would be more than `most`.
 */
export function cutStretches(
  ranges: RowRanges,
  series: SeriesTable,
  bySeries: boolean,
  bucket: Bucket | null,
  times: Times | undefined,
  most: number,
  into: Stretches,
): boolean {
  into.count = 0;
  if (ranges.starts.length === 0) return true;
  const base = Math.floor(ranges.starts[0] / PIECE_ROWS) * PIECE_ROWS;
  let s = seriesAt(series, ranges.starts[0]);
  for (let r = 0; r < ranges.starts.length; r++) {
    let start = ranges.starts[r];
    const rangeEnd = ranges.ends[r];
    if (!bySeries && bucket === null) into.push(start - base, rangeEnd - base, 0);
    else {
      while (series.starts[s + 1] <= start) s++;
      while (start < rangeEnd) {
        const end = Math.min(rangeEnd, series.starts[s + 1]);
        if (bucket === null) into.push(start - base, end - base, s);
        else cutBuckets(times as Times, start - base, end - base, s, bucket, most, into);
        start = end;
        s++;
      }
      s--;
    }
    if (into.count > most) return false;
  }
  return true;
}

function cutBuckets(
  times: Times,
  start: number,
  end: number,
  series: number,
  { width, anchor }: Bucket,
  most: number,
  into: Stretches,
): void {
  let row = start;
  let time = times.at(row);
  const last = times.at(end - 1);
  const step = (last - time) / (end - 1 - row);
  while (into.count <= most) {
    const border = anchor + (Math.floor((time - anchor) / width) + 1) * width;
    if (last < border) {
      into.push(row, end, series);
      return;
    }
    const next = borderRow(times, row, end, border, row + Math.ceil((border - time) / step));
    into.push(row, next, series);
    row = next;
    time = times.at(row);
  }
}

/** First row after `row` whose time is at least `border`; the last row's is. Tries `guess` first. */
function borderRow(times: Times, row: number, end: number, border: number, guess: number): number {
  if (guess > row && guess < end) {
    if (times.at(guess) < border) return times.firstAtLeast(guess + 1, end, border);
    if (times.at(guess - 1) < border) return guess;
    return times.firstAtLeast(row + 1, guess, border);
  }
  return times.firstAtLeast(row + 1, end, border);
}
