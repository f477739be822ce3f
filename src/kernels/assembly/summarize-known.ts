/**
 * Sums of stretches of lanes among which there are NULLs: `nulls` has a byte for each lane, 1 for NULL, whose
 * lane may be anything. For each of `count` stretches [starts[i], ends[i]), of at most 65,536 lanes, the sum
 * of the others and how many they are, as doubles. An address of 0 leaves the sums out.
 */

export function summarizeKnownU8(
  lanes: usize, nulls: usize, starts: usize, ends: usize, count: i32, sums: usize, counts: usize,
): void {
  for (let i = 0; i < count; i++) {
    const start = <usize>load<u32>(starts + (<usize>i << 2));
    const end = <usize>load<u32>(ends + (<usize>i << 2));
    let sum = i32x4.splat(0);
    let missing = i32x4.splat(0);
    let at = start;
    // Neither 4,096 steps of four bytes nor as many flags leave 32 bits.
    for (; at + 16 <= end; at += 16) {
      const flags = v128.load(nulls + at);
      const known = v128.andnot(v128.load(lanes + at), i8x16.neg(flags));
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(known)));
      missing = i32x4.add(missing, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(flags)));
    }
    let total = across(sum);
    let absent = across(missing);
    for (; at < end; at++) {
      const flag = <u64>load<u8>(nulls + at);
      total += <u64>load<u8>(lanes + at) * (1 - flag);
      absent += flag;
    }
    put(i, sums, counts, total, <u64>(end - start) - absent);
  }
}

export function summarizeKnownU16(
  lanes: usize, nulls: usize, starts: usize, ends: usize, count: i32, sums: usize, counts: usize,
): void {
  for (let i = 0; i < count; i++) {
    const start = <usize>load<u32>(starts + (<usize>i << 2));
    const end = <usize>load<u32>(ends + (<usize>i << 2));
    let sum = i32x4.splat(0);
    let missing = i32x4.splat(0);
    let at = start;
    // 8,192 steps add 2 * 65,535 to a sum each: they fit.
    for (; at + 8 <= end; at += 8) {
      const flags = v128.load8x8_u(nulls + at);
      const known = v128.andnot(v128.load(lanes + (at << 1)), i16x8.neg(flags));
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(known));
      missing = i32x4.add(missing, i32x4.extadd_pairwise_i16x8_u(flags));
    }
    let total = across(sum);
    let absent = across(missing);
    for (; at < end; at++) {
      const flag = <u64>load<u8>(nulls + at);
      total += <u64>load<u16>(lanes + (at << 1)) * (1 - flag);
      absent += flag;
    }
    put(i, sums, counts, total, <u64>(end - start) - absent);
  }
}

export function summarizeKnownU32(
  lanes: usize, nulls: usize, starts: usize, ends: usize, count: i32, sums: usize, counts: usize,
): void {
  for (let i = 0; i < count; i++) {
    const start = <usize>load<u32>(starts + (<usize>i << 2));
    const end = <usize>load<u32>(ends + (<usize>i << 2));
    let total: u64 = 0;
    let absent: u64 = 0;
    for (let at = start; at < end; at++) {
      const flag = <u64>load<u8>(nulls + at);
      total += <u64>load<u32>(lanes + (at << 2)) * (1 - flag);
      absent += flag;
    }
    put(i, sums, counts, total, <u64>(end - start) - absent);
  }
}

// @ts-ignore: decorator
@inline
function across(four: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(four, 0)) + <u64>(<u32>i32x4.extract_lane(four, 1)) +
    <u64>(<u32>i32x4.extract_lane(four, 2)) + <u64>(<u32>i32x4.extract_lane(four, 3))
  );
}

// @ts-ignore: decorator
@inline
function put(i: i32, sums: usize, counts: usize, sum: u64, count: u64): void {
  if (sums !== 0) store<f64>(sums + (<usize>i << 3), <f64>sum);
  store<f64>(counts + (<usize>i << 3), <f64>count);
}
