/** Sorting all rows of an operator. */
import type { SortKey } from '../plan/physical.ts';
import type { LongBatch } from '../vector/long-column.ts';
import { BATCH_ROWS } from '../vector/vector.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { evaluateLong } from './run.ts';
import { sortRows } from './sort-order.ts';

/** The rows of a batch in the order of the keys. */
export async function sortBatch(
  batch: LongBatch,
  keys: readonly SortKey[],
  context: ExecContext,
): Promise<Int32Array> {
  const exprs = keys.map((key) => key.expr);
  const columns = await evaluateLong(exprs, batch, context);
  const orderKeys = keys.map(({ descending, nullsFirst }, i) => ({
    column: columns[i],
    descending,
    nullsFirst,
  }));
  return await sortRows(orderKeys, batch.length, context);
}

/** Rows of a large batch in the given order, a piece at a time. */
export async function* gatherPieces(
  batch: LongBatch,
  rows: Int32Array,
  context: ExecContext,
  pieceRows = BATCH_ROWS,
): OperatorRun {
  for (let start = 0; start < rows.length; start += pieceRows) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield batch.gather(rows.subarray(start, Math.min(start + pieceRows, rows.length)));
  }
}
