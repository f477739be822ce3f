/**
 * Index scans: candidates come from the stored entries, from entries that undo still remembers and from
 * the transaction's own, in key order. Where a row is not simply the newest committed one, its key is
 * computed again and compared, so a stale candidate never yields a row.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { prefixEnd } from '../../base/bytes.ts';
import { liveColumns, type ColumnDescriptor, type IndexDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import { encodeKey } from '../../types/key-encoding.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { BATCH_ROWS, type Batch } from '../../vector/vector.ts';
import { indexPrefix, prefixRange, type KeyRange } from '../format/keys.ts';
import type { IndexRequest } from '../storage.ts';
import { candidatePages, type Candidate } from './index-candidates.ts';
import {
  batchKeys,
  hasKey,
  isStoredIndex,
  keyOf,
  storedKeys,
  type IndexExpressions,
} from './index-keys.ts';
import { decodeInTurns, decodeRows } from './row-codec.ts';
import { overlaidRow, readRows, type RowView } from './row-reader.ts';

const FIRST_CANDIDATES = 64;

/** Rows that the request asks for, in the index's order or its reverse. */
export async function* scanIndexRows(
  view: RowView,
  request: IndexRequest,
  expressions: IndexExpressions | undefined,
): AsyncGenerator<Batch> {
  const { index } = request;
  if (!isStoredIndex(index)) {
    throw new InternalError(`index "${index.name}" of method ${index.method} cannot be scanned`);
  }
  if (request.equals.includes(null)) return;
  if (request.lower?.value === null || request.upper?.value === null) return;
  const known = keyTypes(view, index, expressions);
  const range = requestRange(request, known instanceof Promise ? await known : known);
  // Small first, so that a LIMIT or a lookup reads little; then larger.
  let size = FIRST_CANDIDATES;
  let candidates: Candidate[] = [];
  for await (const page of candidatePages(view, request, range)) {
    for (const candidate of page) {
      candidates.push(candidate);
      if (candidates.length < size) continue;
      const batch = await readCandidates(view, request, candidates, expressions);
      if (batch !== undefined) yield batch;
      candidates = [];
      size = Math.min(size * 4, BATCH_ROWS);
    }
  }
  const batch = await readCandidates(view, request, candidates, expressions);
  if (batch !== undefined) yield batch;
}

/** Types of an index's keys; those of expressions are known to whoever evaluates them. */
function keyTypes(
  { table, turns }: RowView,
  index: IndexDescriptor,
  expressions: IndexExpressions | undefined,
): readonly Oid[] | Promise<readonly Oid[]> {
  if (index.keys.every(({ column }) => column > 0)) {
    return index.keys.map(({ column }) => (table.columns[column - 1] as ColumnDescriptor).type.oid);
  }
  const attnums = liveColumns(table).map((column) => column.attnum);
  const none = decodeRows(table, { refs: [], bodies: [] }, attnums);
  const keys = batchKeys({ table, expressions, turns }, index, none);
  return Promise.resolve(keys).then(({ vectors }) => vectors.map(({ type }) => type.oid));
}

/** The stretch of key bytes to read. */
function requestRange(request: IndexRequest, types: readonly Oid[]): KeyRange {
  const { index, equals } = request;
  const writer = new ByteWriter(64);
  writer.bytes(indexPrefix(index.storageId));
  for (let k = 0; k < equals.length; k++) appendKey(writer, types, index, k, equals[k] as Value);
  const prefix = writer.toBytes();
  const whole = prefixRange(prefix);
  const bounded = index.keys[equals.length];
  if (bounded === undefined || (request.lower === null && request.upper === null)) return whole;
  const bytesOf = (value: Value): Uint8Array => {
    writer.reset();
    writer.bytes(prefix);
    appendKey(writer, types, index, equals.length, value);
    return writer.toBytes();
  };
  // In a descending column the larger values come first. NULLs sort outside any bounded side.
  const first = bounded.descending ? request.upper : request.lower;
  const last = bounded.descending ? request.lower : request.upper;
  const nulls = nullRange(bytesOf(null));
  let { from, to } = whole;
  if (first !== null)
    from = first.inclusive ? bytesOf(first.value) : prefixEnd(bytesOf(first.value));
  else if (bounded.nullsFirst) from = nulls.to;
  if (last !== null) to = last.inclusive ? prefixEnd(bytesOf(last.value)) : bytesOf(last.value);
  else if (!bounded.nullsFirst) to = nulls.from;
  return { from, to };
}

function nullRange(key: Uint8Array): KeyRange {
  return { from: key, to: prefixEnd(key) };
}

function appendKey(
  writer: ByteWriter,
  types: readonly Oid[],
  index: IndexDescriptor,
  k: number,
  value: Value,
): void {
  const key = index.keys[k];
  const oid = types[k];
  if (key === undefined || oid === undefined) {
    throw new InternalError(`index "${index.name}" has no key ${k + 1}`);
  }
  encodeKey(writer, oid, value, key.descending, key.nullsFirst);
}

async function readCandidates(
  view: RowView,
  request: IndexRequest,
  candidates: readonly Candidate[],
  expressions: IndexExpressions | undefined,
): Promise<Batch | undefined> {
  if (candidates.length === 0) return undefined;
  const rows = await readRows(
    view,
    candidates.map(({ rowId }) => rowId),
  );
  const doubtful: number[] = [];
  rows.forEach((row, i) => {
    const { rowId, stored } = candidates[i] as Candidate;
    const isNewest = overlaidRow(view, rowId) === undefined;
    if (row === null) {
      if (stored && isNewest) throw danglingEntry(view, request.index);
    } else if (!stored || !isNewest) {
      doubtful.push(i);
    }
  });
  if (doubtful.length > 0) {
    await dropStale(view, request.index, candidates, rows, doubtful, expressions);
  }
  const refs: number[] = [];
  const bodies: Uint8Array[] = [];
  rows.forEach((row, i) => {
    if (row === null) return;
    refs.push((candidates[i] as Candidate).rowId);
    bodies.push(row);
  });
  if (refs.length === 0) return undefined;
  return decodeInTurns(view.table, { refs, bodies }, request.attnums, view.turns);
}

/** Removes rows whose visible version has another key than the candidate. */
async function dropStale(
  view: RowView,
  index: IndexDescriptor,
  candidates: readonly Candidate[],
  rows: (Uint8Array | null)[],
  doubtful: readonly number[],
  expressions: IndexExpressions | undefined,
): Promise<void> {
  const { table, turns } = view;
  const bodies = doubtful.map((i) => rows[i] as Uint8Array);
  const keys = await storedKeys({ table, expressions, turns }, index, { refs: doubtful, bodies });
  doubtful.forEach((i, position) => {
    if (!hasKey(keys, position) || !isKeyOf(candidates[i] as Candidate, keyOf(keys, position))) {
      rows[i] = null;
    }
  });
}

function isKeyOf({ bytes, start, end }: Candidate, key: Uint8Array): boolean {
  if (end - start !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}

function danglingEntry(view: RowView, index: IndexDescriptor): Error {
  return dbError('data_corrupted', {
    message: `stored data of table "${view.table.name}", index "${index.name}" is damaged`,
    detail: 'An index entry points to a row that is not there.',
    hint: 'Restore the data directory from a backup.',
  });
}
