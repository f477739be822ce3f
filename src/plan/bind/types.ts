/** Types by name and by OID, row types of relations included. */
import { typeByInternalName, typeInfo } from '../../types/type-table.ts';
import { formatType } from '../../types/format-type.ts';
import { encodeTypmod } from '../../types/typmod.ts';
import { OID, sqlType, type Oid, type SqlType, type TypeCategory } from '../../types/type.ts';
import { liveColumns, PG_CATALOG_SCHEMA_OID } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import type { FunctionColumn } from '../../functions/function.ts';
import { nameList, nodeAs, type Node, type TypeName } from '../../parse/ast.ts';
import type { BindContext } from './context.ts';

export interface TypeFacts {
  readonly category: TypeCategory;
  readonly preferred: boolean;
  readonly kind: string;
  readonly element: Oid;
  readonly isArray: boolean;
}

/** What overload resolution asks about a type. */
export function typeFacts(context: BindContext, oid: Oid): TypeFacts {
  const builtin = typeInfo(oid);
  if (builtin !== undefined) return builtin;
  const relation = context.env.catalog.relationByRowType(oid);
  if (relation !== undefined && 'rowType' in relation && relation.rowArrayType === oid) {
    return { category: 'A', preferred: false, kind: 'b', element: relation.rowType, isArray: true };
  }
  return { category: 'C', preferred: false, kind: 'c', element: 0, isArray: false };
}

/** The type's name as PostgreSQL's messages and format_type print it. */
export function typeText(context: BindContext, type: SqlType | Oid): string {
  // Without a modifier to tell, char is "character"; with none given, it is "bpchar".
  const { oid, typmod } = typeof type === 'number' ? { oid: type, typmod: null } : type;
  if (typeInfo(oid) !== undefined) return formatType(oid, typmod);
  const relation = context.env.catalog.relationByRowType(oid);
  if (relation === undefined) return formatType(oid, typmod);
  const visible =
    context.searchPath.includes(relation.schema) || relation.schema === PG_CATALOG_SCHEMA_OID;
  const schema = context.env.catalog.schema(relation.schema)?.name ?? '';
  const name = visible ? relation.name : `${schema}.${relation.name}`;
  return 'rowType' in relation && relation.rowArrayType === oid ? `${name}[]` : name;
}

export function isArrayType(context: BindContext, oid: Oid): boolean {
  return typeFacts(context, oid).isArray;
}

/** Element type of a true array, int2vector or oidvector; 0 for anything else. */
export function elementType(context: BindContext, oid: Oid): Oid {
  const facts = typeFacts(context, oid);
  return facts.isArray || oid === OID.int2vector || oid === OID.oidvector ? facts.element : 0;
}

/** The array type over an element type; 0 where there is none. */
export function arrayType(context: BindContext, element: Oid): Oid {
  const builtin = typeInfo(element);
  if (builtin !== undefined) return element === OID.record ? OID.recordArray : builtin.array;
  const relation = context.env.catalog.relationByRowType(element);
  return relation !== undefined && 'rowType' in relation ? relation.rowArrayType : 0;
}

export function isComposite(context: BindContext, oid: Oid): boolean {
  return typeFacts(context, oid).kind === 'c';
}

/** The fields of a table's or view's row type; undefined for other types. */
export function rowTypeFields(context: BindContext, oid: Oid): FunctionColumn[] | undefined {
  if (typeInfo(oid) !== undefined || !isComposite(context, oid)) return undefined;
  const relation = context.env.catalog.relationByRowType(oid);
  if (relation === undefined || !('columns' in relation)) return undefined;
  return liveColumns(relation).map(({ name, type }) => ({ name, type }));
}

/** Resolves a type name of the syntax tree, array bounds and modifiers included. */
export function resolveTypeName(context: BindContext, name: TypeName): SqlType {
  if (name.pct_type === true) throw notSupported('%TYPE', context.position(name.location));
  if (name.setof === true)
    throw context.error('datatype_mismatch', 'type cannot be declared SETOF', name.location);
  const base = lookupTypeName(context, nameList(name.names), name.location);
  const isArray = (name.arrayBounds?.length ?? 0) > 0;
  const typmod = typmodIn(context, base, name.typmods ?? [], name.location);
  if (!isArray) return sqlType(base, typmod);
  if (isArrayType(context, base)) return sqlType(base, typmod);
  const array = arrayType(context, base);
  if (array === 0) {
    throw context.error(
      'undefined_object',
      `type "${typeText(context, base)}[]" does not exist`,
      name.location,
    );
  }
  return sqlType(array, typmod);
}

/** Finds a type by its (qualified) name, or throws 42704. */
export function lookupTypeName(
  context: BindContext,
  names: readonly string[],
  location?: number,
): Oid {
  const found = findTypeName(context, names);
  if (found !== undefined) return found;
  if (names.length > 1 && context.env.catalog.schemaByName(names[names.length - 2]) === undefined) {
    throw context.error(
      'invalid_schema_name',
      `schema "${names[names.length - 2]}" does not exist`,
      location,
    );
  }
  throw context.error('undefined_object', `type "${names.join('.')}" does not exist`, location);
}

/** The type with this name, or undefined. */
export function findTypeName(context: BindContext, names: readonly string[]): Oid | undefined {
  const name = names[names.length - 1];
  const catalog = context.env.catalog;
  if (names.length > 1) {
    const schema = catalog.schemaByName(names[names.length - 2]);
    if (schema === undefined) return undefined;
    return typeInSchema(context, schema.oid, name);
  }
  const path = context.searchPath.includes(PG_CATALOG_SCHEMA_OID)
    ? context.searchPath
    : [PG_CATALOG_SCHEMA_OID, ...context.searchPath];
  for (const schema of path) {
    const found = typeInSchema(context, schema, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function typeInSchema(context: BindContext, schema: Oid, name: string): Oid | undefined {
  if (schema === PG_CATALOG_SCHEMA_OID) {
    const builtin = typeByInternalName(name);
    if (builtin !== undefined) return builtin.oid;
  }
  const relation = context.env.catalog.relationByRowTypeName(schema, name);
  if (relation !== undefined && 'rowType' in relation) return relation.rowType;
  if (!name.startsWith('_')) return undefined;
  const element = context.env.catalog.relationByRowTypeName(schema, name.slice(1));
  return element !== undefined && 'rowType' in element ? element.rowArrayType : undefined;
}

function typmodIn(
  context: BindContext,
  oid: Oid,
  nodes: readonly Node[],
  location?: number,
): number {
  if (nodes.length === 0) return -1;
  const values = nodes.map((node) => {
    const constant = nodeAs(node, 'A_Const');
    if (constant?.ival !== undefined) return constant.ival.ival ?? 0;
    throw context.error(
      'syntax_error',
      'type modifiers must be simple constants or identifiers',
      location,
    );
  });
  return context.at(location, () => encodeTypmod(oid, values));
}
