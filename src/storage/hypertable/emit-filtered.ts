/** Batches of a source's selected rows, those left out whose values do not satisfy the conditions. */
import { batchBytes } from '../../vector/concat.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ScanCounters } from '../storage.ts';
import { byPiece, emitPiece, type OutputColumns } from './emit-rows.ts';
import { filterRows } from './filter-rows.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanBounds } from './scan-bounds.ts';
import type { RowRanges } from './select-rows.ts';

/** Rows of one batch. Whole pieces would be written to memory that no cache holds, new each time. */
const BATCH_ROWS = 16_384;

/** One piece after the other: pieces without a hit are not read beyond the columns of the conditions. */
export async function* filteredBatches(
  source: RowSource,
  ranges: RowRanges,
  bounds: ScanBounds,
  output: OutputColumns,
  counters: ScanCounters | undefined,
  coarse = false,
): AsyncGenerator<Batch> {
  for (const all of byPiece(ranges)) {
    const filtered = filterRows(source, all.ranges, bounds, coarse);
    const kept = filtered instanceof Promise ? await filtered : filtered;
    for (const rows of byPiece(kept, coarse ? PIECE_ROWS : BATCH_ROWS)) {
      const emitted = emitPiece(source, rows, output);
      const batch = emitted instanceof Promise ? await emitted : emitted;
      if (counters !== undefined) {
        counters.rows += batch.length;
        counters.bytes += batchBytes(batch);
      }
      yield batch;
    }
  }
}
