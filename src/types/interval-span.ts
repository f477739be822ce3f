/** The length by which intervals are ordered: months of 30 days, days of 24 hours. */
import type { Interval } from './interval.ts';

const DAY_MICROS = 86_400_000_000;

/** Microseconds of the whole interval; beyond 64 bits for extreme ones. */
export function intervalSpan(value: Interval): bigint {
  const days = value.months * 30 + value.days;
  return BigInt(days) * BigInt(DAY_MICROS) + BigInt(value.micros);
}

/** Total order by span; exact doubles where they suffice. */
export function compareIntervalSpans(a: Interval, b: Interval): number {
  if (typeof a.micros === 'number' && typeof b.micros === 'number') {
    const x = (a.months * 30 + a.days) * DAY_MICROS + a.micros;
    const y = (b.months * 30 + b.days) * DAY_MICROS + b.micros;
    if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x < y ? -1 : x > y ? 1 : 0;
  }
  const x = intervalSpan(a);
  const y = intervalSpan(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
