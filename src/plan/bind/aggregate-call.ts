/** Aggregate calls: collected by the query, which computes them in its Aggregate node. */
import type { AggregateFunction } from '../../functions/function.ts';
import { nameList, type FuncCall } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import { walkExpr } from '../expr-walk.ts';
import type { LogicalAggregateCall } from '../logical.ts';
import { sameExpr } from './same-expr.ts';
import { bindCondition } from './expr.ts';
import type { ResolvedFunction } from './function-lookup.ts';
import { equalityOf } from './operators.ts';
import { bindSortKeys } from './order.ts';
import type { QueryCalls } from './query-calls.ts';
import type { Scope } from './scope.ts';

export function bindAggregateCall(
  node: FuncCall,
  match: ResolvedFunction<AggregateFunction>,
  scope: Scope,
): Expr {
  const context = scope.context;
  const calls = aggregateCalls(scope, 'aggregate functions', node.location);
  const { fn, call, args } = match;
  const name = nameList(node.funcname).join('.');
  checkOrderedSet(node, fn, name, scope);
  const directCount = node.agg_within_group === true ? (fn.orderedSetDirectArgs ?? 0) : 0;
  const savedInside = calls.inside;
  calls.inside = 'aggregate';
  const filter =
    node.agg_filter === undefined
      ? null
      : scope.during('FILTER', () => bindCondition(node.agg_filter!, scope, 'FILTER'));
  let orderBy = bindSortKeys(node.agg_order ?? [], scope);
  calls.inside = savedInside;
  const inputs = [
    ...args,
    ...orderBy.map(({ expr }) => expr),
    ...(filter === null ? [] : [filter]),
  ];
  if (isOfOuterQuery(inputs)) {
    throw context.error(
      'feature_not_supported',
      'aggregates over columns of an outer query are not supported',
      node.location,
    );
  }
  const plainArgs = args.slice(directCount);
  if (node.agg_within_group === true)
    orderBy = orderBy.map((key, i) => ({ ...key, expr: plainArgs[i] ?? key.expr }));
  if (node.agg_distinct === true) {
    for (const arg of plainArgs) equalityOf(context, arg.type, context.locationOf(arg));
    orderBy = orderBy.map((key) => {
      const same = plainArgs.find((arg) => sameExpr(withoutLabel(arg), withoutLabel(key.expr)));
      // varchar that was made text for the call, say, orders as it did before.
      if (same !== undefined) return { ...key, expr: same };
      throw context.error(
        'invalid_column_reference',
        'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
        context.locationOf(key.expr),
      );
    });
  }
  const pending: LogicalAggregateCall = {
    column: context.newColumn(fn.name, call.returnType),
    fn,
    call,
    args: plainArgs,
    directArgs: args.slice(0, directCount),
    distinct: node.agg_distinct === true,
    filter,
    orderBy,
    type: call.returnType,
  };
  return context.reference(calls.addAggregate(pending).column, node.location);
}

/** What a cast that changes no value was made of. */
function withoutLabel(expr: Expr): Expr {
  return expr.kind === 'cast' && expr.convert === false && expr.form === 'implicit'
    ? expr.arg
    : expr;
}

function checkOrderedSet(node: FuncCall, fn: AggregateFunction, name: string, scope: Scope): void {
  const isOrderedSet = fn.orderedSetDirectArgs !== undefined;
  const wrong = (message: string) =>
    scope.context.error('wrong_object_type', message, node.location);
  if (isOrderedSet && node.agg_within_group !== true) {
    throw wrong(`WITHIN GROUP is required for ordered-set aggregate ${name}`);
  }
  if (!isOrderedSet && node.agg_within_group === true) {
    throw wrong(`${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`);
  }
}

/** True where all columns of a call's arguments, order and filter come from outside: PostgreSQL computes it out there. */
export function isOfOuterQuery(args: readonly Expr[]): boolean {
  const outer = new Set<number>();
  const own = new Set<number>();
  let hasColumn = false;
  for (const arg of args) {
    walkExpr(arg, (node) => {
      if (node.kind === 'column') hasColumn = true;
      else if (node.kind === 'exec-param') outer.add(node.index);
      else if (node.kind === 'subquery') for (const param of node.testParams) own.add(param);
    });
  }
  return !hasColumn && [...outer].some((param) => !own.has(param));
}

/** The calls of the query that an aggregate, or GROUPING, belongs to; 42803 where none may stand. */
export function aggregateCalls(
  scope: Scope,
  what: 'aggregate functions' | 'grouping operations',
  location: number | undefined,
): QueryCalls {
  const { context, calls } = scope;
  if (calls === null || !aggregatesAllowed(scope)) {
    throw context.error(
      'grouping_error',
      `${what} are not allowed in ${clauseName(scope)}`,
      location,
    );
  }
  if (calls.inside === 'aggregate') {
    throw context.error('grouping_error', 'aggregate function calls cannot be nested', location);
  }
  return calls;
}

function aggregatesAllowed(scope: Scope): boolean {
  return ['SELECT', 'HAVING', 'ORDER BY', 'DISTINCT ON', 'window'].includes(scope.clause);
}

/** The clause as PostgreSQL's message names it. */
export function clauseName(scope: Scope): string {
  return scope.clause === 'window' ? 'window definitions' : scope.clause;
}
