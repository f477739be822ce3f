/** to_char() over numbers. */
import { formatNumeric, Numeric, powerOfTen } from '../../types/numeric.ts';
import { multiplyNumeric, roundNumeric } from '../../types/numeric-arithmetic.ts';
import { numericFromInt, numericToInt } from '../../types/numeric-convert.ts';
import { roundHalfEven } from '../../types/datetime/micros.ts';
import { dbError } from '../../errors/db-error.ts';
import type { Int64 } from '../../types/value.ts';
import { parseNumberPicture, type NumberPicture } from './number-picture.ts';
import { ordinalSuffix } from './to-char.ts';

const INT4_MAX = 2147483647n;
const DOUBLE_DIGITS = 15;
const SINGLE_DIGITS = 6;

export function numericToChar(value: Numeric, picture: string): string {
  const p = parseNumberPicture(picture);
  if (p.roman)
    return fillIn(p, roman(Number(numericToInt(roundNumeric(value, 0), 'integer'))), '+', 0);
  if (p.scientific) {
    if (value.kind !== 'finite') return notANumber(p);
    const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
    return (value.unscaled < 0n ? '-' : ' ') + scientific(magnitude, value.scale, p.post, false);
  }
  let scaled = value;
  if (p.multiply) {
    scaled = multiplyNumeric(value, new Numeric(powerOfTen(p.multi), 0));
    p.pre += p.multi;
  }
  return place(p, formatNumeric(roundNumeric(scaled, p.post)));
}

export function integerToChar(value: Int64, picture: string, maximum: bigint): string {
  const p = parseNumberPicture(picture);
  if (p.roman) {
    const small = typeof value === 'number' && Math.abs(value) < 2147483648;
    if (!small) throw dbError('numeric_value_out_of_range', 'integer out of range');
    return fillIn(p, roman(value), '+', 0);
  }
  if (p.scientific) {
    // PostgreSQL goes through double precision for integer and through numeric for bigint.
    return maximum === INT4_MAX
      ? floatToChar(Number(value), picture, false)
      : numericToChar(numericFromInt(value), picture);
  }
  let scaled = BigInt(value);
  if (p.multiply) {
    scaled *= powerOfTen(p.multi);
    if (scaled > maximum || scaled < -maximum - 1n) {
      const type = maximum === INT4_MAX ? 'integer' : 'bigint';
      throw dbError('numeric_value_out_of_range', `${type} out of range`);
    }
    p.pre += p.multi;
  }
  return place(p, scaled.toString() + (p.post > 0 ? `.${'0'.repeat(p.post)}` : ''));
}

export function floatToChar(value: number, picture: string, single: boolean): string {
  const p = parseNumberPicture(picture);
  if (p.roman) {
    const rounded = roundHalfEven(value);
    return fillIn(p, roman(Number.isFinite(rounded) ? rounded : 0), '+', 0);
  }
  if (p.scientific) {
    if (!Number.isFinite(value)) return notANumber(p);
    const exact = exactDecimal(Math.abs(value));
    return (value < 0 ? '-' : ' ') + scientific(exact.unscaled, exact.scale, p.post, true);
  }
  let scaled = value;
  if (p.multiply) {
    const factor = 10 ** p.multi;
    scaled = single ? Math.fround(value * Math.fround(factor)) : value * factor;
    p.pre += p.multi;
  }
  if (!Number.isFinite(scaled)) {
    return place(p, String(scaled));
  }
  const wholeDigits = fixed(Math.abs(scaled), 0).length;
  const digits = single ? SINGLE_DIGITS : DOUBLE_DIGITS;
  if (wholeDigits >= digits) p.post = 0;
  else if (wholeDigits + p.post > digits) p.post = digits - wholeDigits;
  const text = fixed(Math.abs(scaled), p.post);
  return place(p, scaled < 0 || Object.is(scaled, -0) ? `-${text}` : text);
}

/** A finite double as an exact decimal. */
function exactDecimal(value: number): { unscaled: bigint; scale: number } {
  let mantissa = value;
  let halvings = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    halvings++;
  }
  return { unscaled: BigInt(mantissa) * 5n ** BigInt(halvings), scale: halvings };
}

/** `unscaled` / 10^`drop`, rounded half to even (C) or half up (numeric). */
function roundOff(unscaled: bigint, drop: number, toEven: boolean): bigint {
  if (drop <= 0) return unscaled * powerOfTen(-drop);
  const divisor = powerOfTen(drop);
  const quotient = unscaled / divisor;
  const twice = (unscaled % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && (!toEven || quotient % 2n === 1n));
  return up ? quotient + 1n : quotient;
}

/** C's %.*f of a magnitude. */
function fixed(value: number, digits: number): string {
  const { unscaled, scale } = exactDecimal(value);
  const text = roundOff(unscaled, scale - digits, true)
    .toString()
    .padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** d.ddde+xx */
function scientific(magnitude: bigint, scale: number, post: number, toEven: boolean): string {
  const length = magnitude.toString().length;
  let exponent = magnitude === 0n ? 0 : length - 1 - scale;
  let digits = magnitude === 0n ? 0n : roundOff(magnitude, length - 1 - post, toEven);
  if (digits >= powerOfTen(post + 1)) {
    digits /= 10n;
    exponent++;
  }
  const text = digits.toString().padStart(post + 1, '0');
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${text.charAt(0)}${post > 0 ? `.${text.slice(1)}` : ''}e${exponent < 0 ? '-' : '+'}${power}`;
}

/** What EEEE shows for NaN and infinities. */
function notANumber(p: NumberPicture): string {
  const text = ` ${'#'.repeat(p.pre + p.post + 5)}`;
  return `${text.slice(0, p.pre + 1)}.${text.slice(p.pre + 2)}`;
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

function roman(value: number): string {
  if (value < 1 || value > 3999) return '#'.repeat(15);
  let text = '';
  let rest = value;
  for (const [size, letters] of ROMAN) {
    while (rest >= size) {
      text += letters;
      rest -= size;
    }
  }
  return text;
}

/** Splits off the sign and fits the digits to the picture: spaces before, or # where they do not fit. */
function place(p: NumberPicture, text: string): string {
  const sign = text.startsWith('-') ? '-' : '+';
  let digits = sign === '-' ? text.slice(1) : text;
  const point = digits.indexOf('.');
  const whole = point < 0 ? digits.length : point;
  if (whole > p.pre) {
    const hashes = '#'.repeat(p.pre + p.post + 1);
    digits = `${hashes.slice(0, p.pre)}.${hashes.slice(p.pre + 1)}`;
  }
  return fillIn(p, digits, sign, Math.max(0, p.pre - whole));
}

function fillIn(p: NumberPicture, digits: string, sign: '+' | '-', spaces: number): string {
  return new PictureWriter(p, digits, sign, spaces).write();
}

/** Walks the picture and writes digits, signs and separators as PostgreSQL does. */
class PictureWriter {
  readonly #p: NumberPicture;
  readonly #digits: string;
  readonly #sign: '+' | '-';
  readonly #spaces: number;
  #out = '';
  #at = 0;
  #position = 0;
  #started = false;
  #signWritten: boolean;
  #bracket: boolean;
  readonly #signAfter: boolean;
  readonly #end: number;
  /** Index of the last digit that FM keeps, undefined where all stay. */
  readonly #last: number | undefined;

  constructor(p: NumberPicture, digits: string, sign: '+' | '-', spaces: number) {
    this.#p = p;
    this.#digits = digits;
    this.#sign = sign;
    this.#spaces = spaces;
    this.#bracket = p.bracket && !(sign === '+' && p.fill);
    if (p.plus || p.minus) this.#signWritten = !(p.plus && !p.minus);
    else this.#signWritten = sign === '+' && p.fill && !p.leadingSign;
    const after = p.sign === 'before' && p.pre === p.preAtSign && !p.plus && !p.minus;
    this.#signAfter = p.leadingSign && (p.sign === 'after' || after);
    this.#last = p.fill && p.decimal ? this.#lastRelevant() : undefined;
    const extra = !this.#signWritten && spaces === 0 ? 1 : 0;
    this.#end = p.post + p.pre - 1 + extra + (spaces > 0 ? 1 : 0) + (p.decimal ? 1 : 0);
  }

  write(): string {
    for (const node of this.#p.nodes) {
      if (node.kind === 'text') {
        this.#out += node.text;
        continue;
      }
      switch (node.key) {
        case '9':
        case '0':
        case '.':
        case 'd':
          if (!this.#p.roman) this.#writeDigit(node.key);
          break;
        default:
          this.#out += this.#symbol(node.key, node.isLower);
      }
    }
    return this.#out;
  }

  #symbol(key: string, isLower: boolean): string {
    const blank = this.#p.fill ? '' : ' ';
    switch (key) {
      case ',':
      case 'g':
        return this.#started ? ',' : blank;
      case 'l':
        return ' ';
      case 'rn': {
        const text = this.#p.fill ? this.#digits : this.#digits.padStart(15);
        return isLower ? text.toLowerCase() : text;
      }
      case 'th': {
        const p = this.#p;
        if (p.roman || this.#digits.startsWith('#') || this.#sign === '-' || p.decimal) return '';
        const suffix = ordinalSuffix(this.#digits);
        return isLower ? suffix : suffix.toUpperCase();
      }
      case 'mi':
        return this.#sign === '-' ? '-' : blank;
      case 'pl':
        return this.#sign === '+' ? '+' : blank;
      case 'sg':
        return this.#sign;
      default:
        return '';
    }
  }

  #lastRelevant(): number | undefined {
    const point = this.#digits.indexOf('.');
    if (point < 0) return undefined;
    let last = point;
    for (let i = point + 1; i < this.#digits.length; i++) if (this.#digits[i] !== '0') last = i;
    const { zeroEnd } = this.#p;
    if (zeroEnd > this.#spaces) {
      last = Math.max(last, Math.min(this.#digits.length - 1, zeroEnd - this.#spaces));
    }
    return last;
  }

  #lastIsPoint(): boolean {
    return this.#last !== undefined && this.#digits[this.#last] === '.';
  }

  /** True at the zero before the point of a number below one, which 9 does not show. */
  #hiddenZero(): boolean {
    return !this.#p.zero && this.#at === 0 && this.#digits[0] === '0' && this.#p.post !== 0;
  }

  #writeDigit(key: '9' | '0' | '.' | 'd'): void {
    const p = this.#p;
    this.#started = false;
    const reached = this.#position >= this.#spaces || (p.zero && p.zeroStart === this.#position);
    if (!this.#signWritten && reached && (!this.#hiddenZero() || this.#lastIsPoint()))
      this.#writeSign();
    if (this.#position < this.#spaces && (p.zeroStart > this.#position || !p.zero)) {
      if (!p.fill) this.#out += ' ';
    } else if (p.zero && this.#position < this.#spaces && p.zeroStart <= this.#position) {
      this.#out += '0';
      this.#started = true;
    } else {
      this.#writeCharacter(key);
      if (this.#at < this.#digits.length) this.#at++;
    }
    const end = this.#last !== undefined && this.#last === this.#at ? this.#position : this.#end;
    if (this.#position + 1 === end) {
      if (this.#signWritten && this.#bracket) this.#out += this.#sign === '+' ? ' ' : '>';
      else if (this.#signAfter) this.#out += this.#sign;
    }
    this.#position++;
  }

  #writeSign(): void {
    const p = this.#p;
    if (p.leadingSign) {
      if (this.#signAfter) return;
      this.#out += this.#sign;
    } else if (this.#bracket) this.#out += this.#sign === '+' ? ' ' : '<';
    else if (this.#sign === '-') this.#out += '-';
    else if (!p.fill) this.#out += ' ';
    this.#signWritten = true;
  }

  #writeCharacter(key: '9' | '0' | '.' | 'd'): void {
    const c = this.#digits.charAt(this.#at);
    if (c === '.') {
      this.#out += '.';
      return;
    }
    if (this.#last !== undefined && this.#at > this.#last && key !== '0') return;
    if (this.#hiddenZero()) {
      if (!this.#p.fill) this.#out += ' ';
      else if (this.#lastIsPoint()) this.#out += '0';
      return;
    }
    this.#out += c;
    this.#started = true;
  }
}
