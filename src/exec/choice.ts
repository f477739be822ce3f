/** One of two plans for the same rows, chosen by how many rows a CTE has. */
import { InternalError } from '../errors/db-error.ts';
import type { ChoiceNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import type { CteRows } from './cte.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { cteKey } from './plan-walk.ts';

export async function* runChoice(node: ChoiceNode, context: ExecContext): OperatorRun {
  const kept = context.shared.get(cteKey(node.cteId)) as CteRows | undefined;
  if (kept === undefined) throw new InternalError(`no WITH declares CTE ${node.cteId}`);
  let rows = 0;
  for (let i = 0; rows <= node.rowsMax; i++) {
    await turn(context);
    const batch = await kept.batch(i);
    if (batch === undefined) break;
    rows += batch.length;
  }
  yield* execute(rows <= node.rowsMax ? node.few : node.many, context);
}
