/** UPDATE, and the assignments that ON CONFLICT DO UPDATE shares with it. */
import { liveColumns, type TableDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node, type SubLink, type UpdateStmt } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode, LogicalUpdate } from '../logical.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpr } from './expr.ts';
import { bindFrom } from './from.ts';
import {
  assign,
  assignableColumn,
  bindReturning,
  defaultValue,
  extraColumns,
  generatedValue,
  rowChecks,
  targetTable,
} from './modify.ts';
import type { BoundQuery, QueryInput } from './query.ts';
import { scanItem } from './relation.ts';
import { Scope, type Namespace, type RangeItem } from './scope.ts';
import { rowItem } from './insert.ts';
import { rowSubqueryFields } from './sublink.ts';

export function bindUpdate(stmt: UpdateStmt, input: QueryInput): BoundQuery {
  const { context } = input;
  const table = targetTable(context, stmt.relation, 'update');
  const alias = stmt.relation?.alias?.aliasname ?? table.name;
  const target = scanItem(context, table, alias, alias !== table.name);
  const { scope, node } = withFrom(target, stmt.fromClause, input);
  scope.clause = 'UPDATE';
  const set = bindAssignments(stmt.targetList ?? [], table, target.item, scope);
  const filtered = filterRows(node, stmt.whereClause, scope);
  const live = liveColumns(table);
  const rowIds = live.map((column) => context.newColumn(column.name, column.type).id);
  const newItem = { ...rowItem(context, table, alias, rowIds), system: target.item.system };
  const returningScope = new Scope(
    context,
    input.outer,
    input.ctes,
    replaceItem(scope.namespace, target.item, newItem),
  );
  const returning = bindReturning(stmt.returningClause, returningScope);
  const extraIds = extraColumns(returning.exprs, new Set(rowIds));
  const inputNode = rowProject(context, filtered, target.item, set, rowIds, extraIds);
  const update: LogicalUpdate = {
    kind: 'update',
    table,
    input: inputNode,
    rowIds,
    extraIds,
    rowChecks: rowChecks(context, table, rowIds),
    returning: returning.exprs,
    columns: returning.fields.map((field) => field.column),
  };
  return { node: update, fields: returning.fields };
}

/** The target joined with the other relations of FROM or USING. */
export function withFrom(
  target: { readonly node: LogicalNode; readonly item: RangeItem },
  from: readonly Node[] | undefined,
  input: QueryInput,
): { scope: Scope; node: LogicalNode } {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  const others = bindFrom(from, scope);
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

export function filterRows(node: LogicalNode, where: Node | undefined, scope: Scope): LogicalNode {
  if (where === undefined) return node;
  const condition = scope.during('WHERE', () => bindCondition(where, scope, 'WHERE'));
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
export function bindAssignments(
  targets: readonly Node[],
  table: TableDescriptor,
  item: RangeItem,
  scope: Scope,
): Expr[] {
  const { context } = scope;
  const live = liveColumns(table);
  const values = new Map<number, Expr>();
  const subqueries = new Map<SubLink, Expr[]>();
  for (const node of targets) {
    const target = nodeAs(node, 'ResTarget');
    if (target === undefined) continue;
    const name = target.name ?? '';
    const { column, position } = assignableColumn(context, table, name, target.location);
    if ((target.indirection?.length ?? 0) > 0)
      throw notSupported('assignment to a part of a column', context.position(target.location));
    if (values.has(position)) {
      throw context.error('syntax_error', `multiple assignments to same column "${name}"`);
    }
    const isDefault = nodeAs(target.val, 'SetToDefault') !== undefined;
    if (column.generatedSql !== undefined && !isDefault) {
      throw context.error(
        'generated_always',
        `column "${name}" can only be updated to DEFAULT`,
        undefined,
        {
          detail: `Column "${name}" is a generated column.`,
        },
      );
    }
    if (column.identity === 'a' && !isDefault) {
      throw context.error(
        'generated_always',
        `column "${name}" can only be updated to DEFAULT`,
        undefined,
        {
          detail: `Column "${name}" is an identity column defined as GENERATED ALWAYS.`,
        },
      );
    }
    const value = isDefault
      ? defaultValue(context, column)
      : assignedValue(target.val as Node, scope, subqueries);
    values.set(
      position,
      value === null
        ? defaultValue(context, column)
        : assign(context, value, column, target.location),
    );
  }
  const updated = live.map((_, i): Expr => values.get(i) ?? item.columns[i].expr);
  const row = new Map(live.map((column, i): [string, Expr] => [column.name, updated[i]]));
  return live.map((column, i) =>
    column.generatedSql === undefined ? updated[i] : generatedValue(context, column, row),
  );
}

/** A value of SET; null for DEFAULT inside a row. */
function assignedValue(node: Node, scope: Scope, subqueries: Map<SubLink, Expr[]>): Expr | null {
  const multi = nodeAs(node, 'MultiAssignRef');
  if (multi === undefined) return bindExpr(node, scope);
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
