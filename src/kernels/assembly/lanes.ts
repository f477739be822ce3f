/** Lanes to doubles: (base + lane * factor) / divisor. Sources may be read up to 16 bytes past their end. */

// @ts-ignore: decorator
@inline
function scaled(pair: v128, base: v128, factor: v128): v128 {
  return f64x2.add(base, f64x2.mul(pair, factor));
}

/** Stores four lanes that are below 2^31, as doubles. */
// @ts-ignore: decorator
@inline
function storeFour(
  dst: usize,
  four: v128,
  base: v128,
  factor: v128,
  divisor: v128,
  divide: bool,
): void {
  let low = scaled(f64x2.convert_low_i32x4_s(four), base, factor);
  const upper = i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  let high = scaled(f64x2.convert_low_i32x4_s(upper), base, factor);
  if (divide) {
    low = f64x2.div(low, divisor);
    high = f64x2.div(high, divisor);
  }
  v128.store(dst, low);
  v128.store(dst, high, 16);
}

// @ts-ignore: decorator
@inline
function widen<T>(
  src: usize,
  dst: usize,
  count: i32,
  base: f64,
  factor: f64,
  divisor: f64,
  divide: bool,
): void {
  const bases = f64x2.splat(base);
  const factors = f64x2.splat(factor);
  const divisors = f64x2.splat(divisor);
  let i = 0;
  for (; i <= count - 8; i += 8) {
    if (sizeof<T>() === 1) {
      const eight = v128.load8x8_u(src + i);
      const low = i32x4.extend_low_i16x8_u(eight);
      const high = i32x4.extend_high_i16x8_u(eight);
      storeFour(dst, low, bases, factors, divisors, divide);
      storeFour(dst + 32, high, bases, factors, divisors, divide);
    } else {
      const eight = v128.load(src + (i << 1));
      const low = i32x4.extend_low_i16x8_u(eight);
      const high = i32x4.extend_high_i16x8_u(eight);
      storeFour(dst, low, bases, factors, divisors, divide);
      storeFour(dst + 32, high, bases, factors, divisors, divide);
    }
    dst += 64;
  }
  for (; i < count; i++) {
    const lane = <f64>load<T>(src + i * sizeof<T>());
    store<f64>(dst, (base + lane * factor) / divisor);
    dst += 8;
  }
}

export function widenU8(
  src: usize,
  dst: usize,
  count: i32,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  if (divisor === 1) widen<u8>(src, dst, count, base, factor, divisor, false);
  else widen<u8>(src, dst, count, base, factor, divisor, true);
}

export function widenU16(
  src: usize,
  dst: usize,
  count: i32,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  if (divisor === 1) widen<u16>(src, dst, count, base, factor, divisor, false);
  else widen<u16>(src, dst, count, base, factor, divisor, true);
}

/** Lanes of 32 bits reach beyond what converts as signed: 2^31 is taken off before and added after. */
export function widenU32(
  src: usize,
  dst: usize,
  count: i32,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  const bias = f64x2.splat(2147483648.0);
  const sign = i32x4.splat(i32.MIN_VALUE);
  const bases = f64x2.splat(base);
  const factors = f64x2.splat(factor);
  const divisors = f64x2.splat(divisor);
  let i = 0;
  for (; i <= count - 2; i += 2) {
    const pair = v128.xor(v128.load64_zero(src), sign);
    const lanes = f64x2.add(f64x2.convert_low_i32x4_s(pair), bias);
    let value = scaled(lanes, bases, factors);
    if (divisor !== 1) value = f64x2.div(value, divisors);
    v128.store(dst, value);
    src += 8;
    dst += 16;
  }
  if (i < count) store<f64>(dst, (base + <f64>load<u32>(src) * factor) / divisor);
}

/**
 * The same for `ranges` stretches of lanes: each its first lane and the one behind its last, u32 both. Their
 * doubles follow each other.
 */
export function widenRangesU8(
  src: usize,
  borders: usize,
  ranges: i32,
  dst: usize,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  for (let r = 0; r < ranges; r++) {
    const start: usize = load<u32>(borders + (<usize>r << 3));
    const count: i32 = <i32>(load<u32>(borders + (<usize>r << 3), 4) - start);
    widenU8(src + start, dst, count, base, factor, divisor);
    dst += <usize>count << 3;
  }
}

export function widenRangesU16(
  src: usize,
  borders: usize,
  ranges: i32,
  dst: usize,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  for (let r = 0; r < ranges; r++) {
    const start: usize = load<u32>(borders + (<usize>r << 3));
    const count: i32 = <i32>(load<u32>(borders + (<usize>r << 3), 4) - start);
    widenU16(src + (start << 1), dst, count, base, factor, divisor);
    dst += <usize>count << 3;
  }
}

export function widenRangesU32(
  src: usize,
  borders: usize,
  ranges: i32,
  dst: usize,
  base: f64,
  factor: f64,
  divisor: f64,
): void {
  for (let r = 0; r < ranges; r++) {
    const start: usize = load<u32>(borders + (<usize>r << 3));
    const count: i32 = <i32>(load<u32>(borders + (<usize>r << 3), 4) - start);
    widenU32(src + (start << 2), dst, count, base, factor, divisor);
    dst += <usize>count << 3;
  }
}
