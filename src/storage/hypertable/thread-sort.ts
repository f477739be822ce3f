/** Sorts the rows of a flush on the encoding thread, where there is one. */
import type { Timers } from '../../base/env.ts';
import {
  freeBlock,
  kernelCopy,
  kernelViews,
  tryAllocate,
  type KernelBlock,
} from '../../kernels/memory.ts';
import type { ColumnEncoder } from './column-encoder.ts';
import { columnCodes, type SortedOrder } from './sort-rows.ts';
import type { PlainColumn } from './stored-column.ts';

/** Does the jobs of one sort. */
export type Sorter = Pick<ColumnEncoder, 'takes' | 'refine' | 'order'>;

/**
 * As `sortRows` for times that are exact doubles; undefined where there is no thread, it has failed, or no
 * memory is left.
 */
export async function sortOnThread(
  encoder: Sorter,
  segmentBy: readonly PlainColumn[],
  times: Float64Array,
  rows: number,
  timers: Timers,
): Promise<SortedOrder | undefined> {
  if (!encoder.takes(rows)) return undefined;
  const ids = tryAllocate(rows * 4);
  const doubles = tryAllocate(rows * 8);
  try {
    if (ids === undefined || doubles === undefined) return undefined;
    const count = await groupsOf(encoder, segmentBy, ids, rows, timers);
    if (count === undefined) return undefined;
    kernelViews().f64.set(times.subarray(0, rows), doubles.pointer / 8);
    await timers.yield();
    const job = { kind: 'order', ids, count, times: doubles, rows } as const;
    const starts = await encoder.order(job);
    if (starts === undefined) return undefined;
    const first = ids.pointer / 4;
    const permutation = kernelViews().i32.slice(first, first + rows);
    return { permutation, seriesCount: count, starts };
  } finally {
    if (ids !== undefined) freeBlock(ids);
    if (doubles !== undefined) freeBlock(doubles);
  }
}

/** Numbers the rows' groups in `ids`; a column is copied to the thread while it looks at the one before. */
async function groupsOf(
  encoder: Sorter,
  segmentBy: readonly PlainColumn[],
  ids: KernelBlock,
  rows: number,
  timers: Timers,
): Promise<number | undefined> {
  kernelViews().i32.fill(0, ids.pointer / 4, ids.pointer / 4 + rows);
  let groups: Promise<number | undefined> = Promise.resolve(1);
  for (const column of segmentBy) {
    const codes = kernelCopy(columnCodes(column, rows).subarray(0, rows));
    await timers.yield();
    const count = await groups;
    if (count === undefined || codes === undefined) return undefined;
    groups = encoder
      .refine({ kind: 'refine', ids, count, codes, rows })
      .finally(() => freeBlock(codes));
  }
  return groups;
}
