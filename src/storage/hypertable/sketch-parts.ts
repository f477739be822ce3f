/**
 * What a sketch tells of a column: numbers for each interval, each kind of them stored as a block of its
 * own. docs/format/segment.md has the layout.
 */
import { OID, sqlType, type Oid } from '../../types/type.ts';
import type { Statistic } from '../../vector/summary.ts';

/** Numbers of parts, as keys have them. */
export const SKETCH_PART = { sums: 0, minimums: 1, maximums: 2, counts: 3 } as const;
export type SketchPart = (typeof SKETCH_PART)[keyof typeof SKETCH_PART];
/** Parts of the intervals themselves, which stand in the place of a column. */
export const INTERVALS_ATTNUM = 0;
export const INTERVAL_PART = { rows: 0, numbers: 1 } as const;

/** What there is of a column, added up; and whether negative zeros are among its numbers. */
export const HAS = { sums: 1, extremes: 2, counts: 4, negativeZero: 8 } as const;

/** The type of all parts' numbers. */
export const PART_TYPE = sqlType(OID.float8);

/** What a segment's header says of its sketches. */
export interface SketchHeader {
  readonly width: number;
  /** How many intervals there are. */
  readonly intervals: number;
  /** By attnum a sum of `HAS`. */
  readonly columns: ReadonlyMap<number, number>;
}

/** Whether a column's parts tell what is asked. */
export function hasStatistics(has: number, statistics: ReadonlySet<Statistic>): boolean {
  for (const statistic of statistics) {
    if (statistic === 'squares' || statistic === 'ends') return false;
    if ((has & (statistic === 'sum' ? HAS.sums : HAS.extremes)) === 0) return false;
  }
  return has !== 0;
}

/** Sums of integers must be exact, those of floats need not; those of times nobody wants. */
export type SumKind = 'exact' | 'float' | 'none';

export function sumKindOf(type: Oid): SumKind {
  switch (type) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return 'exact';
    case OID.float4:
    case OID.float8:
      return 'float';
    default:
      return 'none';
  }
}
