/**
 * Views keep their query as text, so a change of names could change what they mean. After DDL every
 * view is read again: its text is rewritten where a rename calls for it, and where the view would still
 * mean something else the statement is refused.
 */
import type { CatalogSnapshot, ViewDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { SessionContext } from '../session-context.ts';
import { describeObject, userViews } from './dependencies.ts';
import { renamedViewSql, type Renaming } from './view-rename.ts';
import { viewUsage } from './view-usage.ts';

/** Call with the catalog from before the change, once the session's catalog has it. */
export async function guardViews(
  session: SessionContext,
  before: CatalogSnapshot,
  renaming?: Renaming,
): Promise<void> {
  const after = session.catalog();
  for (const view of [...userViews(after)]) {
    const old = before.relation(view.oid);
    if (old?.kind !== 'view') continue;
    const meant = viewUsage(session, before, old);
    if (meant === undefined || viewUsage(session, after, view)?.fingerprint === meant.fingerprint) continue;
    const rewritten = renaming === undefined ? undefined : renamedView(before, old, view, renaming);
    if (rewritten === undefined || viewUsage(session, after, rewritten)?.fingerprint !== meant.fingerprint) {
      throw refusal(after, view);
    }
    await session.transaction.current().changeCatalog([{ change: 'put', object: rewritten }]);
  }
}

function renamedView(
  before: CatalogSnapshot,
  old: ViewDescriptor,
  view: ViewDescriptor,
  renaming: Renaming,
): ViewDescriptor | undefined {
  const sql = renamedViewSql(before, old, renaming);
  return sql === undefined ? undefined : { ...view, sql };
}

function refusal(catalog: CatalogSnapshot, view: ViewDescriptor): Error {
  return dbError('feature_not_supported', {
    message: `cannot change this object because ${describeObject(catalog, view)} depends on it by name`,
    hint: 'Drop the view first and create it again afterwards.',
  });
}
