/** The rows of one window of time: what is left of them, and in which order they go. */
import { concatBatches } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import { byPiece, emitPiece, type OutputColumns } from './emit-rows.ts';
import { filterRows } from './filter-rows.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanBounds } from './scan-bounds.ts';
import type { RowRanges } from './select-rows.ts';
import type { SourceTimes } from './source-times.ts';
import { storedValueAt } from './stored-column.ts';

/** A source whose times are known. */
export interface TimedRows {
  readonly source: RowSource;
  readonly times: SourceTimes;
}

/** The window's rows that may satisfy the bounds' conditions on values. */
export async function filterWindow(
  source: RowSource,
  window: RowRanges,
  bounds: ScanBounds,
): Promise<RowRanges> {
  const kept: RowRanges = { starts: [], ends: [] };
  for (const { ranges } of byPiece(window)) {
    const { starts, ends } = await filterRows(source, ranges, bounds);
    for (let r = 0; r < starts.length; r++) {
      kept.starts.push(starts[r]);
      kept.ends.push(ends[r]);
    }
  }
  return kept;
}

export async function emitWindow(
  sources: readonly TimedRows[],
  taken: readonly RowRanges[],
  output: OutputColumns,
  timeColumn: number,
  descending: boolean,
): Promise<Batch> {
  const batches: Batch[] = [];
  const times: number[] = [];
  for (let s = 0; s < sources.length; s++) {
    for (const rows of byPiece(taken[s])) {
      batches.push(await emitPiece(sources[s].source, rows, output));
      for (let r = 0; r < rows.ranges.starts.length; r++) {
        for (let row = rows.ranges.starts[r]; row < rows.ranges.ends[r]; row++) {
          times.push(sources[s].times.at(row));
        }
      }
    }
  }
  const batch = concatBatches(output.types, batches);
  const order = orderOf(times, descending);
  await refineWide(sources, taken, timeColumn, times, order, descending);
  return { columns: batch.columns.map((column) => gather(column, order)), length: batch.length };
}

/** Positions in the order of time; equal times stay in the order in which they were found. */
function orderOf(times: readonly number[], descending: boolean): Int32Array {
  const count = times.length;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    if (times[i] < low) low = times[i];
    if (times[i] > high) high = times[i];
  }
  const order = new Int32Array(count);
  if ((high - low) * count < 2 ** 52 && Number.isInteger(low)) {
    // Time and position in one double sort natively.
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      keys[i] = (descending ? high - times[i] : times[i] - low) * count + i;
    }
    keys.sort();
    for (let i = 0; i < count; i++) order[i] = keys[i] % count;
    return order;
  }
  for (let i = 0; i < count; i++) order[i] = i;
  return order.sort((a, b) => (descending ? times[b] - times[a] : times[a] - times[b]));
}

/** Puts times beyond 2^53, equal as doubles, into their exact order. */
async function refineWide(
  sources: readonly TimedRows[],
  taken: readonly RowRanges[],
  timeColumn: number,
  times: readonly number[],
  order: Int32Array,
  descending: boolean,
): Promise<void> {
  let wide = false;
  for (const time of times) wide ||= Math.abs(time) >= 2 ** 53;
  if (!wide) return;
  const exact: (number | bigint)[] = [];
  for (let s = 0; s < sources.length; s++) {
    for (const { index, ranges } of byPiece(taken[s])) {
      const piece = await sources[s].source.piece(timeColumn, index);
      for (let r = 0; r < ranges.starts.length; r++) {
        for (let row = ranges.starts[r]; row < ranges.ends[r]; row++) {
          const value = piece === undefined ? null : storedValueAt(piece, row % PIECE_ROWS);
          exact.push(value as number | bigint);
        }
      }
    }
  }
  order.sort((a, b) => {
    const [left, right] = descending ? [exact[b], exact[a]] : [exact[a], exact[b]];
    return left < right ? -1 : left > right ? 1 : a - b;
  });
}
