/**
 * Columns as heads and segments hold them: vectors without an SQL type, whose text codes point into a
 * dictionary that may still grow.
 */
import { borrowDoubles, borrowInts, giveBack } from '../../base/lent-arrays.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { LaneVector } from '../../vector/lane-vector.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import { pickWords, wideValue, WideVector } from '../../vector/wide-vector.ts';
import { laneBytes, laneValue, widenRange, widenRows, type Lanes } from '../../vector/lanes.ts';
import type { PendingLanes } from './pending-lanes.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { WideColumn } from './wide-column.ts';

/** Columns in JavaScript's own memory. */
export type PlainColumn =
  | { readonly rep: 'f64'; readonly data: Float64Array; readonly nulls: NullMask }
  | { readonly rep: 'bool'; readonly data: Uint8Array; readonly nulls: NullMask }
  | {
      readonly rep: 'text';
      readonly codes: Int32Array;
      readonly dictionary: TextDictionary;
      readonly nulls: NullMask;
    }
  | { readonly rep: 'any'; readonly data: readonly Value[]; readonly nulls: NullMask };

/** Numbers as segments are decoded to where they allow it. The lane of a NULL says nothing. */
export interface LaneColumn {
  readonly rep: 'lanes';
  readonly lanes: Lanes;
  readonly nulls: NullMask;
  /** What is still to be decoded: whoever got the column for some rows must look at no others. */
  readonly pending?: PendingLanes;
}

export type StoredColumn = PlainColumn | LaneColumn;

/** Bytes that a decoded column takes in memory, roughly. */
export function columnBytes(column: StoredColumn): number {
  const nulls = column.nulls?.length ?? 0;
  switch (column.rep) {
    case 'lanes':
      return nulls + laneBytes(column.lanes);
    case 'f64':
      return nulls + column.data.length * 8;
    case 'bool':
      return nulls + column.data.length;
    case 'text':
      return nulls + column.codes.length * 4;
    case 'any':
      return (
        nulls + (column instanceof WideColumn ? column.words.byteLength : column.data.length * 64)
      );
  }
}

/** Doubles of the rows [start, end) of lanes; 0 where they are NULL. */
export function widenedRange(column: LaneColumn, start: number, end: number): Float64Array {
  const data = new Float64Array(end - start);
  widenRange(column.lanes, start, end, data, 0);
  const { nulls } = column;
  if (nulls !== undefined)
    for (let i = start; i < end; i++) if (nulls[i] === 1) data[i - start] = 0;
  return data;
}

/** The column out of the kernels' memory. */
export function plainColumn(column: StoredColumn): PlainColumn {
  if (column.rep !== 'lanes') return column;
  return { rep: 'f64', data: widenedRange(column, 0, column.lanes.length), nulls: column.nulls };
}

/** Rows [start, end) as a vector; shares the memory of typed arrays and lanes. */
export function toVector(column: StoredColumn, type: SqlType, start: number, end: number): Vector {
  const length = end - start;
  const nulls = column.nulls?.subarray(start, end);
  switch (column.rep) {
    case 'lanes': {
      const rows = {
        lanes: column.lanes,
        starts: Int32Array.of(start),
        at: Int32Array.of(0, length),
      };
      return new LaneVector(type, rows, nulls);
    }
    case 'f64':
      return { rep: 'f64', type, length, data: column.data.subarray(start, end), nulls };
    case 'bool':
      return { rep: 'bool', type, length, data: column.data.subarray(start, end), nulls };
    case 'text': {
      const dictionary = column.dictionary.snapshot();
      return {
        rep: 'text',
        type,
        length,
        codes: column.codes.subarray(start, end),
        dictionary,
        nulls,
      };
    }
    case 'any':
      if (column instanceof WideColumn) {
        const words = column.words.subarray(2 * start, 2 * end);
        return new WideVector(type, words, nulls, column.block);
      }
      return { rep: 'any', type, length, data: column.data.slice(start, end), nulls };
  }
}

/** The part of a column between two rows; shares memory, but for lanes. */
export function sliceColumn(column: StoredColumn, start: number, end: number): PlainColumn {
  const nulls = column.nulls?.subarray(start, end);
  switch (column.rep) {
    case 'lanes':
      return { rep: 'f64', data: widenedRange(column, start, end), nulls };
    case 'f64':
      return { rep: 'f64', data: column.data.subarray(start, end), nulls };
    case 'bool':
      return { rep: 'bool', data: column.data.subarray(start, end), nulls };
    case 'text':
      return {
        rep: 'text',
        codes: column.codes.subarray(start, end),
        dictionary: column.dictionary,
        nulls,
      };
    case 'any':
      if (column instanceof WideColumn) {
        return column.slice(start, end, nulls);
      }
      return { rep: 'any', data: column.data.slice(start, end), nulls };
  }
}

/** Where a column's numbers and codes go. */
export interface ColumnMemory {
  doubles(length: number): Float64Array;
  ints(length: number): Int32Array;
}

export const OWN: ColumnMemory = {
  doubles: (length) => new Float64Array(length),
  ints: (length) => new Int32Array(length),
};
export const BORROWED: ColumnMemory = { doubles: borrowDoubles, ints: borrowInts };

/** Rows of a column in the order that `rows[0, count)` gives. */
export function gatherColumn(column: StoredColumn, rows: Int32Array, count: number): PlainColumn {
  return gatherInto(OWN, column, rows, count);
}

/** The same in memory that is for the caller to give back. */
export function borrowGathered(column: PlainColumn, rows: Int32Array): PlainColumn {
  return gatherInto(BORROWED, column, rows, rows.length);
}

/** Gives borrowed memory back, which nobody may read any more. */
export function giveBackColumn(column: StoredColumn): void {
  if (column.rep === 'f64') giveBack(column.data);
  if (column.rep === 'text') giveBack(column.codes);
}

function gatherInto(
  memory: ColumnMemory,
  column: StoredColumn,
  rows: Int32Array,
  count: number,
): PlainColumn {
  let nulls: Uint8Array | undefined;
  if (column.nulls !== undefined) {
    nulls = new Uint8Array(count);
    for (let i = 0; i < count; i++) nulls[i] = column.nulls[rows[i]];
  }
  switch (column.rep) {
    case 'lanes': {
      const data = new Float64Array(count);
      widenRows(column.lanes, rows, count, data);
      if (nulls !== undefined) for (let i = 0; i < count; i++) if (nulls[i] === 1) data[i] = 0;
      return { rep: 'f64', data, nulls };
    }
    case 'f64': {
      const data = memory.doubles(count);
      const source = column.data;
      for (let i = 0; i < count; i++) data[i] = source[rows[i]];
      return { rep: 'f64', data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      const source = column.data;
      for (let i = 0; i < count; i++) data[i] = source[rows[i]];
      return { rep: 'bool', data, nulls };
    }
    case 'text': {
      const codes = memory.ints(count);
      const source = column.codes;
      for (let i = 0; i < count; i++) codes[i] = source[rows[i]];
      return { rep: 'text', codes, dictionary: column.dictionary, nulls };
    }
    case 'any': {
      if (column instanceof WideColumn) {
        return new WideColumn(pickWords(column.words, rows, count), nulls);
      }
      const data: Value[] = [];
      for (let i = 0; i < count; i++) data.push(column.data[rows[i]]);
      return { rep: 'any', data, nulls };
    }
  }
}

/** The value at a row, or null. */
export function storedValueAt(column: StoredColumn, row: number): Value {
  if (column.nulls !== undefined && column.nulls[row] === 1) return null;
  switch (column.rep) {
    case 'lanes':
      return laneValue(column.lanes, row);
    case 'f64':
      return column.data[row];
    case 'bool':
      return column.data[row] === 1;
    case 'text':
      return column.dictionary.textOf(column.codes[row]);
    case 'any':
      return column instanceof WideColumn
        ? wideValue(column.words[2 * row], column.words[2 * row + 1])
        : column.data[row];
  }
}
