/**
 * ORDER BY bucket LIMIT n over an aggregate in time buckets of a hypertable: its newest (oldest) buckets
 * are enough, and those lie at one end of time.
 */
import { bucketOf } from '../bucket.ts';
import type { Expr } from '../expr.ts';
import { isVolatile, someExpr } from '../expr-walk.ts';
import type { AggregateNode, PhysicalNode, SortKey, TableScanNode } from '../physical.ts';

export interface LimitedSort {
  readonly input: PhysicalNode;
  readonly keys: readonly SortKey[];
  readonly limit: Expr;
  readonly offset: Expr | null;
}

/** The sort's input, read a stretch of time after the other until there is enough; or as it is. */
export function throughBucketWindow(
  { input, keys, limit, offset }: LimitedSort,
  newParam: () => number,
): PhysicalNode {
  const [key] = keys;
  if (key.expr.kind !== 'column') return input;
  const found = findBucket(input, key.expr.index);
  if (found === undefined) return input;
  const { aggregate, scan, group } = found;
  const param = newParam();
  const { timeColumn } = scan.table.hypertable as NonNullable<TableScanNode['table']['hypertable']>;
  const newest = key.descending;
  const bound = {
    kind: 'exec-param',
    type: scan.table.columns[timeColumn - 1].type,
    index: param,
  } as const;
  const predicate = { column: timeColumn, op: newest ? '>=' : '<', values: [bound] } as const;
  const windowed = { ...scan, predicates: [...scan.predicates, predicate] };
  return {
    kind: 'bucket-window',
    input: replaceInput(input, aggregate, { ...aggregate, input: windowed }),
    table: scan.table,
    bucket: aggregate.groups[group],
    bucketPosition: key.expr.index,
    newest,
    param,
    limit,
    offset,
    bound: boundsOf(scan, timeColumn, newest),
    columns: input.columns,
    estimatedRows: input.estimatedRows,
  };
}

/** Values that the scan's times are known to lie below (above). */
function boundsOf(scan: TableScanNode, timeColumn: number, newest: boolean): Expr[] {
  const ops = newest ? ['<', '<=', '='] : ['>', '>=', '='];
  return scan.predicates
    .filter(({ column, op }) => column === timeColumn && ops.includes(op))
    .flatMap(({ values }) => values);
}

/** Follows an output column down to a bucket of the aggregate right above a hypertable's scan. */
function findBucket(
  node: PhysicalNode,
  position: number,
): { aggregate: AggregateNode; scan: TableScanNode; group: number } | undefined {
  if (node.kind === 'project') {
    const expr = node.exprs[position];
    if (expr.kind !== 'column' || node.exprs.some(hasEffect)) return undefined;
    return findBucket(node.input, expr.index);
  }
  if (node.kind === 'filter') {
    return hasEffect(node.condition) ? undefined : findBucket(node.input, position);
  }
  if (node.kind !== 'aggregate' || node.groupingSets !== null) return undefined;
  const scan = node.input;
  if (scan.kind !== 'table-scan' || scan.table.hypertable === null) return undefined;
  if (scan.timeOrder !== null || scan.latest !== null) return undefined;
  if (scan.filter !== null && hasEffect(scan.filter)) return undefined;
  const bucket = position < node.groups.length ? bucketOf(node.groups[position]) : undefined;
  const column = bucket?.expr.args[bucket.position];
  if (column?.kind !== 'column') return undefined;
  if (scan.attnums[column.index] !== scan.table.hypertable.timeColumn) return undefined;
  const repeatable = node.aggregates.every((call) =>
    [...call.args, ...call.directArgs, ...(call.filter === null ? [] : [call.filter])].every(
      (expr) => !hasEffect(expr),
    ),
  );
  return repeatable ? { aggregate: node, scan, group: position } : undefined;
}

/** What must not be evaluated more than once, or is not worth it. */
function hasEffect(expr: Expr): boolean {
  return (
    isVolatile(expr) || someExpr(expr, ({ kind }) => kind === 'subplan' || kind === 'subquery')
  );
}

function replaceInput(node: PhysicalNode, old: PhysicalNode, by: PhysicalNode): PhysicalNode {
  if (node === old) return by;
  if (node.kind !== 'project' && node.kind !== 'filter') return node;
  return { ...node, input: replaceInput(node.input, old, by) };
}
