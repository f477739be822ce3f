/** FROM clauses: items, joins and LATERAL. */
import { finishNow, type Steps } from '../../base/steps.ts';
import {
  nameList,
  nodeAs,
  type JoinExpr,
  type Node,
  type RangeSubselect,
  type SelectStmt,
} from '../../parse/ast.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nodeKind } from '../../parse/ast.ts';
import type { ExecParamBinding, Expr } from '../expr.ts';
import { columnsOf, conjunction } from '../expr-walk.ts';
import type { LogicalJoin, LogicalNode } from '../logical.ts';
import { BOOL, commonType, constant, toCommon } from './coerce.ts';
import { bindConditionSteps } from './expr.ts';
import { resolveOperator } from './operators.ts';
import { querySteps, resolveOutputs } from './query.ts';
import { bindRangeFunction } from './range-function.ts';
import { rangeVarSteps, type FromItem } from './relation.ts';
import {
  Captures,
  EMPTY_NAMESPACE,
  itemNamespace,
  lateralNames,
  Scope,
  type Namespace,
  type NamespaceColumn,
  type OuterNames,
  type RangeItem,
} from './scope.ts';

/** A part of FROM: its plan, its names, and what it still needs from items to its left. */
export interface FromPart {
  readonly node: LogicalNode;
  readonly namespace: Namespace;
  readonly bindings: readonly ExecParamBinding[];
}

/** Binds a FROM list into the scope; null where there is none. */
export function bindFrom(items: readonly Node[] | undefined, scope: Scope): LogicalNode | null {
  return finishNow(fromSteps(items, scope));
}

export function* fromSteps(
  items: readonly Node[] | undefined,
  scope: Scope,
): Steps<LogicalNode | null> {
  let part: FromPart | null = null;
  for (const item of items ?? []) {
    const next: FromPart = yield* itemSteps(item, scope, part?.namespace ?? EMPTY_NAMESPACE);
    if (part === null) part = next;
    else {
      checkAliases(part.namespace, next.namespace, scope);
      part = join(part, next, 'inner', null, concat(part.namespace, next.namespace));
    }
  }
  if (part === null) return null;
  scope.namespace = part.namespace;
  return part.node;
}

function* itemSteps(node: Node, scope: Scope, left: Namespace): Steps<FromPart> {
  scope.context.count();
  if (scope.context.isDue()) yield;
  const part = yield* partSteps(node, scope, left);
  scope.context.env.trace?.fromItem(node, part.namespace);
  return part;
}

function* partSteps(node: Node, scope: Scope, left: Namespace): Steps<FromPart> {
  const { context } = scope;
  const kind = nodeKind(node);
  switch (kind) {
    case 'RangeVar': {
      const name = nodeAs(node, kind)!;
      const item = yield* rangeVarSteps(name, scope);
      return plainPart(renamed(item, nameList(name.alias?.colnames), scope));
    }
    case 'RangeSubselect':
      return yield* subselectSteps(nodeAs(node, kind)!, scope, left);
    case 'RangeFunction': {
      const captures = new Captures(context);
      const names = lateralNames(context, left, captures, outerOf(scope));
      const inner = new Scope(context, names, scope.ctes);
      const part = plainPart(bindRangeFunction(nodeAs(node, kind)!, inner));
      return { ...part, bindings: captures.bindings };
    }
    case 'JoinExpr':
      return yield* joinSteps(nodeAs(node, kind)!, scope, left);
    case 'RangeTableSample':
      throw notSupported('TABLESAMPLE', context.position(nodeAs(node, kind)?.location));
    default:
      throw notSupported(`${kind ?? 'empty item'} in FROM`);
  }
}

/** Names outside this query; its own FROM items are not visible without LATERAL. */
function outerOf(scope: Scope): OuterNames | null {
  return scope.outer;
}

function plainPart({ node, item }: FromItem): FromPart {
  return { node, namespace: itemNamespace(item), bindings: [] };
}

/** Column aliases: t(a, b). */
function renamed(from: FromItem, names: readonly string[], scope: Scope): FromItem {
  if (names.length === 0) return from;
  const { item } = from;
  if (names.length > item.columns.length) {
    throw scope.context.error(
      'invalid_column_reference',
      `table "${item.alias}" has ${item.columns.length} columns available but ${names.length} columns specified`,
    );
  }
  const columns = item.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
  for (let i = 0; i < names.length; i++) {
    const { expr } = columns[i];
    const info = expr.kind === 'column' ? scope.context.columnInfo(expr.index) : undefined;
    if (expr.kind === 'column' && info !== undefined)
      scope.context.setColumnInfo(expr.index, { ...info, name: names[i] });
  }
  return { node: from.node, item: { ...item, columns } };
}

function* subselectSteps(node: RangeSubselect, scope: Scope, left: Namespace): Steps<FromPart> {
  const { context } = scope;
  const select = nodeAs(node.subquery, 'SelectStmt') as SelectStmt;
  const alias = node.alias?.aliasname;
  if (alias === undefined) {
    const isValues = select.valuesLists !== undefined;
    throw context.error(
      'syntax_error',
      `${isValues ? 'VALUES' : 'subquery'} in FROM must have an alias`,
      undefined,
      {
        hint: isValues
          ? 'For example, FROM (VALUES ...) [AS] foo.'
          : 'For example, FROM (SELECT ...) [AS] foo.',
      },
    );
  }
  const captures = new Captures(context);
  const outer =
    node.lateral === true ? lateralNames(context, left, captures, outerOf(scope)) : outerOf(scope);
  const input = { context, outer, ctes: scope.ctes };
  const query = resolveOutputs(context, yield* querySteps(select, input));
  const columns = query.fields.map((field) => {
    const info = context.columnInfo(field.column.id);
    if (info !== undefined) context.setColumnInfo(field.column.id, { ...info, alias });
    return { name: field.name, expr: context.reference(field.column) };
  });
  const item: RangeItem = {
    alias,
    aliased: true,
    relation: undefined,
    columns,
    system: [],
    scalar: false,
    presence: null,
  };
  const part = plainPart(
    renamed({ node: query.node, item }, nameList(node.alias?.colnames), scope),
  );
  return { ...part, bindings: captures.bindings };
}

function checkAliases(left: Namespace, right: Namespace, scope: Scope): void {
  for (const a of left.items) {
    for (const b of right.items) {
      if (a.alias !== b.alias) continue;
      const bothTables =
        !a.aliased && !b.aliased && a.relation !== undefined && b.relation !== undefined;
      if (bothTables && a.relation.schema !== b.relation.schema) continue;
      throw scope.context.error(
        'duplicate_alias',
        `table name "${a.alias}" specified more than once`,
      );
    }
  }
}

function concat(left: Namespace, right: Namespace): Namespace {
  return { items: [...left.items, ...right.items], columns: [...left.columns, ...right.columns] };
}

/** Joins two parts; bindings that the left side can fill stay here, the others go further up. */
function join(
  left: FromPart,
  right: FromPart,
  joinType: LogicalJoin['joinType'],
  condition: Expr | null,
  namespace: Namespace,
): FromPart {
  const available = new Set(left.node.columns.map((column) => column.id));
  const own: ExecParamBinding[] = [];
  const open: ExecParamBinding[] = [...left.bindings];
  for (const binding of right.bindings) {
    const needed = columnsOf(binding.value);
    if ([...needed].some((id) => available.has(id))) own.push(binding);
    else open.push(binding);
  }
  const node: LogicalJoin = {
    kind: 'join',
    joinType,
    left: left.node,
    right: right.node,
    condition,
    bindings: own,
    nullAware: false,
    columns: [...left.node.columns, ...right.node.columns],
  };
  return { node, namespace, bindings: open };
}

const JOIN_TYPES: Readonly<Record<string, LogicalJoin['joinType']>> = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
};

function* joinSteps(node: JoinExpr, scope: Scope, outerLeft: Namespace): Steps<FromPart> {
  const { context } = scope;
  const joinType = JOIN_TYPES[node.jointype ?? 'JOIN_INNER'] ?? 'inner';
  let left = yield* itemSteps(node.larg as Node, scope, outerLeft);
  let right = yield* itemSteps(node.rarg as Node, scope, concat(outerLeft, left.namespace));
  checkAliases(left.namespace, right.namespace, scope);
  if ((joinType === 'right' || joinType === 'full') && right.bindings.length > 0) {
    throw context.error(
      'invalid_column_reference',
      'invalid reference to FROM-clause entry in a LATERAL item',
      undefined,
      { detail: 'The combining JOIN type must be INNER or LEFT for a LATERAL reference.' },
    );
  }
  if (joinType === 'left' || joinType === 'full') right = withPresence(right, scope);
  if (joinType === 'right' || joinType === 'full') left = withPresence(left, scope);
  const shared =
    node.isNatural === true
      ? naturalColumns(left.namespace, right.namespace)
      : nameList(node.usingClause);
  const merged = shared.length > 0 ? mergeUsing(left, right, shared, joinType, scope) : undefined;
  const items = [...left.namespace.items, ...right.namespace.items];
  let namespace: Namespace = {
    items,
    columns: merged?.columns ?? [...left.namespace.columns, ...right.namespace.columns],
  };
  let condition = merged?.condition ?? null;
  if (node.quals !== undefined) {
    const inner = new Scope(context, scope.outer, scope.ctes, namespace);
    inner.clause = 'JOIN conditions';
    condition = yield* bindConditionSteps(node.quals, inner, 'JOIN/ON');
  }
  if (node.join_using_alias?.aliasname !== undefined && merged !== undefined) {
    const item = joinItem(node.join_using_alias.aliasname, merged.columns.slice(0, shared.length));
    checkAliases(namespace, itemNamespace(item), scope);
    namespace = { ...namespace, items: [...items, item] };
  }
  if (node.alias?.aliasname !== undefined) {
    const names = nameList(node.alias.colnames);
    if (names.length > namespace.columns.length) {
      throw context.error(
        'invalid_column_reference',
        `join expression "${node.alias.aliasname}" has ${namespace.columns.length} columns available but ${names.length} columns specified`,
      );
    }
    const columns = namespace.columns.map((column, i) => ({
      ...column,
      name: names[i] ?? column.name,
    }));
    namespace = itemNamespace(joinItem(node.alias.aliasname, columns));
  }
  return join(left, right, joinType, condition, namespace);
}

function joinItem(alias: string, columns: readonly NamespaceColumn[]): RangeItem {
  return {
    alias,
    aliased: true,
    relation: undefined,
    columns: columns.map(({ name, expr }) => ({ name, expr })),
    system: [],
    scalar: false,
    presence: null,
  };
}

/** Adds a column that is true for real rows, so that whole rows of the side can be told from no row. */
function withPresence(part: FromPart, scope: Scope): FromPart {
  const { context } = scope;
  const marker = context.newColumn('present', BOOL);
  const columns = [...part.node.columns, marker];
  const exprs = part.node.columns.map((column): Expr => context.reference(column));
  const presence = context.reference(marker);
  const node: LogicalNode = {
    kind: 'project',
    input: part.node,
    exprs: [...exprs, constant(BOOL, true)],
    columns,
  };
  for (const item of part.namespace.items) item.presence ??= { ...presence, kind: 'column' };
  return { ...part, node };
}

function naturalColumns(left: Namespace, right: Namespace): string[] {
  const names = new Set(right.columns.map((column) => column.name));
  return [...new Set(left.columns.map((column) => column.name))].filter((name) => names.has(name));
}

interface MergedColumns {
  readonly columns: NamespaceColumn[];
  readonly condition: Expr | null;
}

function mergeUsing(
  left: FromPart,
  right: FromPart,
  names: readonly string[],
  joinType: LogicalJoin['joinType'],
  scope: Scope,
): MergedColumns {
  const { context } = scope;
  const conditions: Expr[] = [];
  const merged: NamespaceColumn[] = [];
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw context.error(
        'duplicate_column',
        `column name "${name}" appears more than once in USING clause`,
      );
    seen.add(name);
    const a = usingColumn(left.namespace, name, 'left', scope);
    const b = usingColumn(right.namespace, name, 'right', scope);
    conditions.push(resolveOperator(context, '=', a, b, undefined));
    const type = commonType(context, [a, b], 'JOIN/USING');
    const leftValue = toCommon(context, a, type, 'JOIN/USING');
    const rightValue = toCommon(context, b, type, 'JOIN/USING');
    const expr: Expr =
      joinType === 'full'
        ? { kind: 'coalesce', type, args: [leftValue, rightValue] }
        : // Of an inner join's equal values the one that already has the type, as PostgreSQL prints it.
          joinType === 'right' || (joinType === 'inner' && leftValue !== a && rightValue === b)
          ? rightValue
          : leftValue;
    merged.push({ name, expr, item: undefined });
  }
  const rest = (namespace: Namespace) =>
    namespace.columns.filter((column) => !seen.has(column.name));
  return {
    columns: [...merged, ...rest(left.namespace), ...rest(right.namespace)],
    condition: conjunction(conditions),
  };
}

function usingColumn(
  namespace: Namespace,
  name: string,
  side: 'left' | 'right',
  scope: Scope,
): Expr {
  const matches = namespace.columns.filter((column) => column.name === name);
  if (matches.length === 1) return matches[0].expr;
  throw scope.context.error(
    matches.length === 0 ? 'undefined_column' : 'ambiguous_column',
    matches.length === 0
      ? `column "${name}" specified in USING clause does not exist in ${side} table`
      : `common column name "${name}" appears more than once in ${side} table`,
  );
}
