/** Composes the engine: parser, storage, catalog, functions, sessions. */
import type { Env } from '../base/env.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { emptyCatalog } from '../catalog/snapshot.ts';
import { fatalError } from '../errors/db-error.ts';
import { TemporarySpace } from '../exec/spill/temporary-space.ts';
import { builtinRegistry } from '../functions/registry.ts';
import { initParser } from '../parse/parser.ts';
import { openStorage } from '../storage/open.ts';
import type { StorageEngine } from '../storage/storage.ts';
import type { Oid } from '../types/type.ts';
import { Database } from './database.ts';
import { dropAllTemporary } from './ddl/temporary.ts';
import { indexExpressions } from './index-expressions.ts';
import { hasPrivilegeAs } from './privileges.ts';
import { SessionImpl } from './session-impl.ts';
import type { Engine, LoginRole, Session, SessionOptions } from './session.ts';
import { loadSystemCatalog } from './system/system-catalog.ts';

export interface EngineOptions {
  readonly env: Env;
  /** Directory for all data; undefined keeps everything in memory. */
  readonly path: string | undefined;
  /** Name of the one database. */
  readonly databaseName?: string | undefined;
  /** Settings that every session starts with. */
  readonly settings?: readonly (readonly [string, string])[] | undefined;
  readonly cacheBytes?: number | undefined;
  readonly flushRows?: number | undefined;
  /** Directory of the SQL that defines pg_catalog and information_schema. */
  readonly systemSqlPath: string;
}

/** Opens the data directory, recovers it, and is then ready for sessions. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  await initParser();
  const name = options.databaseName ?? 'postgres';
  const registry = builtinRegistry;
  const system = await loadSystemCatalog(options.env, options.systemSqlPath, registry);
  const storage = await openStorage({
    path: options.path,
    env: options.env,
    cacheBytes: options.cacheBytes,
    flushRows: options.flushRows,
    emptyCatalog: emptyCatalog(name, system.relations),
    indexExpressions: indexExpressions(() => database),
  });
  await dropAllTemporary(storage);
  const temporarySpace =
    options.path === undefined ? undefined : await TemporarySpace.open(options.env, options.path);
  const database: Database = new Database({
    name,
    env: options.env,
    storage,
    registry,
    serverSettings: options.settings ?? [],
    virtualTables: system.virtualRows,
    temporarySpace,
  });
  return new EngineImpl(database, storage);
}

class EngineImpl implements Engine {
  readonly serverVersion = SERVER_VERSION;
  readonly #database: Database;
  readonly #storage: StorageEngine;

  constructor(database: Database, storage: StorageEngine) {
    this.#database = database;
    this.#storage = storage;
  }

  loginRole(user: string): LoginRole {
    const role = this.#storage.catalog().roleByName(user);
    if (role === undefined) {
      return { exists: false, canLogin: false, isSuperuser: false, verifier: null };
    }
    return {
      exists: true,
      canLogin: role.canLogin,
      isSuperuser: role.superuser,
      verifier: role.password,
    };
  }

  async createSession(options: SessionOptions): Promise<Session> {
    const role = this.#storage.catalog().roleByName(options.user);
    if (role === undefined) {
      throw fatalError(
        'invalid_authorization_specification',
        `role "${options.user}" does not exist`,
      );
    }
    if (!role.canLogin) {
      throw fatalError(
        'invalid_authorization_specification',
        `role "${options.user}" is not permitted to log in`,
      );
    }
    if (options.database !== this.#database.name) {
      throw fatalError('invalid_catalog_name', `database "${options.database}" does not exist`);
    }
    this.#requireConnect(role.oid);
    const secret = new DataView(this.#database.env.random.bytes(4).buffer).getInt32(0);
    const session = new SessionImpl(this.#database, role, options, {
      processId: this.#database.newProcessId(),
      secretKey: secret,
    });
    this.#database.sessionOpened(session);
    return session;
  }

  /** Everybody may connect until that is revoked from PUBLIC. */
  #requireConnect(role: Oid): void {
    const catalog = this.#storage.catalog();
    const database = catalog.object(catalog.databaseOid);
    if (database === undefined || hasPrivilegeAs(catalog, role, database, 'c')) return;
    throw fatalError('insufficient_privilege', {
      message: `permission denied for database "${catalog.databaseName}"`,
      detail: 'User does not have CONNECT privilege.',
    });
  }

  cancel(processId: number, secretKey: number): void {
    const session = this.#database.session(processId);
    if (session !== undefined && session.secretKey === secretKey) session.cancel();
  }

  async close(): Promise<void> {
    for (const session of [...this.#database.sessions()]) await session.close();
    await this.#database.temporarySpace?.close();
    await this.#storage.close();
  }
}
