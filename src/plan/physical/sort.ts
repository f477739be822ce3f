/** Sorts and limits: top-n where both meet, no sort where a hypertable's scan gives the order. */
import type { Expr } from '../expr.ts';
import { columnsOf } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import type { PhysicalNode, SortKey, TableScanNode } from '../physical.ts';
import { throughBucketWindow } from './bucket-window.ts';
import type { PlanBuilder } from './build.ts';
import { inIndexOrder } from './index-order.ts';
import { placeKeys, positionsOf, type Built } from './layout.ts';

type Of<K extends LogicalNode['kind']> = Extract<LogicalNode, { kind: K }>;

export function buildSort(
  builder: PlanBuilder,
  node: Of<'sort'>,
  required: ReadonlySet<number>,
): Built {
  const { input, keys } = sortInput(builder, node, required);
  const ordered = inTimeOrder(input.node, keys) ?? inIndexOrder(input.node, keys);
  if (ordered !== undefined) return { node: ordered, columns: input.columns };
  return builder.wrap({ kind: 'sort', input: input.node, keys }, input.columns, node);
}

function sortInput(
  builder: PlanBuilder,
  node: Of<'sort'>,
  required: ReadonlySet<number>,
): { input: Built; keys: SortKey[] } {
  const needed = new Set(required);
  for (const key of node.keys) columnsOf(key.expr, needed);
  const input = builder.build(node.input, needed);
  const positions = positionsOf(input.columns);
  return { input, keys: placeKeys(node.keys, (expr) => builder.place(expr, positions)) };
}

export function buildLimit(
  builder: PlanBuilder,
  node: Of<'limit'>,
  required: ReadonlySet<number>,
): Built {
  const none = new Map<number, number>();
  const value = (expr: Expr | null) => (expr === null ? null : builder.place(expr, none));
  const limit = value(node.limit);
  const offset = value(node.offset);
  const { input } = node;
  if (input.kind === 'sort' && limit !== null && node.tiesKeys === null) {
    const sorted = sortInput(builder, input, required);
    const first = { catalog: builder.env.catalog, limit, offset };
    const ordered =
      inTimeOrder(sorted.input.node, sorted.keys) ??
      inIndexOrder(sorted.input.node, sorted.keys, first);
    if (ordered === undefined) {
      const early = offset === null ? earliest(sorted.input.node, sorted.keys, limit) : undefined;
      const parts = { input: early ?? sorted.input.node, keys: sorted.keys, limit, offset };
      const topN = {
        kind: 'top-n',
        ...parts,
        input: throughBucketWindow(parts, () => builder.newExecParam()),
      } as const;
      return builder.wrap(topN, sorted.input.columns, node);
    }
    return builder.wrap(
      { kind: 'limit', input: ordered, limit, offset, tiesKeys: null },
      sorted.input.columns,
      node,
    );
  }
  const needed = new Set(required);
  for (const key of node.tiesKeys ?? []) columnsOf(key.expr, needed);
  const built = builder.build(input, needed);
  const positions = positionsOf(built.columns);
  const tiesKeys =
    node.tiesKeys === null
      ? null
      : placeKeys(node.tiesKeys, (expr) => builder.place(expr, positions));
  return builder.wrap(
    { kind: 'limit', input: built.node, limit, offset, tiesKeys },
    built.columns,
    node,
  );
}

/**
 * ORDER BY time, more LIMIT n wants rows of the first n only, and of those that tie with the last of them in
 * time: in the order of time nothing behind is read. undefined where the rows do not come in that order.
 */
function earliest(
  node: PhysicalNode,
  keys: readonly SortKey[],
  limit: Expr,
): PhysicalNode | undefined {
  if (limit.kind !== 'constant' && limit.kind !== 'parameter') return undefined;
  const tiesKeys = keys.slice(0, 1);
  const input = inTimeOrder(node, tiesKeys);
  if (input === undefined) return undefined;
  const { columns, estimatedRows } = node;
  return { kind: 'limit', input, limit, offset: null, tiesKeys, columns, estimatedRows };
}

/**
 * The input rebuilt so that it comes sorted by a hypertable's time column, or undefined where the keys
 * ask for another order. Time columns are never NULL, so the place of NULLs does not matter.
 */
export function inTimeOrder(
  node: PhysicalNode,
  keys: readonly SortKey[],
): PhysicalNode | undefined {
  if (keys.length !== 1 || keys[0].expr.kind !== 'column') return undefined;
  return orderedBy(node, keys[0].expr.index, keys[0].descending ? 'desc' : 'asc');
}

function orderedBy(
  node: PhysicalNode,
  position: number,
  order: 'asc' | 'desc',
): PhysicalNode | undefined {
  switch (node.kind) {
    case 'table-scan':
      return timeScan(node, position, order);
    case 'filter': {
      const input = orderedBy(node.input, position, order);
      return input === undefined ? undefined : { ...node, input };
    }
    case 'project': {
      const expr = node.exprs[position];
      const input = expr.kind === 'column' ? orderedBy(node.input, expr.index, order) : undefined;
      return input === undefined ? undefined : { ...node, input };
    }
    default:
      return undefined;
  }
}

function timeScan(
  node: TableScanNode,
  position: number,
  order: 'asc' | 'desc',
): PhysicalNode | undefined {
  const { hypertable } = node.table;
  if (hypertable === null || node.attnums[position] !== hypertable.timeColumn) return undefined;
  return { ...node, timeOrder: order };
}
