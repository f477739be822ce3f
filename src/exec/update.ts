/** UPDATE: all target rows are found and locked before the first is changed. */
import { liveColumns } from '../catalog/catalog.ts';
import type { UpdateNode } from '../plan/physical.ts';
import { sliceBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { prepareValues } from './prepare-values.ts';
import { checkRows, ForbiddenRows } from './row-checks.ts';
import { countModified, pieces } from './run.ts';
import { targetRows } from './target-rows.ts';

export async function* runUpdate(node: UpdateNode, context: ExecContext): OperatorRun {
  const { refs, rows } = await targetRows(node.table, node.input, 'Update', context);
  if (refs.length === 0) return;
  const width = liveColumns(node.table).length;
  const changed: Batch = {
    columns: rows.columns.slice(1 + width, 1 + 2 * width),
    length: rows.length,
  };
  await checkRows(node.table, node.rowChecks, changed, context);
  await prepareValues(changed, context);
  // Subqueries in RETURNING see the tables as they were before the command.
  const input: Batch = { columns: rows.columns.slice(1 + width), length: rows.length };
  const returned =
    node.returning === null
      ? undefined
      : await evaluateAll(compileExprs(node.returning), input, context);
  const forbidden = await ForbiddenRows.among(node.rowChecks, changed, context);
  if (forbidden !== undefined) {
    const { firstRows } = forbidden;
    const first = sliceBatch(changed, 0, firstRows);
    await context.transaction.update(node.table, refs.slice(0, firstRows), first);
    forbidden.refuse(changed, context);
  }
  await context.transaction.update(node.table, refs, changed);
  countModified(node, refs.length, context);
  if (returned !== undefined) yield* pieces({ columns: returned, length: rows.length });
}
