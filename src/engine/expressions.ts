/** Expressions outside queries: defaults, checks, index keys, EXECUTE arguments. */
import { liveColumns, type ColumnDescriptor, type TableDescriptor } from '../catalog/catalog.ts';
import { quoteIdentifier } from '../base/identifier.ts';
import { dbError, notSupported } from '../errors/db-error.ts';
import { compileExpr, isAsync } from '../exec/expression.ts';
import { nodeAs, type Node } from '../parse/ast.ts';
import { parseExpression } from '../parse/parser.ts';
import { BindContext, type BindEnvironment } from '../plan/bind/context.ts';
import { bindExpr, bindCondition } from '../plan/bind/expr.ts';
import { tryCoerce } from '../plan/bind/coerce.ts';
import { Scope, type Clause, type Namespace, type RangeItem } from '../plan/bind/scope.ts';
import { typeText } from '../plan/bind/types.ts';
import { deparseExpr } from '../plan/deparse.ts';
import { QueryFacts } from '../plan/deparse/facts.ts';
import { walkExpr } from '../plan/expr-walk.ts';
import type { Expr } from '../plan/expr.ts';
import type { RowChecks } from '../plan/physical.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { valueAt } from '../vector/vector.ts';
import { qualifiedRegNames } from './reg-names.ts';
import type { SessionContext } from './session-context.ts';

/** A scope over a table's columns; column i of `columns` has index i. */
export function tableScope(
  environment: BindEnvironment,
  table: string,
  columns: readonly ColumnDescriptor[],
  clause: Clause,
): Scope {
  const names = table === '' ? undefined : tableNames(table, columns);
  return scopeOver(environment, names, clause);
}

function scopeOver(
  environment: BindEnvironment,
  names: Namespace | undefined,
  clause: Clause,
): Scope {
  const scope = new Scope(new BindContext(environment), null, new Map(), names);
  scope.clause = clause;
  return scope;
}

/** What expressions over a table's columns can name: made once where there are many of them. */
export function tableNames(table: string, columns: readonly ColumnDescriptor[]): Namespace {
  const rangeColumns = columns.map((column, index) => ({
    name: column.name,
    expr: { kind: 'column', type: column.type, index } as const,
    hidden: column.dropped === true,
  }));
  const visible = rangeColumns.filter((column) => !column.hidden);
  const item: RangeItem = {
    alias: table,
    aliased: false,
    relation: undefined,
    columns: visible,
    system: [],
    scalar: false,
    presence: null,
  };
  return { items: [item], columns: visible.map((column) => ({ item, ...column })) };
}

/** Binds a default and stores it as canonical text; null for DEFAULT NULL. */
export function canonicalDefault(
  session: SessionContext,
  node: Node | undefined,
  column: string,
  type: SqlType,
  sql: string,
): string | null {
  if (node === undefined) return null;
  const facts = new QueryFacts();
  const environment = { ...session.bindEnvironment(sql, []), trace: facts };
  const scope = tableScope(environment, '', [], 'DEFAULT expressions');
  refuseColumnReference(node, scope.context);
  const expr = bindExpr(node, scope);
  const coerced = tryCoerce(scope.context, expr, type, 'assignment');
  if (coerced === undefined) {
    throw dbError('datatype_mismatch', {
      message: `column "${column}" is of type ${typeText(scope.context, type)} but default expression is of type ${typeText(scope.context, expr.type)}`,
      hint: 'You will need to rewrite or cast the expression.',
    });
  }
  if (coerced.kind === 'constant' && coerced.value === null) return null;
  return deparse(session, expr.type.oid === 705 ? coerced : expr, () => '', facts);
}

function refuseColumnReference(node: unknown, context: BindContext): void {
  if (Array.isArray(node)) {
    for (const item of node) refuseColumnReference(item, context);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const reference = nodeAs(node as Node, 'ColumnRef');
  if (reference !== undefined) {
    throw context.error(
      'feature_not_supported',
      'cannot use column reference in DEFAULT expression',
      reference.location,
    );
  }
  for (const child of Object.values(node)) refuseColumnReference(child, context);
}

export interface CanonicalCheck {
  readonly sql: string;
  /** attnums that the expression names. */
  readonly columns: readonly number[];
}

/** Columns of a table that is made or altered, and what checks over them can name. */
export interface CheckedColumns {
  readonly names: Namespace;
  readonly columns: readonly ColumnDescriptor[];
}

export function canonicalCheck(
  session: SessionContext,
  node: Node | undefined,
  { names, columns }: CheckedColumns,
  sql: string,
): CanonicalCheck {
  if (node === undefined) throw dbError('syntax_error', 'CHECK needs an expression');
  const facts = new QueryFacts();
  const environment = { ...session.bindEnvironment(sql, []), trace: facts };
  const scope = scopeOver(environment, names, 'check constraints');
  const expr = bindCondition(node, scope, 'CHECK');
  return { sql: deparseOver(session, expr, columns, facts), columns: columnsOf(expr, columns) };
}

export interface CanonicalExpression extends CanonicalCheck {
  readonly expr: Expr;
}

/** An index key or predicate; must be immutable. */
export function canonicalIndexExpression(
  session: SessionContext,
  node: Node,
  table: string,
  columns: readonly ColumnDescriptor[],
  sql: string,
): CanonicalExpression {
  const facts = new QueryFacts();
  const environment = { ...session.bindEnvironment(sql, []), trace: facts };
  const scope = tableScope(environment, table, columns, 'index expressions');
  const expr = bindExpr(node, scope);
  requireImmutable(expr);
  return {
    expr,
    sql: deparseOver(session, expr, columns, facts),
    columns: columnsOf(expr, columns),
  };
}

function requireImmutable(expr: Expr): void {
  walkExpr(expr, (node) => {
    if (node.kind === 'call' && node.fn.volatility !== 'immutable') {
      throw dbError(
        'invalid_object_definition',
        'functions in index expression must be marked IMMUTABLE',
      );
    }
    if (node.kind === 'subquery' || node.kind === 'subplan')
      throw notSupported('a subquery in an index expression');
  });
}

function deparseOver(
  session: SessionContext,
  expr: Expr,
  columns: readonly ColumnDescriptor[],
  facts: QueryFacts,
): string {
  return deparse(session, expr, (index) => quoteIdentifier(columns[index]?.name ?? ''), facts);
}

/** Canonical text: forms of its own as they were written, relations under their schemas. */
function deparse(
  session: SessionContext,
  expr: Expr,
  column: (index: number) => string,
  facts: QueryFacts,
): string {
  const { format } = session.evalContext();
  const names = format.names && qualifiedRegNames(format.names, session.catalog());
  return deparseExpr(expr, {
    column,
    format: { ...format, names },
    syntax: (part) => facts.nodeOf(part),
  });
}

function columnsOf(expr: Expr, columns: readonly ColumnDescriptor[]): number[] {
  const attnums = new Set<number>();
  walkExpr(expr, (node) => {
    if (node.kind === 'column') attnums.add(columns[node.index]?.attnum ?? 0);
  });
  return [...attnums].sort((a, b) => a - b);
}

/** The value of an expression without columns, coerced to a type. */
export function evaluateNode(
  session: SessionContext,
  node: Node,
  type: SqlType,
  sql: string,
): Value {
  const scope = tableScope(session.bindEnvironment(sql, []), '', [], 'EXECUTE parameters');
  const bound = bindExpr(node, scope);
  const expr = tryCoerce(scope.context, bound, type, 'assignment');
  if (expr === undefined) {
    throw dbError(
      'datatype_mismatch',
      `parameter of type ${typeText(scope.context, bound.type)} cannot be coerced to the expected type ${typeText(scope.context, type)}`,
    );
  }
  if (isAsync(expr)) throw notSupported('a subquery in this place');
  const vector = compileExpr(expr).evaluate({ columns: [], length: 1 }, session.execContext([], 0));
  return valueAt(vector, 0);
}

/** The default of a column as an expression, null for none. Identity columns draw from their sequence. */
export function bindColumnDefault(session: SessionContext, column: ColumnDescriptor): Expr | null {
  let sql = column.defaultSql;
  if (column.identitySequence !== undefined) sql = `nextval(${column.identitySequence}::regclass)`;
  if (sql === null) return null;
  const scope = tableScope(session.bindEnvironment(sql, []), '', [], 'DEFAULT expressions');
  const bound = bindExpr(parseExpression(sql), scope);
  const expr = tryCoerce(scope.context, bound, column.type, 'assignment');
  if (expr === undefined)
    throw dbError('datatype_mismatch', `default of column "${column.name}" has a wrong type`);
  return expr;
}

/** A WHERE condition over the live columns of a table, by position. */
export function bindTableCondition(
  session: SessionContext,
  node: Node,
  table: TableDescriptor,
  sql: string,
): Expr {
  const scope = tableScope(
    session.bindEnvironment(sql, []),
    table.name,
    liveColumns(table),
    'WHERE',
  );
  return bindCondition(node, scope, 'WHERE');
}

/** What every new row of a table must satisfy, over its live columns by position. */
export function rowChecksOf(session: SessionContext, table: TableDescriptor): RowChecks {
  const live = liveColumns(table);
  const notNull = live.flatMap((column, position) =>
    column.notNull ? [{ position, column: column.name }] : [],
  );
  const names = tableNames(table.name, live);
  const checks = table.constraints.flatMap((constraint) => {
    if (constraint.kind !== 'check') return [];
    const environment = session.bindEnvironment(constraint.sql, []);
    const scope = scopeOver(environment, names, 'check constraints');
    return [
      {
        constraint: constraint.name,
        expr: bindCondition(parseExpression(constraint.sql), scope, 'CHECK'),
      },
    ];
  });
  return { notNull, checks, options: [] };
}
