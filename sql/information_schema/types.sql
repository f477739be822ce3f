-- Columns and their types.

CREATE VIEW information_schema.column_udt_usage AS
SELECT current_database()::name AS udt_catalog,
       tn.nspname AS udt_schema,
       t.typname AS udt_name,
       current_database()::name AS table_catalog,
       n.nspname AS table_schema,
       c.relname AS table_name,
       a.attname AS column_name
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace tn ON tn.oid = t.typnamespace
WHERE a.attnum > 0
  AND NOT a.attisdropped
  AND c.relkind IN ('r', 'v', 'f', 'p')
  AND pg_has_role(t.typowner, 'USAGE');
