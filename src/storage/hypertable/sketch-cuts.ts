/**
 * Stretches of a source whose rows have sketches: each consists of whole intervals, and of rows at its edges
 * where a scan's bounds cut an interval. No time is looked at: intervals know their buckets.
 */
import { grown } from '../../base/grown.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt } from './series-table.ts';
import type { Intervals } from './source-sketch.ts';
import { Stretches, type Bucket, type StretchCut } from './stretches.ts';

/** Whether every bucket consists of whole intervals. */
export function isAligned(width: number, bucket: Bucket | null): boolean {
  if (bucket === null) return true;
  if (!Number.isSafeInteger(bucket.width) || !Number.isSafeInteger(bucket.anchor)) return false;
  return bucket.width % width === 0 && bucket.anchor % width === 0;
}

/** Edges lie before the whole intervals of their stretch, or behind them. */
export const EDGE = { before: 0, behind: 1 } as const;

/** Reused from batch to batch: copy what must last. */
export class SketchCuts {
  readonly stretches = new Stretches();
  /** By stretch the intervals [from, to) that it has as a whole. */
  wholeFrom = new Int32Array(1024);
  wholeTo = new Int32Array(1024);
  /** Other rows. In the place of a series is the number of the stretch, in that of a bucket an `EDGE`. */
  readonly edges = new Stretches();

  clear(): void {
    this.stretches.count = 0;
    this.edges.count = 0;
  }

  /** Cuts ranges of one piece, whose first row is `base`. */
  add({ starts, ends }: RowRanges, base: number, intervals: Intervals, cut: StretchCut): void {
    const { series, bySeries, bucket } = cut;
    const isBySeries = bySeries || bucket !== null;
    let s = seriesAt(series, starts[0]);
    let k = 0;
    for (let r = 0; r < starts.length; r++) {
      for (let start = starts[r]; start < ends[r];) {
        while (isBySeries && series.starts[s + 1] <= start) s++;
        const end = isBySeries ? Math.min(ends[r], series.starts[s + 1]) : ends[r];
        k = intervalAt(intervals, start, k);
        const last = intervalAt(intervals, end - 1, k);
        const from = this.stretches.count;
        this.#reserve(last + 1 - k);
        if (bucket === null) this.#addWhole(start - base, end - base, isBySeries ? s : 0, k, last);
        else this.#addBuckets(s, k, last, base, intervals, bucket);
        this.#trim(from, start - base, end - base, base, intervals);
        start = end;
        // The next range may begin in the interval that this one has cut.
        k = last;
      }
    }
  }

  #addWhole(start: number, end: number, s: number, k: number, last: number): void {
    const stretch = this.stretches.count;
    this.stretches.push(start, end, s, 0);
    this.wholeFrom[stretch] = k;
    this.wholeTo[stretch] = last + 1;
  }

  /** A stretch for each bucket of the intervals from `k` to `last`, which are of one series. */
  #addBuckets(
    s: number,
    k: number,
    last: number,
    base: number,
    { starts, numbers, width }: Intervals,
    bucket: Bucket,
  ): void {
    // In intervals: whole numbers, as buckets are aligned.
    const size = bucket.width / width;
    const first = bucket.anchor / width;
    const { stretches, wholeFrom, wholeTo } = this;
    let n = stretches.count - 1;
    let border = -Infinity;
    for (let i = k; i <= last; i++) {
      const number = numbers[i];
      if (number >= border) {
        const steps = size === 1 ? number - first : Math.floor((number - first) / size);
        border = first + (steps + 1) * size;
        n++;
        stretches.starts[n] = starts[i] - base;
        stretches.series[n] = s;
        stretches.buckets[n] = bucket.anchor + steps * bucket.width;
        wholeFrom[n] = i;
      }
      wholeTo[n] = i + 1;
      stretches.ends[n] = starts[i + 1] - base;
    }
    stretches.count = n + 1;
  }

  /** Takes what is outside [start, end) from the first and the last of the stretches from `from` on. */
  #trim(from: number, start: number, end: number, base: number, { starts }: Intervals): void {
    const { stretches, edges, wholeFrom, wholeTo } = this;
    const last = stretches.count - 1;
    const first = wholeFrom[from];
    const isCut = starts[first] - base < start;
    if (isCut) {
      stretches.starts[from] = start;
      wholeFrom[from]++;
      edges.push(start, Math.min(end, starts[first + 1] - base), from, EDGE.before);
    }
    const behind = wholeTo[last];
    if (starts[behind] - base <= end) return;
    stretches.ends[last] = end;
    wholeTo[last]--;
    const edge = starts[behind - 1] - base;
    // One interval may be cut on both sides.
    if (isCut && edge < start) wholeTo[last] = wholeFrom[last];
    else edges.push(edge, end, last, EDGE.behind);
  }

  #reserve(more: number): void {
    this.stretches.reserve(more);
    const { length } = this.stretches.starts;
    if (this.wholeFrom.length >= length) return;
    this.wholeFrom = grown(this.wholeFrom, new Int32Array(length));
    this.wholeTo = grown(this.wholeTo, new Int32Array(length));
  }
}

/** Ranges of rows that are no whole intervals, of ranges of rows in one piece. */
export function edgeRanges({ starts, ends }: RowRanges, intervals: Intervals): RowRanges {
  const edges: RowRanges = { starts: [], ends: [] };
  let k = 0;
  for (let r = 0; r < starts.length; r++) {
    const [start, end] = [starts[r], ends[r]];
    k = intervalAt(intervals, start, k);
    const next = intervals.starts[k + 1];
    const isCut = intervals.starts[k] < start;
    if (isCut) addRange(edges, start, Math.min(end, next));
    k = intervalAt(intervals, end - 1, k);
    const first = intervals.starts[k];
    if (intervals.starts[k + 1] > end && !(isCut && first < start)) addRange(edges, first, end);
  }
  return edges;
}

function addRange({ starts, ends }: RowRanges, start: number, end: number): void {
  starts.push(start);
  ends.push(end);
}

/** The interval that a row is in, which is `from` or a later one. */
function intervalAt({ starts, count }: Intervals, row: number, from: number): number {
  let low = from;
  let high = count - 1;
  // Mostly it is near.
  for (let step = 1; low + step <= high; step *= 2) {
    if (starts[low + step] > row) {
      high = low + step - 1;
      break;
    }
    low += step;
  }
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
