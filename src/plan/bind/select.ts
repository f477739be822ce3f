/** Simple SELECT: from the clauses to a plan. */
import type { Steps } from '../../base/steps.ts';
import { nodeAs, type Node, type SelectStmt } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import { OID } from '../../types/type.ts';
import type { ColumnExpr, Expr } from '../expr.ts';
import { HashIndex } from '../expr-hash.ts';
import type { LogicalNode, LogicalProject, LogicalWindowCall } from '../logical.ts';
import type { SortKey } from '../physical.ts';
import { sameExpr } from './same-expr.ts';
import { resolveUnknown } from './coerce.ts';
import { bindConditionSteps } from './expr.ts';
import { applyLimit } from './finish.ts';
import { fromSteps } from './from.ts';
import { Grouping, isGrouped } from './grouping.ts';
import { CarriedColumns, lateSets, lateTargets, readsAny } from './late-targets.ts';
import { lockTargets, type LockTargets } from './locking.ts';
import { equalityOf } from './operators.ts';
import { findTarget, sortKey, sortNode } from './order.ts';
import { outputField, type BoundQuery, type QueryField, type QueryInput } from './query.ts';
import { QueryCalls, type PendingSet, type WindowSpec } from './query-calls.ts';
import { Scope } from './scope.ts';
import { TargetList, targetSteps, type Target } from './target.ts';
import { sameWindow, windowHash } from './window-call.ts';

export function* selectSteps(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  const from = yield* fromSteps(stmt.fromClause, scope);
  let node: LogicalNode = from ?? { kind: 'values', rows: [[]], columns: [] };
  const calls = new QueryCalls();
  scope.calls = calls;
  nameWindows(stmt, scope);
  const targets = yield* selectTargets(stmt, scope, input.keepUnknown === true);
  if (stmt.whereClause !== undefined) {
    const condition = yield* scope.duringSteps(
      'WHERE',
      bindConditionSteps(stmt.whereClause, scope, 'WHERE'),
    );
    node = { kind: 'filter', input: node, condition, columns: node.columns };
  }
  const having =
    stmt.havingClause === undefined
      ? null
      : yield* scope.duringSteps('HAVING', bindConditionSteps(stmt.havingClause, scope, 'HAVING'));
  const sorts = bindOrder(stmt, targets, scope);
  if (calls.aggregates.length > 0 && from !== null && readsWorkTable(from)) {
    throw context.error(
      'invalid_recursion',
      "aggregate functions are not allowed in a recursive query's recursive term",
    );
  }
  const grouping = isGrouped(stmt, calls) ? new Grouping(stmt, targets, scope) : null;
  const distinctOn = bindDistinctOn(stmt, targets, scope);
  checkDistinct(stmt, targets.entries, sorts, scope);
  const locks = lockTargets(
    stmt,
    scope,
    grouping !== null || calls.windows.length > 0,
    calls.sets.length > 0,
  );
  let rewrite = (expr: Expr): Expr => expr;
  if (grouping !== null) {
    node = addSets(node, grouping.takeGroupedSets(calls), rewrite);
    node = grouping.apply(node, calls);
    rewrite = (expr) => grouping.rewrite(expr);
    if (having !== null)
      node = { kind: 'filter', input: node, condition: rewrite(having), columns: node.columns };
  } else if (having !== null) {
    node = { kind: 'filter', input: node, condition: having, columns: node.columns };
  }
  node = addWindows(node, calls, rewrite);
  const sets = lateSets(
    calls.sets,
    distinctOn,
    sorts.map(({ target }) => target),
  );
  if (sets.length === 0) node = addSets(node, calls.sets, rewrite);
  const plan: Projection = { targets: targets.entries, sorts, distinctOn, sets, locks, rewrite };
  return project(stmt, node, plan, scope);
}

/** Whether FROM itself, not a subquery in it, holds the recursive reference of a WITH query. */
function readsWorkTable(from: LogicalNode): boolean {
  if (from.kind === 'join') return readsWorkTable(from.left) || readsWorkTable(from.right);
  return from.kind === 'work-table';
}

export function nameWindows(stmt: SelectStmt, scope: Scope): void {
  for (const item of stmt.windowClause ?? []) {
    const def = nodeAs(item, 'WindowDef');
    if (def?.name === undefined) continue;
    const known = scope.calls?.namedWindows;
    if (known?.has(def.name) === true) {
      throw scope.context.error(
        'windowing_error',
        `window "${def.name}" is already defined`,
        def.location,
      );
    }
    known?.set(def.name, def);
  }
}

function* selectTargets(stmt: SelectStmt, scope: Scope, keepUnknown: boolean): Steps<TargetList> {
  const targets = yield* scope.duringSteps('SELECT', targetSteps(stmt.targetList ?? [], scope));
  const typed = (target: Target): Target => ({
    ...target,
    expr: resolveUnknown(scope.context, target.expr),
  });
  return new TargetList(keepUnknown ? targets : targets.map(typed));
}

/** An ORDER BY key and the select-list entry that holds it. */
interface BoundSort {
  readonly target: Target;
  readonly key: SortKey;
  readonly location: number | undefined;
}

function bindOrder(stmt: SelectStmt, targets: TargetList, scope: Scope): BoundSort[] {
  const sorts: BoundSort[] = [];
  for (const node of stmt.sortClause ?? []) {
    const sort = sortNode(node);
    const target = textTarget(
      findTarget(sort.node as Node, targets, scope, 'ORDER BY'),
      targets,
      scope,
    );
    const key = sortKey(scope, sort, target.expr);
    if (sorts.some((known) => known.target === target)) continue;
    sorts.push({ target, key, location: nodeLocation(sort.node) });
  }
  return sorts;
}

/** An untyped entry that is sorted or grouped by becomes text. */
export function textTarget(target: Target, targets: TargetList, scope: Scope): Target {
  if (target.expr.type.oid !== OID.unknown) return target;
  return targets.replace(target, resolveUnknown(scope.context, target.expr));
}

function bindDistinctOn(stmt: SelectStmt, targets: TargetList, scope: Scope): Target[] {
  const nodes = (stmt.distinctClause ?? []).filter((node) => Object.keys(node).length > 0);
  return nodes.map((node) => {
    const target = textTarget(findTarget(node, targets, scope, 'DISTINCT ON'), targets, scope);
    equalityOf(scope.context, target.expr.type, nodeLocation(node));
    return target;
  });
}

function checkDistinct(
  stmt: SelectStmt,
  targets: readonly Target[],
  sorts: readonly BoundSort[],
  scope: Scope,
): void {
  if (stmt.distinctClause === undefined) return;
  const isOn = stmt.distinctClause.some((node) => Object.keys(node).length > 0);
  if (isOn) return;
  for (const target of targets) {
    if (!target.hidden) equalityOf(scope.context, target.expr.type, target.location);
  }
  const stray = sorts.find((sort) => sort.target.hidden);
  if (stray === undefined) return;
  throw scope.context.error(
    'invalid_column_reference',
    'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
    stray.location,
  );
}

function addWindows(
  node: LogicalNode,
  calls: QueryCalls,
  rewrite: (expr: Expr) => Expr,
): LogicalNode {
  const groups: { spec: WindowSpec; calls: LogicalWindowCall[] }[] = [];
  const known = new HashIndex<WindowSpec, LogicalWindowCall[]>(windowHash, sameWindow);
  for (const { spec, call } of calls.windows) {
    const same = known.find(spec);
    if (same !== undefined) {
      same.push(call);
      continue;
    }
    const group = { spec, calls: [call] };
    groups.push(group);
    known.add(spec, group.calls);
  }
  let result = node;
  for (const { spec, calls: own } of groups) {
    result = {
      kind: 'window',
      input: result,
      partitionBy: spec.partitionBy.map((expr) => rewrite(expr)),
      orderBy: spec.orderBy.map((key) => ({ ...key, expr: rewrite(key.expr) })),
      frame: spec.frame,
      calls: own.map((call) => ({
        ...call,
        args: call.args.map((arg) => rewrite(arg)),
        filter: call.filter === null ? null : rewrite(call.filter),
      })),
      columns: [...result.columns, ...own.map((call) => call.column)],
    };
  }
  return result;
}

/** Sets whose arguments hold other sets come in a node above those. */
function addSets(
  node: LogicalNode,
  sets: readonly PendingSet[],
  rewrite: (expr: Expr) => Expr,
): LogicalNode {
  let result = node;
  let left = sets.slice();
  while (left.length > 0) {
    const pending = new Set(left.map((set) => set.column.id));
    const ready = left.filter((set) => !set.args.some((arg) => readsAny(arg, pending)));
    const functions = ready.map((set) => ({ ...set, args: set.args.map((arg) => rewrite(arg)) }));
    result = {
      kind: 'project-set',
      input: result,
      functions,
      columns: [...result.columns, ...ready.map((set) => set.column)],
    };
    left = left.filter((set) => !ready.includes(set));
  }
  return result;
}

interface Projection {
  readonly targets: readonly Target[];
  readonly sorts: readonly BoundSort[];
  readonly distinctOn: readonly Target[];
  /** Those that come after DISTINCT ON. */
  readonly sets: readonly PendingSet[];
  readonly locks: LockTargets | null;
  readonly rewrite: (expr: Expr) => Expr;
}

/** Select list, DISTINCT, ORDER BY, row locks and LIMIT, in the order that they happen. */
function project(stmt: SelectStmt, input: LogicalNode, plan: Projection, scope: Scope): BoundQuery {
  const { context } = scope;
  const { rewrite, locks } = plan;
  const needed = (target: Target) =>
    plan.distinctOn.includes(target) || plan.sorts.some((sort) => sort.target === target);
  const made = new Set(plan.sets.map(({ column }) => column.id));
  const late = lateTargets(stmt, plan.targets, needed, made);
  const targets = plan.targets.filter(
    (target) => (!target.hidden || needed(target)) && !late.includes(target),
  );
  const fields = targets.map((target) => outputField(context, target.name, target.expr));
  const exprs = targets.map((target) => rewrite(target.expr));
  const lockColumns = (locks?.rowRefs ?? []).map((ref) => context.newColumn('ctid', ref.type));
  const carried = new CarriedColumns(
    context,
    [...late.map(({ expr }) => expr), ...plan.sets.flatMap(({ args }) => args)].map(rewrite),
    made,
  );
  const columns = [...fields.map((field) => field.column), ...lockColumns, ...carried.columns];
  const projection: LogicalProject = {
    kind: 'project',
    input,
    exprs: [...exprs, ...(locks?.rowRefs ?? []), ...carried.exprs],
    columns,
  };
  let node: LogicalNode = projection;
  const reference = (target: Target): ColumnExpr =>
    context.reference(fields[targets.indexOf(target)].column);
  if (stmt.distinctClause !== undefined && plan.distinctOn.length === 0) {
    node = { kind: 'distinct', input: node, columns };
  }
  let keys: SortKey[] = plan.sorts.map(({ target, key }) => ({ ...key, expr: reference(target) }));
  if (plan.distinctOn.length > 0) {
    keys = distinctOnOrder(plan, keys, reference, scope);
    node = { kind: 'sort', input: node, keys, columns };
    node = {
      kind: 'distinct-on',
      input: node,
      keys: plan.distinctOn.map((target) => reference(target)),
      columns,
    };
  } else if (keys.length > 0) {
    node = { kind: 'sort', input: node, keys, columns };
  }
  if (locks !== null) {
    const lockTables = locks.tables.map((table, i) => ({ table, rowRefId: lockColumns[i].id }));
    node = {
      kind: 'lock-rows',
      input: node,
      targets: lockTables,
      strength: locks.strength,
      wait: locks.wait,
      columns,
    };
  }
  if (late.length === 0) {
    node = applyLimit(stmt, node, keys, scope);
    const visible = fields.filter((_, i) => !targets[i].hidden);
    return hideExtra(node, visible, columns.length, scope);
  }
  node = addSets(node, plan.sets, (expr) => carried.place(rewrite(expr)));
  const outputs = plan.targets
    .filter((target) => !target.hidden)
    .map((target): Output => {
      if (!late.includes(target)) return { target, expr: reference(target) };
      return { target, expr: carried.place(rewrite(target.expr)) };
    });
  // Rows that OFFSET skips have their effects, too.
  const limitsFirst =
    stmt.limitOffset === undefined || stmt.limitOption === 'LIMIT_OPTION_WITH_TIES';
  if (limitsFirst) node = applyLimit(stmt, node, keys, scope);
  const query = projectOutputs(node, outputs, scope);
  return limitsFirst ? query : { ...query, node: applyLimit(stmt, query.node, [], scope) };
}

interface Output {
  readonly target: Target;
  readonly expr: Expr;
}

function projectOutputs(
  input: LogicalNode,
  outputs: readonly Output[],
  { context }: Scope,
): BoundQuery {
  const fields = outputs.map(({ target }) => outputField(context, target.name, target.expr));
  const exprs = outputs.map(({ expr }) => expr);
  const columns = fields.map((field) => field.column);
  return { node: { kind: 'project', input, exprs, columns }, fields };
}

function hideExtra(
  node: LogicalNode,
  visible: QueryField[],
  total: number,
  scope: Scope,
): BoundQuery {
  if (visible.length === total) return { node, fields: visible };
  const { context } = scope;
  const exprs = visible.map((field) => context.reference(field.column));
  const fields = visible.map((field, i) => outputField(context, field.name, exprs[i]));
  return {
    node: { kind: 'project', input: node, exprs, columns: fields.map((field) => field.column) },
    fields,
  };
}

/** DISTINCT ON keys lead the order; ORDER BY must agree with that. */
function distinctOnOrder(
  plan: Projection,
  keys: readonly SortKey[],
  reference: (target: Target) => ColumnExpr,
  scope: Scope,
): SortKey[] {
  const on = plan.distinctOn;
  let strangerSeen = false;
  for (const { target, location } of plan.sorts) {
    const isOn = on.some((item) => item === target || sameExpr(item.expr, target.expr));
    if (isOn && strangerSeen) {
      throw scope.context.error(
        'invalid_column_reference',
        'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
        location,
      );
    }
    if (!isOn) strangerSeen = true;
  }
  const missing = on.filter(
    (item) => !plan.sorts.some(({ target }) => target === item || sameExpr(target.expr, item.expr)),
  );
  if (missing.length > 0 && strangerSeen) {
    throw scope.context.error(
      'invalid_column_reference',
      'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
      missing[0].location,
    );
  }
  const extra = missing.map(
    (item): SortKey => ({
      expr: reference(item),
      descending: false,
      nullsFirst: false,
    }),
  );
  return [...keys, ...extra];
}
