/** Searches among ascending numbers. */

/** Position of the first of ascending numbers that is at least `bound`, between `from` and `to`. */
export function lowerBound(
  ascending: Int32Array,
  bound: number,
  from = 0,
  to = ascending.length,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which of `count` stretches, whose first rows are `starts`, a row is in; the first one for rows before it. */
export function stretchAt(starts: Int32Array, row: number, count = starts.length): number {
  return lowerBound(starts, row + 1, 1, count) - 1;
}
