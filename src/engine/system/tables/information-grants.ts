/** information_schema's views of privileges on tables and columns. */
import {
  liveColumns,
  type CatalogSnapshot,
  type RelationDescriptor,
} from '../../../catalog/catalog.ts';
import { parseAclItem } from '../../acl.ts';
import { effectiveRoles, isSuperuser } from '../../privileges.ts';
import type { SessionContext } from '../../session-context.ts';
import { relationAcl } from '../relation-kind.ts';
import { rowMaker, type FieldValues, type Row, type VirtualTable } from '../virtual-table.ts';

/** Letters of table privileges, in the order of PostgreSQL's ACL bits. */
const TABLE_PRIVILEGES: readonly (readonly [letter: string, name: string])[] = [
  ['a', 'INSERT'],
  ['r', 'SELECT'],
  ['w', 'UPDATE'],
  ['d', 'DELETE'],
  ['D', 'TRUNCATE'],
  ['x', 'REFERENCES'],
  ['t', 'TRIGGER'],
];
const COLUMN_LETTERS = 'arwx';

interface Grant {
  readonly relation: Exclude<RelationDescriptor, { kind: 'index' | 'sequence' }>;
  readonly grantor: string;
  /** '' for PUBLIC. */
  readonly grantee: string;
  readonly letter: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** Every privilege on tables and views; owners have all of theirs. */
function* tableGrants(catalog: CatalogSnapshot): Iterable<Grant> {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'index' || relation.kind === 'sequence') continue;
    const owner = catalog.role(relation.owner)?.name ?? '';
    const acl = relationAcl(relation, catalog) ?? [`${owner}=arwdDxt/${owner}`];
    for (const entry of acl) {
      const { grantee, grantor, privileges, grantable: options } = parseAclItem(entry);
      for (const [letter, privilege] of TABLE_PRIVILEGES) {
        if (!privileges.has(letter)) continue;
        const grantable = options.has(letter) || grantee === owner;
        yield { relation, grantor, grantee, letter, privilege, grantable };
      }
    }
  }
}

/** Names of the roles whose privileges the current role has; undefined means all. */
function enabledRoles(session: SessionContext): ReadonlySet<string> | undefined {
  if (isSuperuser(session)) return undefined;
  const catalog = session.catalog();
  const roles = [...effectiveRoles(catalog, session.currentUser())];
  return new Set(roles.map((oid) => catalog.role(oid)?.name ?? ''));
}

/** Grants by or to an enabled role and, if asked for, those to PUBLIC. */
function* visibleGrants(session: SessionContext, withPublic: boolean): Iterable<Grant> {
  const enabled = enabledRoles(session);
  for (const grant of tableGrants(session.catalog())) {
    const isVisible =
      enabled === undefined ||
      enabled.has(grant.grantor) ||
      (grant.grantee === '' ? withPublic : enabled.has(grant.grantee));
    if (isVisible) yield grant;
  }
}

function grantFields(grant: Grant, catalog: CatalogSnapshot): FieldValues {
  return {
    grantor: grant.grantor,
    grantee: grant.grantee === '' ? 'PUBLIC' : grant.grantee,
    table_catalog: catalog.databaseName,
    table_schema: catalog.schema(grant.relation.schema)?.name ?? null,
    table_name: grant.relation.name,
    privilege_type: grant.privilege,
    is_grantable: grant.grantable ? 'YES' : 'NO',
  };
}

function tablePrivilegesTable(name: string, withPublic: boolean): VirtualTable {
  const makeRow = rowMaker('information_schema', name);
  return {
    schema: 'information_schema',
    name,
    *rows(session): Iterable<Row> {
      const catalog = session.catalog();
      for (const grant of visibleGrants(session, withPublic)) {
        const hierarchy = grant.privilege === 'SELECT' ? 'YES' : 'NO';
        yield makeRow({ ...grantFields(grant, catalog), with_hierarchy: hierarchy });
      }
    },
  };
}

function columnPrivilegesTable(name: string, withPublic: boolean): VirtualTable {
  const makeRow = rowMaker('information_schema', name);
  return {
    schema: 'information_schema',
    name,
    *rows(session): Iterable<Row> {
      const catalog = session.catalog();
      for (const grant of visibleGrants(session, withPublic)) {
        if (!COLUMN_LETTERS.includes(grant.letter)) continue;
        const fields = grantFields(grant, catalog);
        for (const column of liveColumns(grant.relation))
          yield makeRow({ ...fields, column_name: column.name });
      }
    },
  };
}

export const grantTables: readonly VirtualTable[] = [
  tablePrivilegesTable('table_privileges', true),
  tablePrivilegesTable('role_table_grants', false),
  columnPrivilegesTable('column_privileges', true),
  columnPrivilegesTable('role_column_grants', false),
];
