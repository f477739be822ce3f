/** Sorting rows by series and time: one counting pass over series, then only what is out of order. */
import type { StoredColumn } from './stored-column.ts';

export interface SortedOrder {
  /** Old position of each row in the new order. */
  readonly permutation: Int32Array;
  readonly seriesCount: number;
  /** First new row of each series, and the number of rows behind the last. */
  readonly starts: Int32Array;
}

/** Compares two rows whose times are the same double; for times beyond 2^53. */
export type ExactTimeOrder = ((a: number, b: number) => number) | undefined;

/** Combinations of codes up to which renumbering uses a table instead of a map. */
const TABLE_LIMIT = 4_000_000;

/**
 * Orders the rows of `picked` (positions; undefined takes [0, rows)) by the values of `segmentBy`, in the
 * order in which series first appear, and stably by time inside each.
 */
export function sortRows(
  segmentBy: readonly StoredColumn[],
  times: Float64Array,
  rows: number,
  picked: Int32Array | undefined,
  exact: ExactTimeOrder,
): SortedOrder {
  const ids = new Int32Array(rows);
  let count = rows === 0 ? 0 : 1;
  for (const column of segmentBy) count = refine(ids, count, column, rows, picked);
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < rows; i++) starts[ids[i] + 1]++;
  for (let s = 0; s < count; s++) starts[s + 1] += starts[s];
  const next = starts.slice(0, count);
  const permutation = new Int32Array(rows);
  if (picked === undefined) for (let i = 0; i < rows; i++) permutation[next[ids[i]]++] = i;
  else for (let i = 0; i < rows; i++) permutation[next[ids[i]]++] = picked[i];
  for (let s = 0; s < count; s++) sortRun(permutation, starts[s], starts[s + 1], times, exact);
  return { permutation, seriesCount: count, starts };
}

/** Splits the groups in `ids` by one more column; returns the new number of groups. */
function refine(
  ids: Int32Array,
  count: number,
  column: StoredColumn,
  rows: number,
  picked: Int32Array | undefined,
): number {
  const codes = columnCodes(column, rows, picked);
  let distinct = 0;
  for (let i = 0; i < rows; i++) if (codes[i] >= distinct) distinct = codes[i] + 1;
  if (distinct <= 1) return count;
  if (count * distinct <= TABLE_LIMIT)
    return renumberByTable(ids, codes, rows, count * distinct, distinct);
  let groups = 0;
  const known = new Map<number, number>();
  for (let i = 0; i < rows; i++) {
    const combined = ids[i] * distinct + codes[i];
    let id = known.get(combined);
    if (id === undefined) known.set(combined, (id = groups++));
    ids[i] = id;
  }
  return groups;
}

function renumberByTable(
  ids: Int32Array,
  codes: Int32Array,
  rows: number,
  size: number,
  distinct: number,
): number {
  const table = new Int32Array(size).fill(-1);
  let groups = 0;
  for (let i = 0; i < rows; i++) {
    const combined = ids[i] * distinct + codes[i];
    let id = table[combined];
    if (id < 0) table[combined] = id = groups++;
    ids[i] = id;
  }
  return groups;
}

/** A number per row that is equal exactly where the values are the same; NULL is one of them. */
export function columnCodes(
  column: StoredColumn,
  rows: number,
  picked: Int32Array | undefined,
): Int32Array {
  const result = new Int32Array(rows);
  const { nulls } = column;
  if (column.rep === 'text') {
    const { codes } = column;
    for (let i = 0; i < rows; i++) {
      const row = picked === undefined ? i : picked[i];
      result[i] = nulls !== undefined && nulls[row] === 1 ? 0 : codes[row] + 1;
    }
    return result;
  }
  const known = new Map<unknown, number>();
  for (let i = 0; i < rows; i++) {
    const row = picked === undefined ? i : picked[i];
    if (nulls !== undefined && nulls[row] === 1) continue;
    let key: unknown = column.data[row];
    // A Map takes -0 for 0; a column of series values must give back what was stored.
    if (key === 0 && 1 / (key as number) < 0) key = '-0';
    let code = known.get(key);
    if (code === undefined) known.set(key, (code = known.size + 1));
    result[i] = code;
  }
  return result;
}

/** Sorts rows [start, end) of the permutation by time, keeping the order of equal times. */
function sortRun(
  permutation: Int32Array,
  start: number,
  end: number,
  times: Float64Array,
  exact: ExactTimeOrder,
): void {
  let sorted = true;
  for (let i = start + 1; i < end && sorted; i++) {
    const earlier = times[permutation[i - 1]];
    const later = times[permutation[i]];
    if (earlier > later || (earlier === later && exact !== undefined)) sorted = false;
  }
  if (sorted) return;
  const run = permutation.subarray(start, end);
  // TypedArray.prototype.sort is stable.
  run.sort((a, b) => times[a] - times[b] || (exact === undefined ? 0 : exact(a, b)));
}
