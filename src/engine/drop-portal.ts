/** Taking portals from their session, whatever they are doing. */
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

/** The protocol's portals end with their transaction; cursors see to themselves. */
export function dropProtocolPortals(session: SessionContext): void {
  for (const portal of [...session.portals.values()]) {
    if (!portal.isCursor) dropPortal(session, portal);
  }
}
