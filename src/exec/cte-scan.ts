import { InternalError } from '../errors/db-error.ts';
import type { CteScanNode } from '../plan/physical.ts';
import type { CteRows } from './cte.ts';
import { cteKey } from './plan-walk.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/** Reads the rows of a CTE that an enclosing WITH declared. */
export async function* runCteScan(node: CteScanNode, context: ExecContext): OperatorRun {
  const rows = context.shared.get(cteKey(node.cteId)) as CteRows | undefined;
  if (rows === undefined) throw new InternalError(`no WITH declares CTE ${node.cteId}`);
  for (let i = 0; ; i++) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    const batch = await rows.batch(i);
    if (batch === undefined) return;
    yield batch;
  }
}
