/**
 * Ordering rows: every key column becomes lanes of doubles whose plain order is the wanted one (strings
 * and objects through their rank among the distinct values), then row numbers are sorted by the lanes.
 */
import type { LongColumn } from '../vector/long-column.ts';
import type { NullMask } from '../vector/vector.ts';
import { mergeSort } from './merge-sort.ts';
import { stretches, type ExecContext } from './operator.ts';
import { radixSort } from './radix-sort.ts';
import { valueRanks } from './value-ranks.ts';

export interface OrderKey {
  readonly column: LongColumn;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Rows between two checkpoints where each takes some nanoseconds. */
const COPY_ROWS = 131_072;
/** Below this, comparing costs less than counting digits. */
const RADIX_ROWS_MIN = 2_000;

/** Row numbers 0..length-1 in the order of the keys; equal rows keep their order. */
export async function sortRows(
  keys: readonly OrderKey[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array> {
  const lanes: Float64Array[] = [];
  for (const key of keys) {
    lanes.push(...(await orderLanes(key, context)));
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
  }
  return await sortByLanes(lanes, length, context);
}

/** Row numbers 0..length-1 in the order of the lanes. */
export async function sortByLanes(
  lanes: readonly Float64Array[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array> {
  return (await orderByLanes(lanes, length, context)) ?? ascending(length);
}

/** The same, or undefined where the rows are in that order already, as series come from scans. */
export async function orderByLanes(
  lanes: readonly Float64Array[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array | undefined> {
  if (await isSorted(lanes, length, context)) return undefined;
  if (length >= RADIX_ROWS_MIN) return await radixSort(lanes, length, context);
  return await mergeSort(ascending(length), laneComparison(lanes), context);
}

function ascending(length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return rows;
}

/** Whether rows 0..length-1 are in the order of the lanes. */
async function isSorted(
  lanes: readonly Float64Array[],
  length: number,
  context: Checkpoint,
): Promise<boolean> {
  let sorted = 1;
  while (sorted < length && inOrder(lanes, sorted - 1, sorted)) {
    sorted = sortedUntil(lanes, sorted, Math.min(length, sorted + COPY_ROWS));
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
  }
  return sorted >= length;
}

/** The first of rows start..end-1 that stands before its predecessor in the order; `end` where none does. */
function sortedUntil(lanes: readonly Float64Array[], start: number, end: number): number {
  const [first] = lanes;
  if (first === undefined) return end;
  for (let row = start; row < end; row++) {
    const before = first[row - 1];
    const value = first[row];
    if (before < value) continue;
    if (before > value || !inOrder(lanes, row - 1, row)) return row;
  }
  return end;
}

function inOrder(lanes: readonly Float64Array[], a: number, b: number): boolean {
  for (const lane of lanes) if (lane[a] !== lane[b]) return lane[a] < lane[b];
  return true;
}

/** Compares two rows by lanes that belong together. */
export function laneComparison(lanes: readonly Float64Array[]): (a: number, b: number) => number {
  if (lanes.length === 1) {
    const [lane] = lanes;
    return (a, b) => (lane[a] < lane[b] ? -1 : lane[a] > lane[b] ? 1 : 0);
  }
  if (lanes.length === 2) {
    const [first, second] = lanes;
    return (a, b) => {
      if (first[a] !== first[b]) return first[a] < first[b] ? -1 : 1;
      return second[a] < second[b] ? -1 : second[a] > second[b] ? 1 : 0;
    };
  }
  return (a, b) => {
    for (const lane of lanes) {
      if (lane[a] < lane[b]) return -1;
      if (lane[a] > lane[b]) return 1;
    }
    return 0;
  };
}

/** The key as lanes: first the class of NULLs and NaNs where there are any, then the values. */
export async function orderLanes(key: OrderKey, context: Checkpoint): Promise<Float64Array[]> {
  const { column, descending, nullsFirst } = key;
  const { length } = column;
  const values = await valueLane(column, context);
  let classes: Float64Array | undefined;
  const classify = (nulls: NullMask, first: number, start: number, end: number): void => {
    for (let i = start; i < end; i++) {
      const isNull = nulls !== undefined && nulls[i - first] === 1;
      if (!isNull && values[i] === values[i]) continue;
      classes ??= new Float64Array(length);
      // NaN is above all numbers and below NULLs that come last.
      classes[i] = isNull ? (nullsFirst ? -2 : 2) : descending ? -1 : 1;
      values[i] = 0;
    }
    if (descending) for (let i = start; i < end; i++) values[i] = -values[i];
  };
  let first = 0;
  for (const part of column.parts) {
    const from = first;
    await stretches(part.length, COPY_ROWS, context, (start, end) =>
      classify(part.nulls, from, from + start, from + end),
    );
    first += part.length;
  }
  return classes === undefined ? [values] : [classes, values];
}

/** Doubles in the order of the values; a fresh array. */
async function valueLane(column: LongColumn, context: Checkpoint): Promise<Float64Array> {
  const [vector] = column.parts;
  if (column.parts.length > 1 || (vector.rep !== 'f64' && vector.rep !== 'bool')) {
    return await valueRanks(column, context);
  }
  const lane = new Float64Array(column.length);
  const { data } = vector;
  await stretches(column.length, COPY_ROWS, context, (start, end) =>
    lane.set(data.subarray(start, end), start),
  );
  return lane;
}
