/** The C-like number readers that PostgreSQL's date input is defined by. */
import { roundHalfEven } from './micros.ts';

export interface IntegerPrefix {
  readonly value: number;
  /** Index of the first character after the digits. */
  readonly end: number;
}

/** Reads an optionally signed integer prefix as strtol does; `end` is `start` where there is none. */
export function integerPrefix(text: string, start = 0): IntegerPrefix {
  let at = start;
  if (text[at] === '+' || text[at] === '-') at++;
  const first = at;
  while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
  if (at === first) return { value: 0, end: start };
  return { value: Number(text.slice(start, at)), end: at };
}

export function fitsInt32(value: number): boolean {
  return value >= -2147483648 && value <= 2147483647;
}

/** The value of `.ddd`, 0 for a lone point; undefined where anything else follows the digits. */
export function fractionOf(text: string): number | undefined {
  if (text === '.') return 0;
  return /^\.\d+(?:e[+-]?\d+)?$/.test(text) ? Number(`0${text}`) : undefined;
}

/** Microseconds of a fraction of a second. */
export function fractionMicros(fraction: number): number {
  return roundHalfEven(fraction * 1_000_000);
}
