/** What information_schema says about a type and its modifier. */
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { formatType } from '../../types/format-type.ts';
import { typeInfo } from '../../types/type-table.ts';
import { OID, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { FieldValues } from './virtual-table.ts';

/** Bits that PostgreSQL counts for each numeric type. */
const BINARY_PRECISION: ReadonlyMap<Oid, number> = new Map<Oid, number>([
  [OID.int2, 16],
  [OID.int4, 32],
  [OID.int8, 64],
  [OID.float4, 24],
  [OID.float8, 53],
]);

const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.int8]);
const TIMES: ReadonlySet<Oid> = new Set<Oid>([
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
]);

/** Longest text, in bytes, where no length is declared. */
const TEXT_BYTES_MAX = 2 ** 30;
const UTF8_BYTES_MAX = 4;
const FULL_PRECISION = 0xffff;

function characterLengths({ oid, typmod }: SqlType): FieldValues {
  if (oid === OID.bit || oid === OID.varbit) {
    return { character_maximum_length: typmod < 0 ? null : typmod };
  }
  if (oid === OID.text) return { character_octet_length: TEXT_BYTES_MAX };
  if (oid !== OID.varchar && oid !== OID.bpchar) return {};
  if (typmod < 0) return { character_octet_length: TEXT_BYTES_MAX };
  const length = typmod - 4;
  return { character_maximum_length: length, character_octet_length: length * UTF8_BYTES_MAX };
}

function numericDetails({ oid, typmod }: SqlType): FieldValues {
  const bits = BINARY_PRECISION.get(oid);
  if (bits !== undefined) {
    const scale = INTEGERS.has(oid) ? 0 : null;
    return { numeric_precision: bits, numeric_precision_radix: 2, numeric_scale: scale };
  }
  if (oid !== OID.numeric) return {};
  if (typmod < 0) return { numeric_precision_radix: 10 };
  const packed = typmod - 4;
  return {
    numeric_precision: (packed >> 16) & 0xffff,
    numeric_precision_radix: 10,
    numeric_scale: packed & 0xffff,
  };
}

function timeDetails({ oid, typmod }: SqlType): FieldValues {
  if (oid === OID.date) return { datetime_precision: 0 };
  if (TIMES.has(oid)) return { datetime_precision: typmod < 0 ? 6 : typmod };
  if (oid !== OID.interval) return {};
  const precision = typmod & FULL_PRECISION;
  // A precision belongs to the seconds: interval(3), interval day to second(3).
  const fields = formatType(oid, typmod).replace(/^interval(?:\(\d+\))?\s*/, '');
  return {
    datetime_precision: typmod < 0 || precision === FULL_PRECISION ? 6 : precision,
    interval_type: fields === '' ? null : fields.toUpperCase(),
  };
}

/** `data_type`: the SQL name of a built-in type, ARRAY, or USER-DEFINED. */
export function dataTypeName(oid: Oid): string {
  const info = typeInfo(oid);
  if (info === undefined) return 'USER-DEFINED';
  return info.isArray || (info.element !== 0 && info.length === -1 && info.category === 'A')
    ? 'ARRAY'
    : formatType(oid, null);
}

interface TypeName {
  readonly schema: string | null;
  readonly name: string | null;
}

/** Schema and pg_type.typname of a type. */
export function typeNameParts(oid: Oid, catalog: CatalogSnapshot): TypeName {
  const info = typeInfo(oid);
  if (info !== undefined) return { schema: 'pg_catalog', name: info.name };
  const relation = catalog.relationByRowType(oid);
  if (relation === undefined || relation.kind === 'sequence') return { schema: null, name: null };
  const name = oid === relation.rowArrayType ? `_${relation.name}` : relation.name;
  return { schema: catalog.schema(relation.schema)?.name ?? null, name };
}

/** The columns of information_schema that describe a type; the modifier only where one is known. */
export function typeDetails(type: SqlType, catalog: CatalogSnapshot): FieldValues {
  const { schema, name } = typeNameParts(type.oid, catalog);
  const database: Value = catalog.databaseName;
  const collation: FieldValues =
    type.oid === OID.name
      ? { collation_catalog: database, collation_schema: 'pg_catalog', collation_name: 'C' }
      : {};
  return {
    data_type: dataTypeName(type.oid),
    ...characterLengths(type),
    ...numericDetails(type),
    ...timeDetails(type),
    ...collation,
    udt_catalog: database,
    udt_schema: schema,
    udt_name: name,
  };
}
