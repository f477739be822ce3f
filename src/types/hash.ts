/** Keys for hashing: a primitive per value, the same for values that the type's = calls equal. */
import { LongText } from '../base/long-text.ts';
import { notSupported } from '../errors/db-error.ts';
import { unitsOfBytes } from '../platform/node-bytes.ts';
import { toHex } from './bytea.ts';
import { formatType } from './format-type.ts';
import { intervalSpan } from './datetime/interval-math.ts';
import type { Interval } from './interval.ts';
import { isJsonArray, isJsonObject, type JsonNode } from './json-node.ts';
import type { Jsonb } from './jsonb.ts';
import { quoteJson } from './json-quote.ts';
import { numericKey, type Numeric } from './numeric.ts';
import type { PgArray } from './pg-array.ts';
import type { PgRecord } from './pg-record.ts';
import { trimBlanks } from './text.ts';
import type { TimeTz } from './time-tz.ts';
import { typeInfo } from './type-table.ts';
import { OID, vectorRep, type Oid, type SqlType } from './type.ts';
import type { Value } from './value.ts';

export type HashKey = string | number | boolean;

/**
 * The key of a value, for a Map whose keys are all of this type (Maps take NaN as equal to itself).
 * Keys of different types may coincide.
 */
export function hashKey(oid: Oid, value: NonNullable<Value>): HashKey {
  switch (typeof value) {
    case 'number':
      // Adding 0 turns -0 into 0.
      return value + 0;
    case 'boolean':
      return value;
    case 'string':
      return oid === OID.bpchar ? trimBlanks(value) : value;
    case 'bigint':
      return value.toString();
    default:
      return objectKey(oid, value);
  }
}

/** The key of several values together; NULL is a value of its own. */
export function rowHashKey(types: readonly SqlType[], values: readonly Value[]): string {
  let key = '';
  for (let i = 0; i < values.length; i++)
    key += part((types[i] as SqlType).oid, values[i] as Value);
  return key;
}

/** True where the type can be hashed: json and a few others have no equality. */
export function isHashable(oid: Oid): boolean {
  const info = typeInfo(oid);
  if (info?.isArray === true) return isHashable(info.element);
  return vectorRep(oid) !== 'any'
    ? oid !== OID.json && oid !== OID.xml
    : ANY_TYPES.has(oid) || info === undefined;
}

/** Types kept in vectors of any values that have an equality. */
const ANY_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.numeric,
  OID.bytea,
  OID.interval,
  OID.timetz,
  OID.jsonb,
  OID.record,
  OID.int2vector,
  OID.oidvector,
  OID.tid,
  OID.inet,
  OID.cidr,
  OID.macaddr,
]);

function objectKey(oid: Oid, value: object): string {
  switch (oid) {
    case OID.numeric:
      return numericKey(value as Numeric);
    case OID.bytea:
      return bytesKey(value as Uint8Array);
    case OID.interval:
      return intervalSpan(value as Interval).toString();
    case OID.timetz: {
      const { micros, zoneSecondsWest } = value as TimeTz;
      return `${micros + zoneSecondsWest * 1_000_000},${zoneSecondsWest}`;
    }
    case OID.jsonb:
      return documentKey(value as Jsonb);
    default:
      return compositeKey(oid, value);
  }
}

/** Digits, quick to make of few bytes, or the bytes themselves, behind what is no digit. */
function bytesKey(bytes: Uint8Array): string {
  return bytes.length > LONG_BYTES ? `x${unitsOfBytes(bytes)}` : toHex(bytes);
}

const LONG_BYTES = 64;

function compositeKey(oid: Oid, value: object): string {
  const info = typeInfo(oid);
  if (info?.isArray === true || oid === OID.int2vector || oid === OID.oidvector) {
    const { dimensions, lowerBounds, values, elementType } = value as PgArray;
    const shape = `${dimensions.join()};${lowerBounds.join()};`;
    if (values.length > LONG_ARRAY) return shape + longKey(elementType, values);
    let key = shape;
    for (const item of values) key += part(elementType, item);
    return key;
  }
  if (oid === OID.record || info === undefined) {
    const { types, values } = value as PgRecord;
    return rowHashKey(types, values);
  }
  throw notSupported(`hashing values of type ${formatType(oid)}`);
}

/** Elements from which on a key is not the sum of its parts: to make millions flat takes as long as all the rest. */
const LONG_ARRAY = 256;
const STRETCH = 1024;

function longKey(elementType: Oid, values: readonly Value[]): string {
  const key = new LongText();
  let stretch = '';
  for (const value of values) {
    stretch += part(elementType, value);
    if (stretch.length < STRETCH) continue;
    key.add(stretch);
    stretch = '';
  }
  key.add(stretch);
  return key.toString();
}

/** A value's key with its kind and length, so that concatenations stay unambiguous. */
function part(oid: Oid, value: Value): string {
  if (value === null) return 'n';
  const key = hashKey(oid, value);
  if (typeof key === 'boolean') return key ? 't' : 'f';
  const text = String(key);
  return `${text.length}:${text}`;
}

/** Zeros behind a point, which do not make another number; strings may have them, too. */
const LAST_ZERO = /\.\d*0(?!\d)/;

/** The canonical text is the key, unless a number in it may be written in more than one way. */
function documentKey(document: Jsonb): string {
  const { text } = document;
  if (text !== undefined && !(text.includes('.') && LAST_ZERO.test(text))) return text;
  return jsonNodeKey(document.root);
}

/** A text that is the same for equal nodes alone: that of `formatJson`, without zeros behind numbers. */
export function jsonNodeKey(node: JsonNode): string {
  if (node === null) return 'null';
  if (typeof node === 'boolean') return node ? 'true' : 'false';
  if (typeof node === 'string') return quoteJson(node);
  if (isJsonArray(node)) return `[${node.map(jsonNodeKey).join(', ')}]`;
  if (!isJsonObject(node)) return numericKey(node as Numeric);
  let key = '{';
  for (const [name, item] of node) {
    key += `${key.length > 1 ? ', ' : ''}${quoteJson(name)}: ${jsonNodeKey(item)}`;
  }
  return `${key}}`;
}
