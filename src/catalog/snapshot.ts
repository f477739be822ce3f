/**
 * The catalog's snapshots: persistent maps, copied on write. Built-in objects (pg_catalog's relations)
 * are part of the base snapshot and are never dumped; user objects come from the commit log.
 */
import { dbError } from '../errors/db-error.ts';
import type { Oid } from '../types/type.ts';
import {
  BOOTSTRAP_ROLE_OID,
  FIRST_USER_OID,
  INFORMATION_SCHEMA_OID,
  PG_CATALOG_SCHEMA_OID,
  PUBLIC_SCHEMA_OID,
  TIMESCALEDB_INFORMATION_SCHEMA_OID,
  VARVE_SCHEMA_OID,
  type CatalogChange,
  type CatalogSnapshot,
  type ConstraintDescriptor,
  type IndexDescriptor,
  type ObjectDescriptor,
  type ReadableRelation,
  type RelationDescriptor,
  type RoleDescriptor,
  type SchemaDescriptor,
  type TableDescriptor,
} from './catalog.ts';

/** OID of the one database that a server has. */
export const DATABASE_OID: Oid = 5;

/** The catalog of a new database: the standard schemas, the role postgres, and the given built-ins. */
export function emptyCatalog(
  databaseName: string,
  builtins: readonly RelationDescriptor[] = [],
): CatalogSnapshot {
  const objects = new Map<Oid, ObjectDescriptor>();
  for (const object of [...standardSchemas(), bootstrapRole(), ...builtins]) {
    objects.set(object.oid, object);
  }
  return new Snapshot({
    version: 0,
    databaseName,
    nextOid: FIRST_USER_OID,
    nextStorageId: 1,
    objects,
    builtins: new Map(objects),
  });
}

function standardSchemas(): SchemaDescriptor[] {
  const owner = BOOTSTRAP_ROLE_OID;
  return [
    {
      kind: 'schema',
      oid: PG_CATALOG_SCHEMA_OID,
      name: 'pg_catalog',
      owner,
      comment: 'system catalog schema',
    },
    {
      kind: 'schema',
      oid: PUBLIC_SCHEMA_OID,
      name: 'public',
      owner,
      comment: 'standard public schema',
    },
    { kind: 'schema', oid: INFORMATION_SCHEMA_OID, name: 'information_schema', owner },
    {
      kind: 'schema',
      oid: TIMESCALEDB_INFORMATION_SCHEMA_OID,
      name: 'timescaledb_information',
      owner,
    },
    { kind: 'schema', oid: VARVE_SCHEMA_OID, name: 'varve', owner },
  ];
}

function bootstrapRole(): RoleDescriptor {
  return {
    kind: 'role',
    oid: BOOTSTRAP_ROLE_OID,
    name: 'postgres',
    superuser: true,
    inherit: true,
    createRole: true,
    createDb: true,
    canLogin: true,
    replication: true,
    bypassRls: true,
    connectionLimit: -1,
    password: null,
    validUntil: null,
    memberOf: [],
    settings: [],
  };
}

interface SnapshotState {
  readonly version: number;
  readonly databaseName: string;
  readonly nextOid: Oid;
  readonly nextStorageId: number;
  readonly objects: ReadonlyMap<Oid, ObjectDescriptor>;
  readonly builtins: ReadonlyMap<Oid, ObjectDescriptor>;
}

/** Lookups other than by OID, built on first use: most snapshots only ever serve a few statements. */
interface NameIndex {
  readonly schemas: Map<string, SchemaDescriptor>;
  readonly roles: Map<string, RoleDescriptor>;
  readonly relations: Map<Oid, Map<string, RelationDescriptor>>;
  readonly indexes: Map<Oid, IndexDescriptor[]>;
}

/** Those that few statements need, which would be most of the work. */
interface OidIndex {
  readonly rowTypes: Map<Oid, ReadableRelation>;
  readonly constraints: Map<Oid, { table: TableDescriptor; constraint: ConstraintDescriptor }>;
}

class Snapshot implements CatalogSnapshot {
  readonly version: number;
  readonly databaseName: string;
  readonly databaseOid = DATABASE_OID;
  readonly nextOid: Oid;
  readonly nextStorageId: number;
  readonly #objects: ReadonlyMap<Oid, ObjectDescriptor>;
  readonly #builtins: ReadonlyMap<Oid, ObjectDescriptor>;
  #names: NameIndex | undefined;
  #oids: OidIndex | undefined;

  constructor(state: SnapshotState) {
    this.version = state.version;
    this.databaseName = state.databaseName;
    this.nextOid = state.nextOid;
    this.nextStorageId = state.nextStorageId;
    this.#objects = state.objects;
    this.#builtins = state.builtins;
  }

  get #index(): NameIndex {
    this.#names ??= buildNameIndex(this.#objects);
    return this.#names;
  }

  get #oidIndex(): OidIndex {
    this.#oids ??= buildOidIndex(this.#objects);
    return this.#oids;
  }

  schemaByName(name: string): SchemaDescriptor | undefined {
    return this.#index.schemas.get(name);
  }

  schema(oid: Oid): SchemaDescriptor | undefined {
    const object = this.#objects.get(oid);
    return object?.kind === 'schema' ? object : undefined;
  }

  schemas(): Iterable<SchemaDescriptor> {
    return this.#index.schemas.values();
  }

  relation(oid: Oid): RelationDescriptor | undefined {
    const object = this.#objects.get(oid);
    return object !== undefined && isRelation(object) ? object : undefined;
  }

  relationByName(schema: Oid, name: string): RelationDescriptor | undefined {
    return this.#index.relations.get(schema)?.get(name);
  }

  *relations(): Iterable<RelationDescriptor> {
    for (const object of this.#objects.values()) {
      if (isRelation(object)) yield object;
    }
  }

  relationByRowType(typeOid: Oid): ReadableRelation | undefined {
    return this.#oidIndex.rowTypes.get(typeOid);
  }

  relationByRowTypeName(schema: Oid, name: string): ReadableRelation | undefined {
    const relation = this.relationByName(schema, name);
    return relation === undefined || relation.kind === 'index' ? undefined : relation;
  }

  indexesOf(table: Oid): readonly IndexDescriptor[] {
    return this.#index.indexes.get(table) ?? [];
  }

  constraint(oid: Oid): { table: TableDescriptor; constraint: ConstraintDescriptor } | undefined {
    return this.#oidIndex.constraints.get(oid);
  }

  role(oid: Oid): RoleDescriptor | undefined {
    const object = this.#objects.get(oid);
    return object?.kind === 'role' ? object : undefined;
  }

  roleByName(name: string): RoleDescriptor | undefined {
    return this.#index.roles.get(name);
  }

  roles(): Iterable<RoleDescriptor> {
    return this.#index.roles.values();
  }

  object(oid: Oid): ObjectDescriptor | undefined {
    return this.#objects.get(oid);
  }

  apply(changes: readonly CatalogChange[]): CatalogSnapshot {
    const objects = new Map(this.#objects);
    let { nextOid, nextStorageId } = this;
    for (const change of changes) {
      if (change.change === 'put') {
        objects.set(change.object.oid, change.object);
      } else if (change.change === 'drop') {
        refuseBuiltin(this.#builtins, change.oid);
        objects.delete(change.oid);
      } else {
        nextOid = Math.max(nextOid, change.nextOid);
        nextStorageId = Math.max(nextStorageId, change.nextStorageId);
      }
    }
    return new Snapshot({
      version: this.version + 1,
      databaseName: this.databaseName,
      nextOid,
      nextStorageId,
      objects,
      builtins: this.#builtins,
    });
  }

  dump(): CatalogChange[] {
    const changes: CatalogChange[] = [];
    for (const object of this.#objects.values()) {
      if (this.#builtins.get(object.oid) !== object) changes.push({ change: 'put', object });
    }
    changes.sort((a, b) => oidOf(a) - oidOf(b));
    changes.push({ change: 'counters', nextOid: this.nextOid, nextStorageId: this.nextStorageId });
    return changes;
  }
}

function oidOf(change: CatalogChange): Oid {
  return change.change === 'put' ? change.object.oid : 0;
}

/** public may be dropped, as in PostgreSQL; what the server itself stands on may not. */
function refuseBuiltin(builtins: ReadonlyMap<Oid, ObjectDescriptor>, oid: Oid): void {
  const object = builtins.get(oid);
  if (object === undefined || oid === PUBLIC_SCHEMA_OID) return;
  throw dbError('dependent_objects_still_exist', {
    message: `cannot drop ${object.kind} ${object.name} because it is required by the database system`,
  });
}

function buildNameIndex(objects: ReadonlyMap<Oid, ObjectDescriptor>): NameIndex {
  const index: NameIndex = {
    schemas: new Map(),
    roles: new Map(),
    relations: new Map(),
    indexes: new Map(),
  };
  for (const object of objects.values()) {
    if (object.kind === 'schema') index.schemas.set(object.name, object);
    else if (object.kind === 'role') index.roles.set(object.name, object);
    else if (isRelation(object)) indexRelation(index, object);
  }
  return index;
}

function isRelation(object: ObjectDescriptor): object is RelationDescriptor {
  return object.kind !== 'schema' && object.kind !== 'role' && object.kind !== 'database';
}

function indexRelation(index: NameIndex, relation: RelationDescriptor): void {
  let names = index.relations.get(relation.schema);
  if (names === undefined) index.relations.set(relation.schema, (names = new Map()));
  names.set(relation.name, relation);
  if (relation.kind !== 'index') return;
  const siblings = index.indexes.get(relation.table);
  if (siblings === undefined) index.indexes.set(relation.table, [relation]);
  else siblings.push(relation);
}

function buildOidIndex(objects: ReadonlyMap<Oid, ObjectDescriptor>): OidIndex {
  const index: OidIndex = { rowTypes: new Map(), constraints: new Map() };
  for (const object of objects.values()) {
    if (!isRelation(object) || object.kind === 'index' || object.kind === 'sequence') continue;
    index.rowTypes.set(object.rowType, object);
    index.rowTypes.set(object.rowArrayType, object);
    if (object.kind !== 'table') continue;
    for (const constraint of object.constraints) {
      index.constraints.set(constraint.oid, { table: object, constraint });
    }
  }
  return index;
}
