/** Sorting the rows of one batch. */
import type { SortKey } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import { BATCH_ROWS, type Batch } from '../vector/vector.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { evaluateInTurns } from './run.ts';
import { sortRows } from './sort-order.ts';

/** The rows of a batch in the order of the keys. */
export async function sortBatch(
  batch: Batch,
  keys: readonly SortKey[],
  context: ExecContext,
): Promise<Int32Array> {
  const exprs = keys.map((key) => key.expr);
  const vectors = await evaluateInTurns(exprs, batch, context);
  const orderKeys = keys.map(({ descending, nullsFirst }, i) => ({
    vector: vectors[i],
    descending,
    nullsFirst,
  }));
  return await sortRows(orderKeys, batch.length, context);
}

/** Rows of a large batch in the given order, a piece at a time. */
export async function* gatherPieces(
  batch: Batch,
  rows: Int32Array,
  context: ExecContext,
  pieceRows = BATCH_ROWS,
): OperatorRun {
  for (let start = 0; start < rows.length; start += pieceRows) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield gatherBatch(batch, rows.subarray(start, Math.min(start + pieceRows, rows.length)));
  }
}
