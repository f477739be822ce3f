/** Rows that the session has: what LISTEN has asked for, its settings; and NOTIFY as a function. */
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

const SETTING_TEXTS =
  'name setting unit category short_desc extra_desc context vartype source min_val max_val';

/** The function behind pg_settings; pgAdmin asks it when it connects. */
const showAllSettings: TableFunction = {
  kind: 'table',
  name: 'pg_show_all_settings',
  argTypes: [],
  returnType: OID.record,
  volatility: 'stable',
  strict: true,
  columns: () => [
    ...SETTING_TEXTS.split(' ').map((name) => ({ name, type: sqlType(OID.text) })),
    { name: 'enumvals', type: sqlType(OID.textArray) },
    ...['boot_val', 'reset_val', 'sourcefile'].map((name) => ({ name, type: sqlType(OID.text) })),
    { name: 'sourceline', type: sqlType(OID.int4) },
    { name: 'pending_restart', type: sqlType(OID.bool) },
  ],
  returnsRecord: true,
  returnsSet: true,
  async *rows(_args, context) {
    yield* await context.admin.call('show_all_settings', []);
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

export const serverFunctions: readonly SqlFunction[] = [notify, listeningChannels, showAllSettings];
