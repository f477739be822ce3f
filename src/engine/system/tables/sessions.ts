/** What sessions are doing: activity, locks, cursors, prepared statements. */
import { PgArray } from '../../../types/pg-array.ts';
import { typeInfo } from '../../../types/type-table.ts';
import { OID } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import type { SessionImpl } from '../../session-impl.ts';
import { isSuperuser } from '../../privileges.ts';
import { liveTable, type Row } from '../virtual-table.ts';

function activityRow(other: SessionImpl, viewer: SessionContext): Row {
  const catalog = viewer.catalog();
  const { activity, options, transaction } = other;
  const visible = isSuperuser(viewer) || viewer.currentUser() === other.sessionUser;
  const start = [
    catalog.databaseOid,
    catalog.databaseName,
    other.processId,
    null,
    other.sessionUser,
  ];
  const name = catalog.role(other.sessionUser)?.name ?? null;
  if (!visible) {
    const hidden = Array.from({ length: 13 }, () => null);
    return [
      ...start,
      name,
      other.settings.mustGet('application_name'),
      ...hidden,
      '<insufficient privilege>',
      null,
    ];
  }
  const isIdle = activity.state !== 'active';
  return [
    ...start,
    name,
    other.settings.mustGet('application_name'),
    clientAddress(options.clientAddress),
    null,
    options.clientPort ?? -1,
    other.startMicros,
    transaction.isOpen ? transaction.startMicros : null,
    activity.query === '' ? null : activity.sinceMicros,
    activity.sinceMicros,
    isIdle ? 'Client' : null,
    isIdle ? 'ClientRead' : null,
    stateOf(other),
    null,
    null,
    null,
    activity.query,
    'client backend',
  ];
}

/** As inet prints it; an IPv4 client of a dual-stack socket is an IPv4 client. */
function clientAddress(address: string | null): string | null {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? null;
}

function stateOf(session: SessionImpl): string {
  const { state } = session.activity;
  if (state === 'active' || session.transactionStatus === 'I') return state;
  return session.transactionStatus === 'E'
    ? 'idle in transaction (aborted)'
    : 'idle in transaction';
}

export const pgStatActivity = liveTable('pg_stat_activity', function* (session) {
  for (const other of session.database.sessions()) yield activityRow(other, session);
});

/** Advisory locks; their keys are one bigint or two integers, joined by a colon. */
function lockRow(
  session: SessionContext,
  hold: { readonly key: string; readonly processId: number; readonly shared: boolean },
): Row {
  const [first, second] = hold.key.split(':') as [string, string | undefined];
  const key = BigInt.asUintN(64, BigInt(first));
  const pair =
    second === undefined
      ? { classid: Number(key >> 32n), objid: Number(key & 0xffffffffn), objsubid: 1 }
      : {
          classid: Number(BigInt.asUintN(32, key)),
          objid: Number(BigInt.asUintN(32, BigInt(second))),
          objsubid: 2,
        };
  return [
    'advisory',
    session.catalog().databaseOid,
    null,
    null,
    null,
    null,
    null,
    pair.classid,
    pair.objid,
    pair.objsubid,
    `${hold.processId}/0`,
    hold.processId,
    hold.shared ? 'ShareLock' : 'ExclusiveLock',
    true,
    false,
    null,
  ];
}

export const pgLocks = liveTable('pg_locks', function* (session) {
  for (const hold of session.database.advisoryLocks.holds()) yield lockRow(session, hold);
});

export const pgCursors = liveTable('pg_cursors', function* (session) {
  for (const portal of session.portals.values()) {
    // The unnamed portal is the statement that asks.
    if (portal.name === '') continue;
    const isBinary = portal.formats.length > 0 && portal.formats.every((format) => format === 1);
    yield [portal.name, portal.sql, portal.holdable, isBinary, false, portal.createdMicros];
  }
});

export const pgPreparedStatements = liveTable('pg_prepared_statements', function* (session) {
  for (const statement of session.statements.values()) {
    if (statement.name === '') continue;
    const types = statement.executable?.parameterTypes ?? [];
    const known = types.map((oid) => (typeInfo(oid) === undefined ? OID.text : oid));
    yield [
      statement.name,
      statement.sql,
      statement.prepareMicros,
      new PgArray(OID.regtype, known),
      statement.fromSql,
      0,
      0,
    ];
  }
});
