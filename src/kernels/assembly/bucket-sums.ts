/**
 * Sums and extremes by time bucket of lanes whose times are evenly spaced. A run is consecutive lanes of one
 * series: the first and the lane behind the last, both u32, then as doubles the first one's time and the step
 * between times, whole numbers, counted from the start of bucket 0. What is found of a bucket is added to its
 * cell: rows as u32, 4 bytes that mean nothing, the sum as a double, which is exact below 2^53, two doubles that
 * `finish` fills, and for each of the 16 bytes of a register the smallest and the largest lanes that lay there.
 */

const RUN_BYTES: usize = 24;
const CELL_BYTES: usize = 64;
const SUM: usize = 8;
const LOW: usize = 16;
const HIGH: usize = 24;
const LOWS: usize = 32;
const HIGHS: usize = 48;

const WANTS_SUMS: i32 = 1;
const WANTS_EXTREMES: i32 = 2;

export function bucketSumsU8(
  lanes: usize, runs: usize, count: i32, width: f64, wanted: i32, cells: usize,
): i32 {
  return bucketSums<u8>(lanes, runs, count, width, wanted, cells);
}

export function bucketSumsU16(
  lanes: usize, runs: usize, count: i32, width: f64, wanted: i32, cells: usize,
): i32 {
  return bucketSums<u16>(lanes, runs, count, width, wanted, cells);
}

export function bucketSumsU32(
  lanes: usize, runs: usize, count: i32, width: f64, wanted: i32, cells: usize,
): i32 {
  return bucketSums<u32>(lanes, runs, count, width, wanted, cells);
}

/** Empties cells. */
export function clearCells(cells: usize, count: i32): void {
  for (const end = cells + <usize>count * CELL_BYTES; cells < end; cells += CELL_BYTES) {
    store<u64>(cells, 0);
    store<f64>(cells, 0, SUM);
    v128.store(cells, i8x16.splat(-1), LOWS);
    v128.store(cells, i8x16.splat(0), HIGHS);
  }
}

/** Fills in the smallest and largest lane of cells that have rows. */
export function finishCellsU8(cells: usize, count: i32): void {
  finishCells<u8>(cells, count);
}

export function finishCellsU16(cells: usize, count: i32): void {
  finishCells<u16>(cells, count);
}

export function finishCellsU32(cells: usize, count: i32): void {
  finishCells<u32>(cells, count);
}

/** Answers in how many pieces the borders of buckets cut the runs. */
// @ts-ignore: decorator
@inline
function bucketSums<T>(
  lanes: usize, runs: usize, count: i32, width: f64, wanted: i32, cells: usize,
): i32 {
  if (wanted !== 0) fetchEnds<T>(lanes, runs, count, cells);
  let pieces = 0;
  for (let i = 0; i < count; i++, runs += RUN_BYTES) {
    let row = load<u32>(runs);
    const end = load<u32>(runs, 4);
    let time = load<f64>(runs, 8);
    const step = load<f64>(runs, 16);
    let bucket = Math.floor(time / width);
    while (row < end) {
      // Quotients of whole numbers below 2^53 are not rounded over a whole number.
      const steps = Math.ceil(((bucket + 1) * width - time) / step);
      const next = steps < <f64>(end - row) ? row + <u32>steps : end;
      const cell = cells + <usize>bucket * CELL_BYTES;
      const from = lanes + <usize>row * sizeof<T>();
      const to = lanes + <usize>next * sizeof<T>();
      store<u32>(cell, load<u32>(cell) + (next - row));
      if (wanted & WANTS_SUMS) store<f64>(cell, load<f64>(cell, SUM) + <f64>sumOf<T>(from, to), SUM);
      if (wanted & WANTS_EXTREMES) addExtremes<T>(from, to, cell);
      time += steps * step;
      row = next;
      pieces++;
      bucket = time < (bucket + 2) * width ? bucket + 1 : Math.floor(time / width);
    }
  }
  return pieces;
}

/**
 * Looks at the first and last lane of each run, which seldom are in a cache: the processor waits for many of them
 * at once here, and for one after the other where there is work in between.
 */
// @ts-ignore: decorator
@inline
function fetchEnds<T>(lanes: usize, runs: usize, count: i32, cells: usize): void {
  let seen: u32 = 0;
  for (let i = 0; i < count; i++, runs += RUN_BYTES) {
    seen |= <u32>load<T>(lanes + <usize>load<u32>(runs) * sizeof<T>());
    seen |= <u32>load<T>(lanes + (<usize>load<u32>(runs, 4) - 1) * sizeof<T>());
  }
  store<u32>(cells, seen, 4);
}

/** Of at most 65,536 lanes. */
// @ts-ignore: decorator
@inline
function sumOf<T>(pointer: usize, end: usize): u64 {
  let total: u64 = 0;
  const wideEnd = pointer + ((end - pointer) & ~15);
  if (pointer < wideEnd) {
    // 4,096 steps of four bytes, and 8,192 of two words, leave no 32-bit sum.
    let sums = i32x4.splat(0);
    let wide = i64x2.splat(0);
    for (; pointer < wideEnd; pointer += 16) {
      const next = v128.load(pointer);
      if (sizeof<T>() == 1) {
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(next)));
      } else if (sizeof<T>() == 2) {
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(next));
      } else {
        wide = i64x2.add(wide, i64x2.add(i64x2.extend_low_i32x4_u(next), i64x2.extend_high_i32x4_u(next)));
      }
    }
    total = sizeof<T>() == 4
      ? <u64>i64x2.extract_lane(wide, 0) + <u64>i64x2.extract_lane(wide, 1)
      : <u64>(<u32>i32x4.extract_lane(sums, 0)) + <u64>(<u32>i32x4.extract_lane(sums, 1)) +
        <u64>(<u32>i32x4.extract_lane(sums, 2)) + <u64>(<u32>i32x4.extract_lane(sums, 3));
  }
  for (; pointer < end; pointer += sizeof<T>()) total += <u64>load<T>(pointer);
  return total;
}

/** Extremes do not mind where in a register a lane is, nor whether it is looked at twice. */
// @ts-ignore: decorator
@inline
function addExtremes<T>(pointer: usize, end: usize, cell: usize): void {
  let lows = v128.load(cell, LOWS);
  let highs = v128.load(cell, HIGHS);
  for (; pointer + 16 <= end; pointer += 16) {
    const next = v128.load(pointer);
    lows = v128.min<T>(lows, next);
    highs = v128.max<T>(highs, next);
  }
  if (pointer < end) {
    // The last 16 bytes, of which those before `pointer` are left out. Lanes never lie that low in memory.
    const last = v128.load(end - 16);
    const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const before = i8x16.lt_u(places, i8x16.splat(<i8>(16 - (end - pointer))));
    lows = v128.min<T>(lows, v128.or(last, before));
    highs = v128.max<T>(highs, v128.andnot(last, before));
  }
  v128.store(cell, lows, LOWS);
  v128.store(cell, highs, HIGHS);
}

// @ts-ignore: decorator
@inline
function finishCells<T>(cells: usize, count: i32): void {
  for (const end = cells + <usize>count * CELL_BYTES; cells < end; cells += CELL_BYTES) {
    let low = u32.MAX_VALUE;
    let high: u32 = 0;
    for (let at: usize = 0; at < 16; at += sizeof<T>()) {
      low = min(low, <u32>load<T>(cells + at, LOWS));
      high = max(high, <u32>load<T>(cells + at, HIGHS));
    }
    store<f64>(cells, <f64>low, LOW);
    store<f64>(cells, <f64>high, HIGH);
  }
}
