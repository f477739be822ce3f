/** Roles as statements name them. */
import type { RoleDescriptor } from '../../catalog/catalog.ts';
import { InternalError, dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';

export type RoleSpec = NodeBody<'RoleSpec'>;

export function roleByName(session: SessionContext, name: string): RoleDescriptor {
  const role = session.catalog().roleByName(name);
  if (role === undefined) throw dbError('undefined_object', `role "${name}" does not exist`);
  return role;
}

export function currentRole(session: SessionContext): RoleDescriptor {
  const role = session.catalog().role(session.currentUser());
  if (role === undefined) throw new InternalError('the current role does not exist');
  return role;
}

/** A name, CURRENT_USER and its kin; PUBLIC is no role here. */
export function mustFindRole(session: SessionContext, spec: RoleSpec | undefined): RoleDescriptor {
  switch (spec?.roletype) {
    case 'ROLESPEC_CURRENT_USER':
    case 'ROLESPEC_CURRENT_ROLE':
      return currentRole(session);
    case 'ROLESPEC_SESSION_USER': {
      const role = session.catalog().role(session.sessionUser);
      if (role === undefined) throw new InternalError('the session role does not exist');
      return role;
    }
    case 'ROLESPEC_PUBLIC':
      throw dbError('undefined_object', 'role "public" does not exist');
    default:
      return roleByName(session, spec?.rolename ?? '');
  }
}

/** The roles of a list of RoleSpec nodes. */
export function rolesOf(
  session: SessionContext,
  nodes: readonly Node[] | undefined,
): RoleDescriptor[] {
  return (nodes ?? []).map((node) => mustFindRole(session, nodeAs(node, 'RoleSpec')));
}
