/**
 * Temporary relations: each session has a schema of its own, pg_temp_<process id>, that comes first in
 * its search path and is dropped with the session. What a crash leaves behind goes at the next start.
 */
import {
  BOOTSTRAP_ROLE_OID,
  type CatalogChange,
  type CatalogSnapshot,
} from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { RangeVar } from '../../parse/ast.ts';
import type { StorageEngine } from '../../storage/storage.ts';
import type { Oid } from '../../types/type.ts';
import { defaultAcl, formatAclItem } from '../acl.ts';
import { hasPrivilege, requireCreate } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { targetSchema } from './names.ts';

const PREFIX = 'pg_temp_';

export function temporarySchemaName(processId: number): string {
  return `${PREFIX}${processId}`;
}

/** The session's temporary schema where it has one already. */
export function temporarySchema(catalog: CatalogSnapshot, processId: number): Oid | undefined {
  return catalog.schemaByName(temporarySchemaName(processId))?.oid;
}

/** True where CREATE makes a temporary relation: TEMP, or pg_temp as its schema. */
export function isTemporary(name: RangeVar): boolean {
  if (name.schemaname === 'pg_temp') return true;
  if (name.relpersistence !== 't') return false;
  if (name.schemaname !== undefined) {
    throw dbError(
      'invalid_table_definition',
      'cannot create temporary relation in non-temporary schema',
    );
  }
  return true;
}

/** The session's temporary schema, made where there is none yet. */
export async function ensureTemporarySchema(session: SessionContext): Promise<Oid> {
  const database = databaseDescriptor(session, session.catalog().databaseName);
  if (!hasPrivilege(session, database, 'T')) {
    throw dbError(
      'insufficient_privilege',
      `permission denied to create temporary tables in database "${database.name}"`,
    );
  }
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const existing = temporarySchema(session.catalog(), session.processId);
  if (existing !== undefined) return existing;
  const oid = await transaction.allocateOid();
  const name = temporarySchemaName(session.processId);
  // Whatever role the session takes on may use it; others are kept out by each relation's own rights.
  const owner = session.catalog().role(BOOTSTRAP_ROLE_OID)?.name ?? '';
  const acl = defaultAcl('schema', owner, false);
  await transaction.changeCatalog([
    {
      change: 'put',
      object: {
        kind: 'schema',
        oid,
        name,
        owner: BOOTSTRAP_ROLE_OID,
        acl: [
          ...acl,
          { grantee: '', grantor: owner, privileges: new Set('UC'), grantable: new Set<string>() },
        ].map(formatAclItem),
      },
    },
  ]);
  return oid;
}

/** The schema that a CREATE puts a relation of this name in, once it is known that it may. */
export async function creationSchemaFor(session: SessionContext, name: RangeVar): Promise<Oid> {
  if (isTemporary(name)) return await ensureTemporarySchema(session);
  const schema = targetSchema(session, name);
  requireCreate(session, schema);
  return schema;
}

/** 0A000 for what temporary tables cannot do yet at the end of a transaction. */
export function refuseOnCommit(action: string | undefined): void {
  if (action === undefined || action === 'ONCOMMIT_NOOP' || action === 'ONCOMMIT_PRESERVE_ROWS')
    return;
  throw notSupported('ON COMMIT DROP and ON COMMIT DELETE ROWS');
}

/** Drops what the schemas hold, and the schemas. */
function dropChanges(catalog: CatalogSnapshot, schemas: ReadonlySet<Oid>): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const { oid, schema } of catalog.relations()) {
    if (schemas.has(schema)) changes.push({ change: 'drop', oid });
  }
  for (const oid of schemas) changes.push({ change: 'drop', oid });
  return changes;
}

async function dropSchemas(
  storage: StorageEngine,
  wanted: (name: string) => boolean,
): Promise<void> {
  const find = (catalog: CatalogSnapshot): Set<Oid> =>
    new Set([...catalog.schemas()].filter(({ name }) => wanted(name)).map(({ oid }) => oid));
  if (find(storage.catalog()).size === 0) return;
  const transaction = storage.begin('read committed', false);
  try {
    await transaction.changeCatalog([]);
    const catalog = transaction.catalog();
    await transaction.changeCatalog(dropChanges(catalog, find(catalog)));
    await transaction.commit();
  } catch (error) {
    transaction.rollback();
    throw error;
  }
}

/** At the end of a session. */
export async function dropTemporaryOf(storage: StorageEngine, processId: number): Promise<void> {
  const own = temporarySchemaName(processId);
  await dropSchemas(storage, (name) => name === own);
}

/** At start: no session is there to own any. */
export async function dropAllTemporary(storage: StorageEngine): Promise<void> {
  await dropSchemas(storage, (name) => name.startsWith(PREFIX));
}

/** DISCARD TEMP: the session's temporary relations go, in its own transaction. */
export async function discardTemporary(session: SessionContext): Promise<void> {
  const schema = temporarySchema(session.catalog(), session.processId);
  if (schema === undefined) return;
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  await transaction.changeCatalog(dropChanges(session.catalog(), new Set([schema])));
}
