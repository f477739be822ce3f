/** INSERT. */
import { finishNow, type Steps } from '../../base/steps.ts';
import { liveColumns, type ColumnDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import {
  nodeAs,
  type InsertStmt,
  type Node,
  type OnConflictClause,
  type SelectStmt,
} from '../../parse/ast.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import type { LogicalInsert, LogicalNode } from '../logical.ts';
import { findArbiters } from './arbiters.ts';
import { constant } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpr } from './expr.ts';
import {
  assign,
  bindReturning,
  defaultValue,
  generatedValue,
  rowCheckSteps,
  rowExprs,
  storedDefault,
} from './modify.ts';
import {
  columnsAt,
  modifyTarget,
  noteViewWrite,
  requireAssignable,
  targetColumn,
  targetRow,
  viewDefault,
  type ModifyTarget,
  type TargetColumn,
} from './modify-target.ts';
import { querySteps, type BoundQuery, type QueryInput } from './query.ts';
import { Scope, type RangeItem } from './scope.ts';
import { assignmentSteps } from './update.ts';
import { wholeLists } from './values.ts';

interface InsertTarget extends TargetColumn {
  readonly location: number | undefined;
}

export function* insertSteps(stmt: InsertStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const target = modifyTarget(context, stmt.relation, 'insert');
  const { table } = target;
  const explicit = stmt.cols !== undefined;
  const targets = insertTargets(context, stmt, target);
  const source = yield* sourceSteps(stmt, targets, explicit, input);
  const rows = yield* completeSteps(
    context,
    target,
    targets,
    source,
    stmt.override ?? 'OVERRIDING_NOT_SET',
  );
  const alias = stmt.relation?.alias?.aliasname;
  const rowIds = rows.columns.map((column) => column.id);
  const tableRow = rowItem(context, table, alias ?? table.name, rowIds);
  const item = targetRow(context, target, tableRow, alias);
  const scope = new Scope(context, input.outer, input.ctes, {
    items: [item],
    columns: item.columns.map((column) => ({ item, ...column })),
  });
  const onConflict =
    stmt.onConflictClause === undefined
      ? null
      : bindOnConflict(context, stmt.onConflictClause, target, { item, table: tableRow }, input);
  const xmax = newXmax(context, target, onConflict);
  const returned: RangeItem = { ...item, system: [...item.system, ...xmax] };
  scope.namespace = {
    items: [returned],
    columns: item.columns.map((column) => ({ item: returned, ...column })),
  };
  const returning = bindReturning(stmt.returningClause, scope);
  const xmaxExpr = xmax[0]?.expr;
  noteViewWrite(context, target, [
    'a',
    ...(onConflict?.action === 'update' ? (['w'] as const) : []),
    ...(onConflict?.action === 'update' || stmt.returningClause ? (['r'] as const) : []),
  ]);
  const checks = yield* rowCheckSteps(context, target, rowIds);
  const node: LogicalInsert = {
    kind: 'insert',
    table,
    input: rows,
    rowIds,
    rowChecks: checks,
    onConflict,
    xmaxId: xmaxExpr?.kind === 'column' ? xmaxExpr.index : null,
    returning: returning.exprs,
    columns: returning.fields.map((field) => field.column),
  };
  return { node, fields: returning.fields };
}

/** xmax of a row of RETURNING: 0 where the row is new, the transaction's number where DO UPDATE locked it. */
function newXmax(
  context: BindContext,
  target: ModifyTarget,
  onConflict: LogicalInsert['onConflict'],
): RangeItem['columns'] {
  if (target.views.length > 0) return [];
  const type = sqlType(OID.xid);
  if (onConflict?.action !== 'update') return [{ name: 'xmax', expr: constant(type, 0) }];
  return [{ name: 'xmax', expr: context.reference(context.newColumn('xmax', type)) }];
}

export function rowItem(
  context: BindContext,
  table: TableDescriptor,
  alias: string,
  ids: readonly number[],
): RangeItem {
  const live = liveColumns(table);
  const columns = live.map((column, i) => {
    context.setColumnInfo(ids[i], {
      name: column.name,
      alias,
      tableOid: table.oid,
      attnum: column.attnum,
    });
    return {
      name: column.name,
      expr: { kind: 'column', type: column.type, index: ids[i] } as Expr,
    };
  });
  const tableoid: Expr = { kind: 'constant', type: { oid: 26, typmod: -1 }, value: table.oid };
  return {
    alias,
    aliased: alias !== table.name,
    relation: table,
    columns,
    system: [{ name: 'tableoid', expr: tableoid }],
    scalar: false,
    presence: null,
  };
}

function insertTargets(
  context: BindContext,
  stmt: InsertStmt,
  relation: ModifyTarget,
): InsertTarget[] {
  if (stmt.cols === undefined) {
    return columnsAt(relation).map((column) => ({ ...column, location: undefined }));
  }
  const targets: InsertTarget[] = [];
  const places = new Set<number>();
  for (const node of stmt.cols) {
    const target = nodeAs(node, 'ResTarget');
    const name = target?.name ?? '';
    if ((target?.indirection?.length ?? 0) > 0)
      throw notSupported('assignment to a part of a column', context.position(target?.location));
    const found = targetColumn(context, relation, name, target?.location);
    if (places.has(found.place)) {
      throw context.error(
        'duplicate_column',
        `column "${name}" specified more than once`,
        target?.location,
      );
    }
    places.add(found.place);
    targets.push({ ...found, location: target?.location });
  }
  return targets;
}

/** Values per target column; null stands for DEFAULT. */
interface InsertSource {
  readonly node: LogicalNode | null;
  readonly rows: readonly (readonly (Expr | null)[])[];
  /** DEFAULT VALUES: no column is named. */
  readonly isDefaultValues?: boolean;
}

function* sourceSteps(
  stmt: InsertStmt,
  targets: readonly InsertTarget[],
  explicit: boolean,
  input: QueryInput,
): Steps<InsertSource> {
  const { context } = input;
  const select = nodeAs(stmt.selectStmt, 'SelectStmt');
  if (select === undefined)
    return { node: null, rows: [targets.map(() => null)], isDefaultValues: true };
  const isPlainValues =
    select.valuesLists !== undefined &&
    select.sortClause === undefined &&
    select.limitCount === undefined &&
    select.limitOffset === undefined &&
    select.withClause === undefined;
  if (isPlainValues) return yield* valuesSteps(select, targets, explicit, input);
  const query = yield* querySteps(select, { ...input, keepUnknown: true, topLevel: false });
  checkWidth(context, query.fields.length, targets, explicit, undefined, undefined);
  const outputs: readonly Expr[] =
    query.node.kind === 'project'
      ? query.node.exprs
      : query.fields.map((field) => context.reference(field.column));
  const node = query.node.kind === 'project' ? query.node.input : query.node;
  return { node, rows: [outputs.map((expr, i) => assign(context, expr, targets[i].column))] };
}

function* valuesSteps(
  select: SelectStmt,
  targets: readonly InsertTarget[],
  explicit: boolean,
  input: QueryInput,
): Steps<InsertSource> {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  scope.clause = 'VALUES';
  let width = -1;
  const rows: (Expr | null)[][] = [];
  for (const list of wholeLists(context, select.valuesLists ?? [])) {
    const items = nodeAs(list, 'List')?.items ?? [];
    if (width >= 0 && items.length !== width) {
      const first = items[0] === undefined ? undefined : bindExpr(items[0], scope);
      throw context.error(
        'syntax_error',
        'VALUES lists must all be the same length',
        first && context.locationOf(first),
      );
    }
    width = items.length;
    checkWidth(context, width, targets, explicit, items, scope);
    const row = items.map((item, i) =>
      nodeAs(item, 'SetToDefault') === undefined
        ? assign(context, bindExpr(item, scope), targets[i].column)
        : null,
    );
    rows.push(row);
    if (context.isDue()) yield;
  }
  return { node: null, rows };
}

function checkWidth(
  context: BindContext,
  width: number,
  targets: readonly InsertTarget[],
  explicit: boolean,
  items: readonly Node[] | undefined,
  scope: Scope | undefined,
): void {
  if (width > targets.length) {
    const extra = items?.[targets.length];
    const location =
      extra === undefined || scope === undefined
        ? undefined
        : context.locationOf(bindExpr(extra, scope));
    throw context.error(
      'syntax_error',
      'INSERT has more expressions than target columns',
      location,
    );
  }
  if (explicit && width < targets.length) {
    throw context.error(
      'syntax_error',
      'INSERT has more target columns than expressions',
      targets[width].location,
    );
  }
}

/** Brings the source's rows to full rows of the table: defaults, identity, generated columns. */
function* completeSteps(
  context: BindContext,
  target: ModifyTarget,
  targets: readonly InsertTarget[],
  source: InsertSource,
  override: string,
): Steps<LogicalNode & { readonly kind: 'project' | 'values' }> {
  const live = liveColumns(target.table);
  const defaultOf = columnDefaults(context, target, targets, source);
  const givenAt = live.map(() => -1);
  for (const [at, { position }] of targets.entries()) if (position >= 0) givenAt[position] = at;
  const rows: (Expr | undefined)[][] = [];
  for (const row of source.rows) {
    const values: (Expr | undefined)[] = [];
    for (const [position, column] of live.entries()) {
      const at = givenAt[position];
      const given = at < 0 ? undefined : row[at];
      if (given !== undefined && given !== null)
        values.push(checkGiven(context, column, given, override));
      else values.push(column.generatedSql === undefined ? defaultOf(position) : undefined);
      if (context.isDue()) yield;
    }
    rows.push(values);
  }
  const columns = live.map((column) =>
    context.newColumn(column.name, column.type, { name: column.name }),
  );
  const generated = live.some((column) => column.generatedSql !== undefined);
  if (source.node === null && !generated) {
    return {
      kind: 'values',
      rows: rows as Expr[][],
      columns,
      order: rows.length > 1 ? givenFirst(live.length, targets) : undefined,
    };
  }
  if (!generated)
    return {
      kind: 'project',
      input: source.node as LogicalNode,
      exprs: rows[0] as Expr[],
      columns,
    };
  return withGenerated(context, live, rows, source.node, columns);
}

/** PostgreSQL makes rows of several VALUES lists as they are written, and then what they leave out. */
function givenFirst(width: number, targets: readonly InsertTarget[]): readonly number[] {
  const given = targets.map(({ position }) => position).filter((position) => position >= 0);
  return [...new Set([...given, ...Array.from({ length: width }, (_, i) => i)])];
}

/** What a column of the table is where no value is given, by position: a view's default, or its own. */
function columnDefaults(
  context: BindContext,
  target: ModifyTarget,
  targets: readonly InsertTarget[],
  source: InsertSource,
): (position: number) => Expr {
  const live = liveColumns(target.table);
  const width = target.views.length === 0 ? 0 : Math.max(...source.rows.map((row) => row.length));
  const isEmpty = source.isDefaultValues === true;
  const given = isEmpty ? [] : targets.slice(0, width);
  const views = new Map(
    requireAssignable(
      context,
      target,
      given.map(({ place }) => place),
    ),
  );
  for (const { place, position } of given) {
    const sql = viewDefault(target, place);
    if (sql !== undefined) views.set(position, sql);
  }
  // One bound default serves all rows; each row still evaluates its own.
  const bound = new Map<number, Expr>();
  return (position) => {
    let expr = bound.get(position);
    if (expr === undefined) {
      const sql = views.get(position);
      expr =
        sql === undefined
          ? defaultValue(context, live[position])
          : storedDefault(context, live[position].type, sql);
      bound.set(position, expr);
    }
    return expr;
  };
}

function withGenerated(
  context: BindContext,
  live: readonly ColumnDescriptor[],
  rows: readonly (readonly (Expr | undefined)[])[],
  input: LogicalNode | null,
  columns: LogicalNode['columns'],
): LogicalNode & { readonly kind: 'project' } {
  const base = live.map((column) =>
    context.newColumn(column.name, column.type, { name: column.name }),
  );
  const filled = rows.map((row) => row.map((expr, i) => expr ?? constant(live[i].type, null)));
  const plain: LogicalNode =
    input === null
      ? { kind: 'values', rows: filled, columns: base }
      : { kind: 'project', input, exprs: filled[0], columns: base };
  const row = rowExprs(
    live,
    base.map((column) => column.id),
  );
  const exprs = live.map((column, i) =>
    column.generatedSql === undefined
      ? context.reference(base[i])
      : generatedValue(context, column, row),
  );
  return { kind: 'project', input: plain, exprs, columns };
}

function checkGiven(
  context: BindContext,
  column: ColumnDescriptor,
  given: Expr,
  override: string,
): Expr {
  if (column.generatedSql !== undefined) {
    throw context.error(
      'generated_always',
      `cannot insert a non-DEFAULT value into column "${column.name}"`,
      undefined,
      {
        detail: `Column "${column.name}" is a generated column.`,
      },
    );
  }
  if (column.identity === '') return given;
  if (override === 'OVERRIDING_USER_VALUE') return defaultValue(context, column);
  if (column.identity === 'd' || override === 'OVERRIDING_SYSTEM_VALUE') return given;
  throw context.error(
    'generated_always',
    `cannot insert a non-DEFAULT value into column "${column.name}"`,
    undefined,
    {
      detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
      hint: 'Use OVERRIDING SYSTEM VALUE to override.',
    },
  );
}

function bindOnConflict(
  context: BindContext,
  clause: OnConflictClause,
  target: ModifyTarget,
  row: { readonly item: RangeItem; readonly table: RangeItem },
  input: QueryInput,
): LogicalInsert['onConflict'] {
  const update = clause.action === 'ONCONFLICT_UPDATE';
  if (update && clause.infer === undefined) {
    throw context.error(
      'syntax_error',
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      clause.location,
      {
        hint: 'For example, ON CONFLICT (column_name).',
      },
    );
  }
  const arbiters = clause.infer === undefined ? [] : findArbiters(clause, target, row, input);
  const { table } = target;
  const live = liveColumns(table);
  const excludedIds = live.map((column) => context.newColumn(column.name, column.type).id);
  if (!update) return { action: 'nothing', arbiters, set: [], where: null, excludedIds };
  const excludedRow = rowItem(context, table, 'excluded', excludedIds);
  const excluded: RangeItem = {
    ...targetRow(context, target, excludedRow, 'excluded'),
    aliased: true,
  };
  const { item } = row;
  const scope = new Scope(context, input.outer, input.ctes, {
    items: [item, excluded],
    // A bare name is that of both rows, and so ambiguous.
    columns: [item, excluded].flatMap((each) =>
      each.columns.map((column) => ({ item: each, ...column })),
    ),
  });
  scope.clause = 'UPDATE';
  const changed = { ...target, verb: 'update' } as const;
  const set = finishNow(assignmentSteps(clause.targetList ?? [], changed, row.table, scope));
  const where =
    clause.whereClause === undefined
      ? null
      : scope.during('WHERE', () => bindCondition(clause.whereClause as Node, scope, 'WHERE'));
  return { action: 'update', arbiters, set, where, excludedIds };
}
