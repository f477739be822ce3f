/** When two expressions of a query are one and the same to GROUP BY, ORDER BY and DISTINCT. */
import type { Expr } from '../expr.ts';
import { HashIndex, structureHash } from '../expr-hash.ts';
import { exprEqual } from '../expr-walk.ts';

/** Equality of expressions of one query level, where subqueries written alike are alike. */
export function sameExpr(a: Expr, b: Expr): boolean {
  return exprEqual(
    a,
    b,
    (x, y) =>
      x.source !== undefined &&
      y.source !== undefined &&
      sameSyntax(x.source, y.source) &&
      x.bindings.length === y.bindings.length &&
      x.bindings.every((binding, i) => sameExpr(binding.value, y.bindings[i].value)),
  );
}

/** Finds what belongs to the same expression. */
export class ExprIndex<T> extends HashIndex<Expr, T> {
  constructor() {
    super(structureHash, sameExpr);
  }
}

/** Whether two syntax trees differ in their places in the text at most. */
function sameSyntax(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a).filter(([key]) => !isPlace(key));
  const right = b as Record<string, unknown>;
  return (
    left.length === Object.keys(b).filter((key) => !isPlace(key)).length &&
    left.every(([key, value]) => sameSyntax(value, right[key]))
  );
}

const isPlace = (key: string): boolean => /location$|list_(start|end)$/.test(key);
