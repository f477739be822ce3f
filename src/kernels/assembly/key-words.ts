/** Columns as words of keys, and back: `stride` is how far apart keys lie. */

/** Whole doubles as words of 32 bits, `stride` bytes apart; those out of range become the nearest in it. */
export function keyWords(source: usize, rows: i32, target: usize, stride: u32, isUnsigned: i32): void {
  const end = source + ((rows as usize) << 3);
  if (isUnsigned != 0) {
    for (; source < end; source += 8, target += stride) {
      store<u32>(target, <u32>(<i64>load<f64>(source)));
    }
  } else {
    for (; source < end; source += 8, target += stride) {
      store<i32>(target, <i32>load<f64>(source));
    }
  }
}

/** The same as 64 bits. */
export function keyWholes(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 3);
  for (; source < end; source += 8, target += stride) {
    store<i64>(target, <i64>load<f64>(source));
  }
}

/** Doubles as they are, all NaNs as one; returns 0 where there is a zero with a sign among them. */
export function keyFloats(source: usize, rows: i32, target: usize, stride: u32): i32 {
  const end = source + ((rows as usize) << 3);
  let signed = false;
  for (; source < end; source += 8, target += stride) {
    const bits = load<u64>(source);
    const value = load<f64>(source);
    signed = signed || bits == 0x8000000000000000;
    store<u64>(target, value == value ? bits : 0x7ff8000000000000);
  }
  return signed ? 0 : 1;
}

/** Words of 32 bits, `stride` bytes apart. */
export function spreadWords(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 2);
  for (; source < end; source += 4, target += stride) store<u32>(target, load<u32>(source));
}

/** The same for words of 64 bits. */
export function spreadLongs(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 3);
  for (; source < end; source += 8, target += stride) store<u64>(target, load<u64>(source));
}

/** Words that lie `stride` bytes apart, one behind the other. */
export function collectWords(source: usize, stride: u32, rows: i32, target: usize): void {
  const end = target + ((rows as usize) << 2);
  for (; target < end; target += 4, source += stride) store<u32>(target, load<u32>(source));
}

export function collectLongs(source: usize, stride: u32, rows: i32, target: usize): void {
  const end = target + ((rows as usize) << 3);
  for (; target < end; target += 8, source += stride) store<u64>(target, load<u64>(source));
}

/** Whole numbers of 64 bits as doubles; returns 0 where there is one beyond +-(2^53 - 1). */
export function wholeDoubles(source: usize, rows: i32, target: usize): i32 {
  const end = source + ((rows as usize) << 3);
  let wide = false;
  for (; source < end; source += 8, target += 8) {
    const value = load<i64>(source);
    wide = wide || value > 9007199254740991 || value < -9007199254740991;
    store<f64>(target, <f64>value);
  }
  return wide ? 0 : 1;
}

/** Keys of one width as keys of a larger one, with zeros behind them. */
export function widenKeys(source: usize, width: u32, rows: i32, target: usize, wide: u32): void {
  for (let row = 0; row < rows; row++, source += width, target += wide) {
    memory.copy(target, source, width);
    memory.fill(target + width, 0, wide - width);
  }
}
