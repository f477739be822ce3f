/** Subqueries in expressions. */
import { OID, sqlType } from '../../types/type.ts';
import {
  nameList,
  nodeAs,
  type Node,
  type RowExpr,
  type SelectStmt,
  type SubLink,
} from '../../parse/ast.ts';
import type { Expr, SubqueryExpr } from '../expr.ts';
import type { LogicalNode, LogicalProject } from '../logical.ts';
import { BOOL, toBoolean } from './coerce.ts';
import { bindExpr } from './expr.ts';
import { resolveOperator } from './operators.ts';
import { bindQuery, type BoundQuery } from './query.ts';
import { compareRows } from './row-compare.ts';
import { Captures, capturingNames, type Scope } from './scope.ts';
import { arrayType, isArrayType } from './types.ts';

export function bindSubLink(node: SubLink, scope: Scope): Expr {
  const context = scope.context;
  if (
    [
      'check constraints',
      'DEFAULT expressions',
      'index expressions',
      'column generation expressions',
    ].includes(scope.clause)
  ) {
    const where = {
      'check constraints': 'check constraint',
      'DEFAULT expressions': 'DEFAULT expression',
      'index expressions': 'index expression',
      'column generation expressions': 'column generation expression',
    }[scope.clause as string];
    throw context.error('feature_not_supported', `cannot use subquery in ${where}`, node.location);
  }
  const expr = bindKind(node, scope);
  return expr.kind === 'subquery' ? withSource(expr, node, scope) : expr;
}

/** Notes the syntax tree, and keeps what is known of the row that the subquery gives. */
function withSource(expr: SubqueryExpr, node: SubLink, scope: Scope): SubqueryExpr {
  const { shapes } = scope.context;
  const marked = { ...expr, source: node };
  const shape = shapes.get(expr);
  if (shape !== undefined) shapes.set(marked, shape);
  return marked;
}

function bindKind(node: SubLink, scope: Scope): Expr {
  const context = scope.context;
  const captures = new Captures(context);
  const query = bindSubquery(node.subselect as Node, scope, captures);
  switch (node.subLinkType) {
    case 'EXISTS_SUBLINK':
      return subquery('exists', BOOL, query.node, captures);
    case 'EXPR_SUBLINK': {
      requireOneColumn(query, node, scope);
      const expr = subquery('scalar', query.fields[0].column.type, query.node, captures);
      const shape = query.fields[0].shape;
      if (shape !== undefined) context.shapes.set(expr, shape);
      return expr;
    }
    case 'ARRAY_SUBLINK': {
      requireOneColumn(query, node, scope);
      const element = query.fields[0].column.type.oid;
      const array = isArrayType(context, element) ? element : arrayType(context, element);
      if (array === 0) {
        throw context.error(
          'undefined_object',
          "could not find array type for the subquery's column",
          node.location,
        );
      }
      return subquery(
        'array',
        sqlType(array, query.fields[0].column.type.typmod),
        query.node,
        captures,
      );
    }
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
      return quantified(node, query, captures, scope);
    default:
      throw context.error(
        'feature_not_supported',
        `${node.subLinkType} is not supported`,
        node.location,
      );
  }
}

export function bindSubquery(node: Node, scope: Scope, captures: Captures): BoundQuery {
  const names = capturingNames(scope, captures);
  return bindQuery(nodeAs(node, 'SelectStmt') as SelectStmt, {
    context: scope.context,
    outer: names,
    ctes: scope.ctes,
  });
}

function requireOneColumn(query: BoundQuery, node: SubLink, scope: Scope): void {
  const count = query.fields.length;
  if (count === 1) return;
  throw scope.context.error(
    'syntax_error',
    count === 0 ? 'subquery must return a column' : 'subquery must return only one column',
    node.location,
  );
}

function subquery(
  mode: SubqueryExpr['mode'],
  type: SubqueryExpr['type'],
  plan: LogicalNode,
  captures: Captures,
  test: Expr | null = null,
  testParams: readonly number[] = [],
): SubqueryExpr {
  return { kind: 'subquery', type, mode, plan, bindings: captures.bindings, test, testParams };
}

function quantified(node: SubLink, query: BoundQuery, captures: Captures, scope: Scope): Expr {
  const context = scope.context;
  const names = nameList(node.operName);
  const operator = names[names.length - 1] ?? '=';
  const row = nodeAs(node.testexpr, 'RowExpr');
  const lefts =
    row === undefined
      ? [bindExpr(node.testexpr as Node, scope)]
      : (row.args ?? []).map((arg) => bindExpr(arg, scope));
  if (lefts.length !== query.fields.length) {
    const message =
      lefts.length < query.fields.length
        ? 'subquery has too many columns'
        : 'subquery has too few columns';
    throw context.error('syntax_error', message, node.location);
  }
  const params = query.fields.map(() => context.newExecParam());
  const rights = query.fields.map(
    (field, i): Expr => ({
      kind: 'exec-param',
      type: field.column.type,
      index: params[i],
    }),
  );
  const test =
    lefts.length === 1
      ? resolveOperator(context, operator, lefts[0], rights[0], node.location)
      : compareRows(context, operator, lefts, rights, node.location);
  const mode = node.subLinkType === 'ALL_SUBLINK' ? 'all' : 'any';
  return subquery(mode, BOOL, query.node, captures, toBoolean(context, test, 'ANY/ALL'), params);
}

/** (a, b) op (SELECT x, y ...): the one row of the subquery, compared column by column. */
export function bindRowSubquery(
  node: SubLink,
  row: RowExpr,
  operator: string,
  scope: Scope,
  location: number | undefined,
): Expr {
  const lefts = (row.args ?? []).map((arg) => bindExpr(arg, scope));
  const rights = rowSubqueryFields(node, scope, lefts.length);
  return compareRows(scope.context, operator, lefts, rights, location);
}

/** The columns of a subquery's only row, as fields of one record. */
export function rowSubqueryFields(node: SubLink, scope: Scope, count: number): Expr[] {
  const context = scope.context;
  const captures = new Captures(context);
  const query = bindSubquery(node.subselect as Node, scope, captures);
  if (query.fields.length !== count) {
    const message =
      query.fields.length < count
        ? 'subquery has too few columns'
        : 'subquery has too many columns';
    throw context.error('syntax_error', message, node.location);
  }
  const type = sqlType(OID.record);
  const record: Expr = {
    kind: 'row',
    type,
    fields: query.fields.map((field) => context.reference(field.column)),
    names: query.fields.map((field) => field.name),
  };
  const plan: LogicalProject = {
    kind: 'project',
    input: query.node,
    exprs: [record],
    columns: [context.newColumn('row', type)],
  };
  const value = withSource(subquery('scalar', type, plan, captures), node, scope);
  return query.fields.map(
    (field, index): Expr => ({
      kind: 'field',
      type: field.column.type,
      base: value,
      index,
    }),
  );
}
