/** Commit records as bytes (docs/format/commit-log.md). */
import { finishInTurns, finishNow } from '../../base/steps.ts';
import { Packr } from 'msgpackr';
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { writerMemory } from '../../base/lent-arrays.ts';
import { checksumOf } from '../../kernels/checksum.ts';
import type { CatalogChange } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import type { Turns } from '../turns.ts';
import { NumberColumn } from './columns.ts';
import {
  ROW_DELETE,
  countRow,
  entryChange,
  noRows,
  rowChange,
  type CommitRecord,
  type EntryChange,
  type EntryChanges,
  type RowChange,
  type RowChanges,
  type TableChange,
} from './commit-record.ts';

const RECORD_VERSION = 1;

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
export function encodeTables(tables: readonly TableChange[], turns: Turns): Promise<EncodedTables> {
  return finishInTurns(tableSteps(tables), () => turns.checkpoint());
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
    checksum = checksumOf(bytes, checksum, start, end);
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
  const entry = entryChange();
  for (let i = 0; i < entries.length; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    entries.read(i, entry);
    bytes += entry.end - entry.start;
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
  writeRest(writer, record);
  const payload = writer.view();
  return { payload, checksum: checksumOf(payload, checksum, end) };
}

/** Bytes of hypertable parts from which on they are not copied by the packer. */
const LARGE_PARTS = 65_536;
/** What the packer writes for null, and before the bytes of a large array. */
const NULL_BYTE = 0xc0;
const LARGE_ARRAY = 0xc9;
const [ARRAY_EXTENSION, ARRAY_TYPE] = packValue(new Uint8Array(0)).slice(2) as unknown as number[];

/** Catalog, storage, sequences and hypertables as one packed value behind its length. */
function writeRest(writer: ByteWriter, record: CommitRecord): void {
  const { catalog, droppedStorage, sequences, hypertables = null } = record;
  const moves = sequences.map(({ oid, lastValue, isCalled }) => [oid, lastValue, isCalled]);
  const isLarge = hypertables instanceof Uint8Array && hypertables.length >= LARGE_PARTS;
  const rest = packValue([catalog, droppedStorage, moves, isLarge ? null : hypertables]);
  if (!isLarge) {
    writer.u32(rest.length);
    writer.bytes(rest);
    return;
  }
  const before = rest.length - 1;
  if (rest[before] !== NULL_BYTE) throw new InternalError('null is packed otherwise');
  writer.u32(before + 7 + hypertables.length);
  writer.bytes(rest.subarray(0, before));
  writer.u8(LARGE_ARRAY);
  writer.u32(hypertables.length + 1);
  writer.u8(ARRAY_EXTENSION);
  writer.u8(ARRAY_TYPE);
  writer.bytes(hypertables);
}

function* encodeTable(writer: ByteWriter, table: TableChange): Generator<void, void> {
  const { rows } = table;
  writer.u32(table.storageId);
  writer.u32(rows.length);
  const row = rowChange();
  for (let i = 0; i < rows.length; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    rows.read(i, row);
    writer.u8(row.kind);
    writer.f64(row.rowId);
    writer.u32(row.oldBytes);
    if (row.kind === ROW_DELETE) continue;
    writer.u32(row.end - row.start);
    writer.range(row.bytes, row.start, row.end);
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
  const entry = entryChange();
  for (let i = 0; i < entries.length; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    entries.read(i, entry);
    writer.u8(entry.suffixed ? 1 : 0);
    writer.f64(entry.rowId);
    writer.u32(entry.end - entry.start);
    writer.range(entry.bytes, entry.start, entry.end);
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
  const rows = new DecodedRows(reader);
  const indexes = readList(reader, (each) => ({
    storageId: each.u32(),
    removed: new DecodedEntries(each),
    added: new DecodedEntries(each),
  }));
  const counts = noRows();
  const row = rowChange();
  for (let i = 0; i < rows.length; i++) {
    rows.read(i, row);
    countRow(counts, row.kind, row.rowId, row.oldBytes, row.end - row.start);
  }
  return { storageId, rows, counts, indexes };
}

/** A list in a record's bytes, with the places of its items. */
class DecodedList {
  readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected readonly places = new NumberColumn();

  constructor(reader: ByteReader, skip: (reader: ByteReader) => void) {
    this.bytes = reader.bytes;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    for (let count = reader.u32(); count > 0; count--) {
      this.places.push(reader.offset);
      skip(reader);
    }
  }

  get length(): number {
    return this.places.length;
  }
}

class DecodedRows extends DecodedList implements RowChanges {
  constructor(reader: ByteReader) {
    super(reader, (each) => {
      const kind = each.u8();
      each.skip(12);
      if (kind !== ROW_DELETE) each.skip(each.u32());
    });
  }

  read(i: number, into: RowChange): void {
    const at = this.places.at(i);
    const { view } = this;
    into.kind = view.getUint8(at);
    into.rowId = view.getFloat64(at + 1);
    into.oldBytes = view.getUint32(at + 9);
    into.bytes = this.bytes;
    into.start = at + 17;
    into.end = into.kind === ROW_DELETE ? into.start : into.start + view.getUint32(at + 13);
  }
}

class DecodedEntries extends DecodedList implements EntryChanges {
  constructor(reader: ByteReader) {
    super(reader, (each) => {
      each.skip(9);
      each.skip(each.u32());
    });
  }

  read(i: number, into: EntryChange): void {
    const at = this.places.at(i);
    into.suffixed = this.view.getUint8(at) === 1;
    into.rowId = this.view.getFloat64(at + 1);
    into.bytes = this.bytes;
    into.start = at + 13;
    into.end = into.start + this.view.getUint32(at + 9);
  }
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const count = reader.u32();
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read(reader));
  return list;
}
