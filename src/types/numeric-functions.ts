/**
 * Roots, exponentials and logarithms of numerics. The result scales are PostgreSQL's; the values are
 * computed in fixed point with spare digits and rounded once.
 */
import { dbError, type DbError } from '../errors/db-error.ts';
import {
  absNumeric,
  DISPLAY_SCALE_MAX,
  divideAt,
  divisionByZero,
  leadingDigit,
  SIGNIFICANT_DIGITS_MIN,
} from './numeric-arithmetic.ts';
import { numericToFloat8 } from './numeric-convert.ts';
import {
  compareNumeric,
  digitCount,
  divideRound,
  makeNumeric,
  Numeric,
  NUMERIC_INFINITY,
  NUMERIC_NAN,
  NUMERIC_NEGATIVE_INFINITY,
  NUMERIC_ONE,
  NUMERIC_ZERO,
  numericOverflow,
  powerOfTen,
  rescale,
  signOf,
} from './numeric.ts';

/** Spare decimal digits that the fixed-point computations carry. */
const GUARD = 25;
const LOG10_E = 0.434294481903252;
const LOG2_10 = 3.3219280948873626;
const RESULT_SCALE_MAX = 2000;
/** log10 of the first value that does not fit the stored form. */
const LOG10_OVERFLOW = 131072;

function boundScale(scale: number, ...inputs: Numeric[]): number {
  return Math.min(Math.max(scale, 0, ...inputs.map((input) => input.scale)), DISPLAY_SCALE_MAX);
}

export function sqrtNumeric(value: Numeric): Numeric {
  if (value.kind === 'nan' || value.kind === 'infinity') return value;
  if (signOf(value) < 0) {
    throw dbError(
      'invalid_argument_for_power_function',
      'cannot take square root of a negative number',
    );
  }
  const { weight } = leadingDigit(value);
  // C's division truncates towards zero.
  const resultWeight = Math.trunc(((weight + 1) * 4) / 2) - 1;
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN - resultWeight, value);
  // One digit more than asked for decides the rounding: a root is never an exact half.
  const shift = 2 * (scale + 1) - value.scale;
  const radicand =
    shift >= 0 ? value.unscaled * powerOfTen(shift) : value.unscaled / powerOfTen(-shift);
  return makeNumeric(divideRound(integerSqrt(radicand), 10n), scale);
}

export function expNumeric(value: Numeric): Numeric {
  if (value.kind !== 'finite') return value.kind === '-infinity' ? NUMERIC_ZERO : value;
  const approximate = numericToFloat8(value);
  const clamped = Math.max(-RESULT_SCALE_MAX, Math.min(RESULT_SCALE_MAX, approximate * LOG10_E));
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN - Math.trunc(clamped), value);
  if (Math.abs(approximate) >= RESULT_SCALE_MAX * 3) {
    if (approximate > 0) throw numericOverflow();
    return new Numeric(0n, scale);
  }
  const digits = scale + Math.max(0, Math.ceil(approximate * LOG10_E)) + GUARD;
  return makeNumeric(expAt(rescale(value.unscaled, value.scale, digits), digits, scale), scale);
}

export function lnNumeric(value: Numeric): Numeric {
  const special = logSpecial(value);
  if (special !== undefined) return special;
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN - lnWeight(value), value);
  return makeNumeric(rescale(lnFixed(value, scale + GUARD), scale + GUARD, scale), scale);
}

/** log(base, value); log(value) is log(10, value). */
export function logNumeric(base: Numeric, value: Numeric): Numeric {
  if (base.kind !== 'finite' || value.kind !== 'finite') return logOfSpecials(base, value);
  const special = logSpecial(base) ?? logSpecial(value);
  if (special !== undefined) return special;
  const baseWeight = lnWeight(base);
  const resultWeight = lnWeight(value) - baseWeight;
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN - resultWeight, base, value);
  const digits = scale + Math.max(0, resultWeight) + 2 * Math.max(0, -baseWeight) + GUARD;
  const lnBase = new Numeric(lnFixed(base, digits), digits);
  if (lnBase.unscaled === 0n) throw divisionByZero();
  return makeNumeric(divideAt(new Numeric(lnFixed(value, digits), digits), lnBase, scale), scale);
}

export function powerNumeric(base: Numeric, exponent: Numeric): Numeric {
  if (base.kind === 'nan' || exponent.kind === 'nan') {
    const isOne = isZero(exponent) || compareNumeric(base, NUMERIC_ONE) === 0;
    return isOne ? NUMERIC_ONE : NUMERIC_NAN;
  }
  if (signOf(base) === 0 && signOf(exponent) < 0) {
    throw powerError('zero raised to a negative power is undefined');
  }
  if (signOf(base) < 0 && !isIntegral(exponent)) {
    throw powerError('a negative number raised to a non-integer power yields a complex result');
  }
  if (base.kind !== 'finite' || exponent.kind !== 'finite') return powerOfInfinity(base, exponent);
  if (isIntegral(exponent)) {
    const whole = exponent.unscaled / powerOfTen(exponent.scale);
    if (whole >= -2147483648n && whole <= 2147483647n) return integerPower(base, Number(whole));
  }
  return generalPower(base, exponent);
}

function isZero(value: Numeric): boolean {
  return value.kind === 'finite' && value.unscaled === 0n;
}

function isIntegral(value: Numeric): boolean {
  return value.kind !== 'finite' || value.unscaled % powerOfTen(value.scale) === 0n;
}

function isOdd(value: Numeric): boolean {
  return value.kind === 'finite' && (value.unscaled / powerOfTen(value.scale)) % 2n !== 0n;
}

function powerError(message: string): DbError {
  return dbError('invalid_argument_for_power_function', message);
}

/** POSIX's rules for pow() where the base or the exponent is infinite. */
function powerOfInfinity(base: Numeric, exponent: Numeric): Numeric {
  if (compareNumeric(base, NUMERIC_ONE) === 0 || isZero(exponent)) return NUMERIC_ONE;
  if (isZero(base)) return NUMERIC_ZERO;
  if (exponent.kind !== 'finite') {
    const size = compareNumeric(absNumeric(base), NUMERIC_ONE);
    if (size === 0) return NUMERIC_ONE;
    return size > 0 === (exponent.kind === 'infinity') ? NUMERIC_INFINITY : NUMERIC_ZERO;
  }
  if (signOf(exponent) < 0) return NUMERIC_ZERO;
  return base.kind === '-infinity' && isOdd(exponent)
    ? NUMERIC_NEGATIVE_INFINITY
    : NUMERIC_INFINITY;
}

function integerPower(base: Numeric, exponent: number): Numeric {
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN, base);
  if (exponent === 0) return new Numeric(powerOfTen(scale), scale);
  if (base.unscaled === 0n) return new Numeric(0n, scale);
  const magnitude = exponent * log10Of(base);
  if (magnitude > LOG10_OVERFLOW) throw numericOverflow();
  if (magnitude + 1 < -scale) return new Numeric(0n, scale);
  const size = Math.abs(exponent);
  if (digitCount(base.unscaled) * size <= 20_000) {
    const power = new Numeric(base.unscaled ** BigInt(size), base.scale * size);
    if (exponent > 0) return makeNumeric(rescale(power.unscaled, power.scale, scale), scale);
    return makeNumeric(divideAt(NUMERIC_ONE, power, scale), scale);
  }
  return makeNumeric(longPower(base, size, exponent < 0, scale, Math.max(0, magnitude)), scale);
}

/**
 * base^size or its inverse, rounded at a scale. With base = u / 10^s, u^size and 5^(s * size) are
 * computed as binary floats with enough bits for the `wholeDigits` before the point and the scale.
 */
function longPower(
  base: Numeric,
  size: number,
  inverse: boolean,
  scale: number,
  wholeDigits: number,
): bigint {
  const { unscaled, scale: baseScale } = base;
  const bits = Math.ceil((scale + wholeDigits) * LOG2_10) + 2 * size.toString(2).length + 64;
  const over = floatPower(unscaled < 0n ? -unscaled : unscaled, size, bits);
  const under = floatPower(5n, baseScale * size, bits);
  const shift = over.exponent - under.exponent - baseScale * size;
  let [dividend, divisor] = inverse
    ? [under.mantissa, over.mantissa]
    : [over.mantissa, under.mantissa];
  dividend *= powerOfTen(scale);
  const up = inverse ? -shift : shift;
  if (up >= 0) dividend <<= BigInt(up);
  else divisor <<= BigInt(-up);
  const result = divideRound(dividend, divisor);
  return unscaled < 0n && size % 2 === 1 ? -result : result;
}

interface BinaryFloat {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** base^size by squaring; what exceeds `bits` is cut, so a result that fits is exact. */
function floatPower(base: bigint, size: number, bits: number): BinaryFloat {
  let result: BinaryFloat = { mantissa: 1n, exponent: 0 };
  for (const bit of size.toString(2)) {
    result = cutFloat(result.mantissa * result.mantissa, result.exponent * 2, bits);
    if (bit === '1') result = cutFloat(result.mantissa * base, result.exponent, bits);
  }
  return result;
}

function cutFloat(mantissa: bigint, exponent: number, bits: number): BinaryFloat {
  // Hexadecimal digits tell the size closely enough.
  const excess = mantissa.toString(16).length * 4 - bits;
  if (excess <= 0) return { mantissa, exponent };
  return { mantissa: mantissa >> BigInt(excess), exponent: exponent + excess };
}

function generalPower(base: Numeric, exponent: Numeric): Numeric {
  if (base.unscaled === 0n) return new Numeric(0n, SIGNIFICANT_DIGITS_MIN);
  const negative = base.unscaled < 0n && isOdd(exponent);
  const positive = absNumeric(base);
  if (compareNumeric(positive, NUMERIC_ONE) === 0) {
    const scale = boundScale(SIGNIFICANT_DIGITS_MIN, base, exponent);
    return makeNumeric(negative ? -powerOfTen(scale) : powerOfTen(scale), scale);
  }
  const rough = roughProduct(exponent, positive);
  if (Math.abs(rough) >= RESULT_SCALE_MAX * 3) {
    if (rough > 0) throw numericOverflow();
    return new Numeric(0n, DISPLAY_SCALE_MAX);
  }
  const magnitude = rough * LOG10_E;
  const scale = boundScale(SIGNIFICANT_DIGITS_MIN - Math.trunc(magnitude), base, exponent);
  const digits = scale + Math.max(0, Math.ceil(magnitude)) + GUARD;
  // The digits of the exponent before the point multiply the logarithm's error.
  const wholeDigits = Math.max(0, digitCount(exponent.unscaled) - exponent.scale);
  const lnDigits = digits + wholeDigits;
  const product = lnFixed(positive, lnDigits) * exponent.unscaled;
  const power = expAt(rescale(product, lnDigits + exponent.scale, digits), digits, scale);
  return makeNumeric(negative ? -power : power, scale);
}

/** exponent * ln(base), where either may lie beyond what a double can hold. */
function roughProduct(exponent: Numeric, base: Numeric): number {
  const factor = numericToFloat8(exponent);
  const log = roughLn(base);
  if (Number.isFinite(factor) && log !== 0) return factor * log;
  const distance = new Numeric(base.unscaled - powerOfTen(base.scale), base.scale);
  const logWeight = log === 0 ? log10Of(distance) : Math.log10(Math.abs(log));
  return signOf(exponent) * signOf(distance) * 10 ** (log10Of(exponent) + logWeight);
}

function logSpecial(value: Numeric): Numeric | undefined {
  if (value.kind === 'nan') return value;
  const sign = signOf(value);
  if (sign === 0) {
    throw dbError('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  }
  if (sign < 0) {
    throw dbError('invalid_argument_for_logarithm', 'cannot take logarithm of a negative number');
  }
  return value.kind === 'infinity' ? value : undefined;
}

function logOfSpecials(base: Numeric, value: Numeric): Numeric {
  if (base.kind === 'nan' || value.kind === 'nan') return NUMERIC_NAN;
  logSpecial(base);
  logSpecial(value);
  if (base.kind !== 'finite') return value.kind === 'finite' ? NUMERIC_ZERO : NUMERIC_NAN;
  return NUMERIC_INFINITY;
}

/** Bits that a double's range has room for. */
const DOUBLE_BITS = 1000;

/**
 * floor(sqrt(value)) by Newton's method: from a double's estimate or, for long values, from the root of the upper half
 * of their bits, which one step makes a root of all of them.
 */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  if (value < 4503599627370496n) return BigInt(Math.floor(Math.sqrt(Number(value))));
  const bits = value.toString(16).length * 4;
  if (bits > DOUBLE_BITS) {
    const cut = BigInt(Math.floor(bits / 4) - 2);
    const upper = integerSqrt(value >> (2n * cut));
    // Not below the root, and at most one above it.
    const root = ((upper << cut) + (value >> cut) / upper) >> 1n;
    return root * root > value ? root - 1n : root;
  }
  let root = BigInt(Math.floor(Math.sqrt(Number(value)))) + 1n;
  if (root * root < value) root = 1n << BigInt(bits / 2 + 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Decimal weight of ln(value), by PostgreSQL's estimate: the result scales depend on it. */
function lnWeight(value: Numeric): number {
  const high = compareNumeric(value, ONE_POINT_ONE);
  if (high <= 0 && compareNumeric(value, ZERO_POINT_NINE) >= 0) {
    const distance = new Numeric(value.unscaled - powerOfTen(value.scale), value.scale);
    if (distance.unscaled === 0n) return 0;
    const { weight, digit } = leadingDigit(distance);
    return weight * 4 + Math.trunc(Math.log10(digit));
  }
  return Math.trunc(Math.log10(Math.abs(roughLn(value))));
}

const ZERO_POINT_NINE = new Numeric(9n, 1);
const ONE_POINT_ONE = new Numeric(11n, 1);

/** ln(value) from the leading digits. */
function roughLn(value: Numeric): number {
  if (compareNumeric(value, ONE_POINT_ONE) <= 0 && compareNumeric(value, ZERO_POINT_NINE) >= 0) {
    return Math.log1p(
      numericToFloat8(new Numeric(value.unscaled - powerOfTen(value.scale), value.scale)),
    );
  }
  return log10Of(value) * Math.LN10;
}

function log10Of(value: Numeric): number {
  const size = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const excess = Math.max(0, digitCount(size) - 17);
  return Math.log10(Number(size / powerOfTen(excess))) + excess - value.scale;
}

/** ln(value) in units of 10^-digits, off by a few units at most. */
function lnFixed(value: Numeric, digits: number): bigint {
  const length = digitCount(value.unscaled);
  // The value is m * 10^exponent with 0.3 < m <= 3.
  const lead = Number(value.unscaled / powerOfTen(Math.max(0, length - 3)));
  const leadDigits = Math.min(length, 3);
  const exponent = length - value.scale - (lead / 10 ** leadDigits >= 0.3 ? 0 : 1);
  const work = digits + 10 + String(Math.abs(exponent)).length;
  const one = powerOfTen(work);
  const shift = work - value.scale - exponent;
  let m = shift >= 0 ? value.unscaled * powerOfTen(shift) : value.unscaled / powerOfTen(-shift);
  let halvings = 0n;
  const near = one / 1000n;
  while (m > one + near || m < one - near) {
    m = integerSqrt(m * one);
    halvings++;
  }
  const ln =
    (atanhSeries(((m - one) * one) / (m + one), one) << (halvings + 1n)) +
    (exponent === 0 ? 0n : BigInt(exponent) * ln10(work));
  return rescale(ln, work, digits);
}

/** atanh(x) for a small x, both in units of 1/one. */
function atanhSeries(x: bigint, one: bigint): bigint {
  const square = (x * x) / one;
  let term = x;
  let sum = x;
  for (let k = 3n; term !== 0n; k += 2n) {
    term = (term * square) / one;
    sum += term / k;
  }
  return sum;
}

let ln10Digits = 0;
let ln10Value = 0n;

function ln10(digits: number): bigint {
  if (digits > ln10Digits) {
    ln10Digits = Math.max(digits, ln10Digits * 2, 100);
    const one = powerOfTen(ln10Digits + 10);
    const sum =
      46n * atanhSeries(one / 31n, one) +
      34n * atanhSeries(one / 49n, one) +
      20n * atanhSeries(one / 161n, one);
    ln10Value = sum / powerOfTen(10);
  }
  return ln10Value / powerOfTen(ln10Digits - digits);
}

/** exp(x) in units of 10^-scale, rounded; x is in units of 10^-digits. */
function expAt(x: bigint, digits: number, scale: number): bigint {
  const one = powerOfTen(digits);
  const base = ln10(digits);
  // The error of ln(10) is multiplied by at most a few thousand, which the guard digits absorb.
  const tens = divideRound(x, base);
  let small = (x - tens * base) / 256n;
  let term = one;
  let sum = one;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * small) / (one * k);
    sum += term;
  }
  small = sum;
  for (let i = 0; i < 8; i++) small = (small * small) / one;
  const shift = digits - scale - Number(tens);
  return shift > 0 ? divideRound(small, powerOfTen(shift)) : small * powerOfTen(-shift);
}
