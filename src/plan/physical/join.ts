/** Joins: hash tables for equalities, index look-ups where few rows drive them, loops for the rest. */
import type { ExecParamBinding, Expr } from '../expr.ts';
import { columnExpr, columnsOf, conjunction, conjuncts } from '../expr-walk.ts';
import type { LogicalColumn, LogicalNode } from '../logical.ts';
import type { JoinType, NestedLoopNode } from '../physical.ts';
import { joinOfLatest } from '../rules/unnest-lateral.ts';
import { chooseIndex, columnPredicates } from './access-path.ts';
import type { PlanBuilder } from './build.ts';
import { estimateRows } from './estimate.ts';
import { functionLoop } from './function-loop.ts';
import { splitJoinCondition, type JoinKeys } from './join-keys.ts';
import { idsOf } from '../plan-walk.ts';
import { positionsOf, type Built } from './layout.ts';

type Join = Extract<LogicalNode, { kind: 'join' }>;

export function buildJoin(builder: PlanBuilder, node: Join, required: ReadonlySet<number>): Built {
  const needed = new Set(required);
  if (node.condition !== null) columnsOf(node.condition, needed);
  for (const binding of node.bindings) columnsOf(binding.value, needed);
  const idSet = (side: LogicalNode) => new Set(side.columns.map((column) => column.id));
  const leftIds = idSet(node.left);
  const rightIds = idSet(node.right);
  const pick = (ids: ReadonlySet<number>) => new Set([...needed].filter((id) => ids.has(id)));
  const keys = splitJoinCondition(node.condition, leftIds, rightIds);
  if (node.bindings.length > 0 || keys.left.length === 0) {
    const functions = functionLoop(builder, node, required, pick(leftIds));
    if (functions !== undefined) return functions;
    const latest = joinOfLatest(node);
    return latest === undefined
      ? nestedLoop(builder, node, pick(leftIds), pick(rightIds))
      : latestByRows(builder, node, pick(leftIds), pick(rightIds));
  }
  const lookup = indexLookup(builder, node, keys, pick(leftIds), pick(rightIds));
  if (lookup !== undefined) return lookup;
  return hashJoin(builder, node, keys, pick(leftIds), pick(rightIds));
}

const isLeftOnly = (type: JoinType): boolean => type === 'semi' || type === 'anti';

function joinColumns(type: JoinType, left: Built, right: Built): readonly LogicalColumn[] {
  return isLeftOnly(type) ? left.columns : [...left.columns, ...right.columns];
}

/** Outer rows up to which the last row of each is looked up; for more, the last rows of all keys are joined. */
const LOOKUPS_MAX = 32;

/**
 * How many outer rows there are shows when they are there: they are kept like those of a CTE, and read by the
 * plan that is right for so many.
 */
function latestByRows(
  builder: PlanBuilder,
  node: Join,
  leftNeeds: ReadonlySet<number>,
  rightNeeds: ReadonlySet<number>,
): Built {
  const columns = node.left.columns.filter(({ id }) => leftNeeds.has(id));
  const cteId = builder.newCte();
  const outer = builder.buildExact(node.left, columns);
  const left: LogicalNode = { kind: 'cte-scan', cteId, name: 'outer', columns };
  const few = nestedLoop(builder, { ...node, left }, leftNeeds, rightNeeds);
  const alternative = joinOfLatest({ ...node, left });
  if (alternative === undefined) return few;
  const many = builder.buildExact(alternative, few.columns).node;
  const choice = builder.wrap(
    { kind: 'choice', cteId, rowsMax: LOOKUPS_MAX, few: few.node, many },
    few.columns,
    node,
  );
  const ctes = [{ cteId, name: 'outer', plan: outer.node, modifying: false }];
  return builder.wrap({ kind: 'with', ctes, body: choice.node }, few.columns, node);
}

function nestedLoop(
  builder: PlanBuilder,
  node: Join,
  leftNeeds: ReadonlySet<number>,
  rightNeeds: ReadonlySet<number>,
): Built {
  const left = builder.build(node.left, leftNeeds);
  const right = builder.build(node.right, rightNeeds);
  const leftPositions = positionsOf(left.columns);
  const bindings = node.bindings.map(({ param, value }) => ({
    param,
    value: builder.place(value, leftPositions),
  }));
  const condition =
    node.condition === null
      ? null
      : builder.place(node.condition, positionsOf(left.columns, right.columns));
  if (node.nullAware) return nullAwareLoop(builder, node, left, right, condition);
  const loop: Omit<NestedLoopNode, 'columns' | 'estimatedRows'> = {
    kind: 'nested-loop',
    joinType: node.joinType,
    left: left.node,
    right: right.node,
    condition,
    bindings,
  };
  return builder.wrap(loop, joinColumns(node.joinType, left, right), node);
}

/** NOT IN without hashable keys: a row is rejected also where a comparison is unknown. */
function nullAwareLoop(
  builder: PlanBuilder,
  node: Join,
  left: Built,
  right: Built,
  condition: Expr | null,
): Built {
  const test: Expr | null =
    condition === null
      ? null
      : {
          kind: 'boolean-test',
          type: condition.type,
          arg: condition,
          test: 'false',
          negated: true,
        };
  const loop: Omit<NestedLoopNode, 'columns' | 'estimatedRows'> = {
    kind: 'nested-loop',
    joinType: 'anti',
    left: left.node,
    right: right.node,
    condition: test,
    bindings: [],
  };
  return builder.wrap(loop, left.columns, node);
}

function hashJoin(
  builder: PlanBuilder,
  node: Join,
  keys: JoinKeys,
  leftNeeds: ReadonlySet<number>,
  rightNeeds: ReadonlySet<number>,
): Built {
  const swap =
    node.joinType === 'inner' &&
    estimateRows(node.left, builder.counts) < estimateRows(node.right, builder.counts);
  const left = swap ? builder.build(node.right, rightNeeds) : builder.build(node.left, leftNeeds);
  const right = swap ? builder.build(node.left, leftNeeds) : builder.build(node.right, rightNeeds);
  const leftPositions = positionsOf(left.columns);
  const rightPositions = positionsOf(right.columns);
  const leftKeys = (swap ? keys.right : keys.left).map((key) => builder.place(key, leftPositions));
  const rightKeys = (swap ? keys.left : keys.right).map((key) =>
    builder.place(key, rightPositions),
  );
  const filter =
    keys.rest === null ? null : builder.place(keys.rest, positionsOf(left.columns, right.columns));
  return builder.wrap(
    {
      kind: 'hash-join',
      joinType: node.joinType,
      left: left.node,
      right: right.node,
      leftKeys,
      rightKeys,
      filter,
      nullAware: node.nullAware,
    },
    joinColumns(node.joinType, left, right),
    node,
  );
}

/** Rows of the left side below which a look-up each beats reading the whole right side. */
const LOOKUP_COST_ROWS = 4;

/**
 * Few left rows and an index on the right's join column: for each left row the index is asked. The
 * left's keys become exec-params, so the right side is an ordinary scan with known values.
 */
function indexLookup(
  builder: PlanBuilder,
  node: Join,
  keys: JoinKeys,
  leftNeeds: ReadonlySet<number>,
  rightNeeds: ReadonlySet<number>,
): Built | undefined {
  if (node.joinType === 'full' || node.joinType === 'right' || node.nullAware) return undefined;
  const side = scanSide(node.right);
  if (side?.scan.table.kind === 'table') {
    const direct = lookupInto(builder, node, keys, node.left, side, leftNeeds, rightNeeds);
    if (direct !== undefined) return direct;
  }
  const other = scanSide(node.left);
  if (other?.scan.table.kind !== 'table') return undefined;
  const flipped: JoinKeys = { left: keys.right, right: keys.left, rest: keys.rest };
  if (node.joinType === 'semi') {
    const outer = differentKeys(node.right, keys);
    if (outer === undefined) return undefined;
    const inner: Join = { ...node, joinType: 'inner' };
    return lookupInto(builder, inner, flipped, outer, other, idsOf(outer), leftNeeds);
  }
  if (node.joinType !== 'inner') return undefined;
  return lookupInto(builder, node, flipped, node.right, other, rightNeeds, leftNeeds);
}

/** Each key of the right side once: rows of the left that are looked up by these come once, too. */
function differentKeys(right: LogicalNode, keys: JoinKeys): LogicalNode | undefined {
  if (keys.rest !== null) return undefined;
  const columns = keys.right.flatMap((key) =>
    key.kind === 'column' ? right.columns.filter(({ id }) => id === key.index) : [],
  );
  if (columns.length < keys.right.length) return undefined;
  const exprs = columns.map(columnExpr);
  return { kind: 'distinct', input: { kind: 'project', input: right, exprs, columns }, columns };
}

interface ScanSide {
  readonly scan: Extract<LogicalNode, { kind: 'scan' }>;
  readonly condition: Expr | null;
}

function scanSide(node: LogicalNode): ScanSide | undefined {
  if (node.kind === 'scan') return { scan: node, condition: null };
  if (node.kind === 'filter' && node.input.kind === 'scan')
    return { scan: node.input, condition: node.condition };
  return undefined;
}

function lookupInto(
  builder: PlanBuilder,
  node: Join,
  keys: JoinKeys,
  outer: LogicalNode,
  inner: ScanSide,
  outerNeeds: ReadonlySet<number>,
  innerNeeds: ReadonlySet<number>,
): Built | undefined {
  const { table } = inner.scan;
  if (table.kind !== 'table' || table.hypertable !== null) return undefined;
  const outerRows = estimateRows(outer, builder.counts);
  if (outerRows * LOOKUP_COST_ROWS > builder.counts(table)) return undefined;
  const params = keys.left.map(() => builder.newExecParam());
  const tests = equalityTests(node.condition, keys, params);
  const condition = conjunction([...conjuncts(inner.condition), ...tests]);
  const predicates = columnPredicates(condition, inner.scan.columns);
  const indexes = builder.env.catalog.indexesOf(table.oid);
  const choice = chooseIndex(table, indexes, predicates, [], builder.counts(table));
  const usesKey = choice?.equals.some((predicate) => tests.includes(predicate.source)) === true;
  if (choice === undefined || !usesKey) return undefined;
  const left = builder.build(outer, outerNeeds);
  const right = builder.scan(inner.scan, condition, innerNeeds);
  const leftPositions = positionsOf(left.columns);
  const bindings = keys.left.map(
    (key, i): ExecParamBinding => ({
      param: params[i],
      value: builder.place(key, leftPositions),
    }),
  );
  const rest =
    keys.rest === null ? null : builder.place(keys.rest, positionsOf(left.columns, right.columns));
  const loop: Omit<NestedLoopNode, 'columns' | 'estimatedRows'> = {
    kind: 'nested-loop',
    joinType: node.joinType,
    left: left.node,
    right: right.node,
    condition: rest,
    bindings,
  };
  return builder.wrap(loop, joinColumns(node.joinType, left, right), node);
}

/** The join's equalities with the outer operand replaced by its exec-param. */
function equalityTests(condition: Expr | null, keys: JoinKeys, params: readonly number[]): Expr[] {
  const rest = new Set(conjuncts(keys.rest));
  const equalities = conjuncts(condition).filter((part) => !rest.has(part));
  return equalities.map((part, i) => {
    if (part.kind !== 'call') return part;
    const outerIds = columnsOf(keys.left[i]);
    const param: Expr = { kind: 'exec-param', type: keys.left[i].type, index: params[i] };
    const args = part.args.map((arg): Expr => {
      const isOuter = [...columnsOf(arg)].every((id) => outerIds.has(id));
      return isOuter ? relabel(param, arg) : arg;
    });
    return { ...part, args };
  });
}

/** The key may be a widened or converted form of the operand; integers are the same values anyway. */
function relabel(param: Expr, operand: Expr): Expr {
  return {
    ...param,
    type: param.type.oid === operand.type.oid ? operand.type : param.type,
  } as Expr;
}
