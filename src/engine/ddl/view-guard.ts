/**
 * Views keep their query as text, so a change of names could change what they mean. After DDL every
 * view is read again: its text is rewritten where a rename calls for it, and where a view would still
 * mean something else the statement is refused.
 */
import type { CatalogChange, CatalogSnapshot, ViewDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { SessionContext } from '../session-context.ts';
import { describeObject, userViews } from './dependencies.ts';
import { renamedViewSql, type Renaming } from './view-rename.ts';
import { readUsages, viewUsage } from './view-usage.ts';

/** Call with the catalog from before the change, once the session's catalog has it. */
export async function guardViews(
  session: SessionContext,
  before: CatalogSnapshot,
  renaming?: Renaming,
): Promise<void> {
  await readUsages(session, before, userViews(before));
  await readUsages(session, session.catalog(), userViews(session.catalog()));
  let changed = changedViews(session, before);
  if (changed.length > 0 && renaming !== undefined) {
    const changes = changed.flatMap(({ old, view }) =>
      rewritten(session, before, old, view, renaming),
    );
    await session.transaction.current().changeCatalog(changes);
    await readUsages(session, session.catalog(), userViews(session.catalog()));
    changed = changedViews(session, before);
  }
  const [first] = changed;
  if (first === undefined) return;
  throw dbError('feature_not_supported', {
    message: `cannot change this object because ${describeObject(session, first.view)} depends on it by name`,
    hint: 'Drop the view first and create it again afterwards.',
  });
}

interface ChangedView {
  readonly old: ViewDescriptor;
  readonly view: ViewDescriptor;
}

/** Views that do not mean any more what they meant. */
function changedViews(session: SessionContext, before: CatalogSnapshot): ChangedView[] {
  const after = session.catalog();
  const changed: ChangedView[] = [];
  for (const view of userViews(after)) {
    const old = before.relation(view.oid);
    if (old?.kind !== 'view') continue;
    const meant = viewUsage(session, before, old);
    if (meant === undefined || viewUsage(session, after, view)?.fingerprint === meant.fingerprint)
      continue;
    changed.push({ old, view });
  }
  return changed;
}

function rewritten(
  session: SessionContext,
  before: CatalogSnapshot,
  old: ViewDescriptor,
  view: ViewDescriptor,
  renaming: Renaming,
): CatalogChange[] {
  // The columns of a relation are known by name only to the views that read it themselves.
  const reads = viewUsage(session, before, old)?.relations;
  if (renaming.kind === 'column' && reads?.has(renaming.oid) !== true) return [];
  const sql = renamedViewSql(before, old, renaming);
  return sql === undefined ? [] : [{ change: 'put', object: { ...view, sql } }];
}
