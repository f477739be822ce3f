/** The one ordered list of rewrite rules. Each takes a whole plan and gives an equivalent one. */
import type { BindEnvironment } from './bind/context.ts';
import type { LogicalNode } from './logical.ts';
import { finishNow } from '../base/steps.ts';
import type { RowCounts } from './physical/estimate.ts';
import { mapExprsDeep } from './plan-walk.ts';
import { aggregateEarly } from './rules/aggregate-early.ts';
import { deriveGroups } from './rules/derive-groups.ts';
import { compareIntegers } from './rules/compare-integers.ts';
import { countColumns } from './rules/count-columns.ts';
import { dropProjections } from './rules/drop-projections.ts';
import { dropSorts } from './rules/drop-sorts.ts';
import { foldConstants } from './rules/fold-constants.ts';
import { inlineCtes } from './rules/inline-ctes.ts';
import { joinEqualities } from './rules/join-equalities.ts';
import { nestBuckets } from './rules/nest-buckets.ts';
import { orderJoins } from './rules/order-joins.ts';
import { pushLimits } from './rules/push-limits.ts';
import { pushPredicates } from './rules/push-predicates.ts';
import { unnestLateral } from './rules/unnest-lateral.ts';
import { unnestRows } from './rules/unnest-rows.ts';
import { unnestSubqueries } from './rules/unnest-subqueries.ts';

/** What rules may use: fresh ids, row counts, the statement's environment. */
export interface RuleState {
  nextColumnId: number;
  nextExecParam: number;
  readonly counts: RowCounts;
  readonly env: BindEnvironment;
}

export type Rule = (plan: LogicalNode, state: RuleState) => LogicalNode;

const RULES: readonly Rule[] = [
  foldConstants,
  joinEqualities,
  compareIntegers,
  inlineCtes,
  pushPredicates,
  unnestSubqueries,
  unnestLateral,
  unnestRows,
  nestBuckets,
  deriveGroups,
  pushPredicates,
  aggregateEarly,
  dropProjections,
  countColumns,
  orderJoins,
  dropSorts,
  pushLimits,
];

/** Rewrites a plan and the plans of its subqueries. */
export function optimize(plan: LogicalNode, state: RuleState): LogicalNode {
  return finishNow(optimizeSteps(plan, state));
}

/** The same, a rule a step. */
export function* optimizeSteps(
  plan: LogicalNode,
  state: RuleState,
): Generator<void, LogicalNode, void> {
  let result = plan;
  for (const rule of RULES) {
    state.env.checkTime?.();
    result = rule(result, state);
    yield;
  }
  return mapExprsDeep(result, (expr) =>
    expr.kind === 'subquery' ? { ...expr, plan: optimize(expr.plan, state) } : expr,
  );
}
