/**
 * The built-in relations: virtual tables computed from the server's state, and the SQL views of sql/
 * over them. A view's columns are found out when somebody first asks, so that starting costs nothing.
 */
import type { Env } from '../../base/env.ts';
import {
  BOOTSTRAP_ROLE_OID,
  INFORMATION_SCHEMA_OID,
  PG_CATALOG_SCHEMA_OID,
  type ColumnDescriptor,
  type RelationDescriptor,
  type ViewDescriptor,
  TIMESCALEDB_INFORMATION_SCHEMA_OID,
  VARVE_SCHEMA_OID,
  type VirtualTableDescriptor,
} from '../../catalog/catalog.ts';
import { emptyCatalog } from '../../catalog/snapshot.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { FunctionRegistry } from '../../functions/function.ts';
import { parseStatements } from '../../parse/parser.ts';
import { bindStatement } from '../../plan/binder.ts';
import type { VirtualRows } from '../database.ts';
import { systemBindEnvironment } from '../system-context.ts';
import { parseColumns, relationFact } from './relation-facts.ts';
import { SYSTEM_OIDS } from './system-oids.ts';
import { VIRTUAL_TABLES } from './tables.ts';
import type { SystemSchema, VirtualTable } from './virtual-table.ts';

export interface SystemCatalog {
  readonly relations: readonly RelationDescriptor[];
  readonly virtualRows: ReadonlyMap<string, VirtualRows>;
}

const SCHEMA_OIDS: ReadonlyMap<SystemSchema, number> = new Map([
  ['pg_catalog', PG_CATALOG_SCHEMA_OID],
  ['information_schema', INFORMATION_SCHEMA_OID],
  ['timescaledb_information', TIMESCALEDB_INFORMATION_SCHEMA_OID],
  ['varve', VARVE_SCHEMA_OID],
]);

/** Schemas that have a folder of views in sql/. */
const SQL_SCHEMAS: readonly SystemSchema[] = ['pg_catalog', 'information_schema'];

/** OIDs of relations that PostgreSQL does not number, and of all row types, from here up. */
const FIRST_VIEW_OID = 12000;
const FIRST_ROW_TYPE_OID = 14000;

/** Reads the views and describes all built-in relations. */
export async function loadSystemCatalog(
  env: Env,
  sqlPath: string,
  registry: FunctionRegistry,
): Promise<SystemCatalog> {
  const relations: RelationDescriptor[] = VIRTUAL_TABLES.map(virtualDescriptor);
  let rowType = FIRST_ROW_TYPE_OID + relations.length * 2;
  let oid = FIRST_VIEW_OID + relations.length;
  const base = { snapshot: emptyCatalog('postgres') };
  for (const schemaName of SQL_SCHEMAS) {
    const schema = SCHEMA_OIDS.get(schemaName) as number;
    const directory = `${sqlPath}/${schemaName}`;
    const files = (await env.disk.list(directory)).filter((name) => name.endsWith('.sql'));
    for (const file of files.sort()) {
      const text = new TextDecoder().decode(await env.disk.readFile(`${directory}/${file}`));
      for (const [name, sql] of viewsIn(text)) {
        relations.push(
          new SystemView({ name, sql, oid: oid++, schema, schemaName, rowType }, registry, base),
        );
        rowType += 2;
      }
    }
  }
  base.snapshot = emptyCatalog('postgres', relations);
  return {
    relations,
    virtualRows: new Map(
      VIRTUAL_TABLES.map((table) => [table.name, (session) => table.rows(session)]),
    ),
  };
}

function virtualDescriptor(table: VirtualTable, position: number): VirtualTableDescriptor {
  const text = table.columns ?? relationFact(table.schema, table.name)?.columns;
  if (text === undefined) throw new InternalError(`nobody says what columns ${table.name} has`);
  let columns: readonly ColumnDescriptor[] | undefined;
  return {
    kind: 'virtual',
    oid: SYSTEM_OIDS.get(table.name) ?? FIRST_VIEW_OID + position,
    name: table.name,
    schema: SCHEMA_OIDS.get(table.schema) as number,
    owner: BOOTSTRAP_ROLE_OID,
    rowType: ROW_TYPES.get(table.name) ?? FIRST_ROW_TYPE_OID + position * 2,
    rowArrayType: FIRST_ROW_TYPE_OID + position * 2 + 1,
    isLive: table.isLive === true,
    get columns() {
      return (columns ??= parseColumns(text));
    },
  };
}

/** Row types that PostgreSQL fixes. */
const ROW_TYPES: ReadonlyMap<string, number> = new Map([
  ['pg_type', 71],
  ['pg_attribute', 75],
  ['pg_proc', 81],
  ['pg_class', 83],
]);

/** `CREATE VIEW schema.name AS query;` statements of a file, as name and query. */
function* viewsIn(text: string): Iterable<readonly [name: string, sql: string]> {
  const pattern = /^CREATE VIEW (?:\w+\.)?(\w+) AS\s+([\s\S]*?);\s*$/gm;
  for (const match of text.matchAll(pattern)) yield [match[1] as string, match[2] as string];
}

interface ViewFacts {
  readonly name: string;
  readonly sql: string;
  readonly oid: number;
  readonly schema: number;
  readonly schemaName: SystemSchema;
  readonly rowType: number;
}

/** A view of sql/. Where PostgreSQL has it too, its columns are known without binding the query. */
export class SystemView implements ViewDescriptor {
  readonly kind = 'view';
  readonly oid: number;
  readonly name: string;
  readonly schema: number;
  readonly owner = BOOTSTRAP_ROLE_OID;
  readonly rowType: number;
  readonly rowArrayType: number;
  readonly sql: string;
  readonly searchPath: readonly string[] = ['pg_catalog'];
  readonly #schemaName: SystemSchema;
  readonly #registry: FunctionRegistry;
  readonly #base: { readonly snapshot: ReturnType<typeof emptyCatalog> };
  #columns: readonly ColumnDescriptor[] | undefined;

  constructor(
    facts: ViewFacts,
    registry: FunctionRegistry,
    base: { readonly snapshot: ReturnType<typeof emptyCatalog> },
  ) {
    this.oid = facts.oid;
    this.name = facts.name;
    this.schema = facts.schema;
    this.rowType = facts.rowType;
    this.rowArrayType = facts.rowType + 1;
    this.sql = facts.sql;
    this.#schemaName = facts.schemaName;
    this.#registry = registry;
    this.#base = base;
  }

  get columns(): readonly ColumnDescriptor[] {
    this.#columns ??= this.#knownColumns() ?? this.boundColumns();
    return this.#columns;
  }

  #knownColumns(): readonly ColumnDescriptor[] | undefined {
    const fact = relationFact(this.#schemaName, this.name);
    return fact === undefined ? undefined : parseColumns(fact.columns);
  }

  /** The columns that the query itself has. */
  boundColumns(): readonly ColumnDescriptor[] {
    const [statement] = parseStatements(this.sql);
    if (statement === undefined) throw new InternalError(`empty system view ${this.name}`);
    const environment = systemBindEnvironment(this.#base.snapshot, this.#registry, this.sql);
    const fields = bindStatement(statement, environment).fields ?? [];
    return fields.map((field, i) => ({
      attnum: i + 1,
      name: field.name,
      type: field.type,
      notNull: false,
      defaultSql: null,
      identity: '',
    }));
  }
}
