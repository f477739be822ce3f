/** Interval modifiers: which fields a column keeps and how many digits of a second. */

/** Bits of the fields in the modifier's upper half. */
export const RANGE_MONTH = 1 << 1;
export const RANGE_YEAR = 1 << 2;
export const RANGE_DAY = 1 << 3;
export const RANGE_HOUR = 1 << 10;
export const RANGE_MINUTE = 1 << 11;
export const RANGE_SECOND = 1 << 12;
export const FULL_RANGE = 0x7fff;
export const FULL_PRECISION = 0xffff;

export function intervalRange(typmod: number): number {
  return typmod < 0 ? FULL_RANGE : (typmod >> 16) & 0x7fff;
}

export function intervalPrecision(typmod: number): number {
  return typmod < 0 ? FULL_PRECISION : typmod & 0xffff;
}

export function intervalTypmod(range: number, precision: number): number {
  return ((range & 0x7fff) << 16) | (precision & 0xffff);
}

export type SmallestField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** The last field that a range keeps; undefined for the full range. */
export function smallestField(range: number): SmallestField | undefined {
  if (range === FULL_RANGE) return undefined;
  if ((range & RANGE_SECOND) !== 0) return 'second';
  if ((range & RANGE_MINUTE) !== 0) return 'minute';
  if ((range & RANGE_HOUR) !== 0) return 'hour';
  if ((range & RANGE_DAY) !== 0) return 'day';
  return (range & RANGE_MONTH) !== 0 ? 'month' : 'year';
}
