-- Aggregates, grouping sets, having.
CREATE TABLE agg (id int PRIMARY KEY, g text, h int, i int, b int8, n numeric, f float8, t text, d date, z bool, r float4, s int2);
INSERT INTO agg VALUES
 (1,'a',1,10,100,1.5,0.5,'x','2020-01-01',true,1.5,1),
 (2,'a',1,20,200,2.5,1.5,'y','2020-01-02',false,2.5,2),
 (3,'a',2,NULL,300,NULL,2.5,NULL,NULL,NULL,NULL,NULL),
 (4,'b',2,-5,9223372036854775807,1e10,'NaN','z','2019-12-31',true,-1,3),
 (5,'b',NULL,0,-1,-2.25,'Infinity','','infinity',true,0,-4),
 (6,NULL,3,7,0,0,-0.0,'aa','2020-06-01',false,7,5),
 (7,NULL,NULL,7,7,7.00,7,'zz','2020-06-01',false,7,7);
SELECT count(*), count(i), count(DISTINCT i), sum(i), avg(i), min(i), max(i) FROM agg;
SELECT sum(b), avg(b), sum(n), avg(n), sum(f), avg(f), sum(r), avg(r), sum(s), avg(s) FROM agg WHERE id <= 3;
SELECT sum(b), avg(b), sum(f), avg(f), max(f), min(f) FROM agg;
SELECT min(t), max(t), min(d), max(d), bool_and(z), bool_or(z), every(z), bit_and(i), bit_or(i), bit_xor(i) FROM agg;
SELECT string_agg(t, ',' ORDER BY id), string_agg(t, ',' ORDER BY t DESC), string_agg(DISTINCT t, ',' ORDER BY t), array_agg(i ORDER BY id), array_agg(DISTINCT h ORDER BY h DESC NULLS LAST) FROM agg;
SELECT stddev(i), stddev_pop(i), stddev_samp(i), variance(i), var_pop(i), var_samp(i) FROM agg;
SELECT stddev(n), var_pop(n), stddev(r), stddev(s), stddev(b) FROM agg WHERE id < 4;
SELECT corr(i, s), covar_pop(i, s), covar_samp(i, s), regr_slope(i, s), regr_intercept(i, s), regr_r2(i, s), regr_count(i, s), regr_avgx(i, s), regr_avgy(i, s), regr_sxx(i, s), regr_syy(i, s), regr_sxy(i, s) FROM agg;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY i), percentile_disc(0.5) WITHIN GROUP (ORDER BY i), mode() WITHIN GROUP (ORDER BY i), percentile_cont(ARRAY[0.25,0.75]) WITHIN GROUP (ORDER BY f), percentile_disc(ARRAY[0,1]) WITHIN GROUP (ORDER BY t) FROM agg WHERE id NOT IN (4,5);
SELECT percentile_cont(1.5) WITHIN GROUP (ORDER BY i) FROM agg;
SELECT count(*) FILTER (WHERE i > 0), sum(i) FILTER (WHERE g = 'a'), count(*) FILTER (WHERE NULL) FROM agg;
SELECT g, count(*), sum(i), avg(n) FROM agg GROUP BY g ORDER BY g;
SELECT g, h, count(*) FROM agg GROUP BY g, h ORDER BY 1, 2;
SELECT g, count(*) FROM agg GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT g AS grp, count(*) FROM agg GROUP BY grp ORDER BY grp NULLS FIRST;
SELECT upper(g), count(*) FROM agg GROUP BY upper(g) ORDER BY 1;
SELECT i % 2 AS m, count(*) FROM agg GROUP BY m HAVING count(*) > 1 ORDER BY m;
SELECT count(*) FROM agg HAVING count(*) > 100;
SELECT 1 FROM agg HAVING true;
SELECT g FROM agg GROUP BY g HAVING sum(i) > 5 ORDER BY g;
SELECT g, i FROM agg GROUP BY g;
SELECT id, g FROM agg GROUP BY id ORDER BY id;
SELECT agg.* FROM agg GROUP BY id ORDER BY id LIMIT 2;
SELECT count(*) FROM agg WHERE count(*) > 1;
SELECT sum(sum(i)) FROM agg;
SELECT sum(g) FROM agg;
SELECT count() FROM agg;
SELECT sum(*) FROM agg;
SELECT sum(DISTINCT i), avg(DISTINCT i), count(DISTINCT (g, h)) FROM agg;
SELECT count(*), sum(i), min(i), array_agg(i), string_agg(t, ','), bool_and(z), avg(f), json_agg(i) FROM agg WHERE false;
SELECT g, sum(i) FROM agg WHERE false GROUP BY g;
SELECT g, h, sum(i) FROM agg GROUP BY ROLLUP (g, h) ORDER BY g, h, 3;
SELECT g, h, sum(i), grouping(g), grouping(g, h) FROM agg GROUP BY CUBE (g, h) ORDER BY 4, 5, 1, 2;
SELECT g, h, count(*) FROM agg GROUP BY GROUPING SETS ((g), (h), ()) ORDER BY 1, 2, 3;
SELECT g, h, z, count(*) FROM agg GROUP BY g, ROLLUP (h, z) ORDER BY 1, 2, 3, 4;
SELECT g, count(*) FROM agg GROUP BY GROUPING SETS ((g), (g)) ORDER BY 1, 2;
SELECT count(*) FROM agg GROUP BY ();
SELECT count(*) FROM agg WHERE false GROUP BY ();
SELECT count(*) FROM agg WHERE false GROUP BY GROUPING SETS ((), ());
SELECT g, count(*) FROM agg WHERE false GROUP BY ROLLUP (g);
SELECT g, h, grouping(h) + grouping(g) AS gr, rank() OVER (PARTITION BY grouping(g) ORDER BY sum(i)) FROM agg GROUP BY ROLLUP (g, h) ORDER BY 3, 4, 1, 2;
SELECT grouping(g) FROM agg;
SELECT g, sum(grouping(g)) FROM agg GROUP BY g;
SELECT g FROM agg WHERE grouping(g) = 0 GROUP BY g;
SELECT g, count(*) FILTER (WHERE grouping(g) = 0) FROM agg GROUP BY g;
SELECT (SELECT grouping(h) FROM (VALUES (1)) v (h) GROUP BY h) FROM agg GROUP BY g ORDER BY 1;
SELECT g || 'x', sum(i) FROM agg GROUP BY ROLLUP(g) ORDER BY 1, 2;
SELECT CASE WHEN grouping(g) = 1 THEN 'total' ELSE g END AS k, sum(i) FROM agg GROUP BY ROLLUP(g) ORDER BY 1, 2;
SELECT g, h, count(*) FROM agg GROUP BY DISTINCT ROLLUP(g, h), ROLLUP(g) ORDER BY 1,2,3;
SELECT g, h FROM agg GROUP BY CUBE(g, h) HAVING grouping(g) = 0 ORDER BY 1, 2;
SELECT max(i) - min(i) AS spread, sum(i)::float8 / count(*) FROM agg;
SELECT count(*) + 1, -sum(i), sum(i) IS NULL, coalesce(sum(i) FILTER (WHERE id > 100), 0) FROM agg;
SELECT g, (SELECT count(*) FROM agg b WHERE b.g = a.g) FROM agg a GROUP BY g ORDER BY g;
SELECT a.g, sum(a.i) FROM agg a WHERE a.i > (SELECT avg(i) FROM agg) GROUP BY a.g ORDER BY 1;
SELECT min(ARRAY[i, s]), max(ROW(i, s)::text), min(n), max(n) FROM agg;
SELECT first_value(i) FROM agg;
SELECT count(*) AS c FROM agg ORDER BY c;
SELECT g FROM agg GROUP BY g ORDER BY count(*), g;
SELECT g FROM agg GROUP BY g ORDER BY sum(i) DESC NULLS LAST, g;
SELECT g FROM agg ORDER BY count(*);
SELECT DISTINCT g FROM agg ORDER BY g;
SELECT DISTINCT g, h FROM agg ORDER BY g, h;
SELECT DISTINCT ON (g) g, id FROM agg ORDER BY g, id DESC;
SELECT DISTINCT ON (g) g, id FROM agg ORDER BY id;
SELECT DISTINCT g FROM agg ORDER BY h;
SELECT DISTINCT ON (g, h) id FROM agg ORDER BY g, h, id;
SELECT count(DISTINCT g), count(DISTINCT f), count(DISTINCT n) FROM agg;
SELECT f, count(*) FROM (VALUES (0.0::float8), (-0.0), ('NaN'), ('NaN'), (NULL), (NULL)) v(f) GROUP BY f ORDER BY f;
SELECT n, count(*) FROM (VALUES (1.0::numeric), (1.00), (1), ('NaN'), ('NaN')) v(n) GROUP BY n ORDER BY n;
SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) v(x);
SELECT sum(x) FROM (VALUES (2147483647), (1)) v(x);
SELECT sum(x), avg(x) FROM (VALUES (1e308::float8), (1e308)) v(x);
SELECT avg(x), sum(x) FROM (VALUES (0.1::float8), (0.2), (0.3)) v(x);
SELECT avg(x), sum(x), stddev(x) FROM (VALUES (1::numeric), ('NaN')) v(x);
SELECT avg(x), sum(x) FROM (VALUES ('Infinity'::numeric), ('-Infinity')) v(x);
SELECT avg(x), avg(x::int8), avg(x::numeric), avg(x::float8), avg(x::float4) FROM generate_series(1, 4) x;
SELECT avg(x) FROM (VALUES (1.1), (2.22), (3.333)) v(x);
SELECT string_agg(x::text, ', ') FROM generate_series(1, 5) x;
SELECT string_agg(x, NULL) FROM (VALUES ('a'), ('b')) v(x);
SELECT string_agg(x, y ORDER BY x) FROM (VALUES ('a', '-'), ('b', '+'), ('c', NULL)) v(x, y);
SELECT string_agg(x::bytea, '\x00') FROM (VALUES ('a'), ('b')) v(x);
SELECT sum(i ORDER BY id), count(i ORDER BY id) FROM agg;
SELECT array_agg(DISTINCT t ORDER BY i) FROM agg;
SELECT sum(i) OVER () FROM agg GROUP BY g;
SELECT g, sum(sum(i)) OVER (ORDER BY g) FROM agg GROUP BY g ORDER BY g;
SELECT x.g, count(y.id) FROM (SELECT DISTINCT g FROM agg) x LEFT JOIN agg y ON x.g = y.g GROUP BY x.g ORDER BY 1;
SELECT date_trunc('month', d), count(*) FROM agg WHERE isfinite(d) GROUP BY 1 ORDER BY 1;
SELECT (g IS NULL) AS isnull, count(*) FROM agg GROUP BY (g IS NULL) ORDER BY 1;
SELECT 'const', count(*) FROM agg GROUP BY 1;
SELECT count(*) FROM agg GROUP BY 5;
SELECT count(*) FROM agg GROUP BY count(*);
SELECT count(*) FROM agg GROUP BY 'x';
SELECT g, count(*) FROM agg GROUP BY g, g, 1 ORDER BY 1;
SELECT i + 1, i + 1 + h FROM agg GROUP BY i + 1, h ORDER BY 1, 2;
SELECT i FROM agg GROUP BY i + 1;
SELECT a.id, b.g FROM agg a JOIN agg b ON a.id = b.id GROUP BY a.id, b.id ORDER BY 1;
SELECT min(z) FROM agg;
SELECT max(i), max(i) FILTER (WHERE i < 10), max(CASE WHEN z THEN i END) FROM agg;
DROP TABLE agg;
SELECT sum(nullif(x, 1)), avg(nullif(x, 1)), count(nullif(x, 1)), min(nullif(x, 1)), sum(nullif(x, 1)::float8), sum(nullif(x::float8, 1)), bool_or(nullif(x = 1, true)) FROM generate_series(1, 5) x;
SELECT sum(coalesce(nullif(x, 2), 0)), sum(CASE WHEN x > 2 THEN x END), sum(greatest(NULL, nullif(x, 3))), sum(nullif(x, 2) + 1), sum(-nullif(x, 2)), sum(nullif(x, 2) * 2.0) FROM generate_series(1, 4) x;
SELECT x % 2 AS g, sum(nullif(x, 2)), sum(nullif(x, 2)) OVER (ORDER BY x) FROM generate_series(1, 4) x GROUP BY x ORDER BY x;
SELECT max(x), min(x) FROM (VALUES (1.0), (1.00), (1.000)) v(x);
SELECT max(x), min(x) FROM (VALUES (0::float8), (-0.0::float8 * 1), ('-0'::float8)) v(x);
SELECT max(x), min(x) FROM (VALUES (interval '1 day'), ('24:00:00')) v(x);
SELECT g, max(x), min(x) FROM (VALUES (1, 1.0), (2, 2.00), (1, 1.00), (2, 2.0)) v(g, x) GROUP BY g ORDER BY g;

-- Percentiles of numbers that repeat, and of so many different ones that they are not counted.
create table graded (g int, i int, f float8, t timestamp, d date, b bigint);
insert into graded select n % 7, (n * 37) % 101, case when n % 11 = 0 then null else round((n * 31 % 997)::numeric / 8, 2) end, '2024-01-01'::timestamp + (n % 50) * interval '1 hour', '2024-01-01'::date + n % 9, n % 13 from generate_series(1, 5000) n;
insert into graded values (7, null, null, null, null, null), (8, 5, 'NaN', null, '2024-02-01', null), (8, 5, '-Infinity', null, null, null), (8, null, '-0', null, null, null);
select percentile_cont(0.5) within group (order by i), percentile_cont(0.999) within group (order by f) from graded;
select g, percentile_cont(0.25) within group (order by f), percentile_disc(0.25) within group (order by f desc), percentile_disc(0.9) within group (order by i) from graded group by g order by g;
select g, percentile_cont(array[0, 0.1, null, 0.5, 1]) within group (order by i desc) from graded group by g order by g;
select percentile_disc(array[0, 0.33, 0.5, 1]) within group (order by t), percentile_disc(0.7) within group (order by d), percentile_disc(0.2) within group (order by b) from graded;
select g, percentile_disc(0.5) within group (order by d) from graded group by grouping sets ((g), ()) order by g;
select percentile_cont(0.5) within group (order by i) filter (where g = 3), percentile_cont(0.5) within group (order by i) filter (where g = 99) from graded;
select percentile_cont(g / 10.0) within group (order by i) from graded group by g order by g;
select percentile_cont(0.5) within group (order by n), percentile_disc(0.123) within group (order by n desc) from generate_series(1, 300000) n;
select n % 3 as k, percentile_cont(array[0.01, 0.5, 0.99]) within group (order by n * 1.5), mode() within group (order by n % 5) from generate_series(1, 300000) n group by k order by k;
select percentile_cont(0.5) within group (order by n::float8 / 3) from (select n from generate_series(1, 290000) n union all select 12 from generate_series(1, 40000)) x;
drop table graded;
select percentile_disc(0.5) within group (order by t), percentile_disc(array[0, 1]) within group (order by t) from (values ('294276-12-31 23:59:59.999999+00'::timestamptz), ('2024-01-01 00:00:00+00'), (null), ('294276-12-31 23:59:59.999998+00')) v(t);
select percentile_disc(0.3) within group (order by i), percentile_disc(0.9) within group (order by i desc) from (values (9223372036854775807), (9223372036854775806), (-9223372036854775807), (5)) v(i);
select i % 2, percentile_disc(0.5) within group (order by 9007199254740992 + i) from generate_series(1, 3000) i group by 1 order by 1;

-- sets in the arguments of sets that are grouped by
SELECT generate_series(1, unnest(ARRAY[1,2])) g, count(*) GROUP BY g ORDER BY g;
SELECT generate_series(1, generate_series(1, generate_series(1, 3))) g, count(*) GROUP BY g ORDER BY g;
SELECT generate_series(1, unnest(ARRAY[1,2])) g, unnest(ARRAY['a','b']) u, count(*) GROUP BY g, u ORDER BY g, u;
SELECT generate_series(1, 2) + unnest(ARRAY[1,2]) g, count(*) GROUP BY g ORDER BY g;
-- Constants of the select list are null in the sets that they are not in.
SELECT 1 AS x, q1, 1 + sum(q2), grouping(q1) FROM (VALUES (123, 4), (123, 5), (7, 9)) v(q1, q2) GROUP BY ROLLUP (1, 2) ORDER BY 2, 3, 1;
SELECT 'a' AS x, q1, count(*) FROM (VALUES (123, 4), (123, 5), (7, 9)) v(q1, q2) GROUP BY GROUPING SETS ((x), (q1)) ORDER BY 2, 3, 1;
SELECT string_agg(DISTINCT v, ',' ORDER BY v DESC), string_agg(DISTINCT v::text, ',' ORDER BY v) FROM (VALUES ('a'::varchar), ('b'), ('a')) t(v);

-- Columns that follow from a primary key which is in every grouping set.
CREATE TABLE keyed (id int PRIMARY KEY, name text, x int, y int);
INSERT INTO keyed VALUES (1, 'a', 1, 2), (2, 'b', 1, 3), (3, 'c', 2, 3);
SELECT id, name, count(*) FROM keyed GROUP BY GROUPING SETS ((id), (id, x)) ORDER BY 1, 2, 3;
SELECT id, name, x, count(*), grouping(id, x) FROM keyed GROUP BY id, GROUPING SETS ((x), ()) ORDER BY 1, 2, 3;
SELECT grouping(x), name, grouping(x, id), y, grouping(y, x, id) FROM keyed GROUP BY id, CUBE (x, y) ORDER BY id, 1, 3, 5;
SELECT id, name FROM keyed GROUP BY GROUPING SETS ((id), (x));
SELECT id, name FROM keyed GROUP BY ROLLUP (id);
SELECT id FROM keyed GROUP BY CUBE (id) HAVING name > 'a';
SELECT id, count(*) FROM keyed GROUP BY id, CUBE (x, y) HAVING name > 'a' ORDER BY 1, 2;
SELECT name || '!' FROM keyed GROUP BY GROUPING SETS ((id, x), (id, y), (id)) ORDER BY name;
SELECT id, name, keyed::text FROM keyed GROUP BY id, ROLLUP (x, y) ORDER BY id;
