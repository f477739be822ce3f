/** CREATE SCHEMA. */
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import { hasPrivilege, permissionDenied, requireMembership } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { noteExisting } from './names.ts';
import { mustFindRole } from './role-names.ts';

export async function createSchema(
  session: SessionContext,
  node: NodeBody<'CreateSchemaStmt'>,
): Promise<string> {
  if ((node.schemaElts?.length ?? 0) > 0) throw notSupported('CREATE SCHEMA with schema elements');
  const owner = node.authrole === undefined ? undefined : mustFindRole(session, node.authrole);
  const name = node.schemaname ?? owner?.name ?? '';
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const database = databaseDescriptor(session, session.catalog().databaseName);
  if (!hasPrivilege(session, database, 'C')) throw permissionDenied(database);
  if (owner !== undefined) requireMembership(session, owner.oid);
  requireSchemaName(name);
  if (session.catalog().schemaByName(name) !== undefined) {
    if (node.if_not_exists !== true)
      throw dbError('duplicate_schema', `schema "${name}" already exists`);
    noteExisting(session, 'duplicate_schema', `schema "${name}"`);
    return 'CREATE SCHEMA';
  }
  const oid = await transaction.allocateOid();
  await transaction.changeCatalog([
    {
      change: 'put',
      object: { kind: 'schema', oid, name, owner: owner?.oid ?? session.currentUser() },
    },
  ]);
  return 'CREATE SCHEMA';
}

/** 42939 for a name of the kind that system schemas have. */
export function requireSchemaName(name: string): void {
  if (!name.startsWith('pg_')) return;
  throw dbError('reserved_name', {
    message: `unacceptable schema name "${name}"`,
    detail: 'The prefix "pg_" is reserved for system schemas.',
  });
}
