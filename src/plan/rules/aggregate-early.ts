/**
 * GROUP BY over a hypertable's rows joined by their series with a table of what is known of the series: the
 * rows are aggregated by series first, as storage has them, and what is joined is one row a series (and
 * bucket) in the place of thousands.
 */
import { bucketOf } from '../bucket.ts';
import { columnExpr, columnsOf, hasVolatileCall, substituteColumns } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type { LogicalAggregate, LogicalJoin, LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { estimateRows } from '../physical/estimate.ts';
import { splitJoinCondition } from '../physical/join-keys.ts';
import { idsOf, transformPlan } from '../plan-walk.ts';
import { PartialCalls, type Side } from './partial-calls.ts';
import { seriesColumns } from './series-columns.ts';

/** Rows below which joining them takes no time worth a second aggregate. */
const ROWS_MIN = 5000;

export function aggregateEarly(plan: LogicalNode, state: RuleState): LogicalNode {
  return transformPlan(plan, (node) =>
    node.kind === 'aggregate' ? (twoStages(node, state) ?? node) : node,
  );
}

function twoStages(node: LogicalAggregate, state: RuleState): LogicalNode | undefined {
  if (node.groupingSets !== null || node.groups.length === 0) return undefined;
  const { join, resolve } = joinBelow(node.input);
  if (join === undefined || join.joinType !== 'inner' || join.bindings.length > 0) return undefined;
  const sides = detailSide(join, state);
  if (sides === undefined) return undefined;
  const newId = (): number => state.nextColumnId++;
  const keys = new KeyColumns(sides, newId);
  const groups = node.groups.map(({ column, expr }) => {
    const value = keys.final(resolve(expr));
    return value && { column, expr: value };
  });
  const calls = new PartialCalls(state.env.registry, newId);
  const values = node.aggregates.map((call) => {
    const args = call.args.map(resolve);
    const side = sideOf(args, sides);
    return side && calls.add({ ...call, args }, side);
  });
  if (!groups.every(isDefined) || !values.every(isDefined)) return undefined;
  const partial = partialAggregate(sides.detail, keys, calls);
  const input = joinedKeys(join, sides, partial, keys);
  const final: LogicalNode = {
    ...node,
    input,
    groups,
    aggregates: calls.final,
    columns: [...groups.map(({ column }) => column), ...calls.final.map(({ column }) => column)],
  };
  const exprs = [...groups.map(({ column }) => columnExpr(column)), ...values];
  return { kind: 'project', input: final, exprs, columns: node.columns };
}

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

/** The join that an aggregate is over, and its expressions over the join's columns. */
function joinBelow(plan: LogicalNode): {
  readonly join: LogicalJoin | undefined;
  readonly resolve: (expr: Expr) => Expr;
} {
  let node = plan;
  let resolve = (expr: Expr): Expr => expr;
  while (node.kind === 'project') {
    const { columns, exprs, input } = node;
    const above = resolve;
    const byId = new Map(columns.map(({ id }, i) => [id, exprs[i]]));
    resolve = (expr) => substituteColumns(above(expr), (id) => byId.get(id));
    if (exprs.some(hasVolatileCall)) return { join: undefined, resolve };
    node = input;
  }
  return { join: node.kind === 'join' ? node : undefined, resolve };
}

interface Sides {
  readonly detail: LogicalNode;
  readonly detailIds: ReadonlySet<number>;
  readonly otherIds: ReadonlySet<number>;
  /** The detail rows' columns that are joined by, which make out their series. */
  readonly keys: readonly number[];
}

/** The side of the join that is a hypertable's rows, joined by columns of its series and by nothing else. */
function detailSide(join: LogicalJoin, { counts, env }: RuleState): Sides | undefined {
  const rows = [join.left, join.right].map((side) => estimateRows(side, counts));
  const [detail, other] = rows[0] > rows[1] ? [join.left, join.right] : [join.right, join.left];
  if (Math.max(...rows) < ROWS_MIN) return undefined;
  const detailIds = idsOf(detail);
  const otherIds = idsOf(other);
  const { left, rest } = splitJoinCondition(join.condition, detailIds, otherIds);
  const series = seriesColumns(detail, env.catalog);
  if (left.length === 0 || rest !== null || series === undefined) return undefined;
  const keys = left.map(columnId);
  if (!keys.every(isDefined) || !keys.every((key) => series.has(key))) return undefined;
  return { detail, detailIds, otherIds, keys };
}

/** The column behind a key, seen through a cast that changes nothing. */
function columnId(expr: Expr): number | undefined {
  if (expr.kind === 'cast' && expr.convert === false) return columnId(expr.arg);
  return expr.kind === 'column' ? expr.index : undefined;
}

/** The side that the arguments' columns are of; undefined where they are of both, or of none. */
function sideOf(args: readonly Expr[], sides: Sides): Side | undefined {
  if (args.length === 0) return 'detail';
  const used = args.flatMap((arg) => [...columnsOf(arg)]);
  if (used.length === 0 || args.some(hasVolatileCall)) return undefined;
  if (used.every((id) => sides.detailIds.has(id))) return 'detail';
  return used.every((id) => sides.otherIds.has(id)) ? 'other' : undefined;
}

type Group = LogicalAggregate['groups'][number];

/** What detail rows are grouped by first: the columns that they are joined by, and buckets of their time. */
class KeyColumns {
  readonly groups: Group[] = [];
  readonly #sides: Sides;
  readonly #newId: () => number;

  constructor(sides: Sides, newId: () => number) {
    this.#sides = sides;
    this.#newId = newId;
    for (const id of new Set(sides.keys)) {
      const column = sides.detail.columns.find((each) => each.id === id);
      if (column !== undefined) this.#add(columnExpr(column), column.name);
    }
  }

  /** A condition on the detail rows' keys as one on what they are grouped by. */
  substitute(expr: Expr): Expr {
    return substituteColumns(expr, (id) => {
      const group = this.groups.find(
        (each) => each.expr.kind === 'column' && each.expr.index === id,
      );
      return group && columnExpr(group.column);
    });
  }

  /** A group of the whole query over the joined keys; undefined where it cannot be known of them. */
  final(expr: Expr): Expr | undefined {
    const side = sideOf([expr], this.#sides);
    if (side !== 'detail') return side && expr;
    const keys = new Set(this.#sides.keys);
    if ([...columnsOf(expr)].every((id) => keys.has(id))) return this.substitute(expr);
    return bucketOf(expr) === undefined ? undefined : this.#add(expr, 'bucket');
  }

  #add(expr: Expr, name: string): Expr {
    const column = { id: this.#newId(), name, type: expr.type };
    this.groups.push({ column, expr });
    return columnExpr(column);
  }
}

function partialAggregate(input: LogicalNode, keys: KeyColumns, calls: PartialCalls): LogicalNode {
  const aggregates = calls.partial;
  return {
    kind: 'aggregate',
    input,
    groups: keys.groups,
    groupingSets: null,
    groupingColumn: null,
    aggregates,
    columns: [...keys.groups, ...aggregates].map(({ column }) => column),
  };
}

/** The join with one row a key in the place of the detail rows. */
function joinedKeys(
  join: LogicalJoin,
  { detail }: Sides,
  partial: LogicalNode,
  keys: KeyColumns,
): LogicalNode {
  const left = join.left === detail ? partial : join.left;
  const right = join.right === detail ? partial : join.right;
  const condition = join.condition === null ? null : keys.substitute(join.condition);
  return { ...join, left, right, condition, columns: [...left.columns, ...right.columns] };
}
