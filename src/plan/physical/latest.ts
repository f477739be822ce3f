/**
 * Last-value queries: where of the rows of each key only those of the extreme time count, a hypertable's
 * scan is told so. What stands above stays as it is: the scan only leaves out rows that cannot matter.
 */
import type { Expr } from '../expr.ts';
import type { AggregateCall, PhysicalNode, SortKey, TableScanNode } from '../physical.ts';

type Latest = NonNullable<TableScanNode['latest']>;

/** The input of a DISTINCT ON: sorted by its keys (in any order) and then by time. */
export function latestForDistinctOn(sorted: PhysicalNode, keys: readonly Expr[]): PhysicalNode {
  if (sorted.kind !== 'sort') return sorted;
  const positions = columnPositions(keys);
  if (positions === undefined) return sorted;
  const distinct = new Set(positions);
  const leading = columnPositions(sorted.keys.slice(0, distinct.size).map((key) => key.expr));
  const time: SortKey | undefined = sorted.keys[distinct.size];
  if (leading === undefined || time === undefined || time.expr.kind !== 'column') return sorted;
  if (!leading.every((position) => distinct.has(position))) return sorted;
  if (new Set(leading).size !== distinct.size) return sorted;
  const input = withLatest(sorted.input, [...distinct], time.expr.index, time.descending);
  return input === undefined ? sorted : { ...sorted, input };
}

/** The input of an aggregate that wants nothing but last (or first) values and times. */
export function latestForAggregate(
  input: PhysicalNode,
  groups: readonly Expr[],
  calls: readonly Pick<AggregateCall, 'fn' | 'args' | 'distinct' | 'filter'>[],
): PhysicalNode {
  const keys = columnPositions(groups);
  if (keys === undefined || calls.length === 0) return input;
  let time: number | undefined;
  let newest: boolean | undefined;
  for (const { fn, args, filter } of calls) {
    const isLast = fn.name === 'last' || fn.name === 'max';
    const isFirst = fn.name === 'first' || fn.name === 'min';
    const beside = args[args.length - 1];
    if ((!isLast && !isFirst) || filter !== null || beside?.kind !== 'column') return input;
    // min(x) and max(x) are of the extreme time where x is the time.
    if ((fn.name === 'last' || fn.name === 'first') !== (args.length === 2)) return input;
    if ((time ??= beside.index) !== beside.index) return input;
    if ((newest ??= isLast) !== isLast) return input;
  }
  return withLatest(input, keys, time as number, newest as boolean) ?? input;
}

function columnPositions(exprs: readonly Expr[]): number[] | undefined {
  const positions: number[] = [];
  for (const expr of exprs) {
    if (expr.kind !== 'column') return undefined;
    positions.push(expr.index);
  }
  return positions;
}

/** The node with the hint at its scan, looked for through projections that only pick columns. */
function withLatest(
  node: PhysicalNode,
  keys: readonly number[],
  time: number,
  newest: boolean,
): PhysicalNode | undefined {
  if (node.kind === 'project') {
    const below = columnPositions([...keys, time].map((position) => node.exprs[position]));
    if (below === undefined) return undefined;
    const input = withLatest(node.input, below.slice(0, -1), below[keys.length], newest);
    return input === undefined ? undefined : { ...node, input };
  }
  if (node.kind !== 'table-scan' || node.table.hypertable === null) return undefined;
  if (!node.predicatesAreExact || node.timeOrder !== null) return undefined;
  if (node.attnums[time] !== node.table.hypertable.timeColumn) return undefined;
  const latest: Latest = { keys: keys.map((position) => node.attnums[position]), newest };
  return latest.keys.every((attnum) => attnum > 0) ? { ...node, latest } : undefined;
}
