/** What the engine's statement code sees of its session; SessionImpl implements it. */
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import type { NoticeSeverity } from '../errors/db-error.ts';
import type { ConditionName } from '../errors/sqlstate.ts';
import type { CancelState, ExecContext, Instrumentation } from '../exec/operator.ts';
import type { EvalContext } from '../functions/function.ts';
import type { BindEnvironment } from '../plan/binder.ts';
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { Database } from './database.ts';
import type { Portal } from './portal.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { ResultSink } from './session.ts';
import type { SessionSettings } from './settings/session-settings.ts';
import type { TransactionState } from './transaction-state.ts';

export interface SessionContext {
  readonly database: Database;
  readonly settings: SessionSettings;
  readonly transaction: TransactionState;
  readonly processId: number;
  readonly cancelState: CancelState;
  readonly statements: Map<string, PreparedStatement>;
  readonly portals: Map<string, Portal>;
  /** The role that privileges are checked against (SET ROLE), and the one that logged in. */
  currentUser(): Oid;
  readonly sessionUser: Oid;
  /** The role that logged in, whatever SET SESSION AUTHORIZATION has made of it. */
  readonly authenticatedUser: Oid;
  setSessionUser(role: Oid | null): void;
  setCurrentUser(role: Oid | null): void;

  catalog(): CatalogSnapshot;
  /** Schemas of search_path that exist, pg_catalog first where it is implicit. */
  lookupPath(): readonly Oid[];
  /** Where unqualified new objects go; 3F000 where no schema of the path exists. */
  creationSchema(): Oid;

  bindEnvironment(sql: string, parameterTypes: Oid[]): BindEnvironment;
  evalContext(): EvalContext;
  execContext(
    parameters: readonly Value[],
    execParams: number,
    instrumentation?: Instrumentation,
  ): ExecContext;
  /** `condition` gives the SQLSTATE where it is not that of any notice or warning. */
  notice(
    severity: NoticeSeverity,
    message: string,
    detail?: string,
    hint?: string,
    condition?: ConditionName,
  ): void;
  /** Where the running statement's messages go. */
  readonly sink: ResultSink | undefined;
}
