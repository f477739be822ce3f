/**
 * The last row of each series of a segment, kept as a column a column: dashboards ask for them again and
 * again, and each lies in another cache line of another block.
 */
import { PIECE_ROWS } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { joinColumns } from './read-column.ts';
import type { SeriesTable } from './series-table.ts';
import { gatherColumn, type PlainColumn, type StoredColumn } from './stored-column.ts';

type Piece = StoredColumn | undefined;
type ReadPiece = (index: number, rows: RowRanges) => Piece | Promise<Piece>;

/**
 * Values by series, of a column that is stored row by row: of the last row, or of the one that is `back`
 * rows before it, or else the first.
 */
export async function gatherLastRows(
  { count, starts }: SeriesTable,
  back: number,
  readPiece: ReadPiece,
): Promise<PlainColumn> {
  const rowOf = (s: number): number => Math.max(starts[s], starts[s + 1] - 1 - back);
  const parts: { column: PlainColumn; rows: number }[] = [];
  for (let s = 0; s < count;) {
    const index = Math.floor(rowOf(s) / PIECE_ROWS);
    const base = index * PIECE_ROWS;
    const rows: RowRanges = { starts: [], ends: [] };
    for (; s < count && rowOf(s) < base + PIECE_ROWS; s++) {
      rows.starts.push(rowOf(s));
      rows.ends.push(rowOf(s) + 1);
    }
    const piece = await readPiece(index, rows);
    if (piece === undefined) throw new RangeError('the column is not stored');
    const positions = Int32Array.from(rows.starts, (row) => row - base);
    const column = gatherColumn(piece, positions, positions.length);
    parts.push({ column, rows: positions.length });
  }
  return parts.length === 1 ? parts[0].column : joinColumns(parts, count, null);
}

/** Of all series so many must be asked for that it pays to gather the rest, too. */
export const ASKED_SHARE = 0.5;

/** The series whose last rows these are, one row each; undefined where there are others, or few. */
export function seriesOfLastRows(
  series: SeriesTable,
  { starts, ends }: RowRanges,
  seriesOfRows: Int32Array,
): Int32Array | undefined {
  if (seriesOfRows.length < series.count * ASKED_SHARE) return undefined;
  let at = 0;
  for (let r = 0; r < starts.length; r++) {
    for (let row = starts[r]; row < ends[r]; row++) {
      if (series.starts[seriesOfRows[at++] + 1] - 1 !== row) return undefined;
    }
  }
  return seriesOfRows;
}
