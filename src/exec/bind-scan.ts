/** Evaluates what a scan hands to storage: predicate hints and index bounds. */
import type { Expr } from '../plan/expr.ts';
import type { ScanPredicate } from '../plan/physical.ts';
import type { BoundPredicate } from '../storage/storage.ts';
import type { Value } from '../types/value.ts';
import { compileExpr } from './expression.ts';
import type { ExecContext } from './operator.ts';

/** The predicates with their values, or undefined where a NULL says that no row can match. */
export async function bindPredicates(
  predicates: readonly ScanPredicate[],
  context: ExecContext,
): Promise<BoundPredicate[] | undefined> {
  const bound: BoundPredicate[] = [];
  for (const { column, op, values } of predicates) {
    const found: Value[] = [];
    for (const expr of values) {
      // There may be thousands, and a wait takes a while even for what is there.
      const value = expr.kind === 'constant' ? expr.value : await bindValue(expr, context);
      if (value !== null) found.push(value);
    }
    if (found.length === 0) return undefined;
    bound.push({ column, op, values: found });
  }
  return bound;
}

export async function bindValue(expr: Expr, context: ExecContext): Promise<Value> {
  if (expr.kind === 'constant') return expr.value;
  if (expr.kind === 'parameter') return context.parameters[expr.index];
  return compileExpr(expr).value(context);
}
