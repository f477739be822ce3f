/** What reaches an aggregate call: batches with their groups, and the rows that FILTER leaves. */
import type { AggregateCall } from '../../plan/physical.ts';
import { OID, type SqlType } from '../../types/type.ts';
import { gather } from '../../vector/gather.ts';
import type { Summaries } from '../../vector/summary.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { usedColumns } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import { compilePredicate } from '../predicate.ts';

/** The groups of a batch's rows: segments of one group each, or a group per row. */
export interface RowGroups {
  /** Starts of the segments, or undefined where `groups` has one entry per row. */
  readonly starts: Int32Array | undefined;
  readonly groups: Int32Array;
  /** Groups known so far. */
  readonly count: number;
}

export interface CallState {
  /** What a group takes in memory, about. */
  readonly groupBytes: number;
  add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> | void;
  /** Adds summaries; `column` is the argument's place in them, -1 where rows only count. */
  addSummaries(groups: Int32Array, column: number, all: Summaries, count: number): void;
  /** Adds rows whose arguments are evaluated; there are `count` groups. */
  addValues?(groups: Int32Array, args: readonly Vector[], length: number, count: number): void;
  /** DISTINCT: adds rows whose arguments are evaluated, of which some may be equal. */
  addDistinct?(groups: Int32Array, args: readonly Vector[], length: number): Promise<void>;
  /** WITHIN GROUP: adds numbers of groups, each with how often it comes. */
  addCounts?(groups: Int32Array, numbers: Float64Array, counts: Float64Array): Promise<void>;
  /** The results of `count` groups from `first` on: page after page, each asked for once. */
  finish(first: number, count: number, context: ExecContext): Promise<Vector> | Vector;
}

/** The rows that FILTER lets through; undefined for all. */
export async function filterRows(
  call: AggregateCall,
  batch: Batch,
  context: ExecContext,
): Promise<Int32Array | undefined> {
  if (call.filter === null) return undefined;
  const predicate = compilePredicate(call.filter);
  return predicate.run(batch, context);
}

/** One group number per row, whatever form they came in. */
export function groupPerRow(rows: RowGroups, length: number): Int32Array {
  const { starts, groups } = rows;
  if (starts === undefined) return groups;
  const perRow = new Int32Array(length);
  for (let i = 0; i < starts.length; i++) {
    perRow.fill(groups[i], starts[i], i + 1 < starts.length ? starts[i + 1] : length);
  }
  return perRow;
}

export const GROUP_TYPE: SqlType = { oid: OID.int4, typmod: -1 };

/** Group numbers as a column, to be sorted by and kept with other columns. */
export function groupVector(groups: Int32Array, length: number): Vector {
  const data = new Float64Array(groups.subarray(0, length));
  return { rep: 'f64', type: GROUP_TYPE, length, data, nulls: undefined };
}

/** The selected rows, as far as the call looks at them. */
export function narrowFor(call: AggregateCall, batch: Batch, selection: Int32Array): Batch {
  const exprs = [...call.args, ...call.directArgs, ...call.orderBy.map((key) => key.expr)];
  const columns = batch.columns.slice() as Vector[];
  for (const column of usedColumns(exprs))
    columns[column] = gather(batch.columns[column], selection);
  return { columns, length: selection.length };
}

/** The rows that FILTER lets through, with their groups. */
export async function filtered(
  call: AggregateCall,
  batch: Batch,
  rows: RowGroups,
  context: ExecContext,
): Promise<{ groups: Int32Array; input: Batch }> {
  const selection = await filterRows(call, batch, context);
  const groups = groupPerRow(rows, batch.length);
  if (selection === undefined) return { groups, input: batch };
  return {
    groups: selection.map((row) => groups[row]),
    input: narrowFor(call, batch, selection),
  };
}
