/**
 * Leaves out the ORDER BY of subqueries whose order nobody can see: below an aggregate that gives the same
 * result in any order, be it through joins, filters and projections, and below a window that sorts likewise. Where the rows of a subquery reach the
 * client or a LIMIT, or are numbered by something with effects, they stay sorted.
 */
import { exprEqual, hasVolatileCall, substituteColumns } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import { exprsOf, mapInputs } from '../plan-walk.ts';

type Window = Extract<LogicalNode, { kind: 'window' }>;

export function dropSorts(plan: LogicalNode): LogicalNode {
  return drop(plan, true);
}

function drop(node: LogicalNode, isSeen: boolean): LogicalNode {
  if (node.kind === 'sort' && !isSeen && !hasEffects(node)) return drop(node.input, false);
  const below = seesInput(node, isSeen);
  const next = node.kind === 'window' ? { ...node, input: unsorted(node) } : node;
  return mapInputs(next, (input) => drop(input, below));
}

/**
 * A window sorts its rows by partition and order, and keeps those that tie as they come. A sort below it by
 * some of these keys moves no rows that tie.
 */
function unsorted({ input, partitionBy, orderBy }: Window): LogicalNode {
  return withoutSort(input, [...partitionBy, ...orderBy.map(({ expr }) => expr)]);
}

function withoutSort(node: LogicalNode, keys: readonly Expr[]): LogicalNode {
  if (hasEffects(node)) return node;
  switch (node.kind) {
    case 'filter':
      return { ...node, input: withoutSort(node.input, keys) };
    case 'project': {
      const byId = new Map(node.columns.map(({ id }, i) => [id, node.exprs[i]]));
      const below = keys.map((key) => substituteColumns(key, (id) => byId.get(id)));
      return { ...node, input: withoutSort(node.input, below) };
    }
    case 'sort': {
      const isCovered = node.keys.every(({ expr }) => keys.some((key) => exprEqual(key, expr)));
      return isCovered ? node.input : node;
    }
    default:
      return node;
  }
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
