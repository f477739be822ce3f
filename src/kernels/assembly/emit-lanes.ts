/** From unpacked numbers (lanes of type R) to a vector's lanes (type T, at least as wide): the last step. */

/** The next 128 bits of lanes of type T. */
// @ts-ignore: decorator
@inline
export function loadAs<R, T>(from: usize): v128 {
  if (sizeof<R>() === sizeof<T>()) return v128.load(from);
  if (sizeof<R>() === 1) {
    if (sizeof<T>() === 2) return v128.load8x8_u(from);
    return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
  }
  return v128.load16x4_u(from);
}

/** Lanes as wide as the target's, for exceptions to be written among them. */
export function extend<R, T>(from: usize, to: usize, count: i32): void {
  const perStep: i32 = 16 / sizeof<T>();
  for (let i = 0; i < count; i += perStep) {
    v128.store(to, loadAs<R, T>(from));
    from += perStep * sizeof<R>();
    to += 16;
  }
}

/** lane = base + number. */
export function addBase<R, T>(from: usize, to: usize, count: i32, base: T): void {
  const perStep: i32 = 16 / sizeof<T>();
  const bases = v128.splat<T>(base);
  let i = 0;
  for (; i <= count - perStep; i += perStep) {
    v128.store(to, v128.add<T>(loadAs<R, T>(from), bases));
    from += perStep * sizeof<R>();
    to += 16;
  }
  for (; i < count; i++) {
    store<T>(to, <T>(<u32>load<R>(from) + <u32>base));
    from += sizeof<R>();
    to += sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function zero(): v128 {
  return i32x4.splat(0);
}

/** Sums of the lanes up to each. */
// @ts-ignore: decorator
@inline
function prefixSums<T>(x: v128): v128 {
  // prettier-ignore
  if (sizeof<T>() === 1) {
    x = i8x16.add(x, i8x16.shuffle(zero(), x, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30));
  }
  if (sizeof<T>() <= 2) {
    const moved = i16x8.shuffle(zero(), x, 0, 8, 9, 10, 11, 12, 13, 14);
    x = v128.add<T>(x, moved);
  }
  x = v128.add<T>(x, i32x4.shuffle(zero(), x, 0, 4, 5, 6));
  return v128.add<T>(x, i64x2.shuffle(zero(), x, 0, 2));
}

/** The last lane in all lanes. */
// @ts-ignore: decorator
@inline
function splatLast<T>(x: v128): v128 {
  // prettier-ignore
  if (sizeof<T>() === 1) {
    return i8x16.shuffle(x, x, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15);
  }
  if (sizeof<T>() === 2) return i16x8.shuffle(x, x, 7, 7, 7, 7, 7, 7, 7, 7);
  return i32x4.shuffle(x, x, 3, 3, 3, 3);
}

/** lane[i] = lane[i - 1] + step + number[i], from `first`, which already stands before number 0 and step. */
export function addDeltas<R, T>(from: usize, to: usize, count: i32, first: T, step: T): void {
  const perStep: i32 = 16 / sizeof<T>();
  const steps = v128.splat<T>(step);
  let carry = v128.splat<T>(first);
  let i = 0;
  for (; i <= count - perStep; i += perStep) {
    const sums = prefixSums<T>(v128.add<T>(loadAs<R, T>(from), steps));
    const lanes = v128.add<T>(sums, carry);
    v128.store(to, lanes);
    carry = splatLast<T>(lanes);
    from += perStep * sizeof<R>();
    to += 16;
  }
  let last = <u32>v128.extract_lane<T>(carry, 0);
  for (; i < count; i++) {
    last += <u32>step + <u32>load<R>(from);
    store<T>(to, <T>last);
    from += sizeof<R>();
    to += sizeof<T>();
  }
}
