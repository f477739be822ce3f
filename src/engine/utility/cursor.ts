/** DECLARE, FETCH, MOVE and CLOSE: forward cursors over portals. */
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import type { Batch } from '../../vector/vector.ts';
import { completed, type Executable, type StatementRun } from '../executable.ts';
import { dropPortal } from '../drop-portal.ts';
import { Portal } from '../portal.ts';
import { planAhead, queryExecutable } from '../query.ts';
import type { ResultSink } from '../session.ts';
import type { SessionContext } from '../session-context.ts';

const OPTION_SCROLL = 2;
const OPTION_HOLD = 32;
/** FETCH ALL as the grammar has it (LONG_MAX). */
const FETCH_ALL = 2147483647;

export async function declareCursor(
  session: SessionContext,
  node: NodeBody<'DeclareCursorStmt'>,
  statement: ParsedStatement,
): Promise<string> {
  const name = node.portalname ?? '';
  const options = node.options ?? 0;
  const hold = (options & OPTION_HOLD) !== 0;
  if (!hold) session.transaction.requireBlock('DECLARE CURSOR');
  if ((options & OPTION_SCROLL) !== 0) throw notSupported('a SCROLL cursor');
  if (session.portals.has(name))
    throw dbError('duplicate_cursor', `cursor "${name}" already exists`);
  const inner: ParsedStatement = {
    ...statement,
    node: node.query as NonNullable<typeof node.query>,
    text: `cursor ${statement.text}`,
  };
  await planAhead(session, inner, statement.text, []);
  const query = queryExecutable(session, inner, statement.text, []);
  const executable = hold ? await materialized(session, query) : query;
  const portal = new Portal({
    name,
    executable,
    parameters: [],
    formats: [],
    sql: statement.text,
    isCursor: true,
    createdMicros: session.database.env.clock.nowMicros(),
    transaction: session.transaction,
  });
  portal.holdable = hold;
  portal.keepView();
  session.portals.set(name, portal);
  session.transaction.onOutcome((committed) => {
    if (!(hold && committed)) dropPortal(session, portal);
  });
  return 'DECLARE CURSOR';
}

/** WITH HOLD: the rows are computed now and outlive the transaction. */
async function materialized(session: SessionContext, query: Executable): Promise<Executable> {
  const batches: Batch[] = [];
  const run = query.run({ parameters: [], sink: session.sink as ResultSink, text: '' });
  for (let step = await run.next(); step.done !== true; step = await run.next())
    batches.push(step.value);
  return {
    ...query,
    async *run(): StatementRun {
      yield* batches;
      return { tag: 'SELECT', countDelivered: true };
    },
  };
}

export function fetchExecutable(session: SessionContext, node: NodeBody<'FetchStmt'>): Executable {
  const name = node.portalname ?? '';
  const portal = session.portals.get(name);
  if (portal === undefined) throw dbError('invalid_cursor_name', `cursor "${name}" does not exist`);
  const move = node.ismove === true;
  const count = forwardCount(node);
  return {
    fields: move ? null : portal.executable.fields,
    parameterTypes: [],
    allowedWhenFailed: false,
    async *run(call) {
      const batches: Batch[] = [];
      const rows =
        count === 0
          ? 0
          : await portal.fetch(count === FETCH_ALL ? 0 : count, call.sink, (batch) => {
              batches.push(batch);
            });
      if (!move) yield* batches;
      return completed(`${move ? 'MOVE' : 'FETCH'} ${rows}`);
    },
  };
}

/** Rows to go forward; going back needs a SCROLL cursor. */
function forwardCount(node: NodeBody<'FetchStmt'>): number {
  const count = Number(node.howMany ?? 0);
  const direction = node.direction ?? 'FETCH_FORWARD';
  if (direction === 'FETCH_FORWARD' && count >= 0) return Math.min(count, FETCH_ALL);
  if (direction === 'FETCH_RELATIVE' && count === 1) return 1;
  throw dbError('object_not_in_prerequisite_state', {
    message: 'cursor can only scan forward',
    hint: 'Declare it with SCROLL option to enable backward scan.',
  });
}

export async function closeCursor(
  session: SessionContext,
  node: NodeBody<'ClosePortalStmt'>,
): Promise<string> {
  if (node.portalname === undefined || node.portalname === '') {
    for (const portal of [...session.portals.values()])
      if (portal.isCursor) await close(session, portal);
    return 'CLOSE CURSOR ALL';
  }
  const portal = session.portals.get(node.portalname);
  if (portal === undefined) {
    throw dbError('invalid_cursor_name', `cursor "${node.portalname}" does not exist`);
  }
  await close(session, portal);
  return 'CLOSE CURSOR';
}

async function close(session: SessionContext, portal: Portal): Promise<void> {
  session.portals.delete(portal.name);
  await portal.close();
}
