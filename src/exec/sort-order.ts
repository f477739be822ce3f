/**
 * Ordering rows: every key column becomes lanes of doubles whose plain order is the wanted one (strings
 * and objects through their rank among the distinct values), then a stable merge sort of row numbers.
 */
import { comparatorFor } from '../types/compare.ts';
import { hashKey, isHashable } from '../types/hash.ts';
import type { Value } from '../types/value.ts';
import type { TextVector, Vector } from '../vector/vector.ts';
import { LongList } from '../vector/long-list.ts';
import { TextTable } from '../vector/text-table.ts';
import { inTurns, stretches, turn, type ExecContext } from './operator.ts';
import { radixSort } from './radix-sort.ts';

export interface OrderKey {
  readonly vector: Vector;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Rows compared between two checkpoints. */
const STEP_ROWS = 8192;
/** Rows between two checkpoints where each takes some nanoseconds. */
const COPY_ROWS = 131_072;
const INSERTION_ROWS = 16;
/** Below this, comparing costs less than counting 65,536 digits. */
const RADIX_ROWS_MIN = 20_000;

/** Row numbers 0..length-1 in the order of the keys; equal rows keep their order. */
export async function sortRows(
  keys: readonly OrderKey[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array> {
  const lanes: Float64Array[] = [];
  for (const key of keys) {
    lanes.push(...(await orderLanes(key, length, context)));
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
  if (length >= RADIX_ROWS_MIN) return await radixSort(lanes, length, context);
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return await mergeSort(rows, laneComparison(lanes), context);
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
export async function orderLanes(
  key: OrderKey,
  length: number,
  context: Checkpoint,
): Promise<Float64Array[]> {
  const { vector, descending, nullsFirst } = key;
  const values = await valueLane(vector, length, context);
  const { nulls } = vector;
  let classes: Float64Array | undefined;
  await stretches(length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const isNull = nulls !== undefined && nulls[i] === 1;
      if (!isNull && values[i] === values[i]) continue;
      classes ??= new Float64Array(length);
      // NaN is above all numbers and below NULLs that come last.
      classes[i] = isNull ? (nullsFirst ? -2 : 2) : descending ? -1 : 1;
      values[i] = 0;
    }
    if (descending) for (let i = start; i < end; i++) values[i] = -values[i];
  });
  return classes === undefined ? [values] : [classes, values];
}

/** Doubles in the order of the values; a fresh array. */
async function valueLane(
  vector: Vector,
  length: number,
  context: Checkpoint,
): Promise<Float64Array> {
  switch (vector.rep) {
    case 'f64':
    case 'bool': {
      const lane = new Float64Array(length);
      const { data } = vector;
      await stretches(length, COPY_ROWS, context, (start, end) =>
        lane.set(data.subarray(start, end), start),
      );
      return lane;
    }
    case 'text':
      return textRanks(vector, length, context);
    case 'any':
      return valueRanks(vector, length, context);
  }
}

async function textRanks(
  vector: TextVector,
  length: number,
  context: Checkpoint,
): Promise<Float64Array> {
  const { codes, dictionary, nulls, type } = vector;
  const used = new Int32Array(dictionary.length).fill(-1);
  const texts = new LongList<string>();
  await stretches(length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      if (used[codes[i]] !== -1) continue;
      used[codes[i]] = texts.length;
      texts.push(dictionary[codes[i]]);
    }
  });
  const ranks = await rankValues(await inTurns(texts.toArraySteps(), context), type.oid, context);
  const lane = new Float64Array(length);
  await stretches(length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      if (nulls === undefined || nulls[i] === 0) lane[i] = ranks[used[codes[i]]];
    }
  });
  return lane;
}

async function valueRanks(
  vector: Extract<Vector, { rep: 'any' }>,
  length: number,
  context: Checkpoint,
): Promise<Float64Array> {
  const { oid } = vector.type;
  const lane = new Float64Array(length);
  const distinct = new LongList<NonNullable<Value>>();
  const positions = new Int32Array(length).fill(-1);
  const seen = isHashable(oid) ? new TextTable() : undefined;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const value = vector.data[i];
      if (value === null) continue;
      const position = seen === undefined ? distinct.length : seen.add(String(hashKey(oid, value)));
      if (position === distinct.length) distinct.push(value);
      positions[i] = position;
    }
  });
  const values = await inTurns(distinct.toArraySteps(), context);
  const ranks = await rankValues(values, oid, context);
  await stretches(length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) if (positions[i] >= 0) lane[i] = ranks[positions[i]];
  });
  return lane;
}

/** The rank of each value; equal values share one. */
async function rankValues(
  values: readonly NonNullable<Value>[],
  oid: number,
  context: Checkpoint,
): Promise<Float64Array> {
  const compare = comparatorFor(oid);
  const order = new Int32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const sorted = await mergeSort(order, (a, b) => compare(values[a], values[b]), context);
  const ranks = new Float64Array(values.length);
  let rank = 0;
  await stretches(sorted.length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      if (i > 0 && compare(values[sorted[i - 1]], values[sorted[i]]) !== 0) rank++;
      ranks[sorted[i]] = rank;
    }
  });
  return ranks;
}

/** Sorts `rows` stably; the result may be `rows` itself or another array. */
export async function mergeSort(
  rows: Int32Array,
  compare: (a: number, b: number) => number,
  context: Checkpoint,
): Promise<Int32Array> {
  const { length } = rows;
  let sorted = true;
  for (let i = 1; i < length && sorted; i++) {
    sorted = compare(rows[i - 1], rows[i]) <= 0;
    if (i % STEP_ROWS === 0) await turn(context);
  }
  if (sorted) return rows;
  for (let start = 0; start < length; start += INSERTION_ROWS) {
    insertionSort(rows, start, Math.min(start + INSERTION_ROWS, length), compare);
    if (start % STEP_ROWS === 0) await turn(context);
  }
  let from = rows;
  let to: Int32Array = new Int32Array(length);
  let done = 0;
  for (let width = INSERTION_ROWS; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const merge = new Merge(
        start,
        Math.min(start + width, length),
        Math.min(start + 2 * width, length),
      );
      while (!merge.run(from, to, compare, STEP_ROWS)) {
        const pause = context.checkpoint();
        if (pause !== undefined) await pause;
      }
      done += merge.end - start;
      if (done >= STEP_ROWS) {
        done = 0;
        const pause = context.checkpoint();
        if (pause !== undefined) await pause;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

function insertionSort(
  rows: Int32Array,
  start: number,
  end: number,
  compare: (a: number, b: number) => number,
): void {
  for (let i = start + 1; i < end; i++) {
    const row = rows[i];
    let j = i - 1;
    while (j >= start && compare(rows[j], row) > 0) {
      rows[j + 1] = rows[j];
      j--;
    }
    rows[j + 1] = row;
  }
}

/** A merge of two sorted neighbours that can stop and go on. */
class Merge {
  readonly end: number;
  readonly #middle: number;
  #left: number;
  #right: number;
  #at: number;

  constructor(start: number, middle: number, end: number) {
    this.end = end;
    this.#middle = middle;
    this.#left = start;
    this.#right = middle;
    this.#at = start;
  }

  /** Writes up to `limit` rows; true when the merge is finished. */
  run(
    from: Int32Array,
    to: Int32Array,
    compare: (a: number, b: number) => number,
    limit: number,
  ): boolean {
    const { end } = this;
    const middle = this.#middle;
    let left = this.#left;
    let right = this.#right;
    let at = this.#at;
    const stop = Math.min(end, at + limit);
    while (at < stop) {
      if (left < middle && (right >= end || compare(from[left], from[right]) <= 0)) {
        to[at++] = from[left++];
      } else {
        to[at++] = from[right++];
      }
    }
    this.#left = left;
    this.#right = right;
    this.#at = at;
    return at === end;
  }
}
