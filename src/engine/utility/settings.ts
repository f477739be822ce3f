/** SET, RESET, SHOW and DISCARD. */
import { dbError } from '../../errors/db-error.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import { OID, sqlType } from '../../types/type.ts';
import { fixedZoneName } from '../../types/datetime/timezone.ts';
import { Interval } from '../../types/interval.ts';
import { codecFor } from '../../types/codecs.ts';
import { vectorFromValues } from '../../vector/vector.ts';
import { completed, type Executable } from '../executable.ts';
import { discardTemporary } from '../ddl/temporary.ts';
import type { FieldDescription } from '../session.ts';
import type { SessionContext } from '../session-context.ts';
import { forgetSequences } from '../session-sequences.ts';
import { resetSessionAuthorization, setSetting } from '../set-setting.ts';
import { transactionModes } from './transaction.ts';

export function setStatement(session: SessionContext, node: NodeBody<'VariableSetStmt'>): string {
  const { settings, transaction } = session;
  const name = node.name ?? '';
  const local = node.is_local === true;
  if (local && !transaction.isBlock) {
    session.notice('WARNING', 'SET LOCAL can only be used in transaction blocks');
  }
  switch (node.kind) {
    case 'VAR_SET_VALUE':
      setSetting(session, name, settingText(session, name, node.args ?? []), local);
      return 'SET';
    case 'VAR_SET_DEFAULT':
    case 'VAR_RESET':
      if (name === 'session_authorization') resetSessionAuthorization(session, local);
      else if (name === 'role') setSetting(session, name, 'none', local);
      else settings.reset(name, true);
      return node.kind === 'VAR_RESET' ? 'RESET' : 'SET';
    case 'VAR_RESET_ALL':
      settings.resetAll(true);
      return 'RESET';
    case 'VAR_SET_MULTI':
      return setMulti(session, name, node.args ?? []);
    case 'VAR_SET_CURRENT':
      setSetting(session, name, settings.mustGet(name), local);
      return 'SET';
    default:
      throw dbError('syntax_error', `unsupported SET form for "${name}"`);
  }
}

function setMulti(session: SessionContext, name: string, args: readonly Node[]): string {
  const modes = transactionModes(args);
  const { settings } = session;
  if (name === 'TRANSACTION') {
    if (!session.transaction.isBlock) {
      session.notice('WARNING', 'SET TRANSACTION can only be used in transaction blocks');
      return 'SET';
    }
    session.transaction.setModes(modes);
    return 'SET';
  }
  if (name === 'SESSION CHARACTERISTICS') {
    if (modes.isolation !== undefined)
      settings.set('default_transaction_isolation', modes.isolation, false, true);
    if (modes.readOnly !== undefined)
      settings.set('default_transaction_read_only', modes.readOnly ? 'on' : 'off', false, true);
    if (modes.deferrable !== undefined)
      settings.set('default_transaction_deferrable', modes.deferrable ? 'on' : 'off', false, true);
    return 'SET';
  }
  throw dbError('feature_not_supported', 'SET TRANSACTION SNAPSHOT is not supported');
}

/** The value as text; lists (search_path, DateStyle) joined and their names quoted. */
export function settingText(session: SessionContext, name: string, args: readonly Node[]): string {
  const isList = ['search_path', 'datestyle', 'temp_tablespaces'].includes(name.toLowerCase());
  const parts = args.map((arg) => argumentText(session, arg));
  if (name.toLowerCase() === 'search_path') return parts.map(quoteIdentifier).join(', ');
  return isList ? parts.join(', ') : parts.join(',');
}

function argumentText(session: SessionContext, node: Node): string {
  const cast = nodeAs(node, 'TypeCast');
  if (cast !== undefined)
    return intervalZone(session, nodeAs(cast.arg, 'A_Const')?.sval?.sval ?? '');
  const constant = nodeAs(node, 'A_Const');
  if (constant?.sval !== undefined) return constant.sval.sval ?? '';
  if (constant?.fval !== undefined) return constant.fval.fval ?? '';
  if (constant?.boolval !== undefined) return constant.boolval.boolval === true ? 'on' : 'off';
  return String(constant?.ival?.ival ?? 0);
}

/** SET TIME ZONE INTERVAL '+02:00': a fixed offset, in POSIX notation as SHOW prints it. */
function intervalZone(session: SessionContext, text: string): string {
  const value = codecFor(OID.interval).parseText(text, -1, session.evalContext().format);
  if (!(value instanceof Interval))
    throw dbError('invalid_parameter_value', `invalid interval "${text}"`);
  return fixedZoneName(Math.trunc(Number(value.micros) / 1e6));
}

const SHOW_NAMES = new Map([
  ['timezone', 'TimeZone'],
  ['datestyle', 'DateStyle'],
  ['intervalstyle', 'IntervalStyle'],
]);

export function showExecutable(
  session: SessionContext,
  node: NodeBody<'VariableShowStmt'>,
): Executable {
  const name = node.name ?? '';
  const { settings } = session;
  if (name.toLowerCase() === 'all') {
    const fields = ['name', 'setting', 'description'].map(textField);
    return rowsExecutable(fields, () =>
      [...settings.all()].map(({ definition, value }) => [
        definition.name,
        value,
        definition.description,
      ]),
    );
  }
  settings.mustGet(name);
  return rowsExecutable([textField(SHOW_NAMES.get(name.toLowerCase()) ?? name)], () => [
    [settings.mustGet(name)],
  ]);
}

export function textField(name: string): FieldDescription {
  return { name, tableOid: 0, attnum: 0, type: sqlType(OID.text), typeLength: -1 };
}

/** A statement whose rows are texts computed on the spot; its tag is SHOW. */
function rowsExecutable(fields: readonly FieldDescription[], rows: () => string[][]): Executable {
  return {
    fields,
    parameterTypes: [],
    allowedWhenFailed: false,
    takesSnapshot: false,
    async *run() {
      const values = rows();
      yield {
        columns: fields.map((field, i) =>
          vectorFromValues(
            field.type,
            values.map((row) => row[i] ?? null),
          ),
        ),
        length: values.length,
      };
      return completed('SHOW');
    },
  };
}

export async function discard(
  session: SessionContext,
  node: NodeBody<'DiscardStmt'>,
): Promise<string> {
  if (node.target === 'DISCARD_ALL') {
    if (session.transaction.isBlock) {
      throw dbError('active_sql_transaction', 'DISCARD ALL cannot run inside a transaction block');
    }
    resetSessionAuthorization(session, false);
    session.settings.resetAll(false);
    session.statements.clear();
    for (const portal of session.portals.values())
      if (portal.isCursor) session.portals.delete(portal.name);
    session.database.releaseAdvisoryLocks(session.processId);
    session.database.notifications.unlistenAll(session.processId);
  }
  if (node.target === 'DISCARD_SEQUENCES' || node.target === 'DISCARD_ALL')
    forgetSequences(session);
  if (node.target === 'DISCARD_TEMP' || node.target === 'DISCARD_ALL')
    await discardTemporary(session);
  return `DISCARD ${(node.target ?? 'DISCARD_ALL').replace('DISCARD_', '')}`;
}
