/**
 * What INSERT, UPDATE and DELETE change: a table, which they may name through views. Their names are
 * those of the relation that they name; what is changed is always a row of the table.
 */
import {
  liveColumns,
  type ColumnDescriptor,
  type RelationDescriptor,
  type TableDescriptor,
  type ViewDescriptor,
} from '../../catalog/catalog.ts';
import type { Steps } from '../../base/steps.ts';
import type { RangeVar } from '../../parse/ast.ts';
import type { DbError } from '../../errors/db-error.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode, ViewWrite } from '../logical.ts';
import type { BindContext } from './context.ts';
import { lookupRelation, scanItem } from './relation.ts';
import type { RangeItem } from './scope.ts';
import {
  NO_COLUMNS,
  viewConditionSteps,
  viewRow,
  viewShape,
  type ViewShape,
} from './view-shape.ts';

export type ModifyVerb = 'insert' | 'update' | 'delete';

export interface ModifyTarget {
  readonly verb: ModifyVerb;
  readonly table: TableDescriptor;
  /** The relation that the statement names. */
  readonly relation: TableDescriptor | ViewDescriptor;
  /** The views on the way to the table, the named one first. */
  readonly views: readonly ViewShape[];
}

/** Finds what a statement changes; views that cannot be changed and server relations are refused. */
export function modifyTarget(
  context: BindContext,
  name: RangeVar | undefined,
  verb: ModifyVerb,
): ModifyTarget {
  const named = lookupRelation(context, name ?? {});
  const views: ViewShape[] = [];
  let relation = named;
  while (relation.kind === 'view') {
    const { oid } = relation;
    if (views.some(({ view }) => view.oid === oid)) {
      throw context.error(
        'invalid_object_definition',
        `infinite recursion detected in rules for relation "${relation.name}"`,
      );
    }
    const shape = viewShape(context, relation);
    if (typeof shape === 'string') throw notUpdatable(context, relation, verb, shape);
    if (verb !== 'delete' && !shape.columns.some((column) => typeof column === 'number'))
      throw notUpdatable(context, relation, verb, NO_COLUMNS);
    views.push(shape);
    relation = shape.base;
  }
  if (relation.kind !== 'table') throw notATable(context, relation);
  context.writes.add(relation.oid);
  if (views.length === 0) context.directWrites.add(relation.oid);
  return { verb, table: relation, relation: named as TableDescriptor | ViewDescriptor, views };
}

function notUpdatable(
  context: BindContext,
  view: ViewDescriptor,
  verb: ModifyVerb,
  detail: string,
): DbError {
  const words = { insert: 'insert into', update: 'update', delete: 'delete from' }[verb];
  const title = { insert: 'inserting into', update: 'updating', delete: 'deleting from' }[verb];
  const keyword = verb.toUpperCase();
  return context.error(
    'object_not_in_prerequisite_state',
    `cannot ${words} view "${view.name}"`,
    undefined,
    {
      detail,
      hint: `To enable ${title} the view, provide an INSTEAD OF ${keyword} trigger or an unconditional ON ${keyword} DO INSTEAD rule.`,
    },
  );
}

function notATable(context: BindContext, relation: RelationDescriptor): DbError {
  if (relation.kind === 'virtual')
    return context.error('insufficient_privilege', `permission denied for table ${relation.name}`);
  const message =
    relation.kind === 'sequence'
      ? `cannot change sequence "${relation.name}"`
      : `cannot open relation "${relation.name}"`;
  return context.error('wrong_object_type', message);
}

/** Tells which privileges a statement needs on the views, and their owners on what is below. */
export function noteViewWrite(
  context: BindContext,
  { views, table, verb }: ModifyTarget,
  privileges: ViewWrite['privileges'],
): void {
  if (views.length === 0) return;
  context.viewWrites.push({
    views: views.map(({ view }) => view.oid),
    table: table.oid,
    privileges,
    readsBehind: verb !== 'insert' || privileges.includes('r') || checkedViews(views).size > 0,
  });
}

export interface TargetColumn {
  /** The table's column by the name that the statement knows. */
  readonly column: ColumnDescriptor;
  /** Among the live columns of the named relation. */
  readonly place: number;
  /** Among the table's live columns; -1 for a column of a view that cannot be changed. */
  readonly position: number;
}

/** Finds a column that is assigned to, or throws 42703. */
export function targetColumn(
  context: BindContext,
  target: ModifyTarget,
  name: string,
  location: number | undefined,
): TargetColumn {
  const { relation } = target;
  const live = liveColumns(relation);
  const place = live.findIndex((column) => column.name === name);
  if (place >= 0) return columnAt(target, place, live);
  throw context.error(
    'undefined_column',
    `column "${name}" of relation "${relation.name}" does not exist`,
    location,
  );
}

/** `live`: the named relation's live columns, where the caller has them. */
export function columnAt(
  target: ModifyTarget,
  place: number,
  live: readonly ColumnDescriptor[] = liveColumns(target.relation),
): TargetColumn {
  const position = tablePosition(target, 0, place);
  const named = live[place];
  if (position < 0) return { column: named, place, position };
  const own = target.relation === target.table ? live : liveColumns(target.table);
  return { column: { ...own[position], name: named.name }, place, position };
}

/** All columns of the named relation, in order. */
export function columnsAt(target: ModifyTarget): TargetColumn[] {
  const live = liveColumns(target.relation);
  return live.map((_, place) => columnAt(target, place, live));
}

function tablePosition({ views }: ModifyTarget, level: number, place: number): number {
  let at = place;
  for (const { columns } of views.slice(level)) {
    const below = columns[at];
    if (typeof below !== 'number') return -1;
    at = below;
  }
  return at;
}

/** What INSERT's DEFAULT means for a column: the default of the first view that has one. */
export function viewDefault(target: ModifyTarget, place: number): string | undefined {
  let at = place;
  for (const { view, columns } of target.views) {
    const { defaultSql } = liveColumns(view)[at];
    if (defaultSql !== null) return defaultSql;
    const below = columns[at];
    if (typeof below !== 'number') return undefined;
    at = below;
  }
  return undefined;
}

const COLUMN_DETAILS = {
  expression: 'View columns that are not columns of their base relation are not updatable.',
  system: 'View columns that refer to system columns are not updatable.',
  'whole-row': 'View columns that return whole-row references are not updatable.',
} as const;

/**
 * Fails where a column of a view is assigned to that cannot be. An INSERT also assigns what has a default
 * of a view: these come back, by their position in the table.
 */
export function requireAssignable(
  context: BindContext,
  target: ModifyTarget,
  places: Iterable<number>,
): ReadonlyMap<number, string> {
  const { verb } = target;
  const defaults = new Map<number, string>();
  let assigned = new Set(places);
  target.views.forEach(({ view, base, columns }, level) => {
    for (const [place, { name, defaultSql }] of liveColumns(view).entries()) {
      if (!assigned.has(place)) {
        if (verb !== 'insert' || defaultSql === null) continue;
        assigned.add(place);
        defaults.set(tablePosition(target, level, place), defaultSql);
      }
      const below = columns[place];
      if (typeof below === 'number') continue;
      throw context.error(
        'feature_not_supported',
        `cannot ${verb === 'insert' ? 'insert into' : verb} column "${name}" of view "${view.name}"`,
        undefined,
        { detail: COLUMN_DETAILS[below] },
      );
    }
    const below = new Set<number>();
    for (const place of assigned) {
      const position = columns[place] as number;
      if (below.has(position)) {
        const { name } = liveColumns(base)[position];
        throw context.error('syntax_error', `multiple assignments to same column "${name}"`);
      }
      below.add(position);
    }
    assigned = below;
  });
  return defaults;
}

export interface TargetRows {
  readonly node: LogicalNode;
  /** The table's row. */
  readonly table: RangeItem;
  /** The same row as the statement sees it. */
  readonly item: RangeItem;
}

/** The rows that UPDATE and DELETE can reach: those of the table that all the views show. */
export function* targetRowSteps(
  context: BindContext,
  target: ModifyTarget,
  name: RangeVar | undefined,
): Steps<TargetRows> {
  const { table, views } = target;
  const alias = views.length === 0 ? (name?.alias?.aliasname ?? table.name) : table.name;
  const scan = scanItem(context, table, alias, alias !== table.name);
  let node: LogicalNode = scan.node;
  let row = scan.item;
  for (const shape of views.toReversed()) {
    const condition = yield* viewConditionSteps(context, shape, row);
    if (condition !== null)
      node = { kind: 'filter', input: node, condition, columns: node.columns };
    row = viewRow(context, shape, row);
  }
  return { node, table: scan.item, item: namedRow(context, target, row, name?.alias?.aliasname) };
}

/** A row of the table as a row of the relation that the statement names. */
export function targetRow(
  context: BindContext,
  target: ModifyTarget,
  tableRow: RangeItem,
  alias: string | undefined,
): RangeItem {
  let row = tableRow;
  for (const shape of target.views.toReversed()) row = viewRow(context, shape, row);
  return namedRow(context, target, row, alias);
}

function namedRow(
  context: BindContext,
  { relation, views }: ModifyTarget,
  row: RangeItem,
  alias: string | undefined,
): RangeItem {
  if (views.length === 0) return row;
  const name = alias ?? relation.name;
  const live = liveColumns(relation);
  row.columns.forEach(({ expr }, i) => {
    if (expr.kind !== 'column') return;
    const { attnum } = live[i];
    context.setColumnInfo(expr.index, {
      ...context.columnInfo(expr.index),
      name: live[i].name,
      alias: name,
      tableOid: relation.oid,
      attnum,
    });
  });
  return { ...row, alias: name, aliased: name !== relation.name };
}

/** WITH CHECK OPTION over a new row of the table: what it must satisfy for which view, inner views first. */
export function* viewCheckSteps(
  context: BindContext,
  { views }: ModifyTarget,
  tableRow: RangeItem,
): Steps<readonly { readonly view: string; readonly expr: Expr }[]> {
  const checks: { view: string; expr: Expr }[] = [];
  const checked = checkedViews(views);
  let row = tableRow;
  for (const shape of views.toReversed()) {
    const condition = checked.has(shape) ? yield* viewConditionSteps(context, shape, row) : null;
    if (condition !== null) checks.push({ view: shape.view.name, expr: condition });
    row = viewRow(context, shape, row);
  }
  return checks;
}

/** A cascaded check option holds for all views below, too. */
function checkedViews(views: readonly ViewShape[]): ReadonlySet<ViewShape> {
  let isCascaded = false;
  return new Set(
    views.filter(({ view }) => {
      const options = view.options ?? [];
      isCascaded ||= options.includes('check_option=cascaded');
      return isCascaded || options.includes('check_option=local');
    }),
  );
}
