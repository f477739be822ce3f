/** Catalogs of what a database consists of: itself, schemas, languages, collations, extensions. */
import {
  BOOTSTRAP_ROLE_OID,
  FIRST_USER_OID,
  PG_CATALOG_SCHEMA_OID,
  PUBLIC_SCHEMA_OID,
  type CatalogSnapshot,
  type SchemaDescriptor,
} from '../../../catalog/catalog.ts';
import { relationAcl } from '../relation-kind.ts';
import { SYSTEM_OIDS } from '../system-oids.ts';
import { aclArray, catalogTable, type Row, type VirtualTable } from '../virtual-table.ts';

const UTF8 = 6;
const DEFAULT_TABLESPACE = 1663;

/** Every schema of the system may be used by all. */
function schemaAcl(
  schema: SchemaDescriptor,
  catalog: CatalogSnapshot,
): readonly string[] | undefined {
  if (schema.acl !== undefined || schema.oid >= FIRST_USER_OID) return schema.acl;
  const owner = catalog.role(schema.owner)?.name ?? 'postgres';
  return [`${owner}=UC/${owner}`, `=U/${owner}`];
}

export const pgNamespace = catalogTable('pg_namespace', function* (session) {
  const catalog = session.catalog();
  for (const schema of catalog.schemas()) {
    yield [schema.oid, schema.name, schema.owner, aclArray(schemaAcl(schema, catalog))];
  }
});

/** The ACLs that the system's own objects start with: pg_dump leaves those out. */
export const pgInitPrivs = catalogTable('pg_init_privs', function* (session) {
  const catalog = session.catalog();
  for (const schema of catalog.schemas()) {
    const acl = schemaAcl({ ...schema, acl: undefined }, catalog);
    if (acl !== undefined) yield [schema.oid, PG_NAMESPACE, 0, 'i', aclArray(acl)];
  }
  for (const relation of catalog.relations()) {
    if (relation.oid >= FIRST_USER_OID) continue;
    const acl = relationAcl(relation, catalog);
    if (acl !== undefined) yield [relation.oid, PG_CLASS, 0, 'i', aclArray(acl)];
  }
});

const PG_CLASS = SYSTEM_OIDS.get('pg_class') as number;
const PG_NAMESPACE = SYSTEM_OIDS.get('pg_namespace') as number;

export const pgDatabase = catalogTable('pg_database', (session) => {
  const catalog = session.catalog();
  const { settings } = session;
  const stored = catalog.object(catalog.databaseOid);
  const known = stored?.kind === 'database' ? stored : undefined;
  return [
    [
      catalog.databaseOid,
      catalog.databaseName,
      known?.owner ?? BOOTSTRAP_ROLE_OID,
      UTF8,
      'c',
      false,
      true,
      -1,
      0,
      1,
      DEFAULT_TABLESPACE,
      settings.mustGet('lc_collate'),
      settings.mustGet('lc_ctype'),
      null,
      null,
      aclArray(known?.acl),
    ],
  ];
});

/** A catalog whose rows are always the same. */
function constantTable(name: string, rows: readonly Row[]): VirtualTable {
  return catalogTable(name, () => rows);
}

export const pgTablespace = constantTable('pg_tablespace', [
  [DEFAULT_TABLESPACE, 'pg_default', BOOTSTRAP_ROLE_OID, null, null],
  [1664, 'pg_global', BOOTSTRAP_ROLE_OID, null, null],
]);

export const pgLanguage = constantTable('pg_language', [
  [12, 'internal', BOOTSTRAP_ROLE_OID, false, false, 0, 0, 2246, null],
  [13, 'c', BOOTSTRAP_ROLE_OID, false, false, 0, 0, 2247, null],
  [14, 'sql', BOOTSTRAP_ROLE_OID, false, true, 0, 0, 2248, null],
]);

const collation = (
  oid: number,
  name: string,
  provider: string,
  encoding: number,
  locale: string | null,
): Row => [
  oid,
  name,
  PG_CATALOG_SCHEMA_OID,
  BOOTSTRAP_ROLE_OID,
  provider,
  true,
  encoding,
  locale,
  locale,
  null,
  null,
];

export const pgCollation = constantTable('pg_collation', [
  collation(100, 'default', 'd', -1, null),
  collation(950, 'C', 'c', -1, 'C'),
  collation(951, 'POSIX', 'c', -1, 'POSIX'),
]);

export const TIMESCALEDB_EXTENSION_OID = 13600;

/** What is built in and would be an extension elsewhere; tools look for it here. */
const EXTENSIONS: readonly (readonly [
  oid: number,
  name: string,
  schema: number,
  version: string,
  comment: string,
])[] = [
  [13559, 'plpgsql', PG_CATALOG_SCHEMA_OID, '1.0', 'PL/pgSQL procedural language'],
  [
    TIMESCALEDB_EXTENSION_OID,
    'timescaledb',
    PUBLIC_SCHEMA_OID,
    '2.29.2',
    'Hypertables, time_bucket and continuous time-series functions',
  ],
];

export const pgExtension = constantTable(
  'pg_extension',
  EXTENSIONS.map(([oid, name, schema, version]) => [
    oid,
    name,
    BOOTSTRAP_ROLE_OID,
    schema,
    false,
    version,
    null,
    null,
  ]),
);

export const pgAvailableExtensions = constantTable(
  'pg_available_extensions',
  EXTENSIONS.map(([, name, , version, comment]) => [name, version, version, comment]),
);

export const pgAvailableExtensionVersions = constantTable(
  'pg_available_extension_versions',
  EXTENSIONS.map(([, name, schema, version, comment]) => [
    name,
    version,
    true,
    true,
    true,
    false,
    schema === PG_CATALOG_SCHEMA_OID ? 'pg_catalog' : 'public',
    null,
    comment,
  ]),
);

/** OIDs and comments of extensions, for pg_description. */
export const EXTENSION_COMMENTS: readonly (readonly [oid: number, comment: string])[] =
  EXTENSIONS.map(([oid, , , , comment]) => [oid, comment]);
