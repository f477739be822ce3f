/** ALTER ... OWNER TO for relations, schemas and the database. */
import type { CatalogChange, RelationDescriptor, RoleDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody } from '../../parse/ast.ts';
import type { Oid } from '../../types/type.ts';
import { renameInAcl } from '../acl.ts';
import {
  hasPrivilegeAs,
  isSuperuser,
  permissionDenied,
  requireMembership,
  requireOwner,
} from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { mustFindSchema } from './names.ts';
import { mustFindRole } from './role-names.ts';

interface Owned {
  readonly owner: Oid;
  readonly acl?: readonly string[] | undefined;
}

/** The object with another owner; what the old one had granted counts as granted by the new one. */
function withOwner<T extends Owned>(session: SessionContext, object: T, owner: RoleDescriptor): T {
  if (object.acl === undefined) return { ...object, owner: owner.oid };
  const old = session.catalog().role(object.owner)?.name ?? '';
  return { ...object, owner: owner.oid, acl: renameInAcl(object.acl, old, owner.name) };
}

/** Gives a relation, and with a table its sequences, to another role. */
export async function changeRelationOwner(
  session: SessionContext,
  relation: RelationDescriptor,
  owner: RoleDescriptor,
): Promise<void> {
  if (relation.kind === 'virtual') return;
  if (relation.kind === 'index') {
    session.notice(
      'WARNING',
      `cannot change owner of index "${relation.name}"`,
      undefined,
      "Change the ownership of the index's table instead.",
    );
    return;
  }
  if (relation.kind === 'sequence' && relation.ownedBy !== undefined) {
    throw dbError('feature_not_supported', {
      message: `cannot change owner of sequence "${relation.name}"`,
      detail: `Sequence "${relation.name}" is linked to table "${session.catalog().relation(relation.ownedBy.table)?.name ?? ''}".`,
    });
  }
  if (relation.owner === owner.oid) return;
  requireMembership(session, owner.oid);
  const catalog = session.catalog();
  const schema = catalog.schema(relation.schema);
  if (
    schema !== undefined &&
    !isSuperuser(session) &&
    !hasPrivilegeAs(catalog, owner.oid, schema, 'C')
  ) {
    throw permissionDenied(schema);
  }
  const changes: CatalogChange[] = [{ change: 'put', object: withOwner(session, relation, owner) }];
  for (const other of catalog.relations()) {
    if (other.kind !== 'sequence' || other.ownedBy?.table !== relation.oid) continue;
    changes.push({ change: 'put', object: withOwner(session, other, owner) });
  }
  await session.transaction.current().changeCatalog(changes);
}

/** AlterOwnerStmt: what is not a relation. */
export async function alterOwner(
  session: SessionContext,
  node: NodeBody<'AlterOwnerStmt'>,
): Promise<string> {
  const transaction = session.transaction.current();
  const name = nodeAs(node.object, 'String')?.sval ?? '';
  await transaction.changeCatalog([]);
  if (node.objectType === 'OBJECT_SCHEMA') {
    const schema = mustFindSchema(session.catalog(), name);
    requireOwner(session, schema);
    const owner = mustFindRole(session, node.newowner);
    if (owner.oid !== schema.owner) {
      requireMembership(session, owner.oid);
      await transaction.changeCatalog([
        { change: 'put', object: withOwner(session, schema, owner) },
      ]);
    }
    return 'ALTER SCHEMA';
  }
  if (node.objectType === 'OBJECT_DATABASE') {
    const database = databaseDescriptor(session, name);
    requireOwner(session, database);
    const owner = mustFindRole(session, node.newowner);
    requireMembership(session, owner.oid);
    await transaction.changeCatalog([
      { change: 'put', object: withOwner(session, database, owner) },
    ]);
    return 'ALTER DATABASE';
  }
  throw notSupported(
    `ALTER ${(node.objectType ?? '').replace('OBJECT_', '').replaceAll('_', ' ')} OWNER TO`,
  );
}
