/** Sorting rows by series and time as jobs over the kernels' memory, one for each series column. */
import { finishNow } from '../../base/steps.ts';
import { kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { orderSteps, refineSteps } from './sort-rows.ts';

/** Splits groups by the codes of one more column; the answer is the new number of groups. */
export interface RefineJob {
  readonly kind: 'refine';
  /** By row the number of its group, 32 bits each. */
  readonly ids: KernelBlock;
  readonly count: number;
  /** By row the column's code. */
  readonly codes: KernelBlock;
  readonly rows: number;
}

/**
 * Orders the rows by group and time. Their permutation goes where the groups were, the answer is what
 * `SortedOrder` calls `starts`.
 */
export interface OrderJob {
  readonly kind: 'order';
  readonly ids: KernelBlock;
  readonly count: number;
  /** By row its time, a double. */
  readonly times: KernelBlock;
  readonly rows: number;
}

export function refine({ ids, count, codes, rows }: RefineJob): number {
  return finishNow(refineSteps(integersAt(ids, rows), count, integersAt(codes, rows), rows));
}

export function order({ ids, count, times, rows }: OrderJob): Int32Array<ArrayBuffer> {
  const first = times.pointer / 8;
  const doubles = kernelViews().f64.subarray(first, first + rows);
  const sorted = finishNow(orderSteps(integersAt(ids, rows), count, doubles, undefined));
  integersAt(ids, rows).set(sorted.permutation);
  return sorted.starts;
}

function integersAt({ pointer }: KernelBlock, rows: number): Int32Array {
  return kernelViews().i32.subarray(pointer / 4, pointer / 4 + rows);
}
