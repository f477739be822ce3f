-- Calls with effects are computed row by row, in the order of the select list.
CREATE SEQUENCE s;
CREATE SEQUENCE other;
CREATE TABLE r AS SELECT x, 'n' || x AS n FROM generate_series(1, 5) x;
SELECT x, nextval('s'), nextval('s') FROM r ORDER BY x;
SELECT nextval('s') AS a, currval('s') AS b, x FROM generate_series(1, 3) x;
SELECT nextval('s') + nextval('s') * 100 FROM generate_series(1, 3) x;
SELECT CASE WHEN nextval('s') % 2 = 0 THEN nextval('s') ELSE -nextval('s') END FROM generate_series(1, 4) x;
SELECT nextval('s'), nextval('other'), lastval() FROM generate_series(1, 3) x;
SELECT setval('s', 100 + x), nextval('s') FROM generate_series(1, 3) x;
SELECT nextval('s'::text::regclass), nextval('s') FROM generate_series(1, 2) x;
SELECT nextval(v::regclass), nextval('s') FROM (VALUES ('s'), ('other'), ('s')) t(v);
SELECT set_config('work_mem', (1000 + x) || 'kB', false), current_setting('work_mem') FROM generate_series(1, 3) x;
CREATE TABLE t (a int DEFAULT nextval('s'), b int, c int DEFAULT nextval('s'), d serial);
INSERT INTO t (b) SELECT x FROM generate_series(1, 3) x RETURNING *;
INSERT INTO t (b) VALUES (nextval('s')), (nextval('s')), (0) RETURNING *;
INSERT INTO t SELECT nextval('s'), nextval('s') FROM generate_series(1, 2) RETURNING *;
UPDATE t SET a = nextval('s'), c = nextval('s') WHERE b = 2 RETURNING a, c, nextval('s'), nextval('s');
DELETE FROM t WHERE b = 3 RETURNING nextval('s') - currval('s'), nextval('s') - nextval('s');
VALUES (nextval('s'), nextval('s')), (nextval('s'), nextval('s'));
SELECT ROW(nextval('s'), currval('s')), ARRAY[nextval('s'), nextval('s')] FROM generate_series(1, 2) x;
INSERT INTO t (b, d) VALUES (nextval('s'), DEFAULT), (1, nextval('s')) RETURNING *;
INSERT INTO t (b) VALUES (nextval('s')) RETURNING *;
INSERT INTO t (c, a) VALUES (nextval('s'), nextval('s')), (DEFAULT, nextval('s')) RETURNING *;
SELECT setseed(0.25);
SELECT round(random()::numeric, 6), round(random()::numeric, 6) FROM generate_series(1, 3) x;
SELECT round(random()::numeric, 6) FROM generate_series(1, 3) x;
SELECT setseed(-1), random() < 1;
SELECT round(random()::numeric, 6);

-- Catalogs that are read again for each row.
CREATE SEQUENCE counted_up;
CREATE TABLE many_columns (a int NOT NULL, b text DEFAULT 'x', c numeric(5, 2), d int DEFAULT 3 + 4, PRIMARY KEY (a, d));
SELECT a.attname, (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef) AS def,
  (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) AS keys,
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnotnull) AS pk,
  (SELECT t.typname FROM pg_type t WHERE a.atttypid = t.oid) AS type
  FROM pg_attribute a WHERE a.attrelid = 'many_columns'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT n, (SELECT relkind FROM pg_class WHERE relname = n AND relnamespace = 'public'::regnamespace) FROM (VALUES ('many_columns'), ('nothing'), (NULL), ('counted_up'), ('many_columns')) v (n);
SELECT c.relname, k.conname, k.contype FROM pg_class c LEFT JOIN LATERAL (SELECT * FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p' ORDER BY conname LIMIT 1) k ON true
  WHERE c.relname IN ('many_columns', 'counted_up') ORDER BY 1;
SELECT x, (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pg_c%' AND x <> 'b') FROM unnest(ARRAY['a', 'b', NULL, 'c']) x;
