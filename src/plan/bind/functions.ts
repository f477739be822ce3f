/** Function calls: overloads, named and variadic arguments, aggregates, windows, sets. */
import { notSupported } from '../../errors/db-error.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import type { AggregateFunction } from '../../functions/function.ts';
import { nameList, nodeAs, type FuncCall, type Node, type NodeBody } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import { INT4, resolveUnknown, tryCoerce } from './coerce.ts';
import { canCoerceOne, findPath } from './coercion-rules.ts';
import type { BindContext } from './context.ts';
import { bindExpr } from './expr.ts';
import { aggregateCalls, bindAggregateCall, isOfOuterQuery } from './aggregate-call.ts';
import { resolveFunction, type ResolvedFunction } from './function-lookup.ts';
import type { Scope } from './scope.ts';
import { findTypeName, typeFacts } from './types.ts';
import { bindWindowCall } from './window-call.ts';

export interface BoundArgs {
  readonly args: readonly Expr[];
  /** Names of named arguments by position; undefined for positional ones. */
  readonly names: readonly (string | undefined)[];
}

export function bindFuncCall(node: FuncCall, scope: Scope): Expr {
  const context = scope.context;
  const names = nameList(node.funcname);
  const special = specialCall(node, names, scope);
  if (special !== undefined) return special;
  const outer = beginAggregate(node, names, scope);
  const bound = bindArgs(node.args ?? [], scope);
  outer.restore();
  if (isPlain(node) && bound.names.every((name) => name === undefined)) {
    const projection = fieldProjection(names, bound.args, scope, node.location);
    if (projection !== undefined) return projection;
  }
  const resolved = resolveFunction(context, names, withOrderArgs(node, bound, scope), {
    variadic: node.func_variadic === true,
    star: node.agg_star === true,
    location: node.location,
    castAllowed: isPlain(node),
  });
  if (resolved.kind === 'cast') {
    const cast = tryCoerce(
      context,
      bound.args[0],
      resolved.type,
      'explicit',
      context.locationOf(bound.args[0]),
    );
    if (cast !== undefined) return cast;
  }
  if (resolved.kind !== 'function') throw resolved.error;
  return buildCall(node, resolved.match, scope);
}

const isPlain = (node: FuncCall): boolean =>
  node.agg_star !== true &&
  node.agg_distinct !== true &&
  node.over === undefined &&
  node.agg_filter === undefined &&
  node.agg_order === undefined &&
  node.func_variadic !== true;

/** Arguments of an aggregate are bound knowing so, for the errors about nesting. */
function beginAggregate(
  node: FuncCall,
  names: readonly string[],
  scope: Scope,
): { restore(): void } {
  const calls = scope.calls;
  const name = names[names.length - 1];
  const candidates = scope.context.env.registry.functions(name);
  const isAggregate = candidates.some((fn) => fn.kind === 'aggregate');
  const isWindow = node.over !== undefined && candidates.length > 0;
  if (calls === null || (!isAggregate && !isWindow)) return { restore: () => undefined };
  const saved = calls.inside;
  const conditional = calls.conditional;
  const kind = isWindow ? 'window' : 'aggregate';
  if (saved === 'aggregate' && scope.clause === 'FILTER') {
    const what = kind === 'aggregate' ? 'aggregate' : 'window';
    throw scope.context.error(
      kind === 'aggregate' ? 'grouping_error' : 'windowing_error',
      `${what} functions are not allowed in FILTER`,
      node.location,
    );
  }
  if (saved === 'aggregate') {
    const message =
      kind === 'aggregate'
        ? 'aggregate function calls cannot be nested'
        : 'aggregate function calls cannot contain window function calls';
    throw scope.context.error('grouping_error', message, node.location);
  }
  if (saved === 'window' && kind === 'window') {
    throw scope.context.error(
      'windowing_error',
      'window function calls cannot be nested',
      node.location,
    );
  }
  calls.inside = kind;
  calls.conditional = null;
  return {
    restore() {
      calls.inside = saved;
      calls.conditional = conditional;
    },
  };
}

export function bindArgs(nodes: readonly Node[], scope: Scope): BoundArgs {
  const args: Expr[] = [];
  const names: (string | undefined)[] = [];
  for (const node of nodes) {
    const named = nodeAs(node, 'NamedArgExpr');
    if (named === undefined && names.some((name) => name !== undefined)) {
      throw scope.context.error(
        'syntax_error',
        'positional argument cannot follow named argument',
        scope.context.locationOf(args[args.length - 1]),
      );
    }
    if (named?.name !== undefined && names.includes(named.name)) {
      throw scope.context.error(
        'syntax_error',
        `argument name "${named.name}" used more than once`,
        named.location,
      );
    }
    args.push(bindExpr(named?.arg ?? node, scope));
    names.push(named?.name);
  }
  return { args, names };
}

/** WITHIN GROUP: the sorted expressions are further arguments. */
function withOrderArgs(node: FuncCall, bound: BoundArgs, scope: Scope): BoundArgs {
  if (node.agg_within_group !== true) return bound;
  const extra = (node.agg_order ?? []).map((item) =>
    bindExpr((item as { SortBy: { node: Node } }).SortBy.node, scope),
  );
  return {
    args: [...bound.args, ...extra],
    names: [...bound.names, ...extra.map(() => undefined)],
  };
}

function buildCall(node: FuncCall, match: ResolvedFunction, scope: Scope): Expr {
  const { fn } = match;
  const context = scope.context;
  const name = nameList(node.funcname).join('.');
  if (fn.kind === 'aggregate') {
    return node.over === undefined
      ? bindAggregateCall(node, match as ResolvedFunction<AggregateFunction>, scope)
      : bindWindowCall(node, match, scope);
  }
  const wrong = (message: string) => context.error('wrong_object_type', message, node.location);
  if (node.agg_star === true)
    throw wrong(`${name}(*) specified, but ${name} is not an aggregate function`);
  if (node.agg_distinct === true)
    throw wrong(`DISTINCT specified, but ${name} is not an aggregate function`);
  if (node.agg_within_group === true)
    throw wrong(`WITHIN GROUP specified, but ${name} is not an ordered-set aggregate`);
  if (node.agg_order !== undefined)
    throw wrong(`ORDER BY specified, but ${name} is not an aggregate function`);
  if (fn.kind === 'window') {
    if (node.over === undefined) throw wrong(`window function ${name} requires an OVER clause`);
    return bindWindowCall(node, match, scope);
  }
  if (node.agg_filter !== undefined)
    throw wrong(`FILTER specified, but ${name} is not an aggregate function`);
  if (node.over !== undefined) {
    throw wrong(`OVER specified, but ${name} is not a window function nor an aggregate function`);
  }
  if (fn.kind === 'scalar') {
    return { kind: 'call', type: match.call.returnType, fn, args: match.args, call: match.call };
  }
  return setCall(match, name, node.location, scope);
}

/** A set-returning function in an expression: a column that a ProjectSet node will give. */
function setCall(
  match: ResolvedFunction,
  name: string,
  location: number | undefined,
  scope: Scope,
): Expr {
  const context = scope.context;
  const { fn, call, args } = match;
  if (fn.kind !== 'table')
    throw context.error('internal_error', 'not a set-returning function', location);
  const calls = scope.calls;
  const refuse = (where: string) =>
    context.error(
      'feature_not_supported',
      `set-returning functions are not allowed in ${where}`,
      location,
    );
  const allowed = [
    'SELECT',
    'ORDER BY',
    'DISTINCT ON',
    'GROUP BY',
    'VALUES',
    'INSERT',
    'RETURNING',
  ];
  if (calls === null || !allowed.includes(scope.clause)) throw refuse(clauseText(scope));
  if (calls.conditional !== null) {
    const message = `set-returning functions are not allowed in ${calls.conditional}`;
    throw context.error('feature_not_supported', message, location, {
      hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
    });
  }
  if (calls.inside === 'aggregate') {
    throw context.error(
      'feature_not_supported',
      'aggregate function calls cannot contain set-returning function calls',
      location,
      {
        hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
      },
    );
  }
  if (calls.inside === 'window') {
    throw context.error(
      'feature_not_supported',
      'window function calls cannot contain set-returning function calls',
      location,
    );
  }
  const shape = fn.columns(call);
  const isRecord = fn.returnsRecord || shape.length > 1;
  const type = isRecord
    ? call.returnType.oid === OID.record
      ? sqlType(OID.record)
      : call.returnType
    : (shape[0]?.type ?? call.returnType);
  const column = context.newColumn(name, type, { name, shape: isRecord ? shape : undefined });
  calls.sets.push({ column, fn, call, args });
  return context.reference(column, location);
}

/** The clause's name as "... are not allowed in X" has it. */
export function clauseText(scope: Scope): string {
  return scope.clause;
}

/** `col(row)` means `row.col`, where the row has such a column. */
function fieldProjection(
  names: readonly string[],
  args: readonly Expr[],
  scope: Scope,
  location: number | undefined,
): Expr | undefined {
  if (names.length !== 1 || args.length !== 1 || args[0].kind !== 'row') return undefined;
  const row = args[0];
  const index = row.names.indexOf(names[0]);
  if (index < 0 || scope.context.env.registry.functions(names[0]).length > 0) return undefined;
  return scope.context.locate({ ...row.fields[index] }, location);
}

/** A call by name with bound arguments, as `row.f` means it; undefined where there is no such function. */
export function callByName(
  scope: Scope,
  names: readonly string[],
  args: readonly Expr[],
  location: number,
): Expr | undefined {
  const bound = { args, names: args.map(() => undefined) };
  const resolved = resolveFunction(scope.context, names, bound, {
    variadic: false,
    star: false,
    location,
    castAllowed: false,
  });
  if (resolved.kind !== 'function') return undefined;
  const { fn, call, args: coerced } = resolved.match;
  if (fn.kind === 'scalar') return { kind: 'call', type: call.returnType, fn, args: coerced, call };
  if (fn.kind === 'table') return setCall(resolved.match, names[names.length - 1], location, scope);
  return undefined;
}

/** GROUPING(a, b): resolved when the grouping is known. */
export function bindGroupingFunc(node: NodeBody<'GroupingFunc'>, scope: Scope): Expr {
  const { context } = scope;
  const args = (node.args ?? []).map((arg) => bindExpr(arg, scope));
  if (isOfOuterQuery(args)) {
    throw notSupported('GROUPING over columns of an outer query', context.position(node.location));
  }
  const calls = aggregateCalls(scope, 'grouping operations', node.location);
  if (args.length > 31) {
    throw context.error(
      'too_many_arguments',
      'GROUPING must have fewer than 32 arguments',
      node.location,
    );
  }
  const column = context.newColumn('grouping', INT4);
  calls.groupings.push({ column, args, location: node.location });
  return context.reference(column, node.location);
}

/** Constructs that the grammar writes as calls of functions but that need the binder. */
function specialCall(node: FuncCall, names: readonly string[], scope: Scope): Expr | undefined {
  const name = names[names.length - 1];
  if (name !== 'pg_typeof' || node.args?.length !== 1) return undefined;
  const arg = bindExpr(node.args[0], scope);
  return { kind: 'constant', type: sqlType(OID.regtype), value: arg.type.oid };
}

/** name(x) as a cast to the type `name`: for types that x becomes by relabelling or through text. */
export function functionStyleCast(
  context: BindContext,
  names: readonly string[],
  args: readonly Expr[],
): Oid | undefined {
  if (args.length !== 1) return undefined;
  const target = findTypeName(context, names);
  if (target === undefined) return undefined;
  const source = args[0].type.oid;
  if (source === OID.unknown || source === target) return target;
  const path = findPath(context, source, target, 'explicit');
  if (path === undefined) return undefined;
  const throughText =
    !canCoerceOne(context, source, target, 'assignment') &&
    typeFacts(context, source).category === 'S';
  // Casts that PostgreSQL implements by a function of this name resolve to that function.
  return path.convert === false || throughText || typeFacts(context, target).kind === 'b'
    ? target
    : undefined;
}

export function untypedToText(context: BindContext, expr: Expr): Expr {
  return expr.type.oid === OID.unknown ? resolveUnknown(context, expr) : expr;
}
