/**
 * Who may do what. Superusers may do everything; others need ownership or a grant in the object's ACL.
 * A view reads what is behind it with the rights of its owner.
 */
import {
  FIRST_USER_OID,
  type CatalogSnapshot,
  type ObjectDescriptor,
  type RelationDescriptor,
  type SchemaDescriptor,
  type ViewDescriptor,
} from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { PhysicalNode, PhysicalPlan, ViewWrite } from '../plan/physical.ts';
import { someExpr } from '../plan/expr-walk.ts';
import type { Oid } from '../types/type.ts';
import { aclOf, parseAclItem } from './acl.ts';
import { relationsOfView } from './ddl/dependencies.ts';
import type { SessionContext } from './session-context.ts';
import { relationAcl, relationKind } from './system/relation-kind.ts';

/** a INSERT, r SELECT, w UPDATE, d DELETE, D TRUNCATE, U USAGE, C CREATE, T TEMPORARY, c CONNECT. */
export type PrivilegeLetter = 'a' | 'r' | 'w' | 'd' | 'D' | 'U' | 'C' | 'T' | 'c';

export function isSuperuser(session: SessionContext): boolean {
  return isSuperRole(session.catalog(), session.currentUser());
}

export function isSuperRole(catalog: CatalogSnapshot, role: Oid): boolean {
  return catalog.role(role)?.superuser === true;
}

/** The role and all roles that it is a member of, whether it inherits their rights or not. */
export function memberRoles(catalog: CatalogSnapshot, role: Oid): ReadonlySet<Oid> {
  return closure(catalog, role, false);
}

/** The role and the roles whose rights it has without SET ROLE. */
export function effectiveRoles(catalog: CatalogSnapshot, role: Oid): ReadonlySet<Oid> {
  return closure(catalog, role, true);
}

function closure(catalog: CatalogSnapshot, role: Oid, inheritOnly: boolean): ReadonlySet<Oid> {
  const roles = new Set<Oid>([role]);
  for (const oid of roles) {
    const descriptor = catalog.role(oid);
    if (descriptor === undefined || (inheritOnly && !descriptor.inherit)) continue;
    for (const membership of descriptor.memberOf) roles.add(membership.role);
  }
  return roles;
}

/** 42501 unless the current role may act as another one (as OWNER TO needs). */
export function requireMembership(session: SessionContext, role: Oid): void {
  const catalog = session.catalog();
  if (isSuperuser(session) || memberRoles(catalog, session.currentUser()).has(role)) return;
  throw dbError(
    'insufficient_privilege',
    `must be member of role "${catalog.role(role)?.name ?? ''}"`,
  );
}

export function isOwner(session: SessionContext, object: ObjectDescriptor): boolean {
  return ownsAs(session.catalog(), session.currentUser(), object);
}

function ownsAs(catalog: CatalogSnapshot, role: Oid, object: ObjectDescriptor): boolean {
  return isSuperRole(catalog, role) || effectiveRoles(catalog, role).has(ownerOf(catalog, object));
}

/** An index belongs to its table's owner. */
export function ownerOf(catalog: CatalogSnapshot, object: ObjectDescriptor): Oid {
  if (object.kind === 'role') return 0;
  if (object.kind !== 'index') return object.owner;
  const table = catalog.relation(object.table);
  return table?.kind === 'table' ? table.owner : 0;
}

export function requireOwner(session: SessionContext, object: ObjectDescriptor): void {
  if (isOwner(session, object)) return;
  const kind = object.kind === 'virtual' ? 'view' : object.kind;
  throw dbError('insufficient_privilege', `must be owner of ${kind} ${object.name}`);
}

export function requireSuperuser(session: SessionContext, action: string): void {
  if (isSuperuser(session)) return;
  throw dbError('insufficient_privilege', `must be superuser to ${action}`);
}

/** Whether the current role has a privilege on an object. */
export function hasPrivilege(
  session: SessionContext,
  object: ObjectDescriptor,
  letter: PrivilegeLetter,
): boolean {
  return hasPrivilegeAs(session.catalog(), session.currentUser(), object, letter);
}

/** Whether a role has a privilege on an object. */
export function hasPrivilegeAs(
  catalog: CatalogSnapshot,
  role: Oid,
  object: ObjectDescriptor,
  letter: PrivilegeLetter,
): boolean {
  if (object.kind === 'role' || isSuperRole(catalog, role)) return true;
  const isSystem =
    object.oid < FIRST_USER_OID && object.kind !== 'schema' && object.kind !== 'database';
  const items = isSystem
    ? (relationAcl(object as RelationDescriptor, catalog) ?? []).map(parseAclItem)
    : aclOf(catalog, object);
  const roles = effectiveRoles(catalog, role);
  const names = new Set([...roles].map((oid) => catalog.role(oid)?.name ?? ''));
  return items.some(
    ({ grantee, privileges }) => (grantee === '' || names.has(grantee)) && privileges.has(letter),
  );
}

/** 42501 with PostgreSQL's words for an object of any kind. */
export function permissionDenied(object: ObjectDescriptor): Error {
  const virtualKind = object.kind === 'virtual' && relationKind(object) === 'r' ? 'table' : 'view';
  const kind = object.kind === 'virtual' ? virtualKind : object.kind;
  return dbError('insufficient_privilege', `permission denied for ${kind} ${object.name}`);
}

export function requirePrivilege(
  session: SessionContext,
  relation: RelationDescriptor,
  letter: PrivilegeLetter,
): void {
  requirePrivilegeAs(session.catalog(), session.currentUser(), relation, letter);
}

function requirePrivilegeAs(
  catalog: CatalogSnapshot,
  role: Oid,
  relation: RelationDescriptor,
  letter: PrivilegeLetter,
): void {
  if (isSuperRole(catalog, role)) return;
  const schema = catalog.schema(relation.schema);
  if (schema !== undefined && !hasPrivilegeAs(catalog, role, schema, 'U'))
    throw permissionDenied(schema);
  if (!hasPrivilegeAs(catalog, role, relation, letter)) throw permissionDenied(relation);
}

/** CREATE on the schema that a new object goes to. */
export function requireCreate(session: SessionContext, schema: Oid): void {
  const descriptor = session.catalog().schema(schema);
  if (descriptor !== undefined) requireSchemaPrivilege(session, descriptor, 'C');
}

export function requireSchemaPrivilege(
  session: SessionContext,
  schema: SchemaDescriptor,
  letter: 'U' | 'C',
): void {
  if (!hasPrivilege(session, schema, letter)) throw permissionDenied(schema);
}

/** Checks every relation that a plan reads or writes. */
export function checkPlanPrivileges(session: SessionContext, plan: PhysicalPlan): void {
  if (isSuperuser(session)) return;
  const catalog = session.catalog();
  const role = session.currentUser();
  const writeLetters = writePrivileges(plan.root);
  for (const oid of plan.directWrites) {
    const relation = catalog.relation(oid);
    if (relation === undefined) continue;
    for (const letter of writeLetters) requirePrivilegeAs(catalog, role, relation, letter);
  }
  for (const write of plan.viewWrites) requireViewWrite(session, role, write);
  for (const oid of plan.directReads) {
    const relation = catalog.relation(oid);
    if (relation !== undefined) requireReadable(session, role, relation, new Set());
  }
}

/** The role needs the rights on the view, its owner those on what is below, and so on down to the table. */
function requireViewWrite(
  session: SessionContext,
  role: Oid,
  { views, table, privileges, readsBehind }: ViewWrite,
): void {
  const catalog = session.catalog();
  const path = [...views, table].flatMap((oid) => catalog.relation(oid) ?? []);
  const actors = [role];
  path.forEach((relation, level) => {
    const actor = actors[level];
    for (const letter of privileges) {
      if (level === 0) requirePrivilegeAs(catalog, actor, relation, letter);
      else if (!hasPrivilegeAs(catalog, actor, relation, letter)) throw permissionDenied(relation);
    }
    if (relation.kind === 'view') actors.push(readerBehind(relation, actor));
  });
  if (!readsBehind) return;
  path.forEach((view, level) => {
    if (view.kind !== 'view') return;
    for (const oid of relationsOfView(session, catalog, view)) {
      const read = catalog.relation(oid);
      if (read !== undefined && oid !== path[level + 1].oid)
        requireReadable(session, actors[level + 1], read, new Set([view.oid]));
    }
  });
}

/** Who reads what is behind a view. */
function readerBehind(view: ViewDescriptor, role: Oid): Oid {
  return view.options?.includes('security_invoker=true') === true ? role : view.owner;
}

/** SELECT on the relation; of a view, its owner must be able to read what the view reads. */
function requireReadable(
  session: SessionContext,
  role: Oid,
  relation: RelationDescriptor,
  seen: Set<Oid>,
): void {
  const catalog = session.catalog();
  // The schemas of names inside a view were looked up when it was made.
  if (seen.size === 0) requirePrivilegeAs(catalog, role, relation, 'r');
  else if (!hasPrivilegeAs(catalog, role, relation, 'r')) throw permissionDenied(relation);
  if (relation.kind !== 'view' || relation.oid < FIRST_USER_OID || seen.has(relation.oid)) return;
  seen.add(relation.oid);
  for (const oid of relationsOfView(session, catalog, relation)) {
    const inner = catalog.relation(oid);
    if (inner !== undefined) requireReadable(session, readerBehind(relation, role), inner, seen);
  }
}

function writePrivileges(root: PhysicalNode): readonly PrivilegeLetter[] {
  switch (root.kind) {
    case 'insert': {
      const letters: PrivilegeLetter[] =
        root.onConflict?.action === 'update' ? ['a', 'w', 'r'] : ['a'];
      return root.returning === null ? letters : [...letters, 'r'];
    }
    case 'update':
      return readsOldRow(root.input) || root.returning !== null ? ['w', 'r'] : ['w'];
    case 'delete':
      return readsOldRow(root.input) || root.returning !== null ? ['d', 'r'] : ['d'];
    default:
      return lockOnly(root) ? ['r', 'w'] : ['r', 'a', 'w', 'd'];
  }
}

/** True where the rows to change are chosen by their values. */
function readsOldRow(node: PhysicalNode): boolean {
  switch (node.kind) {
    case 'table-scan':
      return node.filter !== null || node.predicates.length > 0;
    case 'project':
      // Columns that stay as they are pass through; a computed value was read by the statement.
      return (
        readsOldRow(node.input) ||
        node.exprs.some(
          (expr) => expr.kind !== 'column' && someExpr(expr, (child) => child.kind === 'column'),
        )
      );
    default:
      return true;
  }
}

/** SELECT ... FOR UPDATE: nothing below changes rows. */
function lockOnly(node: PhysicalNode): boolean {
  if (node.kind === 'insert' || node.kind === 'update' || node.kind === 'delete') return false;
  return Object.values(node).every((value: unknown) => {
    if (Array.isArray(value)) return value.every((item) => !isNode(item) || lockOnly(item));
    return !isNode(value) || lockOnly(value);
  });
}

function isNode(value: unknown): value is PhysicalNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'estimatedRows' in value;
}

/** Grantee and privilege letters of one ACL entry. */
export function splitAcl(entry: string): readonly [grantee: string, privileges: string] {
  const { grantee, privileges } = parseAclItem(entry);
  return [grantee, [...privileges].join('')];
}
