/** GRANT role TO role, REVOKE role FROM role. */
import type { RoleDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody } from '../../parse/ast.ts';
import { effectiveRoles, isSuperuser, memberRoles } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { currentRole, mustFindRole, roleByName, rolesOf } from './role-names.ts';

export async function grantRole(
  session: SessionContext,
  node: NodeBody<'GrantRoleStmt'>,
): Promise<string> {
  const isGrant = node.is_grant === true;
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  let adminOption = false;
  for (const option of node.opt ?? []) {
    const element = nodeAs(option, 'DefElem');
    if (element?.defname !== 'admin') {
      throw dbError(
        'feature_not_supported',
        `GRANT option ${(element?.defname ?? '').toUpperCase()} is not supported`,
      );
    }
    adminOption = true;
  }
  if (node.grantor !== undefined) mustFindRole(session, node.grantor);
  const members = rolesOf(session, node.grantee_roles);
  for (const granted of node.granted_roles ?? []) {
    const priv = nodeAs(granted, 'AccessPriv');
    if (priv?.cols !== undefined) {
      throw dbError(
        'invalid_grant_operation',
        'column names cannot be included in GRANT/REVOKE ROLE',
      );
    }
    const group = roleByName(session, priv?.priv_name ?? '');
    requireAdmin(session, group);
    if (isGrant) await addMembers(session, group, members, adminOption);
    else await dropMembers(session, group, members, adminOption);
  }
  return isGrant ? 'GRANT ROLE' : 'REVOKE ROLE';
}

function requireAdmin(session: SessionContext, group: RoleDescriptor): void {
  if (isSuperuser(session)) return;
  if (group.superuser)
    throw dbError('insufficient_privilege', 'must be superuser to alter superusers');
  if (currentRole(session).createRole || hasAdminOption(session, group)) return;
  throw dbError('insufficient_privilege', `must have admin option on role "${group.name}"`);
}

function hasAdminOption(session: SessionContext, group: RoleDescriptor): boolean {
  const catalog = session.catalog();
  return [...effectiveRoles(catalog, session.currentUser())].some((oid) =>
    catalog.role(oid)?.memberOf.some(({ role, admin }) => role === group.oid && admin),
  );
}

/** Makes roles members of a group; one that is already gets a notice, or the admin option. */
export async function addMembers(
  session: SessionContext,
  group: RoleDescriptor,
  members: readonly RoleDescriptor[],
  admin: boolean,
): Promise<void> {
  for (const { oid } of members) {
    const catalog = session.catalog();
    const member = catalog.role(oid) as RoleDescriptor;
    if (memberRoles(catalog, group.oid).has(member.oid)) {
      throw dbError(
        'invalid_grant_operation',
        `role "${group.name}" is a member of role "${member.name}"`,
      );
    }
    const existing = member.memberOf.find(({ role }) => role === group.oid);
    if (existing !== undefined && (existing.admin || !admin)) {
      session.notice('NOTICE', `role "${member.name}" is already a member of role "${group.name}"`);
      continue;
    }
    const others = member.memberOf.filter(({ role }) => role !== group.oid);
    const memberOf = [...others, { role: group.oid, admin }];
    await session.transaction
      .current()
      .changeCatalog([{ change: 'put', object: { ...member, memberOf } }]);
  }
}

async function dropMembers(
  session: SessionContext,
  group: RoleDescriptor,
  members: readonly RoleDescriptor[],
  adminOnly: boolean,
): Promise<void> {
  for (const { oid } of members) {
    const member = session.catalog().role(oid) as RoleDescriptor;
    if (!member.memberOf.some(({ role }) => role === group.oid)) {
      session.notice('WARNING', `role "${member.name}" is not a member of role "${group.name}"`);
      continue;
    }
    const memberOf = adminOnly
      ? member.memberOf.map((each) => (each.role === group.oid ? { ...each, admin: false } : each))
      : member.memberOf.filter(({ role }) => role !== group.oid);
    await session.transaction
      .current()
      .changeCatalog([{ change: 'put', object: { ...member, memberOf } }]);
  }
}
