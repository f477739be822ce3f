/** Functions that act on the server: waits, advisory locks, cancelling, notifications. */
import { OID, type Oid } from '../../types/type.ts';
import type { ScalarFunction, SqlFunction, TableFunction } from '../function.ts';
import { sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';

/** A scalar whose value the engine computes, possibly after a wait. */
function waiting(
  name: string,
  argTypes: readonly Oid[],
  returnType: Oid,
  operation = name,
  extra: readonly Value[] = [],
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argTypes,
    returnType,
    strict: true,
    volatility: 'volatile',
    evaluate: () => null,
    async evaluateAsync(args, context) {
      const rows = await context.admin.call(operation, [...args, ...extra]);
      return rows[0]?.[0] ?? null;
    },
  };
}

/** pg_advisory_lock and its many names: operation `advisory`, key numbers first, then the flags. */
function advisoryFunctions(): ScalarFunction[] {
  const functions: ScalarFunction[] = [];
  for (const argTypes of [[OID.int8], [OID.int4, OID.int4]]) {
    for (const transaction of [false, true]) {
      for (const shared of [false, true]) {
        for (const wait of [true, false]) {
          const name = `pg_${wait ? '' : 'try_'}advisory_${transaction ? 'xact_' : ''}lock${shared ? '_shared' : ''}`;
          functions.push(
            waiting(name, argTypes, wait ? OID.void : OID.bool, 'advisory_lock', [wait, shared, transaction]),
          );
        }
      }
    }
    functions.push(waiting('pg_advisory_unlock', argTypes, OID.bool, 'advisory_unlock', [false]));
    functions.push(waiting('pg_advisory_unlock_shared', argTypes, OID.bool, 'advisory_unlock', [true]));
  }
  return functions;
}

const listeningChannels: TableFunction = {
  kind: 'table',
  name: 'pg_listening_channels',
  argTypes: [],
  returnType: OID.text,
  volatility: 'stable',
  strict: true,
  columns: () => [{ name: 'pg_listening_channels', type: sqlType(OID.text) }],
  returnsRecord: false,
  returnsSet: true,
  async *rows(_args, context) {
    yield* await context.admin.call('listening_channels', []);
  },
};

export const serverFunctions: readonly SqlFunction[] = [
  waiting('pg_sleep', [OID.float8], OID.void),
  waiting('pg_sleep_for', [OID.interval], OID.void),
  waiting('pg_cancel_backend', [OID.int4], OID.bool),
  waiting('pg_terminate_backend', [OID.int4], OID.bool),
  waiting('pg_terminate_backend', [OID.int4, OID.int8], OID.bool),
  { ...waiting('pg_notify', [OID.text, OID.text], OID.void), strict: false },
  waiting('pg_advisory_unlock_all', [], OID.void),
  ...advisoryFunctions(),
  listeningChannels,
];
