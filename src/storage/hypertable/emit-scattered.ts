/**
 * Rows of a sorted source that lie far apart, such as the last one of each series: one batch of all of
 * them, where piece by piece each would have a handful.
 */
import { concat } from '../../vector/concat.ts';
import { widenRows } from '../../vector/lanes.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import {
  byPiece,
  constantVector,
  refVector,
  ROW_REF,
  TABLE_OID,
  type OutputColumns,
  type PieceRows,
} from './emit-rows.ts';
import { seriesOfLastRows } from './last-rows.ts';
import { positionsOf } from './pick-ranges.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import { gatherColumn, toVector, type StoredColumn } from './stored-column.ts';

/** The rows of one piece, counted from its first. */
interface ScatteredPiece {
  readonly rows: PieceRows;
  readonly positions: Int32Array;
}

export async function emitScattered(
  source: RowSource,
  ranges: RowRanges,
  output: OutputColumns,
): Promise<Batch> {
  const pieces = [...byPiece(ranges)].map((rows) => ({
    rows,
    positions: positionsOf(rows.ranges, rows.count, rows.index * PIECE_ROWS),
  }));
  const length = pieces.reduce((sum, { rows }) => sum + rows.count, 0);
  const series = source.series && seriesOf(source.series, ranges, length);
  const last = series && source.series && seriesOfLastRows(source.series, ranges, series);
  const columns: Vector[] = [];
  for (let i = 0; i < output.attnums.length; i++) {
    const attnum = output.attnums[i];
    const type = output.types[i];
    const values = source.series?.columns.get(attnum);
    if (attnum === ROW_REF) columns.push(refVector(source, { index: 0, ranges, count: length }));
    else if (attnum === TABLE_OID) columns.push(constantVector(type, output.tableOid, length));
    else if (values !== undefined && series !== undefined) {
      columns.push(toVector(gatherColumn(values, series, length), type, 0, length));
    } else {
      const kept = last && (await lastVector(source, last, output, i));
      columns.push(kept ?? (await storedVector(source, pieces, length, output, i)));
    }
  }
  return { columns, length };
}

/** Each row's series. */
function seriesOf(series: SeriesTable, { starts, ends }: RowRanges, length: number): Int32Array {
  const result = new Int32Array(length);
  let at = 0;
  let s = starts.length === 0 ? 0 : seriesAt(series, starts[0]);
  for (let r = 0; r < starts.length; r++) {
    for (let row = starts[r]; row < ends[r]; row++) {
      while (series.starts[s + 1] <= row) s++;
      result[at++] = s;
    }
  }
  return result;
}

/** A column of rows that are the last of these series, where the source keeps such; else undefined. */
async function lastVector(
  source: RowSource,
  series: Int32Array,
  { attnums, types, missing }: OutputColumns,
  column: number,
): Promise<Vector | undefined> {
  if (source.lastRows === undefined) return undefined;
  const found = source.lastRows(attnums[column], 0);
  const values = found instanceof Promise ? await found : found;
  const { length } = series;
  if (values === undefined) return constantVector(types[column], missing[column], length);
  return toVector(gatherColumn(values, series, length), types[column], 0, length);
}

/** A column that is stored row by row, or one that the source lacks. */
async function storedVector(
  source: RowSource,
  pieces: readonly ScatteredPiece[],
  length: number,
  output: OutputColumns,
  column: number,
): Promise<Vector> {
  const type = output.types[column];
  const found: StoredColumn[] = [];
  for (const { rows } of pieces) {
    const piece = source.piece(output.attnums[column], rows.index, rows.ranges);
    const stored = piece instanceof Promise ? await piece : piece;
    if (stored === undefined) return constantVector(type, output.missing[column], length);
    found.push(stored);
  }
  if (!found.every((stored) => stored.rep === 'lanes' && stored.nulls === undefined)) {
    const parts = found.map((stored, p) => {
      const { positions } = pieces[p];
      const picked = gatherColumn(stored, positions, positions.length);
      return toVector(picked, type, 0, positions.length);
    });
    return parts.length === 1 ? parts[0] : concat(type, parts);
  }
  const data = new Float64Array(length);
  let at = 0;
  found.forEach((stored, p) => {
    const { positions } = pieces[p];
    const end = at + positions.length;
    if (stored.rep === 'lanes') {
      widenRows(stored.lanes, positions, positions.length, data.subarray(at, end));
    }
    at = end;
  });
  return { rep: 'f64', type, length, data, nulls: undefined };
}
