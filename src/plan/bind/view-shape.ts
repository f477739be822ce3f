/**
 * Which views can be changed, by PostgreSQL's rules: those that show rows of one table or updatable view
 * as they are. What their columns and conditions mean is bound over the row of what is below them.
 */
import { finishNow, type Steps } from '../../base/steps.ts';
import { liveColumns, type TableDescriptor, type ViewDescriptor } from '../../catalog/catalog.ts';
import type { VirtualTableDescriptor } from '../../catalog/catalog.ts';
import { nameList, nodeAs, type Node, type RangeVar, type SelectStmt } from '../../parse/ast.ts';
import { sqlType, OID, type Oid } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { exprEqual } from '../expr-walk.ts';
import { constant, resolveUnknown } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindConditionSteps } from './expr.ts';
import { bindFrom } from './from.ts';
import { QueryCalls } from './query-calls.ts';
import { lookupRelation, scanItem } from './relation.ts';
import { itemNamespace, Scope, type RangeColumn, type RangeItem } from './scope.ts';
import { nameWindows } from './select.ts';
import { bindTargets, type Target } from './target.ts';

export type ViewBase = TableDescriptor | ViewDescriptor | VirtualTableDescriptor;

/** Position of the column of the base (among its live ones) that a view's column is, or why it is none. */
export type ViewColumn = number | 'expression' | 'system' | 'whole-row';

export interface ViewShape {
  readonly view: ViewDescriptor;
  /** What its FROM names. */
  readonly base: ViewBase;
  readonly columns: readonly ViewColumn[];
  readonly query: ViewQuery;
}

export interface ViewQuery {
  readonly select: SelectStmt;
  readonly from: RangeVar;
  /** Along which the names in it are looked up. */
  readonly path: readonly Oid[];
}

/** The shape of a view that can be changed, or PostgreSQL's reason why it cannot. */
export function viewShape(context: BindContext, view: ViewDescriptor): ViewShape | string {
  const select = context.viewQuery(view);
  const refused = refusedClause(select);
  if (refused !== undefined) return refused;
  const calls = new QueryCalls();
  const path = view.searchPath.flatMap((name) => context.env.catalog.schemaByName(name)?.oid ?? []);
  const [first, ...others] = select.fromClause ?? [];
  const from = others.length === 0 ? nodeAs(first, 'RangeVar') : undefined;
  const base = from && context.inView(path, () => lookupRelation(context, from));
  if (from === undefined || base === undefined || !isBase(base)) {
    inside(context, view, path, () => {
      const scope = new Scope(context, null, new Map());
      bindFrom(select.fromClause, scope);
      return selectList(select, scope, calls);
    });
    return refusedCalls(calls) ?? SINGLE_TABLE;
  }
  const query = { select, from, path };
  const row = probeRow(context, base);
  const columns = viewColumns(context, { view, base, query }, row, calls);
  const kinds = columns.map(({ expr }, i) => columnKind(expr, row, select.targetList?.[i]));
  return refusedCalls(calls) ?? { view, base, columns: kinds, query };
}

const SINGLE_TABLE =
  'Views that do not select from a single table or view are not automatically updatable.';
export const NO_COLUMNS = 'Views that have no updatable columns are not automatically updatable.';

function refusedCalls(calls: QueryCalls): string | undefined {
  const returning = (what: string): string =>
    `Views that return ${what} are not automatically updatable.`;
  if (calls.aggregates.length > 0) return returning('aggregate functions');
  if (calls.windows.length > 0) return returning('window functions');
  return calls.sets.length > 0 ? returning('set-returning functions') : undefined;
}

function selectList(select: SelectStmt, scope: Scope, calls: QueryCalls): Target[] {
  scope.calls = calls;
  nameWindows(select, scope);
  return bindTargets(select.targetList ?? [], scope);
}

/** What the text of the query shows already, in the order in which PostgreSQL looks. */
function refusedClause(select: SelectStmt): string | undefined {
  const containing = (what: string): string =>
    `Views containing ${what} are not automatically updatable.`;
  if (select.distinctClause !== undefined) return containing('DISTINCT');
  if (select.groupClause !== undefined) return containing('GROUP BY');
  if (select.havingClause !== undefined) return containing('HAVING');
  if (select.op !== undefined && select.op !== 'SETOP_NONE')
    return containing('UNION, INTERSECT, or EXCEPT');
  if (select.withClause !== undefined) return containing('WITH');
  if (select.limitCount !== undefined || select.limitOffset !== undefined)
    return containing('LIMIT or OFFSET');
  return undefined;
}

function isBase(relation: { readonly kind: string }): relation is ViewBase {
  return ['table', 'view', 'virtual'].includes(relation.kind);
}

/** A row of the base that only tells where the view's columns come from. */
function probeRow(context: BindContext, base: ViewBase): RangeItem {
  if (base.kind !== 'view') return scanItem(context, base, base.name, false).item;
  const columns = liveColumns(base).map(({ name, type }) => ({
    name,
    expr: context.reference(context.newColumn(name, type)),
  }));
  return rowOf(base, columns);
}

function rowOf(relation: ViewBase, columns: readonly RangeColumn[]): RangeItem {
  return {
    alias: relation.name,
    aliased: false,
    relation,
    columns,
    system: [],
    scalar: false,
    presence: null,
  };
}

function columnKind(expr: Expr, row: RangeItem, target: Node | undefined): ViewColumn {
  const position = row.columns.findIndex((column) => isSameColumn(column.expr, expr));
  if (position >= 0) return position;
  if (row.system.some((column) => exprEqual(column.expr, expr))) return 'system';
  const isReference = nodeAs(nodeAs(target, 'ResTarget')?.val, 'ColumnRef') !== undefined;
  return isReference && expr.kind === 'row' ? 'whole-row' : 'expression';
}

function isSameColumn(a: Expr, b: Expr): boolean {
  return a.kind === 'column' && b.kind === 'column' && a.index === b.index;
}

/** The view's row over a row of its base. */
export function viewRow(context: BindContext, shape: ViewShape, base: RangeItem): RangeItem {
  const columns = viewColumns(context, shape, base, new QueryCalls());
  return { ...rowOf(shape.view, columns), rowRefId: base.rowRefId };
}

/** The view's WHERE over a row of its base; null without one. */
export function* viewConditionSteps(
  context: BindContext,
  shape: ViewShape,
  base: RangeItem,
): Steps<Expr | null> {
  const where = shape.query.select.whereClause;
  if (where === undefined) return null;
  return yield* insideSteps(context, shape.view, shape.query.path, () => {
    const scope = viewScope(context, shape, base);
    return scope.duringSteps('WHERE', bindConditionSteps(where, scope, 'WHERE'));
  });
}

function viewColumns(
  context: BindContext,
  shape: Omit<ViewShape, 'columns'>,
  base: RangeItem,
  calls: QueryCalls,
): RangeColumn[] {
  const { select, path } = shape.query;
  const targets = inside(context, shape.view, path, () =>
    selectList(select, viewScope(context, shape, base), calls),
  );
  return liveColumns(shape.view).map(({ name }, i) => ({
    name,
    expr: resolveUnknown(context, targets[i].expr),
  }));
}

/** The names that the view's query can use. */
function viewScope(
  context: BindContext,
  { base, query }: Pick<ViewShape, 'base' | 'query'>,
  row: RangeItem,
): Scope {
  const { alias } = query.from;
  const names = nameList(alias?.colnames);
  const columns = row.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
  const item: RangeItem = {
    ...rowOf(base, columns),
    alias: alias?.aliasname ?? base.name,
    aliased: alias?.aliasname !== undefined,
    system: base.kind === 'table' ? systemColumns(row) : row.system,
  };
  return new Scope(context, null, new Map(), itemNamespace(item));
}

/** A row that is only being inserted has no ctid yet. */
function systemColumns({ system }: RangeItem): readonly RangeColumn[] {
  if (system.some(({ name }) => name === 'ctid')) return system;
  return [...system, { name: 'ctid', expr: constant(sqlType(OID.tid), null) }];
}

/** Runs `body` as a part of the view: with its path, and what it reads is read by the view's owner. */
function inside<T>(
  context: BindContext,
  view: ViewDescriptor,
  path: readonly Oid[],
  body: () => T,
): T {
  return finishNow(
    insideSteps(context, view, path, function* () {
      return body();
    }),
  );
}

function* insideSteps<T>(
  context: BindContext,
  view: ViewDescriptor,
  path: readonly Oid[],
  body: () => Steps<T>,
): Steps<T> {
  context.viewStack.push(view.oid);
  try {
    return yield* context.inViewSteps(path, body);
  } finally {
    context.viewStack.pop();
  }
}
