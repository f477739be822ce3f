/** Joining vectors and batches end to end. */
import { finishNow } from '../base/steps.ts';
import { vectorRep, type SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { nullVector } from './builder.ts';
import { DecimalVector } from './decimal-vector.ts';
import { codeIn, originOf } from './distinct-dictionary.ts';
import { mergeFor } from './dictionary-merge.ts';
import { QuotientVector } from './quotient-vector.ts';
import { WideVector } from './wide-vector.ts';
import { valueAt, type Batch, type NullMask, type TextVector, type Vector } from './vector.ts';
import type { Dictionary } from './dictionary.ts';
import { NO_TEXTS } from './string-dictionary.ts';

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
  const shared = sharedDictionary(vectors);
  const merge = mergeFor(vectors);
  for (const [vector, at] of inSteps(vectors)) {
    if (vector === undefined) yield;
    else if (shared !== undefined) codes.set(vector.codes.subarray(0, vector.length), at);
    else merge.remap(vector, codes, at);
  }
  const dictionary = shared ?? (yield* merge.finish());
  return { rep: 'text', type, length, codes, dictionary, nulls };
}

/** The longest dictionary where all are of one source. */
function sharedDictionary(vectors: readonly TextVector[]): Dictionary | undefined {
  let longest = vectors[0]?.dictionary ?? NO_TEXTS;
  for (const { dictionary } of vectors) {
    if (dictionary.source !== longest.source) return undefined;
    if (dictionary.length > longest.length) longest = dictionary;
  }
  return longest;
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
