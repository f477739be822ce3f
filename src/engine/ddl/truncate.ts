/** TRUNCATE: each table gets new, empty storage; the old data goes when no snapshot needs it. */
import type { CatalogChange, TableDescriptor } from '../../catalog/catalog.ts';
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { toInt64 } from '../../types/value.ts';
import { requirePrivilege } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { mustFindTable } from './names.ts';

export async function truncate(
  session: SessionContext,
  node: NodeBody<'TruncateStmt'>,
): Promise<string> {
  const transaction = session.transaction.current();
  const names = (node.relations ?? []).map((relation) => nodeAs(relation, 'RangeVar') as RangeVar);
  for (const name of names) {
    const table = mustFindTable(session, name);
    requirePrivilege(session, table, 'D');
    await transaction.lockTable(table.oid, 'exclusive', 'block');
  }
  await transaction.changeCatalog([]);
  const seen = new Set<number>();
  for (const name of names) {
    const table = mustFindTable(session, name);
    if (seen.has(table.oid)) continue;
    seen.add(table.oid);
    await replaceStorage(session, table);
    if (node.restart_seqs === true) restartSequences(session, table);
  }
  return 'TRUNCATE TABLE';
}

/** New storage ids for a table and its indexes. */
export async function replaceStorage(
  session: SessionContext,
  table: TableDescriptor,
): Promise<void> {
  const transaction = session.transaction.current();
  const changes: CatalogChange[] = [
    { change: 'put', object: { ...table, storageId: await transaction.allocateStorageId() } },
  ];
  for (const index of session.catalog().indexesOf(table.oid)) {
    changes.push({
      change: 'put',
      object: { ...index, storageId: await transaction.allocateStorageId() },
    });
  }
  await transaction.changeCatalog(changes);
}

function restartSequences(session: SessionContext, table: TableDescriptor): void {
  for (const relation of session.catalog().relations()) {
    if (relation.kind !== 'sequence' || relation.ownedBy?.table !== table.oid) continue;
    session.transaction.current().restartSequence(relation.oid, toInt64(BigInt(relation.start)));
  }
}
