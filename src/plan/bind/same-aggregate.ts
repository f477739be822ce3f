/** Aggregate calls that need to be computed once only. */
import type { Expr } from '../expr.ts';
import { structureHash } from '../expr-hash.ts';
import { exprEqual, someExpr } from '../expr-walk.ts';
import type { LogicalAggregateCall } from '../logical.ts';

export function sameAggregate(a: LogicalAggregateCall, b: LogicalAggregateCall): boolean {
  const volatile = (expr: Expr) =>
    someExpr(expr, (node) => node.kind === 'call' && node.fn.volatility === 'volatile');
  const list = (x: readonly Expr[], y: readonly Expr[]) =>
    x.length === y.length && x.every((expr, i) => exprEqual(expr, y[i]) && !volatile(expr));
  return (
    a.fn === b.fn &&
    a.distinct === b.distinct &&
    list(a.args, b.args) &&
    list(a.directArgs, b.directArgs) &&
    (a.filter === null ? b.filter === null : b.filter !== null && exprEqual(a.filter, b.filter)) &&
    a.orderBy.length === b.orderBy.length &&
    a.orderBy.every((key, i) => {
      const other = b.orderBy[i];
      return (
        key.descending === other.descending &&
        key.nullsFirst === other.nullsFirst &&
        exprEqual(key.expr, other.expr)
      );
    })
  );
}

/** Equal calls have one hash. */
export function aggregateHash(call: LogicalAggregateCall): number {
  return structureHash([call.fn, call.args, call.directArgs, call.filter, call.orderBy]);
}
