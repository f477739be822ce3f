/** UPDATE, and the assignments that ON CONFLICT DO UPDATE shares with it. */
import type { Steps } from '../../base/steps.ts';
import { liveColumns, type ColumnDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node, type SubLink, type UpdateStmt } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode, LogicalUpdate } from '../logical.ts';
import type { BindContext } from './context.ts';
import { bindExprSteps, bindConditionSteps, bindExpr } from './expr.ts';
import { fromSteps } from './from.ts';
import {
  assign,
  bindReturning,
  defaultValue,
  extraColumns,
  generatedValue,
  rowCheckSteps,
  storedDefault,
} from './modify.ts';
import {
  columnAt,
  modifyTarget,
  noteViewWrite,
  requireAssignable,
  targetColumn,
  targetRow,
  targetRowSteps,
  type ModifyTarget,
  type TargetRows,
} from './modify-target.ts';
import type { BoundQuery, QueryInput } from './query.ts';
import { Scope, type Namespace, type RangeItem } from './scope.ts';
import { rowItem } from './insert.ts';
import { rowSubqueryFields } from './sublink.ts';

export function* updateSteps(stmt: UpdateStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const target = modifyTarget(context, stmt.relation, 'update');
  const { table } = target;
  const rows = yield* targetRowSteps(context, target, stmt.relation);
  const { scope, node } = yield* withFrom(rows, stmt.fromClause, input);
  scope.clause = 'UPDATE';
  const set = yield* assignmentSteps(stmt.targetList ?? [], target, rows.table, scope);
  const filtered = yield* filterRows(node, stmt.whereClause, scope);
  const live = liveColumns(table);
  const rowIds = live.map((column) => context.newColumn(column.name, column.type).id);
  const alias = stmt.relation?.alias?.aliasname;
  const newRow = {
    ...rowItem(context, table, alias ?? table.name, rowIds),
    system: rows.table.system,
  };
  const newItem = targetRow(context, target, newRow, alias);
  const returningScope = new Scope(
    context,
    input.outer,
    input.ctes,
    replaceItem(scope.namespace, rows.item, newItem),
  );
  const returning = bindReturning(stmt.returningClause, returningScope);
  const extraIds = extraColumns(returning.exprs, new Set(rowIds));
  const inputNode = rowProject(context, filtered, rows.table, set, rowIds, extraIds);
  noteViewWrite(context, target, readsTarget(stmt, set, rows.table) ? ['w', 'r'] : ['w']);
  const update: LogicalUpdate = {
    kind: 'update',
    table,
    input: inputNode,
    rowIds,
    extraIds,
    rowChecks: yield* rowCheckSteps(context, target, rowIds),
    returning: returning.exprs,
    columns: returning.fields.map((field) => field.column),
  };
  return { node: update, fields: returning.fields };
}

/** Whether the statement uses values that are in the relation already. */
function readsTarget(stmt: UpdateStmt, set: readonly Expr[], old: RangeItem): boolean {
  if ([stmt.whereClause, stmt.fromClause, stmt.returningClause].some(Boolean)) return true;
  const changed = set.filter((expr, i) => expr !== old.columns[i].expr);
  return extraColumns(changed, new Set()).length > 0;
}

/** The target joined with the other relations of FROM or USING. */
export function* withFrom(
  target: Pick<TargetRows, 'node' | 'item'>,
  from: readonly Node[] | undefined,
  input: QueryInput,
): Steps<{ scope: Scope; node: LogicalNode }> {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  const others = yield* fromSteps(from, scope);
  const { item } = target;
  const clash = scope.namespace.items.find((other) => other.alias === item.alias);
  if (clash !== undefined) {
    throw context.error('duplicate_alias', `table name "${item.alias}" specified more than once`);
  }
  scope.namespace = {
    items: [item, ...scope.namespace.items],
    columns: [...item.columns.map((column) => ({ item, ...column })), ...scope.namespace.columns],
  };
  if (others === null) return { scope, node: target.node };
  const node: LogicalNode = {
    kind: 'join',
    joinType: 'inner',
    left: target.node,
    right: others,
    condition: null,
    bindings: [],
    nullAware: false,
    columns: [...target.node.columns, ...others.columns],
  };
  return { scope, node };
}

export function* filterRows(
  node: LogicalNode,
  where: Node | undefined,
  scope: Scope,
): Steps<LogicalNode> {
  if (where === undefined) return node;
  const condition = yield* scope.duringSteps('WHERE', bindConditionSteps(where, scope, 'WHERE'));
  return { kind: 'filter', input: node, condition, columns: node.columns };
}

export function replaceItem(namespace: Namespace, old: RangeItem, next: RangeItem): Namespace {
  return {
    items: namespace.items.map((item) => (item === old ? next : item)),
    columns: namespace.columns.map((column) => {
      if (column.item !== old) return column;
      const replacement = next.columns.find((candidate) => candidate.name === column.name);
      return { ...column, item: next, expr: replacement?.expr ?? column.expr };
    }),
  };
}

/** Row ref, old row, new row and extra columns, in the order that the Update node wants. */
function rowProject(
  context: BindContext,
  input: LogicalNode,
  item: RangeItem,
  set: readonly Expr[],
  rowIds: readonly number[],
  extraIds: readonly number[],
): LogicalNode {
  const old = item.columns.map((column) => column.expr);
  const rowRef = input.columns.find((column) => column.id === item.rowRefId)!;
  const extras = extraIds.map((id) => input.columns.find((column) => column.id === id)!);
  const columns = [
    rowRef,
    ...old.map((expr) =>
      input.columns.find((column) => expr.kind === 'column' && column.id === expr.index)!,
    ),
    ...set.map((expr, i) => ({ id: rowIds[i], name: item.columns[i].name, type: expr.type })),
    // Extra columns may repeat an old one; they need an id of their own place, which is the same id.
    ...extras,
  ];
  const exprs = [
    context.reference(rowRef),
    ...old,
    ...set,
    ...extras.map((column) => context.reference(column)),
  ];
  return { kind: 'project', input, exprs, columns };
}

/** The new value of every live column: assigned, generated, or as before. */
export function* assignmentSteps(
  targets: readonly Node[],
  target: ModifyTarget,
  tableRow: RangeItem,
  scope: Scope,
): Steps<Expr[]> {
  const { context } = scope;
  const live = liveColumns(target.table);
  const values = new Map<number, Expr>();
  const places = new Set<number>();
  const subqueries = new Map<SubLink, Expr[]>();
  for (const node of targets) {
    const assignment = nodeAs(node, 'ResTarget');
    if (assignment === undefined) continue;
    const { location } = assignment;
    const name = assignment.name ?? '';
    const { column, position, place } = targetColumn(context, target, name, location);
    if ((assignment.indirection?.length ?? 0) > 0)
      throw notSupported('assignment to a part of a column', context.position(location));
    if (places.has(place)) {
      throw context.error('syntax_error', `multiple assignments to same column "${name}"`);
    }
    places.add(place);
    const isDefault = nodeAs(assignment.val, 'SetToDefault') !== undefined;
    const value = isDefault
      ? null
      : yield* assignedValue(assignment.val as Node, scope, subqueries);
    requireUpdatable(context, column, value === null && target.views.length === 0);
    values.set(
      position,
      value === null
        ? updateDefault(context, target, place)
        : assign(context, value, column, location),
    );
  }
  requireAssignable(context, target, places);
  const updated = live.map((_, i): Expr => values.get(i) ?? tableRow.columns[i].expr);
  const row = new Map(live.map((column, i): [string, Expr] => [column.name, updated[i]]));
  return live.map((column, i) =>
    column.generatedSql === undefined ? updated[i] : generatedValue(context, column, row),
  );
}

/** Fails for a column that only its own default may be assigned to. */
function requireUpdatable(
  context: BindContext,
  column: ColumnDescriptor,
  isDefault: boolean,
): void {
  if (isDefault) return;
  let kind: string | undefined;
  if (column.generatedSql !== undefined) kind = 'a generated column';
  else if (column.identity === 'a') kind = 'an identity column defined as GENERATED ALWAYS';
  if (kind === undefined) return;
  throw context.error(
    'generated_always',
    `column "${column.name}" can only be updated to DEFAULT`,
    undefined,
    { detail: `Column "${column.name}" is ${kind}.` },
  );
}

/** DEFAULT in an UPDATE: through a view it is that view's own, NULL where it has none. */
function updateDefault(context: BindContext, target: ModifyTarget, place: number): Expr {
  const { column } = columnAt(target, place);
  if (target.views.length === 0) return defaultValue(context, column);
  const { defaultSql } = liveColumns(target.relation)[place];
  return storedDefault(context, column.type, defaultSql);
}

/** A value of SET; null for DEFAULT inside a row. */
function* assignedValue(
  node: Node,
  scope: Scope,
  subqueries: Map<SubLink, Expr[]>,
): Steps<Expr | null> {
  const multi = nodeAs(node, 'MultiAssignRef');
  if (multi === undefined) return yield* bindExprSteps(node, scope);
  const index = (multi.colno ?? 1) - 1;
  const count = multi.ncolumns ?? 1;
  const row = nodeAs(multi.source, 'RowExpr');
  if (row !== undefined) {
    const items = row.args ?? [];
    if (items.length !== count) {
      throw scope.context.error(
        'syntax_error',
        'number of columns does not match number of values',
        row.location,
      );
    }
    return nodeAs(items[index], 'SetToDefault') === undefined
      ? bindExpr(items[index], scope)
      : null;
  }
  const link = nodeAs(multi.source, 'SubLink');
  if (link?.subLinkType !== 'EXPR_SUBLINK') {
    throw notSupported(
      'source of a multiple-column UPDATE item that is neither a sub-SELECT nor a ROW() expression',
    );
  }
  // The tree repeats the source for every column; one subquery serves them all.
  const known = [...subqueries].find(([other]) => other.location === link.location)?.[1];
  const fields = known ?? rowSubqueryFields(link, scope, count);
  if (known === undefined) subqueries.set(link, fields);
  return fields[index];
}
