/** pg_sleep, advisory locks, pg_cancel_backend, pg_notify. */
import { dbError } from '../../errors/db-error.ts';
import { Interval } from '../../types/interval.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { intervalMicros } from '../interval-text.ts';
import { effectiveRoles, isSuperRole, isSuperuser } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { settingRows } from '../system/tables/pg-settings.ts';
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

interface AdvisoryForm {
  readonly shared: boolean;
  readonly transaction: boolean;
  readonly wait: boolean;
}

/** pg_[try_]advisory_[xact_]lock[_shared](bigint | int, int): one and two numbers are separate spaces. */
async function advisoryLock(
  session: SessionContext,
  args: readonly Value[],
  { shared, transaction, wait }: AdvisoryForm,
): Promise<Rows> {
  const key = args.map(String).join(':');
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
}

function advisoryUnlock(session: SessionContext, args: readonly Value[], shared: boolean): Rows {
  const key = args.map(String).join(':');
  const released = session.database.advisoryLocks.unlock(key, session.processId, shared);
  if (!released) {
    session.notice(
      'WARNING',
      `you don't own a lock of type ${shared ? 'ShareLock' : 'ExclusiveLock'}`,
    );
  }
  return one(released);
}

function advisoryOperations(): [string, Operation][] {
  const operations: [string, Operation][] = [];
  for (const shared of [false, true]) {
    const suffix = shared ? '_shared' : '';
    for (const transaction of [false, true]) {
      for (const wait of [false, true]) {
        const name = `pg_${wait ? '' : 'try_'}advisory_${transaction ? 'xact_' : ''}lock${suffix}`;
        operations.push([
          name,
          (session, args) => advisoryLock(session, args, { shared, transaction, wait }),
        ]);
      }
    }
    operations.push([
      `pg_advisory_unlock${suffix}`,
      (session, args) => advisoryUnlock(session, args, shared),
    ]);
  }
  return operations;
}

function signalBackend(session: SessionContext, processId: Value, terminate: boolean): Rows {
  const target = session.database.session(Number(processId));
  if (target === undefined) {
    session.notice('WARNING', `PID ${String(processId)} is not a PostgreSQL backend process`);
    return one(false);
  }
  requireSignalRights(session, target.sessionUser, terminate);
  if (terminate) {
    target.terminate(
      dbError('admin_shutdown', 'terminating connection due to administrator command'),
    );
  } else target.cancel();
  return one(true);
}

function requireSignalRights(session: SessionContext, target: Oid, terminate: boolean): void {
  if (isSuperuser(session)) return;
  const catalog = session.catalog();
  if (isSuperRole(catalog, target)) {
    throw dbError(
      'insufficient_privilege',
      `must be a superuser to ${terminate ? 'terminate superuser process' : 'cancel superuser query'}`,
    );
  }
  if (effectiveRoles(catalog, session.currentUser()).has(target)) return;
  throw dbError(
    'insufficient_privilege',
    `must be a member of the role whose ${terminate ? 'process is being terminated' : 'query is being canceled'} or member of pg_signal_backend`,
  );
}

export const serverOperations: readonly (readonly [string, Operation])[] = [
  ['pg_sleep', (session, [seconds]) => sleep(session, Number(seconds) * 1000)],
  [
    'pg_sleep_for',
    (session, [interval]) =>
      sleep(session, interval instanceof Interval ? intervalMicros(interval) / 1000 : 0),
  ],
  [
    'pg_sleep_until',
    (session, [moment]) =>
      sleep(session, (Number(moment) - session.database.env.clock.nowMicros()) / 1000),
  ],
  ['pg_postmaster_start_time', (session) => one(session.database.startMicros)],
  ['pg_conf_load_time', (session) => one(session.database.startMicros)],
  ['pg_reload_conf', () => one(true)],
  ['txid_current', (session) => one(session.transaction.current().id)],
  ...advisoryOperations(),
  [
    'pg_advisory_unlock_all',
    (session) => {
      session.database.advisoryLocks.releaseSession(session.processId);
      return VOID;
    },
  ],
  ['pg_cancel_backend', (session, [pid]) => signalBackend(session, pid ?? null, false)],
  ['pg_terminate_backend', (session, [pid]) => signalBackend(session, pid ?? null, true)],
  [
    'pg_notify',
    (session, [channel, payload]) => {
      sendNotification(session, String(channel ?? ''), String(payload ?? ''));
      return VOID;
    },
  ],
  ['show_all_settings', (session) => [...settingRows(session)]],
  [
    'pg_blocking_pids',
    ({ database }, [pid]) => {
      const process = Number(pid);
      const blockers = new Set([
        ...database.storage.blockersOf(process),
        ...database.advisoryLocks.blockersOf(process),
      ]);
      return one(new PgArray(OID.int4, [...blockers]));
    },
  ],
  [
    'current_query',
    (session) => one(session.database.session(session.processId)?.activity.query ?? null),
  ],
  [
    'listening_channels',
    (session) =>
      session.database.notifications.channels(session.processId).map((channel) => [channel]),
  ],
];
