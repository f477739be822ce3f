/** Contexts without a session: for index expressions and for the definitions of system views. */
import { liveColumns, type CatalogSnapshot, type TableDescriptor } from '../catalog/catalog.ts';
import { InternalError } from '../errors/db-error.ts';
import type { ExecContext } from '../exec/operator.ts';
import type { EvalContext, FunctionRegistry } from '../functions/function.ts';
import { parseExpression } from '../parse/parser.ts';
import type { BindEnvironment } from '../plan/bind/context.ts';
import { bindExpr } from '../plan/bind/expr.ts';
import type { Expr } from '../plan/expr.ts';
import { PG_CATALOG_SCHEMA_OID } from '../catalog/catalog.ts';
import type { Database } from './database.ts';
import { tableScope } from './expressions.ts';
import { NEUTRAL_FORMAT } from '../types/neutral-format.ts';

export function systemBindEnvironment(
  catalog: CatalogSnapshot,
  registry: FunctionRegistry,
  sql: string,
): BindEnvironment {
  return {
    catalog,
    registry,
    searchPath: [PG_CATALOG_SCHEMA_OID],
    format: NEUTRAL_FORMAT,
    parameterTypes: [],
    sql,
  };
}

const boundExpressions = new WeakMap<TableDescriptor, Map<string, Expr>>();

/** A stored expression over a table's live columns, bound once per table version. */
export function bindTableSql(database: Database, table: TableDescriptor, sql: string): Expr {
  let cache = boundExpressions.get(table);
  if (cache === undefined) boundExpressions.set(table, (cache = new Map()));
  let expr = cache.get(sql);
  if (expr === undefined) {
    const environment = systemBindEnvironment(database.storage.catalog(), database.registry, sql);
    const scope = tableScope(environment, table.name, liveColumns(table), 'index expressions');
    expr = bindExpr(parseExpression(sql), scope);
    cache.set(sql, expr);
  }
  return expr;
}

/** Enough of a context for immutable expressions; anything else is a bug. */
export function systemContext(
  database: Database,
  turns?: Pick<ExecContext, 'checkpoint'>,
): ExecContext {
  const refuse = (): never => {
    throw new InternalError('an immutable expression asked for session state');
  };
  const evalContext: EvalContext = {
    format: NEUTRAL_FORMAT,
    transactionMicros: 0,
    statementMicros: 0,
    clock: database.env.clock,
    random: database.env.random,
    catalog: database.storage.catalog(),
    session: {
      key: {},
      processId: 0,
      databaseName: database.name,
      sessionUser: 10,
      startMicros: 0,
      clientAddress: null,
      clientPort: null,
      currentUser: () => 10,
      searchPath: () => [PG_CATALOG_SCHEMA_OID],
      getSetting: () => undefined,
      setSetting: refuse,
    },
    sequences: { nextValue: refuse, currentValue: refuse, lastValue: refuse, setValue: refuse },
    admin: { call: refuse, relationBytes: () => 0, relationRows: () => 0 },
    notice: () => undefined,
  };
  return {
    eval: evalContext,
    get transaction(): never {
      return refuse();
    },
    parameters: [],
    execParams: [],
    workMemoryBytes: Number.MAX_SAFE_INTEGER,
    hashMemoryBytes: Number.MAX_SAFE_INTEGER,
    temporaryFiles: undefined,
    cancel: { reason: undefined },
    checkpoint: () => turns?.checkpoint(),
    virtualRows: refuse,
    instrumentation: undefined,
    modified: new Map(),
    shared: new Map(),
  };
}
