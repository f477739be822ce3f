-- Statistics. Tables and indexes of the system have none, so the views of "all" and of "user" are the same.

CREATE VIEW pg_catalog.pg_stat_user_tables AS
SELECT * FROM pg_stat_all_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_stat_sys_tables AS
SELECT * FROM pg_stat_all_tables WHERE schemaname IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_stat_xact_all_tables AS
SELECT relid,
       schemaname,
       relname,
       seq_scan,
       seq_tup_read,
       idx_scan,
       idx_tup_fetch,
       n_tup_ins,
       n_tup_upd,
       n_tup_del,
       n_tup_hot_upd
FROM pg_stat_all_tables;

CREATE VIEW pg_catalog.pg_stat_xact_user_tables AS
SELECT * FROM pg_stat_xact_all_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_stat_xact_sys_tables AS
SELECT * FROM pg_stat_xact_all_tables WHERE schemaname IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_all_tables AS
SELECT relid,
       schemaname,
       relname,
       0::bigint AS heap_blks_read,
       0::bigint AS heap_blks_hit,
       0::bigint AS idx_blks_read,
       0::bigint AS idx_blks_hit,
       0::bigint AS toast_blks_read,
       0::bigint AS toast_blks_hit,
       0::bigint AS tidx_blks_read,
       0::bigint AS tidx_blks_hit
FROM pg_stat_all_tables;

CREATE VIEW pg_catalog.pg_statio_all_sequences AS
SELECT c.oid AS relid,
       n.nspname AS schemaname,
       c.relname,
       0::bigint AS blks_read,
       0::bigint AS blks_hit
FROM pg_class c
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S';

CREATE VIEW pg_catalog.pg_stat_all_indexes AS
SELECT c.oid AS relid,
       i.oid AS indexrelid,
       n.nspname AS schemaname,
       c.relname,
       i.relname AS indexrelname,
       0::bigint AS idx_scan,
       0::bigint AS idx_tup_read,
       0::bigint AS idx_tup_fetch
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW pg_catalog.pg_statio_all_indexes AS
SELECT c.oid AS relid,
       i.oid AS indexrelid,
       n.nspname AS schemaname,
       c.relname,
       i.relname AS indexrelname,
       0::bigint AS idx_blks_read,
       0::bigint AS idx_blks_hit
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW pg_catalog.pg_statio_user_tables AS
SELECT * FROM pg_statio_all_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_sys_tables AS
SELECT * FROM pg_statio_all_tables WHERE schemaname IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_user_sequences AS
SELECT * FROM pg_statio_all_sequences WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_sys_sequences AS
SELECT * FROM pg_statio_all_sequences WHERE schemaname IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_stat_user_indexes AS
SELECT * FROM pg_stat_all_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_stat_sys_indexes AS
SELECT * FROM pg_stat_all_indexes WHERE schemaname IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_user_indexes AS
SELECT * FROM pg_statio_all_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

CREATE VIEW pg_catalog.pg_statio_sys_indexes AS
SELECT * FROM pg_statio_all_indexes WHERE schemaname IN ('pg_catalog', 'information_schema');
