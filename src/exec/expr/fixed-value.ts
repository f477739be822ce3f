/** Constants and parameters: what is the same for all rows of a statement. */
import type { Expr } from '../../plan/expr.ts';
import type { Value } from '../../types/value.ts';
import type { ExecContext } from '../operator.ts';

export function isFixed({ kind }: Expr): boolean {
  return kind === 'constant' || kind === 'parameter';
}

/** What such an expression stands for; NULL for all others. */
export function fixedValue(expr: Expr, context: ExecContext): Value {
  if (expr.kind === 'constant') return expr.value;
  return expr.kind === 'parameter' ? (context.parameters[expr.index] ?? null) : null;
}
