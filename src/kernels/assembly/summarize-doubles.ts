/**
 * Sum, smallest and largest of each of `count` stretches [starts[i], ends[i]) of doubles, none empty. What
 * some values give depends on their order: the answer has bit 0 where a sum is not finite, be it for a NaN
 * or an infinity, and bit 1 where there is a negative zero.
 */
export function summarizeF64(
  doubles: usize, starts: usize, ends: usize, count: i32,
  sums: usize, minimums: usize, maximums: usize,
): i32 {
  const negativeZero = i64x2.splat(i64.MIN_VALUE);
  let zeros = i64x2.splat(0);
  let isFinite: bool = true;
  for (let i = 0; i < count; i++) {
    let at = doubles + (<usize>load<u32>(starts + (<usize>i << 2)) << 3);
    const end = doubles + (<usize>load<u32>(ends + (<usize>i << 2)) << 3);
    const first = v128.load64_splat(at);
    let lows = first;
    let highs = first;
    // Two sums at once do not wait for each other.
    let some = f64x2.splat(0);
    let others = f64x2.splat(0);
    for (; at + 32 <= end; at += 32) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      some = f64x2.add(some, a);
      others = f64x2.add(others, b);
      lows = f64x2.pmin(f64x2.pmin(lows, a), b);
      highs = f64x2.pmax(f64x2.pmax(highs, a), b);
      zeros = v128.or(zeros, v128.or(i64x2.eq(a, negativeZero), i64x2.eq(b, negativeZero)));
    }
    for (; at < end; at += 8) {
      const a = v128.load64_zero(at);
      const b = v128.load64_splat(at);
      some = f64x2.add(some, a);
      lows = f64x2.pmin(lows, b);
      highs = f64x2.pmax(highs, b);
      zeros = v128.or(zeros, i64x2.eq(b, negativeZero));
    }
    some = f64x2.add(some, others);
    const sum = f64x2.extract_lane(some, 0) + f64x2.extract_lane(some, 1);
    isFinite = isFinite && sum - sum === 0;
    store<f64>(sums + (<usize>i << 3), sum);
    store<f64>(minimums + (<usize>i << 3), min(f64x2.extract_lane(lows, 0), f64x2.extract_lane(lows, 1)));
    store<f64>(maximums + (<usize>i << 3), max(f64x2.extract_lane(highs, 0), f64x2.extract_lane(highs, 1)));
  }
  return i32(!isFinite) | (i32(v128.any_true(zeros)) << 1);
}
