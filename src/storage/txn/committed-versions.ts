/** Reads the committed versions of rows that a transaction changes for the first time. */
import { InternalError } from '../../errors/db-error.ts';
import { rowIdOfKey, rowKey } from '../format/keys.ts';
import { hasKey, mustBeUnique, storedKeys, type BatchKeys } from '../row/index-keys.ts';
import { openRow, readRows, type RowView } from '../row/row-reader.ts';
import { NO_ENTRY } from './key-entries.ts';
import type { RowWriter, WrittenIndex } from './row-writer.ts';
import { ENTRY_OVERHEAD_BYTES } from './write-set.ts';

/**
 * Notes the committed versions of rows that change for the first time. Of a row without a version of our
 * own what was noted before may be out of date: it was not locked all the time.
 */
export async function noteBases(
  writer: RowWriter,
  rowIds: readonly number[],
  indexed: readonly WrittenIndex[],
): Promise<void> {
  const { writes, table } = writer;
  const fresh = writes.rows.size === 0 ? rowIds : rowIds.filter((rowId) => !writes.rows.has(rowId));
  if (fresh.length === 0) return;
  const note = (rowId: number, body: Uint8Array): void => {
    writes.base.set(rowId, body);
    for (const { writes: indexWrites } of indexed) indexWrites.forgetRow(rowId);
    writer.writeSet.grow(body.length);
  };
  const unseen: number[] = [];
  for (const rowId of fresh) {
    const body = writer.seen?.get(rowId);
    if (body === undefined) unseen.push(rowId);
    else note(rowId, body);
  }
  if (unseen.length === 0) return;
  // The rows are locked: the newest committed version is the one that the statement saw.
  const bodies = await readNewest(writer, unseen);
  unseen.forEach((rowId, i) => {
    const body = bodies[i];
    if (body === null || body === undefined) {
      throw new InternalError(`row ${rowId} of "${table.name}" to change is not there`);
    }
    note(rowId, body);
  });
}

/** Rows above which neighbours are read with a scan instead of one by one. */
const SCAN_ROWS_MIN = 256;
/** How many times as many rows as wanted a scan may read. */
const SCAN_WASTE_MAX = 2;

/** The newest committed versions of rows. */
async function readNewest(
  writer: RowWriter,
  rowIds: readonly number[],
): Promise<readonly (Uint8Array | null | undefined)[]> {
  const view = newestView(writer);
  const first = rowIds[0] as number;
  const last = rowIds[rowIds.length - 1] as number;
  const isDense = last - first < rowIds.length * SCAN_WASTE_MAX;
  if (rowIds.length < SCAN_ROWS_MIN || !isDense || !isAscending(rowIds)) {
    return readRows(view, rowIds);
  }
  const bodies: (Uint8Array | undefined)[] = [];
  let next = 0;
  const { storageId } = writer.table;
  const range = { from: rowKey(storageId, first), to: rowKey(storageId, last + 1) };
  for await (const page of writer.kv.scan(range)) {
    for (const { key, value } of page) {
      const rowId = rowIdOfKey(key);
      // Wanted rows that the store does not have stay undefined.
      while (next < rowIds.length && (rowIds[next] as number) < rowId) bodies[next++] = undefined;
      if (rowIds[next] === rowId) bodies[next++] = openRow(view, key, value);
    }
  }
  return bodies;
}

function isAscending(rowIds: readonly number[]): boolean {
  for (let i = 1; i < rowIds.length; i++) {
    if ((rowIds[i - 1] as number) >= (rowIds[i] as number)) return false;
  }
  return true;
}

function newestView(writer: RowWriter): RowView {
  const { kv, table, state, turns } = writer;
  return { kv, table, state, turns, snapshot: Infinity, writes: undefined, command: 0 };
}

/** The committed keys of some rows in an index. */
export interface CommittedKeys {
  readonly keys: BatchKeys;
  /** By position among the rows asked for the position in `keys`; -1 where there was no such row. */
  readonly positions: Int32Array;
}

/** Keys of the versions that `noteBases` noted. */
export async function committedKeys(
  writer: RowWriter,
  { index }: WrittenIndex,
  rowIds: readonly number[],
): Promise<CommittedKeys> {
  const positions = new Int32Array(rowIds.length).fill(-1);
  const refs: number[] = [];
  const bodies: Uint8Array[] = [];
  rowIds.forEach((rowId, i) => {
    const body = writer.writes.base.get(rowId);
    if (body === undefined) return;
    positions[i] = bodies.length;
    refs.push(rowId);
    bodies.push(body);
  });
  return { keys: await storedKeys(writer, index, { refs, bodies }), positions };
}

/** Notes the committed entry of row `i`, if it had one, as one that some version does not have. */
export function noteRemoved(
  { writeSet }: RowWriter,
  { index, writes }: WrittenIndex,
  { keys, positions }: CommittedKeys,
  i: number,
  rowId: number,
): void {
  const row = positions[i] as number;
  if (row < 0 || !hasKey(keys, row) || writes.removedEntry(rowId) !== NO_ENTRY) return;
  const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
  writes.noteCommitted(keys.bytes, start, end, rowId, !mustBeUnique(index, keys, row));
  writeSet.grow(ENTRY_OVERHEAD_BYTES + end - start);
}
