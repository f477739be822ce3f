/** Operators: their overloads, and the SQL constructs that are made of operators. */
import { finishNow, type Steps } from '../../base/steps.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import { dbError, notSupported, type DbError } from '../../errors/db-error.ts';
import type { FunctionRegistry, SqlOperator } from '../../functions/function.ts';
import { nameList, nodeAs, type A_Expr, type Node } from '../../parse/ast.ts';
import { longItemsOf } from '../../parse/cut-source.ts';
import type { LongItems } from '../../parse/long-text.ts';
import type { CallExpr, Expr } from '../expr.ts';
import { BOOL, resolveUnknown, toBoolean, tryCoerce } from './coerce.ts';
import {
  canCoerceOne,
  resolvePolymorphic,
  resolveTarget,
  tryCommonType,
} from './coercion-rules.ts';
import type { BindContext } from './context.ts';
import { bindExpr, bindExprsSteps, bindExprSteps } from './expr.ts';
import { matchingCandidates, selectCandidate } from './overload.ts';
import { itemArray, itemTypes } from './long-in.ts';
import { compareRows } from './row-compare.ts';
import type { Scope } from './scope.ts';
import { bindRowSubquery } from './sublink.ts';
import { arrayType, elementType, isComposite, typeText } from './types.ts';

interface OperatorCandidate {
  readonly operator: SqlOperator;
  readonly argTypes: readonly Oid[];
}

/** The same in steps: an IN list, or what stands beside ANY, may be long. */
export function* bindOperatorSteps(node: A_Expr, scope: Scope): Steps<Expr> {
  const name = operatorName(node, scope.context);
  if (node.kind === 'AEXPR_IN') return yield* inSteps(node, name, scope);
  if (node.kind === 'AEXPR_OP_ANY' || node.kind === 'AEXPR_OP_ALL') {
    return yield* arrayOperatorSteps(node, name, scope);
  }
  const expr = bindOperatorNode(node, scope);
  if (scope.context.isDue()) yield;
  return expr;
}

/** Without its schema, which can only be pg_catalog. */
function operatorName(node: A_Expr, context: BindContext): string {
  const names = nameList(node.name);
  if (names.length > 1 && names[0] !== 'pg_catalog') {
    throw context.error(
      'undefined_function',
      `operator does not exist: ${names.join('.')}`,
      node.location,
    );
  }
  return names[names.length - 1];
}

export function bindOperatorNode(node: A_Expr, scope: Scope): Expr {
  const name = operatorName(node, scope.context);
  switch (node.kind) {
    case 'AEXPR_IN':
      return finishNow(inSteps(node, name, scope));
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return bindBetween(node, scope);
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return finishNow(arrayOperatorSteps(node, name, scope));
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return bindDistinct(node, scope);
    case 'AEXPR_NULLIF':
      return bindNullIf(node, scope);
    default:
      return bindPlain(node, name, scope);
  }
}

function bindPlain(node: A_Expr, name: string, scope: Scope): Expr {
  const context = scope.context;
  const right = node.rexpr as Node;
  if (node.lexpr === undefined)
    return resolveOperator(context, name, undefined, bindExpr(right, scope), node.location);
  const leftRow = nodeAs(node.lexpr, 'RowExpr');
  if (leftRow !== undefined) {
    const rightRow = nodeAs(right, 'RowExpr');
    const sublink = nodeAs(right, 'SubLink');
    if (rightRow !== undefined) {
      const lefts = (leftRow.args ?? []).map((arg) => bindExpr(arg, scope));
      const rights = (rightRow.args ?? []).map((arg) => bindExpr(arg, scope));
      return compareRows(context, name, lefts, rights, node.location);
    }
    if (sublink?.subLinkType === 'EXPR_SUBLINK')
      return bindRowSubquery(sublink, leftRow, name, scope, node.location);
  }
  const left = bindExpr(node.lexpr, scope);
  return resolveOperator(context, name, left, bindExpr(right, scope), node.location);
}

/** Applies the operator that fits the operands; throws 42883 where none does. */
export function resolveOperator(
  context: BindContext,
  name: string,
  left: Expr | undefined,
  right: Expr,
  location: number | undefined,
): Expr {
  if (left?.kind === 'row' && right.kind === 'row' && left.type.oid === OID.record) {
    if (['=', '<>', '<', '<=', '>', '>='].includes(name)) {
      return compareRows(context, name, left.fields, right.fields, location);
    }
  }
  const args = left === undefined ? [right] : [left, right];
  const found = findOperator(
    context,
    name,
    args.map((arg) => arg.type.oid),
  );
  if (found === undefined || found === 'ambiguous') {
    throw noOperator(
      context,
      name,
      left?.type.oid,
      right.type.oid,
      location,
      found === 'ambiguous',
    );
  }
  return applyOperator(context, found.operator, args, location);
}

function applyOperator(
  context: BindContext,
  operator: SqlOperator,
  args: readonly Expr[],
  location: number | undefined,
): CallExpr {
  const declared = operator.left === 0 ? [operator.right] : [operator.left, operator.right];
  const inputs = args.map((arg) => arg.type.oid);
  const match = resolvePolymorphic(context, inputs, declared);
  if (declared.every((oid) => oid === OID.anyarray) && inputs.every((oid) => oid === OID.unknown)) {
    // PostgreSQL has ranges among the candidates too, and untyped literals cannot choose.
    throw noOperator(
      context,
      operator.name,
      args.length > 1 ? OID.unknown : undefined,
      OID.unknown,
      location,
      true,
    );
  }
  const targets = match?.targets ?? declared;
  const coerced = args.map((arg, i) => coerceArgument(context, arg, targets[i], location));
  const result = resolveTarget(
    context,
    operator.result,
    match?.element ?? 0,
    match?.compatible ?? 0,
  );
  const type = sqlType(result);
  const call = { argTypes: coerced.map((arg) => arg.type), returnType: type };
  const expr: CallExpr = {
    kind: 'call',
    type,
    fn: operator.fn,
    args: coerced,
    call,
    operator: operator.name,
  };
  return context.locate(expr, location);
}

export function coerceArgument(
  context: BindContext,
  arg: Expr,
  target: Oid,
  location: number | undefined,
): Expr {
  if (target === OID.unknown || target === OID.any) return arg;
  const coerced = tryCoerce(
    context,
    arg,
    sqlType(target),
    'implicit',
    context.locationOf(arg) ?? location,
  );
  if (coerced !== undefined) return coerced;
  throw context.error(
    'cannot_coerce',
    `cannot cast type ${typeText(context, arg.type.oid)} to ${typeText(context, target)}`,
    location,
  );
}

/** The overload for these operand types (unknown for untyped literals). */
export function findOperator(
  context: BindContext,
  name: string,
  inputs: readonly Oid[],
): OperatorCandidate | 'ambiguous' | undefined {
  const candidates = candidatesOf(context.env.registry, name, inputs.length);
  const exact = exactOperator(candidates, inputs);
  if (exact !== undefined) return exact;
  const matching = matchingCandidates(context, inputs, candidates);
  if (matching.length === 0) return undefined;
  return selectCandidate(context, inputs, matching) ?? 'ambiguous';
}

const knownCandidates = new WeakMap<FunctionRegistry, Map<string, readonly OperatorCandidate[]>>();

/** A name's operators of one or two operands: each is asked for thousands of times in a long condition. */
function candidatesOf(
  registry: FunctionRegistry,
  name: string,
  operands: number,
): readonly OperatorCandidate[] {
  let known = knownCandidates.get(registry);
  if (known === undefined) knownCandidates.set(registry, (known = new Map()));
  const key = `${operands}${name}`;
  let candidates = known.get(key);
  if (candidates === undefined) {
    candidates = registry
      .operators(name)
      .filter(({ left }) => (left === 0) === (operands === 1))
      .map((operator) => {
        const { left, right } = operator;
        return { operator, argTypes: left === 0 ? [right] : [left, right] };
      });
    // Of names that somebody makes up nothing is kept.
    if (candidates.length > 0) known.set(key, candidates);
  }
  return candidates;
}

/** An untyped literal beside a typed operand is first taken to have that operand's type. */
function exactOperator(
  candidates: readonly OperatorCandidate[],
  inputs: readonly Oid[],
): OperatorCandidate | undefined {
  const [first, second] = inputs;
  const wanted =
    inputs.length === 1
      ? [first]
      : [first === OID.unknown ? second : first, second === OID.unknown ? first : second];
  if (wanted.includes(OID.unknown)) return undefined;
  return candidates.find(({ argTypes }) => argTypes.every((oid, i) => oid === wanted[i]));
}

function noOperator(
  context: BindContext,
  name: string,
  left: Oid | undefined,
  right: Oid,
  location: number | undefined,
  ambiguous: boolean,
): DbError {
  const text =
    left === undefined
      ? `${name} ${typeText(context, right)}`
      : `${typeText(context, left)} ${name} ${typeText(context, right)}`;
  if (ambiguous) {
    return context.error('ambiguous_function', `operator is not unique: ${text}`, location, {
      hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.',
    });
  }
  const hint =
    left === undefined
      ? 'No operator matches the given name and argument type. You might need to add an explicit type cast.'
      : 'No operator matches the given name and argument types. You might need to add explicit type casts.';
  return context.error('undefined_function', `operator does not exist: ${text}`, location, {
    hint,
  });
}

/** The equality of a type: for DISTINCT, IN, GROUP BY, hash joins. */
export function equalityOf(
  context: BindContext,
  type: SqlType,
  location?: number,
): { readonly operator: SqlOperator; readonly type: SqlType } {
  const found = findOperator(context, '=', [type.oid, type.oid]);
  if (found === undefined || found === 'ambiguous') {
    throw context.error(
      'undefined_function',
      `could not identify an equality operator for type ${typeText(context, type.oid)}`,
      location,
    );
  }
  return { operator: found.operator, type };
}

/** 42883 for GREATEST and LEAST over a type without order. */
export function requireComparison(
  context: BindContext,
  type: SqlType,
  location: number | undefined,
): void {
  if (isComposite(context, type.oid)) return;
  if (findOperator(context, '<', [type.oid, type.oid]) !== undefined) return;
  throw context.error(
    'undefined_function',
    `could not identify a comparison function for type ${typeText(context, type.oid)}`,
    location,
  );
}

/** 42883 where a type has no order. */
export function requireOrdering(
  context: BindContext,
  type: SqlType,
  location: number | undefined,
): void {
  if (type.oid === OID.unknown || isComposite(context, type.oid)) return;
  const found = findOperator(context, '<', [type.oid, type.oid]);
  if (found !== undefined) return;
  throw dbError('undefined_function', {
    message: `could not identify an ordering operator for type ${typeText(context, type.oid)}`,
    hint: 'Use an explicit ordering operator or modify the query.',
    position: context.position(location),
  });
}

function* inSteps(node: A_Expr, name: string, scope: Scope): Steps<Expr> {
  const context = scope.context;
  const negated = name === '<>';
  const items = nodeAs(node.rexpr, 'List')?.items ?? [];
  const leftRow = nodeAs(node.lexpr, 'RowExpr');
  if (leftRow === undefined) {
    const arg = bindExpr(node.lexpr as Node, scope);
    const long = longItemsOf(nodeAs(node.rexpr, 'List') ?? {});
    const array = long && longInList(context, arg, long, name, node.location);
    if (array !== undefined) return array;
    const bound =
      long?.values.map((value) => bindExpr(literalNode(value, long.kind), scope)) ??
      (yield* bindExprsSteps(items, scope));
    const list = inList(context, arg, bound, negated, node.location);
    if (list !== undefined) return list;
    return joinTests(
      negated,
      bound.map((item) => resolveOperator(context, name, arg, item, node.location)),
    );
  }
  const tests: Expr[] = [];
  for (const item of items) {
    const row = nodeAs(item, 'RowExpr');
    if (row === undefined) {
      const left = bindExpr(node.lexpr as Node, scope);
      tests.push(resolveOperator(context, name, left, bindExpr(item, scope), node.location));
      continue;
    }
    const lefts = (leftRow.args ?? []).map((part) => bindExpr(part, scope));
    const rights = (row.args ?? []).map((part) => bindExpr(part, scope));
    tests.push(compareRows(context, name, lefts, rights, node.location));
    if (context.isDue()) yield;
  }
  return joinTests(negated, tests);
}

function joinTests(negated: boolean, tests: readonly Expr[]): Expr {
  if (tests.length === 1) return tests[0];
  return { kind: negated ? 'and' : 'or', type: BOOL, args: tests };
}

function inList(
  context: BindContext,
  arg: Expr,
  items: readonly Expr[],
  negated: boolean,
  location: number | undefined,
): Expr | undefined {
  if (items.length < 2) return undefined;
  const common = commonEquality(
    context,
    '=',
    [arg, ...items].map((expr) => expr.type.oid),
  );
  if (common === undefined) return undefined;
  const { target, found } = common;
  const left = coerceArgument(context, arg, target, location);
  const list = items.map((item) => coerceArgument(context, item, target, location));
  const call = { argTypes: [left.type, left.type], returnType: BOOL };
  return {
    kind: 'in-list',
    type: BOOL,
    arg: left,
    items: list,
    equality: found.operator.fn,
    call,
    negated,
  };
}

/** The operator by which values of all these types are compared as one type. */
function commonEquality(
  context: BindContext,
  name: string,
  types: readonly Oid[],
): { readonly target: Oid; readonly found: OperatorCandidate } | undefined {
  const common = tryCommonType(context, types);
  if (!common.ok || common.type === OID.record || arrayType(context, common.type) === 0)
    return undefined;
  if (!types.every((type) => canCoerceOne(context, type, common.type, 'implicit')))
    return undefined;
  const { oid } = sqlType(common.type);
  const found = findOperator(context, name, [oid, oid]);
  if (found === undefined || found === 'ambiguous') return undefined;
  const target =
    found.argTypes[0] === found.argTypes[1] ? concreteTarget(context, found, oid) : oid;
  return { target, found };
}

/** A long list as an array; undefined where its items have to be looked at one by one. */
function longInList(
  context: BindContext,
  arg: Expr,
  items: LongItems,
  name: string,
  location: number | undefined,
): Expr | undefined {
  const common = commonEquality(context, name, [arg.type.oid, ...itemTypes(items)]);
  if (common === undefined) return undefined;
  const { target, found } = common;
  const value = itemArray(context, items, target);
  if (value === undefined) return undefined;
  const left = coerceArgument(context, arg, target, location);
  return {
    kind: 'array-op',
    type: BOOL,
    fn: found.operator.fn,
    call: { argTypes: [left.type, left.type], returnType: BOOL },
    operator: name,
    left,
    array: { kind: 'constant', type: sqlType(arrayType(context, target)), value },
    quantifier: name === '<>' ? 'all' : 'any',
  };
}

function literalNode(value: number | string, kind: LongItems['kind']): Node {
  if (kind === 'string') return { A_Const: { sval: { sval: String(value) } } };
  return { A_Const: { fval: { fval: String(value) } } };
}

function concreteTarget(context: BindContext, found: OperatorCandidate, oid: Oid): Oid {
  return resolvePolymorphic(context, [oid, oid], found.argTypes)?.targets[0] ?? oid;
}

function bindBetween(node: A_Expr, scope: Scope): Expr {
  const context = scope.context;
  const kind = node.kind ?? 'AEXPR_BETWEEN';
  const negated = kind.includes('NOT');
  const [low, high] = nodeAs(node.rexpr, 'List')?.items ?? [];
  // One comparison after the other: the first gives a parameter the type that it has in the second.
  const compare = (operator: string, bound: Node): Expr => {
    const value = bindExpr(node.lexpr as Node, scope);
    return resolveOperator(context, operator, value, bindExpr(bound, scope), node.location);
  };
  const range = (from: Node, to: Node): Expr => ({
    kind: negated ? 'or' : 'and',
    type: BOOL,
    args: negated
      ? [compare('<', from), compare('>', to)]
      : [compare('>=', from), compare('<=', to)],
  });
  const first = range(low, high);
  if (!kind.endsWith('SYM')) return first;
  return { kind: negated ? 'and' : 'or', type: BOOL, args: [first, range(high, low)] };
}

function* arrayOperatorSteps(node: A_Expr, name: string, scope: Scope): Steps<Expr> {
  const left = yield* bindExprSteps(node.lexpr as Node, scope);
  const array = yield* bindExprSteps(node.rexpr as Node, scope);
  return arrayOperator(
    scope.context,
    name,
    left,
    array,
    node.kind === 'AEXPR_OP_ANY' ? 'any' : 'all',
    node.location,
  );
}

/** left op ANY|ALL (array), as make_scalar_array_op resolves it. */
function arrayOperator(
  context: BindContext,
  name: string,
  left: Expr,
  array: Expr,
  quantifier: 'any' | 'all',
  location: number | undefined,
): Expr {
  const isUnknown = array.type.oid === OID.unknown;
  const element = isUnknown ? OID.unknown : elementType(context, array.type.oid);
  if (element === 0) {
    throw context.error(
      'wrong_object_type',
      'op ANY/ALL (array) requires array on right side',
      location,
    );
  }
  const found = findOperator(context, name, [left.type.oid, element]);
  if (found === undefined || found === 'ambiguous') {
    throw noOperator(context, name, left.type.oid, element, location, found === 'ambiguous');
  }
  const { operator } = found;
  if (operator.result !== OID.bool) {
    throw context.error(
      'wrong_object_type',
      'op ANY/ALL (array) requires operator to yield boolean',
      location,
    );
  }
  const match = resolvePolymorphic(context, [left.type.oid, element], found.argTypes);
  const [leftType, rightType] = match?.targets ?? found.argTypes;
  const arrayOid = arrayType(context, rightType);
  if (arrayOid === 0) {
    throw context.error(
      'undefined_object',
      `could not find array type for data type ${typeText(context, rightType)}`,
      location,
    );
  }
  const coercedLeft = coerceArgument(context, left, leftType, location);
  const coercedArray = coerceArgument(context, array, arrayOid, location);
  const call = { argTypes: [coercedLeft.type, sqlType(rightType)], returnType: BOOL };
  return {
    kind: 'array-op',
    type: BOOL,
    fn: operator.fn,
    call,
    operator: name,
    left: coercedLeft,
    array: coercedArray,
    quantifier,
  };
}

function bindDistinct(node: A_Expr, scope: Scope): Expr {
  const context = scope.context;
  const negated = node.kind === 'AEXPR_NOT_DISTINCT';
  const left = bindExpr(node.lexpr as Node, scope);
  const right = bindExpr(node.rexpr as Node, scope);
  if (left.kind === 'constant' && left.value === null) return nullTest(context, right, negated);
  if (right.kind === 'constant' && right.value === null) return nullTest(context, left, negated);
  if (left.kind === 'row' && right.kind === 'row') {
    if (left.fields.length !== right.fields.length) {
      throw context.error(
        'syntax_error',
        'unequal number of entries in row expressions',
        node.location,
      );
    }
    const tests = left.fields.map((field, i) =>
      distinctTest(context, field, right.fields[i], negated, node.location),
    );
    return joinTests(negated, tests);
  }
  return distinctTest(context, left, right, negated, node.location);
}

function nullTest(context: BindContext, arg: Expr, negated: boolean): Expr {
  return { kind: 'is-null', type: BOOL, arg: resolveUnknown(context, arg), negated: !negated };
}

function distinctTest(
  context: BindContext,
  left: Expr,
  right: Expr,
  negated: boolean,
  location: number | undefined,
): Expr {
  const test = resolveOperator(context, '=', left, right, location);
  if (test.kind !== 'call')
    throw notSupported('IS DISTINCT FROM over rows', context.position(location));
  return {
    kind: 'distinct',
    type: BOOL,
    left: test.args[0],
    right: test.args[1],
    equality: test.fn,
    call: test.call,
    negated,
  };
}

function bindNullIf(node: A_Expr, scope: Scope): Expr {
  const context = scope.context;
  const left = bindExpr(node.lexpr as Node, scope);
  const right = bindExpr(node.rexpr as Node, scope);
  const test = toBoolean(
    context,
    resolveOperator(context, '=', left, right, node.location),
    'NULLIF',
  );
  if (test.kind !== 'call') throw notSupported('NULLIF over rows', context.position(node.location));
  // The result is the left operand as the operator sees it.
  return {
    kind: 'nullif',
    type: test.args[0].type,
    left: test.args[0],
    right: test.args[1],
    equality: test.fn,
    call: test.call,
  };
}
