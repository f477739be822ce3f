/** Looking into bound expressions: children, columns used, whether they may wait or raise. */
import type { CaseExpr, Expr } from '../../plan/expr.ts';

/** Direct sub-expressions; of sub-plans only what is evaluated in the outer query. */
export function childExprs(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'constant':
    case 'column':
    case 'parameter':
    case 'exec-param':
      return [];
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least':
      return expr.args;
    case 'cast':
    case 'not':
    case 'is-null':
    case 'boolean-test':
      return [expr.arg];
    case 'distinct':
    case 'nullif':
      return [expr.left, expr.right];
    case 'case':
      return caseChildren(expr);
    case 'array':
      return expr.elements;
    case 'row':
      return expr.fields;
    case 'in-list':
      return [expr.arg, ...expr.items];
    case 'array-op':
      return [expr.left, expr.array];
    case 'subscript': {
      const bounds = expr.subscripts.flatMap(({ lower, upper }) => [lower, upper]);
      return [expr.base, ...bounds.filter((bound) => bound !== null)];
    }
    case 'field':
      return [expr.base];
    case 'subquery':
    case 'subplan': {
      const values = expr.bindings.map((binding) => binding.value);
      return expr.test === null ? values : [...values, expr.test];
    }
  }
}

function caseChildren({ branches, otherwise }: CaseExpr): Expr[] {
  const children: Expr[] = [];
  for (const { when, then } of branches) children.push(when, then);
  children.push(otherwise);
  return children;
}

/** Whether the expression or one below it satisfies the test. */
export function someExpr(expr: Expr, test: (expr: Expr) => boolean): boolean {
  return test(expr) || childExprs(expr).some((child) => someExpr(child, test));
}

/** Positions of the input columns that the expressions read, ascending. */
export function usedColumns(exprs: readonly Expr[]): number[] {
  const used = new Set<number>();
  const visit = (expr: Expr): void => {
    if (expr.kind === 'column') used.add(expr.index);
    for (const child of childExprs(expr)) visit(child);
  };
  for (const expr of exprs) visit(expr);
  return [...used].toSorted((a, b) => a - b);
}

/** Whether evaluating may have to wait: sub-plans and asynchronous functions. */
export function isAsync(expr: Expr): boolean {
  return someExpr(
    expr,
    (each) =>
      each.kind === 'subplan' ||
      each.kind === 'subquery' ||
      (each.kind === 'call' && each.fn.evaluateAsync !== undefined),
  );
}

export function isVolatile(expr: Expr): boolean {
  return someExpr(expr, (each) => each.kind === 'call' && each.fn.volatility === 'volatile');
}

const HARMLESS_OPERATORS: ReadonlySet<string> = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  '||',
]);

/** Whether evaluating a row may raise an error or have an effect, as far as is known here. */
export function mayRaise(expr: Expr): boolean {
  return someExpr(expr, (each) => {
    switch (each.kind) {
      case 'call':
        return each.operator === undefined || !HARMLESS_OPERATORS.has(each.operator);
      case 'cast':
        return each.convert !== false;
      case 'array':
        return each.multidimensional;
      case 'subquery':
      case 'subplan':
        return true;
      default:
        return false;
    }
  });
}
