/**
 * Summaries: what storage tells of a stretch of rows instead of the rows. A stretch lies in one series
 * and, where buckets were asked for, in one time bucket. Aggregate functions add summaries to their
 * states as they would the rows.
 */
import type { Vector } from './vector.ts';

/** What an aggregate function may need to know of a column over a stretch. */
export type Statistic = 'sum' | 'squares' | 'extremes' | 'ends';

/** One number a stretch; those that were not asked for are undefined. No NaN or infinity is in them. */
export interface ColumnSummary {
  /** Rows of the stretch in which the column is not NULL; undefined where it is in none. */
  readonly counts?: Float64Array | undefined;
  readonly sums: Float64Array | undefined;
  /** Sum of the squared distances from the stretch's own mean. */
  readonly squares: Float64Array | undefined;
  readonly minimums: Float64Array | undefined;
  readonly maximums: Float64Array | undefined;
  /** Values at the stretch's earliest and latest row. */
  readonly firsts: Float64Array | undefined;
  readonly lasts: Float64Array | undefined;
}

export interface Summaries {
  /** Number of stretches. */
  readonly length: number;
  /** Rows of each stretch. */
  readonly rows: Float64Array;
  /** Where each stretch's bucket starts; empty without buckets. */
  readonly buckets: Float64Array;
  /** Earliest and latest time of each stretch; empty where no column's 'ends' were asked for. */
  readonly firstTimes: Float64Array;
  readonly lastTimes: Float64Array;
  /** The series' values of the columns that the request groups by, in its order. */
  readonly groups: readonly Vector[];
  /** In the order of the request's columns. */
  readonly columns: readonly ColumnSummary[];
}
