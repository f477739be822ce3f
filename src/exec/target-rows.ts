/** The rows that an UPDATE or DELETE changes: found first, each once, and locked. */
import type { TableDescriptor } from '../catalog/catalog.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { stretches, type ExecContext } from './operator.ts';
import { materialize } from './run.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 8_192;

export interface TargetRows {
  readonly refs: Float64Array;
  /** The input's rows for them, row ref column included; the first of several for the same target. */
  readonly rows: Batch;
}

/** Reads the whole input (row refs in its first column) and locks its targets. */
export async function targetRows(
  table: TableDescriptor,
  input: PhysicalNode,
  operator: string,
  context: ExecContext,
): Promise<TargetRows> {
  const all = await materialize(input, context, operator);
  const [refColumn] = all.columns;
  const distinct = await ascendingRefs(refColumn, context);
  if (distinct !== undefined) {
    if (distinct.length > 0) await context.transaction.lockRows(table, distinct, 'update', 'block');
    return { refs: distinct, rows: all };
  }
  const seen = new Set<number>();
  const chosen = new Int32Array(all.length);
  await stretches(all.length, STEP_ROWS, context, (start, end) => {
    for (let row = start; row < end; row++) {
      if (isNullAt(refColumn, row)) continue;
      const ref = valueAt(refColumn, row) as number;
      if (seen.has(ref)) continue;
      chosen[seen.size] = row;
      seen.add(ref);
    }
  });
  const rows = gatherBatch(all, chosen.subarray(0, seen.size), true);
  const refs = Float64Array.from(seen);
  if (refs.length > 0) await context.transaction.lockRows(table, refs, 'update', 'block');
  return { refs, rows };
}

/** The refs where they ascend, as a scan gives them: then each is there once. */
async function ascendingRefs(
  column: Vector | undefined,
  context: ExecContext,
): Promise<Float64Array | undefined> {
  if (column?.rep !== 'f64' || column.nulls !== undefined) return undefined;
  const refs = column.data.subarray(0, column.length);
  let isAscending = true;
  await stretches(refs.length, STEP_ROWS, context, (start, end) => {
    for (let i = Math.max(1, start); i < end && isAscending; i++)
      isAscending = refs[i - 1] < refs[i];
  });
  return isAscending ? refs : undefined;
}
