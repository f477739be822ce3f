/** Looks at doubles before they are encoded: are they whole, within what bounds, with what in common. */

const WHOLE_MAX: f64 = 9007199254740992;
/** Doubles after which a loop looks whether it may end early. */
const STRIDE = 512;

// @ts-ignore: decorator
@inline
function storeBounds(out: usize, low: v128, high: v128): void {
  store<f64>(out, min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1)));
  store<f64>(out, max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1)), 8);
}

/**
 * Writes value * power, rounded, to `dst` and their smallest and largest to `out`, as long as values come
 * back, bit for bit, when divided by the power. Returns `count`, or a row at most STRIDE before the first
 * value that does not. Nothing is written where the power is 1.
 */
export function scaleAll(src: usize, dst: usize, count: i32, power: f64, out: usize): i32 {
  const powers = f64x2.splat(power);
  const limit = f64x2.splat(WHOLE_MAX);
  const zero = f64x2.splat(0);
  let low = f64x2.splat(Infinity);
  let high = f64x2.splat(-Infinity);
  let i = 0;
  while (i < count) {
    let good = i64x2.splat(-1);
    const from = i;
    const stop = min(count, i + STRIDE);
    for (; i < stop; i += 2) {
      // An odd last value is looked at twice, not what lies behind it.
      const at = src + (<usize>i << 3);
      const value = i + 1 < count ? v128.load(at) : v128.load64_splat(at);
      // Adding 0 makes -0 another number than it was.
      const scaled = f64x2.add(f64x2.nearest(f64x2.mul(value, powers)), zero);
      const back = power === 1 ? scaled : f64x2.div(scaled, powers);
      good = v128.and(good, i64x2.eq(back, value));
      good = v128.and(good, f64x2.le(f64x2.abs(scaled), limit));
      low = f64x2.pmin(low, scaled);
      high = f64x2.pmax(high, scaled);
      if (power !== 1) v128.store(dst + (<usize>i << 3), scaled);
    }
    if (!i64x2.all_true(good)) return from;
  }
  storeBounds(out, low, high);
  return count;
}

/**
 * The same where exceptions may be: their positions (u16) go to `exceptions`, and the value before takes
 * their place. Returns how many there are; none of `out` is written where all are exceptions.
 */
export function scaleMost(
  src: usize,
  dst: usize,
  count: i32,
  power: f64,
  exceptions: usize,
  out: usize,
): i32 {
  let low = Infinity;
  let high = -Infinity;
  let found = 0;
  let previous: f64 = 0;
  let leading = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(src + (<usize>i << 3));
    const scaled = nearest(value * power) + 0;
    if (reinterpret<u64>(scaled / power) === reinterpret<u64>(value) && abs(scaled) <= WHOLE_MAX) {
      low = min(low, scaled);
      high = max(high, scaled);
      previous = scaled;
      if (leading === i) for (let k = 0; k < i; k++) store<f64>(dst + (<usize>k << 3), scaled);
    } else {
      if (leading === i) leading++;
      store<u16>(exceptions + (<usize>found << 1), <u16>i);
      found++;
    }
    store<f64>(dst + (<usize>i << 3), previous);
  }
  store<f64>(out, low);
  store<f64>(out, high, 8);
  return found;
}

/** Position from `start` on of the first whole number whose distance from `base` is no multiple; or count. */
export function firstNotMultiple(
  src: usize,
  start: i32,
  count: i32,
  base: f64,
  factor: f64,
): i32 {
  const bases = f64x2.splat(base);
  const factors = f64x2.splat(factor);
  let i = start;
  while (i <= count - 2) {
    const stop = min(count - 1, i + STRIDE);
    const from = i;
    let good = i64x2.splat(-1);
    for (; i < stop; i += 2) {
      const distance = f64x2.sub(v128.load(src + (<usize>i << 3)), bases);
      const times = f64x2.nearest(f64x2.div(distance, factors));
      good = v128.and(good, f64x2.eq(f64x2.mul(times, factors), distance));
    }
    if (!i64x2.all_true(good)) {
      i = from;
      break;
    }
  }
  for (; i < count; i++) {
    const distance = load<f64>(src + (<usize>i << 3)) - base;
    if (nearest(distance / factor) * factor !== distance) return i;
  }
  return count;
}

// @ts-ignore: decorator
@inline
function narrow<T>(src: usize, dst: usize, count: i32, base: f64, factor: f64): void {
  const bases = f64x2.splat(base);
  const factors = f64x2.splat(factor);
  let i = 0;
  if (factor === 1) {
    for (; i <= count - 2; i += 2) {
      const distance = f64x2.sub(v128.load(src), bases);
      storePair<T>(dst, i32x4.trunc_sat_f64x2_u_zero(distance));
      src += 16;
      dst += 2 * sizeof<T>();
    }
  } else {
    for (; i <= count - 2; i += 2) {
      const distance = f64x2.sub(v128.load(src), bases);
      storePair<T>(dst, i32x4.trunc_sat_f64x2_u_zero(f64x2.div(distance, factors)));
      src += 16;
      dst += 2 * sizeof<T>();
    }
  }
  if (i < count) store<T>(dst, <T>(<u32>((load<f64>(src) - base) / factor)));
}

// @ts-ignore: decorator
@inline
function storePair<T>(dst: usize, pair: v128): void {
  if (sizeof<T>() === 4) v128.store64_lane(dst, pair, 0);
  else if (sizeof<T>() === 2) {
    v128.store32_lane(dst, i8x16.shuffle(pair, pair, 0, 1, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  } else {
    v128.store16_lane(dst, i8x16.shuffle(pair, pair, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  }
}

/** lane = (number - base) / factor; all are whole and fit. */
export function narrowU8(src: usize, dst: usize, count: i32, base: f64, factor: f64): void {
  narrow<u8>(src, dst, count, base, factor);
}

export function narrowU16(src: usize, dst: usize, count: i32, base: f64, factor: f64): void {
  narrow<u16>(src, dst, count, base, factor);
}

export function narrowU32(src: usize, dst: usize, count: i32, base: f64, factor: f64): void {
  narrow<u32>(src, dst, count, base, factor);
}

/**
 * Smallest and largest double of each vector of 1,024, to arrays of doubles. NaN counts as infinity and is
 * never the smallest.
 */
export function vectorBounds(src: usize, count: i32, minimums: usize, maximums: usize): void {
  for (let from = 0; from < count; from += 1024) {
    const stop = min(count, from + 1024);
    let low = f64x2.splat(Infinity);
    let high = f64x2.splat(-Infinity);
    let ordered = i64x2.splat(-1);
    let i = from;
    for (; i <= stop - 2; i += 2) {
      const value = v128.load(src + (<usize>i << 3));
      low = f64x2.pmin(low, value);
      high = f64x2.pmax(high, value);
      ordered = v128.and(ordered, f64x2.eq(value, value));
    }
    if (i < stop) {
      const value = v128.load64_splat(src + (<usize>i << 3));
      low = f64x2.pmin(low, value);
      high = f64x2.pmax(high, value);
      ordered = v128.and(ordered, f64x2.eq(value, value));
    }
    const least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
    const most = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
    store<f64>(minimums, least);
    store<f64>(maximums, i64x2.all_true(ordered) ? most : Infinity);
    minimums += 8;
    maximums += 8;
  }
}
