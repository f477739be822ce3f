/** What depends on what: indexes and owned sequences on tables, views on relations, all on schemas. */
import type { CatalogSnapshot, ObjectDescriptor, ViewDescriptor } from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { parseStatements } from '../../parse/parser.ts';
import { bindStatement } from '../../plan/binder.ts';
import type { Oid } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';

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
    for (const index of catalog.indexesOf(object.oid)) dependents.push({ dependent: index, automatic: true });
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

function* userViews(catalog: CatalogSnapshot): Iterable<ViewDescriptor> {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'view' && relation.oid >= 16384) yield relation;
  }
}

const viewRelations = new WeakMap<CatalogSnapshot, Map<Oid, ReadonlySet<Oid>>>();

/** OIDs of the relations that a view reads, directly or through other views. */
export function relationsOfView(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
): ReadonlySet<Oid> {
  let cache = viewRelations.get(catalog);
  if (cache === undefined) viewRelations.set(catalog, (cache = new Map()));
  const cached = cache.get(view.oid);
  if (cached !== undefined) return cached;
  const [statement] = parseStatements(view.sql);
  const oids = new Set<Oid>();
  if (statement !== undefined) {
    const searchPath = view.searchPath
      .map((name) => catalog.schemaByName(name)?.oid)
      .filter((oid): oid is Oid => oid !== undefined);
    const environment = { ...session.bindEnvironment(view.sql, []), catalog, searchPath };
    for (const oid of bindStatement(statement, environment).reads) oids.add(oid);
  }
  cache.set(view.oid, oids);
  return oids;
}

/** `table t`, `view s.v`: as PostgreSQL's dependency messages name objects. */
export function describeObject(catalog: CatalogSnapshot, object: ObjectDescriptor): string {
  if (object.kind === 'schema' || object.kind === 'role') return `${object.kind} ${object.name}`;
  const schema = catalog.schema(object.schema)?.name ?? '';
  const kind = object.kind === 'virtual' ? 'view' : object.kind;
  const name = quoteIdentifier(object.name);
  return schema === 'public' ? `${kind} ${name}` : `${kind} ${quoteIdentifier(schema)}.${name}`;
}
