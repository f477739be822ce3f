/**
 * Which aggregates can take summaries instead of rows: those straight over a hypertable's scan whose
 * whole condition storage can decide, in groups of buckets of the time column and of other columns.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { AggregateCall, AggregateNode, TableScanNode } from '../../plan/physical.ts';
import { bucketOf, type Bucket } from '../../plan/bucket.ts';
import { OID, vectorRep, type Oid } from '../../types/type.ts';
import type { SummaryColumn } from '../../storage/storage.ts';
import type { Statistic } from '../../vector/summary.ts';
import { isAsync, isVolatile, usedColumns } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import { isFrozen } from '../frozen-scan.ts';
import { fixedBuckets } from './segments.ts';

/** What to ask storage for, and where the answers belong. */
export interface SummaryPlan {
  readonly scan: TableScanNode;
  /** Positions in the scan's output of the columns that groups are made of, without the time column. */
  readonly groupPositions: readonly number[];
  /** Position of the time column, -1 where no bucket needs it. */
  readonly timePosition: number;
  readonly bucket: { readonly width: number; readonly anchor: number } | null;
  readonly columns: readonly SummaryColumn[];
  /** Per aggregate call: its column, -1 for count(*). */
  readonly columnOfCall: readonly number[];
}

export function summaryPlan(node: AggregateNode, context: ExecContext): SummaryPlan | undefined {
  const scan = node.input;
  if (scan.kind !== 'table-scan' || scan.table.hypertable === null) return undefined;
  if (!scan.predicatesAreExact || scan.timeOrder !== null) return undefined;
  if (scan.latest !== null || isFrozen(scan, context)) return undefined;
  const time = scan.attnums.indexOf(scan.table.hypertable.timeColumn);
  const groups = groupColumns(node, time);
  if (groups === undefined) return undefined;
  const bucket = groups.bucket === undefined ? null : fixedBuckets(groups.bucket, context);
  if (bucket === undefined) return undefined;
  const wanted = columnsOf(node.aggregates, scan, time);
  if (wanted === undefined) return undefined;
  return {
    scan,
    groupPositions: groups.positions,
    timePosition: bucket === null ? -1 : time,
    bucket,
    ...wanted,
  };
}

/** At most one group expression is a bucket of time; the others do not look at time at all. */
function groupColumns(
  node: AggregateNode,
  time: number,
): { positions: number[]; bucket: Bucket | undefined } | undefined {
  const positions = new Set<number>();
  let bucket: Bucket | undefined;
  for (const expr of node.groups) {
    if (isAsync(expr) || isVolatile(expr)) return undefined;
    const used = usedColumns([expr]);
    if (used.includes(time)) {
      if (bucket !== undefined) return undefined;
      bucket = bucketOf(expr);
      if (bucket === undefined) return undefined;
    } else for (const position of used) positions.add(position);
  }
  const scan = node.input as TableScanNode;
  const found = [...positions];
  return found.every((position) => scan.attnums[position] > 0)
    ? { positions: found, bucket }
    : undefined;
}

function columnsOf(
  calls: readonly AggregateCall[],
  scan: TableScanNode,
  time: number,
): Pick<SummaryPlan, 'columns' | 'columnOfCall'> | undefined {
  const statistics = new Map<number, Set<Statistic>>();
  const attnums: number[] = [];
  for (const call of calls) {
    const attnum = summarizedColumn(call, scan, time);
    if (attnum === undefined) return undefined;
    attnums.push(attnum);
    if (attnum === 0) continue;
    const wanted = statistics.get(attnum) ?? new Set();
    for (const statistic of call.fn.statistics ?? []) wanted.add(statistic);
    statistics.set(attnum, wanted);
  }
  const columns = [...statistics].map(([attnum, wanted]) => ({
    attnum,
    statistics: wanted,
    exactSums: isInteger(typeOf(scan.table, attnum)),
  }));
  const order = [...statistics.keys()];
  return { columns, columnOfCall: attnums.map((attnum) => order.indexOf(attnum)) };
}

/** The column that a call aggregates, 0 where only rows count, undefined where it must see the rows. */
function summarizedColumn(
  { fn, args, distinct, filter, orderBy }: AggregateCall,
  scan: TableScanNode,
  time: number,
): number | undefined {
  if (fn.statistics === undefined || distinct || filter !== null || orderBy.length > 0)
    return undefined;
  if (args.length === 0) return 0;
  const [value, beside] = args;
  if (value.kind !== 'column') return undefined;
  const attnum = scan.attnums[value.index];
  if (attnum <= 0) return undefined;
  const column = scan.table.columns[attnum - 1];
  if (fn.statistics.length === 0 && column.notNull) return 0;
  if (vectorRep(column.type.oid) !== 'f64') return undefined;
  if (beside === undefined) return attnum;
  return beside.kind === 'column' && beside.index === time ? attnum : undefined;
}

function typeOf(table: TableDescriptor, attnum: number): Oid {
  return table.columns[attnum - 1].type.oid;
}

function isInteger(oid: Oid): boolean {
  return oid === OID.int2 || oid === OID.int4 || oid === OID.int8;
}
