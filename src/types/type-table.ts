/** What is fixed about the built-in types, by OID and by name. Row types are the catalog's business. */
import { InternalError } from '../errors/db-error.ts';
import { BUILTIN_TYPE_ROWS } from './builtin-types.ts';
import { OID, type Oid, type TypeCategory, type TypeInfo } from './type.ts';

const BY_OID = new Map<Oid, TypeInfo>();
const BY_NAME = new Map<string, TypeInfo>();

/** Names that the SQL grammar knows and pg_type does not have. */
const SQL_SPELLINGS: readonly (readonly [string, Oid])[] = [
  ['integer', OID.int4],
  ['int', OID.int4],
  ['smallint', OID.int2],
  ['bigint', OID.int8],
  ['real', OID.float4],
  ['float', OID.float8],
  ['double precision', OID.float8],
  ['decimal', OID.numeric],
  ['dec', OID.numeric],
  ['boolean', OID.bool],
  ['character varying', OID.varchar],
  ['char varying', OID.varchar],
  ['character', OID.bpchar],
  ['"char"', OID.char],
  ['bit varying', OID.varbit],
  ['timestamp without time zone', OID.timestamp],
  ['timestamp with time zone', OID.timestamptz],
  ['time without time zone', OID.time],
  ['time with time zone', OID.timetz],
  ['national character', OID.bpchar],
  ['national character varying', OID.varchar],
  ['nchar', OID.bpchar],
];

load();

/** The built-in type with this OID. */
export function typeInfo(oid: Oid): TypeInfo | undefined {
  return BY_OID.get(oid);
}

/** The built-in type with this OID, which the caller knows to exist. */
export function mustTypeInfo(oid: Oid): TypeInfo {
  const info = BY_OID.get(oid);
  if (info === undefined) throw new InternalError(`no built-in type has OID ${oid}`);
  return info;
}

/**
 * The type that an internal name (int4, _text) or an SQL spelling (integer, double precision, text[])
 * stands for. `char` is SQL's character type; the one-byte type is written `"char"`.
 */
export function typeByName(name: string): TypeInfo | undefined {
  if (name.endsWith('[]')) {
    const element = typeByName(name.slice(0, -2).trimEnd());
    if (element === undefined) return undefined;
    const oid = element.isArray ? element.oid : element.array;
    return oid === 0 ? undefined : BY_OID.get(oid);
  }
  if (name === 'char') return BY_OID.get(OID.bpchar);
  return BY_NAME.get(name);
}

/** The type whose internal name (pg_type.typname) is exactly this. */
export function typeByInternalName(name: string): TypeInfo | undefined {
  const info = BY_NAME.get(name);
  return info?.name === name ? info : undefined;
}

/** The array type over a type, where there is one. */
export function arrayTypeOf(oid: Oid): Oid | undefined {
  const array = BY_OID.get(oid)?.array ?? 0;
  return array === 0 ? undefined : array;
}

/** The element type of an array type, int2vector or oidvector. */
export function elementTypeOf(oid: Oid): Oid | undefined {
  const info = BY_OID.get(oid);
  if (info === undefined || info.element === 0) return undefined;
  return info.isArray || oid === OID.int2vector || oid === OID.oidvector ? info.element : undefined;
}

/** Every built-in type, in the order of their OIDs. */
export function allTypes(): readonly TypeInfo[] {
  return [...BY_OID.values()];
}

function load(): void {
  for (const row of BUILTIN_TYPE_ROWS.trim().split('\n')) {
    const [oid, name, length, flags, element, array] = row.split(' ') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const category = flags[2] as TypeCategory;
    const info: TypeInfo = {
      oid: Number(oid),
      name,
      length: Number(length),
      byValue: flags[0] === 'v',
      kind: flags[1] as TypeInfo['kind'],
      category,
      preferred: flags[3] === 'p',
      delimiter: flags[6] as string,
      element: Number(element),
      array: Number(array),
      alignment: flags[4] as TypeInfo['alignment'],
      storage: flags[5] as TypeInfo['storage'],
      // record[] is a pseudo-type of category P, int2vector and oidvector have category A.
      isArray: name.startsWith('_'),
    };
    BY_OID.set(info.oid, info);
    BY_NAME.set(name, info);
  }
  for (const [name, oid] of SQL_SPELLINGS) BY_NAME.set(name, mustTypeInfo(oid));
}
