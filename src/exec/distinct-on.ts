/** DISTINCT ON: the first row of each stretch of rows with equal keys. */
import type { DistinctOnNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { gatherBatch } from '../vector/gather.ts';
import { valueAt } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { equalityOf } from './key-equality.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runDistinctOn(node: DistinctOnNode, context: ExecContext): OperatorRun {
  const exprs = compileExprs(node.keys);
  const equal = node.keys.map((key) => equalityOf(key.type.oid));
  let last: Value[] | undefined;
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    const keys = await evaluateAll(exprs, batch, context);
    const rows = new Int32Array(batch.length);
    let count = 0;
    for (let row = 0; row < batch.length; row++) {
      const values = keys.map((key) => valueAt(key, row));
      const previous = last;
      if (previous !== undefined && values.every((value, i) => equal[i](value, previous[i])))
        continue;
      last = values;
      rows[count++] = row;
    }
    if (count > 0) yield gatherBatch(batch, rows.subarray(0, count), true);
  }
}
