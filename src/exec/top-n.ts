/** ORDER BY with LIMIT: keeps no more than the best offset + limit rows, and some to choose from. */
import type { TopNNode } from '../plan/physical.ts';
import { concatBatches } from '../vector/concat.ts';
import { gatherBatch, sliceBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { limitValue, offsetValue } from './limit.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { columnTypes, MemoryBudget, pieces } from './run.ts';
import { batchBytes } from '../vector/concat.ts';
import { sortBatch } from './sort.ts';

/** Rows gathered before they are sorted and cut, at least. */
const CHUNK_ROWS = 8192;

export async function* runTopN(node: TopNNode, context: ExecContext): OperatorRun {
  const offset = await offsetValue(node.offset, context);
  const limit = await limitValue(node.limit, context);
  if (limit === 0) return;
  const wanted = offset + limit;
  const types = columnTypes(node.input);
  let pending: Batch[] = [];
  let rows = 0;
  let budget = new MemoryBudget('Sort', context);
  const cut = async (): Promise<Batch> => {
    const all = concatBatches(types, pending);
    const order = await sortBatch(all, node.keys, context);
    return gatherBatch(all, order.subarray(0, Math.min(wanted, order.length)));
  };
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    pending.push(batch);
    rows += batch.length;
    budget.add(batchBytes(batch));
    if (rows >= Math.max(CHUNK_ROWS, 2 * wanted)) {
      const best = await cut();
      pending = [best];
      rows = best.length;
      budget = new MemoryBudget('Sort', context);
      budget.add(batchBytes(best));
    }
  }
  if (rows === 0) return;
  const best = await cut();
  if (offset < best.length) yield* pieces(sliceBatch(best, offset, best.length));
}
