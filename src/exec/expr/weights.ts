/**
 * How much the values of a batch weigh, in characters about. Most batches are told to be light by what is known of
 * their columns; only those with long values are looked at row by row.
 */
import type { KernelArg } from '../../functions/function.ts';
import { STEP_WEIGHT, weightOf } from '../../types/large-value.ts';
import { OID, vectorRep, type Oid } from '../../types/type.ts';
import type { Batch, Vector } from '../../vector/vector.ts';

/** What rows may weigh, however many they are: who takes many at once has measured them before. */
const FAIR_WEIGHT = 1024;
/** Texts of up to that length take part in no weighing of a piece's rows. */
const LIGHT_WEIGHT = 256;
/** Values in objects that are always small, or whose size costs as much to tell as they do. */
const SMALL_OBJECTS: ReadonlySet<Oid> = new Set([OID.numeric, OID.interval, OID.timetz]);

/** False where no value of the vector can weigh more. */
function mayBeHeavy(vector: Vector, fair: number): boolean {
  if (vector.rep === 'text') return vector.dictionary.longest > fair;
  const { oid } = vector.type;
  return vector.rep === 'any' && vectorRep(oid) === 'any' && !SMALL_OBJECTS.has(oid);
}

/** What the value at a row weighs; of one that makes `limit` no more is looked at. */
export function weightAt(vector: Vector, row: number, limit: number): number {
  if (vector.nulls !== undefined && vector.nulls[row] === 1) return 0;
  if (vector.rep === 'text') return vector.dictionary.sizeAt(vector.codes[row]);
  return vector.rep === 'any' ? weightOf(vector.data[row], limit) : 0;
}

/** Whether one of the arguments of so many rows is heavy, or all together are much for their number. */
export function areHeavy(args: readonly KernelArg[], length: number): boolean {
  const most = Math.max(STEP_WEIGHT, length * FAIR_WEIGHT);
  let left = most;
  for (const arg of args) {
    if (arg.rep === 'constant') {
      const weight = weightOf(arg.value, STEP_WEIGHT);
      if (weight > FAIR_WEIGHT) left -= weight * length;
    } else if (mayBeHeavy(arg, FAIR_WEIGHT)) {
      for (let row = 0; row < length && left >= 0; row++) {
        const weight = weightAt(arg, row, STEP_WEIGHT);
        left = weight > STEP_WEIGHT ? -1 : left - weight;
      }
    }
    if (left < 0) return true;
  }
  return false;
}

/** The end of the rows from `start` on, at least one, of which these columns weigh no more than `limit`. */
export function endWithin(
  batch: Batch,
  columns: readonly number[],
  start: number,
  end: number,
  limit: number,
): number {
  if (end - start <= 1) return end;
  const heavy = columns
    .map((column) => batch.columns[column])
    .filter((each) => mayBeHeavy(each, LIGHT_WEIGHT));
  if (heavy.length === 0) return end;
  let left = limit;
  for (let row = start; row < end; row++) {
    for (const vector of heavy) left -= weightAt(vector, row, left);
    if (left < 0) return Math.max(row, start + 1);
  }
  return end;
}
