/**
 * Index keys: bytes whose unsigned order is the btree order of the values. Each part is a marker (NULL
 * or not) and the value; a descending part has its value's bytes inverted, its marker stays, so that
 * NULLS FIRST and LAST are independent of the direction. Equal values have equal keys.
 */
import type { ByteWriter } from '../base/byte-writer.ts';
import { notSupported } from '../errors/db-error.ts';
import { intervalSpan } from './datetime/interval-math.ts';
import { formatType } from './format-type.ts';
import type { Interval } from './interval.ts';
import { networkKey } from './network-address.ts';
import type { Numeric } from './numeric.ts';
import type { TimeTz } from './time-tz.ts';
import { OID, vectorRep, type Oid } from './type.ts';
import type { Value } from './value.ts';

const NULL_FIRST = 0x00;
const NOT_NULL = 0x01;
const NULL_LAST = 0x02;

/** Appends one key part. */
export function encodeKey(
  writer: ByteWriter,
  oid: Oid,
  value: Value,
  descending: boolean,
  nullsFirst: boolean,
): void {
  if (value === null) {
    writer.u8(nullsFirst ? NULL_FIRST : NULL_LAST);
    return;
  }
  writer.u8(NOT_NULL);
  const start = writer.length;
  encodeValue(writer, oid, value);
  if (descending) invert(writer, start);
}

/** As `encodeKey`, for a number of a type whose values are numbers, ascending. */
export function encodeNumberKey(writer: ByteWriter, oid: Oid, value: number): void {
  writer.u8(NOT_NULL);
  if (oid === OID.float8 || oid === OID.float4) encodeFloat(writer, value);
  else encodeInteger(writer, value);
}

/** As `encodeKey`, for a text, ascending. */
export function encodeTextKey(writer: ByteWriter, value: string): void {
  writer.u8(NOT_NULL);
  if (value.includes('\0')) return terminated(writer, ENCODER.encode(value));
  writer.utf8(value);
  writer.u8(0);
  writer.u8(1);
}

/** True where `encodeKey` takes values of the type. */
export function isKeyType(oid: Oid): boolean {
  return encoderOf(oid) !== undefined;
}

function encodeValue(writer: ByteWriter, oid: Oid, value: NonNullable<Value>): void {
  const encode = encoderOf(oid);
  if (encode === undefined) throw notSupported(`an index on type ${formatType(oid, -1)}`);
  encode(writer, value);
}

type Encoder = (writer: ByteWriter, value: NonNullable<Value>) => void;

const text: Encoder = (writer, value) => terminated(writer, ENCODER.encode(value as string));

const ENCODERS = new Map<Oid, Encoder>([
  [OID.bool, (writer, value) => writer.u8(value === true ? 1 : 0)],
  [OID.float4, (writer, value) => encodeFloat(writer, value as number)],
  [OID.float8, (writer, value) => encodeFloat(writer, value as number)],
  [OID.numeric, (writer, value) => encodeNumeric(writer, value as Numeric)],
  [OID.text, text],
  [OID.varchar, text],
  [OID.name, text],
  [OID.char, text],
  [OID.uuid, text],
  [OID.macaddr, text],
  [OID.inet, (writer, value) => writer.bytes(networkKey(value as string))],
  [OID.cidr, (writer, value) => writer.bytes(networkKey(value as string))],
  [
    OID.bpchar,
    (writer, value) => terminated(writer, ENCODER.encode((value as string).replace(/ +$/, ''))),
  ],
  [OID.bytea, (writer, value) => terminated(writer, value as Uint8Array)],
  [OID.interval, (writer, value) => encodeWide(writer, BigInt(intervalSpan(value as Interval)))],
  [
    OID.timetz,
    (writer, value) => {
      const { micros, zoneSecondsWest } = value as TimeTz;
      encodeInteger(writer, micros + zoneSecondsWest * 1_000_000);
      encodeInteger(writer, zoneSecondsWest);
    },
  ],
]);

function encoderOf(oid: Oid): Encoder | undefined {
  const special = ENCODERS.get(oid);
  if (special !== undefined) return special;
  return vectorRep(oid) === 'f64' ? INTEGER : undefined;
}

const INTEGER: Encoder = (writer, value) => encodeInteger(writer, value as number | bigint);

const ENCODER = new TextEncoder();
const TWO_32 = 4_294_967_296;
const SIGN_BIT = 0x8000_0000;

/** Sixty-four bits with the sign bit flipped; the infinities of dates and timestamps are the extremes. */
function encodeInteger(writer: ByteWriter, value: number | bigint): void {
  if (value === Infinity || value === -Infinity) {
    writer.u32(value > 0 ? 0xffff_ffff : 0);
    writer.u32(value > 0 ? 0xffff_ffff : 0);
    return;
  }
  if (typeof value === 'bigint') {
    writer.i64(BigInt.asIntN(64, value ^ (1n << 63n)));
    return;
  }
  const high = Math.floor(value / TWO_32);
  writer.u32((high ^ SIGN_BIT) >>> 0);
  writer.u32(value - high * TWO_32);
}

const FLOAT = new DataView(new ArrayBuffer(8));

/** IEEE order: negative numbers have all bits inverted, others the sign bit; NaN is greatest. */
function encodeFloat(writer: ByteWriter, value: number): void {
  if (Number.isNaN(value)) {
    writer.u32(0xffff_ffff);
    writer.u32(0xffff_ffff);
    return;
  }
  FLOAT.setFloat64(0, value === 0 ? 0 : value);
  const high = FLOAT.getUint32(0);
  const low = FLOAT.getUint32(4);
  const negative = high >= SIGN_BIT;
  writer.u32((negative ? ~high : high ^ SIGN_BIT) >>> 0);
  writer.u32((negative ? ~low : low) >>> 0);
}

const NUMERIC_ORDER = new Map([
  ['-infinity', 0],
  ['infinity', 4],
  ['nan', 5],
]);

/** Sign class, then for finite numbers the decimal exponent and the digits without trailing zeros. */
function encodeNumeric(writer: ByteWriter, value: Numeric): void {
  const special = NUMERIC_ORDER.get(value.kind);
  if (special !== undefined) {
    writer.u8(special);
    return;
  }
  if (value.unscaled === 0n) {
    writer.u8(2);
    return;
  }
  const negative = value.unscaled < 0n;
  writer.u8(negative ? 1 : 3);
  const start = writer.length;
  const digits = (negative ? -value.unscaled : value.unscaled).toString();
  writer.u32(((digits.length - value.scale) ^ SIGN_BIT) >>> 0);
  writer.utf8(digits.replace(/0+$/, ''));
  writer.u8(0);
  if (negative) invert(writer, start);
}

/** A signed integer of up to 127 bits. */
function encodeWide(writer: ByteWriter, value: bigint): void {
  const shifted = value + (1n << 127n);
  writer.i64(BigInt.asIntN(64, shifted >> 64n));
  writer.i64(BigInt.asIntN(64, shifted));
}

/** Zero bytes are escaped, so that the end mark sorts a prefix before what it begins. */
function terminated(writer: ByteWriter, bytes: Uint8Array): void {
  let from = 0;
  for (let zero = bytes.indexOf(0); zero >= 0; zero = bytes.indexOf(0, from)) {
    writer.bytes(bytes.subarray(from, zero + 1));
    writer.u8(0xff);
    from = zero + 1;
  }
  writer.bytes(bytes.subarray(from));
  writer.u8(0);
  writer.u8(1);
}

function invert(writer: ByteWriter, start: number): void {
  const bytes = writer.view();
  for (let i = start; i < bytes.length; i++) bytes[i] = ~(bytes[i] as number);
}
