/**
 * Leaves out the ORDER BY of subqueries whose order nobody can see: below an aggregate that gives the same
 * result in any order, be it through joins, filters and projections. Where the rows of a subquery reach the
 * client or a LIMIT, or are numbered by something with effects, they stay sorted.
 */
import { hasVolatileCall } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import { exprsOf, mapInputs } from '../plan-walk.ts';

export function dropSorts(plan: LogicalNode): LogicalNode {
  return drop(plan, true);
}

function drop(node: LogicalNode, isSeen: boolean): LogicalNode {
  if (node.kind === 'sort' && !isSeen && !hasEffects(node)) return drop(node.input, false);
  const below = seesInput(node, isSeen);
  return mapInputs(node, (input) => drop(input, below));
}

/** Whether the order of a node's input can be told from what comes out. */
function seesInput(node: LogicalNode, isSeen: boolean): boolean {
  switch (node.kind) {
    case 'aggregate':
      return (
        hasEffects(node) ||
        node.aggregates.some(
          ({ fn, orderBy }) => fn.orderInsensitive !== true && orderBy.length === 0,
        )
      );
    case 'filter':
    case 'project':
    case 'join':
    case 'append':
    case 'set-operation':
    case 'distinct':
      return isSeen || hasEffects(node);
    default:
      return true;
  }
}

const hasEffects = (node: LogicalNode): boolean => exprsOf(node).some(hasVolatileCall);
