/** Adds up the fields of an interval literal with PostgreSQL's rules for fractions and overflow. */
import { Interval } from '../interval.ts';
import type { Int64 } from '../value.ts';
import { MICROS_PER_DAY } from './calendar.ts';
import { addInt64, intervalOutOfRange, narrow, roundHalfEven } from './micros.ts';
import { fitsInt32 } from './number-text.ts';

const DAYS_PER_MONTH = 30;

/** Thrown where a field leaves its range; the parser turns it into the error with the text. */
export class IntervalFieldOverflow extends Error {}

export class IntervalBuilder {
  #years = 0;
  #months = 0;
  #days = 0;
  #micros: Int64 = 0;

  get micros(): Int64 {
    return this.#micros;
  }

  /** (value + fraction) * scale microseconds. */
  addMicros(value: Int64, fraction: number, scale: number): void {
    const product = multiply(value, scale);
    this.#addWhole(product);
    this.#addFractionMicros(fraction, scale);
  }

  addDays(value: Int64, fraction: number, scale: number): void {
    this.#days = checked(this.#days + toInt32(value) * scale);
    if (scale === 1) this.#addFractionMicros(fraction, MICROS_PER_DAY);
    else this.#addFractionDays(fraction, scale);
  }

  addMonths(value: Int64, fraction: number): void {
    this.#months = checked(this.#months + toInt32(value));
    this.#addFractionDays(fraction, DAYS_PER_MONTH);
  }

  addYears(value: Int64, fraction: number, scale: number): void {
    this.#years = checked(this.#years + toInt32(value) * scale);
    this.#months = checked(this.#months + roundHalfEven(fraction * scale * 12));
  }

  negate(): void {
    this.#years = checked(0 - this.#years);
    this.#months = checked(0 - this.#months);
    this.#days = checked(0 - this.#days);
    this.negateMicros();
  }

  negateMicros(): void {
    const negated = narrow(-BigInt(this.#micros));
    if (negated === undefined) throw new IntervalFieldOverflow();
    this.#micros = negated;
  }

  build(): Interval {
    const months = this.#years * 12 + this.#months;
    if (!fitsInt32(months)) throw intervalOutOfRange();
    return new Interval(months, this.#days, this.#micros);
  }

  #addWhole(micros: Int64): void {
    const sum = addInt64(this.#micros, micros);
    if (sum === undefined) throw new IntervalFieldOverflow();
    this.#micros = sum;
  }

  #addFractionDays(fraction: number, scale: number): void {
    if (fraction === 0) return;
    const days = fraction * scale;
    const whole = Math.trunc(days);
    this.#days = checked(this.#days + whole);
    this.#addFractionMicros(days - whole, MICROS_PER_DAY);
  }

  #addFractionMicros(fraction: number, scale: number): void {
    if (fraction === 0) return;
    const micros = fraction * scale;
    let whole = Math.trunc(micros);
    const rest = micros - whole;
    if (rest > 0.5) whole++;
    else if (rest < -0.5) whole--;
    this.#addWhole(whole);
  }
}

function multiply(value: Int64, scale: number): Int64 {
  if (typeof value === 'number') {
    const product = value * scale;
    if (Number.isSafeInteger(product)) return product;
  }
  const product = narrow(BigInt(value) * BigInt(scale));
  if (product === undefined) throw new IntervalFieldOverflow();
  return product;
}

function toInt32(value: Int64): number {
  if (typeof value === 'bigint') throw new IntervalFieldOverflow();
  return checked(value);
}

function checked(value: number): number {
  if (!fitsInt32(value)) throw new IntervalFieldOverflow();
  return value === 0 ? 0 : value;
}
