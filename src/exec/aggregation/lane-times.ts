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
    let row = start;
    for (;;) {
      push(row);
      const time = base + array[shift + row] * factor;
      const border = anchor + (Math.floor((time - anchor) / width) + 1) * width;
      const lane = laneAt(base, factor, border);
      if (last < lane) return;
      row = firstAtLeast(array, shift, row, end, lane);
    }
  }
}

/** The least lane whose time is `border` or later. */
function laneAt(base: number, factor: number, border: number): number {
  let lane = Math.ceil((border - base) / factor);
  // The quotient may have been rounded over a whole number; products of whole numbers are exact.
  if (base + (lane - 1) * factor >= border) lane--;
  else if (base + lane * factor < border) lane++;
  return lane;
}

/** First row after `row` whose lane is at least `lane`; the last row's is. Rows are mostly evenly spaced. */
function firstAtLeast(
  array: LaneArray,
  shift: number,
  row: number,
  end: number,
  lane: number,
): number {
  let low = row + 1;
  let high = end - 1;
  const first = array[shift + row];
  const span = array[shift + high] - first;
  let guess = row + Math.ceil(((lane - first) * (high - row)) / span);
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
