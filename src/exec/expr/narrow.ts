/** Evaluating over some rows of a batch only, and putting the parts together again. */
import type { KernelArg } from '../../functions/function.ts';
import type { SqlType } from '../../types/type.ts';
import { concat } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { toVector } from './evaluator.ts';

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
  const positions = new Int32Array(length);
  const vectors: Vector[] = [];
  let at = 0;
  for (const { selection, value } of parts) {
    vectors.push(toVector(value, selection.length));
    for (let i = 0; i < selection.length; i++) positions[selection[i]] = at++;
  }
  return gather(concat(type, vectors), positions);
}

/** 0, 1 ... length-1. */
export function allRows(length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return rows;
}
