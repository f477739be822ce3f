/**
 * float8 and float4 as PostgreSQL prints them: the shortest digits between the neighbours' borders, the
 * borders excluded, of these the nearest; fixed notation from 10^-4 up to 10^15 (float4: 10^6).
 *
 * The digits come from Schubfach (R. Giulietti, "The Schubfach way to render doubles", 2020), with one
 * multiplication by the power of ten for value and borders: their products differ by a shift of it.
 */
import { digits8, putInt32, putUnsigned, TENS, ZEROS } from './decimal-digits';
import { POWERS_OF_TEN } from './powers-of-ten';

const NAN: u32 = 0x4e614e;
const INFINITY: u64 = 0x7974696e69666e49;
/** `0.000000` */
const SMALL: u64 = 0x3030303030302e30;
const POINT: u8 = 46;
const MINUS: u8 = 45;

/** For n digits before the point, by 16 bytes: which of the digits behind the first goes where. */
const POINT_SHUFFLE: usize = memory.data<u8>([
  99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 99, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 99, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 99, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 99, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 99, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 99, 7, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 99, 8, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 99, 9, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99, 10, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99, 11, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99, 12, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99, 13, 14,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99, 14,
]);

/** Digits and exponent that `shortest` found. */
let decimal: u64 = 0;
let exponent: i32 = 0;

// @ts-ignore: decorator
@inline
export function putFloat8(out: usize, value: f64): usize {
  const whole = <i32>value;
  if (<f64>whole == value && (whole != 0 || reinterpret<u64>(value) == 0)) return putInt32(out, whole);
  return putFraction8(out, value);
}

// @ts-ignore: decorator
@inline
export function putFloat4(out: usize, value: f64): usize {
  const whole = <i32>value;
  if (<f64>whole == value && <u32>(whole + 999_999) < 1_999_999 && (whole != 0 || reinterpret<u64>(value) == 0)) {
    return putInt32(out, whole);
  }
  return putFraction4(out, value);
}

function putFraction8(start: usize, value: f64): usize {
  let out = start;
  const bits = reinterpret<u64>(value);
  if (value != value) return putSpecial(out, value);
  if (<i64>bits < 0) store<u8>(out++, MINUS);
  const size = abs(value);
  if (size < 1e15) {
    const whole = <i64>size;
    if (<f64>whole == size) return putUnsigned(out, whole);
    if (size < 1e9 && size >= 1e-6) {
      // At most 15 digits, six of them behind the point: no shorter decimal reads back as this value.
      const scaled = size * 1e6;
      const rounded = nearest(scaled);
      if (abs(scaled - rounded) <= scaled * 2.3e-16 && rounded / 1e6 == size) {
        return putDecimal(out, <u64>rounded, -6, 15);
      }
    }
  } else if (size == Infinity) return putSpecial(out, size);
  const fraction = bits & 0x000fffffffffffff;
  const power = <i32>(bits >> 52) & 0x7ff;
  if (power == 0) shortest(fraction, -1074, false);
  else shortest(fraction | 0x0010000000000000, power - 1075, fraction == 0 && power > 1);
  return putDecimal(out, decimal, exponent, 15);
}

function putFraction4(start: usize, value: f64): usize {
  let out = start;
  const bits = reinterpret<u32>(<f32>value);
  if (value != value) return putSpecial(out, value);
  if (<i32>bits < 0) store<u8>(out++, MINUS);
  if (bits << 1 == 0) {
    store<u8>(out, 48);
    return out + 1;
  }
  const fraction = bits & 0x007fffff;
  const power = <i32>(bits >> 23) & 0xff;
  if (power == 0xff) return putSpecial(out, Infinity);
  if (power == 0) shortest(fraction, -149, false);
  else shortest(fraction | 0x00800000, power - 150, fraction == 0 && power > 1);
  return putDecimal(out, decimal, exponent, 6);
}

function putSpecial(out: usize, value: f64): usize {
  if (value != value) {
    store<u32>(out, NAN);
    return out + 3;
  }
  store<u64>(out, INFINITY);
  return out + 8;
}

// @ts-ignore: decorator
@inline
function highWord(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/**
 * Sets `decimal` and `exponent` for c * 2^q. `closer`: the border below is half as far, as at powers of
 * two. Names follow the paper.
 */
function shortest(c: u64, q: i32, closer: bool): void {
  const k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  const power = POWERS_OF_TEN + (<usize>(292 - k) << 4);
  const g1 = load<u64>(power);
  const g0 = load<u64>(power, 8);
  // The value's product, 192 bits.
  const cp = c << (2 + h);
  const p0 = g0 * cp;
  const x1 = highWord(g0, cp);
  const y0 = g1 * cp;
  const p1 = y0 + x1;
  const p2 = highWord(g1, cp) + <u64>(p1 < x1);
  const vb = p2 | <u64>(p1 > 1);
  const vbr = addShifted(p0, p1, p2, g0, g1, h + 1);
  const vbl = subtractShifted(p0, p1, p2, g0, g1, h + <u64>!closer);
  const lower = vbl + 1;
  const upper = vbr - 1;
  const s = vb >> 2;
  const tenth = s / 10;
  const ten = tenth * 40;
  // No branches: random digits would mispredict every second one.
  const isAboveIn = <u64>(ten + 40 <= upper);
  const isShorter = <u64>(lower <= ten) ^ isAboveIn;
  const four = s << 2;
  const isUpIn = <u64>(four + 4 <= upper);
  const isNearerUp = <u64>(vb - four + (s & 1) > 2);
  const up = select<u64>(isUpIn, isNearerUp, <u64>(lower <= four) != isUpIn);
  decimal = select<u64>(tenth + isAboveIn, s + up, isShorter != 0);
  exponent = k + <i32>isShorter;
}

/** p + (g << n) without its lowest word; the last bit tells of what is behind. n is 1 to 5. */
// @ts-ignore: decorator
@inline
function addShifted(p0: u64, p1: u64, p2: u64, g0: u64, g1: u64, n: u64): u64 {
  const low = p0 + (g0 << n);
  const add = (g1 << n) | (g0 >> (64 - n));
  const sum = p1 + add;
  const middle = sum + <u64>(low < p0);
  const carry = <u64>(sum < add) + <u64>(middle < sum);
  return (p2 + (g1 >> (64 - n)) + carry) | <u64>(middle > 1);
}

// @ts-ignore: decorator
@inline
function subtractShifted(p0: u64, p1: u64, p2: u64, g0: u64, g1: u64, n: u64): u64 {
  const low = g0 << n;
  const take = (g1 << n) | (g0 >> (64 - n));
  const difference = p1 - take;
  const middle = difference - <u64>(p0 < low);
  const borrow = <u64>(p1 < take) + <u64>(difference < middle);
  return (p2 - (g1 >> (64 - n)) - borrow) | <u64>(middle > 1);
}

/** digits * 10^power, laid out in C's %g manner: fixed from 10^-4 to below 10^fixedBelow. */
function putDecimal(out: usize, digits: u64, power: i32, fixedBelow: i32): usize {
  let count = ((64 - <i32>clz(digits)) * 1233) >> 12;
  count += <i32>(digits >= load<u64>(TENS + (<usize>count << 3)));
  // Seventeen digits: one, eight and eight.
  const padded = digits * load<u64>(TENS + (<usize>(17 - count) << 3));
  const high = <u32>(padded / 100_000_000);
  const first = high / 100_000_000;
  const middle = digits8(high - first * 100_000_000);
  const last = digits8(<u32>(padded - <u64>high * 100_000_000));
  const length: usize =
    last != 0 ? 17 - (<usize>clz(last) >> 3) : middle != 0 ? 9 - (<usize>clz(middle) >> 3) : 1;
  const scale = power + count - 1;
  if (scale < -4 || scale >= fixedBelow) return putScientific(out, first, middle, last, length, scale);
  if (scale < 0) {
    store<u64>(out, SMALL);
    const at = out + 1 - scale;
    store<u8>(at, <u8>(48 + first));
    store<u64>(at, middle | ZEROS, 1);
    store<u64>(at, last | ZEROS, 9);
    return at + length;
  }
  store<u8>(out, <u8>(48 + first));
  const before = <usize>scale + 1;
  if (length <= before) {
    store<u64>(out, middle | ZEROS, 1);
    store<u64>(out, last | ZEROS, 9);
    return out + before;
  }
  const tail = i64x2.replace_lane(i64x2.splat(middle | ZEROS), 1, last | ZEROS);
  v128.store(out, v128.swizzle(tail, v128.load(POINT_SHUFFLE + (<usize>scale << 4))), 1);
  store<u8>(out + before, POINT);
  store<u8>(out, <u8>(last >> 56) | 48, 17);
  return out + length + 1;
}

function putScientific(
  out: usize,
  first: u32,
  middle: u64,
  last: u64,
  length: usize,
  scale: i32,
): usize {
  store<u8>(out, <u8>(48 + first));
  store<u8>(out, POINT, 1);
  store<u64>(out, middle | ZEROS, 2);
  store<u64>(out, last | ZEROS, 10);
  let at = out + length + <usize>(length > 1);
  store<u8>(at, 101);
  store<u8>(at, scale < 0 ? MINUS : 43, 1);
  const size = <u32>abs(scale);
  at += 2;
  if (size < 10) store<u8>(at++, 48);
  return putUnsigned(at, size);
}
