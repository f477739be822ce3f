/**
 * Stretches of all series in one bucket as one: what a query without series among its groups asks for.
 * There are thousands of stretches to a bucket, and each would go through grouping by itself.
 */
import type { Stretches } from './stretches.ts';

/** Stretches to a bucket, on average, from which on it pays. */
const SHARE = 4;

export interface MergedBuckets {
  readonly count: number;
  /** By stretch: the number of its bucket. */
  readonly numbers: Int32Array;
  /** By number: where the bucket starts, and the rows in it. */
  readonly starts: Float64Array;
  readonly rows: Float64Array;
}

/** The stretches' buckets, each once; undefined where there are too many for that. */
export function mergeBuckets(
  { count, buckets, starts, ends }: Stretches,
  width: number,
): MergedBuckets | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    low = Math.min(low, buckets[i]);
    high = Math.max(high, buckets[i]);
  }
  const steps = Math.round((high - low) / width) + 1;
  if (!(steps * SHARE <= count)) return undefined;
  const known = new Int32Array(steps);
  const numbers = new Int32Array(count);
  const bucketStarts = new Float64Array(steps);
  const rows = new Float64Array(steps);
  let found = 0;
  for (let i = 0; i < count; i++) {
    const step = Math.round((buckets[i] - low) / width);
    if (known[step] === 0) {
      bucketStarts[found] = buckets[i];
      known[step] = ++found;
    }
    const number = known[step] - 1;
    numbers[i] = number;
    rows[number] += ends[i] - starts[i];
  }
  const all = { starts: bucketStarts.subarray(0, found), rows: rows.subarray(0, found) };
  return { count: found, numbers, ...all };
}
