/** The few statistics the bench reports. */

/** The value below which a share of the values lies; the nearest rank, so it is one that was measured. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The usual way to average ratios. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
