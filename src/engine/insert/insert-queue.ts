/**
 * INSERTs of one row after the other in a pipeline, put together: their rows wait until something else is
 * asked for (at the latest a Sync) and are then inserted as one batch. Only statements wait that cannot
 * fail once their values are known to fit, so each is told at once that its rows are in.
 */
import type { InsertNode } from '../../plan/physical.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import type { Batch } from '../../vector/vector.ts';
import type { Executable, StatementCall } from '../executable.ts';
import { checkPlanPrivileges } from '../privileges.ts';
import { lockAndPlan, runPlanned, type PlannedQuery } from '../query.ts';
import type { SessionContext } from '../session-context.ts';
import { ParameterRows } from './parameter-rows.ts';

const ROWS_MAX = 4096;
/** Characters and bytes of values that may wait, as a guess. */
const BYTES_MAX = 1 << 20;

interface Waiting {
  readonly executable: Executable;
  readonly planned: PlannedQuery;
  readonly rows: ParameterRows;
  readonly builders: readonly VectorBuilder[];
  readonly call: StatementCall;
  length: number;
  bytes: number;
}

export class InsertQueue {
  readonly #session: SessionContext;
  #waiting: Waiting | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  /** Whether rows of this statement wait: it then needs neither locks nor a snapshot. */
  isOpenFor(executable: Executable): boolean {
    return this.#waiting?.executable === executable;
  }

  /** Takes the rows of a statement; the number of them, or undefined where it must run by itself. */
  async take(executable: Executable, call: StatementCall): Promise<number | undefined> {
    if (!this.isOpenFor(executable)) {
      await this.flush();
      this.#waiting = await this.#open(executable, call);
    }
    const waiting = this.#waiting;
    if (waiting === undefined || !waiting.rows.append(call.parameters, waiting.builders)) {
      await this.flush();
      return undefined;
    }
    waiting.length += waiting.rows.length;
    waiting.bytes += bytesOf(call.parameters);
    if (waiting.length >= ROWS_MAX || waiting.bytes >= BYTES_MAX) await this.flush();
    return waiting.rows.length;
  }

  /** Inserts what waits. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined || waiting.length === 0) return;
    const { planned, rows, builders, length, call } = waiting;
    const columns = builders.map((builder) => builder.finish());
    this.#session.transaction.beginStatement();
    const run = runPlanned(
      this.#session,
      withRows(planned, rows.insert, { columns, length }),
      call,
      undefined,
    );
    for (let step = await run.next(); step.done !== true;) step = await run.next();
  }

  /** Forgets what waits: its transaction has failed. */
  discard(): void {
    this.#waiting = undefined;
  }

  async #open(executable: Executable, call: StatementCall): Promise<Waiting | undefined> {
    const { insertPlan } = executable;
    if (insertPlan === undefined) return undefined;
    const session = this.#session;
    const planned = await lockAndPlan(session, insertPlan);
    const rows = ParameterRows.of(planned.plan, session.catalog());
    if (rows === undefined) return undefined;
    checkPlanPrivileges(session, planned.plan);
    const builders = rows.insert.input.columns.map(({ type }) => new VectorBuilder(type));
    return { executable, planned, rows, builders, call, length: 0, bytes: 0 };
  }
}

function bytesOf(parameters: readonly Value[]): number {
  let bytes = 0;
  for (const value of parameters) {
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
    else bytes += typeof value === 'object' && value !== null ? 64 : 8;
  }
  return bytes;
}

function withRows(planned: PlannedQuery, insert: InsertNode, batch: Batch): PlannedQuery {
  const input = { ...insert.input, kind: 'values', rows: [], batches: [batch] } as const;
  const root: InsertNode = { ...insert, input };
  return { ...planned, plan: { ...planned.plan, root } };
}
