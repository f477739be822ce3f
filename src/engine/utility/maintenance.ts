/** VACUUM, ANALYZE and CHECKPOINT. Storage cleans up by itself; VACUUM checks its targets and flushes. */
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { mustFindTable } from '../ddl/names.ts';
import { isOwner, requireSuperuser } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';

export async function vacuum(
  session: SessionContext,
  node: NodeBody<'VacuumStmt'>,
): Promise<string> {
  const isVacuum = node.is_vacuumcmd === true;
  if (isVacuum && session.transaction.isBlock) {
    throw dbError('active_sql_transaction', 'VACUUM cannot run inside a transaction block');
  }
  for (const target of node.rels ?? []) {
    const relation = nodeAs(target, 'VacuumRelation')?.relation;
    if (relation === undefined) continue;
    const table = mustFindTable(session, relation as RangeVar);
    if (isOwner(session, table)) continue;
    const verb = isVacuum ? 'vacuum' : 'analyze';
    session.notice('WARNING', `permission denied to ${verb} "${table.name}", skipping it`);
  }
  if (isVacuum) await session.database.storage.checkpoint();
  return isVacuum ? 'VACUUM' : 'ANALYZE';
}

export async function checkpointStatement(session: SessionContext): Promise<string> {
  requireSuperuser(session, 'do CHECKPOINT');
  await session.database.storage.checkpoint();
  return 'CHECKPOINT';
}
