/** Arithmetic on numerics with PostgreSQL's result scales, specials and errors. */
import { dbError, type DbError } from '../errors/db-error.ts';
import {
  compareNumeric,
  digitCount,
  divideRound,
  makeNumeric,
  Numeric,
  NUMERIC_NAN,
  NUMERIC_ZERO,
  numericOverflow,
  powerOfTen,
  rescale,
  SCALE_MAX,
  signedInfinity,
  signOf,
  WHOLE_DIGITS_MAX,
} from './numeric.ts';

/** Significant digits that a quotient, a root or a logarithm has at least. */
export const SIGNIFICANT_DIGITS_MIN = 16;
/** Digits after the point that a computed result has at most. */
export const DISPLAY_SCALE_MAX = 1000;

export function divisionByZero(): DbError {
  return dbError('division_by_zero', 'division by zero');
}

export function addNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return addSpecial(a, b);
  if (a.scale === b.scale) return makeNumeric(a.unscaled + b.unscaled, a.scale);
  const scale = Math.max(a.scale, b.scale);
  return makeNumeric(
    rescale(a.unscaled, a.scale, scale) + rescale(b.unscaled, b.scale, scale),
    scale,
  );
}

export function subtractNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return addSpecial(a, negateNumeric(b));
  if (a.scale === b.scale) return makeNumeric(a.unscaled - b.unscaled, a.scale);
  const scale = Math.max(a.scale, b.scale);
  return makeNumeric(
    rescale(a.unscaled, a.scale, scale) - rescale(b.unscaled, b.scale, scale),
    scale,
  );
}

function addSpecial(a: Numeric, b: Numeric): Numeric {
  if (a.kind === 'nan' || b.kind === 'nan') return NUMERIC_NAN;
  if (a.kind === 'finite') return b;
  return b.kind === 'finite' || b.kind === a.kind ? a : NUMERIC_NAN;
}

export function multiplyNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    if (a.kind === 'nan' || b.kind === 'nan') return NUMERIC_NAN;
    return signedInfinity(signOf(a) * signOf(b));
  }
  const scale = a.scale + b.scale;
  const product = a.unscaled * b.unscaled;
  if (scale <= SCALE_MAX) return makeNumeric(product, scale);
  return makeNumeric(rescale(product, scale, SCALE_MAX), SCALE_MAX);
}

/** a / b, rounded at the scale that PostgreSQL's select_div_scale chooses. */
export function divideNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return divideSpecial(a, b);
  if (b.unscaled === 0n) throw divisionByZero();
  const scale = divisionScale(a, b);
  return makeNumeric(divideAt(a, b, scale), scale);
}

/** The quotient's unscaled value at a scale, rounded half away from zero. */
export function divideAt(a: Numeric, b: Numeric, scale: number): bigint {
  const shift = scale + b.scale - a.scale;
  let dividend = a.unscaled;
  let divisor = b.unscaled;
  if (shift >= 0) dividend *= powerOfTen(shift);
  else divisor *= powerOfTen(-shift);
  return divisor < 0n ? divideRound(-dividend, -divisor) : divideRound(dividend, divisor);
}

/** The weight (power of 10,000) of a value's first base-10,000 digit, and that digit. */
export function leadingDigit(value: Numeric): { weight: number; digit: number } {
  if (value.unscaled === 0n) return { weight: 0, digit: 0 };
  const top = digitCount(value.unscaled) - 1 - value.scale;
  const weight = Math.floor(top / 4);
  const cut = weight * 4 + value.scale;
  const size = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const digit = cut >= 0 ? size / powerOfTen(cut) : size * powerOfTen(-cut);
  return { weight, digit: Number(digit) };
}

function divisionScale(a: Numeric, b: Numeric): number {
  const first = leadingDigit(a);
  const second = leadingDigit(b);
  let quotientWeight = first.weight - second.weight;
  if (first.digit <= second.digit) quotientWeight--;
  const scale = Math.max(SIGNIFICANT_DIGITS_MIN - quotientWeight * 4, a.scale, b.scale, 0);
  return Math.min(scale, DISPLAY_SCALE_MAX);
}

function divideSpecial(a: Numeric, b: Numeric): Numeric {
  if (a.kind === 'nan' || b.kind === 'nan') return NUMERIC_NAN;
  if (a.kind === 'finite') return NUMERIC_ZERO;
  if (b.kind !== 'finite') return NUMERIC_NAN;
  if (b.unscaled === 0n) throw divisionByZero();
  return signedInfinity(signOf(a) * signOf(b));
}

/** div(a, b): the quotient truncated to an integer. */
export function divideTruncate(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return divideSpecial(a, b);
  if (b.unscaled === 0n) throw divisionByZero();
  const scale = Math.max(a.scale, b.scale);
  return makeNumeric(rescale(a.unscaled, a.scale, scale) / rescale(b.unscaled, b.scale, scale), 0);
}

/** a % b, with the sign of the dividend. */
export function moduloNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    if (a.kind === 'nan' || b.kind === 'nan') return NUMERIC_NAN;
    if (a.kind !== 'finite') {
      if (b.kind === 'finite' && b.unscaled === 0n) throw divisionByZero();
      return NUMERIC_NAN;
    }
    return a;
  }
  if (b.unscaled === 0n) throw divisionByZero();
  const scale = Math.max(a.scale, b.scale);
  return makeNumeric(
    rescale(a.unscaled, a.scale, scale) % rescale(b.unscaled, b.scale, scale),
    scale,
  );
}

export function negateNumeric(value: Numeric): Numeric {
  switch (value.kind) {
    case 'nan':
      return value;
    case 'finite':
      return new Numeric(-value.unscaled, value.scale);
    default:
      return signedInfinity(-signOf(value));
  }
}

export function absNumeric(value: Numeric): Numeric {
  return signOf(value) < 0 ? negateNumeric(value) : value;
}

/** sign(): -1, 0, 1 or NaN. */
export function signNumeric(value: Numeric): Numeric {
  return value.kind === 'nan' ? value : new Numeric(BigInt(signOf(value)), 0);
}

/** round(value, scale): half away from zero; a negative scale rounds before the point. */
export function roundNumeric(value: Numeric, scale: number): Numeric {
  if (value.kind !== 'finite') return value;
  const target = clampScale(scale);
  if (target >= 0) return makeNumeric(rescale(value.unscaled, value.scale, target), target);
  if (hasFewerDigits(value, -target)) return new Numeric(0n, 0);
  const unit = powerOfTen(-target);
  const whole = divideRound(value.unscaled, unit * powerOfTen(value.scale));
  return makeNumeric(whole * unit, 0);
}

/** trunc(value, scale): towards zero. */
export function truncateNumeric(value: Numeric, scale: number): Numeric {
  if (value.kind !== 'finite') return value;
  const target = clampScale(scale);
  if (target >= value.scale) {
    return makeNumeric(rescale(value.unscaled, value.scale, target), target);
  }
  if (target < 0 && hasFewerDigits(value, -target)) return new Numeric(0n, 0);
  const cut = value.unscaled / powerOfTen(value.scale - target);
  return target >= 0 ? makeNumeric(cut, target) : makeNumeric(cut * powerOfTen(-target), 0);
}

/** As far as digits can be kept after the point, and one beyond all that can stand before it. */
function clampScale(scale: number): number {
  return Math.max(-WHOLE_DIGITS_MAX - 1, Math.min(SCALE_MAX, scale));
}

/** Whether there are fewer digits before the point, so that not even half of 10^digits is reached. */
function hasFewerDigits(value: Numeric, digits: number): boolean {
  return digitCount(value.unscaled) - value.scale < digits;
}

export function ceilNumeric(value: Numeric): Numeric {
  if (value.kind !== 'finite') return value;
  const unit = powerOfTen(value.scale);
  const whole = value.unscaled / unit;
  return new Numeric(value.unscaled > whole * unit ? whole + 1n : whole, 0);
}

export function floorNumeric(value: Numeric): Numeric {
  if (value.kind !== 'finite') return value;
  const unit = powerOfTen(value.scale);
  const whole = value.unscaled / unit;
  return new Numeric(value.unscaled < whole * unit ? whole - 1n : whole, 0);
}

/** scale(): digits after the point; undefined (NULL) for NaN and infinities. */
export function scaleOf(value: Numeric): number | undefined {
  return value.kind === 'finite' ? value.scale : undefined;
}

/** min_scale(): the smallest scale that shows the value exactly. */
export function minScaleOf(value: Numeric): number | undefined {
  return value.kind === 'finite' ? trimScaleNumeric(value).scale : undefined;
}

/** trim_scale(): without trailing zeros after the point. */
export function trimScaleNumeric(value: Numeric): Numeric {
  if (value.kind !== 'finite' || value.scale === 0) return value;
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return new Numeric(unscaled, scale);
}

export function gcdNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return NUMERIC_NAN;
  const scale = Math.max(a.scale, b.scale);
  const divisor = gcd(rescale(a.unscaled, a.scale, scale), rescale(b.unscaled, b.scale, scale));
  return makeNumeric(divisor, scale);
}

export function lcmNumeric(a: Numeric, b: Numeric): Numeric {
  if (a.kind !== 'finite' || b.kind !== 'finite') return NUMERIC_NAN;
  const scale = Math.max(a.scale, b.scale);
  const x = rescale(a.unscaled, a.scale, scale);
  const y = rescale(b.unscaled, b.scale, scale);
  if (x === 0n || y === 0n) return makeNumeric(0n, scale);
  const product = (x / gcd(x, y)) * y;
  return makeNumeric(product < 0n ? -product : product, scale);
}

function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** factorial(n) of an int8. */
export function factorialNumeric(value: number | bigint): Numeric {
  if (value < 0) {
    throw dbError('numeric_value_out_of_range', 'factorial of a negative number is undefined');
  }
  if (value > 32177) throw numericOverflow();
  return makeNumeric(productOfRange(1, Number(value)), 0);
}

/** low * (low + 1) * ... * high by halves, which keeps the factors of similar size. */
function productOfRange(low: number, high: number): bigint {
  if (high < low) return 1n;
  if (high - low < 8) {
    let product = 1n;
    for (let i = low; i <= high; i++) product *= BigInt(i);
    return product;
  }
  const middle = Math.floor((low + high) / 2);
  return productOfRange(low, middle) * productOfRange(middle + 1, high);
}

/** width_bucket(operand, low, high, count) over numerics. */
export function widthBucketNumeric(
  operand: Numeric,
  low: Numeric,
  high: Numeric,
  count: number,
): number {
  if (count <= 0) throw bucketError('count must be greater than zero');
  if (operand.kind === 'nan' || low.kind === 'nan' || high.kind === 'nan') {
    throw bucketError('operand, lower bound, and upper bound cannot be NaN');
  }
  if (low.kind !== 'finite' || high.kind !== 'finite') {
    throw bucketError('lower and upper bounds must be finite');
  }
  const direction = compareNumeric(low, high);
  if (direction === 0) throw bucketError('lower bound cannot equal upper bound');
  const fromLow = compareNumeric(operand, low) * -direction;
  if (fromLow < 0) return 0;
  if (compareNumeric(operand, high) * -direction >= 0) {
    if (count === 2147483647) throw dbError('numeric_value_out_of_range', 'integer out of range');
    return count + 1;
  }
  const scale = Math.max(operand.scale, low.scale, high.scale);
  const start = rescale(low.unscaled, low.scale, scale);
  const span = rescale(high.unscaled, high.scale, scale) - start;
  const offset = rescale(operand.unscaled, operand.scale, scale) - start;
  // Both have the same sign, so truncation is the floor.
  return Number((offset * BigInt(count)) / span) + 1;
}

function bucketError(message: string): DbError {
  return dbError('invalid_argument_for_width_bucket_function', message);
}
