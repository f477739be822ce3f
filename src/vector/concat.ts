/** Joining vectors and batches end to end. */
import { vectorRep, type SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { nullVector } from './builder.ts';
import { valueAt, type Batch, type NullMask, type TextVector, type Vector } from './vector.ts';

/** All rows of the vectors in order. They have one SQL type. */
export function concat(type: SqlType, vectors: readonly Vector[]): Vector {
  if (vectors.length === 1) return vectors[0];
  let length = 0;
  let wide = false;
  for (const vector of vectors) {
    length += vector.length;
    wide ||= vector.rep === 'any';
  }
  const rep = wide ? 'any' : (vectors[0]?.rep ?? vectorRep(type.oid));
  const nulls = concatNulls(vectors, length);
  switch (rep) {
    case 'f64': {
      const data = new Float64Array(length);
      let at = 0;
      for (const vector of vectors) {
        if (vector.rep === 'f64') data.set(vector.data.subarray(0, vector.length), at);
        at += vector.length;
      }
      return { rep: 'f64', type, length, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(length);
      let at = 0;
      for (const vector of vectors) {
        if (vector.rep === 'bool') data.set(vector.data.subarray(0, vector.length), at);
        at += vector.length;
      }
      return { rep: 'bool', type, length, data, nulls };
    }
    case 'text':
      return concatText(type, vectors as readonly TextVector[], length, nulls);
    case 'any': {
      const data: Value[] = [];
      for (const vector of vectors) {
        for (let i = 0; i < vector.length; i++) data.push(valueAt(vector, i));
      }
      return { rep: 'any', type, length, data, nulls };
    }
  }
}

function concatNulls(vectors: readonly Vector[], length: number): NullMask {
  if (vectors.every((vector) => vector.nulls === undefined)) return undefined;
  const nulls = new Uint8Array(length);
  let at = 0;
  for (const vector of vectors) {
    if (vector.nulls !== undefined) nulls.set(vector.nulls.subarray(0, vector.length), at);
    at += vector.length;
  }
  return nulls;
}

function concatText(
  type: SqlType,
  vectors: readonly TextVector[],
  length: number,
  nulls: NullMask,
): TextVector {
  const codes = new Int32Array(length);
  const first = vectors[0]?.dictionary ?? [];
  if (vectors.every((vector) => vector.dictionary === first)) {
    let at = 0;
    for (const vector of vectors) {
      codes.set(vector.codes.subarray(0, vector.length), at);
      at += vector.length;
    }
    return { rep: 'text', type, length, codes, dictionary: first, nulls };
  }
  const merge = new DictionaryMerge();
  let at = 0;
  for (const vector of vectors) {
    merge.remap(vector, codes, at);
    at += vector.length;
  }
  return { rep: 'text', type, length, codes, dictionary: merge.dictionary, nulls };
}

/** Builds one dictionary out of several; each source is translated code by code, once. */
class DictionaryMerge {
  readonly dictionary: string[] = [];
  readonly #byText = new Map<string, number>();
  readonly #tables = new Map<readonly string[], Int32Array>();

  remap(vector: TextVector, target: Int32Array, at: number): void {
    const { codes, dictionary, nulls, length } = vector;
    let table = this.#tables.get(dictionary);
    if (table === undefined) {
      table = new Int32Array(dictionary.length).fill(-1);
      this.#tables.set(dictionary, table);
    }
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const code = codes[i];
      let merged = table[code];
      if (merged === -1) {
        merged = this.#code(dictionary[code]);
        table[code] = merged;
      }
      target[at + i] = merged;
    }
    if (this.dictionary.length === 0 && length > 0) this.#code('');
  }

  #code(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const code = this.dictionary.push(text) - 1;
    this.#byText.set(text, code);
    return code;
  }
}

/** All rows of the batches as one; `types` gives the columns where there is no batch at all. */
export function concatBatches(types: readonly SqlType[], batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0];
  let length = 0;
  for (const batch of batches) length += batch.length;
  if (length === 0) return { columns: types.map((type) => nullVector(type, 0)), length: 0 };
  const columns = types.map((type, i) =>
    concat(
      type,
      batches.map((batch) => batch.columns[i]),
    ),
  );
  return { columns, length };
}

/** A rough count of the bytes that a batch's rows take. */
export function batchBytes(batch: Batch): number {
  let bytes = 0;
  for (const column of batch.columns) {
    if (column.rep === 'f64') bytes += 8 * column.length;
    else if (column.rep === 'bool') bytes += column.length;
    else if (column.rep === 'text') {
      bytes += 4 * column.length;
      // Dictionaries shared by many batches must not count as often: at most one entry a row.
      bytes += 32 * Math.min(column.length, column.dictionary.length);
    } else bytes += 64 * column.length;
    if (column.nulls !== undefined) bytes += column.length;
  }
  return bytes;
}
