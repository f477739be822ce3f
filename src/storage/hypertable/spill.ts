/**
 * Big transactions: rows above some megabytes become segments before the commit, so that neither memory
 * nor the log record nor the heads grow with the transaction. The commit then only names the segments;
 * until it does, they are marked as garbage.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { Timers } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { giveBackBatch } from '../../vector/lent-batch.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import type { HeadContext } from './head.ts';
import { PendingSource } from './pending-rows.ts';
import type { SegmentKeeper } from './segment-keeper.ts';
import { writeSegments } from './segment-writer.ts';
import type { ColumnSteps } from './segment-by.ts';
import type { PendingRows, Writes } from './writes.ts';

/** Bytes of pending rows above which the largest chunks go to segments. */
const SPILL_BYTES = 96 * 1024 * 1024;
/** Chunks with fewer rows wait, as long as the pending rows stay below the limit for all of them. */
const SPILL_ROWS = 65_536;
const PENDING_BYTES_MAX = 2 * SPILL_BYTES;
/** Rows of one chunk that a commit does not put into the log. */
const COMMIT_ROWS = 100_000;

export interface SpillContext {
  readonly keeper: SegmentKeeper;
  readonly timers: Timers;
  readonly encoder: ColumnEncoder;
  readonly limits?: SpillLimits | undefined;
  contextOf(storageId: number): HeadContext;
  /** Columns that make a series in a chunk's next segment. */
  segmentBy(
    table: TableDescriptor,
    rangeStart: number,
    columnOf: ColumnSteps,
    rows: number,
  ): Promise<readonly number[]>;
}

/** Smaller limits, for tests. */
export interface SpillLimits {
  readonly bytes: number;
  readonly rows: number;
  readonly commitRows: number;
}

const DEFAULT_LIMITS: SpillLimits = {
  bytes: SPILL_BYTES,
  rows: SPILL_ROWS,
  commitRows: COMMIT_ROWS,
};

/** Brings the pending rows of a transaction below the limit. */
export async function spillPending(context: SpillContext, writes: Writes): Promise<void> {
  const { bytes, rows } = context.limits ?? DEFAULT_LIMITS;
  if (writes.pendingBytes <= bytes + writes.spillDebt) return;
  for (const pending of writes.pendingRows()) {
    const isLarge = pending.rows >= rows;
    const limit = isLarge ? bytes / 2 : (bytes / SPILL_BYTES) * PENDING_BYTES_MAX;
    if (writes.pendingBytes <= limit) break;
    await spillChunk(context, writes, pending);
  }
  // Small rests are not looked at again with every row.
  writes.spillDebt = writes.pendingBytes > bytes / 2 ? writes.pendingBytes : 0;
}

/** Before the commit: what is too large for the log. */
export async function spillForCommit(context: SpillContext, writes: Writes): Promise<void> {
  const { commitRows } = context.limits ?? DEFAULT_LIMITS;
  if (writes.pendingNumber < commitRows) return;
  for (const pending of writes.pendingRows()) {
    if (pending.rows < commitRows) break;
    await spillChunk(context, writes, pending);
  }
}

async function spillChunk(
  { keeper, timers, encoder, contextOf, segmentBy }: SpillContext,
  writes: Writes,
  pending: PendingRows,
): Promise<void> {
  const { storageId, place, rows } = pending;
  const table = writes.descriptors.get(storageId);
  if (table === undefined) return;
  const source = new PendingSource(pending, contextOf(storageId), timers);
  const firstRows: ColumnSteps = (attnum, count) => source.firstRows(attnum, count);
  const columns = await segmentBy(table, place.rangeStart, firstRows, rows);
  const written = await writeSegments({
    table,
    segmentBy: columns,
    sources: [source],
    timers,
    encoder,
    nextAddress: () => {
      const address = { storageId, chunk: place.id, segment: keeper.nextSegment() };
      writes.addresses.push(address);
      return address;
    },
  });
  await keeper.storeUnnamed(written.segments, written.operations, true);
  const numbers: Int32Array[] = [];
  for (const order of written.orders) {
    numbers.push(await finishInTurns(source.numberSteps(order), () => timers.yield()));
    await timers.yield();
  }
  writes.replaceBySegments(
    pending,
    written.segments.map((segment, i) => ({ segment, numbers: numbers[i] })),
  );
  for (const { batch, isLent } of pending.entries) if (isLent) giveBackBatch(batch);
}
