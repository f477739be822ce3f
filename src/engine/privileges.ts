/**
 * Who may do what. Superusers may do everything; others need ownership or a grant in the object's ACL.
 * ACL entries are PostgreSQL's text form: `grantee=privileges/grantor`, an empty grantee meaning PUBLIC.
 */
import type { CatalogSnapshot, ObjectDescriptor, RelationDescriptor } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { PhysicalPlan } from '../plan/physical.ts';
import type { Oid } from '../types/type.ts';
import type { SessionContext } from './session-context.ts';

/** a INSERT, r SELECT, w UPDATE, d DELETE, D TRUNCATE, U USAGE, C CREATE. */
export type PrivilegeLetter = 'a' | 'r' | 'w' | 'd' | 'D' | 'U' | 'C';

export function isSuperuser(session: SessionContext): boolean {
  return session.catalog().role(session.currentUser())?.superuser === true;
}

/** The role and all roles that it is a member of. */
export function effectiveRoles(catalog: CatalogSnapshot, role: Oid): ReadonlySet<Oid> {
  const roles = new Set<Oid>([role]);
  for (const oid of roles) {
    for (const membership of catalog.role(oid)?.memberOf ?? []) roles.add(membership.role);
  }
  return roles;
}

export function isOwner(session: SessionContext, object: ObjectDescriptor): boolean {
  if (isSuperuser(session)) return true;
  const roles = effectiveRoles(session.catalog(), session.currentUser());
  return roles.has(ownerOf(session.catalog(), object));
}

function ownerOf(catalog: CatalogSnapshot, object: ObjectDescriptor): Oid {
  if (object.kind === 'role') return 0;
  if (object.kind !== 'index') return object.owner;
  const table = catalog.relation(object.table);
  return table?.kind === 'table' ? table.owner : 0;
}

export function requireOwner(session: SessionContext, object: ObjectDescriptor): void {
  if (isOwner(session, object)) return;
  throw dbError('insufficient_privilege', `must be owner of ${object.kind} ${object.name}`);
}

export function requireSuperuser(session: SessionContext, action: string): void {
  if (isSuperuser(session)) return;
  throw dbError('insufficient_privilege', `must be superuser to ${action}`);
}

/** Whether the current role has a privilege on a relation or schema. */
export function hasPrivilege(
  session: SessionContext,
  object: ObjectDescriptor,
  letter: PrivilegeLetter,
): boolean {
  if (object.kind === 'role' || isOwner(session, object)) return true;
  if (object.kind === 'virtual' || object.oid < 16384) return letter === 'r' || letter === 'U';
  const acl = object.kind === 'index' ? undefined : object.acl;
  const catalog = session.catalog();
  const roles = effectiveRoles(catalog, session.currentUser());
  const names = new Set([...roles].map((oid) => catalog.role(oid)?.name ?? ''));
  return (acl ?? []).some((entry) => {
    const [grantee, rest] = splitAcl(entry);
    return (grantee === '' || names.has(grantee)) && rest.includes(letter);
  });
}

/** Grantee and privilege letters of one ACL entry. */
export function splitAcl(entry: string): readonly [grantee: string, privileges: string] {
  const equals = entry.lastIndexOf('=');
  return [entry.slice(0, equals).replaceAll('"', ''), entry.slice(equals + 1).split('/')[0] as string];
}

export function requirePrivilege(
  session: SessionContext,
  relation: RelationDescriptor,
  letter: PrivilegeLetter,
): void {
  if (hasPrivilege(session, relation, letter)) return;
  const kind = relation.kind === 'virtual' ? 'view' : relation.kind;
  throw dbError('insufficient_privilege', `permission denied for ${kind} ${relation.name}`);
}

/** Checks every relation that a plan reads or writes. */
export function checkPlanPrivileges(session: SessionContext, plan: PhysicalPlan): void {
  if (isSuperuser(session)) return;
  const catalog = session.catalog();
  const writeLetters = writePrivileges(plan);
  for (const oid of plan.writes) {
    const relation = catalog.relation(oid);
    if (relation !== undefined) for (const letter of writeLetters) requirePrivilege(session, relation, letter);
  }
  for (const oid of plan.reads) {
    const relation = catalog.relation(oid);
    if (relation !== undefined && !plan.writes.includes(oid)) requirePrivilege(session, relation, 'r');
  }
}

function writePrivileges(plan: PhysicalPlan): readonly PrivilegeLetter[] {
  const text = plan.root.kind;
  if (text === 'insert') return plan.root.onConflict?.action === 'update' ? ['a', 'w'] : ['a'];
  if (text === 'update') return ['w'];
  if (text === 'delete') return ['d'];
  return ['a', 'w', 'd'];
}
