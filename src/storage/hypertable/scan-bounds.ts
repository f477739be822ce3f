/** What a scan's predicates say about time, series and value ranges. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { vectorRep } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { BoundPredicate } from '../storage.ts';
import { hypertableOf } from './placement.ts';
import { hasPlainEquality } from './series-table.ts';

/** Values between two, the ends left out where they are open. */
export interface ValueRange {
  readonly attnum: number;
  readonly low: number;
  readonly high: number;
  readonly isLowOpen: boolean;
  readonly isHighOpen: boolean;
}

export interface ScanBounds {
  /** Inclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Per column the values that rows may have. */
  readonly equalities: readonly { readonly attnum: number; readonly values: readonly Value[] }[];
  /** Per number column a range that rows may have. */
  readonly ranges: readonly ValueRange[];
}

export function boundsOf(
  table: TableDescriptor,
  predicates: readonly BoundPredicate[],
): ScanBounds {
  const { timeColumn } = hypertableOf(table);
  let minTime = -Infinity;
  let maxTime = Infinity;
  const equalities: { attnum: number; values: readonly Value[] }[] = [];
  const ranges: ValueRange[] = [];
  for (const predicate of predicates) {
    const { column: attnum } = predicate;
    const type = table.columns[attnum - 1]?.type;
    if (type === undefined) continue;
    const range =
      vectorRep(type.oid) === 'f64' ? rangeOf(predicate, attnum === timeColumn) : undefined;
    if (attnum === timeColumn) {
      if (range === undefined) continue;
      minTime = Math.max(minTime, range.low);
      maxTime = Math.min(maxTime, range.high);
      continue;
    }
    if (range !== undefined) ranges.push({ attnum, ...range });
    const equality = predicate.op === '=' || predicate.op === 'in';
    if (equality && hasPlainEquality(type.oid))
      equalities.push({ attnum, values: predicate.values });
  }
  return { minTime, maxTime, equalities, ranges };
}

/** The smallest range of doubles with all values that satisfy the predicate. */
function rangeOf(
  predicate: BoundPredicate,
  whole: boolean,
): Omit<ValueRange, 'attnum'> | undefined {
  const numbers: number[] = [];
  for (const value of predicate.values) {
    if (value === null) continue;
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    const number = Number(value);
    if (Number.isNaN(number)) return undefined;
    numbers.push(number);
  }
  if (numbers.length === 0) return undefined;
  const first = numbers[0];
  // Whole numbers below 2^53 have exact neighbours; beyond, the bound itself stays in.
  const step = whole && Math.abs(first) < 2 ** 52 && Number.isInteger(first) ? 1 : 0;
  // A rounded bound may be one that its neighbour satisfies.
  const isOpen = step === 0 && typeof predicate.values[0] === 'number';
  const closed = { isLowOpen: false, isHighOpen: false };
  switch (predicate.op) {
    case '=':
    case 'in': {
      let low = Infinity;
      let high = -Infinity;
      for (const number of numbers) {
        if (number < low) low = number;
        if (number > high) high = number;
      }
      return { low, high, ...closed };
    }
    case '<':
      return { low: -Infinity, high: first - step, isLowOpen: false, isHighOpen: isOpen };
    case '<=':
      return { low: -Infinity, high: first, ...closed };
    case '>':
      return { low: first + step, high: Infinity, isLowOpen: isOpen, isHighOpen: false };
    case '>=':
      return { low: first, high: Infinity, ...closed };
  }
}
