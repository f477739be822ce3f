/** What depends on what: indexes and owned sequences on tables, views on relations, all on schemas. */
import type {
  CatalogSnapshot,
  ObjectDescriptor,
  SequenceDescriptor,
  ViewDescriptor,
} from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { shortestName } from '../../functions/system/names.ts';
import type { Oid } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';
import { readUsages, viewUsage } from './view-usage.ts';

export interface Dependent {
  readonly dependent: ObjectDescriptor;
  /** Goes with its owner without CASCADE (index, owned sequence). */
  readonly automatic: boolean;
}

/** What depends on each object of a catalog; found in turns, and once for all that a statement drops. */
export class Dependencies {
  readonly catalog: CatalogSnapshot;
  readonly #owned = new Map<Oid, SequenceDescriptor[]>();
  readonly #views = new Map<Oid, ViewDescriptor[]>();

  private constructor(catalog: CatalogSnapshot) {
    this.catalog = catalog;
  }

  static async of(session: SessionContext, catalog: CatalogSnapshot): Promise<Dependencies> {
    await readUsages(session, catalog, userViews(catalog));
    const found = new Dependencies(catalog);
    for (const relation of catalog.relations()) {
      if (relation.kind !== 'sequence' || relation.ownedBy === undefined) continue;
      add(found.#owned, relation.ownedBy.table, relation);
    }
    for (const view of userViews(catalog)) {
      for (const oid of relationsOfView(session, catalog, view)) add(found.#views, oid, view);
    }
    return found;
  }

  on(object: ObjectDescriptor): Dependent[] {
    const { catalog } = this;
    if (object.kind === 'schema') {
      return [...catalog.relations()]
        .filter((relation) => relation.schema === object.oid)
        .map((dependent) => ({ dependent, automatic: dependent.kind === 'index' }));
    }
    const automatic = (dependent: ObjectDescriptor): Dependent => ({ dependent, automatic: true });
    const views = this.#views.get(object.oid) ?? [];
    return [
      ...(object.kind === 'table' ? catalog.indexesOf(object.oid).map(automatic) : []),
      ...(object.kind === 'table' ? (this.#owned.get(object.oid) ?? []).map(automatic) : []),
      ...views.map((dependent) => ({ dependent, automatic: false })),
    ];
  }
}

function add<T>(map: Map<Oid, T[]>, oid: Oid, item: T): void {
  const known = map.get(oid);
  if (known === undefined) map.set(oid, [item]);
  else known.push(item);
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
