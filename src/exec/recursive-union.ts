/** WITH RECURSIVE: the step runs over the rows of the turn before until a turn gives none. */
import type { RecursiveUnionNode, WorkTableNode } from '../plan/physical.ts';
import type { Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { SeenRows } from './seen-rows.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { workKey } from './plan-walk.ts';
import { inPieces } from './run.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runRecursiveUnion(
  node: RecursiveUnionNode,
  context: ExecContext,
): OperatorRun {
  const seen = node.distinct ? new SeenRows(node.columns.length, context) : undefined;
  let plan = node.seed;
  let turn: readonly Batch[] = [];
  do {
    const next: Batch[] = [];
    context.shared.set(workKey(node.cteId), turn);
    for await (const batch of inPieces(execute(plan, context), STEP_ROWS, context)) {
      const fresh = seen === undefined ? batch : seen.fresh(batch);
      if (fresh.length === 0) continue;
      next.push(fresh);
      yield fresh;
      // Whoever took the rows may have run another instance of this recursion.
      context.shared.set(workKey(node.cteId), turn);
    }
    turn = next;
    plan = node.step;
  } while (turn.length > 0);
}

/** The rows of the turn before. */
export async function* runWorkTable(node: WorkTableNode, context: ExecContext): OperatorRun {
  const batches = context.shared.get(workKey(node.cteId)) as readonly Batch[] | undefined;
  yield* batches ?? [];
}
