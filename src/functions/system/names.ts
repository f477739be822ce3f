/** Looking up catalog objects for system functions, and writing their names. */
import { quoteIdentifier } from '../../base/identifier.ts';
import type { RelationDescriptor, RoleDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { RegKind } from '../../types/codec.ts';
import type { Oid } from '../../types/type.ts';
import type { EvalContext } from '../function.ts';

/** The OID that a possibly qualified name stands for, as a reg* type would read it. */
export function lookUpName(kind: RegKind, name: string, context: EvalContext): Oid | undefined {
  return context.format.names?.toOid(kind, name);
}

export function relationNamed(name: string, context: EvalContext): RelationDescriptor {
  const oid = lookUpName('class', name, context);
  const relation = oid === undefined ? undefined : context.catalog.relation(oid);
  if (relation === undefined) {
    throw dbError('undefined_table', `relation "${name}" does not exist`);
  }
  return relation;
}

export function roleNamed(name: string, context: EvalContext): RoleDescriptor {
  const role = context.catalog.roleByName(name);
  if (role === undefined) throw dbError('undefined_object', `role "${name}" does not exist`);
  return role;
}

export function schemaName(oid: Oid, context: EvalContext): string {
  return context.catalog.schema(oid)?.name ?? 'pg_catalog';
}

/** schema.name, quoted where needed. */
export function qualifiedName(relation: RelationDescriptor, context: EvalContext): string {
  const schema = quoteIdentifier(schemaName(relation.schema, context));
  return `${schema}.${quoteIdentifier(relation.name)}`;
}

/** Whether the search path leads to this relation by its bare name. */
export function isVisible(relation: RelationDescriptor, context: EvalContext): boolean {
  for (const schema of context.session.searchPath(true)) {
    const found = context.catalog.relationByName(schema, relation.name);
    if (found !== undefined) return found.oid === relation.oid;
  }
  return false;
}

/** The bare name where the search path finds it, else the qualified one. */
export function shortestName(relation: RelationDescriptor, context: EvalContext): string {
  if (isVisible(relation, context)) return quoteIdentifier(relation.name);
  return qualifiedName(relation, context);
}
