/** COPY: dispatch between its directions. */
import { notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { commandExecutable, type Executable } from '../executable.ts';
import type { SessionContext } from '../session-context.ts';
import { copyFrom } from './copy-from.ts';
import { copyTo } from './copy-to.ts';
import { readCopyOptions } from './options.ts';

export function copyExecutable(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  statement: ParsedStatement,
  sql: string,
): Executable {
  if (node.is_program === true) throw notSupported('COPY with PROGRAM');
  if (node.filename !== undefined)
    throw notSupported('COPY with a file on the server; use STDIN or STDOUT');
  const isFrom = node.is_from === true;
  const options = readCopyOptions(node.options ?? [], isFrom);
  return commandExecutable((call) =>
    isFrom
      ? copyFrom(session, node, options, sql, call)
      : copyTo(session, node, options, statement, sql, call),
  );
}
