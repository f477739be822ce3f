/** What a scan's predicates say about time, series and value ranges. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { vectorRep } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { BoundPredicate } from '../storage.ts';
import { hypertableOf } from './placement.ts';
import { hasPlainEquality } from './series-table.ts';

export interface ScanBounds {
  /** Inclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Per column the values that rows may have. */
  readonly equalities: readonly { readonly attnum: number; readonly values: readonly Value[] }[];
  /** Per number column the inclusive range that rows may have. */
  readonly ranges: readonly {
    readonly attnum: number;
    readonly low: number;
    readonly high: number;
  }[];
}

export function boundsOf(
  table: TableDescriptor,
  predicates: readonly BoundPredicate[],
): ScanBounds {
  const { timeColumn } = hypertableOf(table);
  let minTime = -Infinity;
  let maxTime = Infinity;
  const equalities: { attnum: number; values: readonly Value[] }[] = [];
  const ranges: { attnum: number; low: number; high: number }[] = [];
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

/** The smallest inclusive range of doubles with all values that satisfy the predicate. */
function rangeOf(
  predicate: BoundPredicate,
  whole: boolean,
): { low: number; high: number } | undefined {
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
  switch (predicate.op) {
    case '=':
    case 'in': {
      let low = Infinity;
      let high = -Infinity;
      for (const number of numbers) {
        if (number < low) low = number;
        if (number > high) high = number;
      }
      return { low, high };
    }
    case '<':
      return { low: -Infinity, high: first - step };
    case '<=':
      return { low: -Infinity, high: first };
    case '>':
      return { low: first + step, high: Infinity };
    case '>=':
      return { low: first, high: Infinity };
  }
}
