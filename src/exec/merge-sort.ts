/** A stable merge sort of row numbers by a comparison, with turns for the event loop. */
import { turn, type ExecContext } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Rows compared between two checkpoints. */
const STEP_ROWS = 8192;
const INSERTION_ROWS = 16;

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
