/**
 * GROUP BY time_bucket('1 day', time), time_bucket('10 min', time): the wider bucket follows from the
 * narrower one where the borders of the wider are all borders of the narrower. Rows are then grouped by the
 * narrower alone, and the wider is computed for each group: one bucket of a scan is what storage summarises by.
 */
import { bucketWidth } from '../../types/datetime/time-bucket.ts';
import { MICROS_PER_DAY } from '../../types/datetime/calendar.ts';
import { Interval } from '../../types/interval.ts';
import { OID, type Oid } from '../../types/type.ts';
import { sameExpr } from '../bind/same-expr.ts';
import type { CallExpr, Expr } from '../expr.ts';
import type { LogicalAggregate, LogicalNode } from '../logical.ts';
import { transformPlan } from '../plan-walk.ts';
import { withDerived } from './derived-groups.ts';

type Group = LogicalAggregate['groups'][number];

export function nestBuckets(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'aggregate' ? nest(node) : node));
}

function nest(node: LogicalAggregate): LogicalNode {
  if (node.groupingSets !== null || node.groups.length < 2) return node;
  const buckets = node.groups.flatMap((group) => bucketGroup(group) ?? []);
  const derived = new Map<number, Expr>();
  for (const wide of buckets) {
    const narrow = buckets.find(
      (each) => isNested(each, wide) && !derived.has(each.group.column.id),
    );
    if (narrow !== undefined) derived.set(wide.group.column.id, bucketOfBucket(wide, narrow));
  }
  return withDerived(node, derived);
}

interface BucketGroup {
  readonly group: Group;
  readonly call: CallExpr;
  readonly time: Expr;
  readonly width: ReturnType<typeof bucketWidth>;
}

const TIMES: ReadonlySet<Oid> = new Set([OID.timestamp, OID.timestamptz]);

/** A group by time_bucket(width, time), whose buckets are counted from the same moment for all widths. */
function bucketGroup(group: Group): BucketGroup | undefined {
  const { expr } = group;
  if (expr.kind !== 'call' || expr.fn.name !== 'time_bucket' || expr.args.length !== 2) {
    return undefined;
  }
  const [width, time] = expr.args;
  if (width.kind !== 'constant' || !(width.value instanceof Interval)) return undefined;
  if (!TIMES.has(time.type.oid)) return undefined;
  const { months, days, micros } = width.value;
  // A width that is no width is an error of the call.
  const isWidth = months === 0 ? days >= 0 && micros >= 0 && days + Number(micros) > 0 : months > 0;
  if (!isWidth || (months > 0 && (days !== 0 || micros !== 0))) return undefined;
  return { group, call: expr, time, width: bucketWidth(width.value) };
}

/** Whether each bucket of `wide` consists of whole buckets of `narrow`, which is another group. */
function isNested(narrow: BucketGroup, wide: BucketGroup): boolean {
  if (narrow === wide || !sameExpr(narrow.time, wide.time)) return false;
  const width = narrow.width.micros;
  if (typeof width !== 'number') return false;
  // Months begin with days, which are whole buckets where their width is a part of a day.
  if (wide.width.micros === undefined) return MICROS_PER_DAY % width === 0;
  return (
    typeof wide.width.micros === 'number' &&
    wide.width.micros > width &&
    wide.width.micros % width === 0
  );
}

function bucketOfBucket({ call }: BucketGroup, { group }: BucketGroup): Expr {
  const { id, type } = group.column;
  return { ...call, args: [call.args[0], { kind: 'column', type, index: id }] };
}
