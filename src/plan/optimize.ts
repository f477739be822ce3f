/** The one ordered list of rewrite rules. Each takes a whole plan and gives an equivalent one. */
import type { BindEnvironment } from './bind/context.ts';
import type { LogicalNode } from './logical.ts';
import type { RowCounts } from './physical/estimate.ts';
import { mapExprsDeep } from './plan-walk.ts';

/** What rules may use: fresh ids, row counts, the statement's environment. */
export interface RuleState {
  nextColumnId: number;
  nextExecParam: number;
  readonly counts: RowCounts;
  readonly env: BindEnvironment;
}

export type Rule = (plan: LogicalNode, state: RuleState) => LogicalNode;

const RULES: readonly Rule[] = [];

/** Rewrites a plan and the plans of its subqueries. */
export function optimize(plan: LogicalNode, state: RuleState): LogicalNode {
  let result = plan;
  for (const rule of RULES) result = rule(result, state);
  return mapExprsDeep(result, (expr) =>
    expr.kind === 'subquery' ? { ...expr, plan: optimize(expr.plan, state) } : expr,
  );
}
