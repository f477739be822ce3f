-- Constraints. NOT NULL counts as a check constraint here, under a made-up name, as in PostgreSQL.

CREATE VIEW information_schema.table_constraints AS
SELECT current_database()::name AS constraint_catalog,
       n.nspname AS constraint_schema,
       k.conname AS constraint_name,
       current_database()::name AS table_catalog,
       n.nspname AS table_schema,
       c.relname AS table_name,
       CASE k.contype WHEN 'c' THEN 'CHECK'
                      WHEN 'f' THEN 'FOREIGN KEY'
                      WHEN 'p' THEN 'PRIMARY KEY'
                      WHEN 'u' THEN 'UNIQUE'
       END::varchar AS constraint_type,
       CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END::varchar(3) AS is_deferrable,
       CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END::varchar(3) AS initially_deferred,
       'YES'::varchar(3) AS enforced,
       CASE WHEN k.contype = 'u' THEN CASE WHEN i.indnullsnotdistinct THEN 'NO' ELSE 'YES' END END::varchar(3) AS nulls_distinct
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = k.conindid
WHERE k.contype IN ('c', 'f', 'p', 'u')
  AND (pg_has_role(c.relowner, 'USAGE')
       OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
UNION ALL
SELECT current_database()::name,
       n.nspname,
       (n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null')::name,
       current_database()::name,
       n.nspname,
       c.relname,
       'CHECK'::varchar,
       'NO'::varchar(3),
       'NO'::varchar(3),
       'YES'::varchar(3),
       NULL::varchar(3)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnotnull
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p')
  AND (pg_has_role(c.relowner, 'USAGE')
       OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'));

CREATE VIEW information_schema.check_constraints AS
SELECT current_database()::name AS constraint_catalog,
       n.nspname AS constraint_schema,
       k.conname AS constraint_name,
       substring(pg_get_constraintdef(k.oid), 7)::varchar AS check_clause
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype = 'c'
  AND pg_has_role(c.relowner, 'USAGE')
UNION ALL
SELECT current_database()::name,
       n.nspname,
       (n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null')::name,
       (a.attname || ' IS NOT NULL')::varchar
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnotnull
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p')
  AND pg_has_role(c.relowner, 'USAGE');

CREATE VIEW information_schema.key_column_usage AS
SELECT current_database()::name AS constraint_catalog,
       n.nspname AS constraint_schema,
       k.conname AS constraint_name,
       current_database()::name AS table_catalog,
       n.nspname AS table_schema,
       c.relname AS table_name,
       a.attname AS column_name,
       key.position::int4 AS ordinal_position,
       NULL::int4 AS position_in_unique_constraint
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS key (attnum, position)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.attnum
WHERE k.contype IN ('p', 'u', 'f')
  AND (pg_has_role(c.relowner, 'USAGE')
       OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES'));

CREATE VIEW information_schema.constraint_column_usage AS
SELECT current_database()::name AS table_catalog,
       n.nspname AS table_schema,
       c.relname AS table_name,
       a.attname AS column_name,
       current_database()::name AS constraint_catalog,
       n.nspname AS constraint_schema,
       k.conname AS constraint_name
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
WHERE k.contype IN ('c', 'p', 'u')
  AND NOT a.attisdropped
  AND pg_has_role(c.relowner, 'USAGE');

CREATE VIEW information_schema.constraint_table_usage AS
SELECT current_database()::name AS table_catalog,
       n.nspname AS table_schema,
       c.relname AS table_name,
       current_database()::name AS constraint_catalog,
       n.nspname AS constraint_schema,
       k.conname AS constraint_name
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u')
  AND pg_has_role(c.relowner, 'USAGE');
