/** Kernels over integers of 64 bits (assembly/wide-words.ts). */
export interface WideKernels {
  /** The sum of the low words (u64), then that of the high ones with their sign (i64), both at `target`. */
  sumWides(source: number, count: number, target: number): void;
  /** Writes the rows (u32) whose integer has these words; returns how many. */
  equalWides(source: number, count: number, low: number, high: number, target: number): number;
}
