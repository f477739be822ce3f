/** Every setting that SET, SHOW and pg_settings know, with PostgreSQL 15's names, units and defaults. */
import { printInteger } from './parse-setting.ts';
import { PG_VERSION_NUM, SERVER_VERSION } from '../../base/version.ts';

export type SettingContext =
  | 'internal'
  | 'postmaster'
  | 'sighup'
  | 'superuser'
  | 'user'
  | 'backend';

interface DefinitionBase {
  /** As SHOW ALL prints it (DateStyle, TimeZone); looked up without regard to case. */
  readonly name: string;
  readonly defaultValue: string;
  readonly context: SettingContext;
  /** Sent to clients as ParameterStatus. */
  readonly reported?: boolean;
  readonly description: string;
}

export type SettingDefinition =
  | (DefinitionBase & {
      readonly type: 'bool';
      /** Statements are read and answered for the default value only. */
      readonly isFixed?: boolean;
    })
  | (DefinitionBase & {
      readonly type: 'integer';
      readonly minimum: number;
      readonly maximum: number;
      /** Base unit of the number: ms, s, min, kB, 8kB, B. */
      readonly unit?: string;
    })
  | (DefinitionBase & { readonly type: 'real'; readonly minimum: number; readonly maximum: number })
  | (DefinitionBase & { readonly type: 'enum'; readonly values: readonly string[] })
  | (DefinitionBase & { readonly type: 'string' });

const bool = (
  name: string,
  defaultValue: 'on' | 'off',
  description: string,
  extra: Partial<DefinitionBase> & { isFixed?: boolean } = {},
): SettingDefinition => ({
  type: 'bool',
  name,
  defaultValue,
  context: 'user',
  description,
  ...extra,
});

const integer = (
  name: string,
  defaultValue: number,
  range: readonly [number, number],
  description: string,
  extra: Partial<DefinitionBase> & { unit?: string } = {},
): SettingDefinition => ({
  type: 'integer',
  name,
  defaultValue: printInteger(defaultValue, extra.unit),
  minimum: range[0],
  maximum: range[1],
  context: 'user',
  description,
  ...extra,
});

const enumeration = (
  name: string,
  defaultValue: string,
  values: readonly string[],
  description: string,
  extra: Partial<DefinitionBase> = {},
): SettingDefinition => ({
  type: 'enum',
  name,
  defaultValue,
  values,
  context: 'user',
  description,
  ...extra,
});

const text = (
  name: string,
  defaultValue: string,
  description: string,
  extra: Partial<DefinitionBase> = {},
): SettingDefinition => ({
  type: 'string',
  name,
  defaultValue,
  context: 'user',
  description,
  ...extra,
});

const real = (
  name: string,
  defaultValue: string,
  range: readonly [number, number],
  description: string,
): SettingDefinition => ({
  type: 'real',
  name,
  defaultValue,
  minimum: range[0],
  maximum: range[1],
  context: 'user',
  description,
});

const INT_MAX = 2147483647;
const internal = { context: 'internal' as const };
const ISOLATION_LEVELS = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];
const MESSAGE_LEVELS = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'notice',
  'warning',
  'error',
];

export const SETTING_DEFINITIONS: readonly SettingDefinition[] = [
  text('application_name', '', 'Sets the application name to be reported in statistics and logs.', {
    reported: true,
  }),
  text('client_encoding', 'UTF8', "Sets the client's character set encoding.", { reported: true }),
  text('DateStyle', 'ISO, MDY', 'Sets the display format for date and time values.', {
    reported: true,
  }),
  bool(
    'default_transaction_read_only',
    'off',
    'Sets the default read-only status of new transactions.',
    { reported: true },
  ),
  bool('in_hot_standby', 'off', 'Shows whether hot standby is currently active.', {
    ...internal,
    reported: true,
  }),
  bool('integer_datetimes', 'on', 'Shows whether datetimes are integer based.', {
    ...internal,
    reported: true,
  }),
  enumeration(
    'IntervalStyle',
    'postgres',
    ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'],
    'Sets the display format for interval values.',
    { reported: true },
  ),
  bool('is_superuser', 'on', 'Shows whether the current user is a superuser.', {
    ...internal,
    reported: true,
  }),
  text('server_encoding', 'UTF8', 'Shows the server (database) character set encoding.', {
    ...internal,
    reported: true,
  }),
  text('server_version', SERVER_VERSION, 'Shows the server version.', {
    ...internal,
    reported: true,
  }),
  text('session_authorization', 'postgres', 'Sets the session user name.', { reported: true }),
  bool(
    'standard_conforming_strings',
    'on',
    "Causes '...' strings to treat backslashes literally.",
    { reported: true, isFixed: true },
  ),
  text('TimeZone', 'UTC', 'Sets the time zone for displaying and interpreting time stamps.', {
    reported: true,
  }),

  text(
    'server_version_num',
    String(PG_VERSION_NUM),
    'Shows the server version as an integer.',
    internal,
  ),
  integer('block_size', 8192, [8192, 8192], 'Shows the size of a disk block.', internal),
  integer('max_identifier_length', 63, [63, 63], 'Shows the maximum identifier length.', internal),
  integer('max_index_keys', 32, [32, 32], 'Shows the maximum number of index keys.', internal),
  integer(
    'max_function_args',
    100,
    [100, 100],
    'Shows the maximum number of function arguments.',
    internal,
  ),
  text('lc_collate', 'C', 'Shows the collation order locale.', internal),
  text(
    'lc_ctype',
    'C.UTF-8',
    'Shows the character classification and case conversion locale.',
    internal,
  ),
  text('lc_messages', 'C', 'Sets the language in which messages are displayed.'),
  text('lc_monetary', 'C', 'Sets the locale for formatting monetary amounts.'),
  text('lc_numeric', 'C', 'Sets the locale for formatting numbers.'),
  text('lc_time', 'C', 'Sets the locale for formatting date and time values.'),

  text(
    'search_path',
    '"$user", public',
    'Sets the schema search order for names that are not schema-qualified.',
  ),
  text('role', 'none', 'Sets the current role.'),
  enumeration(
    'client_min_messages',
    'notice',
    MESSAGE_LEVELS,
    'Sets the message levels that are sent to the client.',
  ),
  enumeration(
    'log_min_messages',
    'warning',
    MESSAGE_LEVELS,
    'Sets the message levels that are logged.',
    { context: 'superuser' },
  ),
  integer(
    'statement_timeout',
    0,
    [0, INT_MAX],
    'Sets the maximum allowed duration of any statement.',
    { unit: 'ms' },
  ),
  integer(
    'lock_timeout',
    0,
    [0, INT_MAX],
    'Sets the maximum allowed duration of any wait for a lock.',
    { unit: 'ms' },
  ),
  integer(
    'idle_in_transaction_session_timeout',
    0,
    [0, INT_MAX],
    'Sets the maximum allowed idle time between queries, when in a transaction.',
    { unit: 'ms' },
  ),
  integer(
    'idle_session_timeout',
    0,
    [0, INT_MAX],
    'Sets the maximum allowed idle time between queries, when not in a transaction.',
    { unit: 'ms' },
  ),
  integer(
    'transaction_timeout',
    0,
    [0, INT_MAX],
    'Sets the maximum allowed duration of any transaction.',
    { unit: 'ms' },
  ),
  integer(
    'deadlock_timeout',
    1000,
    [1, INT_MAX],
    'Sets the time to wait on a lock before checking for deadlock.',
    { unit: 'ms', context: 'superuser' },
  ),
  enumeration(
    'default_transaction_isolation',
    'read committed',
    ISOLATION_LEVELS,
    'Sets the transaction isolation level of each new transaction.',
  ),
  enumeration(
    'transaction_isolation',
    'read committed',
    ISOLATION_LEVELS,
    "Sets the current transaction's isolation level.",
  ),
  bool('transaction_read_only', 'off', "Sets the current transaction's read-only status."),
  bool(
    'transaction_deferrable',
    'off',
    'Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.',
  ),
  bool(
    'default_transaction_deferrable',
    'off',
    'Sets the default deferrable status of new transactions.',
  ),
  enumeration('bytea_output', 'hex', ['escape', 'hex'], 'Sets the output format for bytea.'),
  integer(
    'extra_float_digits',
    1,
    [-15, 3],
    'Sets the number of digits displayed for floating-point values.',
  ),
  enumeration(
    'xmloption',
    'content',
    ['content', 'document'],
    'Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.',
  ),
  enumeration(
    'xmlbinary',
    'base64',
    ['base64', 'hex'],
    'Sets how binary values are to be encoded in XML.',
  ),
  enumeration(
    'backslash_quote',
    'safe_encoding',
    ['safe_encoding', 'on', 'off'],
    'Sets whether "\\\'" is allowed in string literals.',
  ),
  bool('escape_string_warning', 'on', 'Warn about backslash escapes in ordinary string literals.'),
  bool('array_nulls', 'on', 'Enable input of NULL elements in arrays.', { isFixed: true }),
  bool(
    'check_function_bodies',
    'on',
    'Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.',
  ),
  bool('row_security', 'on', 'Enable row security.'),
  bool('quote_all_identifiers', 'off', 'When generating SQL fragments, quote all identifiers.'),
  bool('transform_null_equals', 'off', 'Treats "expr=NULL" as "expr IS NULL".', { isFixed: true }),
  text('default_tablespace', '', 'Sets the default tablespace to create tables and indexes in.'),
  text(
    'temp_tablespaces',
    '',
    'Sets the tablespace(s) to use for temporary tables and sort files.',
  ),
  text(
    'default_table_access_method',
    'heap',
    'Sets the default table access method for new tables.',
  ),
  enumeration(
    'default_toast_compression',
    'pglz',
    ['pglz', 'lz4'],
    'Sets the default compression method for compressible values.',
  ),
  enumeration(
    'synchronous_commit',
    'on',
    ['local', 'remote_write', 'remote_apply', 'on', 'off'],
    "Sets the current transaction's synchronization level.",
  ),
  bool('synchronize_seqscans', 'on', 'Enable synchronized sequential scans.'),
  bool('fsync', 'on', 'Forces synchronization of updates to disk.', { context: 'sighup' }),
  integer(
    'work_mem',
    65536,
    [64, INT_MAX],
    'Sets the maximum memory to be used for query workspaces.',
    { unit: 'kB' },
  ),
  real('hash_mem_multiplier', '2', [1, 1000], 'Multiple of work_mem to use for hash tables.'),
  integer(
    'temp_file_limit',
    -1,
    [-1, INT_MAX],
    'Limits the total size of all temporary files used by each process.',
    { unit: 'kB', context: 'superuser' },
  ),
  integer(
    'maintenance_work_mem',
    65536,
    [1024, INT_MAX],
    'Sets the maximum memory to be used for maintenance operations.',
    { unit: 'kB' },
  ),
  integer(
    'shared_buffers',
    65536,
    [16, 1073741823],
    'Sets the number of shared memory buffers used by the server.',
    { unit: '8kB', context: 'postmaster' },
  ),
  integer(
    'effective_cache_size',
    524288,
    [1, INT_MAX],
    "Sets the planner's assumption about the total size of the data caches.",
    { unit: '8kB' },
  ),
  integer(
    'max_connections',
    100,
    [1, 262143],
    'Sets the maximum number of concurrent connections.',
    { context: 'postmaster' },
  ),
  integer(
    'superuser_reserved_connections',
    3,
    [0, 262143],
    'Sets the number of connection slots reserved for superusers.',
    { context: 'postmaster' },
  ),
  integer(
    'authentication_timeout',
    60,
    [1, 600],
    'Sets the maximum allowed time to complete client authentication.',
    { unit: 's', context: 'sighup' },
  ),
  integer('tcp_keepalives_idle', 0, [0, INT_MAX], 'Time between issuing TCP keepalives.', {
    unit: 's',
  }),
  integer('tcp_keepalives_interval', 0, [0, INT_MAX], 'Time between TCP keepalive retransmits.', {
    unit: 's',
  }),
  integer('tcp_keepalives_count', 0, [0, INT_MAX], 'Maximum number of TCP keepalive retransmits.'),
  bool('jit', 'off', 'Allow JIT compilation.'),
  enumeration(
    'plan_cache_mode',
    'auto',
    ['auto', 'force_generic_plan', 'force_custom_plan'],
    "Controls the planner's selection of custom or generic plan.",
  ),
  enumeration(
    'constraint_exclusion',
    'partition',
    ['partition', 'on', 'off'],
    'Enables the planner to use constraints to optimize queries.',
  ),
  bool('enable_seqscan', 'on', "Enables the planner's use of sequential-scan plans."),
  bool('enable_indexscan', 'on', "Enables the planner's use of index-scan plans."),
  bool('enable_bitmapscan', 'on', "Enables the planner's use of bitmap-scan plans."),
  bool('enable_hashjoin', 'on', "Enables the planner's use of hash join plans."),
  bool('enable_mergejoin', 'on', "Enables the planner's use of merge join plans."),
  bool('enable_nestloop', 'on', "Enables the planner's use of nested-loop join plans."),
  bool('enable_hashagg', 'on', "Enables the planner's use of hashed aggregation plans."),
  bool('enable_sort', 'on', "Enables the planner's use of explicit sort steps."),
  bool('enable_partition_pruning', 'on', 'Enables plan-time and execution-time partition pruning.'),
  real(
    'random_page_cost',
    '4',
    [0, 1e10],
    "Sets the planner's estimate of the cost of a nonsequentially fetched disk page.",
  ),
  real(
    'seq_page_cost',
    '1',
    [0, 1e10],
    "Sets the planner's estimate of the cost of a sequentially fetched disk page.",
  ),
  real(
    'cpu_tuple_cost',
    '0.01',
    [0, 1e10],
    "Sets the planner's estimate of the cost of processing each tuple (row).",
  ),
  integer('default_statistics_target', 100, [1, 10000], 'Sets the default statistics target.'),
  bool('ssl', 'off', 'Enables SSL connections.', { context: 'sighup' }),
  enumeration(
    'password_encryption',
    'scram-sha-256',
    ['scram-sha-256'],
    'Chooses the algorithm for encrypting passwords.',
  ),
  text(
    'restrict_nonsystem_relation_kind',
    '',
    'Prohibits access to non-system relations of specified kinds.',
  ),
  text('log_statement', 'none', 'Sets the type of statements logged.', { context: 'superuser' }),
  integer(
    'log_min_duration_statement',
    -1,
    [-1, INT_MAX],
    'Sets the minimum execution time above which all statements will be logged.',
    { unit: 'ms', context: 'superuser' },
  ),
  bool('track_activities', 'on', 'Collects information about executing commands.', {
    context: 'superuser',
  }),
  enumeration(
    'wal_level',
    'replica',
    ['minimal', 'replica', 'logical'],
    'Sets the level of information written to the WAL.',
    { context: 'postmaster' },
  ),
  text('data_directory', '', "Sets the server's data directory.", { context: 'postmaster' }),
  text('listen_addresses', 'localhost', 'Sets the host name or IP address(es) to listen to.', {
    context: 'postmaster',
  }),
  integer('port', 5432, [0, 65535], 'Sets the TCP port the server listens on.', {
    context: 'postmaster',
  }),
];
