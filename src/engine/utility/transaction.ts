/** BEGIN, COMMIT, ROLLBACK and savepoints. */
import { notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import { commandExecutable, type Executable } from '../executable.ts';
import { dropProtocolPortals } from '../drop-portal.ts';
import type { SessionContext } from '../session-context.ts';
import type { TransactionModes } from '../transaction-state.ts';

const CONTROL = { takesSnapshot: false } as const;
/** What a failed transaction still takes. */
const EXIT = { allowedWhenFailed: true, takesSnapshot: false } as const;

export function transactionExecutable(
  session: SessionContext,
  node: NodeBody<'TransactionStmt'>,
): Executable {
  const { transaction } = session;
  switch (node.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return commandExecutable(() => {
        if (!transaction.beginBlock(transactionModes(node.options ?? []))) {
          session.notice('WARNING', 'there is already a transaction in progress');
        }
        return node.kind === 'TRANS_STMT_BEGIN' ? 'BEGIN' : 'START TRANSACTION';
      }, CONTROL);
    case 'TRANS_STMT_COMMIT':
      return commandExecutable(() => end(session, true, node.chain === true), EXIT);
    case 'TRANS_STMT_ROLLBACK':
      return commandExecutable(() => end(session, false, node.chain === true), EXIT);
    case 'TRANS_STMT_SAVEPOINT':
      return commandExecutable(() => {
        transaction.savepoint(node.savepoint_name ?? '');
        return 'SAVEPOINT';
      }, CONTROL);
    case 'TRANS_STMT_RELEASE':
      return commandExecutable(() => {
        transaction.releaseSavepoint(node.savepoint_name ?? '');
        return 'RELEASE';
      }, CONTROL);
    case 'TRANS_STMT_ROLLBACK_TO':
      return commandExecutable(() => {
        transaction.rollbackToSavepoint(node.savepoint_name ?? '');
        return 'ROLLBACK';
      }, EXIT);
    default:
      throw notSupported('two-phase commit');
  }
}

async function end(session: SessionContext, commit: boolean, chain: boolean): Promise<string> {
  const { transaction, settings } = session;
  if (!transaction.isBlock) {
    if (chain) transaction.requireBlock(commit ? 'COMMIT AND CHAIN' : 'ROLLBACK AND CHAIN');
    session.notice('WARNING', 'there is no transaction in progress');
  }
  const modes: TransactionModes = {
    isolation: settings.get('transaction_isolation'),
    readOnly: settings.isOn('transaction_read_only'),
  };
  dropProtocolPortals(session);
  let tag: string = 'ROLLBACK';
  if (commit) tag = await transaction.commit();
  else transaction.rollback();
  if (chain) transaction.beginBlock(modes);
  return tag;
}

/** ISOLATION LEVEL, READ ONLY / READ WRITE and DEFERRABLE of BEGIN and SET TRANSACTION. */
export function transactionModes(options: readonly Node[]): TransactionModes {
  let modes: TransactionModes = {};
  for (const option of options) {
    const element = nodeAs(option, 'DefElem');
    const constant = nodeAs(element?.arg, 'A_Const');
    const number = constant?.ival?.ival ?? 0;
    if (element?.defname === 'transaction_isolation') {
      modes = { ...modes, isolation: constant?.sval?.sval };
    } else if (element?.defname === 'transaction_read_only') {
      modes = { ...modes, readOnly: number === 1 };
    } else if (element?.defname === 'transaction_deferrable') {
      modes = { ...modes, deferrable: number === 1 };
    }
  }
  return modes;
}
