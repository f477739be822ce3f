/**
 * How one value sits in a stored row: numbers in fixed big-endian form, strings as UTF-8, everything
 * else in PostgreSQL's binary form.
 */
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import type { Stepped } from '../../base/steps.ts';
import { codecFor } from '../../types/codecs.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';
import { OID, vectorRep, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Vector } from '../../vector/vector.ts';

export type StoredForm = 'int32' | 'uint32' | 'int64' | 'float64' | 'bool' | 'text' | 'binary';

const TWO_32 = 4294967296;
const INT64_HIGH_MAX = 0x7fffffff;
const INT64_HIGH_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;
const INT32_MIN = -0x80000000;

export function storedForm(oid: Oid): StoredForm {
  switch (vectorRep(oid)) {
    case 'bool':
      return 'bool';
    case 'text':
      return 'text';
    case 'any':
      return 'binary';
    case 'f64':
      break;
  }
  switch (oid) {
    case OID.int8:
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return 'int64';
    case OID.float4:
    case OID.float8:
      return 'float64';
    case OID.int2:
    case OID.int4:
    case OID.date:
      return 'int32';
    default:
      return 'uint32';
  }
}

/** Types whose infinities are stored as the ends of the integer range. */
function hasInfinity(oid: Oid): boolean {
  return oid === OID.timestamp || oid === OID.timestamptz || oid === OID.date;
}

/** Writes a vector's values one row at a time, each with its length before it. */
export function valueWriter(vector: Vector): (writer: ByteWriter, row: number) => void {
  const form = storedForm(vector.type.oid);
  // One for all rows: memory made for each would have the collector work while it marks.
  const scratch = new ByteWriter(SCRATCH_BYTES);
  switch (vector.rep) {
    case 'bool':
      return (writer, row) => {
        writer.u8(1);
        writer.u8(vector.data[row] as number);
      };
    case 'text': {
      const { codes, dictionary } = vector;
      return (writer, row) => writeText(writer, scratch, dictionary.at(codes[row] as number));
    }
    case 'f64':
      return (writer, row) => writeNumber(writer, form, vector.data[row] as number);
    case 'any': {
      const type = vector.type;
      return (writer, row) =>
        writeValue(writer, scratch, type.oid, form, vector.data[row] as NonNullable<Value>);
    }
  }
}

function writeNumber(writer: ByteWriter, form: StoredForm, value: number): void {
  switch (form) {
    case 'int64':
      writer.u8(8);
      if (value === Infinity) writeInt64(writer, INT64_HIGH_MAX, 0xffffffff);
      else if (value === -Infinity) writeInt64(writer, INT64_HIGH_MIN, 0);
      else
        writeInt64(writer, Math.floor(value / TWO_32), value - Math.floor(value / TWO_32) * TWO_32);
      return;
    case 'float64':
      writer.u8(8);
      writer.f64(value);
      return;
    case 'int32':
      writer.u8(4);
      writer.i32(value === Infinity ? INT32_MAX : value === -Infinity ? INT32_MIN : value);
      return;
    default:
      writer.u8(4);
      writer.u32(value);
  }
}

function writeInt64(writer: ByteWriter, high: number, low: number): void {
  writer.i32(high);
  writer.u32(low);
}

function writeValue(
  writer: ByteWriter,
  scratch: ByteWriter,
  oid: Oid,
  form: StoredForm,
  value: NonNullable<Value>,
): void {
  if (typeof value === 'bigint') {
    writer.u8(8);
    writer.i64(value);
  } else if (typeof value === 'number') {
    writeNumber(writer, form === 'binary' ? 'float64' : form, value);
  } else if (typeof value === 'boolean') {
    writer.u8(1);
    writer.u8(value ? 1 : 0);
  } else if (typeof value === 'string' && form === 'text') {
    writeText(writer, scratch, value);
  } else {
    scratch.reset();
    codecFor(oid).writeBinary(scratch, value, NEUTRAL_FORMAT);
    writeLength(writer, scratch.length);
    writer.bytes(scratch.view());
  }
}

const LONG_LENGTH = 0xff;
/** Letters of texts whose length takes one byte, whatever they are. */
const SHORT_TEXT = Math.floor((LONG_LENGTH - 1) / 3);

/** Letters from which on a text is encoded by itself, as writing it in place takes three bytes a letter first. */
const LONG_TEXT = 65_536;
/** What most values take less than that are encoded before their length is known. */
const SCRATCH_BYTES = 64;

function writeText(writer: ByteWriter, scratch: ByteWriter, text: string): void {
  if (text.length <= SHORT_TEXT) {
    const at = writer.reserve(1);
    writer.patchU8(at, writer.utf8(text));
  } else if (text.length < LONG_TEXT) {
    scratch.reset();
    scratch.utf8(text);
    writeLength(writer, scratch.length);
    writer.bytes(scratch.view());
  } else {
    const bytes = ENCODER.encode(text);
    writeLength(writer, bytes.length);
    writer.bytes(bytes);
  }
}

function writeLength(writer: ByteWriter, length: number): void {
  if (length < LONG_LENGTH) {
    writer.u8(length);
  } else {
    writer.u8(LONG_LENGTH);
    writer.u32(length);
  }
}

/** Where the value starts whose length is at `at`. */
export function startOfValue(bytes: Uint8Array, at: number): number {
  return bytes[at] === LONG_LENGTH ? at + 5 : at + 1;
}

/** Where the value ends whose length is at `at`. */
export function endOfValue(bytes: Uint8Array, at: number): number {
  const short = bytes[at] as number;
  return short === LONG_LENGTH ? at + 5 + readU32(bytes, at + 1) : at + 1 + short;
}

/** Reads the value `bytes[start, end)`. 64-bit integers come back canonical. */
export function readValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: SqlType,
  form: StoredForm,
): NonNullable<Value> {
  switch (form) {
    case 'bool':
      return bytes[start] === 1;
    case 'text':
      return readText(bytes, start, end);
    case 'binary': {
      const reader = new ByteReader(bytes, start, end);
      const codec = codecFor(type.oid);
      if (codec.readStored !== undefined) return codec.readStored(reader, end - start);
      return codec.readBinary(reader, end - start, -1, NEUTRAL_FORMAT) as NonNullable<Value>;
    }
    case 'float64':
      return readFloat64(bytes, start);
    case 'uint32':
      return readU32(bytes, start);
    case 'int32': {
      const value = readU32(bytes, start) | 0;
      if (!hasInfinity(type.oid)) return value;
      return value === INT32_MAX ? Infinity : value === INT32_MIN ? -Infinity : value;
    }
    case 'int64':
      return readInt64(bytes, start, hasInfinity(type.oid));
  }
}

/** The same, in steps where there is a way to. */
export function* readValueSteps(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: SqlType,
  form: StoredForm,
): Stepped<NonNullable<Value>> {
  if (form === 'binary') {
    const { readStored, readSteps } = codecFor(type.oid);
    if (readStored === undefined && readSteps !== undefined) {
      const reader = new ByteReader(bytes, start, end);
      return (yield* readSteps(reader, end - start, -1, NEUTRAL_FORMAT)) as NonNullable<Value>;
    }
  }
  return readValue(bytes, start, end, type, form);
}

function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

const FLOAT = new DataView(new ArrayBuffer(8));

function readFloat64(bytes: Uint8Array, at: number): number {
  FLOAT.setUint32(0, readU32(bytes, at));
  FLOAT.setUint32(4, readU32(bytes, at + 4));
  return FLOAT.getFloat64(0);
}

function readInt64(bytes: Uint8Array, at: number, infinities: boolean): number | bigint {
  const high = readU32(bytes, at) | 0;
  const low = readU32(bytes, at + 4);
  if (infinities && high === INT64_HIGH_MAX && low === 0xffffffff) return Infinity;
  if (infinities && high === INT64_HIGH_MIN && low === 0) return -Infinity;
  const value = high * TWO_32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

const SHORT_TEXT_BYTES = 24;

function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT_BYTES) return new ByteReader(bytes, start, end).utf8(end - start);
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return new ByteReader(bytes, start, end).utf8(end - start);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The value that rows written before ADD COLUMN ... DEFAULT have. */
export function missingValue(type: SqlType, text: string | undefined): Value {
  if (text === undefined) return null;
  return codecFor(type.oid).parseText(text, type.typmod, NEUTRAL_FORMAT);
}

const ENCODER = new TextEncoder();
