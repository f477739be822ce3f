/** Moves LIMIT below projections, next to the sort that it can cut short. */
import { hasVolatileCall } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import { transformPlan } from '../plan-walk.ts';

export function pushLimits(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => {
    if (node.kind !== 'limit' || node.input.kind !== 'project' || node.tiesKeys !== null)
      return node;
    const project = node.input;
    if (project.exprs.some((expr) => hasVolatileCall(expr))) return node;
    const limit: LogicalNode = { ...node, input: project.input, columns: project.input.columns };
    return { ...project, input: limit };
  });
}
