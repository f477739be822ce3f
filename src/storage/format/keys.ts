/**
 * Keys in the key-value store: one letter for the kind, then big-endian numbers, so that bytes order as
 * the numbers do (docs/format/row-store.md).
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { prefixEnd } from '../../base/bytes.ts';

const META = 0x6d; // m
const CATALOG = 0x63; // c
const SEQUENCE = 0x71; // q
const TABLE = 0x74; // t
const ROW = 0x72; // r
const INDEX = 0x69; // i
const GARBAGE = 0x67; // g
const TWO_32 = 4294967296;

export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export const APPLIED_KEY = metaKey('applied');
export const TRIMMED_KEY = metaKey('trimmed');
export const COUNTERS_KEY = metaKey('counters');

function metaKey(name: string): Uint8Array {
  return Uint8Array.from([META, ...Array.from(name, (letter) => letter.charCodeAt(0))]);
}

export function catalogKey(oid: number): Uint8Array {
  return numberedKey(CATALOG, oid);
}

export function sequenceKey(oid: number): Uint8Array {
  return numberedKey(SEQUENCE, oid);
}

/** Counts of a row table. */
export function tableKey(storageId: number): Uint8Array {
  return numberedKey(TABLE, storageId);
}

/** Marks a storage id whose rows and entries are to be deleted. */
export function garbageKey(storageId: number): Uint8Array {
  return numberedKey(GARBAGE, storageId);
}

function numberedKey(kind: number, number: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = kind;
  writeU32(key, 1, number);
  return key;
}

/** The number behind the letter of a catalog, sequence, table or garbage key. */
export function numberOfKey(key: Uint8Array): number {
  return readU32(key, 1);
}

export function catalogRange(): KeyRange {
  return kindRange(CATALOG);
}

export function sequenceRange(): KeyRange {
  return kindRange(SEQUENCE);
}

export function tableRange(): KeyRange {
  return kindRange(TABLE);
}

export function garbageRange(): KeyRange {
  return kindRange(GARBAGE);
}

function kindRange(kind: number): KeyRange {
  return { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
}

/** Whether the key is that of a row or of an index entry. */
export function isRowOrEntry(key: Uint8Array): boolean {
  return key[0] === ROW || key[0] === INDEX;
}

export function rowKey(
  storageId: number,
  rowId: number,
  allocate: Allocate = newBytes,
): Uint8Array {
  const key = allocate(ROW_KEY_BYTES);
  key[0] = ROW;
  writeU32(key, 1, storageId);
  writeU32(key, 5, Math.floor(rowId / TWO_32));
  writeU32(key, 9, rowId % TWO_32);
  return key;
}

/** Where the bytes of keys and values come from. */
export type Allocate = (length: number) => Uint8Array;

function newBytes(length: number): Uint8Array {
  return new Uint8Array(length);
}

const ROW_KEY_BYTES = 13;

export function rowIdOfKey(key: Uint8Array): number {
  return readU32(key, 5) * TWO_32 + readU32(key, 9);
}

export function rowRange(storageId: number): KeyRange {
  return prefixRange(numberedKey(ROW, storageId));
}

export function indexPrefix(storageId: number): Uint8Array {
  return numberedKey(INDEX, storageId);
}

export function indexRange(storageId: number): KeyRange {
  return prefixRange(indexPrefix(storageId));
}

export const INDEX_PREFIX_BYTES = 5;
export const ROW_ID_BYTES = 8;

/** An index entry's key of `value[start, end)`; entries that need not be unique by value end in the row id. */
export function indexEntryKey(
  storageId: number,
  value: Uint8Array,
  start: number,
  end: number,
  rowId: number | null,
  allocate: Allocate = newBytes,
): Uint8Array {
  const length = INDEX_PREFIX_BYTES + end - start;
  const key = allocate(length + (rowId === null ? 0 : ROW_ID_BYTES));
  key[0] = INDEX;
  writeU32(key, 1, storageId);
  const shift = INDEX_PREFIX_BYTES - start;
  for (let i = start; i < end; i++) key[i + shift] = value[i] as number;
  if (rowId !== null) {
    writeU32(key, length, Math.floor(rowId / TWO_32));
    writeU32(key, length + 4, rowId % TWO_32);
  }
  return key;
}

const SUFFIXED = 1;

/** Body of an index entry: whether its key ends in the row id, and the row id. */
export function indexEntryBody(rowId: number, suffixed: boolean): Uint8Array {
  const body = new Uint8Array(9);
  body[0] = suffixed ? SUFFIXED : 0;
  writeU32(body, 1, Math.floor(rowId / TWO_32));
  writeU32(body, 5, rowId % TWO_32);
  return body;
}

export function rowIdOfEntry(body: Uint8Array): number {
  return readU32(body, 1) * TWO_32 + readU32(body, 5);
}

/** Where the value part of an entry's key ends; it starts behind the prefix. */
export function valueEndOfEntryKey(key: Uint8Array, body: Uint8Array): number {
  return body[0] === SUFFIXED ? key.length - ROW_ID_BYTES : key.length;
}

/** Bytes as a string of the same order, one character a byte: what maps can be keyed by. */
export function bytesToText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  if (end - start <= SHORT_TEXT) {
    for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
    return text;
  }
  for (let i = start; i < end; i += TEXT_STEP) {
    const part = bytes.subarray(i, Math.min(i + TEXT_STEP, end));
    text += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return text;
}

/** The bytes that `bytesToText` made a string of. */
export function textToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Bytes up to which a string is put together letter by letter. */
const SHORT_TEXT = 9;
/** Letters at a time, well below the number of arguments that a call may have. */
const TEXT_STEP = 4_096;

export function prefixRange(prefix: Uint8Array): KeyRange {
  return { from: prefix, to: prefixEnd(prefix) };
}

/** A body of 64-bit floats, for counts and positions. */
export function encodeNumbers(...numbers: readonly number[]): Uint8Array {
  const writer = new ByteWriter(numbers.length * 8);
  for (const number of numbers) writer.f64(number);
  return writer.toBytes();
}

export function decodeNumbers(body: Uint8Array): number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return Array.from({ length: body.length >>> 3 }, (_, i) => view.getFloat64(i * 8));
}

function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

function readU32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}
