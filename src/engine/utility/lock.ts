/** LOCK TABLE. */
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { mustFindTable } from '../ddl/names.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { hasPrivilege, permissionDenied, type PrivilegeLetter } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';

/** Modes 1 to 3 (ACCESS SHARE to ROW EXCLUSIVE) let writers pass; the stronger ones do not. */
const SHARED_MODE_MAX = 3;
const ACCESS_SHARE = 1;
const ROW_EXCLUSIVE = 3;
const ACCESS_EXCLUSIVE = 8;

/** Any of the privileges that would need such a lock. */
function requireLockRights(session: SessionContext, table: TableDescriptor, mode: number): void {
  const letters: PrivilegeLetter[] = ['w', 'd', 'D'];
  if (mode <= ROW_EXCLUSIVE) letters.push('a');
  if (mode === ACCESS_SHARE) letters.push('r');
  if (!letters.some((letter) => hasPrivilege(session, table, letter)))
    throw permissionDenied(table);
}

export async function lockTables(
  session: SessionContext,
  node: NodeBody<'LockStmt'>,
): Promise<string> {
  session.transaction.requireBlock('LOCK TABLE');
  for (const relation of node.relations ?? []) {
    const table = mustFindTable(session, nodeAs(relation, 'RangeVar') as RangeVar);
    requireLockRights(session, table, node.mode ?? ACCESS_EXCLUSIVE);
    const mode = (node.mode ?? ACCESS_EXCLUSIVE) <= SHARED_MODE_MAX ? 'shared' : 'exclusive';
    await session.transaction
      .current()
      .lockTable(table.oid, mode, node.nowait === true ? 'nowait' : 'block');
  }
  return 'LOCK TABLE';
}
