/** search_path as PostgreSQL reads it: names, "$user", and pg_catalog in front unless it is listed. */
import { PG_CATALOG_SCHEMA_OID, type CatalogSnapshot } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { Oid } from '../types/type.ts';

/** Splits a comma-separated list of identifiers, quoted or not. */
export function splitIdentifierList(text: string): string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(,|$)/y;
  if (text.trim() === '') return names;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) {
      throw dbError(
        'invalid_parameter_value',
        `invalid value for parameter "search_path": "${text}"`,
      );
    }
    names.push(
      match[1] !== undefined ? match[1].replaceAll('""', '"') : (match[2] as string).toLowerCase(),
    );
    if (match[3] === '') break;
  }
  return names;
}

/** Schemas that exist along the path, in order, without the implicit pg_catalog. */
export function explicitSearchPath(path: string, user: string, catalog: CatalogSnapshot): Oid[] {
  const oids: Oid[] = [];
  for (const name of splitIdentifierList(path)) {
    const schema = catalog.schemaByName(name === '$user' ? user : name);
    if (schema !== undefined && !oids.includes(schema.oid)) oids.push(schema.oid);
  }
  return oids;
}

/** The order in which names are looked up: pg_catalog comes first unless the path places it. */
export function lookupPath(explicit: readonly Oid[]): readonly Oid[] {
  return explicit.includes(PG_CATALOG_SCHEMA_OID) ? explicit : [PG_CATALOG_SCHEMA_OID, ...explicit];
}
