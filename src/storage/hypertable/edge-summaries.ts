/**
 * Summaries of the few rows beside whole intervals: by kernels where lanes allow, else row by row. Only of
 * columns that have a sketch, in which nothing is NaN.
 */
import { laneArray } from '../../vector/lanes.ts';
import type { ColumnSummary } from '../../vector/summary.ts';
import type { SummaryColumn } from '../storage.ts';
import { newSummary, summarizeLanes, type PieceStretches } from './lane-summaries.ts';
import type { StoredColumn } from './stored-column.ts';
import { stretchRows } from './stretch-groups.ts';
import type { Stretches } from './stretches.ts';

/** Stretches [from, to) of one piece, whose column this is. */
export interface PieceEdges {
  readonly from: number;
  readonly to: number;
  readonly column: StoredColumn;
}

/** The summary of each edge; with counts where the column has NULLs. */
export function summarizeEdges(
  pieces: readonly PieceEdges[],
  edges: Stretches,
  wanted: SummaryColumn,
  hasNulls: boolean,
): ColumnSummary {
  const lanes: PieceStretches[] = [];
  const others: PieceEdges[] = [];
  for (const piece of pieces) {
    const { from, to, column } = piece;
    const isKnown = column.nulls === undefined || !wanted.statistics.has('extremes');
    if (column.rep !== 'lanes' || !isKnown) others.push(piece);
    else lanes.push({ from, to, lanes: [column.lanes], nulls: [column.nulls] });
  }
  const [found] = lanes.length > 0 ? summarizeLanes(lanes, edges, [wanted]) : [];
  const counts = hasNulls ? (found?.counts ?? stretchRows(edges)) : undefined;
  const summary = { ...(found ?? newSummary(wanted.statistics, edges.count)), counts };
  // An edge that is all NULL changes no sum, be that a negative zero.
  if (counts !== undefined)
    summary.sums?.forEach((_, i, sums) => counts[i] === 0 && (sums[i] = -0));
  for (const { from, to, column } of others) {
    const known = knownRows(column);
    for (let i = from; i < to; i++) addRows(known, edges.starts[i], edges.ends[i], i, summary);
  }
  return summary;
}

/** Numbers that stand for (base + number * factor) / divisor. */
interface KnownRows {
  readonly numbers: ArrayLike<number>;
  /** Where row 0 is. */
  readonly first: number;
  readonly base: number;
  readonly factor: number;
  readonly divisor: number;
  readonly nulls: Uint8Array | undefined;
}

function knownRows(column: StoredColumn): KnownRows {
  const { nulls } = column;
  if (column.rep === 'f64') {
    return { numbers: column.data, first: 0, base: 0, factor: 1, divisor: 1, nulls };
  }
  if (column.rep !== 'lanes') throw new RangeError('sketches are of numbers');
  const { lanes } = column;
  const first = lanes.block.pointer / (lanes.bits >>> 3);
  const { base, factor, divisor } = lanes;
  return { numbers: laneArray(lanes), first, base, factor, divisor, nulls };
}

function addRows(
  { numbers, first, base, factor, divisor, nulls }: KnownRows,
  start: number,
  end: number,
  i: number,
  { counts, sums, minimums, maximums }: ColumnSummary,
): void {
  let [rows, sum, low, high] = [0, -0, Infinity, -Infinity];
  for (let row = start; row < end; row++) {
    if (nulls !== undefined && nulls[row] === 1) continue;
    const value = (base + numbers[first + row] * factor) / divisor;
    rows++;
    sum += value;
    if (value <= low) low = value;
    if (value >= high) high = value;
  }
  if (counts !== undefined) counts[i] = rows;
  if (sums !== undefined) sums[i] = sum;
  if (minimums !== undefined) minimums[i] = low;
  if (maximums !== undefined) maximums[i] = high;
}
