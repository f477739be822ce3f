/** Turns selected rows of a source into batches, without copying where they are all of a piece. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { vectorFromValues, type Batch, type BatchRuns, type Vector } from '../../vector/vector.ts';
import { missingValue } from './any-values.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import { seriesAt } from './series-table.ts';
import { widenRanges } from './lanes.ts';
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
interface PieceRows {
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
    const piece = source.piece(attnum, rows.index);
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
  const columns: Vector[] = [];
  for (let i = 0; i < output.attnums.length; i++) {
    const attnum = output.attnums[i];
    const type = output.types[i];
    const piece = pieces[i];
    const values = source.series?.columns.get(attnum);
    if (attnum === ROW_REF) columns.push(refVector(source, rows));
    else if (attnum === TABLE_OID) columns.push(constantVector(type, output.tableOid, count));
    else if (source.series !== undefined && values !== undefined) {
      columns.push(
        toVector(spreadSeries(values, source.series, rows.ranges, count), type, 0, count),
      );
    } else if (piece === undefined) columns.push(constantVector(type, output.missing[i], count));
    else if (contiguous) {
      columns.push(toVector(piece, type, rows.ranges.starts[0] - base, rows.ranges.ends[0] - base));
    } else columns.push(toVector(copyRanges(piece, rows, base), type, 0, count));
  }
  return { columns, length: count, runs: runsOf(source, rows, output) };
}

function runsOf(source: RowSource, rows: PieceRows, output: OutputColumns): BatchRuns | undefined {
  const { series } = source;
  if (series === undefined) return undefined;
  const { starts, ends } = rows.ranges;
  const runs: number[] = [];
  let at = 0;
  let s = seriesAt(series, starts[0]);
  for (let r = 0; r < starts.length; r++) {
    while (series.starts[s + 1] <= starts[r]) s++;
    runs.push(at);
    while (series.starts[s + 1] < ends[r]) {
      s++;
      runs.push(at + series.starts[s] - starts[r]);
    }
    at += ends[r] - starts[r];
  }
  const constantColumns: number[] = [];
  output.attnums.forEach((attnum, i) => {
    if (series.columns.has(attnum) || attnum === TABLE_OID) constantColumns.push(i);
  });
  return { starts: Int32Array.from(runs), constantColumns, timeColumn: output.timePosition };
}

/** Ranges at least this long are copied as blocks of memory. */
const BLOCK_ROWS = 24;

function copyRanges(piece: StoredColumn, rows: PieceRows, base: number): PlainColumn {
  const { count } = rows;
  const { starts, ends } = rows.ranges;
  const nulls = piece.nulls === undefined ? undefined : new Uint8Array(count);
  if (nulls !== undefined) copyInto(nulls, piece.nulls as Uint8Array, starts, ends, base);
  switch (piece.rep) {
    case 'lanes': {
      const data = widenRanges(piece.lanes, starts, ends, base, count);
      if (nulls !== undefined) for (let i = 0; i < count; i++) if (nulls[i] === 1) data[i] = 0;
      return { rep: 'f64', data, nulls };
    }
    case 'f64': {
      const data = new Float64Array(count);
      copyInto(data, piece.data, starts, ends, base);
      return { rep: 'f64', data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      copyInto(data, piece.data, starts, ends, base);
      return { rep: 'bool', data, nulls };
    }
    case 'text': {
      const codes = new Int32Array(count);
      copyInto(codes, piece.codes, starts, ends, base);
      return { rep: 'text', codes, dictionary: piece.dictionary, nulls };
    }
    case 'any': {
      const positions = new Int32Array(count);
      let at = 0;
      for (let r = 0; r < starts.length; r++) {
        for (let row = starts[r]; row < ends[r]; row++) positions[at++] = row - base;
      }
      return gatherColumn(piece, positions, count);
    }
  }
}

function copyInto<T extends Float64Array | Int32Array | Uint8Array>(
  target: T,
  source: T,
  starts: readonly number[],
  ends: readonly number[],
  base: number,
): void {
  let at = 0;
  for (let r = 0; r < starts.length; r++) {
    const start = starts[r] - base;
    const end = ends[r] - base;
    if (end - start >= BLOCK_ROWS) {
      target.set(source.subarray(start, end), at);
      at += end - start;
    } else for (let row = start; row < end; row++) target[at++] = source[row];
  }
}

function refVector(source: RowSource, rows: PieceRows): Vector {
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
