/** CREATE EXTENSION: what these extensions offer is part of the server, so they are always there. */
import { dbError } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';

/** Extensions whose functions are part of the server. */
export const BUILT_IN_EXTENSIONS: ReadonlySet<string> = new Set([
  'plpgsql',
  'timescaledb',
  'uuid-ossp',
  'pgcrypto',
]);

export function createExtension(
  session: SessionContext,
  node: NodeBody<'CreateExtensionStmt'>,
): string {
  const name = node.extname ?? '';
  if (!BUILT_IN_EXTENSIONS.has(name)) {
    throw dbError('feature_not_supported', {
      message: `extension "${name}" is not available`,
      hint: 'The extension must first be installed on the system where PostgreSQL is running.',
    });
  }
  if (node.if_not_exists !== true)
    throw dbError('duplicate_object', `extension "${name}" already exists`);
  session.notice('NOTICE', `extension "${name}" already exists, skipping`);
  return 'CREATE EXTENSION';
}
