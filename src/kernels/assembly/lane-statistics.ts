/** What the encoder wants to know about a vector of at most 1,024 lanes. Results lie in globals. */

/** Smallest and largest lane, and stretches of equal ones. */
export let lowest: u32 = 0;
export let highest: u32 = 0;
export let runCount: i32 = 0;

/** Bits that a number needs. */
// @ts-ignore: decorator
@inline
export function bitsOf(value: u32): i32 {
  return 32 - clz(value);
}

/** Takes note of the vector's lanes; uses 32 bytes of `work`. */
export function summarise<T>(from: usize, count: i32, work: usize): void {
  const perStep: i32 = 16 / sizeof<T>();
  let low = v128.splat<T>(load<T>(from));
  let high = low;
  let equalBytes: i32 = 0;
  let i = 1;
  for (; i <= count - perStep; i += perStep) {
    const at = from + i * sizeof<T>();
    const lanes = v128.load(at);
    low = v128.min<T>(low, lanes);
    high = v128.max<T>(high, lanes);
    const same = v128.eq<T>(lanes, v128.load(at - sizeof<T>()));
    equalBytes += popcnt(<i32>i8x16.bitmask(same));
  }
  v128.store(work, low);
  v128.store(work, high, 16);
  let least: u32 = load<T>(from);
  let most = least;
  for (let lane = 0; lane < perStep; lane++) {
    least = min(least, <u32>load<T>(work + lane * sizeof<T>()));
    most = max(most, <u32>load<T>(work + 16 + lane * sizeof<T>()));
  }
  let equal = equalBytes / <i32>sizeof<T>();
  for (; i < count; i++) {
    const at = from + i * sizeof<T>();
    const lane = load<T>(at);
    least = min(least, <u32>lane);
    most = max(most, <u32>lane);
    if (lane === load<T>(at - sizeof<T>())) equal++;
  }
  lowest = least;
  highest = most;
  runCount = count - equal;
}

/** How many of the numbers have at most `width` bits. Whole steps only: pad with zeros and count them. */
export function countWithin<T>(from: usize, padded: i32, width: i32): i32 {
  const perStep: i32 = 16 / sizeof<T>();
  const limit = v128.splat<T>(<T>((<u64>1 << width) - 1));
  let bytes: i32 = 0;
  for (let i = 0; i < padded; i += perStep) {
    const lanes = v128.load(from);
    const within = v128.eq<T>(v128.min<T>(lanes, limit), lanes);
    bytes += popcnt(<i32>i8x16.bitmask(within));
    from += 16;
  }
  return bytes / <i32>sizeof<T>();
}

/** number = lane - base; zeros behind the last up to a whole group of 128. */
export function subtractBase<T>(from: usize, to: usize, count: i32, base: T): void {
  const perStep: i32 = 16 / sizeof<T>();
  const bases = v128.splat<T>(base);
  let i = 0;
  for (; i <= count - perStep; i += perStep) {
    v128.store(to + i * sizeof<T>(), v128.sub<T>(v128.load(from + i * sizeof<T>()), bases));
  }
  for (; i < count; i++) {
    store<T>(to + i * sizeof<T>(), <T>(<u32>load<T>(from + i * sizeof<T>()) - <u32>base));
  }
  pad<T>(to, count);
}

/** number[i] = lane[i] - lane[i - 1] - step, which wraps around; number 0 is 0. */
export function subtractDeltas<T>(from: usize, to: usize, count: i32, step: T): void {
  const perStep: i32 = 16 / sizeof<T>();
  const steps = v128.splat<T>(step);
  store<T>(to, 0);
  let i = 1;
  for (; i <= count - perStep; i += perStep) {
    const at = from + i * sizeof<T>();
    const deltas = v128.sub<T>(v128.load(at), v128.load(at - sizeof<T>()));
    v128.store(to + i * sizeof<T>(), v128.sub<T>(deltas, steps));
  }
  for (; i < count; i++) {
    const at = from + i * sizeof<T>();
    const delta = <u32>load<T>(at) - <u32>load<T>(at - sizeof<T>());
    store<T>(to + i * sizeof<T>(), <T>(delta - <u32>step));
  }
  pad<T>(to, count);
}

function pad<T>(to: usize, count: i32): void {
  const padded = (count + 127) & ~127;
  memory.fill(to + count * sizeof<T>(), 0, (padded - count) * sizeof<T>());
}

/** Of signedExtremes. */
export let least: i32 = 0;
export let most: i32 = 0;

/** Smallest and largest of signed numbers; uses 32 bytes of `work`. */
export function signedExtremes<T>(from: usize, padded: i32, work: usize): void {
  let low = v128.load(from);
  let high = low;
  for (let i = 16; i < padded * <i32>sizeof<T>(); i += 16) {
    const numbers = v128.load(from + i);
    if (sizeof<T>() === 1) {
      low = i8x16.min_s(low, numbers);
      high = i8x16.max_s(high, numbers);
    } else if (sizeof<T>() === 2) {
      low = i16x8.min_s(low, numbers);
      high = i16x8.max_s(high, numbers);
    } else {
      low = i32x4.min_s(low, numbers);
      high = i32x4.max_s(high, numbers);
    }
  }
  v128.store(work, low);
  v128.store(work, high, 16);
  least = signed<T>(load<T>(work));
  most = signed<T>(load<T>(work, 16));
  for (let at: usize = sizeof<T>(); at < 16; at += sizeof<T>()) {
    least = min(least, signed<T>(load<T>(work + at)));
    most = max(most, signed<T>(load<T>(work + at, 16)));
  }
}

// @ts-ignore: decorator
@inline
export function signed<T>(number: T): i32 {
  if (sizeof<T>() === 1) return <i32>(<i8>number);
  if (sizeof<T>() === 2) return <i32>(<i16>number);
  return <i32>number;
}

/** Signed numbers as unsigned ones, small where those are near 0: 0, -1, 1, -2, 2, ... */
export function zigzag<T>(from: usize, to: usize, padded: i32): void {
  const bytes: i32 = padded * sizeof<T>();
  for (let i = 0; i < bytes; i += 16) {
    const numbers = v128.load(from + i);
    let signs = i32x4.splat(0);
    if (sizeof<T>() === 1) signs = i8x16.lt_s(numbers, signs);
    else if (sizeof<T>() === 2) signs = i16x8.lt_s(numbers, signs);
    else signs = i32x4.lt_s(numbers, signs);
    v128.store(to + i, v128.xor(v128.add<T>(numbers, numbers), signs));
  }
}
