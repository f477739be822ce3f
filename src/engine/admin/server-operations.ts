/** pg_sleep, advisory locks, pg_cancel_backend, pg_notify. */
import { dbError } from '../../errors/db-error.ts';
import { Interval } from '../../types/interval.ts';
import type { Value } from '../../types/value.ts';
import { intervalMicros } from '../interval-text.ts';
import { isSuperuser } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { sendNotification } from '../utility/notify.ts';
import type { Operation, Rows } from './engine-admin.ts';

const VOID: Rows = [['']];
const one = (value: Value): Rows => [[value]];

async function sleep(session: SessionContext, milliseconds: number): Promise<Rows> {
  if (Number.isNaN(milliseconds) || milliseconds <= 0) return VOID;
  await interruptible(session, (resolve) =>
    session.database.env.timers.after(Math.min(milliseconds, 0x7fffffff), resolve),
  );
  return VOID;
}

/** Waits for `start`'s callback; a cancel ends the wait and `start`'s result cleans up. */
async function interruptible(
  session: SessionContext,
  start: (resolve: () => void) => () => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      unregister();
      settle();
    };
    const stop = start(() => finish(resolve));
    const unregister = session.database.registerWait(session.processId, (reason) => {
      stop();
      finish(() => reject(reason));
    });
  });
}

function lockKey(args: readonly Value[], flags: number): string {
  return args.slice(0, args.length - flags).map(String).join(':');
}

const advisoryLock: Operation = async (session, args) => {
  const [wait, shared, transaction] = args.slice(-3) as [boolean, boolean, boolean];
  const key = lockKey(args, 3);
  const locks = session.database.advisoryLocks;
  const { processId } = session;
  const got = locks.tryLock(key, processId, shared, transaction);
  if (!got && !wait) return one(false);
  if (!got) {
    await interruptible(session, (resolve) =>
      locks.wait(key, processId, { shared, transaction }, resolve),
    );
  }
  if (transaction) session.transaction.onEnd(() => locks.releaseTransaction(processId));
  return wait ? VOID : one(true);
};

const advisoryUnlock: Operation = (session, args) => {
  const shared = args.at(-1) === true;
  const released = session.database.advisoryLocks.unlock(lockKey(args, 1), session.processId, shared);
  if (!released) {
    session.notice('WARNING', `you don't own a lock of type ${shared ? 'ShareLock' : 'ExclusiveLock'}`);
  }
  return one(released);
};

function signalBackend(session: SessionContext, processId: Value, terminate: boolean): Rows {
  const target = session.database.session(Number(processId));
  if (target === undefined) {
    session.notice('WARNING', `PID ${String(processId)} is not a PostgreSQL backend process`);
    return one(false);
  }
  if (!isSuperuser(session) && target.sessionUser !== session.currentUser()) {
    throw dbError(
      'insufficient_privilege',
      'must be a member of the role whose process is being terminated or a superuser',
    );
  }
  if (terminate) {
    target.terminate(
      dbError('admin_shutdown', 'terminating connection due to administrator command'),
    );
  } else target.cancel();
  return one(true);
}

export const serverOperations: readonly (readonly [string, Operation])[] = [
  ['pg_sleep', (session, [seconds]) => sleep(session, Number(seconds) * 1000)],
  ['pg_sleep_for', (session, [interval]) => sleep(session, interval instanceof Interval ? intervalMicros(interval) / 1000 : 0)],
  ['advisory_lock', advisoryLock],
  ['advisory_unlock', advisoryUnlock],
  ['pg_advisory_unlock_all', (session) => {
    session.database.advisoryLocks.releaseSession(session.processId);
    return VOID;
  }],
  ['pg_cancel_backend', (session, [pid]) => signalBackend(session, pid ?? null, false)],
  ['pg_terminate_backend', (session, [pid]) => signalBackend(session, pid ?? null, true)],
  ['pg_notify', (session, [channel, payload]) => {
    sendNotification(session, String(channel ?? ''), String(payload ?? ''));
    return VOID;
  }],
  ['listening_channels', (session) =>
    session.database.notifications.channels(session.processId).map((channel) => [channel])],
];
