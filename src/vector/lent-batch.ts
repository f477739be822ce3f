/** Batches whose columns' memory is borrowed. */
import { giveBack, keepLent } from '../base/lent-arrays.ts';
import type { Batch, Vector } from './vector.ts';
import { WideVector } from './wide-vector.ts';

/** Gives back what is borrowed of a batch that nobody reads any more. */
export function giveBackBatch(batch: Batch): void {
  for (const column of batch.columns) {
    const memory = memoryOf(column);
    if (memory !== undefined) giveBack(memory);
  }
}

/** Keeps the batch's memory from being used again: another than its last reader holds it, too. */
export function keepBatch(batch: Batch): void {
  for (const column of batch.columns) {
    const memory = memoryOf(column);
    if (memory !== undefined) keepLent(memory);
  }
}

function memoryOf(column: Vector): Float64Array | Int32Array | undefined {
  if (column.rep === 'f64') return column.data;
  return column.rep === 'text' ? column.codes : WideVector.from(column)?.words;
}
