/** Computes the select list. */
import type { Expr } from '../plan/expr.ts';
import type { ProjectNode } from '../plan/physical.ts';
import type { BatchRuns } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { paceOf } from './pace.ts';
import { inPieces } from './run.ts';

/** Rows computed between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runProject(node: ProjectNode, context: ExecContext): OperatorRun {
  const exprs = compileExprs(node.exprs);
  const areColumns = node.exprs.every((expr) => expr.kind === 'column');
  const pace = paceOf(node.exprs, areColumns ? Infinity : STEP_ROWS, context.eval.clock);
  for await (const batch of inPieces(execute(node.input, context), pace, context)) {
    if (batch.length === 0) continue;
    pace.begin();
    const columns = await evaluateAll(exprs, batch, context);
    pace.end(batch.length);
    const runs = batch.runs === undefined ? undefined : projectRuns(batch.runs, node.exprs);
    yield { columns, length: batch.length, runs };
  }
}

/** The runs in terms of the output: columns that are passed on keep their properties. */
function projectRuns(runs: BatchRuns, exprs: readonly Expr[]): BatchRuns {
  const constantColumns: number[] = [];
  let timeColumn = -1;
  exprs.forEach((expr, position) => {
    if (expr.kind !== 'column') return;
    if (runs.constantColumns.includes(expr.index)) constantColumns.push(position);
    if (expr.index === runs.timeColumn) timeColumn = position;
  });
  return { starts: runs.starts, constantColumns, timeColumn };
}
