/**
 * Fast, simple packing of batches for the commit log: whole numbers get narrow, repeated values become
 * runs, strings are written once. Segments use denser encodings (column-block.ts); here speed counts.
 * Integers and floats are little-endian, as every machine that we run on has them.
 */
import { ByteRangeError } from '../../base/byte-reader.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Batch, NullMask, Vector } from '../../vector/vector.ts';
import { packValues, unpackValues } from './any-values.ts';
import { BytesWriter, type BytesReader } from './bytes-io.ts';
import { packNumbers, packWithLanes, unpackNumbers } from './pack-numbers.ts';
import type { BoundedLanes } from './page-lanes.ts';
import { newSpan, type Dictionary } from '../../vector/dictionary.ts';
import { PageDictionary } from '../../vector/page-dictionary.ts';
import { TextPages } from '../../vector/text-pages.ts';
import { WideVector } from '../../vector/wide-vector.ts';
import { packWides, unpackWides } from './wide-values.ts';

/** Rows for each string from which on no string is left out. */
const ROWS_PER_TEXT = 2;
/** What stands before a string. */
const LENGTH_BYTES = 4;
const REPS: readonly Vector['rep'][] = ['f64', 'bool', 'text', 'any'];

/** Lanes of whole numbers, by column; undefined where a column has none. */
export type BatchLanes = readonly (BoundedLanes | undefined)[];

/** Packs a batch; what lanes it finds are the caller's to free. */
export function packBatch(
  writer: BytesWriter,
  attnums: readonly number[],
  batch: Batch,
): BatchLanes {
  writer.u32(batch.length);
  writer.u16(attnums.length);
  return attnums.map((attnum, i) => {
    const vector = batch.columns[i];
    writer.u16(attnum);
    writer.u32(vector.type.oid);
    writer.i32(vector.type.typmod);
    if (vector.rep !== 'f64' || vector.nulls !== undefined) {
      packVector(writer, vector, batch.length);
      return undefined;
    }
    writer.u8(REPS.indexOf('f64'));
    packNulls(writer, undefined, batch.length);
    return packWithLanes(writer, vector.data, batch.length);
  });
}

export function unpackBatch(reader: BytesReader): { attnums: number[]; batch: Batch } {
  const length = reader.u32();
  const count = reader.u16();
  const attnums: number[] = [];
  const columns: Vector[] = [];
  for (let i = 0; i < count; i++) {
    attnums.push(reader.u16());
    const type = { oid: reader.u32(), typmod: reader.i32() };
    columns.push(unpackVector(reader, type, length));
  }
  return { attnums, batch: { columns, length } };
}

export function packVector(writer: BytesWriter, vector: Vector, length: number): void {
  writer.u8(REPS.indexOf(vector.rep));
  packNulls(writer, vector.nulls, length);
  switch (vector.rep) {
    case 'f64':
      packNumbers(writer, vector.data, length);
      break;
    case 'bool':
      writer.bytes(vector.data.subarray(0, length));
      break;
    case 'text':
      packTexts(writer, vector.codes, vector.dictionary, length);
      break;
    case 'any': {
      const words = WideVector.from(vector)?.words;
      const packed =
        words === undefined
          ? packValues(vector.data, length, vector.type)
          : packWides(words, vector.nulls, length);
      writer.u32(packed.length);
      writer.bytes(packed);
    }
  }
}

export function unpackVector(reader: BytesReader, type: SqlType, length: number): Vector {
  const rep = REPS[reader.u8()];
  const nulls = unpackNulls(reader, length);
  switch (rep) {
    case 'f64':
      return { rep, type, length, data: unpackNumbers(reader, length), nulls };
    case 'bool':
      return { rep, type, length, data: reader.bytes(length).slice(), nulls };
    case 'text':
      return { rep, type, length, ...unpackTexts(reader, length), nulls };
    case 'any': {
      const bytes = reader.bytes(reader.u32());
      if (type.oid === OID.int8) return new WideVector(type, unpackWides(bytes, length), nulls);
      const data = unpackValues(bytes, length, type);
      return { rep, type, length, data, nulls };
    }
  }
}

function packNulls(writer: BytesWriter, nulls: NullMask, length: number): void {
  if (nulls === undefined) {
    writer.u8(0);
    return;
  }
  writer.u8(1);
  const bits = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) bits[i >> 3] |= nulls[i] << (i & 7);
  writer.bytes(bits);
}

function unpackNulls(reader: BytesReader, length: number): NullMask {
  if (reader.u8() === 0) return undefined;
  const bits = reader.bytes((length + 7) >> 3);
  const nulls = new Uint8Array(length);
  for (let i = 0; i < length; i++) nulls[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return nulls;
}

/** Codes in as few bytes as the number of strings allows, and the strings. */
function packTexts(
  writer: BytesWriter,
  codes: Int32Array,
  dictionary: Dictionary,
  length: number,
): void {
  if (dictionary.length > 0 && dictionary.length * ROWS_PER_TEXT <= length) {
    // Next to the rows all strings are few, used or not.
    writer.u32(dictionary.length);
    writer.bytes(bytesOfTexts(dictionary));
    packCodes(writer, codes.subarray(0, length), dictionary.length);
    return;
  }
  const { used, numbers } = usedTexts(codes, dictionary, length);
  writer.u32(used.length);
  writeTexts(writer, dictionary, used);
  packCodes(writer, numbers, used.length);
}

/** Dictionaries are the same objects as long as no string is new. */
const TEXT_BYTES = new WeakMap<Dictionary, Uint8Array>();

function bytesOfTexts(dictionary: Dictionary): Uint8Array {
  let bytes = TEXT_BYTES.get(dictionary);
  if (bytes === undefined) {
    const writer = new BytesWriter();
    for (let code = 0; code < dictionary.length; code++) writeText(writer, dictionary, code);
    TEXT_BYTES.set(dictionary, (bytes = writer.finish().slice()));
  }
  return bytes;
}

const span = newSpan();

function writeTexts(writer: BytesWriter, dictionary: Dictionary, codes: Int32Array): void {
  // Rows of NULL alone may do without a dictionary.
  const pieces = dictionary.length > 0 ? dictionary.written?.(codes) : undefined;
  if (pieces === undefined) for (const code of codes) writeText(writer, dictionary, code);
  else for (const piece of pieces) writer.bytes(piece);
}

function writeText(writer: BytesWriter, dictionary: Dictionary, code: number): void {
  // Rows of NULL alone may do without a dictionary.
  if (code < dictionary.length) dictionary.spanAt(code, span);
  else span.start = span.end;
  writer.textBytes(span.bytes, span.start, span.end);
}

/** By code, the number + 1 that a string has got; 0 between uses. */
let ownNumbers = new Int32Array(1024);
let rowNumbers = new Int32Array(16_384);
let usedCodes = new Int32Array(16_384);

/** The strings that rows use, and per row the number of its own. */
function usedTexts(
  codes: Int32Array,
  dictionary: Dictionary,
  length: number,
): { used: Int32Array; numbers: Int32Array } {
  if (ownNumbers.length < dictionary.length) ownNumbers = new Int32Array(dictionary.length * 2);
  if (rowNumbers.length < length) {
    rowNumbers = new Int32Array(length);
    usedCodes = new Int32Array(length);
  }
  const [own, numbers, all] = [ownNumbers, rowNumbers.subarray(0, length), usedCodes];
  let count = 0;
  for (let i = 0; i < length; i++) {
    const code = codes[i];
    if (own[code] === 0) {
      all[count++] = code;
      own[code] = count;
    }
    numbers[i] = own[code] - 1;
  }
  const used = all.subarray(0, count);
  for (let i = 0; i < count; i++) own[used[i]] = 0;
  return { used, numbers };
}

function packCodes(writer: BytesWriter, codes: Int32Array, distinct: number): void {
  if (distinct <= 1) return;
  if (distinct <= 0x100) writer.bytes(codes);
  else if (distinct <= 0x10000) writer.array(new Uint16Array(codes));
  else writer.array(codes);
}

function unpackTexts(
  reader: BytesReader,
  length: number,
): { codes: Int32Array; dictionary: Dictionary } {
  const distinct = reader.u32();
  if (distinct * LENGTH_BYTES > reader.remaining) throw new ByteRangeError('too many strings');
  const dictionary = unpackDictionary(reader, distinct);
  if (distinct <= 1) return { codes: new Int32Array(length), dictionary };
  const codes =
    distinct <= 0x100
      ? reader.bytes(length)
      : distinct <= 0x10000
        ? reader.u16s(length)
        : reader.u32s(length);
  return { codes: new Int32Array(codes), dictionary };
}

function unpackDictionary(reader: BytesReader, distinct: number): Dictionary {
  const { bytes, starts } = reader.texts(distinct);
  const pages = new TextPages();
  for (let i = 0; i < distinct; i++) pages.push(bytes, starts[i] + LENGTH_BYTES, starts[i + 1], 0);
  return new PageDictionary(pages);
}
