/**
 * The record of one commit (docs/format/commit-log.md): everything that applying it needs, so that the
 * same record gives the same state at commit and at recovery.
 */
import { finishInTurns, finishNow } from '../../base/steps.ts';
import { Packr } from 'msgpackr';
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { writerMemory } from '../../base/lent-arrays.ts';
import { crc32c } from '../../base/crc32c.ts';
import type { CatalogChange } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import type { Oid } from '../../types/type.ts';
import type { HypertableParts } from '../hypertable/hypertable-store.ts';
import { bytesToText } from '../format/keys.ts';
import type { Turns } from '../turns.ts';

const RECORD_VERSION = 1;

export const ROW_INSERT = 0;
export const ROW_UPDATE = 1;
export const ROW_DELETE = 2;

/** One row's change. `oldBytes` is the size of the version it replaces. */
export interface RowChange {
  readonly kind: number;
  readonly rowId: number;
  readonly oldBytes: number;
  readonly row: Uint8Array | null;
}

/** Rows of which none is kept: each pass makes them again. */
export interface RowChanges extends Iterable<RowChange> {
  readonly length: number;
}

export interface EntryChange {
  readonly key: string;
  readonly rowId: number;
  readonly suffixed: boolean;
}

export interface EntryChanges extends Iterable<EntryChange> {
  readonly length: number;
}

export interface IndexChange {
  readonly storageId: number;
  readonly removed: EntryChanges;
  readonly added: EntryChanges;
}

/** What rows' changes add up to. */
export interface RowCounts {
  inserted: number;
  deleted: number;
  oldBytes: number;
  newBytes: number;
  /** The highest row id; 0 where there are no rows. */
  lastRowId: number;
}

export function noRows(): RowCounts {
  return { inserted: 0, deleted: 0, oldBytes: 0, newBytes: 0, lastRowId: 0 };
}

export function countRow(
  counts: RowCounts,
  kind: number,
  rowId: number,
  oldBytes: number,
  newBytes: number,
): void {
  if (kind === ROW_INSERT) counts.inserted++;
  else if (kind === ROW_DELETE) counts.deleted++;
  counts.oldBytes += oldBytes;
  counts.newBytes += newBytes;
  counts.lastRowId = Math.max(counts.lastRowId, rowId);
}

export interface TableChange {
  readonly storageId: number;
  readonly rows: RowChanges;
  readonly counts: RowCounts;
  readonly indexes: readonly IndexChange[];
}

/** A sequence's state as of the record: values up to `lastValue` may have been handed out. */
export interface SequenceMove {
  readonly oid: Oid;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

export interface CommitRecord {
  readonly tables: readonly TableChange[];
  readonly catalog: readonly CatalogChange[];
  /** Storage ids that the catalog changes make unreachable. */
  readonly droppedStorage: readonly number[];
  readonly sequences: readonly SequenceMove[];
  /** Undefined where no hypertable was changed. */
  readonly hypertables: HypertableParts | undefined;
}

/** A commit that changes nothing. */
export const EMPTY_COMMIT: CommitRecord = {
  tables: [],
  catalog: [],
  droppedStorage: [],
  sequences: [],
  hypertables: undefined,
};

// Keys of descriptors are fixed names of ours, never a user's; typed arrays keep their types.
const PACKR = new Packr({ useRecords: false, moreTypes: true, structuredClone: false });

export function packValue(value: unknown): Uint8Array {
  return PACKR.pack(value);
}

export function unpackValue(bytes: Uint8Array): unknown {
  return PACKR.unpack(bytes);
}

/** The beginning of a record, up to the end of its tables. */
export interface EncodedTables {
  readonly writer: ByteWriter;
  /** CRC-32C of it. */
  readonly checksum: number;
}

export interface EncodedCommit {
  readonly payload: Uint8Array;
  readonly checksum: number;
}

/** Rows or entries between two looks at the clock. */
const STEP_ROWS = 1_024;

/** Encodes a record's tables, with a pause now and then. */
export async function encodeTables(
  tables: readonly TableChange[],
  turns: Turns,
): Promise<EncodedTables> {
  return await finishInTurns(tableSteps(tables), () => turns.checkpoint());
}

/** Bytes whose checksum takes about a millisecond. */
const CHECKSUM_STEP_BYTES = 512 * 1024;

function* tableSteps(
  tables: readonly TableChange[],
  restBytes = REST_BYTES,
): Generator<void, EncodedTables> {
  const room = (yield* encodedBytes(tables)) + restBytes;
  const writer = new ByteWriter(writerMemory(room));
  writer.u8(RECORD_VERSION);
  writer.u32(tables.length);
  for (const table of tables) yield* encodeTable(writer, table);
  const bytes = writer.view();
  let checksum = 0;
  for (let start = 0; start < bytes.length; start += CHECKSUM_STEP_BYTES) {
    if (start > 0) yield;
    const end = Math.min(start + CHECKSUM_STEP_BYTES, bytes.length);
    checksum = crc32c(bytes, checksum, start, end);
  }
  return { writer, checksum };
}

/** Room for what follows the tables in most records. */
const REST_BYTES = 1_024;
const ROW_BYTES_MAX = 17;
const ENTRY_BYTES_MAX = 13;

/** Bytes that the tables need at most: growing a large buffer stalls. */
function* encodedBytes(tables: readonly TableChange[]): Generator<void, number> {
  let bytes = 5;
  for (const { rows, counts, indexes } of tables) {
    bytes += 12 + rows.length * ROW_BYTES_MAX + counts.newBytes + indexes.length * 12;
    for (const { removed, added } of indexes) {
      bytes += (removed.length + added.length) * ENTRY_BYTES_MAX;
      bytes += (yield* keyBytes(removed)) + (yield* keyBytes(added));
    }
  }
  return bytes;
}

function* keyBytes(entries: EntryChanges): Generator<void, number> {
  let bytes = 0;
  let seen = 0;
  for (const { key } of entries) {
    bytes += key.length;
    if (++seen % STEP_ROWS === 0) yield;
  }
  return bytes;
}

/**
 * The whole record, in borrowed memory where it is large, which the log gives back. `tables` are encoded
 * already where they come from `encodeTables`.
 */
export function encodeCommit(record: CommitRecord, tables?: EncodedTables): EncodedCommit {
  const { hypertables } = record;
  const partBytes = hypertables instanceof Uint8Array ? hypertables.length : 0;
  const { writer, checksum } =
    tables ?? finishNow(tableSteps(record.tables, REST_BYTES + partBytes));
  const end = writer.length;
  writer.u8(record.hypertables === undefined ? 0 : 1);
  const rest = packValue([
    record.catalog,
    record.droppedStorage,
    record.sequences.map(({ oid, lastValue, isCalled }) => [oid, lastValue, isCalled]),
    record.hypertables ?? null,
  ]);
  writer.u32(rest.length);
  writer.bytes(rest);
  const payload = writer.view();
  return { payload, checksum: crc32c(payload, checksum, end) };
}

function* encodeTable(writer: ByteWriter, table: TableChange): Generator<void, void> {
  writer.u32(table.storageId);
  writer.u32(table.rows.length);
  let encoded = 0;
  for (const { kind, rowId, oldBytes, row } of table.rows) {
    if (++encoded % STEP_ROWS === 0) yield;
    writer.u8(kind);
    writer.f64(rowId);
    writer.u32(oldBytes);
    if (row === null) continue;
    writer.u32(row.length);
    writer.bytes(row);
  }
  writer.u32(table.indexes.length);
  for (const index of table.indexes) {
    writer.u32(index.storageId);
    yield* encodeEntries(writer, index.removed);
    yield* encodeEntries(writer, index.added);
  }
}

function* encodeEntries(writer: ByteWriter, entries: EntryChanges): Generator<void, void> {
  writer.u32(entries.length);
  let encoded = 0;
  for (const { key, rowId, suffixed } of entries) {
    if (++encoded % STEP_ROWS === 0) yield;
    writer.u8(suffixed ? 1 : 0);
    writer.f64(rowId);
    writer.u32(key.length);
    const start = writer.reserve(key.length);
    const bytes = writer.view();
    for (let i = 0; i < key.length; i++) bytes[start + i] = key.charCodeAt(i);
  }
}

export function decodeCommit(payload: Uint8Array): CommitRecord {
  const reader = new ByteReader(payload);
  const version = reader.u8();
  if (version !== RECORD_VERSION) {
    throw dbError('feature_not_supported', {
      message: `commit record has format version ${version}, which this server does not know`,
    });
  }
  const tables = readList(reader, decodeTable);
  const hasHypertables = reader.u8() === 1;
  const [catalog, droppedStorage, sequences, hypertables] = unpackValue(
    reader.take(reader.u32()),
  ) as [CatalogChange[], number[], [number, string, boolean][], unknown];
  if (reader.remaining !== 0) throw new InternalError('a commit record is longer than its content');
  return {
    tables,
    catalog,
    droppedStorage,
    sequences: sequences.map(([oid, lastValue, isCalled]) => ({ oid, lastValue, isCalled })),
    hypertables: hasHypertables ? hypertables : undefined,
  };
}

function decodeTable(reader: ByteReader): TableChange {
  const storageId = reader.u32();
  const rows = readList(reader, decodeRow);
  const indexes = readList(reader, (each) => ({
    storageId: each.u32(),
    removed: readList(each, decodeEntry),
    added: readList(each, decodeEntry),
  }));
  const counts = noRows();
  for (const { kind, rowId, oldBytes, row } of rows) {
    countRow(counts, kind, rowId, oldBytes, row?.length ?? 0);
  }
  return { storageId, rows, counts, indexes };
}

function decodeRow(reader: ByteReader): RowChange {
  const kind = reader.u8();
  const rowId = reader.f64();
  const oldBytes = reader.u32();
  const row = kind === ROW_DELETE ? null : reader.take(reader.u32());
  return { kind, rowId, oldBytes, row };
}

function decodeEntry(reader: ByteReader): EntryChange {
  const suffixed = reader.u8() === 1;
  const rowId = reader.f64();
  return { suffixed, rowId, key: bytesToText(reader.take(reader.u32())) };
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const count = reader.u32();
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read(reader));
  return list;
}
