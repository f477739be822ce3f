/** SET and set_config: most settings are only values, some have more behind them. */
import { dbError } from '../errors/db-error.ts';
import type { Oid } from '../types/type.ts';
import { parseBooleanWord } from './settings/parse-setting.ts';
import { isSuperuser, memberRoles } from './privileges.ts';
import type { SessionContext } from './session-context.ts';

const SPECIAL_NAMES = new Map([
  ['timezone', 'TimeZone'],
  ['session characteristics', 'default_transaction_isolation'],
]);

/** Returns the value as stored. */
export function setSetting(
  session: SessionContext,
  name: string,
  value: string,
  local: boolean,
): string {
  const key = name.toLowerCase();
  if (key === 'role') return setRole(session, value, local);
  if (key === 'session_authorization') return setSessionAuthorization(session, value, local);
  if (key === 'transaction_read_only' && parseBooleanWord(value) === 'off') {
    session.transaction.setModes({ readOnly: false });
    return 'off';
  }
  if (key === 'transaction_isolation') {
    session.transaction.setModes({ isolation: value.toLowerCase() });
    return value.toLowerCase();
  }
  return session.settings.set(SPECIAL_NAMES.get(key) ?? name, value, local, true);
}

/** Whom RESET and DISCARD ALL make of the session again. */
export function resetSessionAuthorization(session: SessionContext, local: boolean): void {
  const own = session.catalog().role(session.authenticatedUser)?.name ?? '';
  setSessionAuthorization(session, own, local);
}

function setRole(session: SessionContext, value: string, local: boolean): string {
  const role = value === 'none' ? null : permittedRole(session, value);
  takeRole(session, role, value, local);
  return value;
}

function permittedRole(session: SessionContext, name: string): Oid {
  const catalog = session.catalog();
  const role = catalog.roleByName(name);
  if (role === undefined) throw dbError('invalid_parameter_value', `role "${name}" does not exist`);
  const sessionRole = catalog.role(session.sessionUser);
  if (sessionRole?.superuser === true) return role.oid;
  if (memberRoles(catalog, session.sessionUser).has(role.oid)) return role.oid;
  throw dbError('insufficient_privilege', `permission denied to set role "${name}"`);
}

function setSessionAuthorization(session: SessionContext, value: string, local: boolean): string {
  const catalog = session.catalog();
  const authenticated = catalog.role(session.authenticatedUser);
  const role = catalog.roleByName(value);
  if (role === undefined)
    throw dbError('invalid_parameter_value', `role "${value}" does not exist`);
  if (role.oid !== authenticated?.oid && authenticated?.superuser !== true) {
    throw dbError(
      'insufficient_privilege',
      `permission denied to set session authorization "${value}"`,
    );
  }
  takeRole(session, null, 'none', local);
  const before = session.sessionUser;
  session.settings.setWithUndo('session_authorization', role.name, local, () =>
    becomeSessionUser(session, before),
  );
  becomeSessionUser(session, role.oid);
  return role.name;
}

/** The role goes back where its setting does: with a rollback, to a savepoint too, and after SET LOCAL. */
function takeRole(session: SessionContext, role: Oid | null, name: string, local: boolean): void {
  const before = explicitRole(session);
  session.settings.setWithUndo('role', name, local, () => becomeUser(session, before));
  becomeUser(session, role);
}

/** What SET ROLE has chosen, null where the session's own role acts. */
function explicitRole(session: SessionContext): Oid | null {
  return session.currentUser() === session.sessionUser ? null : session.currentUser();
}

function becomeUser(session: SessionContext, role: Oid | null): void {
  session.setCurrentUser(role);
  session.settings.assign('is_superuser', isSuperuser(session) ? 'on' : 'off');
}

/** SET ROLE has a setting, and an undo, of its own: it stays. */
function becomeSessionUser(session: SessionContext, user: Oid): void {
  const role = explicitRole(session);
  session.setSessionUser(user === session.authenticatedUser ? null : user);
  becomeUser(session, role);
}
