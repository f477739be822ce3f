/** Floating point to and from text, as PostgreSQL prints and reads it. */
import { dbError } from '../errors/db-error.ts';

/**
 * Prints a float8. With `extraFloatDigits` above 0 the shortest digits that read back as the same
 * value, else `%.*g` with 15 + extraFloatDigits digits.
 */
export function formatFloat8(value: number, extraFloatDigits: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  if (extraFloatDigits <= 0) return formatGeneral(value, Math.max(1, 15 + extraFloatDigits));
  const shortest = value.toExponential();
  const size = Math.abs(value);
  if (size < TIES_FROM || size > TIES_TO) return layOut(shortest, 15);
  return layOut(avoidTie(value, shortest), 15);
}

/** Prints a float4; the value is already rounded to single precision. */
export function formatFloat4(value: number, extraFloatDigits: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  if (extraFloatDigits <= 0) return formatGeneral(value, Math.max(1, 6 + extraFloatDigits));
  return layOut(shortestFloat4(value), 6);
}

/** C's `%.{digits}g`: significant digits without trailing zeros, ties to even. */
export function formatGeneral(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return layOut(toExponentialHalfEven(value, digits), digits);
}

/** Reads a float8 or float4; both accept the same syntax and differ in range. */
export function parseFloatText(text: string, typeName: 'double precision' | 'real'): number {
  const trimmed = trimSpace(text);
  if (DECIMAL.test(trimmed)) return checkRange(Number(trimmed), trimmed, typeName);
  const special = SPECIAL_INPUT.get(trimmed.toLowerCase());
  if (special !== undefined) return special;
  const hex = parseHexFloat(trimmed);
  if (hex !== undefined) return checkRange(hex, trimmed, typeName);
  throw dbError('invalid_text_representation', {
    message: `invalid input syntax for type ${typeName}: "${text}"`,
  });
}

/** Removes the white space that C's isspace knows from both ends. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?\d+))?$/;

const SPECIAL_INPUT: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
]);

function formatSpecial(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (Number.isFinite(value)) return undefined;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** Lays out `d.ddde+x` in C's %g manner: fixed while -4 <= exponent < `fixedBelow`. */
function layOut(exponential: string, fixedBelow: number): string {
  const negative = exponential.charCodeAt(0) === 45;
  const mark = exponential.indexOf('e');
  const exponent = Number(exponential.slice(mark + 1));
  let digits = exponential.slice(negative ? 1 : 0, mark).replace('.', '');
  let length = digits.length;
  while (length > 1 && digits.charCodeAt(length - 1) === 48) length--;
  digits = digits.slice(0, length);
  let text: string;
  if (exponent < -4 || exponent >= fixedBelow) {
    const size = Math.abs(exponent);
    const fraction = length > 1 ? `.${digits.slice(1)}` : '';
    text = `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  } else if (exponent < 0) {
    text = `0.${'0'.repeat(-exponent - 1)}${digits}`;
  } else if (length <= exponent + 1) {
    text = digits + '0'.repeat(exponent + 1 - length);
  } else {
    text = `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  }
  return negative ? `-${text}` : text;
}

/** toExponential rounds exact ties away from zero; C rounds them to even. */
function toExponentialHalfEven(value: number, digits: number): string {
  const rounded = value.toExponential(digits - 1);
  const exact = value.toExponential(Math.min(100, digits + 60));
  const mark = exact.indexOf('e');
  // The sign and the point come before the first `digits` digits.
  const tailStart = (value < 0 ? 1 : 0) + digits + 1;
  if (!/^50*$/.test(exact.slice(tailStart, mark).replace('.', ''))) return rounded;
  const lastKept = exact[tailStart - 1] === '.' ? exact[tailStart - 2] : exact[tailStart - 1];
  if (Number(lastKept) % 2 !== 0) return rounded;
  const kept = exact.slice(0, tailStart).replace(/\.$/, '');
  return kept + exact.slice(mark);
}

/**
 * Only between these can a decimal of 17 digits lie exactly between two doubles. JavaScript takes such a
 * decimal where the tie would round to the value; PostgreSQL does not.
 */
const TIES_FROM = 2 ** 54;
const TIES_TO = 1e40;

function avoidTie(value: number, shortest: string): string {
  if (!isTie(value, shortest)) return shortest;
  for (let digits = 1; digits < 17; digits++) {
    const candidate = value.toExponential(digits - 1);
    if (Number(candidate) === value && !isTie(value, candidate)) return candidate;
  }
  return value.toExponential(16);
}

/** True where the decimal is half a unit in the last place away from the (large) double. */
function isTie(value: number, decimal: string): boolean {
  const exact = BigInt(value);
  const [mantissa = '', exponent = '0'] = decimal.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const zeros = Number(exponent) - fraction.length;
  if (zeros < 0) return false;
  const written = BigInt(whole + fraction) * 10n ** BigInt(zeros);
  const distance = written > exact ? written - exact : exact - written;
  if (distance === 0n) return false;
  const away = BigInt(nextAfter(value, written > exact)) - exact;
  return distance * 2n === (away < 0n ? -away : away);
}

function nextAfter(value: number, up: boolean): number {
  SCRATCH.setFloat64(0, value);
  const bits = SCRATCH.getBigInt64(0);
  SCRATCH.setBigInt64(0, up === value > 0 ? bits + 1n : bits - 1n);
  return SCRATCH.getFloat64(0);
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** The shortest decimal that rounds to this float4, in toExponential's form. */
function shortestFloat4(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const nearest = value.toExponential(digits - 1);
    if (readsBackAsFloat4(nearest, value)) return toExponentialHalfEven(value, digits);
    const other = neighbour(value, nearest, digits);
    if (readsBackAsFloat4(other, value)) return other;
  }
  return value.toExponential(8);
}

/** True where the decimal rounds to the float4 and is no tie. */
function readsBackAsFloat4(decimal: string, value: number): boolean {
  const read = Number(decimal);
  if (Math.fround(read) !== value) return false;
  if (read === value) return true;
  SCRATCH.setFloat32(0, value);
  const bits = SCRATCH.getInt32(0);
  SCRATCH.setInt32(0, Math.abs(read) > Math.abs(value) ? bits + 1 : bits - 1);
  const next = SCRATCH.getFloat32(0);
  return !Number.isFinite(next) || read !== (value + next) / 2;
}

/** The decimal of as many digits on the other side of the value: at powers of two it may fit too. */
function neighbour(value: number, nearest: string, digits: number): string {
  const exponent = Number(nearest.slice(nearest.indexOf('e') + 1));
  const up = Math.abs(Number(nearest)) < Math.abs(value);
  const mantissa = Number(nearest.slice(0, nearest.indexOf('e')).replace('.', ''));
  const stepped = mantissa + (up ? 1 : -1) * Math.sign(mantissa);
  return Number(`${stepped}e${exponent - digits + 1}`).toExponential(digits - 1);
}

function checkRange(value: number, trimmed: string, typeName: 'double precision' | 'real'): number {
  const result = typeName === 'real' ? Math.fround(value) : value;
  const overflowed = !Number.isFinite(result);
  const underflowed = result === 0 && /[1-9a-fA-F]/.test(mantissaOf(trimmed));
  if (!overflowed && !underflowed) return result;
  throw dbError('numeric_value_out_of_range', {
    message: `"${trimmed}" is out of range for type ${typeName}`,
  });
}

function mantissaOf(text: string): string {
  if (/^[+-]?0[xX]/.test(text)) return text.replace(/^[+-]?0[xX]/, '').replace(/[pP].*$/, '');
  return text.replace(/[eE].*$/, '');
}

/** C99 hexadecimal floats, which strtod accepts. */
function parseHexFloat(text: string): number | undefined {
  const match = HEX.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  let digits = BigInt(`0x${whole}${fraction}`);
  let power = Number(exponent) - 4 * fraction.length;
  // Keep 64 bits and a sticky bit, so that the conversion below rounds once.
  const excess = digits.toString(2).length - 64;
  if (excess > 0) {
    const rest = digits & ((1n << BigInt(excess)) - 1n);
    digits = (digits >> BigInt(excess)) | (rest === 0n ? 0n : 1n);
    power += excess;
  }
  const magnitude = scaleByPowerOfTwo(Number(digits), power);
  return sign === '-' ? -magnitude : magnitude;
}

function scaleByPowerOfTwo(value: number, power: number): number {
  let result = value;
  let left = Math.max(-4000, Math.min(4000, power));
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  for (; left < -1000; left += 1000) result *= 2 ** -1000;
  return result * 2 ** left;
}
