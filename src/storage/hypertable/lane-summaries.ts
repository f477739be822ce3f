/** Summaries of stretches of one column in lanes, in the column's own values. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import type { ColumnSummary, Statistic } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { laneValue, type Lanes } from '../../vector/lanes.ts';
import type { MergedBuckets } from './merged-buckets.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { StoredColumn } from './stored-column.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { Stretches } from './stretches.ts';

/** Sums of integers are exact below this. */
const EXACT_MAX = 2 ** 53;

/** The lanes of a column that can be summarised as asked; undefined: its rows must be looked at. */
export function summarizable(
  column: StoredColumn | undefined,
  wanted: SummaryColumn,
): Lanes | undefined {
  if (column === undefined || column.rep !== 'lanes') return undefined;
  if (column.nulls !== undefined && wanted.allowsNulls !== true) return undefined;
  const { lanes } = column;
  if (lanes.bits === 32 && wanted.statistics.has('squares')) return undefined;
  const largest = Math.abs(lanes.base) + 2 ** lanes.bits * lanes.factor;
  if (wanted.limit !== undefined && largest / lanes.divisor > wanted.limit) return undefined;
  if (wanted.exactSums && wanted.statistics.has('sum')) {
    if (lanes.divisor !== 1 || largest * PIECE_ROWS >= EXACT_MAX) return undefined;
  }
  return lanes;
}

/** Stretches [from, to) lie in one piece, whose columns are these. */
export interface PieceStretches {
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly Lanes[];
  /** Of each column that may be NULL somewhere in the piece, by its rows. */
  readonly nulls?: readonly NullMask[];
}

/** The columns' summaries of all stretches, piece by piece. */
export function summarizeLanes(
  pieces: readonly PieceStretches[],
  stretches: Stretches,
  columns: readonly SummaryColumn[],
): ColumnSummary[] {
  const at = putBorders(stretches);
  // The borders serve all columns: nothing in between takes scratch memory.
  return columns.map((column, c) => summarizeColumn(pieces, c, stretches, column, at));
}

/** Statistics that merged stretches can have. */
export function canMerge({ statistics }: SummaryColumn): boolean {
  return !statistics.has('squares') && !statistics.has('ends');
}

/** The same by buckets; undefined where a sum that must be exact may not be. */
export function summarizeMerged(
  pieces: readonly PieceStretches[],
  stretches: Stretches,
  columns: readonly SummaryColumn[],
  merged: MergedBuckets,
): ColumnSummary[] | undefined {
  const at = putBorders(stretches);
  const result: ColumnSummary[] = [];
  for (const [c, column] of columns.entries()) {
    const summary = newSummary(column.statistics, merged.count);
    summary.minimums?.fill(Infinity);
    summary.maximums?.fill(-Infinity);
    for (const piece of pieces) {
      runKernel(piece.lanes[c], piece, stretches.count, column.statistics, at);
      const largest = mergeOutputs(piece.lanes[c], piece, stretches, at, merged.numbers, summary);
      if (column.exactSums && largest >= EXACT_MAX) return undefined;
    }
    result.push(summary);
  }
  return result;
}

/** Puts the stretches' borders where kernels read them, with room for outputs behind. */
function putBorders({ count, starts, ends }: Stretches): number {
  const at = scratch(nullsAt(0, count) + PIECE_ROWS);
  const { u32 } = kernelViews();
  u32.set(starts.subarray(0, count), at / 4);
  u32.set(ends.subarray(0, count), at / 4 + count);
  return at;
}

/** Where a piece's NULLs lie behind the borders and outputs. */
function nullsAt(borders: number, count: number): number {
  return borders + Math.ceil((count * 40) / 16) * 16;
}

function newSummary(
  statistics: ReadonlySet<Statistic>,
  count: number,
): { -readonly [K in keyof ColumnSummary]: Float64Array | undefined } {
  const made = (statistic: Statistic): Float64Array | undefined =>
    statistics.has(statistic) ? new Float64Array(count) : undefined;
  return {
    sums: made('sum'),
    squares: made('squares'),
    minimums: made('extremes'),
    maximums: made('extremes'),
    firsts: made('ends'),
    lasts: made('ends'),
  };
}

function summarizeColumn(
  pieces: readonly PieceStretches[],
  column: number,
  stretches: Stretches,
  { statistics }: SummaryColumn,
  borders: number,
): ColumnSummary {
  const { count } = stretches;
  const summary = newSummary(statistics, count);
  const hasNulls = pieces.some(({ nulls }) => nulls?.[column] !== undefined);
  if (hasNulls) summary.counts = rowsOf(stretches);
  for (const piece of pieces) {
    const lanes = piece.lanes[column];
    const nulls = piece.nulls?.[column];
    if (nulls !== undefined) {
      summarizeKnown(lanes, nulls, piece, stretches, borders, summary);
      continue;
    }
    runKernel(lanes, piece, count, statistics, borders);
    scaleOutputs(lanes, piece, stretches, borders, summary);
    if (summary.firsts !== undefined && summary.lasts !== undefined) {
      for (let i = piece.from; i < piece.to; i++) {
        summary.firsts[i] = laneValue(lanes, stretches.starts[i]);
        summary.lasts[i] = laneValue(lanes, stretches.ends[i] - 1);
      }
    }
  }
  return summary;
}

function rowsOf({ count, starts, ends }: Stretches): Float64Array {
  const rows = new Float64Array(count);
  for (let i = 0; i < count; i++) rows[i] = ends[i] - starts[i];
  return rows;
}

/** Sums of the rows of a piece that are not NULL, and how many they are. */
function summarizeKnown(
  { base, factor, divisor, bits, block }: Lanes,
  nulls: Uint8Array,
  { from, to }: PieceStretches,
  { count, starts, ends }: Stretches,
  borders: number,
  { sums, counts }: ColumnSummary,
): void {
  const mask = nullsAt(borders, count);
  const { u8, f64 } = kernelViews();
  // Only as far as the stretches reach: behind them the mask may be another piece's.
  u8.set(nulls.subarray(starts[from], ends[to - 1]), mask + starts[from]);
  const kernel =
    bits === 8
      ? kernels.summarizeKnownU8
      : bits === 16
        ? kernels.summarizeKnownU16
        : kernels.summarizeKnownU32;
  const at = borders + from * 4;
  const [sumsAt, countsAt] = [0, 1].map((output) => outputAt(borders, count, output) + from * 8);
  kernel(
    block.pointer,
    mask,
    at,
    at + count * 4,
    to - from,
    sums === undefined ? 0 : sumsAt,
    countsAt,
  );
  for (let i = from; i < to; i++) {
    const known = f64[countsAt / 8 + i - from];
    if (counts !== undefined) counts[i] = known;
    if (sums !== undefined) {
      sums[i] = (base * known + f64[sumsAt / 8 + i - from] * factor) / divisor;
    }
  }
}

/** Where the kernel leaves a statistic's numbers; behind them is the next one's. */
const OUTPUTS = { sum: 0, squares: 1, minimums: 2, maximums: 3 } as const;

function outputAt(borders: number, count: number, output: number): number {
  return borders + count * 8 * (output + 1);
}

function runKernel(
  lanes: Lanes,
  { from, to }: PieceStretches,
  count: number,
  statistics: SummaryColumn['statistics'],
  borders: number,
): void {
  const starts = borders + from * 4;
  const ends = starts + count * 4;
  const at = (has: boolean, output: number): number =>
    has ? outputAt(borders, count, output) + from * 8 : 0;
  const sums = at(statistics.has('sum'), OUTPUTS.sum);
  const squares = at(statistics.has('squares'), OUTPUTS.squares);
  const minimums = at(statistics.has('extremes'), OUTPUTS.minimums);
  const maximums = at(statistics.has('extremes'), OUTPUTS.maximums);
  const { pointer } = lanes.block;
  if (lanes.bits === 32) {
    kernels.summarizeU32(pointer, starts, ends, to - from, sums, minimums, maximums);
    return;
  }
  const kernel = lanes.bits === 8 ? kernels.summarizeU8 : kernels.summarizeU16;
  kernel(pointer, starts, ends, to - from, sums, squares, minimums, maximums);
}

/** Turns what the kernel found of one piece's lanes into the column's values. */
function scaleOutputs(
  { base, factor, divisor }: Lanes,
  { from, to }: PieceStretches,
  { count, starts, ends }: Stretches,
  borders: number,
  { sums, squares, minimums, maximums }: ColumnSummary,
): void {
  const { f64 } = kernelViews();
  if (sums !== undefined) {
    const found = outputAt(borders, count, OUTPUTS.sum) / 8;
    for (let i = from; i < to; i++) {
      sums[i] = (base * (ends[i] - starts[i]) + f64[found + i] * factor) / divisor;
    }
  }
  if (squares !== undefined) {
    const found = outputAt(borders, count, OUTPUTS.squares) / 8;
    const unit = factor / divisor;
    for (let i = from; i < to; i++) squares[i] = f64[found + i] * (unit * unit);
  }
  if (minimums !== undefined && maximums !== undefined) {
    const lows = outputAt(borders, count, OUTPUTS.minimums) / 8;
    const highs = outputAt(borders, count, OUTPUTS.maximums) / 8;
    for (let i = from; i < to; i++) {
      minimums[i] = (base + f64[lows + i] * factor) / divisor;
      maximums[i] = (base + f64[highs + i] * factor) / divisor;
    }
  }
}

/**
 * Adds what the kernel found of one piece's lanes, in the column's values, to the stretches' buckets;
 * answers the size of the largest sum on the way.
 */
function mergeOutputs(
  { base, factor, divisor }: Lanes,
  { from, to }: PieceStretches,
  { count, starts, ends }: Stretches,
  borders: number,
  numbers: Int32Array,
  { sums, minimums, maximums }: ColumnSummary,
): number {
  const { f64 } = kernelViews();
  let largest = 0;
  if (sums !== undefined) {
    const found = outputAt(borders, count, OUTPUTS.sum) / 8;
    for (let i = from; i < to; i++) {
      const added = (base * (ends[i] - starts[i]) + f64[found + i] * factor) / divisor;
      const sum = sums[numbers[i]] + added;
      sums[numbers[i]] = sum;
      if (Math.abs(sum) > largest) largest = Math.abs(sum);
    }
  }
  if (minimums !== undefined && maximums !== undefined) {
    const lows = outputAt(borders, count, OUTPUTS.minimums) / 8;
    const highs = outputAt(borders, count, OUTPUTS.maximums) / 8;
    for (let i = from; i < to; i++) {
      const number = numbers[i];
      const low = (base + f64[lows + i] * factor) / divisor;
      const high = (base + f64[highs + i] * factor) / divisor;
      if (low < minimums[number]) minimums[number] = low;
      if (high > maximums[number]) maximums[number] = high;
    }
  }
  return largest;
}
