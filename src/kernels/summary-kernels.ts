/** Kernels that summarise stretches of lanes (assembly/summarize.ts). */

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

export interface SummaryKernels {
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
