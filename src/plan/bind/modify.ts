/** INSERT, UPDATE and DELETE: shared parts and the dispatch. */
import { liveColumns, type ColumnDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node, type RangeVar } from '../../parse/ast.ts';
import { parseExpression } from '../../parse/parser.ts';
import type { SqlType } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { columnsOf } from '../expr-walk.ts';
import type { BoundStatement, LogicalRowChecks } from '../logical.ts';
import { constant, resolveUnknown, toBoolean, tryCoerce } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindDelete } from './delete.ts';
import { bindExpr } from './expr.ts';
import { bindInsert } from './insert.ts';
import { outputField, type BoundQuery, type QueryField, type QueryInput } from './query.ts';
import { QueryCalls } from './query-calls.ts';
import { lookupRelation } from './relation.ts';
import { itemNamespace, Scope, type Clause, type RangeItem } from './scope.ts';
import { bindTargets } from './target.ts';
import { typeText } from './types.ts';
import { bindUpdate } from './update.ts';
import { bindWith, wrapWith } from './with.ts';

export interface BoundModify {
  readonly query: BoundQuery;
  readonly command: BoundStatement['command'];
  readonly returning: boolean;
}

export function bindModify(node: Node, input: QueryInput): BoundModify {
  const insert = nodeAs(node, 'InsertStmt');
  const update = nodeAs(node, 'UpdateStmt');
  const remove = nodeAs(node, 'DeleteStmt');
  const clause = insert?.withClause ?? update?.withClause ?? remove?.withClause;
  const { ctes, declared } = bindWith(clause, input);
  const inner = { ...input, ctes };
  if (insert !== undefined) {
    return {
      query: wrapWith(declared, bindInsert(insert, inner)),
      command: 'insert',
      returning: insert.returningClause !== undefined,
    };
  }
  if (update !== undefined) {
    return {
      query: wrapWith(declared, bindUpdate(update, inner)),
      command: 'update',
      returning: update.returningClause !== undefined,
    };
  }
  if (remove !== undefined) {
    return {
      query: wrapWith(declared, bindDelete(remove, inner)),
      command: 'delete',
      returning: remove.returningClause !== undefined,
    };
  }
  throw notSupported('MERGE');
}

/** INSERT ... RETURNING and its kin as a WITH query. */
export function bindModifyingCte(node: Node, input: QueryInput): BoundQuery {
  return bindModify(node, { ...input, topLevel: false }).query;
}

/** The table that a statement writes; views and server relations are refused. */
export function targetTable(
  context: BindContext,
  name: RangeVar | undefined,
  verb: 'insert' | 'update' | 'delete',
): TableDescriptor {
  const relation = lookupRelation(context, name ?? {});
  if (relation.kind === 'table') {
    context.writes.add(relation.oid);
    return relation;
  }
  const words = { insert: 'insert into', update: 'update', delete: 'delete from' }[verb];
  const title = { insert: 'inserting into', update: 'updating', delete: 'deleting from' }[verb];
  const keyword = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' }[verb];
  if (relation.kind === 'view') {
    throw context.error(
      'object_not_in_prerequisite_state',
      `cannot ${words} view "${relation.name}"`,
      undefined,
      {
        detail: 'Views are not automatically updatable.',
        hint: `To enable ${title} the view, provide an INSTEAD OF ${keyword} trigger or an unconditional ON ${keyword} DO INSTEAD rule.`,
      },
    );
  }
  if (relation.kind === 'virtual') {
    throw context.error('insufficient_privilege', `permission denied for table ${relation.name}`);
  }
  const kind = relation.kind === 'sequence' ? 'sequence' : 'index';
  throw context.error(
    'wrong_object_type',
    kind === 'index'
      ? `cannot open relation "${relation.name}"`
      : `cannot change sequence "${relation.name}"`,
  );
}

/** Binds SQL text from the catalog over the columns of a row, given as expressions. */
export function bindStoredSql(
  context: BindContext,
  sql: string,
  row: ReadonlyMap<string, Expr>,
  clause: Clause,
): Expr {
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
  const scope = new Scope(context, null, new Map(), itemNamespace(item));
  scope.clause = clause;
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
  if (column.defaultSql === null) return constant(column.type, null);
  const expr = bindStoredSql(context, column.defaultSql, new Map(), 'DEFAULT expressions');
  const typed = tryCoerce(context, expr, column.type, 'assignment', undefined, 'implicit');
  return typed ?? expr;
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

/** NOT NULL and CHECK over the new row, whose columns have these ids. */
export function rowChecks(
  context: BindContext,
  table: TableDescriptor,
  ids: readonly number[],
): LogicalRowChecks {
  const live = liveColumns(table);
  const row = rowExprs(live, ids);
  const notNull = live.flatMap((column, position) =>
    column.notNull ? [{ position, column: column.name }] : [],
  );
  const checks = table.constraints.flatMap((constraint) => {
    if (constraint.kind !== 'check') return [];
    const bound = bindStoredSql(context, constraint.sql, row, 'check constraints');
    return [{ constraint: constraint.name, expr: toBoolean(context, bound, 'CHECK') }];
  });
  checks.sort((a, b) => (a.constraint < b.constraint ? -1 : a.constraint > b.constraint ? 1 : 0));
  return { notNull, checks };
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

/** Finds a column that may be assigned to, or throws 42703. */
export function assignableColumn(
  context: BindContext,
  table: TableDescriptor,
  name: string,
  location: number | undefined,
): { readonly column: ColumnDescriptor; readonly position: number } {
  const live = liveColumns(table);
  const position = live.findIndex((column) => column.name === name);
  if (position >= 0) return { column: live[position], position };
  throw context.error(
    'undefined_column',
    `column "${name}" of relation "${table.name}" does not exist`,
    location,
  );
}
