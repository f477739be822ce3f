/**
 * Columns as heads and segments hold them: vectors without an SQL type, whose text codes point into a
 * dictionary that may still grow.
 */
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import type { TextDictionary } from './text-dictionary.ts';

export type StoredColumn =
  | { readonly rep: 'f64'; readonly data: Float64Array; readonly nulls: NullMask }
  | { readonly rep: 'bool'; readonly data: Uint8Array; readonly nulls: NullMask }
  | {
      readonly rep: 'text';
      readonly codes: Int32Array;
      readonly dictionary: TextDictionary;
      readonly nulls: NullMask;
    }
  | { readonly rep: 'any'; readonly data: readonly Value[]; readonly nulls: NullMask };

/** Bytes that a decoded column takes in memory, roughly. */
export function columnBytes(column: StoredColumn): number {
  const nulls = column.nulls?.length ?? 0;
  switch (column.rep) {
    case 'f64':
      return nulls + column.data.length * 8;
    case 'bool':
      return nulls + column.data.length;
    case 'text':
      return nulls + column.codes.length * 4;
    case 'any':
      return nulls + column.data.length * 64;
  }
}

/** Rows [start, end) as a vector; shares the memory of typed arrays. */
export function toVector(column: StoredColumn, type: SqlType, start: number, end: number): Vector {
  const length = end - start;
  const nulls = column.nulls?.subarray(start, end);
  switch (column.rep) {
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
      return { rep: 'any', type, length, data: column.data.slice(start, end), nulls };
  }
}

/** The part of a column between two rows; shares memory. */
export function sliceColumn(column: StoredColumn, start: number, end: number): StoredColumn {
  const nulls = column.nulls?.subarray(start, end);
  switch (column.rep) {
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
      return { rep: 'any', data: column.data.slice(start, end), nulls };
  }
}

/** Rows of a column in the order that `rows[0, count)` gives. */
export function gatherColumn(column: StoredColumn, rows: Int32Array, count: number): StoredColumn {
  let nulls: Uint8Array | undefined;
  if (column.nulls !== undefined) {
    nulls = new Uint8Array(count);
    for (let i = 0; i < count; i++) nulls[i] = column.nulls[rows[i]];
  }
  switch (column.rep) {
    case 'f64': {
      const data = new Float64Array(count);
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
      const codes = new Int32Array(count);
      const source = column.codes;
      for (let i = 0; i < count; i++) codes[i] = source[rows[i]];
      return { rep: 'text', codes, dictionary: column.dictionary, nulls };
    }
    case 'any': {
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
    case 'f64':
      return column.data[row];
    case 'bool':
      return column.data[row] === 1;
    case 'text':
      return column.dictionary.textOf(column.codes[row]);
    case 'any':
      return column.data[row];
  }
}
