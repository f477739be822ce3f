/**
 * VACUUM, ANALYZE and CHECKPOINT. Storage cleans up by itself; VACUUM checks its targets and flushes,
 * VACUUM FULL also compacts hypertables.
 */
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { mustFindTable } from '../ddl/names.ts';
import { isOwner, requireSuperuser } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { booleanOption, optionText } from './options.ts';

export async function vacuum(
  session: SessionContext,
  node: NodeBody<'VacuumStmt'>,
): Promise<string> {
  const isVacuum = node.is_vacuumcmd === true;
  if (isVacuum && session.transaction.isBlock) {
    throw dbError('active_sql_transaction', 'VACUUM cannot run inside a transaction block');
  }
  const tables: TableDescriptor[] = [];
  for (const target of node.rels ?? []) {
    const relation = nodeAs(target, 'VacuumRelation')?.relation;
    if (relation === undefined) continue;
    const table = mustFindTable(session, relation as RangeVar);
    if (isOwner(session, table)) {
      tables.push(table);
      continue;
    }
    const verb = isVacuum ? 'vacuum' : 'analyze';
    session.notice('WARNING', `permission denied to ${verb} "${table.name}", skipping it`);
  }
  const { storage } = session.database;
  if (isVacuum) await storage.checkpoint();
  if (isVacuum && isFull(node)) {
    for (const table of node.rels === undefined ? ownTables(session) : tables) {
      await storage.compact(table);
    }
  }
  return isVacuum ? 'VACUUM' : 'ANALYZE';
}

/** VACUUM FULL, or VACUUM (FULL), (FULL true) and so on. */
function isFull({ options }: NodeBody<'VacuumStmt'>): boolean {
  for (const option of options ?? []) {
    const element = nodeAs(option, 'DefElem');
    if (element?.defname === 'full') return booleanOption('full', optionText(element.arg));
  }
  return false;
}

function ownTables(session: SessionContext): TableDescriptor[] {
  const tables: TableDescriptor[] = [];
  for (const relation of session.catalog().relations()) {
    if (relation.kind === 'table' && isOwner(session, relation)) tables.push(relation);
  }
  return tables;
}

export async function checkpointStatement(session: SessionContext): Promise<string> {
  requireSuperuser(session, 'do CHECKPOINT');
  await session.database.storage.checkpoint();
  return 'CHECKPOINT';
}
