/** WITH RECURSIVE: the step runs over the rows of the turn before until a turn gives none. */
import type { RecursiveUnionNode, WorkTableNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { workKey } from './plan-walk.ts';
import { columnTypes, inPieces } from './run.ts';
import { SeenRows } from './seen-rows.ts';
import { KeptRows } from './spill/kept-rows.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runRecursiveUnion(
  node: RecursiveUnionNode,
  context: ExecContext,
): OperatorRun {
  const seen = node.distinct ? new SeenRows(columnTypes(node), context) : undefined;
  const newTurn = (): KeptRows => new KeptRows('Recursive Union', columnTypes(node), context);
  let plan = node.seed;
  let turn = newTurn();
  let next = newTurn();
  try {
    do {
      context.shared.set(workKey(node.cteId), turn);
      for await (const batch of inPieces(execute(plan, context), STEP_ROWS, context)) {
        const fresh = seen === undefined ? batch : await seen.fresh(batch);
        if (fresh.length === 0) continue;
        await next.append(fresh);
        yield fresh;
        // Whoever took the rows may have run another instance of this recursion.
        context.shared.set(workKey(node.cteId), turn);
      }
      await turn.close();
      turn = next;
      next = newTurn();
      plan = node.step;
    } while (turn.length > 0);
  } finally {
    await turn.close();
    await next.close();
  }
}

/** The rows of the turn before. */
export async function* runWorkTable(node: WorkTableNode, context: ExecContext): OperatorRun {
  const rows = context.shared.get(workKey(node.cteId)) as KeptRows | undefined;
  if (rows !== undefined) yield* rows.batches();
}
