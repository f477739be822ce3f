/**
 * Registers: some rows of an expression's value as signed integers of 32 bits, aligned to 16 bytes, with
 * room for a multiple of four. Truth is -1 or 0. What callers add up or multiply must fit.
 */

/** value[i] = base + lane[i] * factor. Sources may be read up to 16 bytes past their end. */
// @ts-ignore: decorator
@inline
function scaled(four: v128, bases: v128, factors: v128, scale: bool): v128 {
  return scale ? i32x4.add(bases, i32x4.mul(four, factors)) : four;
}

// @ts-ignore: decorator
@inline
function read<T>(src: usize, dst: usize, count: i32, base: i32, factor: i32): void {
  const bases = i32x4.splat(base);
  const factors = i32x4.splat(factor);
  const scale = factor !== 1 || base !== 0;
  let i = 0;
  for (; i <= count - 8; i += 8) {
    const eight = sizeof<T>() === 1 ? v128.load8x8_u(src) : v128.load(src);
    v128.store(dst, scaled(i32x4.extend_low_i16x8_u(eight), bases, factors, scale));
    v128.store(dst, scaled(i32x4.extend_high_i16x8_u(eight), bases, factors, scale), 16);
    src += 8 * sizeof<T>();
    dst += 32;
  }
  for (; i < count; i++) {
    store<i32>(dst, base + <i32>load<T>(src) * factor);
    src += sizeof<T>();
    dst += 4;
  }
}

export function readU8(src: usize, dst: usize, count: i32, base: i32, factor: i32): void {
  read<u8>(src, dst, count, base, factor);
}

export function readU16(src: usize, dst: usize, count: i32, base: i32, factor: i32): void {
  read<u16>(src, dst, count, base, factor);
}

/** The lanes' numbers less 2^31. */
export function readU32(src: usize, dst: usize, count: i32): void {
  const sign = i32x4.splat(i32.MIN_VALUE);
  let i = 0;
  for (; i <= count - 4; i += 4) {
    v128.store(dst, v128.xor(v128.load(src), sign));
    src += 16;
    dst += 16;
  }
  for (; i < count; i++) {
    store<i32>(dst, load<i32>(src) ^ i32.MIN_VALUE);
    src += 4;
    dst += 4;
  }
}

// @ts-ignore: decorator
@inline
function inside<T>(src: usize, lows: v128, spans: v128): v128 {
  const distance = v128.sub<T>(v128.load(src), lows);
  return v128.eq<T>(v128.min<T>(distance, spans), distance);
}

/** Widens truth of 16 bits a row. */
// @ts-ignore: decorator
@inline
function storeEight(dst: usize, eight: v128): void {
  v128.store(dst, i32x4.extend_low_i16x8_s(eight));
  v128.store(dst, i32x4.extend_high_i16x8_s(eight), 16);
}

/** Whether lanes lie between two, both included. */
// @ts-ignore: decorator
@inline
function between<T>(src: usize, dst: usize, count: i32, low: u32, high: u32): void {
  const lows = v128.splat<T>(<T>low);
  const spans = v128.splat<T>(<T>(high - low));
  const step = 16 / sizeof<T>();
  let i = 0;
  for (; i <= count - <i32>step; i += <i32>step) {
    const truth = inside<T>(src, lows, spans);
    if (sizeof<T>() === 1) {
      storeEight(dst, i16x8.extend_low_i8x16_s(truth));
      storeEight(dst + 32, i16x8.extend_high_i8x16_s(truth));
    } else if (sizeof<T>() === 2) storeEight(dst, truth);
    else v128.store(dst, truth);
    src += 16;
    dst += 4 * step;
  }
  for (; i < count; i++) {
    store<i32>(dst, -i32(<u32>load<T>(src) - low <= high - low));
    src += sizeof<T>();
    dst += 4;
  }
}

export function betweenU8(src: usize, dst: usize, count: i32, low: u32, high: u32): void {
  between<u8>(src, dst, count, low, high);
}

export function betweenU16(src: usize, dst: usize, count: i32, low: u32, high: u32): void {
  between<u16>(src, dst, count, low, high);
}

export function betweenU32(src: usize, dst: usize, count: i32, low: u32, high: u32): void {
  between<u32>(src, dst, count, low, high);
}

/** Rows [from, to) of a register. */
export function fillRows(dst: usize, from: i32, to: i32, value: i32): void {
  const end = dst + (<usize>to << 2);
  for (let at = dst + (<usize>from << 2); at < end; at += 4) store<i32>(at, value);
}

const enum Operation {
  Add,
  Subtract,
  Multiply,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Least,
  Greatest,
  And,
  Or,
  AndNot,
}

// @ts-ignore: decorator
@inline
function apply(operation: Operation, a: v128, b: v128): v128 {
  switch (operation) {
    case Operation.Add: return i32x4.add(a, b);
    case Operation.Subtract: return i32x4.sub(a, b);
    case Operation.Multiply: return i32x4.mul(a, b);
    case Operation.Equal: return i32x4.eq(a, b);
    case Operation.NotEqual: return i32x4.ne(a, b);
    case Operation.Less: return i32x4.lt_s(a, b);
    case Operation.LessOrEqual: return i32x4.le_s(a, b);
    case Operation.Least: return i32x4.min_s(a, b);
    case Operation.Greatest: return i32x4.max_s(a, b);
    case Operation.And: return v128.and(a, b);
    case Operation.Or: return v128.or(a, b);
    default: return v128.andnot(a, b);
  }
}

// @ts-ignore: decorator
@inline
function each(operation: Operation, a: usize, b: usize, dst: usize, count: i32): void {
  const end = dst + (<usize>count << 2);
  while (dst < end) {
    v128.store(dst, apply(operation, v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    dst += 16;
  }
}

export function addRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Add, a, b, dst, count);
}

export function subtractRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Subtract, a, b, dst, count);
}

export function multiplyRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Multiply, a, b, dst, count);
}

export function equalRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Equal, a, b, dst, count);
}

export function notEqualRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.NotEqual, a, b, dst, count);
}

export function lessRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Less, a, b, dst, count);
}

export function lessOrEqualRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.LessOrEqual, a, b, dst, count);
}

export function leastRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Least, a, b, dst, count);
}

export function greatestRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Greatest, a, b, dst, count);
}

export function andRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.And, a, b, dst, count);
}

export function orRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.Or, a, b, dst, count);
}

/** a where b is not. */
export function andNotRows(a: usize, b: usize, dst: usize, count: i32): void {
  each(Operation.AndNot, a, b, dst, count);
}

// @ts-ignore: decorator
@inline
function quotients(a: v128, b: v128): v128 {
  return i32x4.trunc_sat_f64x2_s_zero(
    f64x2.div(f64x2.convert_low_i32x4_s(a), f64x2.convert_low_i32x4_s(b)),
  );
}

// @ts-ignore: decorator
@inline
function divided(a: v128, b: v128): v128 {
  const low = quotients(a, b);
  const high = quotients(
    v128.shuffle<u64>(a, a, 1, 1),
    v128.shuffle<u64>(b, b, 1, 1),
  );
  return v128.shuffle<u64>(low, high, 0, 2);
}

/** a / b without its fraction. Doubles tell it exactly for 32 bits; b is never 0 where it matters. */
export function divideRows(a: usize, b: usize, dst: usize, count: i32): void {
  const end = dst + (<usize>count << 2);
  for (; dst < end; dst += 16) {
    v128.store(dst, divided(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
}

/** What is left of a, with its sign. */
export function remainderRows(a: usize, b: usize, dst: usize, count: i32): void {
  const end = dst + (<usize>count << 2);
  for (; dst < end; dst += 16) {
    const left = v128.load(a);
    const right = v128.load(b);
    v128.store(dst, i32x4.sub(left, i32x4.mul(divided(left, right), right)));
    a += 16;
    b += 16;
  }
}

/** a where the truth says so, b elsewhere. */
export function chooseRows(truth: usize, a: usize, b: usize, dst: usize, count: i32): void {
  const end = dst + (<usize>count << 2);
  while (dst < end) {
    v128.store(dst, v128.bitselect(v128.load(a), v128.load(b), v128.load(truth)));
    truth += 16;
    a += 16;
    b += 16;
    dst += 16;
  }
}

/** How many of the rows [from, to) are true. */
export function countRows(truth: usize, from: i32, to: i32): i32 {
  let at = truth + (<usize>from << 2);
  const end = truth + (<usize>to << 2);
  const wideEnd = at + ((end - at) & ~15);
  let four = i32x4.splat(0);
  for (; at < wideEnd; at += 16) four = i32x4.sub(four, v128.load(at));
  let count =
    i32x4.extract_lane(four, 0) + i32x4.extract_lane(four, 1) +
    i32x4.extract_lane(four, 2) + i32x4.extract_lane(four, 3);
  for (; at < end; at += 4) count -= load<i32>(at);
  return count;
}

/** The sum of a value's rows [from, to) that are true. */
export function sumRows(values: usize, truth: usize, from: i32, to: i32): f64 {
  let at = <usize>from << 2;
  const end = <usize>to << 2;
  const wideEnd = at + ((end - at) & ~15);
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (; at < wideEnd; at += 16) {
    const four = v128.and(v128.load(values + at), v128.load(truth + at));
    low = i64x2.add(low, i64x2.extend_low_i32x4_s(four));
    high = i64x2.add(high, i64x2.extend_high_i32x4_s(four));
  }
  low = i64x2.add(low, high);
  let sum = i64x2.extract_lane(low, 0) + i64x2.extract_lane(low, 1);
  for (; at < end; at += 4) sum += <i64>(load<i32>(values + at) & load<i32>(truth + at));
  return <f64>sum;
}

/** The sum of the squares of (value - base), which is below 2^16, over the rows that are true. */
export function squareRows(values: usize, truth: usize, from: i32, to: i32, base: i32): f64 {
  let at = <usize>from << 2;
  const end = <usize>to << 2;
  const wideEnd = at + ((end - at) & ~15);
  const bases = i32x4.splat(base);
  let sums = i64x2.splat(0);
  for (; at < wideEnd; at += 16) {
    const four = v128.and(i32x4.sub(v128.load(values + at), bases), v128.load(truth + at));
    sums = i64x2.add(sums, i64x2.extmul_low_i32x4_u(four, four));
    sums = i64x2.add(sums, i64x2.extmul_high_i32x4_u(four, four));
  }
  let sum = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
  for (; at < end; at += 4) {
    const one = <i64>((load<i32>(values + at) - base) & load<i32>(truth + at));
    sum += one * one;
  }
  return <f64>sum;
}

/** The least of the rows that are true; the largest number where there are none. */
export function minimumRows(values: usize, truth: usize, from: i32, to: i32): i32 {
  let at = <usize>from << 2;
  const end = <usize>to << 2;
  const wideEnd = at + ((end - at) & ~15);
  const none = i32x4.splat(i32.MAX_VALUE);
  let least = none;
  for (; at < wideEnd; at += 16) {
    least = i32x4.min_s(least, v128.bitselect(v128.load(values + at), none, v128.load(truth + at)));
  }
  let found = min(
    min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1)),
    min(i32x4.extract_lane(least, 2), i32x4.extract_lane(least, 3)),
  );
  for (; at < end; at += 4) {
    if (load<i32>(truth + at) !== 0) found = min(found, load<i32>(values + at));
  }
  return found;
}

/** The greatest of the rows that are true; the smallest number where there are none. */
export function maximumRows(values: usize, truth: usize, from: i32, to: i32): i32 {
  let at = <usize>from << 2;
  const end = <usize>to << 2;
  const wideEnd = at + ((end - at) & ~15);
  const none = i32x4.splat(i32.MIN_VALUE);
  let most = none;
  for (; at < wideEnd; at += 16) {
    most = i32x4.max_s(most, v128.bitselect(v128.load(values + at), none, v128.load(truth + at)));
  }
  let found = max(
    max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)),
    max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)),
  );
  for (; at < end; at += 4) {
    if (load<i32>(truth + at) !== 0) found = max(found, load<i32>(values + at));
  }
  return found;
}

/**
 * Counts the values among the rows that are true: four counters (u32) for each value from `low` on, of
 * which neighbouring rows take different ones, so that equal values do not wait for each other.
 */
export function countValues(
  values: usize, truth: usize, from: i32, to: i32, low: i32, counters: usize,
): void {
  for (let i = from; i < to; i++) {
    const at = <usize>i << 2;
    const slot = ((<usize>(load<i32>(values + at) - low)) << 4) | (at & 12);
    const counter = counters + slot;
    store<i32>(counter, load<i32>(counter) - load<i32>(truth + at));
  }
}
