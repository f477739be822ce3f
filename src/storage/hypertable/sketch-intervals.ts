/**
 * The intervals of a segment's sketches: stretches of rows of one series, in one piece, whose times lie in
 * one interval of an even width, counted from time 0. So whatever bucket begins at a multiple of the width,
 * and is a multiple of it, consists of whole intervals.
 */
import { grown } from '../../base/grown.ts';
import { OID, type Oid } from '../../types/type.ts';
import { PIECE_ROWS } from './row-source.ts';
import { SearchedTimes } from './times.ts';

export interface SketchIntervals {
  readonly width: number;
  readonly count: number;
  /** First row of each, and behind the last the number of rows. */
  readonly starts: Int32Array;
  /** The times of interval i are in [numbers[i] * width, (numbers[i] + 1) * width). */
  readonly numbers: Float64Array;
}

/** Rows of a segment to be, sorted by series and time. */
export interface SortedRows {
  /** Where each row is in `times`. */
  readonly order: Int32Array;
  readonly times: Float64Array;
  /** First row of each series, and the number of rows. */
  readonly starts: Int32Array;
}

/** Rows that an interval should have: what is kept of it then takes some hundredths of what they take. */
const INTERVAL_ROWS = 120;
/** With fewer rows to an interval than this there are no sketches. */
const LEAST_ROWS = 60;
/** Intervals of one piece, for which kernels leave their results in one go. */
const PIECE_INTERVALS = 16_384;

/** Each is a multiple of the one before: a second to a day. */
const SECONDS = [1, 10, 60, 300, 900, 3600, 21_600, 86_400];
const WHOLE_MAX = 2 ** 53;

/** The intervals of sorted rows; undefined where they would have too few rows each. */
export function sketchIntervals(rows: SortedRows, timeType: Oid): SketchIntervals | undefined {
  const width = widthFor(rows, timeType);
  return width === undefined ? undefined : cutIntervals(rows, width);
}

/** The least width of the ladder at which intervals have rows enough. */
function widthFor({ order, times, starts }: SortedRows, timeType: Oid): number | undefined {
  const series = starts.length - 1;
  if (series * LEAST_ROWS > order.length) return undefined;
  let span = 0;
  let furthest = 0;
  for (let s = 0; s < series; s++) {
    const first = times[order[starts[s]]];
    const last = times[order[starts[s + 1] - 1]];
    span += last - first;
    furthest = Math.max(furthest, Math.abs(first), Math.abs(last));
  }
  // An infinite time makes the span infinite, too, or NaN.
  if (!(span > 0 && furthest < WHOLE_MAX)) return undefined;
  const rowsPerTime = (order.length - series) / span;
  const unit = unitOf(timeType, furthest);
  const steps = unit === undefined ? [1] : SECONDS.map((seconds) => seconds * unit);
  return steps.find((width) => width * rowsPerTime >= INTERVAL_ROWS);
}

/** A second in the time column's unit, undefined for days. Of integers their size tells. */
function unitOf(timeType: Oid, furthest: number): number | undefined {
  if (timeType === OID.date) return undefined;
  if (timeType === OID.timestamp || timeType === OID.timestamptz) return 1e6;
  return furthest < 1e11 ? 1 : furthest < 1e14 ? 1e3 : 1e6;
}

function cutIntervals(
  { order, times, starts: series }: SortedRows,
  width: number,
): SketchIntervals | undefined {
  const rows = order.length;
  const most = Math.floor(rows / LEAST_ROWS);
  const ordered = new OrderedTimes(order, times);
  const found = new FoundIntervals();
  for (let s = 0; s + 1 < series.length; s++) {
    for (let row = series[s]; row < series[s + 1];) {
      const number = Math.floor(ordered.at(row) / width);
      const pieceEnd = row - (row % PIECE_ROWS) + PIECE_ROWS;
      const end = Math.min(series[s + 1], pieceEnd);
      found.push(row, number);
      row = ordered.firstAtLeast(row, end, (number + 1) * width);
      if (found.count > most) return undefined;
    }
  }
  return found.isDense(rows) ? undefined : found.finish(rows, width);
}

class OrderedTimes extends SearchedTimes {
  readonly length: number;
  readonly #order: Int32Array;
  readonly #times: Float64Array;

  constructor(order: Int32Array, times: Float64Array) {
    super();
    this.length = order.length;
    this.#order = order;
    this.#times = times;
  }

  at(row: number): number {
    return this.#times[this.#order[row]];
  }
}

class FoundIntervals {
  count = 0;
  #starts = new Int32Array(1024);
  #numbers = new Float64Array(1024);

  push(start: number, number: number): void {
    if (this.count === this.#starts.length) {
      this.#starts = grown(this.#starts, new Int32Array(this.count * 2));
      this.#numbers = grown(this.#numbers, new Float64Array(this.count * 2));
    }
    this.#starts[this.count] = start;
    this.#numbers[this.count++] = number;
  }

  /** Whether some piece has more intervals than kernels take at once. */
  isDense(rows: number): boolean {
    const firsts = firstOfPieces(this.#starts.subarray(0, this.count), rows);
    return firsts.some((first, piece) => piece > 0 && first - firsts[piece - 1] > PIECE_INTERVALS);
  }

  finish(rows: number, width: number): SketchIntervals {
    const starts = new Int32Array(this.count + 1);
    starts.set(this.#starts.subarray(0, this.count));
    starts[this.count] = rows;
    return { width, count: this.count, starts, numbers: this.#numbers.slice(0, this.count) };
  }
}

/** By piece the first interval, and behind the last how many there are; `starts` has one for each. */
export function firstOfPieces(starts: Int32Array, rows: number): number[] {
  const firsts: number[] = [];
  let interval = 0;
  for (let base = 0; base < rows; base += PIECE_ROWS) {
    while (interval < starts.length && starts[interval] < base) interval++;
    firsts.push(interval);
  }
  firsts.push(starts.length);
  return firsts;
}
