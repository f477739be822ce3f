/** ORDER BY with LIMIT: keeps no more than the best offset + limit rows, and some to choose from. */
import type { SortKey, TopNNode } from '../plan/physical.ts';
import { gatherBatch, gatherSteps, sliceBatch } from '../vector/gather.ts';
import { valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { execute } from './build.ts';
import { limitValue, offsetValue } from './limit.ts';
import { inTurns, type ExecContext, type OperatorRun } from './operator.ts';
import { columnTypes, concatInTurns, MemoryBudget, pieces } from './run.ts';
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
  let threshold: Threshold | undefined;
  const cut = async (): Promise<Batch> => {
    const all = await concatInTurns(types, pending, context);
    const order = await sortBatch(all, node.keys, context);
    const kept = order.subarray(0, Math.min(wanted, order.length));
    const columns: Vector[] = [];
    for (const column of all.columns) {
      columns.push(await inTurns(gatherSteps(column, kept), context));
    }
    return { columns, length: kept.length };
  };
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    const candidates = threshold === undefined ? batch : await threshold.candidates(batch, context);
    if (candidates.length === 0) continue;
    pending.push(candidates);
    rows += candidates.length;
    budget.add(batchBytes(candidates));
    if (rows >= Math.max(CHUNK_ROWS, 2 * wanted)) {
      const best = await cut();
      pending = [best];
      rows = best.length;
      if (rows === wanted) threshold = await Threshold.of(best, node.keys[0], context);
      budget = new MemoryBudget('Sort', context);
      budget.add(batchBytes(best));
    }
  }
  if (rows === 0) return;
  const best = await cut();
  if (offset < best.length) yield* pieces(sliceBatch(best, offset, best.length));
}

/** The first key of the worst row kept: rows that come after it by this key alone cannot get in. */
class Threshold {
  readonly #key: SortKey;
  readonly #worst: number;

  private constructor(key: SortKey, worst: number) {
    this.#key = key;
    this.#worst = worst;
  }

  /** undefined where the key is no plain number. */
  static async of(best: Batch, key: SortKey, context: ExecContext): Promise<Threshold | undefined> {
    const [vector] = await evaluateAll(compileExprs([key.expr]), best, context);
    const worst = valueAt(vector, best.length - 1);
    return vector.rep === 'f64' && typeof worst === 'number'
      ? new Threshold(key, worst)
      : undefined;
  }

  async candidates(batch: Batch, context: ExecContext): Promise<Batch> {
    const [vector] = await evaluateAll(compileExprs([this.#key.expr]), batch, context);
    if (vector.rep !== 'f64') return batch;
    const { descending, nullsFirst } = this.#key;
    const worst = this.#worst;
    const { data, nulls } = vector;
    const rows = new Int32Array(batch.length);
    let count = 0;
    for (let row = 0; row < batch.length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        if (!nullsFirst) continue;
      } else if (descending ? data[row] < worst : data[row] > worst) continue;
      rows[count++] = row;
    }
    return count === batch.length ? batch : gatherBatch(batch, rows.subarray(0, count));
  }
}
