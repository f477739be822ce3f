/** What can be done to tables and views, for pg_relation_is_updatable and information_schema. */
import type { CatalogSnapshot, RelationDescriptor } from '../../catalog/catalog.ts';
import { DbError } from '../../errors/db-error.ts';
import { ALL_EVENTS, updatableEvents } from '../../plan/updatable.ts';
import type { Oid } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';
import { relationKind } from './relation-kind.ts';

const known = new WeakMap<CatalogSnapshot, Map<string, number>>();

/** Bits of pg_relation_is_updatable; with `attnum`, for this column alone. */
export function updatability(session: SessionContext, oid: Oid, attnum?: number): number {
  const catalog = session.catalog();
  const relation = catalog.relation(oid);
  if (relation === undefined) return 0;
  let events = known.get(catalog);
  if (events === undefined) known.set(catalog, (events = new Map()));
  const key = `${oid} ${attnum ?? ''}`;
  let answer = events.get(key);
  if (answer === undefined) events.set(key, (answer = compute(session, relation, attnum)));
  return answer;
}

function compute(
  session: SessionContext,
  relation: RelationDescriptor,
  attnum: number | undefined,
): number {
  // Tables of the system count as tables; their views take nothing.
  if (relation.kind === 'virtual') return relationKind(relation) === 'r' ? ALL_EVENTS : 0;
  try {
    return updatableEvents(relation, attnum, session.bindEnvironment('', []));
  } catch (error) {
    // A view that has no meaning any more takes nothing.
    if (error instanceof DbError) return 0;
    throw error;
  }
}
