/** Turns selected rows of a source into batches, without copying where they are all of a piece. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { runVector } from '../../vector/run-vector.ts';
import { vectorFromValues, type Batch, type BatchRuns, type Vector } from '../../vector/vector.ts';
import { missingValue } from './any-values.ts';
import { pickRanges } from './pick-ranges.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import { spreadSeries } from './spread-series.ts';
import { gatherColumn, toVector, type PlainColumn, type StoredColumn } from './stored-column.ts';

export const ROW_REF = -1;
export const TABLE_OID = -6;
const REF_TYPE = sqlType(OID.int8);
const OID_TYPE = sqlType(OID.oid);

/** The columns that a scan produces. */
export interface OutputColumns {
  readonly attnums: readonly number[];
  readonly types: readonly SqlType[];
  /** Values of rows that were written before a column was there. */
  readonly missing: readonly Value[];
  readonly tableOid: number;
  readonly timePosition: number;
}

export function outputColumns(
  table: TableDescriptor,
  attnums: readonly number[],
  timeColumn: number,
): OutputColumns {
  const types: SqlType[] = [];
  const missing: Value[] = [];
  for (const attnum of attnums) {
    const column = attnum > 0 ? table.columns[attnum - 1] : undefined;
    types.push(column?.type ?? (attnum === TABLE_OID ? OID_TYPE : REF_TYPE));
    missing.push(column === undefined ? null : missingValue(column.type, column.missingText));
  }
  return {
    attnums,
    types,
    missing,
    tableOid: table.oid,
    timePosition: attnums.indexOf(timeColumn),
  };
}

/** Selected rows of one piece. */
export interface PieceRows {
  readonly index: number;
  readonly ranges: RowRanges;
  readonly count: number;
}

/** Cuts the ranges at the borders of pieces, or of their parts with `limit` rows. */
export function* byPiece(ranges: RowRanges, limit = PIECE_ROWS): Generator<PieceRows> {
  const partsOfPiece = PIECE_ROWS / limit;
  let starts: number[] = [];
  let ends: number[] = [];
  let count = 0;
  let part = 0;
  for (let r = 0; r < ranges.starts.length; r++) {
    let start = ranges.starts[r];
    const rangeEnd = ranges.ends[r];
    while (start < rangeEnd) {
      const next = Math.floor(start / limit);
      if (next !== part && count > 0) {
        yield { index: Math.floor(part / partsOfPiece), ranges: { starts, ends }, count };
        starts = [];
        ends = [];
        count = 0;
      }
      part = next;
      const end = Math.min(rangeEnd, (part + 1) * limit);
      starts.push(start);
      ends.push(end);
      count += end - start;
      start = end;
    }
  }
  if (count > 0) yield { index: Math.floor(part / partsOfPiece), ranges: { starts, ends }, count };
}

type MaybePromise<T> = T | Promise<T>;

/** The batch of a piece's selected rows. */
export function emitPiece(
  source: RowSource,
  rows: PieceRows,
  output: OutputColumns,
): MaybePromise<Batch> {
  const pieces: (StoredColumn | undefined)[] = [];
  const waits: Promise<void>[] = [];
  for (let i = 0; i < output.attnums.length; i++) {
    const attnum = output.attnums[i];
    if (attnum <= 0 || source.series?.columns.has(attnum) === true) continue;
    const piece = source.piece(attnum, rows.index, rows.ranges);
    if (piece instanceof Promise) waits.push(piece.then((ready) => void (pieces[i] = ready)));
    else pieces[i] = piece;
  }
  if (waits.length === 0) return buildBatch(source, rows, output, pieces);
  return Promise.all(waits).then(() => buildBatch(source, rows, output, pieces));
}

function buildBatch(
  source: RowSource,
  rows: PieceRows,
  output: OutputColumns,
  pieces: readonly (StoredColumn | undefined)[],
): Batch {
  const { count } = rows;
  const base = rows.index * PIECE_ROWS;
  const contiguous = rows.ranges.starts.length === 1;
  const runs = source.series === undefined ? undefined : runsOf(source.series, rows);
  const columns: Vector[] = [];
  for (let i = 0; i < output.attnums.length; i++) {
    const attnum = output.attnums[i];
    const type = output.types[i];
    const piece = pieces[i];
    const values = source.series?.columns.get(attnum);
    if (attnum === ROW_REF) columns.push(refVector(source, rows));
    else if (attnum === TABLE_OID) columns.push(constantVector(type, output.tableOid, count));
    else if (values !== undefined) {
      columns.push(seriesVector(values, type, source.series as SeriesTable, rows, runs as Runs));
    } else if (piece === undefined) columns.push(constantVector(type, output.missing[i], count));
    else if (contiguous) {
      columns.push(toVector(piece, type, rows.ranges.starts[0] - base, rows.ranges.ends[0] - base));
    } else columns.push(pickRanges(piece, type, rows.ranges, count, base));
  }
  return { columns, length: count, runs: runs && batchRuns(source, runs, output) };
}

/** Stretches of one series each: their first rows, and which series. */
interface Runs {
  readonly starts: Int32Array;
  readonly series: Int32Array;
}

function runsOf(series: SeriesTable, { ranges: { starts, ends } }: PieceRows): Runs {
  const runs: number[] = [];
  const numbers: number[] = [];
  let at = 0;
  let s = seriesAt(series, starts[0]);
  for (let r = 0; r < starts.length; r++) {
    while (series.starts[s + 1] <= starts[r]) s++;
    runs.push(at);
    numbers.push(s);
    while (series.starts[s + 1] < ends[r]) {
      s++;
      runs.push(at + series.starts[s] - starts[r]);
      numbers.push(s);
    }
    at += ends[r] - starts[r];
  }
  return { starts: Int32Array.from(runs), series: Int32Array.from(numbers) };
}

function batchRuns({ series }: RowSource, { starts }: Runs, output: OutputColumns): BatchRuns {
  const constantColumns: number[] = [];
  output.attnums.forEach((attnum, i) => {
    if (series?.columns.has(attnum) === true || attnum === TABLE_OID) constantColumns.push(i);
  });
  return { starts, constantColumns, timeColumn: output.timePosition };
}

/** A column with one value a series. Few readers want it for each row. */
function seriesVector(
  values: PlainColumn,
  type: SqlType,
  series: SeriesTable,
  { ranges, count }: PieceRows,
  runs: Runs,
): Vector {
  if (values.nulls === undefined) {
    const { length } = runs.series;
    const vector = toVector(gatherColumn(values, runs.series, length), type, 0, length);
    if (vector.rep === 'text' || vector.rep === 'f64') return runVector(vector, runs.starts, count);
  }
  return toVector(spreadSeries(values, series, ranges, count), type, 0, count);
}

export function refVector(source: RowSource, rows: PieceRows): Vector {
  const data = new Float64Array(rows.count);
  const { numbers, refBase } = source;
  let at = 0;
  for (let r = 0; r < rows.ranges.starts.length; r++) {
    for (let row = rows.ranges.starts[r]; row < rows.ranges.ends[r]; row++) {
      data[at++] = refBase + (numbers === undefined ? row : numbers[row]);
    }
  }
  return { rep: 'f64', type: REF_TYPE, length: rows.count, data, nulls: undefined };
}

/** A vector with one value in all rows. */
export function constantVector(type: SqlType, value: Value, length: number): Vector {
  if (length === 0) return vectorFromValues(type, []);
  const one = vectorFromValues(type, [value]);
  const nulls = one.nulls === undefined ? undefined : new Uint8Array(length).fill(1);
  switch (one.rep) {
    case 'f64':
      return { ...one, length, data: new Float64Array(length).fill(one.data[0]), nulls };
    case 'bool':
      return { ...one, length, data: new Uint8Array(length).fill(one.data[0]), nulls };
    case 'text':
      return { ...one, length, codes: new Int32Array(length), nulls };
    case 'any':
      return { ...one, length, data: Array.from({ length }, () => value), nulls };
  }
}
