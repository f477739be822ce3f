/**
 * One connection's session: prepared statements, portals, and the rules of when transactions begin and
 * end in the simple and the extended protocol.
 */
import type { CatalogSnapshot, RoleDescriptor } from '../catalog/catalog.ts';
import {
  type DbError,
  dbError,
  fatalError,
  toDbError,
  type NoticeSeverity,
} from '../errors/db-error.ts';
import { SQLSTATE, type ConditionName } from '../errors/sqlstate.ts';
import type { CancelState, ExecContext, Instrumentation } from '../exec/operator.ts';
import type { EvalContext } from '../functions/function.ts';
import { parseInTurns } from '../parse/parse-in-turns.ts';
import { parseStatements, type ParsedStatement } from '../parse/parser.ts';
import type { StatementShape } from '../parse/shape.ts';
import type { BindEnvironment } from '../plan/binder.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Oid } from '../types/type.ts';
import { finishInTurns } from '../base/steps.ts';
import type { Value } from '../types/value.ts';
import { boundParameter, longParameter } from './bound-parameter.ts';
import type { Database } from './database.ts';
import { checkpointOf, parseTurns } from './checkpoint.ts';
import { buildEvalContext, buildExecContext } from './contexts.ts';
import type { Executable } from './executable.ts';
import { dropPortal, dropProtocolPortals } from './drop-portal.ts';
import { Portal } from './portal.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { dropTemporaryOf, temporarySchema } from './ddl/temporary.ts';
import { plannedPart, statementExecutable } from './dispatch.ts';
import { planAhead } from './query.ts';
import { InsertQueue } from './insert/insert-queue.ts';
import {
  insertExecutable,
  plainInsert,
  plainInsertOf,
  type PlainInsert,
} from './insert/insert-values.ts';
import { noteShape, shapedExecutable, shapeOf } from './shape/shaped-query.ts';
import { explicitSearchPath, lookupPath } from './search-path.ts';
import type {
  AsynchronousMessage,
  FieldDescription,
  FormatCode,
  ParameterInput,
  ResultSink,
  Session,
  SessionOptions,
  StatementDescription,
  TransactionStatus,
} from './session.ts';
import type { SessionContext } from './session-context.ts';
import { SessionSettings } from './settings/session-settings.ts';
import { TransactionState } from './transaction-state.ts';

/** Characters of a text below which parsing and planning are not worth a turn each. */
const PLAIN_TEXT = 8 * 1024;

export class SessionImpl implements Session, SessionContext {
  readonly database: Database;
  readonly settings: SessionSettings;
  readonly transaction: TransactionState;
  readonly processId: number;
  readonly secretKey: number;
  readonly authenticatedUser: Oid;
  readonly options: SessionOptions;
  readonly cancelState: CancelState = { reason: undefined };
  readonly statements = new Map<string, PreparedStatement>();
  readonly portals = new Map<string, Portal>();
  readonly startMicros: number;
  /** For pg_stat_activity. */
  activity: {
    state: 'active' | 'idle' | 'idle in transaction';
    query: string;
    sinceMicros: number;
  };
  sink: ResultSink | undefined;
  readonly #inserts = new InsertQueue(this);
  #sessionUser: Oid | null = null;
  #currentUser: Oid | null = null;
  #statementMicros = 0;
  #running = false;
  #closed = false;
  #path:
    | { readonly catalog: CatalogSnapshot; readonly text: string; readonly oids: readonly Oid[] }
    | undefined;
  #evalContext: { readonly statementMicros: number; readonly context: EvalContext } | undefined;
  #listener: ((message: AsynchronousMessage) => void) | undefined;

  constructor(
    database: Database,
    role: RoleDescriptor,
    options: SessionOptions,
    keys: { readonly processId: number; readonly secretKey: number },
  ) {
    this.database = database;
    this.options = options;
    this.processId = keys.processId;
    this.secretKey = keys.secretKey;
    this.authenticatedUser = role.oid;
    this.startMicros = database.env.clock.nowMicros();
    this.activity = { state: 'idle', query: '', sinceMicros: this.startMicros };
    this.settings = new SessionSettings(database.serverSettings);
    this.settings.assign('session_authorization', role.name);
    this.settings.assign('is_superuser', role.superuser ? 'on' : 'off');
    const stored = database.storage.catalog().object(database.storage.catalog().databaseOid);
    const ofDatabase = stored?.kind === 'database' ? stored.settings : [];
    for (const [name, value] of [...ofDatabase, ...role.settings])
      this.settings.setInitial(name, value);
    for (const [name, value] of options.settings) this.settings.setInitial(name, value);
    this.settings.takeReported();
    this.transaction = new TransactionState(
      database.storage,
      this.settings,
      database.env.clock,
      keys.processId,
    );
    database.notifications.register(keys.processId, (processId, channel, payload) =>
      this.#listener?.({ kind: 'notification', processId, channel, payload }),
    );
  }

  get transactionStatus(): TransactionStatus {
    return this.transaction.status;
  }

  get format(): FormatSettings {
    return this.evalContext().format;
  }

  get statementMicros(): number {
    return this.#statementMicros;
  }

  reportedSettings(): readonly (readonly [string, string])[] {
    return this.settings.reported();
  }

  get sessionUser(): Oid {
    return this.#sessionUser ?? this.authenticatedUser;
  }

  setSessionUser(role: Oid | null): void {
    this.#sessionUser = role;
    this.setCurrentUser(null);
  }

  currentUser(): Oid {
    return this.#currentUser ?? this.sessionUser;
  }

  setCurrentUser(role: Oid | null): void {
    this.#currentUser = role;
    this.#path = undefined;
    this.#evalContext = undefined;
  }

  catalog(): CatalogSnapshot {
    return this.transaction.isOpen
      ? this.transaction.current().catalog()
      : this.database.storage.catalog();
  }

  lookupPath(): readonly Oid[] {
    const catalog = this.catalog();
    const text = this.settings.mustGet('search_path');
    if (this.#path === undefined || this.#path.catalog !== catalog || this.#path.text !== text) {
      const path = lookupPath(this.#explicitPath(catalog, text));
      const temporary = temporarySchema(catalog, this.processId);
      this.#path = { catalog, text, oids: temporary === undefined ? path : [temporary, ...path] };
    }
    return this.#path.oids;
  }

  creationSchema(): Oid {
    const [first] = this.#explicitPath(this.catalog(), this.settings.mustGet('search_path'));
    if (first === undefined) {
      throw dbError('invalid_schema_name', 'no schema has been selected to create in');
    }
    return first;
  }

  #explicitPath(catalog: CatalogSnapshot, text: string): Oid[] {
    const user = catalog.role(this.currentUser())?.name ?? '';
    return explicitSearchPath(text, user, catalog);
  }

  bindEnvironment(sql: string, parameterTypes: Oid[]): BindEnvironment {
    return {
      catalog: this.catalog(),
      registry: this.database.registry,
      searchPath: this.lookupPath(),
      format: this.format,
      parameterTypes,
      sql,
      statistics: (table) => this.database.storage.statistics(table).rows,
      checkTime: this.#planningLimit(),
    };
  }

  /** statement_timeout for a plan that is made from now on. */
  #planningLimit(): () => void {
    const timeoutMs = this.settings.integer('statement_timeout');
    if (timeoutMs === 0) return () => undefined;
    const { clock } = this.database.env;
    const deadline = clock.monotonicMs() + timeoutMs;
    return () => {
      if (clock.monotonicMs() > deadline) throw statementTimeout();
    };
  }

  evalContext(): EvalContext {
    const cached = this.#evalContext;
    const at = this.#statementMicros;
    if (cached?.statementMicros === at && cached.context.catalog === this.catalog()) {
      return cached.context;
    }
    const context = buildEvalContext(this);
    this.#evalContext = { statementMicros: at, context };
    return context;
  }

  execContext(
    parameters: readonly Value[],
    execParams: number,
    instrumentation?: Instrumentation,
  ): ExecContext {
    return buildExecContext(this, parameters, execParams, instrumentation);
  }

  notice(
    severity: NoticeSeverity,
    message: string,
    detail?: string,
    hint?: string,
    condition?: ConditionName,
  ): void {
    const order = ['DEBUG', 'LOG', 'NOTICE', 'WARNING'];
    const minimum = this.settings.mustGet('client_min_messages').toUpperCase().replace(/\d$/, '');
    if (
      severity !== 'INFO' &&
      order.indexOf(severity) < order.indexOf(minimum === 'ERROR' ? 'WARNING' : minimum)
    )
      return;
    if (minimum === 'ERROR' && severity !== 'INFO') return;
    const code =
      SQLSTATE[condition ?? (severity === 'WARNING' ? 'warning' : 'successful_completion')];
    this.sink?.notice({ severity, code, message, detail, hint });
  }

  // ---- simple protocol

  async simpleQuery(sql: string, sink: ResultSink): Promise<void> {
    this.#dropPortal('');
    this.statements.delete('');
    await this.#guarded(sink, sql, async () => {
      await this.#flushInserts();
      const shape = shapeOf(sql);
      const shaped =
        shape === undefined
          ? await this.#plainInsert(plainInsert(sql), true)
          : this.#shaped(shape, sql);
      if (shaped !== undefined) {
        await this.#simpleExecutable(shaped, sql.trim(), sink, true);
        return;
      }
      const statements = await this.#statements(sql);
      if (statements.length === 0) sink.emptyQuery();
      const checkpoint = checkpointOf(this);
      for (const [i, statement] of statements.entries()) {
        // Many short statements take as long as a long one.
        if (i > 0) await checkpoint();
        const executable = await this.#analyse(statement, sql, []);
        if (executable.parameterTypes.length > 0) {
          throw dbError('undefined_parameter', 'there is no parameter $1');
        }
        if (shape !== undefined) noteShape(this, shape, statement, sql);
        const isLast = i === statements.length - 1;
        await this.#simpleExecutable(executable, statement.text, sink, isLast);
      }
    });
  }

  async simpleInsert(bytes: Uint8Array, sink: ResultSink): Promise<boolean> {
    const insert = plainInsertOf(bytes);
    if (insert === undefined || this.transaction.isFailed) return false;
    this.#dropPortal('');
    this.statements.delete('');
    let isDone = false;
    await this.#guarded(sink, insert.beginning, async () => {
      await this.#flushInserts();
      const executable = await this.#plainInsert(insert, true);
      if (executable === undefined) return;
      isDone = true;
      await this.#simpleExecutable(executable, insert.beginning, sink, true);
    });
    return isDone;
  }

  /** A query that runs on the plan of its shape, with its transaction open; undefined for all others. */
  #shaped(shape: StatementShape, sql: string): Executable | undefined {
    if (this.transaction.isFailed) return undefined;
    this.#statementMicros = this.database.env.clock.nowMicros();
    this.transaction.beginStatement();
    return shapedExecutable(this, shape, sql);
  }

  /** A large INSERT of literals, which needs no syntax tree; undefined for all others. */
  async #plainInsert(
    insert: PlainInsert | undefined,
    runsOnce: boolean,
  ): Promise<Executable | undefined> {
    if (insert === undefined || this.transaction.isFailed) return undefined;
    this.#statementMicros = this.database.env.clock.nowMicros();
    this.transaction.beginStatement();
    return await insertExecutable(this, insert, runsOnce);
  }

  async #simpleExecutable(
    executable: Executable,
    text: string,
    sink: ResultSink,
    isLast: boolean,
  ): Promise<void> {
    const portal = this.#portal('', executable, [], [], text);
    const { fields } = executable;
    if (fields !== null)
      sink.rowDescription(
        fields,
        fields.map(() => 0),
      );
    const delivered = await this.#withTimeout(() =>
      portal.fetch(0, sink, (batch) =>
        sink.rows(batch, fields ?? [], textFormats(fields), checkpointOf(this)),
      ),
    );
    if (isLast && !this.transaction.isBlock) await this.#finishImplicit();
    this.#reportSettings(sink);
    sink.commandComplete(portal.tag(delivered));
  }

  // ---- extended protocol

  async parse(name: string, sql: string, parameterTypes: readonly Oid[]): Promise<void> {
    if (name !== '' && this.statements.has(name)) {
      throw dbError('duplicate_prepared_statement', `prepared statement "${name}" already exists`);
    }
    await this.#guarded(undefined, sql, async () => {
      await this.#flushInserts();
      const executable = await this.#preparedExecutable(sql, parameterTypes);
      const prepareMicros = this.database.env.clock.nowMicros();
      this.statements.set(name, { name, sql, executable, fromSql: false, prepareMicros });
    });
  }

  async #preparedExecutable(
    sql: string,
    parameterTypes: readonly Oid[],
  ): Promise<Executable | undefined> {
    const shape = parameterTypes.length > 0 ? undefined : shapeOf(sql);
    const shaped = shape === undefined ? undefined : this.#shaped(shape, sql);
    if (shaped !== undefined) return shaped;
    const insert =
      parameterTypes.length > 0 ? undefined : await this.#plainInsert(plainInsert(sql), false);
    if (insert !== undefined) return insert;
    const statements = await this.#statements(sql);
    if (statements.length > 1) {
      throw dbError('syntax_error', 'cannot insert multiple commands into a prepared statement');
    }
    const [statement] = statements;
    if (statement === undefined) return undefined;
    const executable = await this.#analyse(statement, sql, parameterTypes);
    if (shape !== undefined) noteShape(this, shape, statement, sql);
    return executable;
  }

  async bind(
    portalName: string,
    statementName: string,
    parameters: readonly ParameterInput[],
    resultFormats: readonly FormatCode[],
  ): Promise<void> {
    const statement = this.#statement(statementName);
    if (portalName !== '' && this.portals.has(portalName)) {
      throw dbError('duplicate_cursor', `cursor "${portalName}" already exists`);
    }
    await this.#guarded(undefined, statement.sql, async () => {
      const executable = statement.executable ?? EMPTY_QUERY;
      if (!this.#inserts.isOpenFor(executable)) this.#requireUsable(executable);
      const types = executable.parameterTypes;
      if (parameters.length !== types.length) {
        throw dbError(
          'protocol_violation',
          `bind message supplies ${parameters.length} parameters, but prepared statement "${statementName}" requires ${types.length}`,
        );
      }
      const values: Value[] = [];
      const place = { portal: portalName, index: 0 };
      for (; place.index < parameters.length; place.index++) {
        const input = parameters[place.index];
        const type = types[place.index];
        const steps = longParameter(input, type, this.format, place);
        if (steps === undefined) values.push(boundParameter(input, type, this.format, place));
        else values.push(await finishInTurns(steps, checkpointOf(this)));
      }
      const formats = spreadFormats(resultFormats, executable.fields?.length ?? 0);
      this.#dropPortal(portalName);
      this.#portal(portalName, executable, values, formats, statement.sql);
    });
  }

  async describeStatement(name: string): Promise<StatementDescription> {
    const statement = this.#statement(name);
    return {
      parameterTypes: statement.executable?.parameterTypes ?? [],
      fields: statement.executable?.fields ?? null,
    };
  }

  async describePortal(
    name: string,
  ): Promise<{ fields: readonly FieldDescription[]; formats: readonly FormatCode[] } | null> {
    const portal = this.#findPortal(name);
    const { fields } = portal.executable;
    return fields === null ? null : { fields, formats: portal.formats };
  }

  async execute(portalName: string, maxRows: number, sink: ResultSink): Promise<void> {
    const portal = this.#findPortal(portalName);
    if (portal.executable === EMPTY_QUERY) {
      sink.emptyQuery();
      return;
    }
    await this.#guarded(sink, portal.sql, async () => {
      if (!this.#inserts.isOpenFor(portal.executable)) this.#requireUsable(portal.executable);
      if (await this.#queueInsert(portal, sink)) return;
      const fields = portal.executable.fields;
      const limit = fields === null ? 0 : maxRows;
      const delivered = await this.#withTimeout(() =>
        portal.fetch(limit, sink, (batch) =>
          sink.rows(batch, fields ?? [], portal.formats, checkpointOf(this)),
        ),
      );
      this.#reportSettings(sink);
      if (limit !== 0 && delivered >= limit && !portal.isDone) sink.portalSuspended();
      else sink.commandComplete(portal.tag(delivered));
    });
  }

  closeStatement(name: string): void {
    this.statements.delete(name);
  }

  closePortal(name: string): void {
    this.#dropPortal(name);
  }

  async sync(sink: ResultSink): Promise<void> {
    if (this.#inserts.isEmpty && (this.transaction.isBlock || !this.transaction.isOpen)) return;
    await this.#guarded(sink, undefined, async () => {
      await this.#flushInserts();
      if (!this.transaction.isBlock) await this.#finishImplicit();
    });
    this.#reportSettings(sink);
  }

  failed(_error: DbError): void {
    if (this.transaction.isOpen && !this.transaction.isFailed) this.#fail();
  }

  // ---- life

  cancel(): void {
    if (!this.#running) return;
    this.#interrupt(dbError('query_canceled', 'canceling statement due to user request'));
  }

  /** Ends the session from outside (pg_terminate_backend, shutdown). */
  terminate(error: DbError): void {
    this.#interrupt(error);
    this.#listener?.({ kind: 'terminate', error });
  }

  onAsynchronous(listener: (message: AsynchronousMessage) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const name of [...this.portals.keys()]) this.#dropPortal(name);
    if (this.transaction.isOpen) this.transaction.rollback();
    try {
      await dropTemporaryOf(this.database.storage, this.processId);
    } catch (error) {
      this.database.env.log.warn('dropping temporary relations failed', { error: String(error) });
    }
    this.database.sessionClosed(this);
  }

  // ---- inside

  /** Parses; a long text in steps, with turns for the event loop. */
  async #statements(sql: string): Promise<readonly ParsedStatement[]> {
    if (sql.length < PLAIN_TEXT) return parseStatements(sql);
    const turns = parseTurns(this, this.#planningLimit());
    const statements = await parseInTurns(sql, turns);
    // Planning may take as long again.
    await turns.checkpoint();
    return statements;
  }

  async #analyse(
    statement: ParsedStatement,
    sql: string,
    types: readonly Oid[],
  ): Promise<Executable> {
    if (this.transaction.isFailed && !isTransactionExit(statement)) throw abortedTransaction();
    this.#statementMicros = this.database.env.clock.nowMicros();
    if (!this.transaction.isFailed) this.#openTransaction(statement);
    const planned = plannedPart(statement);
    if (planned !== undefined) await planAhead(this, planned, sql, types);
    return statementExecutable(this, statement, sql, types);
  }

  /** SET and SHOW run in a transaction but take no snapshot: SET TRANSACTION may still come. */
  #openTransaction(statement: ParsedStatement): void {
    const { node } = statement;
    if ('TransactionStmt' in node) return;
    if ('VariableSetStmt' in node || 'VariableShowStmt' in node) this.transaction.current();
    else this.transaction.beginStatement();
  }

  #requireUsable(executable: Executable): void {
    if (this.transaction.isFailed && !executable.allowedWhenFailed) throw abortedTransaction();
    if (this.transaction.isFailed || executable.allowedWhenFailed) return;
    this.#statementMicros = this.database.env.clock.nowMicros();
    if (executable.takesSnapshot === false) this.transaction.current();
    else this.transaction.beginStatement();
  }

  async #flushInserts(): Promise<void> {
    if (!this.#inserts.isEmpty) await this.#withTimeout(() => this.#inserts.flush());
  }

  /** Leaves an INSERT's rows with those that wait, and answers for it; false where it must be run. */
  async #queueInsert(portal: Portal, sink: ResultSink): Promise<boolean> {
    const { executable, parameters, sql } = portal;
    if (portal.isDone || executable.insertPlan === undefined) {
      await this.#flushInserts();
      return false;
    }
    const call = { parameters, sink, text: sql };
    const rows = await this.#withTimeout(() => this.#inserts.take(executable, call));
    if (rows === undefined) return false;
    portal.complete(`INSERT 0 ${rows}`);
    this.#reportSettings(sink);
    sink.commandComplete(portal.tag(0));
    return true;
  }

  #statement(name: string): PreparedStatement {
    const statement = this.statements.get(name);
    if (statement !== undefined) return statement;
    throw dbError(
      'invalid_sql_statement_name',
      name === ''
        ? 'unnamed prepared statement does not exist'
        : `prepared statement "${name}" does not exist`,
    );
  }

  #findPortal(name: string): Portal {
    const portal = this.portals.get(name);
    if (portal === undefined)
      throw dbError('invalid_cursor_name', `portal "${name}" does not exist`);
    return portal;
  }

  #portal(
    name: string,
    executable: Executable,
    parameters: readonly Value[],
    formats: readonly FormatCode[],
    sql: string,
  ): Portal {
    const createdMicros = this.database.env.clock.nowMicros();
    const portal = new Portal({
      name,
      executable,
      parameters,
      formats,
      sql,
      isCursor: false,
      createdMicros,
      transaction: this.transaction,
    });
    this.portals.set(name, portal);
    return portal;
  }

  #dropPortal(name: string): void {
    const portal = this.portals.get(name);
    if (portal !== undefined) dropPortal(this, portal);
  }

  async #finishImplicit(): Promise<void> {
    if (!this.transaction.isOpen) return;
    dropProtocolPortals(this);
    await this.transaction.commit();
  }

  #fail(): void {
    this.#inserts.discard();
    dropProtocolPortals(this);
    this.transaction.fail();
  }

  #reportSettings(sink: ResultSink): void {
    for (const [name, value] of this.settings.takeReported()) sink.parameterStatus(name, value);
  }

  /** Every entry from a door: tracks activity, maps errors, and fails the transaction on one. */
  async #guarded(
    sink: ResultSink | undefined,
    sql: string | undefined,
    work: () => Promise<void> | void,
  ): Promise<void> {
    if (this.#closed)
      throw fatalError('admin_shutdown', 'terminating connection due to administrator command');
    this.sink = sink ?? this.sink;
    this.#running = true;
    this.cancelState.reason = undefined;
    if (sql !== undefined)
      this.activity = { state: 'active', query: sql, sinceMicros: this.#statementMicros };
    try {
      await work();
    } catch (error) {
      this.#fail();
      if (sink !== undefined) this.#reportSettings(sink);
      const mapped = toDbError(error);
      if (mapped.code === 'XX000') {
        this.database.env.log.error('internal error', { error: stackOf(error), query: sql ?? '' });
      }
      throw mapped;
    } finally {
      this.#running = false;
      this.activity = {
        ...this.activity,
        state: this.transaction.isBlock ? 'idle in transaction' : 'idle',
      };
    }
  }

  async #withTimeout<T>(work: () => Promise<T>): Promise<T> {
    const timeoutMs = this.settings.integer('statement_timeout');
    if (timeoutMs === 0) return await work();
    const disarm = this.database.env.timers.after(timeoutMs, () =>
      this.#interrupt(statementTimeout()),
    );
    try {
      return await work();
    } finally {
      disarm();
    }
  }

  #interrupt(reason: DbError): void {
    this.cancelState.reason = reason;
    if (this.transaction.isOpen) this.transaction.current().interrupt(reason);
    this.database.interruptWaits(this.processId, reason);
  }
}

function statementTimeout(): DbError {
  return dbError('query_canceled', 'canceling statement due to statement timeout');
}

/** Stands for an empty query string in the extended protocol. */
const EMPTY_QUERY: Executable = {
  fields: null,
  parameterTypes: [],
  allowedWhenFailed: true,
  async *run() {
    return { tag: '', countDelivered: false };
  },
};

function isTransactionExit(statement: ParsedStatement): boolean {
  if (!('TransactionStmt' in statement.node)) return false;
  const kind = statement.node.TransactionStmt.kind;
  return (
    kind === 'TRANS_STMT_COMMIT' ||
    kind === 'TRANS_STMT_ROLLBACK' ||
    kind === 'TRANS_STMT_ROLLBACK_TO'
  );
}

function abortedTransaction(): DbError {
  return dbError(
    'in_failed_sql_transaction',
    'current transaction is aborted, commands ignored until end of transaction block',
  );
}

function textFormats(fields: readonly FieldDescription[] | null): readonly FormatCode[] {
  return (fields ?? []).map(() => 0);
}

/** Result formats as Bind gives them: none (text), one for all, or one each. */
function spreadFormats(formats: readonly FormatCode[], count: number): readonly FormatCode[] {
  if (formats.length === count) return formats;
  if (formats.length <= 1) return Array.from({ length: count }, () => formats[0] ?? 0);
  throw dbError(
    'protocol_violation',
    `bind message has ${formats.length} result formats but query has ${count} columns`,
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
