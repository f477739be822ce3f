/** Evaluating over some rows of a batch only, and putting the parts together again. */
import type { KernelArg } from '../../functions/function.ts';
import type { SqlType } from '../../types/type.ts';
import { concat } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import { codeIn, originOf } from '../../vector/distinct-dictionary.ts';
import type { Batch, TextVector, Vector } from '../../vector/vector.ts';
import { toVector } from './evaluator.ts';
import type { Dictionary } from '../../vector/dictionary.ts';

/**
 * The batch's rows at `selection`. Only the columns `used` are gathered; the others must not be read
 * (they keep their full length).
 */
export function narrow(batch: Batch, selection: Int32Array, used: readonly number[]): Batch {
  if (selection.length === batch.length) return batch;
  const columns = batch.columns.slice() as Vector[];
  for (const column of used) columns[column] = gather(batch.columns[column], selection);
  return { columns, length: selection.length };
}

/** A result for some rows of a batch. */
export interface Part {
  readonly selection: Int32Array;
  readonly value: KernelArg;
}

/** One vector from parts that cover all `length` rows, each once. */
export function mergeParts(type: SqlType, parts: readonly Part[], length: number): KernelArg {
  if (parts.length === 1) return parts[0].value;
  const codes = mergeCodes(type, parts, length);
  if (codes !== undefined) return codes;
  const positions = new Int32Array(length);
  const vectors: Vector[] = [];
  let at = 0;
  for (const { selection, value } of parts) {
    vectors.push(toVector(value, selection.length));
    for (let i = 0; i < selection.length; i++) positions[selection[i]] = at++;
  }
  return gather(concat(type, vectors), positions);
}

/**
 * Texts of one dictionary, and values that it has, too: their codes are put together, and no string is looked
 * at. undefined for other parts.
 */
function mergeCodes(type: SqlType, parts: readonly Part[], length: number): TextVector | undefined {
  const dictionary = commonDictionary(parts);
  if (dictionary === undefined) return undefined;
  const codes = new Int32Array(length);
  const nulls = new Uint8Array(length);
  let anyNull = 0;
  for (const { selection, value } of parts) {
    if (value.rep === 'text') {
      for (let i = 0; i < selection.length; i++) {
        codes[selection[i]] = value.codes[i];
        if (value.nulls !== undefined) anyNull |= nulls[selection[i]] = value.nulls[i];
      }
      continue;
    }
    const code = codeOf(value, dictionary);
    if (code === undefined) return undefined;
    if (code < 0) anyNull = 1;
    for (let i = 0; i < selection.length; i++) {
      codes[selection[i]] = Math.max(0, code);
      nulls[selection[i]] = code < 0 ? 1 : 0;
    }
  }
  return { rep: 'text', type, length, codes, dictionary, nulls: anyNull === 0 ? undefined : nulls };
}

/** A dictionary in which the codes of all parts that are vectors mean their strings. */
function commonDictionary(parts: readonly Part[]): Dictionary | undefined {
  let common: Dictionary | undefined;
  for (const { value } of parts) {
    if (value.rep === 'constant') continue;
    if (value.rep !== 'text') return undefined;
    const { dictionary } = value;
    if (common === undefined) common = dictionary;
    else if (common !== dictionary) {
      const origin = originOf(dictionary);
      if (origin === undefined || origin !== originOf(common)) return undefined;
      if (dictionary.length > common.length) common = dictionary;
    }
  }
  return common !== undefined && common.length > 0 ? common : undefined;
}

/** -1 for NULL; undefined where the value is not known to be in the dictionary. */
function codeOf(value: KernelArg, dictionary: Dictionary): number | undefined {
  if (value.rep !== 'constant') return undefined;
  if (value.value === null) return -1;
  const code = codeIn(dictionary, value.value as string);
  return code === undefined || code < 0 ? undefined : code;
}

/** 0, 1 ... length-1. */
export function allRows(length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return rows;
}
