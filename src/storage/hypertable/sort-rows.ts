/**
 * Sorting rows by series and time: one counting pass over series, then only what is out of order. The
 * work comes in steps, so that a flush can give way to other work between them.
 */
import { finishNow } from '../../base/steps.ts';
import type { PlainColumn } from './stored-column.ts';

export interface SortedOrder {
  /** Old position of each row in the new order. */
  readonly permutation: Int32Array;
  readonly seriesCount: number;
  /** First new row of each series, and the number of rows behind the last. */
  readonly starts: Int32Array<ArrayBuffer>;
}

/** Compares two rows whose times are the same double; for times beyond 2^53. */
export type ExactTimeOrder = ((a: number, b: number) => number) | undefined;

/** Combinations of codes up to which renumbering uses a table instead of a map. */
const TABLE_LIMIT = 4_000_000;
/** Moves for each row of a run up to which it counts as nearly sorted. */
const MOVES_PER_ROW = 4;
/** Rows handled in one step. */
const STEP_ROWS = 131_072;

/**
 * Orders rows [0, rows) by the values of `segmentBy`, in the order in which series first appear, and
 * stably by time inside each. All at once.
 */
export function sortRows(
  segmentBy: readonly PlainColumn[],
  times: Float64Array,
  rows: number,
  exact: ExactTimeOrder,
): SortedOrder {
  return finishNow(sortSteps(segmentBy, times, rows, exact));
}

/** The same in steps of some milliseconds. */
export function* sortSteps(
  segmentBy: readonly PlainColumn[],
  times: Float64Array,
  rows: number,
  exact: ExactTimeOrder,
): Generator<void, SortedOrder> {
  const ids = new Int32Array(rows);
  let count = rows === 0 ? 0 : 1;
  for (const column of segmentBy) {
    const codes = columnCodes(column, rows);
    yield;
    count = yield* refineSteps(ids, count, codes, rows);
  }
  return yield* orderSteps(ids, count, times, exact);
}

/** Orders rows by their groups, which are numbered from 0 on in the order of their first rows, and time. */
export function* orderSteps(
  ids: Int32Array,
  count: number,
  times: Float64Array,
  exact: ExactTimeOrder,
): Generator<void, SortedOrder> {
  const rows = ids.length;
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < rows; i++) starts[ids[i] + 1]++;
  for (let s = 0; s < count; s++) starts[s + 1] += starts[s];
  yield;
  const next = starts.slice(0, count);
  const permutation = new Int32Array(rows);
  for (let from = 0; from < rows; from += STEP_ROWS) {
    scatter(permutation, next, ids, from, Math.min(rows, from + STEP_ROWS));
    yield;
  }
  let done = 0;
  for (let s = 0; s < count; s++) {
    sortRun(permutation, starts[s], starts[s + 1], times, exact);
    if (starts[s + 1] - done < STEP_ROWS) continue;
    done = starts[s + 1];
    yield;
  }
  return { permutation, seriesCount: count, starts };
}

function scatter(
  permutation: Int32Array,
  next: Int32Array,
  ids: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) permutation[next[ids[i]]++] = i;
}

/** Splits the groups in `ids` by the codes of one more column; returns the new number of groups. */
export function* refineSteps(
  ids: Int32Array,
  count: number,
  codes: Int32Array,
  rows: number,
): Generator<void, number> {
  if (yield* follows(ids, count, codes, rows)) return count;
  let distinct = 0;
  for (let i = 0; i < rows; i++) if (codes[i] >= distinct) distinct = codes[i] + 1;
  yield;
  const size = count * distinct;
  if (size <= TABLE_LIMIT) {
    const table = new Int32Array(size).fill(-1);
    let groups = 0;
    for (let from = 0; from < rows; from += STEP_ROWS) {
      const to = Math.min(rows, from + STEP_ROWS);
      groups = renumber(ids, codes, from, to, distinct, table, groups);
      yield;
    }
    return groups;
  }
  const known = new Map<number, number>();
  for (let from = 0; from < rows; from += STEP_ROWS) {
    renumberByMap(ids, codes, from, Math.min(rows, from + STEP_ROWS), distinct, known);
    yield;
  }
  return known.size;
}

/** Whether the groups tell the codes: most tags of a host follow from its name. */
function* follows(
  ids: Int32Array,
  count: number,
  codes: Int32Array,
  rows: number,
): Generator<void, boolean> {
  const codeOf = new Int32Array(count).fill(-1);
  for (let from = 0; from < rows; from += STEP_ROWS) {
    if (!followsWithin(ids, codes, from, Math.min(rows, from + STEP_ROWS), codeOf)) return false;
    yield;
  }
  return true;
}

function followsWithin(
  ids: Int32Array,
  codes: Int32Array,
  from: number,
  to: number,
  codeOf: Int32Array,
): boolean {
  for (let i = from; i < to; i++) {
    const known = codeOf[ids[i]];
    if (known === codes[i]) continue;
    if (known >= 0) return false;
    codeOf[ids[i]] = codes[i];
  }
  return true;
}

function renumber(
  ids: Int32Array,
  codes: Int32Array,
  from: number,
  to: number,
  distinct: number,
  table: Int32Array,
  groups: number,
): number {
  for (let i = from; i < to; i++) {
    const combined = ids[i] * distinct + codes[i];
    let id = table[combined];
    if (id < 0) table[combined] = id = groups++;
    ids[i] = id;
  }
  return groups;
}

function renumberByMap(
  ids: Int32Array,
  codes: Int32Array,
  from: number,
  to: number,
  distinct: number,
  known: Map<number, number>,
): void {
  for (let i = from; i < to; i++) {
    const combined = ids[i] * distinct + codes[i];
    let id = known.get(combined);
    if (id === undefined) known.set(combined, (id = known.size));
    ids[i] = id;
  }
}

/** A number per row that is equal exactly where the values are the same; NULL is one of them. */
export function columnCodes(column: PlainColumn, rows: number): Int32Array {
  const { nulls } = column;
  if (column.rep === 'text') {
    const { codes } = column;
    // Nobody writes to the result: without NULLs the codes themselves will do.
    if (nulls === undefined) return codes;
    const shifted = new Int32Array(rows);
    for (let i = 0; i < rows; i++) shifted[i] = nulls[i] === 1 ? 0 : codes[i] + 1;
    return shifted;
  }
  const result = new Int32Array(rows);
  const known = new Map<unknown, number>();
  for (let i = 0; i < rows; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue;
    let key: unknown = column.data[i];
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
  const run = permutation.subarray(start, end);
  if (sorted || (exact === undefined && insertInOrder(run, times))) return;
  // TypedArray.prototype.sort is stable.
  run.sort((a, b) => times[a] - times[b] || (exact === undefined ? 0 : exact(a, b)));
}

/**
 * Sorts a run that is nearly sorted, as where several clients load at once, each in order of time. False
 * where rows are too far from their places; the run is then sorted in part, and as stable as before.
 */
function insertInOrder(run: Int32Array, times: Float64Array): boolean {
  let moves = run.length * MOVES_PER_ROW;
  for (let i = 1; i < run.length; i++) {
    const row = run[i];
    const time = times[row];
    let at = i;
    while (at > 0 && times[run[at - 1]] > time) {
      run[at] = run[at - 1];
      at--;
    }
    run[at] = row;
    moves -= i - at;
    if (moves < 0) return false;
  }
  return true;
}
