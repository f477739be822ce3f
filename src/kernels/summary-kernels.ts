/** Kernels that summarise stretches of lanes (assembly/summarize*.ts, assembly/bucket-sums.ts). */

/**
 * Stretch i is lanes [starts[i], ends[i]), both u32, at least one and at most 65,536 of them. Results are
 * doubles; an output address of 0 leaves the output out. `squares` are the sums of the squared distances
 * from the stretch's mean.
 */
export type Summarize = (
  lanes: number,
  starts: number,
  ends: number,
  count: number,
  sums: number,
  squares: number,
  minimums: number,
  maximums: number,
) => void;

/** The same of lanes of which some are NULL, by a byte for each: sums, and how many are not NULL. */
export type SummarizeKnown = (
  lanes: number,
  nulls: number,
  starts: number,
  ends: number,
  count: number,
  sums: number,
  counts: number,
) => void;

/**
 * Adds to cells, one a bucket, what is in runs of lanes with evenly spaced times; answers in how many pieces
 * the buckets' borders cut them. `wanted` is a sum of `WANTS`; without it only rows are counted, and `lanes`
 * may be anything. Times and `width` are whole numbers below 2^53.
 */
export type BucketSums = (
  lanes: number,
  runs: number,
  count: number,
  width: number,
  wanted: number,
  cells: number,
) => number;

export type FinishCells = (cells: number, count: number) => void;

/** A run: its first lane and the one behind its last (u32), the first one's time and the step (f64). */
export const RUN = { start: 0, end: 4, time: 8, step: 16, bytes: 24 } as const;

/** A bucket's cell: rows (u32), then doubles, of which the extremes are there once it is finished. */
export const CELL = { rows: 0, sum: 8, low: 16, high: 24, bytes: 64 } as const;

export const WANTS = { sums: 1, extremes: 2 } as const;

/** A sum that is not finite, be it for a NaN or an infinity; a negative zero. */
export const ODD = { notFinite: 1, negativeZero: 2 } as const;

export interface SummaryKernels {
  /** Of doubles; the answer is a sum of `ODD` for values whose order matters. */
  summarizeF64(
    doubles: number,
    starts: number,
    ends: number,
    count: number,
    sums: number,
    minimums: number,
    maximums: number,
  ): number;
  readonly bucketSumsU8: BucketSums;
  readonly bucketSumsU16: BucketSums;
  readonly bucketSumsU32: BucketSums;
  /** Before anything is added. */
  clearCells(cells: number, count: number): void;
  /** When all is added: extremes of cells without rows mean nothing. */
  readonly finishCellsU8: FinishCells;
  readonly finishCellsU16: FinishCells;
  readonly finishCellsU32: FinishCells;
  readonly summarizeKnownU8: SummarizeKnown;
  readonly summarizeKnownU16: SummarizeKnown;
  readonly summarizeKnownU32: SummarizeKnown;
  summarizeU8: Summarize;
  summarizeU16: Summarize;
  /** Has no squares, which would not be exact. */
  summarizeU32(
    lanes: number,
    starts: number,
    ends: number,
    count: number,
    sums: number,
    minimums: number,
    maximums: number,
  ): void;
}
