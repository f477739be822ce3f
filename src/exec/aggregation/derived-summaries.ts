/** Summaries of sums of multiples of columns, from those of the columns. */
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { DerivedColumn } from './summary-plan.ts';

/** The summaries with those of the derived columns behind them. */
export function withDerived(all: Summaries, derived: readonly DerivedColumn[]): Summaries {
  return { ...all, columns: [...all.columns, ...derived.map((each) => derive(all, each))] };
}

function derive(all: Summaries, { form, columns }: DerivedColumn): ColumnSummary {
  const factors = [...form.factors.values()];
  const sources = columns.map((column) => all.columns[column]);
  const [factor] = factors;
  const [only] = sources;
  // More than a sum is asked for only where there is one column.
  const isSingle = factors.length === 1;
  const scaled = (values: Float64Array | undefined): Float64Array | undefined =>
    isSingle ? values?.map((value) => form.constant + factor * value) : undefined;
  const [low, high] = factor < 0 ? [only.maximums, only.minimums] : [only.minimums, only.maximums];
  return {
    sums: sumsOf(all, form.constant, factors, sources),
    squares: isSingle ? only.squares?.map((value) => factor * factor * value) : undefined,
    minimums: scaled(low),
    maximums: scaled(high),
    firsts: undefined,
    lasts: undefined,
  };
}

function sumsOf(
  { rows, length }: Summaries,
  constant: number,
  factors: readonly number[],
  sources: readonly ColumnSummary[],
): Float64Array | undefined {
  const sums = new Float64Array(length);
  for (let i = 0; i < length; i++) sums[i] = constant * rows[i];
  for (const [s, { sums: added }] of sources.entries()) {
    if (added === undefined) return undefined;
    const factor = factors[s];
    for (let i = 0; i < length; i++) sums[i] += factor * added[i];
  }
  return sums;
}
