/** Which conditions cannot hold for a row that an outer join has made up. */
import type { Expr } from '../expr.ts';

/** True where the condition is false or unknown whenever all these columns are NULL. */
export function rejectsNulls(condition: Expr, ids: ReadonlySet<number>): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.args.some((arg) => rejectsNulls(arg, ids));
    case 'or':
      return condition.args.every((arg) => rejectsNulls(arg, ids));
    case 'is-null':
      return condition.negated && isNullWith(condition.arg, ids);
    case 'boolean-test':
      return !condition.negated && condition.test !== 'unknown' && isNullWith(condition.arg, ids);
    default:
      return isNullWith(condition, ids);
  }
}

/** True where the expression is NULL whenever all these columns are. */
function isNullWith(expr: Expr, ids: ReadonlySet<number>): boolean {
  switch (expr.kind) {
    case 'column':
      return ids.has(expr.index);
    case 'call':
      return expr.fn.strict && expr.args.some((arg) => isNullWith(arg, ids));
    case 'cast':
    case 'not':
      return isNullWith(expr.arg, ids);
    case 'in-list':
      return isNullWith(expr.arg, ids);
    default:
      return false;
  }
}
