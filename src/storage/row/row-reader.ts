/**
 * Reading row tables at a snapshot: what the key-value store holds, corrected by undo (versions that the
 * snapshot still sees) and by the transaction's own changes.
 */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import { BATCH_ROWS, type Batch, type Vector } from '../../vector/vector.ts';
import { openValue } from '../format/envelope.ts';
import { rowIdOfKey, rowKey, rowRange } from '../format/keys.ts';
import type { KvEntry, KvStore } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { ScanRequest } from '../storage.ts';
import { ROW_REF_ATTNUM, TABLE_OID_ATTNUM, tableOidVector } from '../system-columns.ts';
import type { Turns } from '../turns.ts';
import type { TableWrites } from '../txn/write-set.ts';
import { decodeInTurns } from './row-codec.ts';
import type { SeenRows } from './seen-rows.ts';
import type { TableState } from './table-state.ts';

/** A point of view on one table: a snapshot, and the own changes up to a command. */
export interface RowView {
  readonly kv: KvStore;
  readonly table: TableDescriptor;
  readonly state: TableState;
  readonly turns: Turns;
  readonly snapshot: Sequence;
  readonly writes: TableWrites | undefined;
  readonly command: number;
  /** Gets the stored rows that are the newest ones. */
  readonly seen?: SeenRows | undefined;
}

/** Tables up to this many encoded bytes are kept decoded. */
const CACHED_TABLE_BYTES = 4 * 1024 * 1024;
/** Rows below which a scan waits for the next page before it hands out a batch. */
const BATCH_ROWS_MIN = BATCH_ROWS / 4;

/**
 * The row as `view` sees it where that differs from the newest committed one: undefined where it does
 * not, null where there is no row.
 */
export function overlaidRow(view: RowView, rowId: number): Uint8Array | null | undefined {
  const own = view.writes?.version(rowId, view.command);
  return own === undefined ? view.state.undo.visible(rowId, view.snapshot) : own.row;
}

export function openRow(view: RowView, key: Uint8Array, value: Uint8Array): Uint8Array {
  return openValue(key, value, () => `table "${view.table.name}", row ${rowIdOfKey(key)}`);
}

/** The rows that `view` sees under these refs; null where it sees none. */
export async function readRows(
  view: RowView,
  rowIds: readonly number[],
): Promise<(Uint8Array | null)[]> {
  const { storageId } = view.table;
  const keys: Uint8Array[] = [];
  for (const rowId of rowIds) {
    if (view.writes?.version(rowId, view.command) === undefined)
      keys.push(rowKey(storageId, rowId));
  }
  const stored = keys.length === 0 ? [] : await view.kv.getMany(keys);
  let next = 0;
  return rowIds.map((rowId) => {
    const own = view.writes?.version(rowId, view.command);
    if (own !== undefined) return own.row;
    const key = keys[next] as Uint8Array;
    const value = stored[next++];
    // Undo is asked after the read: it was filled before anything newer could be read.
    const old = view.state.undo.visible(rowId, view.snapshot);
    if (old !== undefined) return old;
    if (value === undefined) return null;
    const body = openRow(view, key, value);
    view.seen?.add(rowId, body);
    return body;
  });
}

export async function fetchRows(
  view: RowView,
  refs: Float64Array,
  attnums: readonly number[],
): Promise<Batch> {
  const rowIds = Array.from(refs);
  const rows = await readRows(view, rowIds);
  const missing = rows.indexOf(null);
  if (missing >= 0) {
    throw new InternalError(`row ${rowIds[missing]} of "${view.table.name}" is not visible`);
  }
  const bodies = rows as Uint8Array[];
  return decodeInTurns(view.table, { refs: rowIds, bodies }, attnums, view.turns);
}

/** All rows that the view sees, in row id order. */
export async function* scanRows(view: RowView, request: ScanRequest): AsyncGenerator<Batch> {
  const { state, table } = view;
  const settled = isSettled(view);
  const { cache } = state;
  if (
    settled &&
    cache?.version === state.changedAt &&
    cache.schemaVersion === table.schemaVersion
  ) {
    for (const batch of cache.batches) yield projectCached(table, batch, request);
    return;
  }
  if (settled && state.bytes <= CACHED_TABLE_BYTES) {
    yield* scanIntoCache(view, request);
    return;
  }
  for await (const rows of mergedRows(view)) {
    countRows(request, rows.bodies.length);
    yield decodeInTurns(table, rows, request.attnums, view.turns);
  }
}

/** True where the snapshot sees exactly what the store holds, now and later in the scan. */
function isSettled(view: RowView): boolean {
  return view.state.changedAt <= view.snapshot && (view.writes?.rows.size ?? 0) === 0;
}

async function* scanIntoCache(view: RowView, request: ScanRequest): AsyncGenerator<Batch> {
  const { state, table } = view;
  const version = state.changedAt;
  const attnums = [ROW_REF_ATTNUM, ...table.columns.map((column) => column.attnum)];
  const batches: Batch[] = [];
  for await (const rows of mergedRows(view)) {
    const batch = await decodeInTurns(table, rows, attnums, view.turns);
    batches.push(batch);
    yield projectCached(table, batch, request);
  }
  if (state.changedAt !== version) return;
  state.cache = { version, schemaVersion: table.schemaVersion, batches };
}

function projectCached(table: TableDescriptor, batch: Batch, request: ScanRequest): Batch {
  countRows(request, batch.length);
  const columns = request.attnums.map((attnum): Vector => {
    if (attnum === TABLE_OID_ATTNUM) return tableOidVector(table.oid, batch.length);
    return batch.columns[attnum === ROW_REF_ATTNUM ? 0 : attnum] as Vector;
  });
  return { columns, length: batch.length };
}

function countRows(request: ScanRequest, rows: number): void {
  if (request.counters !== undefined) request.counters.rows += rows;
}

interface PendingRows {
  refs: number[];
  bodies: Uint8Array[];
}

/** Merges the stored rows with those that undo or the own changes correct. */
async function* mergedRows(view: RowView): AsyncGenerator<PendingRows> {
  const { kv, state, table } = view;
  const corrected = correctedRows(view);
  const expected = corrected.length === 0 && isSettled(view) ? state.rows : undefined;
  const version = state.changedAt;
  let next = 0;
  let total = 0;
  let pending: PendingRows = { refs: [], bodies: [] };
  const range = rowRange(table.storageId);
  for await (const page of kv.scan(range)) {
    next = mergePage(view, page, corrected, next, pending);
    if (pending.refs.length < BATCH_ROWS_MIN) continue;
    total += pending.refs.length;
    yield pending;
    pending = { refs: [], bodies: [] };
  }
  for (; next < corrected.length; next++) {
    pushCorrected(view, corrected[next] as number, pending);
    if (pending.refs.length < BATCH_ROWS) continue;
    total += pending.refs.length;
    yield pending;
    pending = { refs: [], bodies: [] };
  }
  total += pending.refs.length;
  if (expected !== undefined && expected !== total && state.changedAt === version) {
    throw dbError('data_corrupted', {
      message: `stored data of table "${table.name}" is damaged`,
      detail: `${total} rows were found where ${expected} should be.`,
      hint: 'Restore the data directory from a backup.',
    });
  }
  if (pending.refs.length > 0) yield pending;
}

function correctedRows(view: RowView): Float64Array {
  const rowIds: number[] = [];
  view.state.undo.collectRows(view.snapshot, rowIds);
  const fromUndo = rowIds.length;
  view.writes?.collectRows(view.command, rowIds);
  const sorted = Float64Array.from(rowIds).sort();
  if (fromUndo === 0) return sorted;
  return sorted.filter((rowId, i) => i === 0 || rowId !== sorted[i - 1]);
}

/** Adds a page's rows; returns how far in `corrected` it came. */
function mergePage(
  view: RowView,
  page: readonly KvEntry[],
  corrected: Float64Array,
  start: number,
  pending: PendingRows,
): number {
  let next = start;
  for (const { key, value } of page) {
    const rowId = rowIdOfKey(key);
    while (next < corrected.length && (corrected[next] as number) < rowId) {
      pushCorrected(view, corrected[next] as number, pending);
      next++;
    }
    if (next < corrected.length && corrected[next] === rowId) {
      pushCorrected(view, rowId, pending);
      next++;
      continue;
    }
    const body = openRow(view, key, value);
    view.seen?.add(rowId, body);
    pending.refs.push(rowId);
    pending.bodies.push(body);
  }
  return next;
}

function pushCorrected(view: RowView, rowId: number, pending: PendingRows): void {
  const row = overlaidRow(view, rowId);
  if (row === undefined) throw new InternalError(`undo of row ${rowId} vanished under a snapshot`);
  if (row === null) return;
  pending.refs.push(rowId);
  pending.bodies.push(row);
}
