/** Reductions over lanes: stretches of unsigned integers, 8, 16 or 32 bits each. */

/** Sum of `count` bytes. Below 2^56 values the result is exact. */
export function sumU8(pointer: usize, count: i32): u64 {
  let total: u64 = 0;
  const end = pointer + count;
  const wideEnd = pointer + (count & ~15);
  let acc = i64x2.splat(0);
  while (pointer < wideEnd) {
    // 16-bit sums of neighbours hold 2 * 255 each; 128 of them fit before they must widen.
    const stop = min(wideEnd, pointer + 16 * 64);
    let narrow = i16x8.splat(0);
    while (pointer < stop) {
      narrow = i16x8.add(narrow, i16x8.extadd_pairwise_i8x16_u(v128.load(pointer)));
      pointer += 16;
    }
    const wide = i32x4.extadd_pairwise_i16x8_u(narrow);
    acc = i64x2.add(acc, i64x2.extend_low_i32x4_u(wide));
    acc = i64x2.add(acc, i64x2.extend_high_i32x4_u(wide));
  }
  while (pointer < end) total += load<u8>(pointer++);
  return total + i64x2.extract_lane(acc, 0) + i64x2.extract_lane(acc, 1);
}
