/** Summaries of the rows in which one column is not NULL, as its calls take them. */
import type { Summaries } from '../../vector/summary.ts';

/** The column's summaries by these counts, without the stretches that are all NULL. */
export function knownRows(
  groups: Int32Array,
  column: number,
  all: Summaries,
  counts: Float64Array,
): { readonly groups: Int32Array; readonly summaries: Summaries } {
  const found = all.columns[column];
  const of = { ...all, rows: counts, columns: [{ ...found, counts: undefined }] };
  if (!counts.includes(0)) return { groups, summaries: of };
  const kept = new Int32Array(counts.length);
  let length = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] > 0) kept[length++] = i;
  const pick = (numbers: Float64Array): Float64Array => {
    const picked = new Float64Array(numbers.length === 0 ? 0 : length);
    for (let i = 0; i < picked.length; i++) picked[i] = numbers[kept[i]];
    return picked;
  };
  const some = new Int32Array(length);
  for (let i = 0; i < length; i++) some[i] = groups[kept[i]];
  const summaries: Summaries = {
    length,
    rows: pick(counts),
    buckets: pick(all.buckets),
    firstTimes: pick(all.firstTimes),
    lastTimes: pick(all.lastTimes),
    groups: [],
    columns: [
      {
        sums: found.sums && pick(found.sums),
        squares: undefined,
        minimums: found.minimums && pick(found.minimums),
        maximums: found.maximums && pick(found.maximums),
        firsts: undefined,
        lasts: undefined,
      },
    ],
  };
  return { groups: some, summaries };
}
