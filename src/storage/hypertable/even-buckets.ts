/**
 * Sums and extremes of time buckets over all series at once, where the times of each series are evenly spaced
 * and no column is grouped by: a kernel goes from border to border and adds to the buckets, so that nothing is
 * kept of a stretch. There are thousands of them to a bucket.
 */
import { grown } from '../../base/grown.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import {
  CELL,
  RUN,
  WANTS,
  type BucketSums,
  type FinishCells,
} from '../../kernels/summary-kernels.ts';
import type { LaneBits, Lanes } from '../../vector/lanes.ts';
import type { ColumnSummary } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { EXACT_MAX, newSummary } from './lane-summaries.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import type { Bucket } from './stretches.ts';

/** Runs to a bucket, on average, from which on it pays. */
const SHARE = 4;
/** Cells of a column; more would leave the caches. */
const CELLS_MAX = 16_384;

/** Rows of one piece, and its columns. */
export interface EvenPiece {
  readonly ranges: RowRanges;
  readonly lanes: readonly Lanes[];
}

export interface EvenSource {
  readonly series: SeriesTable;
  /** By series the step between its times, 0 where they are not evenly spaced. */
  readonly steps: Float64Array;
  readonly bucket: Bucket;
}

export interface EvenBuckets {
  /** Where each bucket starts, and the rows in it. None is empty. */
  readonly starts: Float64Array;
  readonly rows: Float64Array;
  readonly columns: readonly ColumnSummary[];
  /** Stretches of one series in one bucket that were looked at. */
  readonly stretches: number;
}

/**
 * What the buckets have of all pieces together. undefined where a series is not evenly spaced, where there are
 * too many buckets for their rows, or where a sum that must be exact may not be.
 */
export function sumEvenBuckets(
  pieces: readonly EvenPiece[],
  source: EvenSource,
  columns: readonly SummaryColumn[],
): EvenBuckets | undefined {
  const { width, anchor } = source.bucket;
  if (!Number.isSafeInteger(width) || !runs.fill(pieces, source)) return undefined;
  const first = Math.floor((runs.earliest - anchor) / width);
  const count = Math.floor((runs.latest - anchor) / width) - first + 1;
  const start = anchor + first * width;
  if (!Number.isSafeInteger(start) || !(runs.latest - start + width < EXACT_MAX)) return undefined;
  if (!(count <= CELLS_MAX) || !runs.areMany(count, width)) return undefined;
  const at = scratch(count * CELL.bytes + runs.count * RUN.bytes);
  runs.put(at + count * CELL.bytes, start);
  const cells = new Cells(at, count, width);
  const found: ColumnSummary[] = [];
  for (const [c, column] of columns.entries()) {
    const summary = cells.summarize(pieces, c, column);
    if (summary === undefined) return undefined;
    found.push(summary);
  }
  if (columns.length === 0) cells.countRows(pieces);
  return { stretches: cells.stretches, ...withoutEmpty(cells.rows, start, width, found) };
}

/** The runs of one series each in all pieces. Reused from one call to the next. */
class Runs {
  count = 0;
  rows = 0;
  earliest = Infinity;
  latest = -Infinity;
  /** By piece, its first run; then how many there are. */
  readonly firsts: number[] = [];
  #starts = new Uint32Array(256);
  #ends = new Uint32Array(256);
  #times = new Float64Array(256);
  #steps = new Float64Array(256);

  /** False where times are not evenly spaced. */
  fill(pieces: readonly EvenPiece[], source: EvenSource): boolean {
    this.count = 0;
    this.rows = 0;
    this.earliest = Infinity;
    this.latest = -Infinity;
    this.firsts.length = 0;
    for (const { ranges } of pieces) {
      this.firsts.push(this.count);
      if (!this.#add(ranges, source)) return false;
    }
    this.firsts.push(this.count);
    return true;
  }

  #add({ starts, ends }: RowRanges, { series, steps }: EvenSource): boolean {
    const base = Math.floor(starts[0] / PIECE_ROWS) * PIECE_ROWS;
    let s = seriesAt(series, starts[0]);
    for (let r = 0; r < starts.length; r++) {
      let start = starts[r];
      while (series.starts[s + 1] <= start) s++;
      for (; start < ends[r]; s++) {
        const step = steps[s];
        if (!(step > 0)) return false;
        const end = Math.min(ends[r], series.starts[s + 1]);
        const time = series.minTimes[s] + (start - series.starts[s]) * step;
        this.#push(start - base, end - base, time, step);
        start = end;
      }
      s--;
    }
    return true;
  }

  #push(start: number, end: number, time: number, step: number): void {
    const run = this.count++;
    if (run === this.#starts.length) this.#grow();
    this.#starts[run] = start;
    this.#ends[run] = end;
    this.#times[run] = time;
    this.#steps[run] = step;
    this.rows += end - start;
    if (time < this.earliest) this.earliest = time;
    const last = time + (end - start - 1) * step;
    if (last > this.latest) this.latest = last;
  }

  #grow(): void {
    const length = this.#starts.length * 2;
    this.#starts = grown(this.#starts, new Uint32Array(length));
    this.#ends = grown(this.#ends, new Uint32Array(length));
    this.#times = grown(this.#times, new Float64Array(length));
    this.#steps = grown(this.#steps, new Float64Array(length));
  }

  /** Whether there are several stretches to each of the buckets, and several rows to each stretch. */
  areMany(buckets: number, width: number): boolean {
    let stretches = 0;
    for (let i = 0; i < this.count; i++) {
      const rows = this.#ends[i] - this.#starts[i];
      stretches += Math.min(rows, Math.ceil((rows * this.#steps[i]) / width));
    }
    return buckets * SHARE <= stretches && stretches * SHARE <= this.rows;
  }

  /** Lays the runs, with times from `origin` on, where the kernel reads them. */
  put(at: number, origin: number): void {
    const { u32, f64 } = kernelViews();
    for (let i = 0, run = at; i < this.count; i++, run += RUN.bytes) {
      u32[(run + RUN.start) / 4] = this.#starts[i];
      u32[(run + RUN.end) / 4] = this.#ends[i];
      f64[(run + RUN.time) / 8] = this.#times[i] - origin;
      f64[(run + RUN.step) / 8] = this.#steps[i];
    }
  }
}

const runs = new Runs();

/** The cells of one column after the other. */
class Cells {
  stretches = 0;
  readonly rows: Float64Array;
  readonly #cells: number;
  readonly #count: number;
  readonly #width: number;

  /** The cells lie at an address, with the runs behind them. */
  constructor(at: number, count: number, width: number) {
    this.rows = new Float64Array(count);
    this.#cells = at;
    this.#count = count;
    this.#width = width;
  }

  /** A column over all pieces; undefined where a sum that must be exact may not be. */
  summarize(
    pieces: readonly EvenPiece[],
    column: number,
    { statistics, exactSums }: SummaryColumn,
  ): ColumnSummary | undefined {
    const summary = newSummary(statistics, this.#count);
    summary.minimums?.fill(Infinity);
    summary.maximums?.fill(-Infinity);
    const wanted =
      (statistics.has('sum') ? WANTS.sums : 0) + (statistics.has('extremes') ? WANTS.extremes : 0);
    this.#begin();
    for (let p = 0; p < pieces.length;) {
      const lanes = pieces[p].lanes[column];
      kernels.clearCells(this.#cells, this.#count);
      // Lanes that mean the same share cells.
      do this.#run(KERNELS[lanes.bits].sum, pieces[p].lanes[column].block.pointer, p++, wanted);
      while (p < pieces.length && areAlike(pieces[p].lanes[column], lanes));
      KERNELS[lanes.bits].finish(this.#cells, this.#count);
      const largest = this.#collect(lanes, summary);
      if (exactSums && largest >= EXACT_MAX) return undefined;
    }
    return summary;
  }

  /** What there is without any column. */
  countRows(pieces: readonly EvenPiece[]): void {
    this.#begin();
    kernels.clearCells(this.#cells, this.#count);
    for (let p = 0; p < pieces.length; p++) this.#run(kernels.bucketSumsU8, 0, p, 0);
    const { u32 } = kernelViews();
    for (let b = 0; b < this.#count; b++) this.rows[b] = u32[(this.#cells + b * CELL.bytes) / 4];
  }

  /** Each column finds the same rows and stretches. */
  #begin(): void {
    this.stretches = 0;
    this.rows.fill(0);
  }

  #run(sum: BucketSums, lanes: number, piece: number, wanted: number): void {
    const first = runs.firsts[piece];
    const at = this.#cells + this.#count * CELL.bytes + first * RUN.bytes;
    const count = runs.firsts[piece + 1] - first;
    this.stretches += sum(lanes, at, count, this.#width, wanted, this.#cells);
  }

  /** Adds the cells, in the column's values, to the summary; answers the size of the largest number on the way. */
  #collect(
    { base, factor, divisor }: Lanes,
    { sums, minimums, maximums }: Pick<ColumnSummary, 'sums' | 'minimums' | 'maximums'>,
  ): number {
    const { u32, f64 } = kernelViews();
    let largest = 0;
    for (let b = 0, at = this.#cells; b < this.#count; b++, at += CELL.bytes) {
      const rows = u32[at / 4];
      if (rows === 0) continue;
      this.rows[b] += rows;
      if (sums !== undefined) {
        const low = base * rows;
        const above = f64[(at + CELL.sum) / 8] * factor;
        sums[b] += (low + above) / divisor;
        largest = Math.max(largest, Math.abs(low), above, Math.abs(sums[b]));
      }
      if (minimums === undefined || maximums === undefined) continue;
      const low = (base + f64[(at + CELL.low) / 8] * factor) / divisor;
      const high = (base + f64[(at + CELL.high) / 8] * factor) / divisor;
      if (low < minimums[b]) minimums[b] = low;
      if (high > maximums[b]) maximums[b] = high;
    }
    return largest;
  }
}

const KERNELS: Readonly<Record<LaneBits, { sum: BucketSums; finish: FinishCells }>> = {
  8: { sum: kernels.bucketSumsU8, finish: kernels.finishCellsU8 },
  16: { sum: kernels.bucketSumsU16, finish: kernels.finishCellsU16 },
  32: { sum: kernels.bucketSumsU32, finish: kernels.finishCellsU32 },
};

function areAlike(a: Lanes, b: Lanes): boolean {
  return a.bits === b.bits && a.base === b.base && a.factor === b.factor && a.divisor === b.divisor;
}

function withoutEmpty(
  rows: Float64Array,
  start: number,
  width: number,
  columns: readonly ColumnSummary[],
): Omit<EvenBuckets, 'stretches'> {
  const kept: number[] = [];
  for (let b = 0; b < rows.length; b++) if (rows[b] > 0) kept.push(b);
  const pick = (numbers: Float64Array | undefined): Float64Array | undefined =>
    numbers && Float64Array.from(kept, (b) => numbers[b]);
  return {
    starts: Float64Array.from(kept, (b) => start + b * width),
    rows: Float64Array.from(kept, (b) => rows[b]),
    columns: columns.map(({ sums, minimums, maximums }) => ({
      sums: pick(sums),
      squares: undefined,
      minimums: pick(minimums),
      maximums: pick(maximums),
      firsts: undefined,
      lasts: undefined,
    })),
  };
}
