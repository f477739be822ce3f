/** CREATE EXTENSION: what these extensions offer is part of the server, so they are always there. */
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';
import { noteExisting } from './names.ts';

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
  noteExisting(session, 'duplicate_object', `extension "${name}"`);
  return 'CREATE EXTENSION';
}

/** ALTER EXTENSION ... UPDATE: the one version there is, is installed. */
export function alterExtension(
  session: SessionContext,
  node: NodeBody<'AlterExtensionStmt'>,
): string {
  const name = node.extname ?? '';
  if (!BUILT_IN_EXTENSIONS.has(name)) {
    throw dbError('undefined_object', `extension "${name}" does not exist`);
  }
  if ((node.options?.length ?? 0) > 0)
    throw notSupported('ALTER EXTENSION ... UPDATE TO a version');
  session.notice('NOTICE', `the newest version of extension "${name}" is already installed`);
  return 'ALTER EXTENSION';
}
