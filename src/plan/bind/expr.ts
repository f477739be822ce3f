/** Expressions of the syntax tree to bound expressions: the dispatch by node kind. */
import { finishNow, type Steps } from '../../base/steps.ts';
import { codecFor } from '../../types/codecs.ts';
import { OID, sqlType } from '../../types/type.ts';
import { notSupported } from '../../errors/db-error.ts';
import {
  nodeKind,
  type A_Const,
  type Node,
  type NodeBody,
  type NodeKind,
} from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import {
  BOOL,
  castTo,
  constant,
  INT4,
  resolveUnknown,
  toBoolean,
  toCommon,
  commonType,
  tryCoerce,
  unify,
} from './coerce.ts';
import { bindColumnRef, bindIndirection } from './column-ref.ts';
import { bindFuncCall, bindGroupingFunc } from './functions.ts';
import {
  bindOperatorNode,
  bindOperatorSteps,
  resolveOperator,
  requireComparison,
} from './operators.ts';
import type { Scope } from './scope.ts';
import { bindSubLink } from './sublink.ts';
import { bindSqlValueFunction } from './sql-value.ts';
import { arrayType, elementType, isArrayType, resolveTypeName, typeText } from './types.ts';

type Handlers = {
  readonly [K in NodeKind]?: (node: NodeBody<K>, scope: Scope, whole: Node) => Expr;
};

const HANDLERS: Handlers = {
  A_Const: (node, scope) => bindConstant(node, scope),
  ColumnRef: bindColumnRef,
  ParamRef: bindParameter,
  A_Expr: bindOperatorNode,
  BoolExpr: now(boolSteps),
  FuncCall: bindFuncCall,
  TypeCast: now(castSteps),
  NullTest: bindNullTest,
  BooleanTest: bindBooleanTest,
  CaseExpr: now(caseSteps),
  CoalesceExpr: now(coalesceSteps),
  MinMaxExpr: now(minMaxSteps),
  A_ArrayExpr: now(plainArraySteps),
  RowExpr: bindRow,
  SubLink: bindSubLink,
  A_Indirection: bindIndirection,
  CollateClause: bindCollate,
  SQLValueFunction: bindSqlValueFunction,
  GroupingFunc: bindGroupingFunc,
  SetToDefault: (node, scope) => {
    throw scope.context.error(
      'syntax_error',
      'DEFAULT is not allowed in this context',
      node.location,
    );
  },
  NamedArgExpr: (node, scope) => {
    throw scope.context.error(
      'syntax_error',
      'named arguments are only allowed in calls',
      node.location,
    );
  },
  CurrentOfExpr: () => {
    throw notSupported('WHERE CURRENT OF');
  },
};

/** Binds an expression. Untyped literals and parameters keep the type unknown. */
export function bindExpr(node: Node, scope: Scope): Expr {
  scope.context.count();
  const kind = nodeKind(node);
  const handler = kind === undefined ? undefined : (HANDLERS[kind] as AnyHandler | undefined);
  const location = nodeLocation(node);
  if (handler === undefined || kind === undefined) {
    throw notSupported(`${kind ?? 'empty'} expression`, scope.context.position(location));
  }
  const expr = handler((node as unknown as Record<string, unknown>)[kind], scope, node);
  scope.context.env.trace?.expression(node, expr);
  return scope.context.locate(expr, location);
}

type AnyHandler = (node: unknown, scope: Scope, whole: Node) => Expr;

type StepHandlers = {
  readonly [K in NodeKind]?: (node: NodeBody<K>, scope: Scope) => Steps<Expr>;
};

/** What may have very many parts. */
const STEP_HANDLERS: StepHandlers = {
  A_Expr: bindOperatorSteps,
  BoolExpr: boolSteps,
  TypeCast: castSteps,
  CaseExpr: caseSteps,
  CoalesceExpr: coalesceSteps,
  MinMaxExpr: minMaxSteps,
  A_ArrayExpr: plainArraySteps,
};

type AnyStepHandler = (node: unknown, scope: Scope) => Steps<Expr>;

function now<T>(steps: (node: T, scope: Scope) => Steps<Expr>): (node: T, scope: Scope) => Expr {
  return (node, scope) => finishNow(steps(node, scope));
}

/** What `bindExpr` gives, in steps where the expression has very many parts. */
export function* bindExprSteps(node: Node, scope: Scope): Steps<Expr> {
  const { context } = scope;
  const kind = nodeKind(node);
  const handler =
    kind === undefined ? undefined : (STEP_HANDLERS[kind] as AnyStepHandler | undefined);
  if (kind === undefined || handler === undefined) {
    const expr = bindExpr(node, scope);
    if (context.isDue()) yield;
    return expr;
  }
  context.count();
  const location = nodeLocation(node);
  const expr = yield* handler((node as unknown as Record<string, unknown>)[kind], scope);
  context.env.trace?.expression(node, expr);
  return context.locate(expr, location);
}

/** Several of them. */
export function* bindExprsSteps(nodes: readonly Node[] | undefined, scope: Scope): Steps<Expr[]> {
  const exprs: Expr[] = [];
  for (const node of nodes ?? []) exprs.push(yield* bindExprSteps(node, scope));
  return exprs;
}

export function bindExprs(nodes: readonly Node[] | undefined, scope: Scope): Expr[] {
  return (nodes ?? []).map((node) => bindExpr(node, scope));
}

/** Binds a condition: boolean, or 42804 naming the construct. */
export function bindCondition(node: Node, scope: Scope, construct: string): Expr {
  return toBoolean(scope.context, bindExpr(node, scope), construct);
}

export function* bindConditionSteps(node: Node, scope: Scope, construct: string): Steps<Expr> {
  return toBoolean(scope.context, yield* bindExprSteps(node, scope), construct);
}

const INT4_MAX = 2147483647n;
const INT8_LIMIT = 9223372036854775807n;

function bindConstant(node: A_Const, scope: Scope): Expr {
  const format = scope.context.env.format;
  if (node.isnull === true) return constant(sqlType(OID.unknown), null);
  if (node.sval !== undefined) return constant(sqlType(OID.unknown), node.sval.sval ?? '');
  if (node.ival !== undefined) return constant(INT4, node.ival.ival ?? 0);
  if (node.boolval !== undefined) return constant(BOOL, node.boolval.boolval ?? false);
  if (node.fval !== undefined) return numberLiteral(node.fval.fval ?? '0', scope);
  const bits = node.bsval?.bsval ?? 'b';
  return constant(sqlType(OID.bit), codecFor(OID.bit).parseText(bits, -1, format));
}

/** Integers too large for int4 are int8, then numeric; anything with a point or exponent is numeric. */
function numberLiteral(text: string, scope: Scope): Expr {
  const format = scope.context.env.format;
  // The grammar folds a minus sign into a number that it took for a float: -2147483648 is an int4.
  if (/^-?[0-9]+$/.test(text)) {
    const value = BigInt(text);
    if (value <= INT4_MAX && value >= -INT4_MAX - 1n) return constant(INT4, Number(value));
    if (value <= INT8_LIMIT && value >= -INT8_LIMIT - 1n)
      return constant(sqlType(OID.int8), codecFor(OID.int8).parseText(text, -1, format));
  } else if (/^0[xob]/i.test(text)) {
    const value = BigInt(text.replaceAll('_', ''));
    if (value <= INT8_LIMIT) {
      const digits = value.toString();
      return constant(sqlType(OID.int8), codecFor(OID.int8).parseText(digits, -1, format));
    }
  }
  return constant(sqlType(OID.numeric), codecFor(OID.numeric).parseText(text, -1, format));
}

function bindParameter(node: NodeBody<'ParamRef'>, scope: Scope): Expr {
  const context = scope.context;
  const number = node.number ?? 0;
  const types = context.env.parameterTypes;
  if (
    number < 1 ||
    number > 65535 ||
    (context.env.allowNewParameters === false && number > types.length)
  ) {
    throw context.error('undefined_parameter', `there is no parameter $${number}`, node.location);
  }
  while (types.length < number) types.push(0);
  const known = types[number - 1];
  const oid = known === 0 ? OID.unknown : known;
  return { kind: 'parameter', type: sqlType(oid), index: number - 1 };
}

function* boolSteps(node: NodeBody<'BoolExpr'>, scope: Scope): Steps<Expr> {
  const name = node.boolop === 'NOT_EXPR' ? 'NOT' : node.boolop === 'OR_EXPR' ? 'OR' : 'AND';
  const args: Expr[] = [];
  for (const arg of node.args ?? []) args.push(yield* bindConditionSteps(arg, scope, name));
  if (name === 'NOT') return { kind: 'not', type: BOOL, arg: args[0] };
  const kind = name === 'OR' ? 'or' : 'and';
  // The grammar nests a AND b AND c already flat; parentheses may still nest the same operator.
  return { kind, type: BOOL, args };
}

function* castSteps(node: NodeBody<'TypeCast'>, scope: Scope): Steps<Expr> {
  const context = scope.context;
  const target = resolveTypeName(context, node.typeName ?? {});
  const arg = node.arg as Node;
  const location = (node.location ?? -1) < 0 ? node.typeName?.location : node.location;
  if ('A_ArrayExpr' in arg && isArrayType(context, target.oid)) {
    const array = yield* arraySteps(arg.A_ArrayExpr, scope, target.oid);
    return castTo(context, context.locate(array, arg.A_ArrayExpr.location), target, location);
  }
  return castTo(context, yield* bindExprSteps(arg, scope), target, location);
}

function bindNullTest(node: NodeBody<'NullTest'>, scope: Scope): Expr {
  const arg = resolveUnknown(scope.context, bindExpr(node.arg as Node, scope));
  return { kind: 'is-null', type: BOOL, arg, negated: node.nulltesttype === 'IS_NOT_NULL' };
}

function bindBooleanTest(node: NodeBody<'BooleanTest'>, scope: Scope): Expr {
  const type = node.booltesttype ?? 'IS_TRUE';
  const words = type.replaceAll('_', ' ');
  const arg = bindCondition(node.arg as Node, scope, words);
  const test = type.endsWith('TRUE') ? 'true' : type.endsWith('FALSE') ? 'false' : 'unknown';
  return { kind: 'boolean-test', type: BOOL, arg, test, negated: type.startsWith('IS_NOT') };
}

function caseSteps(node: NodeBody<'CaseExpr'>, scope: Scope): Steps<Expr> {
  return inConditional(scope, 'CASE', function* () {
    const context = scope.context;
    let subject = node.arg === undefined ? undefined : yield* bindExprSteps(node.arg, scope);
    if (subject !== undefined) subject = resolveUnknown(context, subject);
    const whens: Expr[] = [];
    const thens: Expr[] = [];
    for (const arm of node.args ?? []) {
      const when = (arm as { CaseWhen: NodeBody<'CaseWhen'> }).CaseWhen;
      if (subject === undefined)
        whens.push(yield* bindConditionSteps(when.expr as Node, scope, 'CASE/WHEN'));
      else {
        const value = yield* bindExprSteps(when.expr as Node, scope);
        const test = resolveOperator(context, '=', subject, value, when.location);
        whens.push(toBoolean(context, test, 'CASE/WHEN'));
      }
      thens.push(yield* bindExprSteps(when.result as Node, scope));
    }
    const otherwise =
      node.defresult === undefined
        ? constant(sqlType(OID.unknown), null)
        : yield* bindExprSteps(node.defresult, scope);
    // PostgreSQL lets the ELSE result come first when it chooses the type.
    const type = commonType(context, [otherwise, ...thens], 'CASE');
    return {
      kind: 'case',
      type,
      branches: whens.map((when, i) => ({
        when,
        // oxlint-disable-next-line unicorn/no-thenable
        then: toCommon(context, thens[i], type, 'CASE/WHEN'),
      })),
      otherwise: toCommon(context, otherwise, type, 'CASE/ELSE'),
    };
  });
}

function* inConditional<T>(scope: Scope, name: string, body: () => Steps<T>): Steps<T> {
  const calls = scope.calls;
  if (calls === null) return yield* body();
  const saved = calls.conditional;
  calls.conditional = name;
  try {
    return yield* body();
  } finally {
    calls.conditional = saved;
  }
}

function coalesceSteps(node: NodeBody<'CoalesceExpr'>, scope: Scope): Steps<Expr> {
  return inConditional(scope, 'COALESCE', function* () {
    const args = yield* bindExprsSteps(node.args, scope);
    const { type, exprs } = unify(scope.context, args, 'COALESCE');
    return { kind: 'coalesce', type, args: exprs };
  });
}

function* minMaxSteps(node: NodeBody<'MinMaxExpr'>, scope: Scope): Steps<Expr> {
  const name = node.op === 'IS_LEAST' ? 'LEAST' : 'GREATEST';
  const args = yield* bindExprsSteps(node.args, scope);
  const { type, exprs } = unify(scope.context, args, name);
  requireComparison(scope.context, type, node.location);
  return { kind: name === 'LEAST' ? 'least' : 'greatest', type, args: exprs };
}

function plainArraySteps(node: NodeBody<'A_ArrayExpr'>, scope: Scope): Steps<Expr> {
  return arraySteps(node, scope, undefined);
}

function* arraySteps(
  node: NodeBody<'A_ArrayExpr'>,
  scope: Scope,
  wanted: number | undefined,
): Steps<Expr> {
  const context = scope.context;
  const elements: Expr[] = [];
  let nested = false;
  for (const item of node.elements ?? []) {
    if ('A_ArrayExpr' in item) {
      const inner = yield* arraySteps(item.A_ArrayExpr, scope, wanted);
      elements.push(context.locate(inner, nodeLocation(item)));
      nested = true;
    } else {
      const element = yield* bindExprSteps(item, scope);
      if (isArrayType(context, element.type.oid)) nested = true;
      elements.push(element);
    }
  }
  if (elements.length === 0) {
    if (wanted === undefined) {
      throw context.error(
        'indeterminate_datatype',
        'cannot determine type of empty array',
        node.location,
        {
          hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
        },
      );
    }
    return { kind: 'array', type: sqlType(wanted), elements: [], multidimensional: false };
  }
  if (wanted !== undefined) {
    const itemType = sqlType(nested ? wanted : elementType(context, wanted));
    const typed = elements.map((element) =>
      castTo(context, element, itemType, context.locationOf(element)),
    );
    return { kind: 'array', type: sqlType(wanted), elements: typed, multidimensional: nested };
  }
  const { type, exprs } = unify(context, elements, 'ARRAY');
  const oid = nested ? type.oid : arrayType(context, type.oid);
  if (oid === 0) {
    const name = typeText(context, type.oid);
    throw context.error(
      'undefined_object',
      `could not find array type for data type ${name}`,
      node.location,
    );
  }
  return {
    kind: 'array',
    type: sqlType(oid, type.typmod),
    elements: exprs,
    multidimensional: nested,
  };
}

function bindRow(node: NodeBody<'RowExpr'>, scope: Scope): Expr {
  const fields = bindRowFields(node.args ?? [], scope).map((field) => field);
  return {
    kind: 'row',
    type: sqlType(OID.record),
    fields,
    names: fields.map((_, i) => `f${i + 1}`),
  };
}

/** Fields of ROW(...), where `t.*` stands for all columns of t. */
function bindRowFields(args: readonly Node[], scope: Scope): Expr[] {
  const fields: Expr[] = [];
  for (const arg of args) {
    const parts = 'ColumnRef' in arg ? (arg.ColumnRef.fields ?? []) : [];
    const last = parts[parts.length - 1];
    if (parts.length > 1 && last !== undefined && 'A_Star' in last) {
      const row = bindColumnRef(
        { ...(arg as { ColumnRef: object }).ColumnRef, fields: parts.slice(0, -1) },
        scope,
      );
      if (row.kind === 'row') {
        fields.push(...row.fields);
        continue;
      }
    }
    fields.push(bindExpr(arg, scope));
  }
  return fields;
}

const KNOWN_COLLATIONS = new Set(['default', 'C', 'POSIX', 'ucs_basic']);

function bindCollate(node: NodeBody<'CollateClause'>, scope: Scope): Expr {
  const context = scope.context;
  const arg = resolveUnknown(context, bindExpr(node.arg as Node, scope));
  const names = (node.collname ?? []).map((part) =>
    'String' in part ? (part.String.sval ?? '') : '',
  );
  const name = names[names.length - 1];
  const category = isArrayType(context, arg.type.oid)
    ? elementType(context, arg.type.oid)
    : arg.type.oid;
  if (![OID.text, OID.varchar, OID.bpchar, OID.name].includes(category as 25)) {
    const type = typeText(context, arg.type.oid);
    throw context.error(
      'datatype_mismatch',
      `collations are not supported by type ${type}`,
      node.location,
    );
  }
  if (!KNOWN_COLLATIONS.has(name)) {
    throw context.error(
      'undefined_object',
      `collation "${names.join('.')}" for encoding "UTF8" does not exist`,
      node.location,
    );
  }
  return arg;
}

/** Binds and coerces to a fixed type as for an assignment of a parameter (LIMIT, OFFSET ...). */
export function bindAs(node: Node, scope: Scope, oid: number, construct: string): Expr {
  const context = scope.context;
  const expr = bindExpr(node, scope);
  const coerced = tryCoerce(context, expr, sqlType(oid), 'assignment', undefined, 'implicit');
  if (coerced !== undefined) return coerced;
  const name = typeText(context, oid);
  throw context.error(
    'datatype_mismatch',
    `argument of ${construct} must be type ${name}, not type ${typeText(context, expr.type.oid)}`,
    context.locationOf(expr),
  );
}
