/** Whole numbers wider than lanes, as doubles. Sums are exact: the writer has made sure of it. */

/** value[i] = value[i - 1] + least + lane[i], where `before` stands before the first; returns the last. */
export function addWideDeltas(
  lanes: usize,
  dst: usize,
  count: i32,
  before: f64,
  least: f64,
): f64 {
  for (let i = 0; i < count; i++) {
    before += least + <f64>load<u32>(lanes);
    store<f64>(dst, before);
    lanes += 4;
    dst += 8;
  }
  return before;
}

/** value[i] = base + high[i] * 2^32 + low[i]. */
export function joinParts(low: usize, high: usize, dst: usize, count: i32, base: f64): void {
  for (let i = 0; i < count; i++) {
    const distance = <f64>load<u32>(high) * 4294967296.0 + <f64>load<u32>(low);
    store<f64>(dst, base + distance);
    low += 4;
    high += 4;
    dst += 8;
  }
}
