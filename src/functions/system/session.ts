/** Who and where one is: version, database, user, settings, server state. */
import { PG_VERSION, VARVE_VERSION } from '../../base/version.ts';
import { dbError } from '../../errors/db-error.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar, table } from '../define.ts';
import type { EvalContext, ScalarFunction, TableFunction } from '../function.ts';

const STABLE = { volatility: 'stable' } as const;
const VOLATILE = { volatility: 'volatile' } as const;

/** What version() prints. */
export const VERSION_TEXT = `PostgreSQL ${PG_VERSION} (Varve ${VARVE_VERSION}) on JavaScript, 64-bit`;

function userName(context: EvalContext): string | null {
  return context.catalog.role(context.session.currentUser())?.name ?? null;
}

function currentSchema(context: EvalContext): string | null {
  const [first] = context.session.searchPath(false);
  return first === undefined ? null : (context.catalog.schema(first)?.name ?? null);
}

function currentSetting(name: string, missingOk: boolean, context: EvalContext): string | null {
  const value = context.session.getSetting(name);
  if (value !== undefined) return value;
  if (missingOk) return null;
  throw dbError('undefined_object', `unrecognized configuration parameter "${name}"`);
}

const ENCODINGS: readonly (readonly [string, number])[] = [
  ['SQL_ASCII', 0],
  ['EUC_JP', 1],
  ['EUC_CN', 2],
  ['EUC_KR', 3],
  ['EUC_TW', 4],
  ['UTF8', 6],
  ['LATIN1', 8],
  ['LATIN2', 9],
  ['LATIN9', 16],
  ['WIN1250', 29],
  ['WIN1251', 23],
  ['WIN1252', 24],
];

function encodingNumber(name: string): number {
  const plain = name.toUpperCase().replace(/[^A-Z0-9_]/g, '');
  const wanted = plain === 'UNICODE' ? 'UTF8' : plain;
  return ENCODINGS.find(([known]) => known === wanted)?.[1] ?? -1;
}

/** A function whose answer the engine has. */
function fromEngine(signature: string): ScalarFunction {
  const base = scalar(
    signature,
    () => {
      throw dbError('internal_error', `${signature} was called without waiting`);
    },
    VOLATILE,
  );
  return {
    ...base,
    async evaluateAsync(args: readonly Value[], context: EvalContext) {
      const rows = await context.admin.call(base.name, args);
      return rows[0]?.[0] ?? null;
    },
  };
}

function userFunctions(): ScalarFunction[] {
  return [
    ...['current_user', 'user', 'current_role'].map((name) =>
      scalar(`${name}() name`, userName, STABLE),
    ),
    scalar(
      'session_user() name',
      (context: EvalContext) => context.catalog.role(context.session.sessionUser)?.name ?? null,
      STABLE,
    ),
    ...['current_database', 'current_catalog'].map((name) =>
      scalar(`${name}() name`, (context: EvalContext) => context.session.databaseName, STABLE),
    ),
    scalar('current_schema() name', currentSchema, STABLE),
    scalar(
      'current_schemas(bool) name[]',
      (implicit: boolean, context: EvalContext) => {
        const path = context.session.searchPath(implicit);
        const names = path.map((oid) => context.catalog.schema(oid)?.name ?? 'pg_catalog');
        return new PgArray(OID.name, names);
      },
      STABLE,
    ),
  ];
}

function waitingFunctions(): ScalarFunction[] {
  const keys = ['int8', 'int4, int4'];
  const locks = (name: string, result: string): ScalarFunction[] =>
    ['', '_shared'].flatMap((mode) =>
      keys.map((key) => fromEngine(`${name}${mode}(${key}) ${result}`)),
    );
  return [
    fromEngine('pg_sleep(float8) void'),
    fromEngine('pg_sleep_for(interval) void'),
    fromEngine('pg_sleep_until(timestamptz) void'),
    fromEngine('pg_postmaster_start_time() timestamptz'),
    fromEngine('pg_conf_load_time() timestamptz'),
    fromEngine('txid_current() int8'),
    fromEngine('current_query() text'),
    fromEngine('pg_blocking_pids(int4) int4[]'),
    fromEngine('pg_cancel_backend(int4) bool'),
    fromEngine('pg_terminate_backend(int4) bool'),
    fromEngine('pg_terminate_backend(int4, int8) bool'),
    fromEngine('pg_reload_conf() bool'),
    ...locks('pg_advisory_lock', 'void'),
    ...locks('pg_try_advisory_lock', 'bool'),
    ...locks('pg_advisory_unlock', 'bool'),
    ...locks('pg_advisory_xact_lock', 'void'),
    ...locks('pg_try_advisory_xact_lock', 'bool'),
    fromEngine('pg_advisory_unlock_all() void'),
  ];
}

export const sessionFunctions: readonly ScalarFunction[] = [
  scalar('version() text', () => VERSION_TEXT, STABLE),
  ...userFunctions(),
  scalar(
    'current_setting(text) text',
    (name: string, context: EvalContext) => currentSetting(name, false, context),
    STABLE,
  ),
  scalar('current_setting(text, bool) text', currentSetting, STABLE),
  scalar(
    'set_config(text, text, bool) text',
    (name: string | null, value: string | null, isLocal: boolean | null, context: EvalContext) => {
      if (name === null) throw dbError('null_value_not_allowed', 'SET requires parameter name');
      return context.session.setSetting(name, value ?? '', isLocal ?? false);
    },
    { strict: false, volatility: 'volatile' },
  ),
  scalar('pg_backend_pid() int4', (context: EvalContext) => context.session.processId, STABLE),
  scalar('pg_is_in_recovery() bool', () => false, VOLATILE),
  scalar('pg_jit_available() bool', () => false, VOLATILE),
  scalar('pg_my_temp_schema() oid', () => 0, STABLE),
  scalar('pg_is_other_temp_schema(oid) bool', () => false, STABLE),
  scalar(
    'pg_encoding_to_char(int4) name',
    (number: number) => ENCODINGS.find(([, known]) => known === number)?.[0] ?? '',
  ),
  scalar('pg_char_to_encoding(name) int4', encodingNumber),
  scalar('getdatabaseencoding() name', () => 'UTF8', STABLE),
  scalar(
    'pg_client_encoding() name',
    (context: EvalContext) => context.session.getSetting('client_encoding') ?? 'UTF8',
    STABLE,
  ),
  scalar(
    'inet_client_addr() text',
    (context: EvalContext) => context.session.clientAddress,
    STABLE,
  ),
  scalar('inet_client_port() int4', (context: EvalContext) => context.session.clientPort, STABLE),
  scalar(
    'inet_server_addr() text',
    (context: EvalContext) => (context.session.clientAddress === null ? null : '127.0.0.1'),
    STABLE,
  ),
  scalar(
    'inet_server_port() int4',
    (context: EvalContext) => {
      const port =
        context.session.clientAddress === null ? undefined : context.session.getSetting('port');
      return port === undefined ? null : Number(port);
    },
    STABLE,
  ),
  ...waitingFunctions(),
];

export const sessionTableFunctions: readonly TableFunction[] = [
  {
    ...table(
      'pg_options_to_table(text[]) record',
      ([options]) =>
        (options as PgArray).values.map((option) => {
          if (option === null) {
            throw dbError(
              'null_value_not_allowed',
              'null array element not allowed in this context',
            );
          }
          const [name, ...rest] = (option as string).split('=');
          return [name as string, rest.length === 0 ? null : rest.join('=')];
        }),
      {
        volatility: 'stable',
        columns: () => [
          { name: 'option_name', type: { oid: OID.text, typmod: -1 } },
          { name: 'option_value', type: { oid: OID.text, typmod: -1 } },
        ],
      },
    ),
  },
];
