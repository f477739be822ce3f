/** Summaries of stretches of one column in lanes, in the column's own values. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import type { ColumnSummary } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { laneValue, type Lanes } from '../../vector/lanes.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { StoredColumn } from './stored-column.ts';
import type { Stretches } from './stretches.ts';

/** Sums of integers are exact below this. */
const EXACT_MAX = 2 ** 53;

/** The lanes of a column that can be summarised as asked; undefined: its rows must be looked at. */
export function summarizable(
  column: StoredColumn | undefined,
  wanted: SummaryColumn,
): Lanes | undefined {
  if (column === undefined || column.rep !== 'lanes' || column.nulls !== undefined)
    return undefined;
  const { lanes } = column;
  if (lanes.bits === 32 && wanted.statistics.has('squares')) return undefined;
  const largest = Math.abs(lanes.base) + 2 ** lanes.bits * lanes.factor;
  if (wanted.limit !== undefined && largest / lanes.divisor > wanted.limit) return undefined;
  if (wanted.exactSums && wanted.statistics.has('sum')) {
    if (lanes.divisor !== 1 || largest * PIECE_ROWS >= EXACT_MAX) return undefined;
  }
  return lanes;
}

/** One piece's stretches; lanes and stretches count rows alike. */
export function summarizeLanes(
  lanes: Lanes,
  stretches: Stretches,
  wanted: SummaryColumn,
): ColumnSummary {
  const { statistics } = wanted;
  const outputs = runKernel(lanes, stretches, statistics);
  const { base, factor, divisor } = lanes;
  const { count, starts, ends } = stretches;
  const { sums, squares, minimums, maximums } = outputs;
  if (sums !== undefined) {
    for (let i = 0; i < count; i++) {
      sums[i] = (base * (ends[i] - starts[i]) + sums[i] * factor) / divisor;
    }
  }
  if (squares !== undefined) {
    const unit = factor / divisor;
    for (let i = 0; i < count; i++) squares[i] *= unit * unit;
  }
  if (minimums !== undefined && maximums !== undefined) {
    for (let i = 0; i < count; i++) {
      minimums[i] = (base + minimums[i] * factor) / divisor;
      maximums[i] = (base + maximums[i] * factor) / divisor;
    }
  }
  if (!statistics.has('ends')) return { ...outputs, firsts: undefined, lasts: undefined };
  const firsts = new Float64Array(count);
  const lasts = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    firsts[i] = laneValue(lanes, starts[i]);
    lasts[i] = laneValue(lanes, ends[i] - 1);
  }
  return { ...outputs, firsts, lasts };
}

type Outputs = Pick<ColumnSummary, 'sums' | 'squares' | 'minimums' | 'maximums'>;

function runKernel(
  lanes: Lanes,
  { count, starts, ends }: Stretches,
  statistics: SummaryColumn['statistics'],
): Outputs {
  const inputs = scratch(count * 48);
  const first = inputs + count * 16;
  const { u32 } = kernelViews();
  u32.set(starts.subarray(0, count), inputs / 4);
  u32.set(ends.subarray(0, count), inputs / 4 + count);
  const at = (has: boolean, index: number): number => (has ? first + index * count * 8 : 0);
  const sums = at(statistics.has('sum'), 0);
  const squares = at(statistics.has('squares'), 1);
  const minimums = at(statistics.has('extremes'), 2);
  const maximums = at(statistics.has('extremes'), 3);
  const { pointer } = lanes.block;
  const endsAt = inputs + count * 4;
  if (lanes.bits === 32) {
    kernels.summarizeU32(pointer, inputs, endsAt, count, sums, minimums, maximums);
  } else {
    const kernel = lanes.bits === 8 ? kernels.summarizeU8 : kernels.summarizeU16;
    kernel(pointer, inputs, endsAt, count, sums, squares, minimums, maximums);
  }
  const { f64 } = kernelViews();
  const copy = (pointer: number): Float64Array | undefined =>
    pointer === 0 ? undefined : Float64Array.from(f64.subarray(pointer / 8, pointer / 8 + count));
  return {
    sums: copy(sums),
    squares: copy(squares),
    minimums: copy(minimums),
    maximums: copy(maximums),
  };
}
