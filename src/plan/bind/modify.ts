/** INSERT, UPDATE and DELETE: shared parts and the dispatch. */
import type { Steps } from '../../base/steps.ts';
import { liveColumns, type ColumnDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { parseExpression } from '../../parse/parser.ts';
import type { SqlType } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { columnsOf } from '../expr-walk.ts';
import type { BoundStatement, LogicalRowChecks } from '../logical.ts';
import { constant, resolveUnknown, toBoolean, tryCoerce } from './coerce.ts';
import type { BindContext } from './context.ts';
import { deleteSteps } from './delete.ts';
import { bindExpr } from './expr.ts';
import { insertSteps, rowItem } from './insert.ts';
import { viewCheckSteps, type ModifyTarget } from './modify-target.ts';
import { outputField, type BoundQuery, type QueryField, type QueryInput } from './query.ts';
import { QueryCalls } from './query-calls.ts';
import { itemNamespace, Scope, type Clause, type Namespace, type RangeItem } from './scope.ts';
import { bindTargets } from './target.ts';
import { typeText } from './types.ts';
import { updateSteps } from './update.ts';
import { withSteps, wrapWith } from './with.ts';

export interface BoundModify {
  readonly query: BoundQuery;
  readonly command: BoundStatement['command'];
  readonly returning: boolean;
}

export function* modifySteps(node: Node, input: QueryInput): Steps<BoundModify> {
  const insert = nodeAs(node, 'InsertStmt');
  const update = nodeAs(node, 'UpdateStmt');
  const remove = nodeAs(node, 'DeleteStmt');
  const clause = insert?.withClause ?? update?.withClause ?? remove?.withClause;
  const { ctes, declared } = yield* withSteps(clause, input);
  const inner = { ...input, ctes };
  if (insert !== undefined) {
    return {
      query: wrapWith(declared, yield* insertSteps(insert, inner)),
      command: 'insert',
      returning: insert.returningClause !== undefined,
    };
  }
  if (update !== undefined) {
    return {
      query: wrapWith(declared, yield* updateSteps(update, inner)),
      command: 'update',
      returning: update.returningClause !== undefined,
    };
  }
  if (remove !== undefined) {
    return {
      query: wrapWith(declared, yield* deleteSteps(remove, inner)),
      command: 'delete',
      returning: remove.returningClause !== undefined,
    };
  }
  throw notSupported('MERGE');
}

/** INSERT ... RETURNING and its kin as a WITH query. */
export function* modifyingCteSteps(node: Node, input: QueryInput): Steps<BoundQuery> {
  return (yield* modifySteps(node, { ...input, topLevel: false })).query;
}

/** Nodes that are bound in the time that the shortest text takes to be parsed. */
const PARSED_NODES = 16;

/** Binds SQL text from the catalog over the columns of a row, given as expressions. */
export function bindStoredSql(
  context: BindContext,
  sql: string,
  row: ReadonlyMap<string, Expr>,
  clause: Clause,
): Expr {
  return bindStoredOver(context, sql, rowNames(row), clause);
}

/** What stored expressions over a row can name: made once where there are many of them. */
function rowNames(row: ReadonlyMap<string, Expr>): Namespace {
  const columns = [...row].map(([name, expr]) => ({ name, expr }));
  const item: RangeItem = {
    alias: '',
    aliased: false,
    relation: undefined,
    columns,
    system: [],
    scalar: false,
    presence: null,
  };
  return itemNamespace(item);
}

function bindStoredOver(context: BindContext, sql: string, names: Namespace, clause: Clause): Expr {
  const scope = new Scope(context, null, new Map(), names);
  scope.clause = clause;
  context.count(PARSED_NODES);
  return context.inView(context.searchPath, () => bindExpr(parseExpression(sql), scope));
}

/** The default of a column, of the column's type; NULL without one. */
export function defaultValue(context: BindContext, column: ColumnDescriptor): Expr {
  if (column.identity !== '' && column.identitySequence !== undefined) {
    const sequence = column.identitySequence;
    const nextval = bindStoredSql(
      context,
      `nextval(${sequence}::regclass)`,
      new Map(),
      'DEFAULT expressions',
    );
    return tryCoerce(context, nextval, column.type, 'assignment', undefined, 'implicit') ?? nextval;
  }
  return storedDefault(context, column.type, column.defaultSql);
}

/** A default as the catalog has it, of a column's type; NULL without one. */
export function storedDefault(context: BindContext, type: SqlType, sql: string | null): Expr {
  if (sql === null) return constant(type, null);
  const expr = bindStoredSql(context, sql, new Map(), 'DEFAULT expressions');
  return tryCoerce(context, expr, type, 'assignment', undefined, 'implicit') ?? expr;
}

/** Generated columns' expressions over a row's values. */
export function generatedValue(
  context: BindContext,
  column: ColumnDescriptor,
  row: ReadonlyMap<string, Expr>,
): Expr {
  const expr = bindStoredSql(
    context,
    column.generatedSql ?? 'NULL',
    row,
    'column generation expressions',
  );
  return tryCoerce(context, expr, column.type, 'assignment', undefined, 'implicit') ?? expr;
}

/** NOT NULL, CHECK and WITH CHECK OPTION over the new row, whose columns have these ids. */
export function* rowCheckSteps(
  context: BindContext,
  target: ModifyTarget,
  ids: readonly number[],
): Steps<LogicalRowChecks> {
  const { table } = target;
  const live = liveColumns(table);
  const notNull = live.flatMap((column, position) =>
    column.notNull ? [{ position, column: column.name }] : [],
  );
  const names = rowNames(rowExprs(live, ids));
  const checks: { constraint: string; expr: Expr }[] = [];
  for (const constraint of table.constraints) {
    if (constraint.kind !== 'check') continue;
    const bound = bindStoredOver(context, constraint.sql, names, 'check constraints');
    checks.push({ constraint: constraint.name, expr: toBoolean(context, bound, 'CHECK') });
    if (context.isDue()) yield;
  }
  checks.sort((a, b) => (a.constraint < b.constraint ? -1 : a.constraint > b.constraint ? 1 : 0));
  // Without views there is nothing to make a row for.
  const options =
    target.views.length === 0
      ? []
      : yield* viewCheckSteps(context, target, rowItem(context, table, table.name, ids));
  return { notNull, checks, options };
}

export function rowExprs(
  columns: readonly ColumnDescriptor[],
  ids: readonly number[],
): Map<string, Expr> {
  return new Map(
    columns.map((column, i) => [column.name, { kind: 'column', type: column.type, index: ids[i] }]),
  );
}

/** Coerces a value to its column, or throws 42804 in the words of an assignment. */
export function assign(
  context: BindContext,
  expr: Expr,
  column: ColumnDescriptor,
  location?: number,
): Expr {
  const coerced = tryCoerce(
    context,
    expr,
    column.type,
    'assignment',
    context.locationOf(expr) ?? location,
    'implicit',
  );
  if (coerced !== undefined) return coerced;
  throw assignmentError(
    context,
    column.name,
    column.type,
    expr,
    context.locationOf(expr) ?? location,
  );
}

function assignmentError(
  context: BindContext,
  name: string,
  type: SqlType,
  expr: Expr,
  location: number | undefined,
): Error {
  return context.error(
    'datatype_mismatch',
    `column "${name}" is of type ${typeText(context, type.oid)} but expression is of type ${typeText(context, expr.type.oid)}`,
    location,
    { hint: 'You will need to rewrite or cast the expression.' },
  );
}

export interface BoundReturning {
  readonly exprs: readonly Expr[] | null;
  readonly fields: readonly QueryField[];
}

/** RETURNING over the new row's item and whatever else the statement can name. */
export function bindReturning(
  clause: { exprs?: Node[] } | undefined,
  scope: Scope,
): BoundReturning {
  if (clause === undefined) return { exprs: null, fields: [] };
  const { context } = scope;
  scope.clause = 'RETURNING';
  scope.calls = new QueryCalls();
  const targets = bindTargets(clause.exprs ?? [], scope).map((target) => ({
    ...target,
    expr: resolveUnknown(context, target.expr),
  }));
  if (scope.calls.sets.length > 0) throw notSupported('set-returning functions in RETURNING');
  return {
    exprs: targets.map((target) => target.expr),
    fields: targets.map((target) => outputField(context, target.name, target.expr)),
  };
}

/** Columns that expressions use beyond those that are given anyway. */
export function extraColumns(exprs: readonly Expr[] | null, known: ReadonlySet<number>): number[] {
  const used = new Set<number>();
  for (const expr of exprs ?? []) columnsOf(expr, used);
  return [...used].filter((id) => !known.has(id));
}
