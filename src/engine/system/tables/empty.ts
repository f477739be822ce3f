/** Relations about features that the server does not have: there, complete, and without rows. */
import type { SystemSchema, VirtualTable } from '../virtual-table.ts';

const EMPTY: readonly (readonly [schema: SystemSchema, names: string])[] = [
  [
    'pg_catalog',
    'pg_amproc pg_conversion pg_default_acl pg_enum pg_event_trigger pg_foreign_data_wrapper ' +
      'pg_foreign_server pg_foreign_table pg_inherits pg_largeobject pg_largeobject_metadata ' +
      'pg_parameter_acl pg_partitioned_table pg_policy pg_publication pg_publication_namespace ' +
      'pg_publication_rel pg_replication_origin pg_seclabel pg_shdepend pg_shseclabel pg_statistic ' +
      'pg_statistic_ext pg_statistic_ext_data pg_subscription pg_subscription_rel pg_transform pg_trigger ' +
      'pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_user_mapping',
  ],
  [
    'pg_catalog',
    'pg_file_settings pg_matviews pg_policies pg_prepared_xacts pg_publication_tables ' +
      'pg_replication_origin_status pg_replication_slots pg_seclabels pg_stat_database_conflicts ' +
      'pg_stat_progress_analyze pg_stat_progress_basebackup pg_stat_progress_cluster ' +
      'pg_stat_progress_copy pg_stat_progress_create_index pg_stat_progress_vacuum pg_stat_replication ' +
      'pg_stat_replication_slots pg_stat_subscription pg_stat_subscription_stats pg_stat_user_functions ' +
      'pg_stat_wal_receiver pg_stat_xact_user_functions pg_stats pg_stats_ext pg_stats_ext_exprs ' +
      'pg_user_mappings',
  ],
  [
    'information_schema',
    'attributes check_constraint_routine_usage column_column_usage column_domain_usage column_options ' +
      'domain_constraints domain_udt_usage domains foreign_data_wrapper_options ' +
      'foreign_data_wrappers foreign_server_options foreign_servers foreign_table_options foreign_tables ' +
      'referential_constraints routine_column_usage ' +
      'routine_routine_usage routine_sequence_usage routine_table_usage transforms ' +
      'triggered_update_columns triggers user_defined_types user_mapping_options user_mappings ' +
      'view_routine_usage',
  ],
];

export const emptyTables: readonly VirtualTable[] = EMPTY.flatMap(([schema, names]) =>
  names.split(' ').map((name): VirtualTable => ({ schema, name, rows: () => [] })),
);
