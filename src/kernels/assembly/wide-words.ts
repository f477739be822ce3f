/** Integers of 64 bits, as they lie in memory. */

/** The sum of the low words (u64), then that of the high ones with their sign (i64), both at `target`. */
export function sumWides(source: usize, count: i32, target: usize): void {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  const lowWords = i64x2.splat(0xffffffff);
  const end = source + ((count as usize) << 3);
  for (; source + 16 <= end; source += 16) {
    const wides = v128.load(source);
    low = i64x2.add(low, v128.and(wides, lowWords));
    high = i64x2.add(high, i64x2.shr_s(wides, 32));
  }
  let lows = i64x2.extract_lane(low, 0) + i64x2.extract_lane(low, 1);
  let highs = i64x2.extract_lane(high, 0) + i64x2.extract_lane(high, 1);
  if (source < end) {
    lows += load<u32>(source) as i64;
    highs += load<i32>(source, 4) as i64;
  }
  store<i64>(target, lows);
  store<i64>(target, highs, 8);
}

/** Writes the rows (u32) whose integer has these words; returns how many. */
export function equalWides(source: usize, count: i32, low: i32, high: i32, target: usize): i32 {
  const wide = ((high as i64) << 32) | (low as u32 as i64);
  const wides = i64x2.splat(wide);
  const first = target;
  let row = 0;
  for (; row + 8 <= count; row += 8, source += 64) {
    const a = i64x2.eq(v128.load(source), wides);
    const b = i64x2.eq(v128.load(source, 16), wides);
    const c = i64x2.eq(v128.load(source, 32), wides);
    const d = i64x2.eq(v128.load(source, 48), wides);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    for (let i = 0; i < 8; i++) {
      if (load<i64>(source + (i << 3)) != wide) continue;
      store<u32>(target, row + i);
      target += 4;
    }
  }
  for (; row < count; row++, source += 8) {
    if (load<i64>(source) != wide) continue;
    store<u32>(target, row);
    target += 4;
  }
  return ((target - first) >> 2) as i32;
}
