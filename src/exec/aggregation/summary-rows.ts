/** Summaries as rows of columns and back, so that they can be picked and go to disk like rows. */
import { OID, type SqlType } from '../../types/type.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import type { SummaryPlan } from './summary-plan.ts';

const FLOAT8: SqlType = { oid: OID.float8, typmod: -1 };

const STATISTICS = [
  'sums',
  'squares',
  'minimums',
  'maximums',
  'firsts',
  'lasts',
  'counts',
] as const;

/** Columns of numbers in front of the statistics. */
const NUMBERS = 4;

/** Types of the columns that `summaryBatch` gives. */
export function summaryTypes({ scan, groupPositions, columns, derived }: SummaryPlan): SqlType[] {
  const numbers = NUMBERS + STATISTICS.length * (columns.length + derived.length);
  return [
    ...groupPositions.map((position) => scan.columns[position].type),
    ...Array.from({ length: numbers }, () => FLOAT8),
  ];
}

/** The keys' columns, rows, buckets and times, and each column's statistics. What is absent is NULL throughout. */
export function summaryBatch(all: Summaries): Batch {
  const { length } = all;
  const numbers = (data: Float64Array | undefined): Vector => ({
    rep: 'f64',
    type: FLOAT8,
    length,
    data: data ?? new Float64Array(length),
    nulls: data === undefined ? new Uint8Array(length).fill(1) : undefined,
  });
  const asked = [all.rows, all.buckets, all.firstTimes, all.lastTimes].map((data) =>
    data.length === length ? data : undefined,
  );
  const columns = [...all.groups, ...asked.map(numbers)];
  for (const column of all.columns) {
    for (const statistic of STATISTICS) columns.push(numbers(column[statistic]));
  }
  return { columns, length };
}

export function batchSummaries(
  { groupPositions, columns, derived }: SummaryPlan,
  batch: Batch,
): Summaries {
  const first = groupPositions.length;
  const numbers = (i: number): Float64Array | undefined => {
    const column = batch.columns[first + i];
    return column.rep === 'f64' && column.nulls === undefined ? column.data : undefined;
  };
  const present = (i: number): Float64Array => numbers(i) ?? new Float64Array(0);
  return {
    length: batch.length,
    rows: present(0),
    buckets: present(1),
    firstTimes: present(2),
    lastTimes: present(3),
    groups: batch.columns.slice(0, first),
    columns: [...columns, ...derived].map((_, column): ColumnSummary => {
      const at = NUMBERS + column * STATISTICS.length;
      return {
        sums: numbers(at),
        squares: numbers(at + 1),
        minimums: numbers(at + 2),
        maximums: numbers(at + 3),
        firsts: numbers(at + 4),
        lasts: numbers(at + 5),
        counts: numbers(at + 6),
      };
    }),
  };
}
