/**
 * One block: up to 65,536 rows of one column, as one key-value entry. The first four bytes are the
 * checksum of the rest. docs/format/segment.md describes the layout.
 */
import { crc32c } from '../../base/crc32c.ts';
import type { SqlType } from '../../types/type.ts';
import type { NullMask } from '../../vector/vector.ts';
import { packValues, unpackValues } from './any-values.ts';
import { BytesReader, BytesWriter } from './bytes-io.ts';
import { narrowed } from './narrow.ts';
import { decodeNumbers, encodeNumbers } from './number-encoding.ts';
import { VECTOR_ROWS, type Zones } from './row-source.ts';
import type { PlainColumn, StoredColumn } from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';

const VERSION = 1;
const REPS: readonly PlainColumn['rep'][] = ['f64', 'bool', 'text', 'any'];

/** Thrown inside decoders; the keeper turns it into an error that names the table and the chunk. */
export class DamagedBlock extends Error {
  override name = 'DamagedBlock';
}

/** Puts the checksum over a finished value whose first four bytes were left free. */
export function sealed(writer: BytesWriter): Uint8Array {
  const bytes = writer.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, crc32c(bytes, 0, 4, bytes.length), true);
  return bytes;
}

/** A reader behind the checksum and version, both verified. */
export function openSealed(
  bytes: Uint8Array | undefined,
  version: number,
  what: string,
): BytesReader {
  if (bytes === undefined) throw new DamagedBlock(`${what} is missing`);
  const reader = new BytesReader(bytes);
  if (bytes.length < 5 || reader.u32() !== crc32c(bytes, 0, 4, bytes.length)) {
    throw new DamagedBlock(`checksum of ${what} does not match`);
  }
  const found = reader.u8();
  if (found !== version) throw new DamagedBlock(`${what} has unknown version ${found}`);
  return reader;
}

export function encodeBlock(column: PlainColumn, rows: number, type: SqlType): Uint8Array {
  const writer = new BytesWriter(1024 + rows);
  writer.u32(0);
  writer.u8(VERSION);
  writer.u8(REPS.indexOf(column.rep));
  writer.u32(rows);
  writeNulls(writer, column.nulls, rows);
  switch (column.rep) {
    case 'f64':
      writeNumbers(writer, column.data, rows);
      break;
    case 'bool':
      writeBits(writer, column.data, rows);
      break;
    case 'text':
      writeTexts(writer, column.codes, column.dictionary, rows);
      break;
    case 'any': {
      const packed = packValues(column.data, rows, type);
      writer.u32(packed.length);
      writer.bytes(packed);
    }
  }
  return sealed(writer);
}

/** Decodes a block; strings get their codes from `dictionary`. */
export function decodeBlock(
  bytes: Uint8Array | undefined,
  type: SqlType,
  dictionary: () => TextDictionary,
): StoredColumn {
  const reader = openSealed(bytes, VERSION, 'a column block');
  const rep = REPS[reader.u8()];
  const rows = reader.u32();
  const nulls = readNulls(reader, rows);
  switch (rep) {
    case 'f64':
      return numberColumn(readNumbers(reader, rows), rows, nulls);
    case 'bool':
      return { rep, data: readBits(reader, rows), nulls };
    case 'text': {
      const target = dictionary();
      return { rep, codes: readTexts(reader, rows, target), dictionary: target, nulls };
    }
    case 'any':
      return { rep, data: unpackValues(reader.bytes(reader.u32()), rows, type), nulls };
    default:
      throw new DamagedBlock('unknown form of column');
  }
}

/** As lanes where the numbers fit them and the kernels' memory has room. */
function numberColumn(data: Float64Array, rows: number, nulls: NullMask): StoredColumn {
  const lanes = narrowed(data, nulls, rows);
  return lanes === undefined ? { rep: 'f64', data, nulls } : { rep: 'lanes', lanes, nulls };
}

function writeNumbers(writer: BytesWriter, data: Float64Array, rows: number): void {
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    encodeNumbers(writer, data, start, Math.min(rows, start + VECTOR_ROWS));
  }
}

function readNumbers(reader: BytesReader, rows: number): Float64Array {
  const data = new Float64Array(rows);
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    decodeNumbers(reader, data, start, Math.min(rows, start + VECTOR_ROWS));
  }
  return data;
}

function writeBits(writer: BytesWriter, flags: Uint8Array, rows: number): void {
  const bits = new Uint8Array((rows + 7) >> 3);
  for (let i = 0; i < rows; i++) bits[i >> 3] |= flags[i] << (i & 7);
  writer.bytes(bits);
}

function readBits(reader: BytesReader, rows: number): Uint8Array {
  const bits = reader.bytes((rows + 7) >> 3);
  const flags = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) flags[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return flags;
}

function writeNulls(writer: BytesWriter, nulls: NullMask, rows: number): void {
  const present = nulls !== undefined && nulls.subarray(0, rows).includes(1);
  writer.u8(present ? 1 : 0);
  if (present) writeBits(writer, nulls, rows);
}

function readNulls(reader: BytesReader, rows: number): NullMask {
  return reader.u8() === 0 ? undefined : readBits(reader, rows);
}

/** The strings in use, then their numbers in the order of first use. */
function writeTexts(
  writer: BytesWriter,
  codes: Int32Array,
  dictionary: TextDictionary,
  rows: number,
): void {
  const own = new Int32Array(dictionary.size).fill(-1);
  const numbers = new Float64Array(rows);
  const used: number[] = [];
  for (let i = 0; i < rows; i++) {
    const code = codes[i];
    if (own[code] < 0) own[code] = used.push(code) - 1;
    numbers[i] = own[code];
  }
  writer.u32(used.length);
  for (const code of used) writer.text(dictionary.textOf(code));
  writeNumbers(writer, numbers, rows);
}

function readTexts(reader: BytesReader, rows: number, dictionary: TextDictionary): Int32Array {
  const count = reader.u32();
  const translated = new Int32Array(count);
  for (let i = 0; i < count; i++) translated[i] = dictionary.intern(reader.text());
  const numbers = readNumbers(reader, rows);
  const codes = new Int32Array(rows);
  for (let i = 0; i < rows; i++) codes[i] = translated[numbers[i]];
  return codes;
}

/** Smallest and largest value of each vector; NULLs are left out, NaN counts as the largest. */
export function zonesOf(column: PlainColumn, rows: number): Zones | undefined {
  if (column.rep !== 'f64') return undefined;
  const { data, nulls } = column;
  const vectors = Math.ceil(rows / VECTOR_ROWS);
  const minimums = new Float64Array(vectors);
  const maximums = new Float64Array(vectors);
  for (let vector = 0; vector < vectors; vector++) {
    let minimum = Infinity;
    let maximum = -Infinity;
    const end = Math.min(rows, (vector + 1) * VECTOR_ROWS);
    for (let i = vector * VECTOR_ROWS; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const value = data[i];
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      if (value !== value) maximum = Infinity;
    }
    minimums[vector] = minimum;
    maximums[vector] = maximum;
  }
  return { minimums, maximums };
}
