/** Joining vectors and batches end to end. */
import { finishNow } from '../base/steps.ts';
import { vectorRep, type SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { nullVector } from './builder.ts';
import { DecimalVector } from './decimal-vector.ts';
import { codeIn, originOf } from './distinct-dictionary.ts';
import { LongList } from './long-list.ts';
import { QuotientVector } from './quotient-vector.ts';
import { WideVector } from './wide-vector.ts';
import { valueAt, type Batch, type NullMask, type TextVector, type Vector } from './vector.ts';
import type { Dictionary } from './dictionary.ts';
import { NO_TEXTS, StringDictionary } from './string-dictionary.ts';

/** Rows copied in one step. */
const STEP_ROWS = 65_536;

/** All rows of the vectors in order. They have one SQL type. */
export function concat(type: SqlType, vectors: readonly Vector[]): Vector {
  return finishNow(concatSteps(type, vectors));
}

/** The same in steps of at most some milliseconds. */
export function* concatSteps(
  type: SqlType,
  vectors: readonly Vector[],
): Generator<void, Vector, void> {
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
      for (const [vector, at] of inSteps(vectors)) {
        if (vector === undefined) yield;
        else if (vector.rep === 'f64') data.set(vector.data.subarray(0, vector.length), at);
      }
      return { rep: 'f64', type, length, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(length);
      for (const [vector, at] of inSteps(vectors)) {
        if (vector === undefined) yield;
        else if (vector.rep === 'bool') data.set(vector.data.subarray(0, vector.length), at);
      }
      return { rep: 'bool', type, length, data, nulls };
    }
    case 'text':
      return yield* concatText(type, vectors as readonly TextVector[], length, nulls);
    case 'any': {
      const lazy =
        QuotientVector.concat(type, vectors, nulls) ??
        WideVector.concat(type, vectors, nulls) ??
        DecimalVector.concat(type, vectors, nulls);
      if (lazy !== undefined) return lazy;
      const data: Value[] = [];
      for (const [vector] of inSteps(vectors)) {
        if (vector === undefined) yield;
        else for (let i = 0; i < vector.length; i++) data.push(valueAt(vector, i));
      }
      return { rep: 'any', type, length, data, nulls };
    }
  }
}

/** The vectors with the row at which each goes, and undefined in between where a step ends. */
function* inSteps<V extends Vector>(
  vectors: readonly V[],
): Generator<readonly [vector: V | undefined, at: number], void, void> {
  let at = 0;
  let step = 0;
  for (const vector of vectors) {
    yield [vector, at];
    at += vector.length;
    step += vector.length;
    if (step < STEP_ROWS) continue;
    step = 0;
    yield [undefined, at];
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

function* concatText(
  type: SqlType,
  vectors: readonly TextVector[],
  length: number,
  nulls: NullMask,
): Generator<void, TextVector, void> {
  const home = intoOne(vectors, length);
  if (home !== undefined) return { rep: 'text', type, length, ...home, nulls };
  const codes = new Int32Array(length);
  const first = vectors[0]?.dictionary ?? NO_TEXTS;
  const shared = vectors.every((vector) => vector.dictionary === first);
  const merge = new DictionaryMerge();
  for (const [vector, at] of inSteps(vectors)) {
    if (vector === undefined) yield;
    else if (shared) codes.set(vector.codes.subarray(0, vector.length), at);
    else merge.remap(vector, codes, at);
  }
  const dictionary = shared ? first : new StringDictionary(yield* merge.texts.toArraySteps());
  return { rep: 'text', type, length, codes, dictionary, nulls };
}

/** Strings that are looked for in another dictionary, at most. */
const LOOKED_FOR_MAX = 16;

/** The codes of all in the largest dictionary, where that has what few strings the others bring. */
function intoOne(
  vectors: readonly TextVector[],
  length: number,
): { readonly codes: Int32Array; readonly dictionary: Dictionary } | undefined {
  let dictionary: Dictionary = NO_TEXTS;
  for (const vector of vectors) {
    if (vector.dictionary.length > dictionary.length) dictionary = vector.dictionary;
  }
  if (originOf(dictionary) === undefined) return undefined;
  const codes = new Int32Array(length);
  let at = 0;
  for (const vector of vectors) {
    if (vector.dictionary === dictionary) codes.set(vector.codes.subarray(0, vector.length), at);
    else {
      if (vector.dictionary.length > LOOKED_FOR_MAX) return undefined;
      const found: number[] = [];
      for (let code = 0; code < vector.dictionary.length; code++) {
        found.push(codeIn(dictionary, vector.dictionary.at(code)) ?? -1);
      }
      if (found.includes(-1)) return undefined;
      for (let i = 0; i < vector.length; i++) codes[at + i] = found[vector.codes[i]] ?? 0;
    }
    at += vector.length;
  }
  return { codes, dictionary };
}

/** After this many strings, equal ones are looked for only if at least half of them were repeats. */
const INTERN_TRIAL = 4096;

/** Builds one dictionary out of several; each source is translated code by code, once. */
class DictionaryMerge {
  readonly texts = new LongList<string>();
  /** undefined once it does not pay: a dictionary may repeat strings. */
  #byText: Map<string, number> | undefined = new Map<string, number>();
  #asked = 0;
  readonly #tables = new Map<Dictionary, Int32Array>();

  remap(vector: TextVector, target: Int32Array, at: number): void {
    const { codes, dictionary, nulls, length } = vector;
    // Where few of many strings are used, a table for all of them is not worth it.
    const table = dictionary.length > 4 * length + 64 ? undefined : this.#table(dictionary);
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const code = codes[i];
      let merged = table === undefined ? -1 : table[code];
      if (merged === -1) {
        merged = this.#code(dictionary.at(code));
        if (table !== undefined) table[code] = merged;
      }
      target[at + i] = merged;
    }
    if (this.texts.length === 0 && length > 0) this.#code('');
  }

  #table(dictionary: Dictionary): Int32Array {
    let table = this.#tables.get(dictionary);
    if (table === undefined) {
      table = new Int32Array(dictionary.length).fill(-1);
      this.#tables.set(dictionary, table);
    }
    return table;
  }

  #code(text: string): number {
    const known = this.#byText?.get(text);
    if (known !== undefined) return known;
    const code = this.texts.length;
    this.texts.push(text);
    this.#byText?.set(text, code);
    if (++this.#asked > INTERN_TRIAL && code * 2 > this.#asked) this.#byText = undefined;
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
    } else bytes += (WideVector.from(column) === undefined ? 64 : 8) * column.length;
    if (column.nulls !== undefined) bytes += column.length;
  }
  return bytes;
}
