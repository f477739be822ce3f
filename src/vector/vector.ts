/**
 * Columns in memory. A vector is a run of values of one SQL type in one of four physical forms:
 *
 * - `f64`  Float64Array: every integer, float, date, time and timestamp type. Exact, because an int8 or
 *          timestamp vector that holds a value outside +-(2^53 - 1) uses `any` instead.
 * - `bool` Uint8Array of 0 and 1.
 * - `text` strings through a dictionary: `dictionary.at(codes[i])`. A dictionary may repeat strings.
 * - `any`  a plain array of Values, for every other type and for wide int8s. NULL is `null` in it and
 *          `nulls` is still set.
 *
 * `nulls` has one byte a row, 1 for NULL, and is undefined where no row is NULL. At a NULL row `data`
 * holds 0 (f64, bool), code 0 or any valid code (text). Consumers must accept every form for every type
 * that can have it: f64 and any for 64-bit integers.
 *
 * Vectors are immutable once they are in a batch.
 */
import type { SqlType } from '../types/type.ts';
import { vectorRep } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { Dictionary } from './dictionary.ts';
import { lazyValues } from './lazy-values.ts';
import { StringDictionary } from './string-dictionary.ts';

export type NullMask = Uint8Array | undefined;

export interface F64Vector {
  readonly rep: 'f64';
  readonly type: SqlType;
  readonly length: number;
  /** At least `length` long. */
  readonly data: Float64Array;
  readonly nulls: NullMask;
}

export interface BoolVector {
  readonly rep: 'bool';
  readonly type: SqlType;
  readonly length: number;
  readonly data: Uint8Array;
  readonly nulls: NullMask;
}

export interface TextVector {
  readonly rep: 'text';
  readonly type: SqlType;
  readonly length: number;
  readonly codes: Int32Array;
  readonly dictionary: Dictionary;
  readonly nulls: NullMask;
}

export interface AnyVector {
  readonly rep: 'any';
  readonly type: SqlType;
  readonly length: number;
  readonly data: readonly Value[];
  readonly nulls: NullMask;
}

export type Vector = F64Vector | BoolVector | TextVector | AnyVector;

/**
 * Runs: stretches of a batch that one hypertable segment holds for one series. Inside a run the
 * segment-by columns are constant and the time column ascends. Operators that keep rows in place keep
 * the runs; all others drop them.
 */
export interface BatchRuns {
  /** Row at which each run starts, ascending, first 0; the last run ends at the batch's length. */
  readonly starts: Int32Array;
  /** Positions of the batch's columns that are constant in every run. */
  readonly constantColumns: readonly number[];
  /** Position of the column that ascends in every run, -1 where it is not in the batch. */
  readonly timeColumn: number;
}

/** A set of equally long vectors. */
export interface Batch {
  readonly columns: readonly Vector[];
  readonly length: number;
  readonly runs?: BatchRuns | undefined;
}

/** Rows that an operator puts into a batch where nothing else decides; a power of two. */
export const BATCH_ROWS = 2048;

/** The value at row `i`, or null. */
export function valueAt(vector: Vector, i: number): Value {
  if (vector.nulls !== undefined && vector.nulls[i] === 1) return null;
  switch (vector.rep) {
    case 'f64':
      return vector.data[i] as number;
    case 'bool':
      return vector.data[i] === 1;
    case 'text':
      return vector.dictionary.at(vector.codes[i] as number);
    case 'any': {
      const lazy = lazyValues(vector);
      return lazy === undefined ? (vector.data[i] as Value) : lazy.valueAt(i);
    }
  }
}

export function isNullAt(vector: Vector, i: number): boolean {
  return vector.nulls !== undefined && vector.nulls[i] === 1;
}

/** Builds a vector from values in the representation that the type and the values call for. */
export function vectorFromValues(type: SqlType, values: readonly Value[]): Vector {
  const length = values.length;
  const nulls = nullMaskOf(values);
  switch (vectorRep(type.oid)) {
    case 'f64': {
      const data = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const value = values[i];
        if (typeof value === 'bigint') return { rep: 'any', type, length, data: values, nulls };
        data[i] = (value as number | null) ?? 0;
      }
      return { rep: 'f64', type, length, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(length);
      for (let i = 0; i < length; i++) data[i] = values[i] === true ? 1 : 0;
      return { rep: 'bool', type, length, data, nulls };
    }
    case 'text':
      return textVector(type, values as readonly (string | null)[], nulls);
    case 'any':
      return { rep: 'any', type, length, data: values, nulls };
  }
}

function nullMaskOf(values: readonly Value[]): NullMask {
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) {
      nulls ??= new Uint8Array(values.length);
      nulls[i] = 1;
    }
  }
  return nulls;
}

function textVector(
  type: SqlType,
  values: readonly (string | null)[],
  nulls: NullMask,
): TextVector {
  const codes = new Int32Array(values.length);
  const strings: string[] = [];
  for (let i = 0; i < values.length; i++) {
    codes[i] = i;
    strings.push(values[i] ?? '');
  }
  const dictionary = new StringDictionary(strings);
  return { rep: 'text', type, length: values.length, codes, dictionary, nulls };
}
