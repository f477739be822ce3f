/**
 * An aggregate over a projection that does nothing but pick columns is one over the projection's input: so an
 * aggregate over a subquery of a hypertable stands straight over its scan, and can be answered from summaries.
 */
import { substituteColumns } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type { LogicalAggregate, LogicalNode } from '../logical.ts';
import { mapExprs, transformPlan } from '../plan-walk.ts';

export function dropProjections(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'aggregate' ? overInput(node) : node));
}

function overInput(node: LogicalAggregate): LogicalNode {
  const { input } = node;
  if (input.kind !== 'project' || !input.exprs.every(({ kind }) => kind === 'column')) return node;
  const byId = new Map(input.columns.map(({ id }, i) => [id, input.exprs[i]]));
  const change = (expr: Expr): Expr => substituteColumns(expr, (id) => byId.get(id));
  const merged = mapExprs({ ...node, input: input.input }, change);
  return merged.kind === 'aggregate' ? overInput(merged) : merged;
}
