/** Finds and places named objects for DDL, with PostgreSQL's errors. */
import type {
  CatalogSnapshot,
  RelationDescriptor,
  SchemaDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { DbError, dbError } from '../../errors/db-error.ts';
import type { ConditionName } from '../../errors/sqlstate.ts';
import { errorPosition } from '../../parse/position.ts';
import type { RangeVar } from '../../parse/ast.ts';
import type { Oid } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';

/** What \d calls a relation's kind. */
export function kindName(relation: RelationDescriptor): string {
  return relation.kind === 'virtual' ? 'view' : relation.kind;
}

export function mustFindSchema(catalog: CatalogSnapshot, name: string): SchemaDescriptor {
  const schema = catalog.schemaByName(name);
  if (schema === undefined) throw dbError('invalid_schema_name', `schema "${name}" does not exist`);
  return schema;
}

/** Name as PostgreSQL's messages print it: qualified only if the user did. */
export function displayName(name: RangeVar): string {
  return name.schemaname === undefined
    ? (name.relname ?? '')
    : `${name.schemaname}.${name.relname}`;
}

/** The relation that a (qualified) name means, or undefined. */
export function findRelation(
  session: SessionContext,
  name: RangeVar,
): RelationDescriptor | undefined {
  const catalog = session.catalog();
  requireThisDatabase(catalog, name);
  const relname = name.relname ?? '';
  if (name.schemaname !== undefined) {
    const schema = catalog.schemaByName(
      name.schemaname === 'pg_temp' ? `pg_temp_${session.processId}` : name.schemaname,
    );
    return schema === undefined ? undefined : catalog.relationByName(schema.oid, relname);
  }
  for (const schema of session.lookupPath()) {
    const relation = catalog.relationByName(schema, relname);
    if (relation !== undefined) return relation;
  }
  return undefined;
}

export function mustFindRelation(session: SessionContext, name: RangeVar): RelationDescriptor {
  const relation = findRelation(session, name);
  if (relation !== undefined) return relation;
  if (name.schemaname !== undefined) mustFindSchema(session.catalog(), name.schemaname);
  throw dbError('undefined_table', `relation "${displayName(name)}" does not exist`);
}

export function mustFindTable(session: SessionContext, name: RangeVar): TableDescriptor {
  const relation = mustFindRelation(session, name);
  if (relation.kind === 'table') return relation;
  throw dbError('wrong_object_type', `"${name.relname}" is not a table`);
}

/** Schema in which a new object with this name goes. */
export function targetSchema(session: SessionContext, name: RangeVar): Oid {
  const catalog = session.catalog();
  requireThisDatabase(catalog, name);
  if (name.schemaname === undefined) return session.creationSchema();
  const schema = catalog.schemaByName(name.schemaname);
  if (schema !== undefined) return schema.oid;
  throw dbError('invalid_schema_name', `schema "${name.schemaname}" does not exist`);
}

/** Adds where the name stands in the text to the errors of `work`, as PostgreSQL does for some statements. */
export async function atName<T>(
  sql: string,
  name: RangeVar,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DbError) || name.location === undefined) throw error;
    throw error.with({ position: errorPosition(sql, name.location) });
  }
}

function requireThisDatabase(catalog: CatalogSnapshot, name: RangeVar): void {
  if (name.catalogname === undefined || name.catalogname === catalog.databaseName) return;
  throw dbError(
    'feature_not_supported',
    `cross-database references are not implemented: "${name.catalogname}.${name.schemaname}.${name.relname}"`,
  );
}

/** 42P07 where the schema has a relation of this name already. */
export function requireFreeName(catalog: CatalogSnapshot, schema: Oid, name: string): void {
  if (catalog.relationByName(schema, name) !== undefined) {
    throw dbError('duplicate_table', `relation "${name}" already exists`);
  }
}

const IDENTIFIER_BYTES_MAX = 63;

/**
 * PostgreSQL's generated names: `table_column_suffix`, shortened to 63 bytes and numbered until free.
 */
export function chooseName(
  catalog: CatalogSnapshot,
  schema: Oid,
  parts: readonly [table: string, column: string],
  suffix: string,
  taken: ReadonlySet<string> = new Set(),
): string {
  for (let n = 0; ; n++) {
    const name = joinName(parts[0], parts[1], n === 0 ? suffix : `${suffix}${n}`);
    if (!taken.has(name) && catalog.relationByName(schema, name) === undefined) return name;
  }
}

/** Joins name parts with underscores, cutting the longer of the first two until all fits. */
export function joinName(first: string, second: string, suffix: string): string {
  let [a, b] = [first, second];
  const length = (): number => [a, b, suffix].filter((part) => part !== '').join('_').length;
  while (length() > IDENTIFIER_BYTES_MAX) {
    if (a.length > b.length) a = a.slice(0, -1);
    else b = b.slice(0, -1);
  }
  return [a, b, suffix].filter((part) => part !== '').join('_');
}

/** IF NOT EXISTS met an object of that name: a notice with the SQLSTATE that the error would have. */
export function noteExisting(
  session: SessionContext,
  condition: ConditionName,
  label: string,
): void {
  session.notice('NOTICE', `${label} already exists, skipping`, undefined, undefined, condition);
}
