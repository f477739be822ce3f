/**
 * Runs its input over a stretch of time at one end of a hypertable, and over longer ones until it gives
 * enough rows. Buckets that the stretch cuts are left out.
 */
import { bucketOf } from '../plan/bucket.ts';
import type { BucketWindowNode } from '../plan/physical.ts';
import type { Batch } from '../vector/vector.ts';
import { gatherBatch } from '../vector/gather.ts';
import { bindValue } from './bind-scan.ts';
import { fixedBuckets } from './aggregation/segments.ts';
import { execute } from './build.ts';
import { limitValue, offsetValue } from './limit.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/** Each stretch is this many times longer than the one before. */
const GROWTH = 8;
/** Stretches tried before all of time is read. */
const ATTEMPTS = 4;

export async function* runBucketWindow(node: BucketWindowNode, context: ExecContext): OperatorRun {
  const wanted =
    (await limitValue(node.limit, context)) + (await offsetValue(node.offset, context));
  const bucket = bucketOf(node.bucket);
  const buckets = bucket === undefined ? undefined : fixedBuckets(bucket, context);
  const range = context.transaction.timeRange(node.table);
  const { newest, param } = node;
  if (buckets !== undefined && range !== undefined && wanted > 0 && Number.isFinite(wanted)) {
    const { width, anchor } = buckets;
    const edge = await edgeOf(node, range, context);
    const edgeBucket = anchor + Math.floor((edge - anchor) / width) * width;
    let count = wanted + 1;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++, count *= GROWTH) {
      const border = edgeBucket + (newest ? 1 - count : count) * width;
      if (!Number.isSafeInteger(border)) break;
      if (newest ? border <= range.earliest : border > range.latest) break;
      context.execParams[param] = border;
      const batches = await collectWhole(node, border, context);
      if (batches.reduce((sum, batch) => sum + batch.length, 0) < wanted) continue;
      yield* batches;
      return;
    }
  }
  context.execParams[param] = newest ? -Infinity : Infinity;
  yield* execute(node.input, context);
}

/** Where time begins to be looked at: the table's end, or the condition's, whichever comes first. */
async function edgeOf(
  { newest, bound }: BucketWindowNode,
  range: { readonly earliest: number; readonly latest: number },
  context: ExecContext,
): Promise<number> {
  let edge = newest ? range.latest : range.earliest;
  for (const expr of bound) {
    const value = await bindValue(expr, context);
    if (typeof value !== 'number' || Number.isNaN(value)) continue;
    edge = newest ? Math.min(edge, value) : Math.max(edge, value);
  }
  return edge;
}

/** The input's rows whose buckets lie wholly on the near side of the border. */
async function collectWhole(
  node: BucketWindowNode,
  border: number,
  context: ExecContext,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of execute(node.input, context)) {
    const bucket = batch.columns[node.bucketPosition];
    if (bucket.rep !== 'f64') throw new RangeError('buckets of a known width are numbers');
    const rows: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      const start = bucket.data[row];
      if (node.newest ? start >= border : start < border) rows.push(row);
    }
    batches.push(rows.length === batch.length ? batch : gatherBatch(batch, Int32Array.from(rows)));
  }
  return batches;
}
