/**
 * The series of sorted rows: which rows each has, between which times, and its segment-by values.
 */
import { stretchAt } from '../../base/lower-bound.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { PlainColumn } from './stored-column.ts';

export interface SeriesTable {
  readonly count: number;
  /** First row of each series, and the number of rows behind the last. */
  readonly starts: Int32Array;
  readonly minTimes: Float64Array;
  readonly maxTimes: Float64Array;
  /** attnums of the segment-by columns. */
  readonly segmentBy: readonly number[];
  /** Per segment-by column one value a series. */
  readonly columns: ReadonlyMap<number, PlainColumn>;
}

type Positions = ReadonlyMap<number | string | boolean, Int32Array>;

const INDEXES = new WeakMap<SeriesTable, Map<number, Positions>>();

/** Ascending positions of the series with this value, undefined where the value cannot be looked up. */
export function seriesWith(
  series: SeriesTable,
  attnum: number,
  value: Value,
): Int32Array | undefined {
  const column = series.columns.get(attnum);
  if (column === undefined || column.rep === 'any' || value === null) return undefined;
  let key: number | string | boolean;
  if (column.rep === 'text') {
    if (typeof value !== 'string') return undefined;
    const code = column.dictionary.codeOf(value);
    if (code === undefined) return NO_SERIES;
    key = code;
  } else if (column.rep === 'f64') {
    if (typeof value !== 'number') return undefined;
    key = value;
  } else {
    if (typeof value !== 'boolean') return undefined;
    key = value ? 1 : 0;
  }
  return positionsOf(series, attnum, column).get(key) ?? NO_SERIES;
}

const NO_SERIES = new Int32Array(0);

function positionsOf(series: SeriesTable, attnum: number, column: PlainColumn): Positions {
  let indexes = INDEXES.get(series);
  if (indexes === undefined) INDEXES.set(series, (indexes = new Map()));
  let positions = indexes.get(attnum);
  if (positions === undefined) {
    positions = buildPositions(series, column);
    indexes.set(attnum, positions);
  }
  return positions;
}

function buildPositions(series: SeriesTable, column: PlainColumn): Positions {
  const lists = new Map<number, number[]>();
  const keys =
    column.rep === 'text' ? column.codes : column.rep === 'any' ? new Int32Array(0) : column.data;
  for (let i = 0; i < series.count; i++) {
    if (column.nulls !== undefined && column.nulls[i] === 1) continue;
    const list = lists.get(keys[i]);
    if (list === undefined) lists.set(keys[i], [i]);
    else list.push(i);
  }
  const positions = new Map<number, Int32Array>();
  for (const [key, list] of lists) positions.set(key, Int32Array.from(list));
  return positions;
}

/** Position of the series that a row belongs to. */
export function seriesAt(series: SeriesTable, row: number): number {
  return stretchAt(series.starts, row);
}

/** Types whose equality is not that of their stored form (padding): no look-up by value. */
export function hasPlainEquality(typeOid: number): boolean {
  return typeOid !== OID.bpchar;
}
