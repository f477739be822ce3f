/** LISTEN, NOTIFY and UNLISTEN: messages go out when the sending transaction commits. */
import { dbError } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { StorageTransaction } from '../../storage/storage.ts';
import type { SessionContext } from '../session-context.ts';

/** What each transaction is to send: a message that is the same as one before goes out once. */
const PENDING = new WeakMap<StorageTransaction, Set<string>>();

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
  const transaction = session.transaction.current();
  const pending = PENDING.get(transaction) ?? new Set();
  PENDING.set(transaction, pending);
  const key = `${channel}\0${payload}`;
  if (pending.has(key)) return;
  pending.add(key);
  session.transaction.onOutcome((committed) => {
    if (committed) session.database.notifications.send(session.processId, channel, payload);
    else pending.delete(key);
  });
}
