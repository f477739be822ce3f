/** What rows take in memory, long strings and objects included. */
import { Jsonb } from '../../types/jsonb.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Value } from '../../types/value.ts';
import { batchBytes } from '../../vector/concat.ts';
import { lazyValues } from '../../vector/lazy-values.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';

/** Values looked at to learn how long they are; all of a batch would cost more than it tells. */
const SAMPLE = 32;
/** What batchBytes counts for a string or an object. */
const COUNTED_BYTES = 32;

/** batchBytes and, from a sample, what longer values take beyond what it counts for each. */
export function memoryBytes(batch: Batch): number {
  let bytes = batchBytes(batch);
  for (const column of batch.columns) {
    if (column.rep === 'text' || column.rep === 'any') bytes += excess(column, batch.length);
  }
  return bytes;
}

function excess(vector: Vector, rows: number): number {
  // What values are made of takes less than what is counted for them.
  if (rows === 0 || lazyValues(vector) !== undefined) return 0;
  const step = Math.max(1, Math.floor(rows / SAMPLE));
  let sampled = 0;
  let total = 0;
  for (let row = 0; row < rows; row += step) {
    total += Math.max(0, valueBytes(valueAt(vector, row)) - COUNTED_BYTES);
    sampled++;
  }
  const values = vector.rep === 'text' ? Math.min(rows, vector.dictionary.length) : rows;
  return (total / sampled) * values;
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  if (value instanceof Uint8Array) return 96 + value.length;
  if (value instanceof PgArray || value instanceof PgRecord) {
    const { values } = value;
    const some = values.slice(0, SAMPLE);
    const bytes = some.reduce<number>((sum, item) => sum + 8 + valueBytes(item), 0);
    return 128 + (some.length === 0 ? 0 : (bytes / some.length) * values.length);
  }
  // Trees are not walked: most are small, and those that are not make many rows alike.
  return value instanceof Jsonb ? 256 + (value.text?.length ?? 0) : 64;
}
