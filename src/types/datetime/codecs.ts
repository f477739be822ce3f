/** Text and binary forms of the date/time types. */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import { dbError } from '../../errors/db-error.ts';
import type { Codec } from '../codec.ts';
import { Interval } from '../interval.ts';
import { TimeTz } from '../time-tz.ts';
import { OID, type Oid } from '../type.ts';
import { INT8_MAX, INT8_MIN, toInt64, type Int64, type Value } from '../value.ts';
import { MAX_DATE, MICROS_PER_DAY, MIN_DATE } from './calendar.ts';
import {
  formatDate,
  formatTime,
  formatTimestamp,
  formatTimestampTz,
  formatTimeTz,
} from './format-date-time.ts';
import { formatInterval } from './format-interval.ts';
import { dateOutOfRange, isValidTimestamp, timestampOutOfRange } from './micros.ts';
import {
  parseDate,
  parseTime,
  parseTimestamp,
  parseTimestampTz,
  parseTimeTz,
} from './parse-date-time.ts';
import { parseInterval } from './parse-interval.ts';
import { applyDateTimeTypmod, applyIntervalTypmod } from './typmod.ts';

const DATE_INFINITY = 2147483647;
const DATE_MINUS_INFINITY = -2147483648;
const TWO_32 = 4294967296;
/** High words within which a 64-bit value is a safe integer. */
const SAFE_HIGH = 2 ** 21 - 1;

/** A 64-bit integer without a bigint where it is small. */
function readInt64(reader: ByteReader): Int64 {
  const high = reader.i32();
  const low = reader.u32();
  if (high >= -SAFE_HIGH && high <= SAFE_HIGH) return high * TWO_32 + low;
  return toInt64(BigInt(high) * BigInt(TWO_32) + BigInt(low));
}

function writeInt64(writer: ByteWriter, value: Int64): void {
  if (typeof value === 'bigint') {
    writer.i64(value);
    return;
  }
  const high = Math.floor(value / TWO_32);
  writer.i32(high);
  writer.u32(value - high * TWO_32);
}

function readTime(reader: ByteReader): number {
  const micros = readInt64(reader);
  if (micros < 0 || micros > MICROS_PER_DAY) {
    throw dbError('datetime_field_overflow', 'time out of range');
  }
  return micros as number;
}

function readTimestamp(reader: ByteReader): Int64 {
  const value = readInt64(reader);
  if (typeof value === 'number') return value;
  if (value === INT8_MAX) return Infinity;
  if (value === INT8_MIN) return -Infinity;
  if (!isValidTimestamp(value)) throw timestampOutOfRange();
  return value;
}

function writeTimestamp(writer: ByteWriter, value: NonNullable<Value>): void {
  if (value === Infinity) writer.i64(INT8_MAX);
  else if (value === -Infinity) writer.i64(INT8_MIN);
  else writeInt64(writer, value as Int64);
}

const dateCodec: Codec = {
  parseText: (text, _typmod, settings) => parseDate(text, settings),
  formatText: (value, settings) => formatDate(value as number, settings),
  readBinary: (reader) => {
    const days = reader.i32();
    if (days === DATE_INFINITY) return Infinity;
    if (days === DATE_MINUS_INFINITY) return -Infinity;
    if (days < MIN_DATE || days > MAX_DATE) throw dateOutOfRange();
    return days;
  },
  writeBinary: (writer, value) => {
    if (value === Infinity) writer.i32(DATE_INFINITY);
    else if (value === -Infinity) writer.i32(DATE_MINUS_INFINITY);
    else writer.i32(value as number);
  },
};

const timeCodec: Codec = {
  parseText: (text, typmod, settings) =>
    applyDateTimeTypmod(OID.time, parseTime(text, settings), typmod),
  formatText: (value) => formatTime(value as number),
  readBinary: (reader, _length, typmod) => applyDateTimeTypmod(OID.time, readTime(reader), typmod),
  writeBinary: (writer, value) => writeInt64(writer, value as number),
};

const timeTzCodec: Codec = {
  parseText: (text, typmod, settings) =>
    applyDateTimeTypmod(OID.timetz, parseTimeTz(text, settings), typmod),
  formatText: (value) => formatTimeTz(value as TimeTz),
  readBinary: (reader, _length, typmod) => {
    const micros = readTime(reader);
    const west = reader.i32();
    if (Math.abs(west) >= 16 * 3600) {
      throw dbError('invalid_time_zone_displacement_value', 'time zone displacement out of range');
    }
    return applyDateTimeTypmod(OID.timetz, new TimeTz(micros, west), typmod);
  },
  writeBinary: (writer, value) => {
    const { micros, zoneSecondsWest } = value as TimeTz;
    writeInt64(writer, micros);
    writer.i32(zoneSecondsWest);
  },
};

const timestampCodec: Codec = {
  parseText: (text, typmod, settings) =>
    applyDateTimeTypmod(OID.timestamp, parseTimestamp(text, settings), typmod),
  formatText: (value, settings) => formatTimestamp(value as Int64, settings),
  readBinary: (reader, _length, typmod) =>
    applyDateTimeTypmod(OID.timestamp, readTimestamp(reader), typmod),
  writeBinary: writeTimestamp,
};

const timestampTzCodec: Codec = {
  parseText: (text, typmod, settings) =>
    applyDateTimeTypmod(OID.timestamptz, parseTimestampTz(text, settings), typmod),
  formatText: (value, settings) => formatTimestampTz(value as Int64, settings),
  readBinary: (reader, _length, typmod) =>
    applyDateTimeTypmod(OID.timestamptz, readTimestamp(reader), typmod),
  writeBinary: writeTimestamp,
};

const intervalCodec: Codec = {
  parseText: (text, typmod, settings) =>
    applyIntervalTypmod(parseInterval(text, typmod, settings), typmod),
  formatText: (value, settings) => formatInterval(value as Interval, settings.intervalStyle),
  readBinary: (reader, _length, typmod) => {
    const micros = readInt64(reader);
    const days = reader.i32();
    return applyIntervalTypmod(new Interval(reader.i32(), days, micros), typmod);
  },
  writeBinary: (writer, value) => {
    const { months, days, micros } = value as Interval;
    writeInt64(writer, micros);
    writer.i32(days);
    writer.i32(months);
  },
};

/** Codecs of date, time, timetz, timestamp, timestamptz and interval. */
export const dateTimeCodecs: ReadonlyMap<Oid, Codec> = new Map<Oid, Codec>([
  [OID.date, dateCodec],
  [OID.time, timeCodec],
  [OID.timetz, timeTzCodec],
  [OID.timestamp, timestampCodec],
  [OID.timestamptz, timestampTzCodec],
  [OID.interval, intervalCodec],
]);
