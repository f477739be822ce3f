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
  type VirtualTableDescriptor,
} from '../../catalog/catalog.ts';
import { emptyCatalog } from '../../catalog/snapshot.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { FunctionRegistry } from '../../functions/function.ts';
import { parseStatements } from '../../parse/parser.ts';
import { bindStatement } from '../../plan/binder.ts';
import { typeByInternalName } from '../../types/type-table.ts';
import { sqlType } from '../../types/type.ts';
import type { VirtualRows } from '../database.ts';
import { systemBindEnvironment } from '../system-context.ts';
import { SYSTEM_OIDS } from './system-oids.ts';
import { VIRTUAL_TABLES } from './tables.ts';
import type { VirtualTable } from './virtual-table.ts';

export interface SystemCatalog {
  readonly relations: readonly RelationDescriptor[];
  readonly virtualRows: ReadonlyMap<string, VirtualRows>;
}

const SCHEMAS: readonly (readonly [directory: string, oid: number])[] = [
  ['pg_catalog', PG_CATALOG_SCHEMA_OID],
  ['information_schema', INFORMATION_SCHEMA_OID],
];

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
  let rowType = FIRST_ROW_TYPE_OID + 1000;
  let nextOid = FIRST_VIEW_OID;
  const base = { snapshot: emptyCatalog('postgres') };
  for (const [directory, schema] of SCHEMAS) {
    const files = (await env.disk.list(`${sqlPath}/${directory}`)).filter((name) => name.endsWith('.sql'));
    for (const file of files.sort()) {
      const text = new TextDecoder().decode(await env.disk.readFile(`${sqlPath}/${directory}/${file}`));
      for (const [name, sql] of viewsIn(text)) {
        const oid = SYSTEM_OIDS.get(name) ?? nextOid++;
        relations.push(new SystemView({ name, sql, oid, schema, rowType }, registry, base));
        rowType += 2;
      }
    }
  }
  base.snapshot = emptyCatalog('postgres', relations);
  return {
    relations,
    virtualRows: new Map(VIRTUAL_TABLES.map((table) => [table.name, (session) => table.rows(session)])),
  };
}

function virtualDescriptor(table: VirtualTable, position: number): VirtualTableDescriptor {
  return {
    kind: 'virtual',
    oid: table.oid,
    name: table.name,
    schema: PG_CATALOG_SCHEMA_OID,
    owner: BOOTSTRAP_ROLE_OID,
    rowType: FIRST_ROW_TYPE_OID + position * 2,
    rowArrayType: FIRST_ROW_TYPE_OID + position * 2 + 1,
    columns: table.columns.map(([name, type], i) => {
      const info = typeByInternalName(type);
      if (info === undefined) throw new InternalError(`unknown type ${type} in ${table.name}`);
      return { attnum: i + 1, name, type: sqlType(info.oid), notNull: false, defaultSql: null, identity: '' };
    }),
  };
}

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
  readonly rowType: number;
}

class SystemView implements ViewDescriptor {
  readonly kind = 'view';
  readonly oid: number;
  readonly name: string;
  readonly schema: number;
  readonly owner = BOOTSTRAP_ROLE_OID;
  readonly rowType: number;
  readonly rowArrayType: number;
  readonly sql: string;
  readonly searchPath: readonly string[] = ['pg_catalog'];
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
    this.#registry = registry;
    this.#base = base;
  }

  get columns(): readonly ColumnDescriptor[] {
    this.#columns ??= this.#bindColumns();
    return this.#columns;
  }

  #bindColumns(): readonly ColumnDescriptor[] {
    const [statement] = parseStatements(this.sql);
    if (statement === undefined) throw new InternalError(`empty system view ${this.name}`);
    const environment = systemBindEnvironment(this.#base.snapshot, this.#registry, this.sql);
    const fields = bindStatement(statement, environment).fields ?? [];
    return fields.map((field, i) => ({
      attnum: i + 1, name: field.name, type: field.type, notNull: false, defaultSql: null, identity: '',
    }));
  }
}
