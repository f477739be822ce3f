/**
 * Averages of integers as numerics: a whole number below 2^53 divided by a count, with the digits and the
 * scale that a division of numerics has. Digits are in base 10,000.
 */

const BASE: f64 = 10000;
const SIGNIFICANT_GROUPS: i32 = 4;
/** Counts up to which a rest times the base squared is exact, too. */
const PAIR_COUNT_MAX: f64 = 90071992;
const SIGN_NEGATIVE: u32 = 0x4000;

/** What was divided by last, and 1 divided by it: neighbours mostly have the same count. */
let divisor: f64 = 0;
let inverse: f64 = 0;

/** Digits before the point, those behind it at `work`, and how many of these there are. */
let whole: u64 = 0;
let groups: i32 = 0;

/**
 * Writes the quotients one behind the other to `out`, and the address and length of each to `entries`; those
 * of a count of 0 are empty. `work` has room for 64 bytes.
 */
export function writeQuotients(
  sums: usize, counts: usize, rows: i32, isText: i32, work: usize, entries: usize, out: usize,
): void {
  for (let i = 0; i < rows; i++) {
    const start = out;
    const count = load<f64>(counts + (<usize>i << 3));
    if (count !== 0) {
      const sum = load<f64>(sums + (<usize>i << 3));
      divide(abs(sum), count, work);
      out = isText !== 0 ? writeText(sum < 0, work, out) : writeBinary(sum < 0, work, out);
    }
    store<u32>(entries + (<usize>i << 3), <u32>start);
    store<u32>(entries + (<usize>i << 3), <u32>(out - start), 4);
  }
}

/** PostgreSQL's select_div_scale for two whole numbers, in groups of four digits. */
function scaleOf(size: f64, count: f64): i32 {
  const sizeUnit = unitOf(size);
  const countUnit = unitOf(count);
  let weight = weightOf(sizeUnit) - weightOf(countUnit);
  const sizeDigit = sizeUnit === 1 ? size : floor(size / sizeUnit);
  const countDigit = countUnit === 1 ? count : floor(count / countUnit);
  if (sizeDigit <= countDigit) weight--;
  return max(0, SIGNIFICANT_GROUPS - weight);
}

/** What the first digit counts; 1 for 0. */
// @ts-ignore: decorator
@inline
function unitOf(size: f64): f64 {
  if (size < BASE) return 1;
  if (size < BASE * BASE) return BASE;
  return size < BASE * BASE * BASE ? BASE * BASE : BASE * BASE * BASE;
}

// @ts-ignore: decorator
@inline
function weightOf(unit: f64): i32 {
  if (unit === 1) return 0;
  if (unit === BASE) return 1;
  return unit === BASE * BASE ? 2 : 3;
}

/**
 * Rounds half away from zero. Every product is below 2^53 and exact, so a rest tells of a quotient rounded up.
 * Pairs of groups, which are below 10^8, are products with the inverse: those are a part of 2^-25 off at most, and
 * the rest tells in which direction.
 */
function divide(size: f64, count: f64, work: usize): void {
  if (count !== divisor) {
    divisor = count;
    inverse = 1 / count;
  }
  groups = scaleOf(size, count);
  let first = floor(size / count);
  let rest = size - first * count;
  if (rest < 0) {
    first -= 1;
    rest += count;
  }
  let i = 0;
  if (count <= PAIR_COUNT_MAX) {
    for (; i + 2 <= groups; i += 2) {
      const dividend = rest * (BASE * BASE);
      let pair = floor(dividend * inverse);
      rest = dividend - pair * count;
      if (rest < 0) {
        pair -= 1;
        rest += count;
      } else if (rest >= count) {
        pair += 1;
        rest -= count;
      }
      const digits = <u32>pair;
      store<u32>(work + (<usize>i << 2), digits / 10000);
      store<u32>(work + (<usize>i << 2), digits % 10000, 4);
    }
  }
  for (; i < groups; i++) {
    const dividend = rest * BASE;
    let digit = floor(dividend / count);
    rest = dividend - digit * count;
    if (rest < 0) {
      digit -= 1;
      rest += count;
    }
    store<u32>(work + (<usize>i << 2), <u32>digit);
  }
  whole = <u64>first;
  if (rest * 2 >= count) roundUp(work);
}

function roundUp(work: usize): void {
  for (let i = groups - 1; i >= 0; i--) {
    const at = work + (<usize>i << 2);
    const digit = load<u32>(at) + 1;
    store<u32>(at, digit === 10000 ? 0 : digit);
    if (digit < 10000) return;
  }
  whole++;
}

function writeText(isNegative: bool, work: usize, out: usize): usize {
  if (isNegative) store<u8>(out++, 0x2d);
  let digits = 1;
  for (let power: u64 = 10; power <= whole; power *= 10) digits++;
  let rest = whole;
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(out + <usize>i, <u8>(0x30 + rest % 10));
    rest /= 10;
  }
  out += <usize>digits;
  if (groups === 0) return out;
  store<u8>(out++, 0x2e);
  for (let i = 0; i < groups; i++) {
    const digit = load<u32>(work + (<usize>i << 2));
    store<u8>(out, <u8>(0x30 + digit / 1000));
    store<u8>(out, <u8>(0x30 + (digit / 100) % 10), 1);
    store<u8>(out, <u8>(0x30 + (digit / 10) % 10), 2);
    store<u8>(out, <u8>(0x30 + digit % 10), 3);
    out += 4;
  }
  return out;
}

function writeBinary(isNegative: bool, work: usize, out: usize): usize {
  let end = groups;
  while (end > 0 && load<u32>(work + (<usize>(end - 1) << 2)) === 0) end--;
  let first = 0;
  let weight = -1;
  let at = out + 8;
  if (whole > 0 && whole < 10000) {
    weight = 0;
    at = put16(at, <u32>whole);
  } else if (whole > 0) {
    let power: u64 = 1;
    for (weight = 0; whole / power >= 10000; weight++) power *= 10000;
    for (let rest = whole; power > 0; power /= 10000) {
      const digit = rest / power;
      rest -= digit * power;
      at = put16(at, <u32>digit);
    }
    // Zeros at the end of a whole number are not written.
    while (end === 0 && load<u16>(at - 2) === 0) at -= 2;
  } else {
    while (first < end && load<u32>(work + (<usize>first << 2)) === 0) first++;
    weight = first < end ? -1 - first : 0;
  }
  for (let i = first; i < end; i++) at = put16(at, load<u32>(work + (<usize>i << 2)));
  put16(out, <u32>((at - out - 8) >>> 1));
  put16(out + 2, <u32>weight);
  put16(out + 4, isNegative ? SIGN_NEGATIVE : 0);
  put16(out + 6, <u32>(groups << 2));
  return at;
}

// @ts-ignore: decorator
@inline
function put16(at: usize, value: u32): usize {
  store<u16>(at, bswap<u16>(<u16>value));
  return at + 2;
}
