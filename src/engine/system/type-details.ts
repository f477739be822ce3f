/** What information_schema says about a type and its modifier. */
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { declaredSize } from '../../types/declared-size.ts';
import { formatType } from '../../types/format-type.ts';
import { typeInfo } from '../../types/type-table.ts';
import { OID, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { FieldValues } from './virtual-table.ts';

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
    ...declaredSize(type),
    ...collation,
    udt_catalog: database,
    udt_schema: schema,
    udt_name: name,
  };
}
