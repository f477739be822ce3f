/**
 * The numeric that a whole number divided by a count gives, as PostgreSQL's avg() of integers does: its
 * digits in base 10,000 without a bigint. `divideNumeric` gives the same numeric.
 */

const BASE = 10_000;
const BASE_DIGITS = 4;
const SIGNIFICANT_DIGITS_MIN = 16;
/** Counts that may be divided by: remainders times the base must be exact. */
export const QUOTIENT_COUNT_MAX = Math.floor(Number.MAX_SAFE_INTEGER / BASE);
const SIGN_NEGATIVE = 0x4000;
/** Bytes of the largest binary form: four fields and 12 digits, and some room. */
export const QUOTIENT_BYTES_MAX = 40;

export class QuotientDigits {
  /** Digits behind the point; a multiple of four. */
  scale = 0;
  isNegative = false;
  /** Before the point. */
  whole = 0;
  /** Behind the point, in base 10,000; `scale / 4` of them. */
  readonly fraction = new Int32Array(16);

  /** `sum / count` of a safe integer and a count from 1 on, rounded half away from zero at the scale that a division of numerics has. */
  divide(sum: number, count: number): void {
    const size = Math.abs(sum);
    this.scale = divisionScale(size, count);
    const groups = this.scale / BASE_DIGITS;
    let whole = Math.floor(size / count);
    // The product is exact, so that the rest tells where the quotient was rounded up.
    let rest = size - whole * count;
    if (rest < 0) {
      whole--;
      rest += count;
    }
    for (let i = 0; i < groups; i++) {
      const dividend = rest * BASE;
      let digit = Math.floor(dividend / count);
      rest = dividend - digit * count;
      if (rest < 0) {
        digit--;
        rest += count;
      }
      this.fraction[i] = digit;
    }
    if (rest * 2 >= count) whole += this.#roundUp(groups);
    this.whole = whole;
    this.isNegative = sum < 0;
  }

  /** Adds one to the last digit; answers what is carried over the point. */
  #roundUp(groups: number): number {
    for (let i = groups - 1; i >= 0; i--) {
      if (++this.fraction[i] < BASE) return 0;
      this.fraction[i] = 0;
    }
    return 1;
  }

  text(): string {
    let text = this.isNegative ? `-${this.whole}` : String(this.whole);
    if (this.scale > 0) text += '.';
    for (let i = 0; i < this.scale / BASE_DIGITS; i++) {
      text += String(this.fraction[i]).padStart(BASE_DIGITS, '0');
    }
    return text;
  }

  /** Writes the binary form to `target[at ...]`; answers where it ends. */
  write(target: Uint8Array, at: number): number {
    let end = this.scale / BASE_DIGITS;
    while (end > 0 && this.fraction[end - 1] === 0) end--;
    let first = 0;
    let weight = -1;
    let digits = at + 8;
    if (this.whole > 0) {
      weight = Math.floor(Math.log10(this.whole) / BASE_DIGITS);
      if (this.whole >= BASE ** (weight + 1)) weight++;
      else if (this.whole < BASE ** weight) weight--;
      for (let power = BASE ** weight, rest = this.whole; power >= 1; power /= BASE) {
        const digit = Math.floor(rest / power);
        rest -= digit * power;
        digits = put16(target, digits, digit);
      }
      // Zeros at the end of a whole number are not written.
      while (end === 0 && target[digits - 1] === 0 && target[digits - 2] === 0) digits -= 2;
    } else {
      while (first < end && this.fraction[first] === 0) first++;
      weight = first < end ? -1 - first : 0;
    }
    for (let i = first; i < end; i++) digits = put16(target, digits, this.fraction[i]);
    put16(target, at, (digits - at - 8) >>> 1);
    put16(target, at + 2, weight);
    put16(target, at + 4, this.isNegative ? SIGN_NEGATIVE : 0);
    put16(target, at + 6, this.scale);
    return digits;
  }
}

function put16(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 8;
  target[at + 1] = value;
  return at + 2;
}

/** PostgreSQL's select_div_scale for two whole numbers. */
function divisionScale(size: number, count: number): number {
  const sizeWeight = weightOf(size);
  const countWeight = weightOf(count);
  const sizeDigit = Math.floor(size / BASE ** sizeWeight);
  const countDigit = Math.floor(count / BASE ** countWeight);
  let weight = sizeWeight - countWeight;
  if (sizeDigit <= countDigit) weight--;
  return Math.max(0, SIGNIFICANT_DIGITS_MIN - weight * BASE_DIGITS);
}

/** The power of 10,000 that the first digit counts; 0 for 0. */
function weightOf(size: number): number {
  if (size < BASE) return 0;
  if (size < BASE ** 2) return 1;
  return size < BASE ** 3 ? 2 : 3;
}
