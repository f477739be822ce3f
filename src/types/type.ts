/**
 * SQL types by OID. PostgreSQL's numbers for its built-in types are facts of the wire protocol: drivers
 * decode by them. A `SqlType` is a type with its modifier; everything else about a type is in `typeInfo`.
 */

export type Oid = number;

/** A type as a column or an expression has it; `typmod` is PostgreSQL's atttypmod, -1 for none. */
export interface SqlType {
  readonly oid: Oid;
  readonly typmod: number;
}

/** Constants for the types that code names. */
export const OID = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int2vector: 22,
  int4: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  tid: 27,
  xid: 28,
  cid: 29,
  oidvector: 30,
  json: 114,
  xml: 142,
  pgNodeTree: 194,
  float4: 700,
  float8: 701,
  unknown: 705,
  money: 790,
  macaddr: 829,
  inet: 869,
  cidr: 650,
  boolArray: 1000,
  byteaArray: 1001,
  charArray: 1002,
  nameArray: 1003,
  int2Array: 1005,
  int4Array: 1007,
  textArray: 1009,
  bpcharArray: 1014,
  varcharArray: 1015,
  int8Array: 1016,
  float4Array: 1021,
  float8Array: 1022,
  oidArray: 1028,
  aclitem: 1033,
  aclitemArray: 1034,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestampArray: 1115,
  dateArray: 1182,
  timeArray: 1183,
  timestamptz: 1184,
  timestamptzArray: 1185,
  interval: 1186,
  intervalArray: 1187,
  numericArray: 1231,
  cstring: 2275,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  refcursor: 1790,
  regprocedure: 2202,
  regoper: 2203,
  regoperator: 2204,
  regclass: 2205,
  regtype: 2206,
  regrole: 4096,
  regnamespace: 4089,
  regcollation: 4191,
  regclassArray: 2210,
  regtypeArray: 2211,
  record: 2249,
  recordArray: 2287,
  any: 2276,
  anyarray: 2277,
  void: 2278,
  trigger: 2279,
  internal: 2281,
  anyelement: 2283,
  anynonarray: 2776,
  anycompatible: 5077,
  anycompatiblearray: 5078,
  uuid: 2950,
  uuidArray: 2951,
  jsonb: 3802,
  jsonbArray: 3807,
  jsonArray: 199,
} as const;

/** PostgreSQL's typcategory letters. */
export type TypeCategory =
  | 'A'
  | 'B'
  | 'C'
  | 'D'
  | 'E'
  | 'G'
  | 'I'
  | 'N'
  | 'P'
  | 'R'
  | 'S'
  | 'T'
  | 'U'
  | 'V'
  | 'X'
  | 'Z';

/** What is fixed about a type, as pg_type has it. */
export interface TypeInfo {
  readonly oid: Oid;
  /** Internal name: int4, timestamptz, _text. */
  readonly name: string;
  /** typlen: bytes of a fixed-width type, -1 for varlena, -2 for cstring. */
  readonly length: number;
  readonly byValue: boolean;
  /** b base, p pseudo, c composite, d domain, e enum, r range, m multirange. */
  readonly kind: 'b' | 'p' | 'c' | 'd' | 'e' | 'r' | 'm';
  readonly category: TypeCategory;
  readonly preferred: boolean;
  readonly delimiter: string;
  /** Element type of an array or vector type, 0 otherwise. */
  readonly element: Oid;
  /** The array type over this type, 0 where there is none. */
  readonly array: Oid;
  readonly alignment: 'c' | 's' | 'i' | 'd';
  readonly storage: 'p' | 'e' | 'm' | 'x';
  /** True for true array types (typcategory A and subscriptable by [1]). */
  readonly isArray: boolean;
}

/** How a type's values sit in a vector; see vector/vector.ts. */
export type VectorRep = 'f64' | 'bool' | 'text' | 'any';

export function sqlType(oid: Oid, typmod = -1): SqlType {
  return { oid, typmod };
}

const F64_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.float4,
  OID.float8,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.regproc,
  OID.regprocedure,
  OID.regoper,
  OID.regoperator,
  OID.regclass,
  OID.regtype,
  OID.regrole,
  OID.regnamespace,
  OID.regcollation,
  OID.xid,
  OID.cid,
]);

const TEXT_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
  OID.json,
  OID.uuid,
  OID.unknown,
  OID.cstring,
  OID.xml,
  OID.pgNodeTree,
  OID.aclitem,
  OID.refcursor,
]);

/** The representation that vectors of a type use. */
export function vectorRep(oid: Oid): VectorRep {
  if (F64_TYPES.has(oid)) return 'f64';
  if (oid === OID.bool) return 'bool';
  return TEXT_TYPES.has(oid) ? 'text' : 'any';
}
