/** How pg_class sees relations. */
import {
  BOOTSTRAP_ROLE_OID,
  FIRST_USER_OID,
  type CatalogSnapshot,
  type RelationDescriptor,
} from '../../catalog/catalog.ts';
import type { Oid } from '../../types/type.ts';
import { SYSTEM_OIDS } from './system-oids.ts';

/** relkind. Computed relations look as they do in PostgreSQL: catalogs as tables, the rest as views. */
export function relationKind(relation: RelationDescriptor): 'r' | 'i' | 'v' | 'S' {
  switch (relation.kind) {
    case 'table':
      return 'r';
    case 'index':
      return 'i';
    case 'view':
      return 'v';
    case 'sequence':
      return 'S';
    case 'virtual':
      return SYSTEM_OIDS.has(relation.name) ? 'r' : 'v';
  }
}

/** The owner; an index belongs to its table's. */
export function relationOwner(relation: RelationDescriptor, catalog: CatalogSnapshot): Oid {
  if (relation.kind !== 'index') return relation.owner;
  const table = catalog.relation(relation.table);
  return table === undefined ? BOOTSTRAP_ROLE_OID : relationOwner(table, catalog);
}

/** The ACL as granted; relations of the system may be read by everybody. */
export function relationAcl(
  relation: RelationDescriptor,
  catalog: CatalogSnapshot,
): readonly string[] | undefined {
  if (relation.kind === 'index') return undefined;
  if (relation.oid >= FIRST_USER_OID) return 'acl' in relation ? relation.acl : undefined;
  const owner = catalog.role(relation.owner)?.name ?? 'postgres';
  const everybody = SECRET.has(relation.name) ? [] : [`=r/${owner}`];
  return [`${owner}=arwdDxt/${owner}`, ...everybody];
}

/** Catalogs that PostgreSQL keeps from ordinary roles. */
const SECRET: ReadonlySet<string> = new Set([
  'pg_authid',
  'pg_shadow',
  'pg_largeobject',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_subscription',
  'pg_user_mapping',
  'pg_file_settings',
  'pg_replication_origin_status',
]);

/** Data pages that a size stands for. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / 8192);
}
