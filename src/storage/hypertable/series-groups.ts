/** How the rows of several sorted segments are divided among segments that hold whole series. */
import type { RowSource } from './row-source.ts';
import { withoutDeleted, type RowRanges } from './select-rows.ts';
import { sortSteps } from './sort-rows.ts';
import type { PlainColumn } from './stored-column.ts';

/** Whole series that come together: of each source, the rows that belong to them. */
export interface SeriesGroup {
  readonly rows: number;
  readonly ranges: readonly RowRanges[];
}

/** Series looked at in one step. */
const STEP_SERIES = 65_536;

/**
 * Puts series together until they have `rows` rows, in the order in which they first appear. Undefined
 * where one series alone has more than `limit` rows. `keys` are the series columns of all sources, one
 * value a series, one source after the other. In steps of some milliseconds.
 */
export function* groupSeries(
  sources: readonly RowSource[],
  keys: readonly PlainColumn[],
  rows: number,
  limit: number,
): Generator<void, SeriesGroup[] | undefined> {
  const runs = runsOf(sources);
  yield;
  const times = new Float64Array(runs.count);
  const { permutation, starts, seriesCount } = yield* sortSteps(keys, times, runs.count, undefined);
  const groups: SeriesGroup[] = [];
  let first = 0;
  let size = 0;
  for (let s = 0; s < seriesCount; s++) {
    let added = 0;
    for (let i = starts[s]; i < starts[s + 1]; i++) added += runs.lengths[permutation[i]];
    if (added > limit) return undefined;
    if (size > 0 && size + added > rows) {
      groups.push(groupOf(sources, runs, permutation.subarray(first, starts[s])));
      first = starts[s];
      size = 0;
      yield;
    }
    size += added;
    if (s % STEP_SERIES === 0) yield;
  }
  if (size > 0) groups.push(groupOf(sources, runs, permutation.subarray(first)));
  return groups.filter((group) => group.rows > 0);
}

/** The series of all sources, one source after the other. */
interface Runs {
  readonly count: number;
  readonly source: Int32Array;
  readonly first: Int32Array;
  readonly lengths: Int32Array;
}

function runsOf(sources: readonly RowSource[]): Runs {
  const count = sources.reduce((sum, { series }) => sum + (series?.count ?? 0), 0);
  const runs = {
    count,
    source: new Int32Array(count),
    first: new Int32Array(count),
    lengths: new Int32Array(count),
  };
  let at = 0;
  sources.forEach(({ series }, number) => {
    if (series === undefined) return;
    runs.source.fill(number, at, at + series.count);
    for (let s = 0; s < series.count; s++, at++) {
      runs.first[at] = series.starts[s];
      runs.lengths[at] = series.starts[s + 1] - series.starts[s];
    }
  });
  return runs;
}

function groupOf(sources: readonly RowSource[], runs: Runs, members: Int32Array): SeriesGroup {
  const ranges: RowRanges[] = sources.map(() => ({ starts: [], ends: [] }));
  // Runs are numbered by source and row: in their own order, neighbours join.
  for (const run of members.slice().sort()) {
    const { starts, ends } = ranges[runs.source[run]];
    const start = runs.first[run];
    const end = start + runs.lengths[run];
    if (start === end) continue;
    if (ends[ends.length - 1] === start) ends[ends.length - 1] = end;
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  const kept = ranges.map((each, i) => withoutDeleted(sources[i], each));
  return { ranges: kept, rows: kept.reduce((sum, each) => sum + rangeRows(each), 0) };
}

export function rangeRows({ starts, ends }: RowRanges): number {
  let rows = 0;
  for (let i = 0; i < starts.length; i++) rows += ends[i] - starts[i];
  return rows;
}
