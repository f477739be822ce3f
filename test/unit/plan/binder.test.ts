import { beforeAll, describe, expect, it } from 'vitest';
import { formatType } from '../../../src/types/format-type.ts';
import { DbError } from '../../../src/errors/db-error.ts';
import { planner } from './fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

const fields = (sql: string) =>
  env
    .bind(sql)
    .fields?.map((field) => `${field.name} ${formatType(field.type.oid, field.type.typmod)}`);

describe('every form of query plans', () => {
  const queries = [
    'select 1',
    'select',
    'select * from customers',
    'select c.* from customers c where id = 1',
    'select c.name, count(*) from customers c join orders o on o.customer_id = c.id group by c.id order by 2 desc limit 3',
    'select name, sum(total) from customers left join orders on customer_id = customers.id group by name having sum(total) > 1',
    'select customer_id, total, sum(total) over (partition by customer_id order by placed) from orders',
    'select distinct on (customer_id) customer_id, total from orders order by customer_id, placed desc',
    'select distinct name from customers order by name',
    'select id from customers union all select 2.5 order by 1',
    'select id from customers except select customer_id from orders',
    'values (1, $$a$$), (2, null) order by 1',
    'with x as (select 1 a), y as materialized (select a + 1 b from x) select * from x, y',
    'with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select sum(n) from t',
    'select * from customers c where exists (select 1 from orders o where o.customer_id = c.id)',
    'select * from customers where id in (select customer_id from orders)',
    'select * from customers where id not in (select customer_id from orders)',
    'select (select max(total) from orders o where o.customer_id = c.id) from customers c',
    'select array(select id from customers)',
    'select * from customers c, lateral (select * from orders o where o.customer_id = c.id limit 1) q',
    'select * from customers c left join lateral (select o.total from orders o where o.customer_id = c.id limit 1) q on true',
    'select * from customers join orders using (id)',
    'select * from customers natural full join orders',
    'select c from customers c',
    'select (c).name from customers c',
    'select c.name(c) from customers c'.replace('c.name(c)', 'name(c)'),
    'select * from rich where id = 3',
    'select customer_id, grouping(customer_id), count(*) from orders group by rollup (customer_id)',
    'select * from orders for update skip locked',
    'select case when id > 1 then 1 else 2.5 end from customers',
    'select tags[1], tags[1:2] from orders',
    'select * from conditions where time > now() order by time desc limit 5',
    "insert into customers (id, name) values (1, 'x')",
    "insert into customers values (1, 'x', default, 3) on conflict (id) do update set name = excluded.name where customers.id > 3 returning *, id + 1 as next",
    "insert into conditions select now(), 'a', 1, 2",
    'insert into customers default values',
    "update customers set name = 'x', (email, score) = (select 'a', 2) where id = 3 returning *",
    'update customers c set score = o.total from orders o where o.customer_id = c.id returning c.id, o.id',
    'delete from customers where id = $1 returning *',
    'delete from orders o using customers c where c.id = o.customer_id',
    'with d as (delete from orders returning *) select count(*) from d',
    'select (1, 2) < (3, 4), row(1, 2) = row(1, 2), 1 in (1, 2, 3)',
    'select tableoid, ctid, * from customers',
    'select count(*) filter (where id > 1), count(distinct name) from customers',
    'select sum(count(*)) over () from customers group by name',
    'select x.* from (values (1, 2)) x(a, b)',
    'select exists(select 1), 1 = any(array[1,2]), 1 = all(select 1)',
    'select * from customers c join orders o on true join conditions d on d.temperature = o.total',
    'select id from customers where (id, name) in (select customer_id, tags[1] from orders)',
    'select sum(total) over w from orders window w as (order by placed rows between 2 preceding and current row)',
    'select $1::int + 1, $2 = name from customers',
    'select id between 1 and 2, name like $$a%$$, name is null from customers',
  ];
  it.each(queries)('%s', (sql) => {
    expect(env.plan(sql).root.kind).toBeTypeOf('string');
  });
});

describe('result fields', () => {
  it.each([
    [
      "select 1, 'x', 1.5, null, 1::int8, 9999999999, now()::date, case when true then 1 end",
      [
        '?column? integer',
        '?column? text',
        '?column? numeric',
        '?column? text',
        'int8 bigint',
        '?column? bigint',
        'now date',
        'case integer',
      ],
    ],
    [
      'select * from customers',
      ['id integer', 'name text', 'email character varying(80)', 'score numeric(10,2)'],
    ],
    [
      'select coalesce(email, name), max(score) from customers group by 1',
      ['coalesce character varying', 'max numeric'],
    ],
    [
      'select count(*), array[1,2], (select name from customers), exists(select 1) from orders',
      ['count bigint', 'array integer[]', 'name text', 'exists boolean'],
    ],
    ['select 1 union select 2.5', ['?column? numeric']],
    ["select '1' union select 2", ['?column? integer']],
  ] as const)('%s', (sql, expected) => {
    expect(fields(sql)).toEqual(expected);
  });

  it('says where a column comes from', () => {
    const [field] = env.bind('select q.x from (select name as x from customers) q').fields!;
    expect([field.tableOid, field.attnum]).toEqual([20000, 2]);
  });
});

describe('errors', () => {
  it.each([
    ['select foo from customers', '42703', 'column "foo" does not exist', 8],
    ['select c.nam from customers c', '42703', 'column c.nam does not exist', 8],
    ['select x.id from customers', '42P01', 'missing FROM-clause entry for table "x"', 8],
    [
      'select customers.id from customers c',
      '42P01',
      'invalid reference to FROM-clause entry for table "customers"',
      8,
    ],
    ['select * from nope', '42P01', 'relation "nope" does not exist', 15],
    ['select id from customers, orders', '42702', 'column reference "id" is ambiguous', 8],
    ['select 1 + true', '42883', 'operator does not exist: integer + boolean', 10],
    ['select nofunc(1)', '42883', 'function nofunc(integer) does not exist', 8],
    [
      'select name from customers group by id + 1',
      '42803',
      'column "customers.name" must appear in the GROUP BY clause or be used in an aggregate function',
      8,
    ],
    [
      'select 1 from customers where count(*) > 1',
      '42803',
      'aggregate functions are not allowed in WHERE',
      31,
    ],
    ['select 1 order by 3', '42P10', 'ORDER BY position 3 is not in select list', 19],
    [
      'select id from customers where name',
      '42804',
      'argument of WHERE must be type boolean, not type text',
      32,
    ],
    ["select 'x'::int", '22P02', 'invalid input syntax for type integer: "x"', 8],
    [
      'insert into customers (id) values (true)',
      '42804',
      'column "id" is of type integer but expression is of type boolean',
      36,
    ],
    [
      'insert into orders (id) values (1)',
      '428C9',
      'cannot insert a non-DEFAULT value into column "id"',
      undefined,
    ],
    [
      'select 1 union select 1, 2',
      '42601',
      'each UNION query must have the same number of columns',
      23,
    ],
    [
      'select 1 union select true',
      '42804',
      'UNION types integer and boolean cannot be matched',
      23,
    ],
    ['select $1', undefined, '', undefined],
    [
      'update customers set nope = 1',
      '42703',
      'column "nope" of relation "customers" does not exist',
      22,
    ],
    [
      'select distinct id from customers order by name',
      '42P10',
      'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
      44,
    ],
    ['insert into rich values (1)', '55000', 'cannot insert into view "rich"', undefined],
    [
      "select * from customers where id = 'x'",
      '22P02',
      'invalid input syntax for type integer: "x"',
      36,
    ],
  ] as const)('%s', (sql, code, message, position) => {
    if (code === undefined) {
      expect(() => env.plan(sql)).not.toThrow();
      return;
    }
    let error: unknown;
    try {
      env.plan(sql);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DbError);
    const { code: got, fields: detail } = error as DbError;
    expect([got, detail.message, detail.position]).toEqual([code, message, position]);
  });
});
