/** pg_authid and what belongs to roles. */
import { BOOTSTRAP_ROLE_OID } from '../../../catalog/catalog.ts';
import { codecFor } from '../../../types/codecs.ts';
import { PgArray } from '../../../types/pg-array.ts';
import { OID } from '../../../types/type.ts';
import { catalogTable } from '../virtual-table.ts';

export const pgAuthid = catalogTable('pg_authid', function* (session) {
  for (const role of session.catalog().roles()) {
    const { validUntil } = role;
    yield [
      role.oid,
      role.name,
      role.superuser,
      role.inherit,
      role.createRole,
      role.createDb,
      role.canLogin,
      role.replication,
      role.bypassRls,
      role.connectionLimit,
      role.password,
      validUntil === null
        ? null
        : codecFor(OID.timestamptz).parseText(validUntil, -1, session.evalContext().format),
    ];
  }
});

export const pgAuthMembers = catalogTable('pg_auth_members', function* (session) {
  for (const member of session.catalog().roles()) {
    for (const { role, admin } of member.memberOf)
      yield [role, member.oid, BOOTSTRAP_ROLE_OID, admin];
  }
});

function settingsArray(settings: readonly (readonly [string, string])[]): PgArray {
  return new PgArray(
    OID.text,
    settings.map(([name, value]) => `${name}=${value}`),
  );
}

export const pgDbRoleSetting = catalogTable('pg_db_role_setting', function* (session) {
  const database = session.catalog().object(session.catalog().databaseOid);
  if (database?.kind === 'database' && database.settings.length > 0) {
    yield [database.oid, 0, settingsArray(database.settings)];
  }
  for (const role of session.catalog().roles()) {
    if (role.settings.length > 0) yield [0, role.oid, settingsArray(role.settings)];
  }
});
