/**
 * Which aggregates can take summaries instead of rows: those straight over a hypertable's scan whose
 * whole condition storage can decide, in groups of buckets of the time column and of other columns.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, AggregateNode, TableScanNode } from '../../plan/physical.ts';
import { EXACT_SQUARES_LIMIT } from '../../functions/aggregate/integer-spread.ts';
import { bucketOf, type Bucket } from '../../plan/bucket.ts';
import { vectorRep, type Oid } from '../../types/type.ts';
import { isInteger } from '../lanes/lane-tree.ts';
import type { SummaryColumn } from '../../storage/storage.ts';
import type { Statistic } from '../../vector/summary.ts';
import { isAsync, isVolatile, usedColumns } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import { isFrozen } from '../frozen-scan.ts';
import { linearForm, type LinearForm } from './linear-form.ts';
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
  /** Columns behind those, which follow from them. */
  readonly derived: readonly DerivedColumn[];
  /** Per aggregate call: its column, -1 for count(*). */
  readonly columnOfCall: readonly number[];
}

export interface DerivedColumn {
  readonly form: LinearForm;
  /** For each of the form's factors the place of its column. */
  readonly columns: readonly number[];
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
  const wanted = columnsOf(node.aggregates, scan, time, context);
  if (wanted === undefined) return undefined;
  return {
    scan,
    groupPositions: groups.positions,
    timePosition: bucket === null ? -1 : time,
    bucket,
    ...wanted,
  };
}

/** A group expression over `groupRows`, whose time column holds the starts of buckets already. */
export function summaryKey(expr: Expr, { input }: AggregateNode): Expr {
  const bucket = bucketOf(expr);
  if (bucket === undefined || input.kind !== 'table-scan') return expr;
  const column = bucket.expr.args[bucket.position];
  if (column.kind !== 'column' || column.type.oid !== expr.type.oid) return expr;
  const isTime = input.attnums[column.index] === input.table.hypertable?.timeColumn;
  return isTime ? { kind: 'column', type: expr.type, index: column.index } : expr;
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

type Columns = Pick<SummaryPlan, 'columns' | 'derived' | 'columnOfCall'>;

/** What calls ask of a column together. */
interface Wanted {
  readonly statistics: Set<Statistic>;
  limit: number;
}

/** Gathers what the calls need to know of which columns. */
class WantedColumns {
  readonly #scan: TableScanNode;
  readonly #wanted = new Map<number, Wanted>();
  readonly #derived: LinearForm[] = [];

  constructor(scan: TableScanNode) {
    this.#scan = scan;
  }

  column(attnum: number, statistics: readonly Statistic[], limit = Infinity): void {
    const wanted = this.#wanted.get(attnum) ?? { statistics: new Set(), limit };
    for (const statistic of statistics) wanted.statistics.add(statistic);
    wanted.limit = Math.min(wanted.limit, limit);
    this.#wanted.set(attnum, wanted);
  }

  /** The number of a form among the derived columns; undefined where the statistics do not follow. */
  derive(form: LinearForm, statistics: readonly Statistic[]): number | undefined {
    const positions = [...form.factors.keys()];
    const isSingle = positions.length === 1 && form.isExact;
    if (!statistics.every((each) => each === 'sum' || (isSingle && each !== 'ends'))) {
      return undefined;
    }
    const attnums = positions.map((position) => this.#scan.attnums[position]);
    if (!attnums.every((attnum) => attnum > 0)) return undefined;
    const [factor] = form.factors.values();
    const limit = Math.min(form.limit, squaresLimit(statistics) / Math.abs(factor));
    for (const attnum of attnums) this.column(attnum, statistics, limit);
    return this.#derived.push(form) - 1;
  }

  finish(calls: readonly CallColumn[]): Columns {
    const order = [...this.#wanted.keys()];
    const inForms = new Set(
      this.#derived.flatMap(({ factors }) =>
        [...factors.keys()].map((at) => this.#scan.attnums[at]),
      ),
    );
    const columns = [...this.#wanted].map(([attnum, { statistics, limit }]) => ({
      attnum,
      statistics,
      allowsNulls: !inForms.has(attnum) && [...statistics].every(isOfKnownRows),
      exactSums: isInteger(typeOf(this.#scan.table, attnum)),
      limit,
    }));
    const derived = this.#derived.map((form) => ({
      form,
      columns: [...form.factors.keys()].map((at) => order.indexOf(this.#scan.attnums[at])),
    }));
    const columnOfCall = calls.map((call) =>
      call.kind === 'derived' ? columns.length + call.number : order.indexOf(call.attnum),
    );
    return { columns, derived, columnOfCall };
  }
}

/** Whether a statistic can be one of the rows alone in which a column is not NULL. */
function isOfKnownRows(statistic: Statistic): boolean {
  return statistic === 'sum' || statistic === 'extremes';
}

/** What a call aggregates: a column (0 where only rows count) or one of the derived columns. */
type CallColumn =
  | { readonly kind: 'column'; readonly attnum: number }
  | { readonly kind: 'derived'; readonly number: number };

function columnsOf(
  calls: readonly AggregateCall[],
  scan: TableScanNode,
  time: number,
  context: ExecContext,
): Columns | undefined {
  const wanted = new WantedColumns(scan);
  const found: CallColumn[] = [];
  for (const call of calls) {
    const { fn, distinct, filter, orderBy } = call;
    if (fn.statistics === undefined || distinct || filter !== null || orderBy.length > 0)
      return undefined;
    const attnum = summarizedColumn(call, scan, time);
    if (attnum !== undefined) {
      found.push({ kind: 'column', attnum });
      if (attnum === 0) continue;
      const limit = isInteger(typeOf(scan.table, attnum)) ? squaresLimit(fn.statistics) : Infinity;
      wanted.column(attnum, fn.statistics, limit);
      continue;
    }
    const form = call.args.length === 1 ? linearForm(call.args[0], context) : undefined;
    const number = form && wanted.derive(form, fn.statistics);
    if (number === undefined) return undefined;
    found.push({ kind: 'derived', number });
  }
  return wanted.finish(found);
}

/** The column that a call aggregates, 0 where only rows count, undefined where it is not just a column. */
function summarizedColumn(
  { fn, args }: AggregateCall,
  scan: TableScanNode,
  time: number,
): number | undefined {
  if (args.length === 0) return 0;
  const [value, beside] = args;
  if (value.kind !== 'column') return undefined;
  const attnum = scan.attnums[value.index];
  if (attnum <= 0) return undefined;
  const column = scan.table.columns[attnum - 1];
  if (fn.statistics?.length === 0 && column.notNull) return 0;
  if (vectorRep(column.type.oid) !== 'f64') return undefined;
  if (beside === undefined) return attnum;
  return beside.kind === 'column' && beside.index === time ? attnum : undefined;
}

/** Absolute values of integers up to which the statistics are exact. */
function squaresLimit(statistics: readonly Statistic[]): number {
  return statistics.includes('squares') ? EXACT_SQUARES_LIMIT : Infinity;
}

function typeOf(table: TableDescriptor, attnum: number): Oid {
  return table.columns[attnum - 1].type.oid;
}
