/**
 * Rows whose lane lies between two, both included, as ranges: their first rows and the rows behind their
 * last, one after the other, u32 each, counted from `row`. Returns how many numbers were written, twice the
 * ranges; there is room for `count` + 1.
 */

// @ts-ignore: decorator
@inline
function within<T>(at: usize, lows: v128, spans: v128): v128 {
  const distance = v128.sub<T>(v128.load(at), lows);
  return v128.eq<T>(v128.min<T>(distance, spans), distance);
}

/** A bit for each of the next sixteen lanes. */
// @ts-ignore: decorator
@inline
function sixteen<T>(at: usize, lows: v128, spans: v128): i32 {
  const first = within<T>(at, lows, spans);
  if (sizeof<T>() === 1) return i8x16.bitmask(first);
  const second = within<T>(at + 16, lows, spans);
  if (sizeof<T>() === 2) return i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
  const third = within<T>(at + 32, lows, spans);
  const fourth = within<T>(at + 48, lows, spans);
  const low = i16x8.narrow_i32x4_s(first, second);
  const high = i16x8.narrow_i32x4_s(third, fourth);
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

// @ts-ignore: decorator
@inline
function select<T>(src: usize, count: i32, low: T, high: T, row: i32, out: usize): i32 {
  const start = out;
  const lows = v128.splat<T>(low);
  const spans = v128.splat<T>(<T>(<u32>high - <u32>low));
  /** 1 while the last row was in. */
  let open = 0;
  let i = 0;
  for (; i <= count - 16; i += 16) {
    const bits = sixteen<T>(src, lows, spans);
    src += 16 * sizeof<T>();
    // A border is where a row is in and the one before it is not, or the other way round.
    let borders = (bits ^ ((bits << 1) | open)) & 0xffff;
    open = bits >> 15;
    while (borders !== 0) {
      store<u32>(out, row + i + ctz(borders));
      out += 4;
      borders &= borders - 1;
    }
  }
  for (; i < count; i++) {
    const lane = load<T>(src);
    src += sizeof<T>();
    const isIn = i32(lane >= low && lane <= high);
    if (isIn === open) continue;
    store<u32>(out, row + i);
    out += 4;
    open = isIn;
  }
  if (open !== 0) {
    store<u32>(out, row + count);
    out += 4;
  }
  return <i32>((out - start) >> 2);
}

export function selectU8(src: usize, count: i32, low: u32, high: u32, row: i32, out: usize): i32 {
  return select<u8>(src, count, <u8>low, <u8>high, row, out);
}

export function selectU16(src: usize, count: i32, low: u32, high: u32, row: i32, out: usize): i32 {
  return select<u16>(src, count, <u16>low, <u16>high, row, out);
}

export function selectU32(src: usize, count: i32, low: u32, high: u32, row: i32, out: usize): i32 {
  return select<u32>(src, count, low, high, row, out);
}
