/** The groups under which PostgreSQL lists settings. */

const CATEGORIES: readonly (readonly [category: string, names: string])[] = [
  [
    'Client Connection Defaults / Locale and Formatting',
    'client_encoding DateStyle extra_float_digits IntervalStyle lc_messages lc_monetary ' +
      'lc_numeric lc_time TimeZone',
  ],
  [
    'Client Connection Defaults / Statement Behavior',
    'bytea_output check_function_bodies client_min_messages default_table_access_method ' +
      'default_tablespace default_toast_compression default_transaction_deferrable ' +
      'default_transaction_isolation default_transaction_read_only ' +
      'idle_in_transaction_session_timeout idle_session_timeout lock_timeout ' +
      'restrict_nonsystem_relation_kind row_security search_path statement_timeout ' +
      'temp_tablespaces transaction_deferrable transaction_isolation transaction_read_only ' +
      'transaction_timeout xmlbinary xmloption',
  ],
  ['Connections and Authentication / Authentication', 'authentication_timeout password_encryption'],
  [
    'Connections and Authentication / Connection Settings',
    'listen_addresses max_connections port superuser_reserved_connections tcp_keepalives_count ' +
      'tcp_keepalives_idle tcp_keepalives_interval',
  ],
  ['Connections and Authentication / SSL', 'ssl'],
  ['File Locations', 'data_directory'],
  ['Lock Management', 'deadlock_timeout'],
  [
    'Preset Options',
    'block_size in_hot_standby integer_datetimes lc_collate lc_ctype max_function_args ' +
      'max_identifier_length max_index_keys server_encoding server_version server_version_num',
  ],
  [
    'Query Tuning / Other Planner Options',
    'constraint_exclusion default_statistics_target jit plan_cache_mode',
  ],
  [
    'Query Tuning / Planner Cost Constants',
    'cpu_tuple_cost effective_cache_size random_page_cost seq_page_cost',
  ],
  [
    'Query Tuning / Planner Method Configuration',
    'enable_bitmapscan enable_hashagg enable_hashjoin enable_indexscan enable_mergejoin ' +
      'enable_nestloop enable_partition_pruning enable_seqscan enable_sort',
  ],
  ['Reporting and Logging / What to Log', 'application_name log_statement'],
  ['Reporting and Logging / When to Log', 'log_min_duration_statement log_min_messages'],
  ['Resource Usage / Disk', 'temp_file_limit'],
  ['Resource Usage / Memory', 'hash_mem_multiplier maintenance_work_mem shared_buffers work_mem'],
  ['Statistics / Cumulative Query and Index Statistics', 'track_activities'],
  ['Version and Platform Compatibility / Other Platforms and Clients', 'transform_null_equals'],
  [
    'Version and Platform Compatibility / Previous PostgreSQL Versions',
    'array_nulls backslash_quote escape_string_warning quote_all_identifiers ' +
      'standard_conforming_strings synchronize_seqscans',
  ],
  ['Write-Ahead Log / Settings', 'fsync synchronous_commit wal_level'],
];

const BY_NAME = new Map(
  CATEGORIES.flatMap(([category, names]) =>
    names.split(' ').map((name) => [name, category] as const),
  ),
);

/** pg_settings.category; settings that PostgreSQL does not have are customized options. */
export function settingCategory(name: string): string {
  return BY_NAME.get(name) ?? 'Customized Options';
}
