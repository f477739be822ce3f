/** Builds what functions and operators see of a running statement. */
import type { ExecContext, Instrumentation } from '../exec/operator.ts';
import type { EvalContext, SessionView } from '../functions/function.ts';
import type { Value } from '../types/value.ts';
import { engineAdmin } from './admin/engine-admin.ts';
import { regNames } from './reg-names.ts';
import { checkpointOf } from './checkpoint.ts';
import { explicitSearchPath } from './search-path.ts';
import { setSetting } from './set-setting.ts';
import { sequencesOf } from './session-sequences.ts';
import type { SessionImpl } from './session-impl.ts';
import { sqlTexts } from './system/sql-texts.ts';

export function buildEvalContext(session: SessionImpl): EvalContext {
  const { database, transaction } = session;
  const transactionMicros = transaction.isOpen ? transaction.startMicros : session.statementMicros;
  const catalog = session.catalog();
  return {
    format: { names: regNames(session, catalog), ...session.settings.format(transactionMicros) },
    transactionMicros,
    // A transaction starts with its first statement, not a moment later.
    statementMicros: Math.max(session.statementMicros, transactionMicros),
    clock: database.env.clock,
    random: database.env.random,
    catalog,
    session: sessionView(session),
    sequences: sequencesOf(session),
    admin: engineAdmin(session),
    sqlTexts: sqlTexts(session),
    notice: (severity, message, detail, hint) => session.notice(severity, message, detail, hint),
  };
}

function sessionView(session: SessionImpl): SessionView {
  return {
    key: session,
    processId: session.processId,
    databaseName: session.database.name,
    sessionUser: session.sessionUser,
    currentUser: () => session.currentUser(),
    searchPath(implicit) {
      if (implicit) return session.lookupPath();
      const catalog = session.catalog();
      const user = catalog.role(session.currentUser())?.name ?? '';
      return explicitSearchPath(session.settings.mustGet('search_path'), user, catalog);
    },
    getSetting: (name) => session.settings.get(name),
    setSetting: (name, value, isLocal) => setSetting(session, name, value, isLocal),
    startMicros: session.startMicros,
    clientAddress: session.options.clientAddress,
    clientPort: session.options.clientPort,
  };
}

export function buildExecContext(
  session: SessionImpl,
  parameters: readonly Value[],
  execParams: number,
  instrumentation: Instrumentation | undefined,
): ExecContext {
  const { database, cancelState } = session;
  const evalContext = session.evalContext();
  const workMemoryBytes = session.settings.integer('work_mem') * 1024;
  return {
    eval: evalContext,
    transaction: session.transaction.current(),
    parameters,
    execParams: Array.from({ length: execParams }, () => null),
    workMemoryBytes,
    // Not a getter, which would make it a dictionary to V8.
    hashMemoryBytes: workMemoryBytes * Number(session.settings.mustGet('hash_mem_multiplier')),
    temporaryFiles: database.temporarySpace?.forStatement(session.processId, () =>
      temporaryFileLimit(session),
    ),
    cancel: cancelState,
    checkpoint: checkpointOf(session),
    virtualRows: (table) => database.virtualRows(table, session),
    instrumentation,
    modified: new Map(),
    shared: new Map(),
  };
}

/** temp_file_limit in bytes. */
function temporaryFileLimit(session: SessionImpl): number {
  const kilobytes = session.settings.integer('temp_file_limit');
  return kilobytes < 0 ? Infinity : kilobytes * 1024;
}
