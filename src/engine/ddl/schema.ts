/** CREATE SCHEMA. */
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';

export async function createSchema(
  session: SessionContext,
  node: NodeBody<'CreateSchemaStmt'>,
): Promise<string> {
  if ((node.schemaElts?.length ?? 0) > 0) throw notSupported('CREATE SCHEMA with schema elements');
  const roleName = node.authrole?.rolename;
  const owner = roleName === undefined ? undefined : session.catalog().roleByName(roleName);
  if (roleName !== undefined && owner === undefined) {
    throw dbError('undefined_object', `role "${roleName}" does not exist`);
  }
  const name = node.schemaname ?? roleName ?? '';
  if (name.startsWith('pg_')) {
    throw dbError('reserved_name', {
      message: `unacceptable schema name "${name}"`,
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  }
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  if (session.catalog().schemaByName(name) !== undefined) {
    if (node.if_not_exists !== true) throw dbError('duplicate_schema', `schema "${name}" already exists`);
    session.notice('NOTICE', `schema "${name}" already exists, skipping`);
    return 'CREATE SCHEMA';
  }
  const oid = await transaction.allocateOid();
  await transaction.changeCatalog([
    { change: 'put', object: { kind: 'schema', oid, name, owner: owner?.oid ?? session.currentUser() } },
  ]);
  return 'CREATE SCHEMA';
}
