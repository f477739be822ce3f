/** SELECT ... FOR UPDATE and FOR SHARE. */
import type { LockRowsNode } from '../plan/physical.ts';
import { gatherBatch, sliceBatch } from '../vector/gather.ts';
import { isNullAt, valueAt, type Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/**
 * Rows that are locked one at a time, so that a LIMIT above locks no more than it takes; after them
 * come larger and larger pieces.
 */
const SINGLE_ROWS = 1000;

export async function* runLockRows(node: LockRowsNode, context: ExecContext): OperatorRun {
  let done = 0;
  for await (const batch of execute(node.input, context)) {
    let start = 0;
    while (start < batch.length) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      const size = done < SINGLE_ROWS ? 1 : Math.min(done, batch.length - start);
      const piece = await locked(node, sliceBatch(batch, start, start + size), context);
      start += size;
      done += size;
      if (piece.length > 0) yield piece;
    }
  }
}

/** The rows of the piece that are locked now. */
async function locked(node: LockRowsNode, piece: Batch, context: ExecContext): Promise<Batch> {
  let rows = piece;
  for (const { table, rowRefPosition } of node.targets) {
    const column = rows.columns[rowRefPosition];
    const present: number[] = [];
    const refs: number[] = [];
    for (let row = 0; row < rows.length; row++) {
      if (isNullAt(column, row)) continue;
      present.push(row);
      refs.push(valueAt(column, row) as number);
    }
    if (refs.length === 0) continue;
    const flags = await context.transaction.lockRows(
      table,
      Float64Array.from(refs),
      node.strength,
      node.wait,
    );
    if (node.wait !== 'skip-locked') continue;
    const skipped = new Set(present.filter((_, i) => flags[i] === 0));
    if (skipped.size === 0) continue;
    const kept: number[] = [];
    for (let row = 0; row < rows.length; row++) if (!skipped.has(row)) kept.push(row);
    rows = gatherBatch(rows, Int32Array.from(kept), true);
  }
  return rows;
}
