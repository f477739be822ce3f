/** Which operands the pretty form leaves without parentheses. */
import type { Expr } from '../expr.ts';

type Parent = Expr | 'cast' | undefined;

const LISTS: ReadonlySet<string> = new Set([
  'array',
  'row',
  'coalesce',
  'greatest',
  'least',
  'nullif',
  'case',
  'subscript',
]);

/** Whether an expression needs no parentheses as a child of `parent`. */
export function isSimple(expr: Expr, parent: Parent): boolean {
  switch (expr.kind) {
    case 'constant':
    case 'column':
    case 'parameter':
    case 'exec-param':
    case 'case':
    case 'coalesce':
    case 'nullif':
    case 'greatest':
    case 'least':
    case 'array':
    case 'row':
    case 'subscript':
      return true;
    case 'field':
      return typeof parent !== 'object' || parent.kind !== 'field';
    case 'cast':
      return isSimple(expr.arg, 'cast');
    case 'call':
      return expr.operator === undefined || isSimpleOperand(expr.operator, expr, parent);
    case 'subquery':
    case 'subplan':
    case 'is-null':
    case 'boolean-test':
    case 'distinct':
      return inLogic(parent) || inList(parent);
    case 'not':
      return isLogic(parent, 'and') || isLogic(parent, 'or') || inList(parent);
    case 'and':
      return isLogic(parent, 'and') || isLogic(parent, 'or') || inList(parent);
    case 'or':
      return isLogic(parent, 'or') || inList(parent);
    case 'in-list':
    case 'array-op':
      return false;
  }
}

function isLogic(parent: Parent, kind: 'and' | 'or'): boolean {
  return typeof parent === 'object' && parent.kind === kind;
}

/** AND, OR and NOT bind less tightly than any test. */
function inLogic(parent: Parent): boolean {
  return typeof parent === 'object' && ['and', 'or', 'not'].includes(parent.kind);
}

/** Commas or brackets around the child keep it apart. */
function inList(parent: Parent): boolean {
  if (typeof parent !== 'object') return false;
  return LISTS.has(parent.kind) || (parent.kind === 'call' && parent.operator === undefined);
}

function isSimpleOperand(operator: string, expr: Expr, parent: Parent): boolean {
  if (typeof parent !== 'object' || parent.kind !== 'call' || parent.operator === undefined) {
    return inLogic(parent) || inList(parent);
  }
  if (expr.kind !== 'call' || expr.args.length !== 2 || parent.args.length !== 2) return false;
  const [own, outer] = [precedence(operator), precedence(parent.operator)];
  if (own === 0 || outer === 0) return false;
  if (own !== outer) return own > outer;
  return parent.args[0] === expr;
}

function precedence(operator: string): number {
  if (operator === '+' || operator === '-') return 1;
  return operator === '*' || operator === '/' || operator === '%' ? 2 : 0;
}
