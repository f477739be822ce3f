/** Rows on their way into a transaction's writes: placed in chunks, without those that collide. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import type { InsertOptions, InsertResult } from '../storage.ts';
import type { AwaitRow } from './hypertable-store.ts';
import { hypertableOf, type PlacedRows } from './placement.ts';
import type { ScanInput } from './select-chunk.ts';
import { findCollisions, RowInUse } from './unique-check.ts';
import { OWN_REFS, type Writes } from './writes.ts';

export interface NewRows {
  readonly table: TableDescriptor;
  readonly rows: Batch;
  readonly placed: readonly PlacedRows[];
  readonly uniqueIndexes: readonly IndexDescriptor[];
  readonly options: InsertOptions;
}

/** Rows that collide in the newest state, once no row in the way is another transaction's. */
export async function collisionsOf(
  { rows, placed, uniqueIndexes, options }: NewRows,
  newest: () => ScanInput,
  awaitRow: AwaitRow,
): Promise<Float64Array | undefined> {
  if (uniqueIndexes.length === 0) return undefined;
  for (;;) {
    const found = await findCollisions(newest(), rows, placed, uniqueIndexes, options, awaitRow);
    if (!(found instanceof RowInUse)) return found;
    await found.free;
  }
}

/** Adds the rows without collisions to the writes. */
export function addRows(
  writes: Writes,
  { table, rows, placed, options }: NewRows,
  collisions: Float64Array | undefined,
): InsertResult {
  const attnums = liveColumns(table).map(({ attnum }) => attnum);
  const { timeColumn } = hypertableOf(table);
  const { storageId } = table;
  const numbers = new Float64Array(collisions === undefined ? 0 : rows.length);
  let inserted = 0;
  writes.descriptors.set(storageId, table);
  for (const one of placed) {
    const { batch, kept } = withoutCollisions(one, rows, collisions);
    if (batch.length === 0) continue;
    const { place } = one;
    const isLent = options.isLent === true;
    const first = writes.insert({ storageId, place, timeColumn, attnums, batch, isLent });
    kept?.forEach((row, i) => (numbers[row] = first + i));
    inserted += batch.length;
  }
  if (options.onConflict === 'error') return { inserted, conflicts: null };
  const conflicts = collisions ?? new Float64Array(rows.length).fill(NaN);
  for (let i = 0; i < conflicts.length; i++) {
    // A collision with an earlier row of the batch: now that row has its ref.
    if (conflicts[i] < 0) conflicts[i] = OWN_REFS + numbers[-1 - conflicts[i]];
  }
  return { inserted, conflicts };
}

function withoutCollisions(
  placed: PlacedRows,
  rows: Batch,
  collisions: Float64Array | undefined,
): { batch: Batch; kept: Int32Array | undefined } {
  if (collisions === undefined) return { batch: placed.batch, kept: undefined };
  const all = placed.rows ?? Int32Array.from({ length: rows.length }, (_, i) => i);
  const kept = all.filter((row) => Number.isNaN(collisions[row]));
  if (kept.length === all.length) return { batch: placed.batch, kept };
  const columns = rows.columns.map((column) => gather(column, kept));
  return { batch: { columns, length: kept.length }, kept };
}
