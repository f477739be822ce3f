/**
 * Totals of one column, to which numbers of intervals and stretches are added. Of equal extremes, zeros of
 * either sign, the last one stays, as where rows are looked at.
 */
import type { ColumnSummary, Statistic } from '../../vector/summary.ts';
import { newSummary } from './lane-summaries.ts';

/** Which numbers add to which total: those of [from[i], to[i]) to total owners[i], or i without owners. */
export interface Spans {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly owners: Int32Array | undefined;
}

/** What is added: of each statistic a number. Undefined ones were not asked for. */
export type Added = Pick<ColumnSummary, 'counts' | 'sums' | 'minimums' | 'maximums'>;

export class ColumnTotals {
  readonly summary: ColumnSummary;
  /** Size of the largest sum on the way, where that is asked for. */
  largest = 0;
  readonly #isChecked: boolean;

  constructor(
    statistics: ReadonlySet<Statistic>,
    length: number,
    { hasNulls, isChecked }: { readonly hasNulls: boolean; readonly isChecked: boolean },
  ) {
    this.#isChecked = isChecked;
    const summary = newSummary(statistics, length);
    // What changes nothing: a sum of negative zeros is one, too.
    summary.sums?.fill(-0);
    summary.minimums?.fill(Infinity);
    summary.maximums?.fill(-Infinity);
    if (hasNulls) summary.counts = new Float64Array(length);
    this.summary = summary;
  }

  add({ counts, sums, minimums, maximums }: Added, spans: Spans): void {
    const into = this.summary;
    if (into.counts !== undefined && counts !== undefined) sumUp(counts, spans, into.counts);
    if (into.sums !== undefined && sums !== undefined) {
      if (this.#isChecked)
        this.largest = Math.max(this.largest, largestSum(sums, spans, into.sums));
      sumUp(sums, spans, into.sums);
    }
    if (into.minimums !== undefined && minimums !== undefined) {
      lower(minimums, spans, into.minimums);
    }
    if (into.maximums !== undefined && maximums !== undefined) {
      raise(maximums, spans, into.maximums);
    }
  }
}

/** Whether some total may be a zero whose sign depends on the order of zeros of both signs. */
export function hasZero({ sums, minimums, maximums }: ColumnSummary): boolean {
  return [sums, minimums, maximums].some((numbers) => numbers?.includes(0) === true);
}

function sumUp(
  numbers: Float64Array,
  { count, from, to, owners }: Spans,
  into: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const owner = owners === undefined ? i : owners[i];
    const end = to[i];
    let sum = into[owner];
    for (let k = from[i]; k < end; k++) sum += numbers[k];
    into[owner] = sum;
  }
}

/** Size of the largest sum that `sumUp` is going to make on the way. */
function largestSum(
  numbers: Float64Array,
  { count, from, to, owners }: Spans,
  into: Float64Array,
): number {
  const sums = into.slice();
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const owner = owners === undefined ? i : owners[i];
    for (let k = from[i]; k < to[i]; k++) {
      sums[owner] += numbers[k];
      largest = Math.max(largest, Math.abs(sums[owner]));
    }
  }
  return largest;
}

function lower(
  numbers: Float64Array,
  { count, from, to, owners }: Spans,
  into: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const owner = owners === undefined ? i : owners[i];
    const end = to[i];
    let low = into[owner];
    for (let k = from[i]; k < end; k++) if (numbers[k] <= low) low = numbers[k];
    into[owner] = low;
  }
}

function raise(
  numbers: Float64Array,
  { count, from, to, owners }: Spans,
  into: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const owner = owners === undefined ? i : owners[i];
    const end = to[i];
    let high = into[owner];
    for (let k = from[i]; k < end; k++) if (numbers[k] >= high) high = numbers[k];
    into[owner] = high;
  }
}
