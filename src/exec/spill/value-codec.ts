/**
 * Values on their way through a temporary file: a tag for what JavaScript holds, then its parts. It is
 * the value that comes back, not its SQL form: names of a record's fields and the scale of a numeric
 * stay as they are. Nothing outlives the process, so the form may change at any time.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import { InternalError } from '../../errors/db-error.ts';
import { Interval } from '../../types/interval.ts';
import { formatJsonb } from '../../types/json-text.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { Numeric, type NumericKind } from '../../types/numeric.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { TimeTz } from '../../types/time-tz.ts';
import { toInt64, type Value } from '../../types/value.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const TEXT = 5;
const BYTES = 6;
const NUMERIC = 7;
const WIDE_NUMERIC = 8;
const INTERVAL = 9;
const TIME_TZ = 10;
const JSON = 11;
const ARRAY = 12;
const RECORD = 13;

const NUMERIC_KINDS: readonly NumericKind[] = ['finite', 'nan', 'infinity', '-infinity'];
const SMALL_MAX = 1n << 62n;

export function writeValue(writer: ByteWriter, value: Value): void {
  switch (typeof value) {
    case 'boolean':
      writer.u8(value ? TRUE : FALSE);
      return;
    case 'number':
      writer.u8(NUMBER);
      writer.f64(value);
      return;
    case 'bigint':
      writer.u8(BIGINT);
      writer.i64(value);
      return;
    case 'string':
      writer.u8(TEXT);
      writeText(writer, value);
      return;
    default:
      writeObject(writer, value);
  }
}

function writeObject(writer: ByteWriter, value: Extract<Value, object> | null): void {
  if (value === null) writer.u8(NULL);
  else if (value instanceof Numeric) writeNumeric(writer, value);
  else if (value instanceof Uint8Array) {
    writer.u8(BYTES);
    writer.u32(value.length);
    writer.bytes(value);
  } else if (value instanceof Interval) {
    writer.u8(INTERVAL);
    writer.i32(value.months);
    writer.i32(value.days);
    writer.i64(value.micros);
  } else if (value instanceof TimeTz) {
    writer.u8(TIME_TZ);
    writer.f64(value.micros);
    writer.i32(value.zoneSecondsWest);
  } else if (value instanceof Jsonb) {
    writer.u8(JSON);
    writeText(writer, formatJsonb(value));
  } else if (value instanceof PgArray) writeArray(writer, value);
  else writeRecord(writer, value);
}

function writeNumeric(writer: ByteWriter, { kind, unscaled, scale }: Numeric): void {
  const isSmall = unscaled < SMALL_MAX && unscaled > -SMALL_MAX;
  writer.u8(isSmall ? NUMERIC : WIDE_NUMERIC);
  writer.u8(NUMERIC_KINDS.indexOf(kind));
  writer.u16(scale);
  if (isSmall) writer.i64(unscaled);
  else writeText(writer, unscaled.toString(16));
}

function writeArray(writer: ByteWriter, array: PgArray): void {
  writer.u8(ARRAY);
  writer.u32(array.elementType);
  writer.u8(array.dimensions.length);
  for (const dimension of array.dimensions) writer.u32(dimension);
  for (const bound of array.lowerBounds) writer.i32(bound);
  writer.u32(array.values.length);
  for (const value of array.values) writeValue(writer, value);
}

function writeRecord(writer: ByteWriter, record: PgRecord): void {
  writer.u8(RECORD);
  writer.u16(record.values.length);
  for (const { oid, typmod } of record.types) {
    writer.u32(oid);
    writer.i32(typmod);
  }
  for (const name of record.names) writeText(writer, name);
  for (const value of record.values) writeValue(writer, value);
}

function writeText(writer: ByteWriter, text: string): void {
  const at = writer.length;
  writer.i32(0);
  writer.patchI32(at, writer.utf8(text));
}

export function readValue(reader: ByteReader): Value {
  const tag = reader.u8();
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return reader.f64();
    case BIGINT:
      return reader.i64();
    case TEXT:
      return readText(reader);
    case BYTES:
      return reader.take(reader.u32()).slice();
    case NUMERIC:
    case WIDE_NUMERIC:
      return readNumeric(reader, tag === NUMERIC);
    case INTERVAL:
      return new Interval(reader.i32(), reader.i32(), toInt64(reader.i64()));
    case TIME_TZ:
      return new TimeTz(reader.f64(), reader.i32());
    case JSON:
      return Jsonb.ofText(readText(reader));
    case ARRAY:
      return readArray(reader);
    case RECORD:
      return readRecord(reader);
    default:
      throw new InternalError(`unknown value tag ${tag} in a temporary file`);
  }
}

function readNumeric(reader: ByteReader, isSmall: boolean): Numeric {
  const kind = NUMERIC_KINDS[reader.u8()] as NumericKind;
  const scale = reader.u16();
  return new Numeric(isSmall ? reader.i64() : fromHex(readText(reader)), scale, kind);
}

function fromHex(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

function readArray(reader: ByteReader): PgArray {
  const elementType = reader.u32();
  const depth = reader.u8();
  const dimensions = Array.from({ length: depth }, () => reader.u32());
  const lowerBounds = Array.from({ length: depth }, () => reader.i32());
  const length = reader.u32();
  const values: Value[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(reader));
  return new PgArray(elementType, values, dimensions, lowerBounds);
}

function readRecord(reader: ByteReader): PgRecord {
  const length = reader.u16();
  const types = Array.from({ length }, () => ({ oid: reader.u32(), typmod: reader.i32() }));
  const names = Array.from({ length }, () => readText(reader));
  const values = Array.from({ length }, () => readValue(reader));
  return new PgRecord(types, names, values);
}

function readText(reader: ByteReader): string {
  return reader.utf8(reader.u32());
}
