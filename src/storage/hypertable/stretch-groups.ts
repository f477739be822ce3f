/** The series' values of stretches, as those of the columns that a request groups by. */
import type { SqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import type { SeriesTable } from './series-table.ts';
import { gatherColumn, toVector, type PlainColumn } from './stored-column.ts';
import type { Stretches } from './stretches.ts';

export function stretchGroups(
  { count, series: positions }: Stretches,
  series: SeriesTable,
  groupBy: readonly number[],
  types: readonly SqlType[],
): Vector[] {
  return groupBy.map((attnum, g) => {
    const values = series.columns.get(attnum) as PlainColumn;
    return toVector(gatherColumn(values, positions, count), types[g], 0, count);
  });
}

/** Rows of each stretch. */
export function stretchRows({ count, starts, ends }: Stretches): Float64Array {
  const rows = new Float64Array(count);
  for (let i = 0; i < count; i++) rows[i] = ends[i] - starts[i];
  return rows;
}
