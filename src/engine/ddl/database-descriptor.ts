/** The one database as an object: what GRANT, COMMENT and ALTER DATABASE have stored about it. */
import { BOOTSTRAP_ROLE_OID, type DatabaseDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { SessionContext } from '../session-context.ts';

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
