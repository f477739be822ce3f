/** WITH: declares the CTEs, runs those that change data, then the body. */
import type { WithNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import { CteRows } from './cte.ts';
import { cteKey } from './plan-walk.ts';
import { freezeScans } from './frozen-scan.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runWith(node: WithNode, context: ExecContext): OperatorRun {
  if (node.ctes.some((cte) => cte.modifying)) await freezeScans(node, context);
  const declared: CteRows[] = [];
  try {
    for (const { cteId, plan } of node.ctes) {
      const rows = new CteRows(plan, context);
      declared.push(rows);
      context.shared.set(cteKey(cteId), rows);
    }
    for (let i = 0; i < declared.length; i++) {
      if (node.ctes[i].modifying) await declared[i].fill();
    }
    yield* execute(node.body, context);
  } finally {
    for (const rows of declared) await rows.close();
  }
}
