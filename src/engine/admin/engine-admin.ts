/** The engine's side of functions with effects: operations by name, values in, rows out. */
import { InternalError } from '../../errors/db-error.ts';
import type { EngineAdmin } from '../../functions/function.ts';
import type { Value } from '../../types/value.ts';
import type { SessionContext } from '../session-context.ts';
import { hypertableOperations } from './hypertable-operations.ts';
import { serverOperations } from './server-operations.ts';

export type Rows = readonly (readonly Value[])[];
export type Operation = (session: SessionContext, args: readonly Value[]) => Promise<Rows> | Rows;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ...hypertableOperations,
  ...serverOperations,
]);

export function engineAdmin(session: SessionContext): EngineAdmin {
  const { storage } = session.database;
  return {
    async call(operation, args) {
      const run = OPERATIONS.get(operation);
      if (run === undefined) throw new InternalError(`unknown engine operation ${operation}`);
      return await run(session, args);
    },
    relationBytes(oid) {
      const relation = session.catalog().relation(oid);
      return relation?.kind === 'table' ? storage.statistics(relation).bytes : 0;
    },
    relationRows(oid) {
      const relation = session.catalog().relation(oid);
      return relation?.kind === 'table' ? storage.statistics(relation).rows : 0;
    },
  };
}
