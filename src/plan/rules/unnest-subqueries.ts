/** EXISTS and IN over subqueries become semi and anti joins. */
import type { Expr, SubqueryExpr } from '../expr.ts';
import {
  columnsOf,
  conjunction,
  conjuncts,
  hasVolatileCall,
  someExpr,
  transformExpr,
} from '../expr-walk.ts';
import type { LogicalColumn, LogicalNode } from '../logical.ts';
import { exprsOf, inputsOf, transformPlan } from '../plan-walk.ts';

export function unnestSubqueries(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'filter' ? unnestFilter(node) : node));
}

function unnestFilter(node: Extract<LogicalNode, { kind: 'filter' }>): LogicalNode {
  let input = node.input;
  const rest: Expr[] = [];
  for (const part of conjuncts(node.condition)) {
    const joined = joinFor(part, input);
    if (joined === undefined) rest.push(part);
    else input = joined;
  }
  if (input === node.input) return node;
  const condition = conjunction(rest);
  return condition === null ? input : { kind: 'filter', input, condition, columns: node.columns };
}

function joinFor(part: Expr, input: LogicalNode): LogicalNode | undefined {
  if (part.kind === 'subquery') return semiJoin(part, input, false);
  if (part.kind === 'not' && part.arg.kind === 'subquery') return semiJoin(part.arg, input, true);
  return undefined;
}

function semiJoin(
  subquery: SubqueryExpr,
  input: LogicalNode,
  negated: boolean,
): LogicalNode | undefined {
  if (subquery.mode !== 'exists' && subquery.mode !== 'any') return undefined;
  if (subquery.test !== null && hasVolatileCall(subquery.test)) return undefined;
  if (negated && subquery.mode === 'any') return notIn(subquery, input);
  const pulled = pullUp(subquery);
  if (pulled === undefined) return undefined;
  const test = subquery.test === null ? [] : conjuncts(testOver(subquery, pulled.outputs));
  const condition = conjunction([...test, ...pulled.conditions]);
  // Without a condition the subquery is better asked once than joined.
  if (condition === null) return undefined;
  return join(input, pulled.plan, negated ? 'anti' : 'semi', condition, false);
}

function join(
  left: LogicalNode,
  right: LogicalNode,
  joinType: 'semi' | 'anti',
  condition: Expr,
  nullAware: boolean,
): LogicalNode {
  return {
    kind: 'join',
    joinType,
    left,
    right,
    condition,
    bindings: [],
    nullAware,
    columns: left.columns,
  };
}

/** NOT IN over an uncorrelated subquery with one column; other forms stay subplans. */
function notIn(subquery: SubqueryExpr, input: LogicalNode): LogicalNode | undefined {
  if (subquery.bindings.length > 0 || subquery.testParams.length !== 1 || subquery.test === null)
    return undefined;
  const test = testOver(subquery, subquery.plan.columns);
  if (test.kind !== 'call' || test.operator !== '=' || columnsOf(test.args[0]).size === 0)
    return undefined;
  if (subqueryInside(test)) return undefined;
  return join(input, subquery.plan, 'anti', test, true);
}

const subqueryInside = (expr: Expr): boolean => someExpr(expr, (node) => node.kind === 'subquery');

/** The comparison with the subquery's columns in place of its parameters. */
function testOver(subquery: SubqueryExpr, outputs: readonly LogicalColumn[]): Expr {
  return transformExpr(subquery.test as Expr, (node) => {
    if (node.kind !== 'exec-param') return node;
    const i = subquery.testParams.indexOf(node.index);
    if (i < 0) return node;
    return { kind: 'column', type: outputs[i].type, index: outputs[i].id };
  });
}

interface PulledUp {
  readonly plan: LogicalNode;
  /** Conditions over the subquery's and the outer columns. */
  readonly conditions: readonly Expr[];
  readonly outputs: readonly LogicalColumn[];
}

/** Takes the correlated conditions out of a subquery; undefined where others use its parameters. */
function pullUp(subquery: SubqueryExpr): PulledUp | undefined {
  const params = new Map(subquery.bindings.map(({ param, value }) => [param, value]));
  const outputs = subquery.plan.columns;
  if (params.size === 0) {
    return subquery.mode === 'exists'
      ? undefined
      : { plan: subquery.plan, conditions: [], outputs };
  }
  if ([...params.values()].some((value) => subqueryInside(value))) return undefined;
  const project = subquery.plan.kind === 'project' ? subquery.plan : undefined;
  let body = project?.input ?? subquery.plan;
  const kept: Expr[] = [];
  const conditions: Expr[] = [];
  while (body.kind === 'filter') {
    for (const part of conjuncts(body.condition)) {
      if (!usesParams(part, params)) kept.push(part);
      else if (hasVolatileCall(part) || subqueryInside(part)) return undefined;
      else conditions.push(outerForm(part, params));
    }
    body = body.input;
  }
  if (planUsesParams(body, params) || kept.some((part) => usesParams(part, params)))
    return undefined;
  if (project?.exprs.some((expr) => usesParams(expr, params)) === true && subquery.mode === 'any')
    return undefined;
  const condition = conjunction(kept);
  const rows: LogicalNode =
    condition === null ? body : { kind: 'filter', input: body, condition, columns: body.columns };
  if (subquery.mode === 'exists' || project === undefined)
    return { plan: rows, conditions, outputs };
  const own = new Set(project.columns.map((column) => column.id));
  const extra = body.columns.filter(
    (column) => !own.has(column.id) && conditions.some((part) => columnsOf(part).has(column.id)),
  );
  const plan: LogicalNode = {
    kind: 'project',
    input: rows,
    exprs: [
      ...project.exprs,
      ...extra.map((column): Expr => ({ kind: 'column', type: column.type, index: column.id })),
    ],
    columns: [...project.columns, ...extra],
  };
  return { plan, conditions, outputs };
}

type Params = ReadonlyMap<number, Expr>;

const usesParams = (expr: Expr, params: Params): boolean =>
  someExpr(expr, (node) => {
    if (node.kind === 'exec-param') return params.has(node.index);
    return node.kind === 'subquery' && planUsesParams(node.plan, params);
  });

function planUsesParams(plan: LogicalNode, params: Params): boolean {
  return (
    exprsOf(plan).some((expr) => usesParams(expr, params)) ||
    inputsOf(plan).some((input) => planUsesParams(input, params))
  );
}

function outerForm(expr: Expr, params: Params): Expr {
  return transformExpr(expr, (node) =>
    node.kind === 'exec-param' ? (params.get(node.index) ?? node) : node,
  );
}
