/** Columns of integers and floats from decimal text. Eight digits at a time; no digit has a branch. */
import {
  FLAG_QUOTED,
  JOB_LIMIT,
  JOB_OUT,
  fieldAt,
  fieldStride,
  isNull,
  noteNull,
  nullMeta,
  noteOdd,
  resetCounts,
  BLOCK_ROWS,
} from './field-block';

const ZEROS: u64 = 0x3030303030303030;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;

const INTEGER_POWERS: StaticArray<u64> = [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
];
/** Powers of ten that doubles hold exactly. */
const EXACT_POWERS: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
  1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/** Exponents of the table of 128-bit powers of ten. */
const POWER_MIN: i32 = -64;
const POWER_MAX: i32 = 64;
/**
 * 128-bit mantissas of these powers, low word first, rounded down. It is the caller's memory: what an
 * instance clears when it begins is cleared for the other threads, too.
 */
let widePowers: usize = 0;

export function setWidePowers(table: usize): void {
  widePowers = table;
}

/** How many of the eight bytes are digits before the first that is not. */
// @ts-ignore: decorator
@inline
function leadingDigits(word: u64): u32 {
  const t = word ^ ZEROS;
  // A digit leaves the high bit clear; a carry can only come from a byte that is no digit.
  const others = ((t + 0x7676767676767676) | t) & 0x8080808080808080;
  return others == 0 ? 8 : ((ctz(others) >> 3) as u32);
}

// @ts-ignore: decorator
@inline
function leadingZeros(word: u64): u32 {
  const t = word ^ ZEROS;
  return t == 0 ? 8 : ((ctz(t) >> 3) as u32);
}

/** Value of the first `count` (1 to 8) bytes, which are digits. */
// @ts-ignore: decorator
@inline
function digitsValue(word: u64, count: u32): u64 {
  // Digits before what is missing become zeros: shifted to the end.
  return valueOf((word << ((64 - (count << 3)) as u64)) & 0x0f0f0f0f0f0f0f0f);
}

/** The eight bytes less '0', those behind the first `count` (1 to 8) being zeros before them. */
// @ts-ignore: decorator
@inline
function shifted(word: u64, count: u32): u64 {
  return (word ^ ZEROS) << ((64 - (count << 3)) as u64);
}

/** Whether all bytes of `shifted` are digits. */
// @ts-ignore: decorator
@inline
function areDigits(digits: u64): bool {
  return (((digits + 0x7676767676767676) | digits) & 0x8080808080808080) == 0;
}

/** Their value. */
// @ts-ignore: decorator
@inline
function valueOf(digits: u64): u64 {
  let w = (digits * 2561) >> 8;
  w = ((w & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((w & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** Integers to doubles: up to 16 digits, magnitude up to the job's limit. */
export function parseIntegers(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const limit = load<f64>(job, JOB_LIMIT);
  let out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    let start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    // Most numbers are this short: up to eight digits without sign or quotes.
    if (meta - 1 < 8 && meta != expected) {
      const digits = shifted(load<u64>(start), meta);
      const value = valueOf(digits) as f64;
      if (areDigits(digits) && value <= limit) {
        store<f64>(out, value);
        continue;
      }
    }
    if (isNull(job, expected, meta, start)) {
      store<f64>(out, 0);
      noteNull(job, row);
      continue;
    }
    let length = meta & ~FLAG_QUOTED;
    let word = load<u64>(start);
    const isNegative = (word as u8) == MINUS && length > 0;
    if (isNegative) {
      start++;
      length--;
      word = load<u64>(start);
    }
    const first = min(leadingDigits(word), length);
    let magnitude: u64 = 0;
    if (first > 0) magnitude = digitsValue(word, first);
    if (first != length || length == 0) {
      const rest = length - 8;
      word = load<u64>(start + 8);
      if (first != 8 || rest > 8 || leadingDigits(word) < rest) {
        noteOdd(block, job, row);
        continue;
      }
      magnitude = magnitude * load<u64>(changetype<usize>(INTEGER_POWERS) + ((rest as usize) << 3));
      magnitude += digitsValue(word, rest);
    }
    const value = magnitude as f64;
    if (value > limit) noteOdd(block, job, row);
    else store<f64>(out, isNegative && magnitude != 0 ? -value : value);
  }
}

const DIGITS_MAX: u32 = 19;
const HIGHEST: u64 = 0x7fffffffffffffff;

/** All integers of 64 bits, of up to 19 digits, as such. */
export function parseWides(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    let at: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, at)) {
      store<i64>(out, 0);
      noteNull(job, row);
      continue;
    }
    let left = meta & ~FLAG_QUOTED;
    const isNegative = left > 0 && load<u8>(at) == MINUS;
    if (isNegative) {
      at++;
      left--;
    }
    let isWhole = left - 1 < DIGITS_MAX;
    let magnitude: u64 = 0;
    while (isWhole && left > 0) {
      const count = min(left, 8);
      const digits = shifted(load<u64>(at), count);
      isWhole = areDigits(digits);
      const power = load<u64>(changetype<usize>(INTEGER_POWERS) + ((count as usize) << 3));
      magnitude = magnitude * power + valueOf(digits);
      at += 8;
      left -= count;
    }
    if (isWhole && magnitude <= HIGHEST + (isNegative ? 1 : 0)) {
      store<u64>(out, isNegative ? 0 - magnitude : magnitude);
    } else noteOdd(block, job, row);
  }
}

/** Digits that were read, as one number, and how many they were without zeros before them. */
let mantissa: u64 = 0;
let digitCount: u32 = 0;

/** Reads digits from `at` on; returns where they end. */
// @ts-ignore: decorator
@inline
function readDigits(at: usize, end: usize): usize {
  while (at < end) {
    const word = load<u64>(at);
    const count = min(leadingDigits(word), (end - at) as u32);
    if (count == 0) break;
    digitCount += mantissa == 0 ? count - min(leadingZeros(word), count) : count;
    mantissa =
      mantissa * load<u64>(changetype<usize>(INTEGER_POWERS) + ((count as usize) << 3)) +
      digitsValue(word, count);
    at += count;
    if (count < 8) break;
  }
  return at;
}

/** The value of decimal text without sign in [at, end), NaN where the caller has to read it. */
function parseDecimal(at: usize, end: usize): f64 {
  mantissa = 0;
  digitCount = 0;
  const start = at;
  at = readDigits(at, end);
  let digits = at - start;
  let exponent: i32 = 0;
  if (at < end && load<u8>(at) == POINT) {
    const point = at + 1;
    at = readDigits(point, end);
    digits += at - point;
    exponent = -((at - point) as i32);
  }
  if (digits == 0) return NaN;
  if (at < end) {
    const written = exponentOf(at, end);
    if (written == i32.MIN_VALUE) return NaN;
    exponent += written;
  }
  // The mantissa may have run over.
  if (digitCount > 19) return NaN;
  return scale(mantissa, exponent);
}

/** The number in `e[+-]dd`, at most three digits; MIN_VALUE where it is something else. */
function exponentOf(at: usize, end: usize): i32 {
  if ((load<u8>(at++) | 0x20) != 0x65) return i32.MIN_VALUE;
  const sign = load<u8>(at);
  if (at < end && (sign == MINUS || sign == 0x2b)) at++;
  const count = (end - at) as i32;
  if (count < 1 || count > 3) return i32.MIN_VALUE;
  let value: i32 = 0;
  for (; at < end; at++) {
    const digit = load<u8>(at) - 0x30;
    if (digit > 9) return i32.MIN_VALUE;
    value = value * 10 + digit;
  }
  return sign == MINUS ? -value : value;
}

/** digits * 10^exponent, correctly rounded; NaN where that takes more than 128 bits. */
function scale(digits: u64, exponent: i32): f64 {
  if (digits <= 1 << 53 && exponent >= -22 && exponent <= 22) {
    const power = load<f64>(changetype<usize>(EXACT_POWERS) + ((abs(exponent) as usize) << 3));
    return exponent < 0 ? (digits as f64) / power : (digits as f64) * power;
  }
  if (digits == 0) return 0;
  if (exponent < POWER_MIN || exponent > POWER_MAX) return NaN;
  return eiselLemire(digits, exponent);
}

let productLow: u64 = 0;

/** High word of a product; the low word goes to productLow. */
function multiplyWide(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const mid = aHigh * bLow + (low >> 32);
  const mid2 = aLow * bHigh + (mid & 0xffffffff);
  productLow = (mid2 << 32) | (low & 0xffffffff);
  return aHigh * bHigh + (mid >> 32) + (mid2 >> 32);
}

/** Lemire, Number parsing at a gigabyte per second (2021); NaN in the rare cases that it leaves open. */
function eiselLemire(digits: u64, exponent: i32): f64 {
  const power = widePowers + (((exponent - POWER_MIN) as usize) << 4);
  const zeros = clz(digits);
  const man = digits << zeros;
  let binary = (((217706 * exponent) >> 16) + 64 + 1023) as i64 - (zeros as i64);
  let high = multiplyWide(man, load<u64>(power, 8));
  let low = productLow;
  if ((high & 0x1ff) == 0x1ff && low + man < man) {
    const yHigh = multiplyWide(man, load<u64>(power));
    const yLow = productLow;
    const mergedLow = low + yHigh;
    const mergedHigh = high + ((mergedLow < low ? 1 : 0) as u64);
    if ((mergedHigh & 0x1ff) == 0x1ff && mergedLow + 1 == 0 && yLow + man < man) return NaN;
    high = mergedHigh;
    low = mergedLow;
  }
  const top = high >> 63;
  let bits = high >> (top + 9);
  binary -= (1 ^ top) as i64;
  if (low == 0 && (high & 0x1ff) == 0 && (bits & 3) == 1) return NaN;
  bits += bits & 1;
  bits >>= 1;
  if (bits >> 53 > 0) {
    bits >>= 1;
    binary++;
  }
  if (binary < 1 || binary > 2046) return NaN;
  return reinterpret<f64>(((binary as u64) << 52) | (bits & 0x000fffffffffffff));
}

/** Of one to eight bytes that are digits and a point; NaN for others. */
// @ts-ignore: decorator
@inline
function shortDecimal(word: u64, length: u32): f64 {
  const before = leadingDigits(word);
  if (before >= length || length == 1 || ((word >> ((before << 3) as u64)) as u8) != POINT) return NaN;
  const kept = ((1 as u64) << ((before << 3) as u64)) - 1;
  const digits = shifted((word & kept) | ((word >> 8) & ~kept), length - 1);
  if (!areDigits(digits)) return NaN;
  const power = load<f64>(changetype<usize>(EXACT_POWERS) + ((length - 1 - before) << 3));
  return (valueOf(digits) as f64) / power;
}

/** Variants of floats: float4, and SQL's numbers without quotes, whose zero has no sign. */
const SINGLE: i32 = 1;
const BARE_ZERO: i32 = 2;

/** Decimals to doubles. SINGLE rounds them to float4 and leaves what is out of its range. */
export function parseFloats(block: usize, job: usize, variant: i32): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  const isDouble = (variant & SINGLE) == 0;
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    let start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    // As integers that doubles hold are; float4 does not hold all of them.
    if (meta - 1 < 8 && meta != expected && isDouble) {
      const word = load<u64>(start);
      const digits = shifted(word, meta);
      const value = areDigits(digits) ? (valueOf(digits) as f64) : shortDecimal(word, meta);
      if (value == value) {
        store<f64>(out, value);
        continue;
      }
    }
    if (isNull(job, expected, meta, start)) {
      store<f64>(out, 0);
      noteNull(job, row);
      continue;
    }
    const length = meta & ~FLAG_QUOTED;
    const end = start + length;
    let word = load<u64>(start);
    const isNegative = (word as u8) == MINUS && length > 0;
    if (isNegative) word = load<u64>(++start);
    let value: f64;
    const count = leadingDigits(word);
    // Most numbers are this short.
    if (count > 0 && start + count >= end && end > start) {
      value = digitsValue(word, (end - start) as u32) as f64;
    } else {
      const bytes = (end - start) as u32;
      value = bytes - 1 < 8 ? shortDecimal(word, bytes) : NaN;
      if (value != value && length < 0x1000) value = parseDecimal(start, end);
      if (value != value) {
        noteOdd(block, job, row);
        continue;
      }
    }
    if (variant & SINGLE) {
      const single = (value as f32) as f64;
      if (single == Infinity || (single == 0 && value != 0)) {
        noteOdd(block, job, row);
        continue;
      }
      value = single;
    }
    const hasSign = value != 0 || (variant & BARE_ZERO) == 0 || meta >= FLAG_QUOTED;
    store<f64>(out, isNegative && hasSign ? -value : value);
  }
}
