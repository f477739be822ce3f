/** ALTER DATABASE of the one database there is. */
import type { NodeBody } from '../../parse/ast.ts';
import { requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { changedSettings } from './role-settings.ts';

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
