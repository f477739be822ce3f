/**
 * Summaries of stretches of lanes: for each of `count` stretches [starts[i], ends[i]), none empty, the
 * sum, the sum of squared distances from the mean, the smallest and the largest lane, each as a double. An
 * output at address 0 is left out. A stretch has at most 65,536 lanes, so that the integers behind the
 * results are exact: n * sum(x^2) and sum(x)^2 are below 2^64.
 */

// @ts-ignore: decorator
@inline
function put(out: usize, i: i32, value: f64): void {
  if (out !== 0) store<f64>(out + (<usize>i << 3), value);
}

export function summarizeU8(
  lanes: usize, starts: usize, ends: usize, count: i32,
  sums: usize, squares: usize, minimums: usize, maximums: usize,
): void {
  for (let i = 0; i < count; i++) {
    const pointer = lanes + load<u32>(starts + (<usize>i << 2));
    const end = lanes + load<u32>(ends + (<usize>i << 2));
    if (sums !== 0) store<f64>(sums + (<usize>i << 3), <f64>sumBytes(pointer, end));
    if (squares !== 0) {
      const square = squareBytes(pointer, end);
      put(squares, i, centred(<u64>(end - pointer), sumBytes(pointer, end), square));
    }
    if (minimums !== 0 || maximums !== 0) extremesU8(pointer, end, i, minimums, maximums);
  }
}

// @ts-ignore: decorator
@inline
function centred(n: u64, sum: u64, square: u64): f64 {
  return <f64>(n * square - sum * sum) / <f64>n;
}

function sumBytes(pointer: usize, end: usize): u64 {
  let total: u64 = 0;
  const wideEnd = pointer + ((end - pointer) & ~15);
  if (pointer < wideEnd) {
    let acc = i32x4.splat(0);
    while (pointer < wideEnd) {
      // 16-bit sums of neighbours hold 2 * 255 each; 64 of them fit before they must widen.
      const stop = min(wideEnd, pointer + 16 * 64);
      let narrow = i16x8.splat(0);
      while (pointer < stop) {
        narrow = i16x8.add(narrow, i16x8.extadd_pairwise_i8x16_u(v128.load(pointer)));
        pointer += 16;
      }
      acc = i32x4.add(acc, i32x4.extadd_pairwise_i16x8_u(narrow));
    }
    total = lanesOf(acc);
  }
  while (pointer < end) total += load<u8>(pointer++);
  return total;
}

// @ts-ignore: decorator
@inline
function lanesOf(acc: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(acc, 0)) + <u64>(<u32>i32x4.extract_lane(acc, 1)) +
    <u64>(<u32>i32x4.extract_lane(acc, 2)) + <u64>(<u32>i32x4.extract_lane(acc, 3))
  );
}

function squareBytes(pointer: usize, end: usize): u64 {
  let total: u64 = 0;
  const wideEnd = pointer + ((end - pointer) & ~15);
  while (pointer < wideEnd) {
    // A 32-bit sum takes 2 * 2 * 65,025 a step; 4,096 steps fit.
    const stop = min(wideEnd, pointer + 16 * 4096);
    let acc = i32x4.splat(0);
    while (pointer < stop) {
      const bytes = v128.load(pointer);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      acc = i32x4.add(acc, i32x4.add(i32x4.dot_i16x8_s(low, low), i32x4.dot_i16x8_s(high, high)));
      pointer += 16;
    }
    total += lanesOf(acc);
  }
  for (; pointer < end; pointer++) {
    const lane = <u64>load<u8>(pointer);
    total += lane * lane;
  }
  return total;
}

function extremesU8(pointer: usize, end: usize, i: i32, minimums: usize, maximums: usize): void {
  let low: u32 = 255;
  let high: u32 = 0;
  const wideEnd = pointer + ((end - pointer) & ~15);
  if (pointer < wideEnd) {
    let lows = i8x16.splat(-1);
    let highs = i8x16.splat(0);
    while (pointer < wideEnd) {
      const bytes = v128.load(pointer);
      lows = i8x16.min_u(lows, bytes);
      highs = i8x16.max_u(highs, bytes);
      pointer += 16;
    }
    lows = i8x16.min_u(lows, v128.shuffle<u64>(lows, lows, 1, 0));
    highs = i8x16.max_u(highs, v128.shuffle<u64>(highs, highs, 1, 0));
    let l = i64x2.extract_lane(lows, 0);
    let h = i64x2.extract_lane(highs, 0);
    for (let k = 0; k < 8; k++) {
      low = min(low, <u32>(l & 255));
      high = max(high, <u32>(h & 255));
      l >>= 8;
      h >>= 8;
    }
  }
  while (pointer < end) {
    const lane = <u32>load<u8>(pointer++);
    low = min(low, lane);
    high = max(high, lane);
  }
  put(minimums, i, <f64>low);
  put(maximums, i, <f64>high);
}

export function summarizeU16(
  lanes: usize, starts: usize, ends: usize, count: i32,
  sums: usize, squares: usize, minimums: usize, maximums: usize,
): void {
  for (let i = 0; i < count; i++) {
    let pointer = lanes + (<usize>load<u32>(starts + (<usize>i << 2)) << 1);
    const first = pointer;
    const end = lanes + (<usize>load<u32>(ends + (<usize>i << 2)) << 1);
    let sum: u64 = 0;
    let square: u64 = 0;
    let low: u32 = 65535;
    let high: u32 = 0;
    const wideEnd = pointer + ((end - pointer) & ~15);
    if (pointer < wideEnd) {
      // 65,536 lanes are 8,192 steps, which add 2 * 65,535 to a 32-bit sum each: they fit.
      let acc = i32x4.splat(0);
      let lows = i16x8.splat(-1);
      let highs = i16x8.splat(0);
      let wide = i64x2.splat(0);
      while (pointer < wideEnd) {
        const words = v128.load(pointer);
        acc = i32x4.add(acc, i32x4.extadd_pairwise_i16x8_u(words));
        lows = i16x8.min_u(lows, words);
        highs = i16x8.max_u(highs, words);
        if (squares !== 0) {
          const a = i32x4.extmul_low_i16x8_u(words, words);
          const b = i32x4.extmul_high_i16x8_u(words, words);
          wide = i64x2.add(wide, i64x2.add(i64x2.extend_low_i32x4_u(a), i64x2.extend_high_i32x4_u(a)));
          wide = i64x2.add(wide, i64x2.add(i64x2.extend_low_i32x4_u(b), i64x2.extend_high_i32x4_u(b)));
        }
        pointer += 16;
      }
      sum = lanesOf(acc);
      square = i64x2.extract_lane(wide, 0) + i64x2.extract_lane(wide, 1);
      for (let k = 0; k < 2; k++) {
        let l = k === 0 ? i64x2.extract_lane(lows, 0) : i64x2.extract_lane(lows, 1);
        let h = k === 0 ? i64x2.extract_lane(highs, 0) : i64x2.extract_lane(highs, 1);
        for (let j = 0; j < 4; j++) {
          low = min(low, <u32>(l & 65535));
          high = max(high, <u32>(h & 65535));
          l >>= 16;
          h >>= 16;
        }
      }
    }
    for (; pointer < end; pointer += 2) {
      const lane = <u32>load<u16>(pointer);
      sum += lane;
      square += <u64>lane * <u64>lane;
      low = min(low, lane);
      high = max(high, lane);
    }
    put(sums, i, <f64>sum);
    if (squares !== 0) put(squares, i, centred((end - first) >> 1, sum, square));
    put(minimums, i, <f64>low);
    put(maximums, i, <f64>high);
  }
}

/** 32-bit lanes: no sum of squares, which would not be exact. */
export function summarizeU32(
  lanes: usize, starts: usize, ends: usize, count: i32,
  sums: usize, minimums: usize, maximums: usize,
): void {
  for (let i = 0; i < count; i++) {
    let pointer = lanes + (<usize>load<u32>(starts + (<usize>i << 2)) << 2);
    const end = lanes + (<usize>load<u32>(ends + (<usize>i << 2)) << 2);
    let sum: u64 = 0;
    let low: u32 = u32.MAX_VALUE;
    let high: u32 = 0;
    const wideEnd = pointer + ((end - pointer) & ~15);
    if (pointer < wideEnd) {
      let acc = i64x2.splat(0);
      let lows = i32x4.splat(-1);
      let highs = i32x4.splat(0);
      while (pointer < wideEnd) {
        const words = v128.load(pointer);
        acc = i64x2.add(acc, i64x2.add(i64x2.extend_low_i32x4_u(words), i64x2.extend_high_i32x4_u(words)));
        lows = i32x4.min_u(lows, words);
        highs = i32x4.max_u(highs, words);
        pointer += 16;
      }
      sum = i64x2.extract_lane(acc, 0) + i64x2.extract_lane(acc, 1);
      low = min(
        min(<u32>i32x4.extract_lane(lows, 0), <u32>i32x4.extract_lane(lows, 1)),
        min(<u32>i32x4.extract_lane(lows, 2), <u32>i32x4.extract_lane(lows, 3)),
      );
      high = max(
        max(<u32>i32x4.extract_lane(highs, 0), <u32>i32x4.extract_lane(highs, 1)),
        max(<u32>i32x4.extract_lane(highs, 2), <u32>i32x4.extract_lane(highs, 3)),
      );
    }
    for (; pointer < end; pointer += 4) {
      const lane = load<u32>(pointer);
      sum += lane;
      low = min(low, lane);
      high = max(high, lane);
    }
    put(sums, i, <f64>sum);
    put(minimums, i, <f64>low);
    put(maximums, i, <f64>high);
  }
}
