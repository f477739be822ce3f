/** LISTEN, NOTIFY and UNLISTEN: messages go out when the sending transaction commits. */
import { dbError } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';

export function listen(session: SessionContext, node: NodeBody<'ListenStmt'>): string {
  const channel = node.conditionname ?? '';
  session.transaction.onOutcome((committed) => {
    if (committed) session.database.notifications.listen(session.processId, channel);
  });
  return 'LISTEN';
}

export function unlisten(session: SessionContext, node: NodeBody<'UnlistenStmt'>): string {
  const channel = node.conditionname;
  session.transaction.onOutcome((committed) => {
    if (!committed) return;
    if (channel === undefined) session.database.notifications.unlistenAll(session.processId);
    else session.database.notifications.unlisten(session.processId, channel);
  });
  return 'UNLISTEN';
}

export function notify(session: SessionContext, node: NodeBody<'NotifyStmt'>): string {
  sendNotification(session, node.conditionname ?? '', node.payload ?? '');
  return 'NOTIFY';
}

export function sendNotification(session: SessionContext, channel: string, payload: string): void {
  if (channel === '') throw dbError('invalid_parameter_value', 'channel name cannot be empty');
  if (channel.length > 63) throw dbError('invalid_parameter_value', 'channel name too long');
  if (payload.length > 7999) throw dbError('invalid_parameter_value', 'payload string too long');
  session.transaction.onOutcome((committed) => {
    if (committed) session.database.notifications.send(session.processId, channel, payload);
  });
}
