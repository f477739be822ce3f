/** What depends on what: indexes and owned sequences on tables, views on relations, all on schemas. */
import type { CatalogSnapshot, ObjectDescriptor, ViewDescriptor } from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { shortestName } from '../../functions/system/names.ts';
import type { Oid } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';
import { viewUsage } from './view-usage.ts';

export interface Dependent {
  readonly dependent: ObjectDescriptor;
  /** Goes with its owner without CASCADE (index, owned sequence). */
  readonly automatic: boolean;
}

export function dependentsOf(
  session: SessionContext,
  catalog: CatalogSnapshot,
  object: ObjectDescriptor,
): Dependent[] {
  if (object.kind === 'schema') {
    return [...catalog.relations()]
      .filter((relation) => relation.schema === object.oid)
      .map((dependent) => ({ dependent, automatic: dependent.kind === 'index' }));
  }
  const dependents: Dependent[] = [];
  if (object.kind === 'table') {
    for (const index of catalog.indexesOf(object.oid))
      dependents.push({ dependent: index, automatic: true });
    for (const relation of catalog.relations()) {
      if (relation.kind === 'sequence' && relation.ownedBy?.table === object.oid) {
        dependents.push({ dependent: relation, automatic: true });
      }
    }
  }
  if (object.kind === 'table' || object.kind === 'view' || object.kind === 'sequence') {
    for (const view of userViews(catalog)) {
      if (relationsOfView(session, catalog, view).has(object.oid)) {
        dependents.push({ dependent: view, automatic: false });
      }
    }
  }
  return dependents;
}

export function* userViews(catalog: CatalogSnapshot): Iterable<ViewDescriptor> {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'view' && relation.oid >= 16384) yield relation;
  }
}

/** OIDs of the relations that a view names itself. */
export function relationsOfView(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
): ReadonlySet<Oid> {
  return viewUsage(session, catalog, view)?.relations ?? new Set();
}

/** `table t`, `view s.v`: as PostgreSQL's messages name objects, without the schema where the path finds them. */
export function describeObject(session: SessionContext, object: ObjectDescriptor): string {
  if (object.kind === 'schema' || object.kind === 'role' || object.kind === 'database')
    return `${object.kind} ${quoteIdentifier(object.name)}`;
  const kind = object.kind === 'virtual' ? 'view' : object.kind;
  return `${kind} ${shortestName(object, session.evalContext())}`;
}
