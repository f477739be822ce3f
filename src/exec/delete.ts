/** DELETE: all target rows are found and locked before the first is removed. */
import type { DeleteNode } from '../plan/physical.ts';
import type { Batch } from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { countModified, pieces } from './run.ts';
import { targetRows } from './target-rows.ts';

export async function* runDelete(node: DeleteNode, context: ExecContext): OperatorRun {
  const { refs, rows } = await targetRows(node.table, node.input, 'Delete', context);
  if (refs.length === 0) return;
  // Subqueries in RETURNING see the tables as they were before the command.
  const input: Batch = { columns: rows.columns.slice(1), length: rows.length };
  const returned =
    node.returning === null
      ? undefined
      : await evaluateAll(compileExprs(node.returning), input, context);
  await context.transaction.delete(node.table, refs);
  countModified(node, refs.length, context);
  if (returned !== undefined) yield* pieces({ columns: returned, length: rows.length });
}
