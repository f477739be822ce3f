/** Exact decimals: PostgreSQL's numeric, with its display scale, NaN and infinities. */
import { dbError, type DbError } from '../errors/db-error.ts';
import { trimSpace } from './float-text.ts';

export type NumericKind = 'finite' | 'nan' | 'infinity' | '-infinity';

/** An immutable decimal `unscaled * 10^-scale`; `scale` is PostgreSQL's dscale (0..16383). */
export class Numeric {
  readonly kind: NumericKind;
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number, kind: NumericKind = 'finite') {
    this.kind = kind;
    this.unscaled = unscaled;
    this.scale = scale;
  }
}

export const NUMERIC_NAN = new Numeric(0n, 0, 'nan');
export const NUMERIC_INFINITY = new Numeric(0n, 0, 'infinity');
export const NUMERIC_NEGATIVE_INFINITY = new Numeric(0n, 0, '-infinity');
export const NUMERIC_ZERO = new Numeric(0n, 0);
export const NUMERIC_ONE = new Numeric(1n, 0);

/** Limits of the stored form: decimals after the point, and digits before it. */
export const SCALE_MAX = 16383;
export const WHOLE_DIGITS_MAX = 131072;

const POWERS: bigint[] = [1n];

/** 10^exponent, from a table that grows up to a bound. */
export function powerOfTen(exponent: number): bigint {
  if (exponent < POWERS.length) return POWERS[exponent] as bigint;
  if (exponent > 2048) return 10n ** BigInt(exponent);
  for (let i = POWERS.length; i <= exponent; i++) POWERS.push((POWERS[i - 1] as bigint) * 10n);
  return POWERS[exponent] as bigint;
}

export function numericOverflow(): DbError {
  return dbError('numeric_value_out_of_range', 'value overflows numeric format');
}

/** A finite numeric; throws where it exceeds the stored form's limits. */
export function makeNumeric(unscaled: bigint, scale: number): Numeric {
  if (scale > SCALE_MAX) throw numericOverflow();
  if ((unscaled > HUGE || unscaled < -HUGE) && isOverlong(unscaled, scale)) throw numericOverflow();
  return new Numeric(unscaled, scale);
}

// 131072 decimal digits are about 435,400 bits; most values are far below and take this test only.
const HUGE = 10n ** 2000n;

let firstOverlong: bigint | undefined;

function isOverlong(unscaled: bigint, scale: number): boolean {
  firstOverlong ??= 10n ** BigInt(WHOLE_DIGITS_MAX);
  const size = unscaled < 0n ? -unscaled : unscaled;
  return size >= firstOverlong && size >= firstOverlong * powerOfTen(scale);
}

/** Decimal digits of |value|; 0 for 0. */
export function digitCount(value: bigint): number {
  if (value === 0n) return 0;
  const size = value < 0n ? -value : value;
  if (size < 9007199254740992n) {
    const number = Number(size);
    let count = 1;
    for (let limit = 10; limit <= number; limit *= 10) count++;
    return count;
  }
  return longDigitCount(size);
}

const DIGITS_PER_BIT = Math.log10(2);

/** By the number of bits, which tells all but one digit: printing takes time that grows with the square. */
function longDigitCount(size: bigint): number {
  const hex = size.toString(16);
  const bits = hex.length * 4 - Math.clz32(parseInt(hex[0] as string, 16)) + 28;
  const least = Math.floor((bits - 1) * DIGITS_PER_BIT) + 1;
  const most = Math.floor(bits * DIGITS_PER_BIT) + 1;
  return least === most || size < powerOfTen(least) ? least : most;
}

/** value / divisor rounded half away from zero; the divisor is positive. */
export function divideRound(value: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  // Divisors are powers of ten or arbitrary; for odd ones half + rest decides as well.
  const quotient = value / divisor;
  const rest = value % divisor;
  if (value >= 0n)
    return rest > half || (rest === half && divisor % 2n === 0n) ? quotient + 1n : quotient;
  return -rest > half || (-rest === half && divisor % 2n === 0n) ? quotient - 1n : quotient;
}

/** `unscaled` brought from one scale to another, rounding half away from zero. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to === from) return unscaled;
  if (to > from) return unscaled * powerOfTen(to - from);
  return divideRound(unscaled, powerOfTen(from - to));
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads a numeric without a modifier. */
export function parseNumeric(text: string): Numeric {
  const trimmed = trimSpace(text);
  const match = DECIMAL.exec(trimmed);
  if (match === null) return parseSpecial(trimmed, text);
  const [, sign, whole = '', fraction = '', exponentText] = match;
  if (whole === '' && fraction === '') throw invalidNumeric(text);
  const exponent = exponentText === undefined ? 0 : Number(exponentText);
  if (Math.abs(exponent) >= 1073741823) throw numericOverflow();
  const digits = whole + fraction;
  const scale = fraction.length - exponent;
  const isZero = !/[1-9]/.test(digits);
  if (Math.max(scale, 0) > SCALE_MAX) throw numericOverflow();
  // Leading zeros may make this fail to see an overflow that makeNumeric then finds.
  if (!isZero && exponent > WHOLE_DIGITS_MAX + fraction.length) throw numericOverflow();
  let unscaled = isZero ? 0n : BigInt(digits);
  if (scale < 0 && !isZero) unscaled *= 10n ** BigInt(-scale);
  return makeNumeric(sign === '-' ? -unscaled : unscaled, Math.max(scale, 0));
}

function parseSpecial(trimmed: string, text: string): Numeric {
  switch (trimmed.toLowerCase()) {
    case 'nan':
      return NUMERIC_NAN;
    case 'infinity':
    case '+infinity':
    case 'inf':
    case '+inf':
      return NUMERIC_INFINITY;
    case '-infinity':
    case '-inf':
      return NUMERIC_NEGATIVE_INFINITY;
    default:
      throw invalidNumeric(text);
  }
}

function invalidNumeric(text: string): DbError {
  return dbError('invalid_text_representation', {
    message: `invalid input syntax for type numeric: "${text}"`,
  });
}

/** Prints a numeric as PostgreSQL does: plain decimals with exactly `scale` digits after the point. */
export function formatNumeric(value: Numeric): string {
  switch (value.kind) {
    case 'nan':
      return 'NaN';
    case 'infinity':
      return 'Infinity';
    case '-infinity':
      return '-Infinity';
    case 'finite':
      return formatUnscaled(value.unscaled, value.scale);
  }
}

function formatUnscaled(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A text that is the same for equal numerics: no trailing zeros after the point. */
export function numericKey(value: Numeric): string {
  if (value.kind !== 'finite') return formatNumeric(value);
  const text = formatUnscaled(value.unscaled, value.scale);
  if (value.scale === 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  if (text.charCodeAt(end - 1) === 46) end--;
  return text.slice(0, end);
}

/** -1, 0 or 1; NaN equals itself and is greater than everything else. */
export function compareNumeric(a: Numeric, b: Numeric): number {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    return Math.sign(kindRank(a.kind) - kindRank(b.kind));
  }
  let x = a.unscaled;
  let y = b.unscaled;
  if (a.scale < b.scale) x *= powerOfTen(b.scale - a.scale);
  else if (b.scale < a.scale) y *= powerOfTen(a.scale - b.scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

function kindRank(kind: NumericKind): number {
  switch (kind) {
    case '-infinity':
      return -1;
    case 'finite':
      return 0;
    case 'infinity':
      return 1;
    case 'nan':
      return 2;
  }
}

/** -1, 0 or 1; NaN counts as 0 here and is for the caller to test. */
export function signOf(value: Numeric): number {
  switch (value.kind) {
    case 'nan':
      return 0;
    case 'infinity':
      return 1;
    case '-infinity':
      return -1;
    case 'finite':
      return value.unscaled > 0n ? 1 : value.unscaled < 0n ? -1 : 0;
  }
}

/** The infinity with a sign; sign 0 gives NaN. */
export function signedInfinity(sign: number): Numeric {
  return sign > 0 ? NUMERIC_INFINITY : sign < 0 ? NUMERIC_NEGATIVE_INFINITY : NUMERIC_NAN;
}
