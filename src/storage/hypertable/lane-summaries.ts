/** Summaries of stretches of one column in lanes, in the column's own values. */
import { runCalls, type KernelCall } from '../../kernels/call-list.ts';
import { kernelTeam } from '../../kernels/kernel-team.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch, tryAllocate } from '../../kernels/memory.ts';
import type { ColumnSummary, Statistic } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { laneValue, type Lanes } from '../../vector/lanes.ts';
import type { MergedBuckets } from './merged-buckets.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { StoredColumn } from './stored-column.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { Stretches } from './stretches.ts';

/** Sums of integers are exact below this. */
export const EXACT_MAX = 2 ** 53;

/** The lanes of a column that can be summarised as asked; undefined: its rows must be looked at. */
export function summarizable(
  column: StoredColumn | undefined,
  wanted: SummaryColumn,
): Lanes | undefined {
  if (column === undefined || column.rep !== 'lanes') return undefined;
  if (column.nulls !== undefined) {
    // Of columns with NULLs kernels find sums only.
    const isSum = [...wanted.statistics].every((statistic) => statistic === 'sum');
    if (wanted.allowsNulls !== true || !isSum) return undefined;
  }
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
  return withOutputs(pieces, stretches, columns, (outputs) =>
    columns.map((column, c) => summarizeColumn(pieces, c, stretches, column, outputs)),
  );
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
  return withOutputs(pieces, stretches, columns, (outputs) => {
    const result: ColumnSummary[] = [];
    for (const [c, column] of columns.entries()) {
      const summary = newSummary(column.statistics, merged.count);
      summary.minimums?.fill(Infinity);
      summary.maximums?.fill(-Infinity);
      for (const piece of pieces) {
        const at = outputs.of(c, piece);
        const largest = mergeOutputs(piece.lanes[c], piece, stretches, at, merged.numbers, summary);
        if (column.exactSums && largest >= EXACT_MAX) return undefined;
      }
      result.push(summary);
    }
    return result;
  });
}

/** Where kernels leave what they find of a piece of a column. */
interface Outputs {
  readonly borders: number;
  /** The address of the piece's first statistic; a later call may write over what it has. */
  of(column: number, piece: PieceStretches): number;
}

/** Bytes of lanes from which on other threads help. */
const SHARED_BYTES = 4 * 1024 * 1024;

/** Runs the kernels over all pieces, at once on several threads where these are many. */
function withOutputs<T>(
  pieces: readonly PieceStretches[],
  stretches: Stretches,
  columns: readonly SummaryColumn[],
  use: (outputs: Outputs) => T,
): T {
  const { count } = stretches;
  const own = isLong(pieces, stretches)
    ? tryAllocate(outputAt(0, count, columns.length * 4))
    : undefined;
  if (own === undefined) {
    // The borders serve all columns: nothing in between takes scratch memory.
    const borders = putBorders(stretches, scratch(nullsAt(0, count) + PIECE_ROWS));
    const of = (column: number, piece: PieceStretches): number => {
      const at = outputAt(borders, count, 0);
      runCalls([callOf(piece, column, columns[column].statistics, count, borders, at)]);
      return at;
    };
    return use({ borders, of });
  }
  const borders = putBorders(stretches, own.pointer);
  const of = (column: number): number => outputAt(borders, count, column * 4);
  const calls = columns.flatMap(({ statistics }, c) =>
    pieces.map((piece) => callOf(piece, c, statistics, count, borders, of(c))),
  );
  const blocks = pieces.flatMap(({ lanes }) => lanes.map(({ block }) => block));
  const release = kernelTeam.run(calls, own, blocks);
  try {
    return use({ borders, of });
  } finally {
    release();
  }
}

/** Whether the pieces are worth help; columns with NULLs are for one thread. */
function isLong(pieces: readonly PieceStretches[], { starts, ends }: Stretches): boolean {
  let bytes = 0;
  for (const { from, to, lanes, nulls } of pieces) {
    if (to === from) continue;
    if (nulls?.some((mask) => mask !== undefined) === true) return false;
    const rows = ends[to - 1] - starts[from];
    for (const { bits } of lanes) bytes += rows * (bits >>> 3);
  }
  return bytes >= SHARED_BYTES;
}

/** Puts the stretches' borders where kernels read them, with room for outputs behind. */
function putBorders({ count, starts, ends }: Stretches, at: number): number {
  const { u32 } = kernelViews();
  u32.set(starts.subarray(0, count), at / 4);
  u32.set(ends.subarray(0, count), at / 4 + count);
  return at;
}

/** Where a piece's NULLs lie behind the borders and outputs. */
function nullsAt(borders: number, count: number): number {
  return borders + Math.ceil((count * 40) / 16) * 16;
}

/** Room for the statistics that are asked for. */
export function newSummary(
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
  outputs: Outputs,
): ColumnSummary {
  const { count } = stretches;
  const summary = newSummary(statistics, count);
  const hasNulls = pieces.some(({ nulls }) => nulls?.[column] !== undefined);
  if (hasNulls) summary.counts = rowsOf(stretches);
  for (const piece of pieces) {
    const lanes = piece.lanes[column];
    const nulls = piece.nulls?.[column];
    if (nulls !== undefined) {
      summarizeKnown(lanes, nulls, piece, stretches, outputs.borders, summary);
      continue;
    }
    scaleOutputs(lanes, piece, stretches, outputs.of(column, piece), summary);
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

/** Where numbers of all stretches are left, `output` times those of others before them. */
function outputAt(borders: number, count: number, output: number): number {
  return borders + count * 8 * (output + 1);
}

/** Where a statistic's numbers are, among those of a column from `first` on. */
function statisticAt(first: number, count: number, output: number): number {
  return first + count * 8 * output;
}

/** The call that leaves what it finds of a piece of a column from `first` on. */
function callOf(
  { from, to, lanes: columns }: PieceStretches,
  column: number,
  statistics: SummaryColumn['statistics'],
  count: number,
  borders: number,
  first: number,
): KernelCall {
  const { bits, block } = columns[column];
  const starts = borders + from * 4;
  const ends = starts + count * 4;
  const at = (has: boolean, output: number): number =>
    has ? statisticAt(first, count, output) + from * 8 : 0;
  const sums = at(statistics.has('sum'), OUTPUTS.sum);
  const squares = at(statistics.has('squares'), OUTPUTS.squares);
  const minimums = at(statistics.has('extremes'), OUTPUTS.minimums);
  const maximums = at(statistics.has('extremes'), OUTPUTS.maximums);
  const input = [block.pointer, starts, ends, to - from, sums];
  if (bits === 32) return { kernel: 'summarizeU32', args: [...input, minimums, maximums] };
  const kernel = bits === 8 ? 'summarizeU8' : 'summarizeU16';
  return { kernel, args: [...input, squares, minimums, maximums] };
}

/** Turns what the kernel found of one piece's lanes into the column's values. */
function scaleOutputs(
  { base, factor, divisor }: Lanes,
  { from, to }: PieceStretches,
  { count, starts, ends }: Stretches,
  first: number,
  { sums, squares, minimums, maximums }: ColumnSummary,
): void {
  const { f64 } = kernelViews();
  if (sums !== undefined) {
    const found = statisticAt(first, count, OUTPUTS.sum) / 8;
    for (let i = from; i < to; i++) {
      sums[i] = (base * (ends[i] - starts[i]) + f64[found + i] * factor) / divisor;
    }
  }
  if (squares !== undefined) {
    const found = statisticAt(first, count, OUTPUTS.squares) / 8;
    const unit = factor / divisor;
    for (let i = from; i < to; i++) squares[i] = f64[found + i] * (unit * unit);
  }
  if (minimums !== undefined && maximums !== undefined) {
    const lows = statisticAt(first, count, OUTPUTS.minimums) / 8;
    const highs = statisticAt(first, count, OUTPUTS.maximums) / 8;
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
  first: number,
  numbers: Int32Array,
  { sums, minimums, maximums }: ColumnSummary,
): number {
  const { f64 } = kernelViews();
  let largest = 0;
  if (sums !== undefined) {
    const found = statisticAt(first, count, OUTPUTS.sum) / 8;
    for (let i = from; i < to; i++) {
      const added = (base * (ends[i] - starts[i]) + f64[found + i] * factor) / divisor;
      const sum = sums[numbers[i]] + added;
      sums[numbers[i]] = sum;
      if (Math.abs(sum) > largest) largest = Math.abs(sum);
    }
  }
  if (minimums !== undefined && maximums !== undefined) {
    const lows = statisticAt(first, count, OUTPUTS.minimums) / 8;
    const highs = statisticAt(first, count, OUTPUTS.maximums) / 8;
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
