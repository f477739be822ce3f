/** ORDER BY: all rows, sorted in memory. */
import type { SortKey, SortNode } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import { BATCH_ROWS, type Batch } from '../vector/vector.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { evaluateInTurns, materialize } from './run.ts';
import { sortRows, type OrderKey } from './sort-order.ts';

export async function* runSort(node: SortNode, context: ExecContext): OperatorRun {
  const batch = await materialize(node.input, context, 'Sort');
  const rows = await sortBatch(batch, node.keys, context);
  yield* gatherPieces(batch, rows, context);
}

/** The rows of a batch in the order of the keys. */
export async function sortBatch(
  batch: Batch,
  keys: readonly SortKey[],
  context: ExecContext,
): Promise<Int32Array> {
  return sortRows(await orderKeys(batch, keys, context), batch.length, context);
}

export async function orderKeys(
  batch: Batch,
  keys: readonly SortKey[],
  context: ExecContext,
): Promise<OrderKey[]> {
  const exprs = keys.map((key) => key.expr);
  const vectors = await evaluateInTurns(exprs, batch, context);
  return keys.map(({ descending, nullsFirst }, i) => ({
    vector: vectors[i],
    descending,
    nullsFirst,
  }));
}

/** Rows of a large batch in the given order, a piece at a time. */
export async function* gatherPieces(
  batch: Batch,
  rows: Int32Array,
  context: ExecContext,
): OperatorRun {
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield gatherBatch(batch, rows.subarray(start, Math.min(start + BATCH_ROWS, rows.length)));
  }
}
