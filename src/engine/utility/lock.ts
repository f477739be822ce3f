/** LOCK TABLE. */
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { mustFindTable } from '../ddl/names.ts';
import type { SessionContext } from '../session-context.ts';

/** Modes 1 to 3 (ACCESS SHARE to ROW EXCLUSIVE) let writers pass; the stronger ones do not. */
const SHARED_MODE_MAX = 3;

export async function lockTables(
  session: SessionContext,
  node: NodeBody<'LockStmt'>,
): Promise<string> {
  session.transaction.requireBlock('LOCK TABLE');
  for (const relation of node.relations ?? []) {
    const table = mustFindTable(session, nodeAs(relation, 'RangeVar') as RangeVar);
    const mode = (node.mode ?? 8) <= SHARED_MODE_MAX ? 'shared' : 'exclusive';
    await session.transaction
      .current()
      .lockTable(table.oid, mode, node.nowait === true ? 'nowait' : 'block');
  }
  return 'LOCK TABLE';
}
