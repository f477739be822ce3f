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
