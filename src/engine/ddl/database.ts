/** The one database as an object of DDL: ALTER DATABASE SET, and the descriptor that GRANT and COMMENT keep. */
import { BOOTSTRAP_ROLE_OID, type DatabaseDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import { requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { changedSettings } from './role-settings.ts';

/** The database's descriptor; 3D000 for another name. */
export function databaseDescriptor(session: SessionContext, name: string): DatabaseDescriptor {
  const catalog = session.catalog();
  if (name !== catalog.databaseName) {
    throw dbError('invalid_catalog_name', `database "${name}" does not exist`);
  }
  const stored = catalog.object(catalog.databaseOid);
  if (stored?.kind === 'database') return stored;
  return {
    kind: 'database',
    oid: catalog.databaseOid,
    name,
    owner: BOOTSTRAP_ROLE_OID,
    settings: [],
  };
}

/** ALTER DATABASE ... SET and RESET: values for new sessions. */
export async function alterDatabaseSet(
  session: SessionContext,
  node: NodeBody<'AlterDatabaseSetStmt'>,
): Promise<string> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const database = databaseDescriptor(session, node.dbname ?? '');
  requireOwner(session, database);
  const settings = changedSettings(session, database.settings, node.setstmt ?? {});
  await transaction.changeCatalog([{ change: 'put', object: { ...database, settings } }]);
  return 'ALTER DATABASE';
}
