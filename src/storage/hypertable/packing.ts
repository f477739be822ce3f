/**
 * Fast, simple packing of batches for the commit log: whole numbers get narrow, repeated values become
 * runs, strings are written once. Segments use denser encodings (column-block.ts); here speed counts.
 * Integers and floats are little-endian, as every machine that we run on has them.
 */
import type { SqlType } from '../../types/type.ts';
import type { Batch, NullMask, Vector } from '../../vector/vector.ts';
import { packValues, unpackValues } from './any-values.ts';
import type { BytesReader, BytesWriter } from './bytes-io.ts';

const RAW = 0;
const OFFSET_8 = 1;
const OFFSET_16 = 2;
const OFFSET_32 = 3;
const RUNS = 4;
const REPS: readonly Vector['rep'][] = ['f64', 'bool', 'text', 'any'];

export function packBatch(writer: BytesWriter, attnums: readonly number[], batch: Batch): void {
  writer.u32(batch.length);
  writer.u16(attnums.length);
  for (let i = 0; i < attnums.length; i++) {
    const vector = batch.columns[i];
    writer.u16(attnums[i]);
    writer.u32(vector.type.oid);
    writer.i32(vector.type.typmod);
    packVector(writer, vector, batch.length);
  }
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
      const packed = packValues(vector.data, length, vector.type);
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
      const data = unpackValues(reader.bytes(reader.u32()), length, type);
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

/** Numbers as runs, as offsets from the smallest in 1, 2 or 4 bytes, or as they are. */
export function packNumbers(writer: BytesWriter, data: Float64Array, length: number): void {
  let runs = length === 0 ? 0 : 1;
  let whole = true;
  let minimum = Infinity;
  let maximum = -Infinity;
  let previous = data[0];
  for (let i = 0; i < length; i++) {
    const value = data[i];
    if (value !== previous) {
      runs++;
      previous = value;
    }
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (Math.floor(value) !== value || (value === 0 && 1 / value < 0)) {
      whole = false;
      break;
    }
  }
  const range = maximum - minimum;
  if (
    !whole ||
    !(range <= 0xffffffff) ||
    Math.abs(minimum) > 2 ** 53 ||
    Math.abs(maximum) > 2 ** 53
  ) {
    writer.u8(RAW);
    writer.floats(data, length);
  } else if (runs * 12 < length) packRuns(writer, data, length, runs);
  else packOffsets(writer, data, length, minimum, range);
}

function packRuns(writer: BytesWriter, data: Float64Array, length: number, runs: number): void {
  writer.u8(RUNS);
  writer.u32(runs);
  let start = 0;
  for (let i = 1; i <= length; i++) {
    if (i < length && data[i] === data[start]) continue;
    writer.f64(data[start]);
    writer.u32(i - start);
    start = i;
  }
}

function packOffsets(
  writer: BytesWriter,
  data: Float64Array,
  length: number,
  minimum: number,
  range: number,
): void {
  writer.u8(range <= 0xff ? OFFSET_8 : range <= 0xffff ? OFFSET_16 : OFFSET_32);
  writer.f64(minimum);
  if (range <= 0xff) {
    const offsets = new Uint8Array(length);
    for (let i = 0; i < length; i++) offsets[i] = data[i] - minimum;
    writer.bytes(offsets);
  } else if (range <= 0xffff) {
    const offsets = new Uint16Array(length);
    for (let i = 0; i < length; i++) offsets[i] = data[i] - minimum;
    writer.array(offsets);
  } else {
    const offsets = new Uint32Array(length);
    for (let i = 0; i < length; i++) offsets[i] = data[i] - minimum;
    writer.array(offsets);
  }
}

export function unpackNumbers(reader: BytesReader, length: number): Float64Array {
  const form = reader.u8();
  if (form === RAW) return reader.floats(length);
  const data = new Float64Array(length);
  if (form === RUNS) {
    let row = 0;
    for (let runs = reader.u32(); runs > 0; runs--) {
      const value = reader.f64();
      const end = row + reader.u32();
      data.fill(value, row, end);
      row = end;
    }
    return data;
  }
  const minimum = reader.f64();
  const offsets =
    form === OFFSET_8
      ? reader.bytes(length)
      : form === OFFSET_16
        ? reader.u16s(length)
        : reader.u32s(length);
  for (let i = 0; i < length; i++) data[i] = minimum + offsets[i];
  return data;
}

let scratch = new Uint32Array(16_384);

/** Codes in as few bytes as the number of distinct strings in use allows, and those strings. */
function packTexts(
  writer: BytesWriter,
  codes: Int32Array,
  dictionary: readonly string[],
  length: number,
): void {
  const local = new Int32Array(Math.max(1, dictionary.length)).fill(-1);
  const used: string[] = [];
  if (scratch.length < length) scratch = new Uint32Array(length);
  const localCodes = scratch.subarray(0, length);
  for (let i = 0; i < length; i++) {
    const code = codes[i];
    let own = local[code];
    if (own < 0) {
      own = used.push(dictionary[code] ?? '') - 1;
      local[code] = own;
    }
    localCodes[i] = own;
  }
  writer.u32(used.length);
  for (const text of used) writer.text(text);
  packCodes(writer, localCodes, used.length);
}

function packCodes(writer: BytesWriter, codes: Uint32Array, distinct: number): void {
  if (distinct <= 1) return;
  if (distinct <= 0x100) writer.bytes(Uint8Array.from(codes));
  else if (distinct <= 0x10000) writer.array(Uint16Array.from(codes));
  else writer.array(codes);
}

function unpackTexts(
  reader: BytesReader,
  length: number,
): { codes: Int32Array; dictionary: string[] } {
  const distinct = reader.u32();
  const dictionary: string[] = [];
  for (let i = 0; i < distinct; i++) dictionary.push(reader.text());
  if (distinct <= 1) return { codes: new Int32Array(length), dictionary };
  const codes =
    distinct <= 0x100
      ? reader.bytes(length)
      : distinct <= 0x10000
        ? reader.u16s(length)
        : reader.u32s(length);
  return { codes: Int32Array.from(codes), dictionary };
}
