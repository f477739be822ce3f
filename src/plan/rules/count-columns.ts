/**
 * count(column = value) counts the rows in which the column is not NULL: a comparison with a value is NULL
 * nowhere else. What is counted is then a column as it is stored, and no comparison is computed.
 */
import type { Expr } from '../expr.ts';
import type { LogicalAggregate, LogicalNode } from '../logical.ts';
import { transformPlan } from '../plan-walk.ts';

export function countColumns(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'aggregate' ? inAggregate(node) : node));
}

function inAggregate(node: LogicalAggregate): LogicalNode {
  let changed = false;
  const aggregates = node.aggregates.map((call) => {
    const { fn, args, distinct, orderBy } = call;
    const [arg] = args;
    if (fn.name !== 'count' || args.length !== 1 || distinct || orderBy.length > 0) return call;
    const column = comparedColumn(arg);
    if (column === undefined) return call;
    changed = true;
    return { ...call, args: [column], call: { ...call.call, argTypes: [column.type] } };
  });
  return changed ? { ...node, aggregates } : node;
}

const COMPARISONS: ReadonlySet<string | undefined> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** The column that an expression compares with a value; undefined for others. */
function comparedColumn(expr: Expr): Expr | undefined {
  if (expr.kind !== 'call' || !COMPARISONS.has(expr.operator) || !expr.fn.strict) return undefined;
  if (expr.args.length !== 2) return undefined;
  const column = expr.args.find(({ kind }) => kind === 'column');
  const value = expr.args.find(({ kind }) => kind === 'constant');
  // Records and arrays may hold what cannot be compared.
  const isPlain =
    value?.kind === 'constant' &&
    ['number', 'bigint', 'string', 'boolean'].includes(typeof value.value);
  return isPlain ? column : undefined;
}
