/** A statement ready to be run by a portal, whatever its kind. */
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { Batch } from '../vector/vector.ts';
import type { PlannedQuery } from './query.ts';
import type { FieldDescription, ResultSink } from './session.ts';

/** How a statement ended: its command tag, complete or (for SELECT) still without the row count. */
export interface Completion {
  readonly tag: string;
  /** The tag gets the number of rows delivered appended (`SELECT 3`). */
  readonly countDelivered: boolean;
}

export interface StatementCall {
  readonly parameters: readonly Value[];
  readonly sink: ResultSink;
  /** The statement's own text, for EXPLAIN, pg_stat_activity and errors. */
  readonly text: string;
}

/** Yields the statement's rows, then returns how it ended. */
export type StatementRun = AsyncGenerator<Batch, Completion, void>;

export interface Executable {
  /** null for statements without rows. */
  readonly fields: readonly FieldDescription[] | null;
  readonly parameterTypes: readonly Oid[];
  /** May run while the transaction is failed (COMMIT, ROLLBACK). */
  readonly allowedWhenFailed: boolean;
  /** False for transaction control, SET and SHOW: they leave the snapshot to the first query. */
  readonly takesSnapshot?: boolean;
  /** The plan as of now, where the statement has one: for EXPLAIN EXECUTE. */
  readonly plan?: () => PlannedQuery;
  /** The plan as of now of an INSERT whose rows may wait for others (engine/insert/insert-queue.ts). */
  readonly insertPlan?: (() => PlannedQuery) | undefined;
  run(call: StatementCall): StatementRun;
}

export function completed(tag: string): Completion {
  return { tag, countDelivered: false };
}

/** An executable that does something once and has no rows. */
export function commandExecutable(
  run: (call: StatementCall) => Promise<string> | string,
  options: { readonly allowedWhenFailed?: boolean; readonly takesSnapshot?: boolean } = {},
): Executable {
  return {
    fields: null,
    parameterTypes: [],
    allowedWhenFailed: options.allowedWhenFailed === true,
    takesSnapshot: options.takesSnapshot !== false,
    async *run(call) {
      return completed(await run(call));
    },
  };
}
