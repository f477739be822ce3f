/** Notifications: what LISTEN has asked for, and NOTIFY as a function. */
import { OID, sqlType } from '../../types/type.ts';
import type { ScalarFunction, SqlFunction, TableFunction } from '../function.ts';

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

const notify: ScalarFunction = {
  kind: 'scalar',
  name: 'pg_notify',
  argTypes: [OID.text, OID.text],
  returnType: OID.void,
  strict: false,
  volatility: 'volatile',
  evaluate: () => null,
  async evaluateAsync(args, context) {
    const rows = await context.admin.call('pg_notify', args);
    return rows[0]?.[0] ?? null;
  },
};

export const serverFunctions: readonly SqlFunction[] = [notify, listeningChannels];
