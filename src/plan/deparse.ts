/**
 * Bound expressions back to SQL text, in the style of PostgreSQL's ruleutils. pg_get_expr,
 * pg_get_constraintdef and the stored texts of defaults and checks come from here, and tools compare
 * them with PostgreSQL's.
 */
import { ExprWriter, type DeparseNames } from './deparse/expression.ts';
import { Layout } from './deparse/layout.ts';
import type { Expr } from './expr.ts';

export type { DeparseNames } from './deparse/expression.ts';

/** SQL text of an expression. */
export function deparseExpr(expr: Expr, names: DeparseNames): string {
  const out = new Layout(names.indents !== false);
  new ExprWriter(out, names).write(expr, false);
  return out.text;
}
