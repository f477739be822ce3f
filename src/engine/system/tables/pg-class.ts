/** pg_class: every relation. */
import type {
  CatalogSnapshot,
  RelationDescriptor,
  TableDescriptor,
} from '../../../catalog/catalog.ts';
import { PgArray } from '../../../types/pg-array.ts';
import { OID, type Oid } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import { accessMethodOid } from '../access-methods.ts';
import { pagesOf, relationAcl, relationKind, relationOwner } from '../relation-kind.ts';
import { aclArray, catalogTable, type Row } from '../virtual-table.ts';

const HEAP = 2;

interface Size {
  readonly pages: number;
  readonly rows: number;
}

function sizeOf(
  relation: RelationDescriptor,
  session: SessionContext,
  catalog: CatalogSnapshot,
): Size {
  const { storage } = session.database;
  if (relation.kind === 'sequence') return { pages: 1, rows: 1 };
  if (relation.kind === 'table') {
    const { bytes, rows } = storage.statistics(relation);
    return { pages: pagesOf(bytes), rows };
  }
  if (relation.kind !== 'index') return { pages: 0, rows: relation.kind === 'virtual' ? 0 : -1 };
  const table = catalog.relation(relation.table);
  const rows = table?.kind === 'table' ? storage.statistics(table).rows : 0;
  const bytes = session.evalContext().admin.relationBytes(relation.oid);
  // An index has its first page before it has entries.
  return { pages: Math.max(1, pagesOf(bytes)), rows };
}

function attributeCount(relation: RelationDescriptor): number {
  if (relation.kind === 'sequence') return 3;
  if (relation.kind === 'index') return relation.keys.length + relation.include.length;
  return relation.columns.length;
}

function accessMethod(relation: RelationDescriptor, kind: string): Oid {
  if (relation.kind === 'index') return accessMethodOid(relation.method);
  return kind === 'r' ? HEAP : 0;
}

function optionsOf(relation: RelationDescriptor): PgArray | null {
  if (relation.kind !== 'table' && relation.kind !== 'view') return null;
  const { options = [] } = relation;
  return options.length === 0 ? null : new PgArray(OID.text, options);
}

const PERSISTENCE: Readonly<Record<TableDescriptor['persistence'], string>> = {
  permanent: 'p',
  temporary: 't',
  unlogged: 'u',
};

function replicaIdentity(relation: RelationDescriptor): string {
  return relation.kind === 'table' ? 'd' : 'n';
}

function classRow(
  relation: RelationDescriptor,
  session: SessionContext,
  catalog: CatalogSnapshot,
): Row {
  const kind = relationKind(relation);
  const size = sizeOf(relation, session, catalog);
  const isTable = relation.kind === 'table';
  const hasStorage = kind === 'r' || kind === 'i' || kind === 'S';
  const checks = isTable
    ? relation.constraints.filter((constraint) => constraint.kind === 'check').length
    : 0;
  return [
    relation.oid,
    relation.name,
    relation.schema,
    'rowType' in relation ? relation.rowType : 0,
    0,
    relationOwner(relation, catalog),
    accessMethod(relation, kind),
    hasStorage ? relation.oid : 0,
    0,
    // relpages, reltuples, relallvisible, reltoastrelid
    size.pages,
    Math.fround(size.rows),
    0,
    0,
    isTable && catalog.indexesOf(relation.oid).length > 0,
    SHARED.has(relation.name),
    isTable ? PERSISTENCE[relation.persistence] : 'p',
    kind,
    attributeCount(relation),
    checks,
    // relhasrules, relhastriggers, relhassubclass, relrowsecurity, relforcerowsecurity, relispopulated
    kind === 'v',
    false,
    false,
    false,
    false,
    true,
    replicaIdentity(relation),
    false,
    0,
    0,
    0,
    aclArray(relationAcl(relation, catalog)),
    optionsOf(relation),
    null,
  ];
}

/** Catalogs that PostgreSQL shares among the databases of a cluster. */
const SHARED: ReadonlySet<string> = new Set([
  'pg_authid',
  'pg_auth_members',
  'pg_database',
  'pg_db_role_setting',
  'pg_parameter_acl',
  'pg_replication_origin',
  'pg_shdepend',
  'pg_shdescription',
  'pg_shseclabel',
  'pg_subscription',
  'pg_tablespace',
]);

export const pgClass = catalogTable('pg_class', function* (session) {
  const catalog = session.catalog();
  for (const relation of catalog.relations()) yield classRow(relation, session, catalog);
});
