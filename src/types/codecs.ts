/** Every built-in codec by type. Importing this module fills the registry. */
import { arrayCodec, vectorCodec } from './array-codec.ts';
import { boolCodec } from './bool.ts';
import { byteaCodec } from './bytea.ts';
import { lookupCodec, mustCodec, registerCodec, registerRowTypeCodec } from './codec-registry.ts';
import type { Codec } from './codec.ts';
import { dateTimeCodecs } from './datetime/codecs.ts';
import { float4Codec, float8Codec } from './float.ts';
import { int2Codec, int4Codec, int8Codec, oidCodec } from './int.ts';
import { jsonbCodec, jsonCodec } from './json-text.ts';
import { numericCodec } from './numeric-convert.ts';
import { textPieces, writeSteps } from './large-value.ts';
import { PgArray } from './pg-array.ts';
import { macaddrCodec } from './macaddr.ts';
import { networkCodec } from './network-address.ts';
import { recordCodec } from './record-codec.ts';
import { REG_KINDS, regCodec } from './reg-codec.ts';
import {
  outputOnlyCodec,
  plainTextCodec,
  tidCodec,
  voidCodec,
  xid8Codec,
  xidCodec,
} from './simple-codecs.ts';
import { bpcharCodec, charCodec, nameCodec, textCodec, varcharCodec } from './text.ts';
import { allTypes } from './type-table.ts';
import { OID, type Oid } from './type.ts';
import { uuidCodec } from './uuid.ts';

export { registerCodec, unregisterCodec } from './codec-registry.ts';

const BUILTIN: readonly (readonly [Oid, Codec])[] = [
  [OID.bool, boolCodec],
  [OID.int2, int2Codec],
  [OID.int4, int4Codec],
  [OID.int8, int8Codec],
  [OID.oid, oidCodec],
  [OID.float4, float4Codec],
  [OID.float8, float8Codec],
  [OID.numeric, numericCodec],
  [OID.text, textCodec],
  [OID.varchar, varcharCodec],
  [OID.bpchar, bpcharCodec],
  [OID.name, nameCodec],
  [OID.char, charCodec],
  [OID.unknown, plainTextCodec],
  [OID.cstring, plainTextCodec],
  [OID.pgNodeTree, outputOnlyCodec('pg_node_tree')],
  [OID.refcursor, plainTextCodec],
  [OID.aclitem, outputOnlyCodec('aclitem')],
  [OID.bytea, byteaCodec],
  [OID.uuid, uuidCodec],
  [OID.json, jsonCodec],
  [OID.jsonb, jsonbCodec],
  [OID.inet, networkCodec('inet')],
  [OID.cidr, networkCodec('cidr')],
  [OID.macaddr, macaddrCodec],
  [OID.void, voidCodec],
  [OID.xid, xidCodec],
  [OID.cid, xidCodec],
  [5069, xid8Codec],
  [OID.tid, tidCodec],
  [OID.record, recordCodec],
  [OID.int2vector, vectorCodec(OID.int2)],
  [OID.oidvector, vectorCodec(OID.oid)],
  [OID.recordArray, arrayCodec(OID.record)],
];

/** The codec of a type; throws 0A000 where values of the type cannot be read or written. */
export function codecFor(oid: Oid): Codec {
  return mustCodec(oid);
}

/** The codec of a type, undefined where there is none. */
export function tryCodecFor(oid: Oid): Codec | undefined {
  return lookupCodec(oid);
}

/** A row type's values are records, or arrays of them; reading one needs its columns, which only a cast has. */
const rowTypeCodec: Codec = {
  parseText: recordCodec.parseText,
  formatText: (value, settings) => codecOfRow(value).formatText(value, settings),
  readBinary: recordCodec.readBinary,
  writeBinary: (writer, value, settings) => codecOfRow(value).writeBinary(writer, value, settings),
  textPieces: (value, settings) => textPieces(codecOfRow(value), value, settings),
  writeSteps: (chunks, value, settings) => writeSteps(codecOfRow(value), chunks, value, settings),
};

function codecOfRow(value: unknown): Codec {
  return value instanceof PgArray ? mustCodec(OID.recordArray) : recordCodec;
}

function registerBuiltins(): void {
  registerRowTypeCodec(rowTypeCodec);
  for (const [oid, codec] of BUILTIN) registerCodec(oid, codec);
  for (const [oid, codec] of dateTimeCodecs) registerCodec(oid, codec);
  for (const [oid, kind] of REG_KINDS) registerCodec(oid, regCodec(kind));
  for (const { oid, array } of allTypes()) {
    if (array !== 0 && lookupCodec(oid) !== undefined) registerCodec(array, arrayCodec(oid));
  }
}

registerBuiltins();
