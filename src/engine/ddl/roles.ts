/** CREATE, ALTER, DROP and RENAME of roles. */
import {
  BOOTSTRAP_ROLE_OID,
  type CatalogChange,
  type RoleDescriptor,
} from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import { parseAclItem, renameInAcl } from '../acl.ts';
import { isSuperuser } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { describeObject } from './dependencies.ts';
import { addMembers } from './grant-role.ts';
import { currentRole, mustFindRole, roleByName, rolesOf } from './role-names.ts';
import { roleOptions, type RoleOptions } from './role-options.ts';
import { changedSettings } from './role-settings.ts';

function denied(message: string): Error {
  return dbError('insufficient_privilege', message);
}

function requireRoleName(name: string): void {
  if (name.startsWith('pg_')) {
    throw dbError('reserved_name', {
      message: `role name "${name}" is reserved`,
      detail: 'Role names starting with "pg_" are reserved.',
    });
  }
  if (name === 'public' || name === 'none')
    throw dbError('reserved_name', `role name "${name}" is reserved`);
}

function hasCreateRole(session: SessionContext): boolean {
  return isSuperuser(session) || currentRole(session).createRole;
}

export async function createRole(
  session: SessionContext,
  node: NodeBody<'CreateRoleStmt'>,
): Promise<string> {
  const options = await roleOptions(session, node.options ?? []);
  const name = node.role ?? '';
  if (!isSuperuser(session)) {
    if (options.superuser === true) throw denied('must be superuser to create superusers');
    if (options.replication === true) throw denied('must be superuser to create replication users');
    if (options.bypassRls === true) throw denied('must be superuser to create bypassrls users');
    if (!hasCreateRole(session)) throw denied('permission denied to create role');
  }
  requireRoleName(name);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  if (session.catalog().roleByName(name) !== undefined) {
    throw dbError('duplicate_object', `role "${name}" already exists`);
  }
  const role: RoleDescriptor = {
    kind: 'role',
    oid: await transaction.allocateOid(),
    name,
    superuser: options.superuser ?? false,
    inherit: options.inherit ?? true,
    createRole: options.createRole ?? false,
    createDb: options.createDb ?? false,
    canLogin: options.canLogin ?? node.stmt_type === 'ROLESTMT_USER',
    replication: options.replication ?? false,
    bypassRls: options.bypassRls ?? false,
    connectionLimit: options.connectionLimit ?? -1,
    password: options.password ?? null,
    validUntil: options.validUntil ?? null,
    memberOf: [],
    settings: [],
  };
  await transaction.changeCatalog([{ change: 'put', object: role }]);
  for (const group of rolesOf(session, options.memberOf))
    await addMembers(session, group, [role], false);
  await addMembers(session, role, rolesOf(session, options.members), false);
  await addMembers(session, role, rolesOf(session, options.admins), true);
  return 'CREATE ROLE';
}

export async function alterRole(
  session: SessionContext,
  node: NodeBody<'AlterRoleStmt'>,
): Promise<string> {
  const options = await roleOptions(session, node.options ?? []);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const role = mustFindRole(session, node.role);
  requireAlterRights(session, role, options);
  const { memberOf: _in, members, admins: _admins, ...changes } = options;
  const changed: RoleDescriptor = { ...role, ...withoutUndefined(changes) };
  await transaction.changeCatalog([{ change: 'put', object: changed }]);
  const roles = rolesOf(session, members);
  if (node.action === -1) await removeMembers(session, role, roles);
  else await addMembers(session, changed, roles, false);
  return 'ALTER ROLE';
}

function withoutUndefined(options: Partial<RoleDescriptor>): Partial<RoleDescriptor> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function removeMembers(
  session: SessionContext,
  group: RoleDescriptor,
  members: readonly RoleDescriptor[],
): Promise<void> {
  for (const member of members) {
    const memberOf = member.memberOf.filter(({ role }) => role !== group.oid);
    await session.transaction
      .current()
      .changeCatalog([{ change: 'put', object: { ...member, memberOf } }]);
  }
}

function requireAlterRights(
  session: SessionContext,
  role: RoleDescriptor,
  options: RoleOptions,
): void {
  if (isSuperuser(session)) return;
  if (role.superuser || options.superuser !== undefined) {
    throw denied('must be superuser to alter superuser roles or change superuser attribute');
  }
  if (role.replication || options.replication !== undefined) {
    throw denied('must be superuser to alter replication roles or change replication attribute');
  }
  if (options.bypassRls !== undefined)
    throw denied('must be superuser to change bypassrls attribute');
  if (hasCreateRole(session)) return;
  const { memberOf, members, admins, password, ...others } = options;
  const touchesOthers = Object.values(others).some((value) => value !== undefined);
  const isOwnPassword = password !== undefined && role.oid === session.currentUser();
  if (!isOwnPassword || touchesOthers || memberOf.length + members.length + admins.length > 0) {
    throw denied('permission denied');
  }
}

/** ALTER ROLE ... SET: values for the role's new sessions. ALL and IN DATABASE mean the one database. */
export async function alterRoleSet(
  session: SessionContext,
  node: NodeBody<'AlterRoleSetStmt'>,
): Promise<string> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const { databaseName } = session.catalog();
  if (node.database !== undefined) databaseDescriptor(session, node.database);
  if (node.role === undefined) {
    if (!isSuperuser(session)) throw denied('must be superuser to alter settings globally');
    const database = databaseDescriptor(session, databaseName);
    const settings = changedSettings(session, database.settings, node.setstmt ?? {});
    await transaction.changeCatalog([{ change: 'put', object: { ...database, settings } }]);
    return 'ALTER ROLE';
  }
  const role = mustFindRole(session, node.role);
  if (role.superuser && !isSuperuser(session))
    throw denied('must be superuser to alter superusers');
  if (!hasCreateRole(session) && role.oid !== session.currentUser())
    throw denied('permission denied');
  const settings = changedSettings(session, role.settings, node.setstmt ?? {});
  await transaction.changeCatalog([{ change: 'put', object: { ...role, settings } }]);
  return 'ALTER ROLE';
}

export async function dropRole(
  session: SessionContext,
  node: NodeBody<'DropRoleStmt'>,
): Promise<string> {
  if (!hasCreateRole(session)) throw denied('permission denied to drop role');
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const doomed: RoleDescriptor[] = [];
  for (const spec of node.roles ?? []) {
    const role = droppedRole(session, spec, node.missing_ok === true);
    if (role !== undefined) doomed.push(role);
  }
  for (const role of doomed) requireUnused(session, role);
  const oids = new Set(doomed.map((role) => role.oid));
  const changes: CatalogChange[] = [];
  for (const member of session.catalog().roles()) {
    if (oids.has(member.oid) || !member.memberOf.some(({ role }) => oids.has(role))) continue;
    const memberOf = member.memberOf.filter(({ role }) => !oids.has(role));
    changes.push({ change: 'put', object: { ...member, memberOf } });
  }
  for (const oid of oids) changes.push({ change: 'drop', oid });
  await transaction.changeCatalog(changes);
  return 'DROP ROLE';
}

function droppedRole(
  session: SessionContext,
  node: Node,
  missingOk: boolean,
): RoleDescriptor | undefined {
  const spec = nodeAs(node, 'RoleSpec');
  if (spec?.roletype !== 'ROLESPEC_CSTRING') {
    throw dbError('invalid_parameter_value', 'cannot use special role specifier in DROP ROLE');
  }
  const name = spec.rolename ?? '';
  const role = session.catalog().roleByName(name);
  if (role === undefined) {
    if (!missingOk) return roleByName(session, name);
    session.notice('NOTICE', `role "${name}" does not exist, skipping`);
    return undefined;
  }
  if (role.oid === session.currentUser())
    throw dbError('object_in_use', 'current user cannot be dropped');
  if (role.oid === session.sessionUser)
    throw dbError('object_in_use', 'session user cannot be dropped');
  if (role.superuser && !isSuperuser(session)) throw denied('must be superuser to drop superusers');
  if (role.oid === BOOTSTRAP_ROLE_OID) {
    throw dbError(
      'dependent_objects_still_exist',
      `cannot drop role ${role.name} because it is required by the database system`,
    );
  }
  return role;
}

/** 2BP01 while the role owns something or has privileges on something. */
function requireUnused(session: SessionContext, role: RoleDescriptor): void {
  const catalog = session.catalog();
  const lines: string[] = [];
  const objects = [...catalog.schemas(), ...catalog.relations()];
  const database = catalog.object(catalog.databaseOid);
  for (const object of database === undefined ? objects : [...objects, database]) {
    if (object.kind === 'index' || object.kind === 'virtual' || object.kind === 'role') continue;
    const name =
      object.kind === 'database' ? `database ${object.name}` : describeObject(session, object);
    if (object.owner === role.oid) lines.push(`owner of ${name}`);
    else if (
      (object.acl ?? [])
        .map(parseAclItem)
        .some((item) => item.grantee === role.name || item.grantor === role.name)
    ) {
      lines.push(`privileges for ${name}`);
    }
  }
  if (lines.length === 0) return;
  throw dbError('dependent_objects_still_exist', {
    message: `role "${role.name}" cannot be dropped because some objects depend on it`,
    detail: lines.join('\n'),
  });
}

/** ACLs name roles in text, so they follow. */
export async function renameRole(
  session: SessionContext,
  from: string,
  to: string,
): Promise<string> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const catalog = session.catalog();
  const role = roleByName(session, from);
  if (role.oid === session.sessionUser)
    throw dbError('feature_not_supported', 'session user cannot be renamed');
  if (role.oid === session.currentUser())
    throw dbError('feature_not_supported', 'current user cannot be renamed');
  requireRoleName(from);
  requireRoleName(to);
  if (catalog.roleByName(to) !== undefined)
    throw dbError('duplicate_object', `role "${to}" already exists`);
  if (role.superuser && !isSuperuser(session))
    throw denied('must be superuser to rename superusers');
  if (!hasCreateRole(session)) throw denied('permission denied to rename role');
  const changes: CatalogChange[] = [{ change: 'put', object: { ...role, name: to } }];
  const database = catalog.object(catalog.databaseOid);
  for (const object of [
    ...catalog.schemas(),
    ...catalog.relations(),
    ...(database === undefined ? [] : [database]),
  ]) {
    if (
      object.kind === 'index' ||
      object.kind === 'virtual' ||
      object.kind === 'role' ||
      object.acl === undefined
    )
      continue;
    const acl = renameInAcl(object.acl, from, to);
    if (acl.join() !== object.acl.join())
      changes.push({ change: 'put', object: { ...object, acl } });
  }
  await transaction.changeCatalog(changes);
  return 'ALTER ROLE';
}
