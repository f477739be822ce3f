/** Columns with one value a series, repeated for rows. */
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import type { PlainColumn } from './stored-column.ts';

/** The values of the ranges' rows, `count` in all; no range is empty. */
export function spreadSeries(
  values: PlainColumn,
  series: SeriesTable,
  { starts, ends }: RowRanges,
  count: number,
): PlainColumn {
  const nulls = values.nulls === undefined ? undefined : new Uint8Array(count);
  const column = emptyLike(values, count, nulls);
  if (count === 0) return column;
  const borders = series.starts;
  let at = 0;
  let s = seriesAt(series, starts[0]);
  for (let r = 0; r < starts.length; r++) {
    let row = starts[r];
    while (row < ends[r]) {
      while (borders[s + 1] <= row) s++;
      const stop = Math.min(ends[r], borders[s + 1]);
      const end = at + stop - row;
      if (nulls !== undefined) nulls.fill((values.nulls as Uint8Array)[s], at, end);
      if (column.rep === 'text' && values.rep === 'text') {
        column.codes.fill(values.codes[s], at, end);
      } else if (column.rep === 'f64' && values.rep === 'f64') {
        column.data.fill(values.data[s], at, end);
      } else if (column.rep === 'bool' && values.rep === 'bool') {
        column.data.fill(values.data[s], at, end);
      }
      at = end;
      row = stop;
    }
  }
  return column;
}

function emptyLike(column: PlainColumn, rows: number, nulls: Uint8Array | undefined): PlainColumn {
  switch (column.rep) {
    case 'f64':
      return { rep: 'f64', data: new Float64Array(rows), nulls };
    case 'bool':
      return { rep: 'bool', data: new Uint8Array(rows), nulls };
    case 'text':
      return { rep: 'text', codes: new Int32Array(rows), dictionary: column.dictionary, nulls };
    case 'any':
      throw new RangeError('a series column of plain values');
  }
}
