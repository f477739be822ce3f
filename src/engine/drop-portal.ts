/** Takes a portal from its session, whatever it is doing. */
import type { Portal } from './portal.ts';
import type { SessionContext } from './session-context.ts';

/** Its statement ends on its own time: a portal may drop itself, as that of a COMMIT does. */
export function dropPortal(session: SessionContext, portal: Portal): void {
  if (session.portals.get(portal.name) !== portal) return;
  session.portals.delete(portal.name);
  portal.close().catch((error: unknown) => {
    session.database.env.log.warn('closing a portal failed', { error: String(error) });
  });
}
