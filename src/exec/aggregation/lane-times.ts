/** The ascending times of a batch's runs as lanes: borders of buckets are looked for among integers. */
import { laneArray, type LaneArray } from '../../vector/lanes.ts';
import type { LaneRows } from '../../vector/lane-vector.ts';

/** Gets the first row of each bucket. */
export type PushBorder = (row: number) => void;

export class LaneTimes {
  readonly #rows: LaneRows;
  readonly #array: LaneArray;
  readonly #firstLane: number;
  #stretch = 0;

  /** undefined for times that are not whole numbers; for use at once. */
  static of(rows: LaneRows): LaneTimes | undefined {
    return rows.lanes.divisor === 1 ? new LaneTimes(rows) : undefined;
  }

  private constructor(rows: LaneRows) {
    this.#rows = rows;
    this.#array = laneArray(rows.lanes);
    this.#firstLane = rows.lanes.block.pointer / (rows.lanes.bits >>> 3);
  }

  /** Where the lane of row 0 would be if all rows lay as [start, end) do; undefined where they do not together. */
  shift(start: number, end: number): number | undefined {
    const { starts, at } = this.#rows;
    while (at[this.#stretch] > start) this.#stretch--;
    while (at[this.#stretch + 1] <= start) this.#stretch++;
    const s = this.#stretch;
    return end > at[s + 1] ? undefined : this.#firstLane + starts[s] - at[s];
  }

  /** The borders of equal buckets in rows [start, end), which have this shift. */
  step(
    start: number,
    end: number,
    shift: number,
    width: number,
    anchor: number,
    push: PushBorder,
  ): void {
    const { base, factor } = this.#rows.lanes;
    const array = this.#array;
    const last = array[shift + end - 1];
    // Where a bucket is so many lanes wide, the next border follows from the one before.
    const lanes = width % factor === 0 ? width / factor : 0;
    let row = start;
    let rows = 0;
    let border = 0;
    for (;;) {
      push(row);
      const lane = array[shift + row];
      const next = border + lanes;
      border =
        rows > 0 && lane < next
          ? next
          : borderAfter(base + lane * factor, width, anchor, base, factor);
      if (last < border) return;
      const found = firstAtLeast(array, shift, row, end, border, rows);
      rows = found - row;
      row = found;
    }
  }
}

/** The least lane of the bucket after that of a time. */
function borderAfter(
  time: number,
  width: number,
  anchor: number,
  base: number,
  factor: number,
): number {
  const border = anchor + (Math.floor((time - anchor) / width) + 1) * width;
  return laneAt(base, factor, border);
}

/** The least lane whose time is `border` or later. */
function laneAt(base: number, factor: number, border: number): number {
  let lane = Math.ceil((border - base) / factor);
  // The quotient may have been rounded over a whole number; products of whole numbers are exact.
  if (base + (lane - 1) * factor >= border) lane--;
  else if (base + lane * factor < border) lane++;
  return lane;
}

/**
 * First row after `row` whose lane is at least `lane`; the last row's is. Rows are mostly evenly spaced, and
 * buckets have about as many as the one before (`rows`, 0 where that is not known).
 */
function firstAtLeast(
  array: LaneArray,
  shift: number,
  row: number,
  end: number,
  lane: number,
  rows: number,
): number {
  let low = row + 1;
  let high = end - 1;
  let guess = row + rows;
  if (rows === 0) {
    const first = array[shift + row];
    guess += Math.ceil(((lane - first) * (high - row)) / (array[shift + high] - first));
  }
  guess = guess < low ? low : guess > high ? high : guess;
  // From the guess on in steps that double, as it is seldom far off.
  let by = 1;
  if (array[shift + guess] >= lane) {
    high = guess;
    while (high - by >= low && array[shift + high - by] >= lane) {
      high -= by;
      by *= 2;
    }
    if (high - by >= low) low = high - by + 1;
  } else {
    low = guess + 1;
    while (low + by <= high && array[shift + low + by - 1] < lane) {
      low += by;
      by *= 2;
    }
    if (low + by <= high) high = low + by - 1;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (array[shift + middle] < lane) low = middle + 1;
    else high = middle;
  }
  return low;
}
