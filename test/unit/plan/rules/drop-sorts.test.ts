import { beforeAll, describe, expect, it } from 'vitest';
import { kindsOf } from '../kinds.ts';
import { planner } from '../fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

const sorts = (sql: string): number =>
  kindsOf(env.plan(sql).root).filter((kind) => kind === 'sort' || kind === 'top-n').length;

const SORTED = '(select id, name from customers order by name)';

describe('order that nobody sees', () => {
  it.each([
    `select count(*) from ${SORTED} c`,
    `select name, max(id) from ${SORTED} c where id > 3 group by name`,
    `select count(*) from ${SORTED} c join orders o on o.customer_id = c.id`,
    `select id, row_number() over (order by name) from ${SORTED} c`,
    `select id, lag(id) over (partition by name order by id) from (select id, name from customers order by id desc, name) c`,
    `select id, sum(id) over (partition by n order by id) from (select id, upper(name) n from customers order by upper(name)) c where id > 3`,
    `select count(*) from (select name from ${SORTED} c union all select name from customers) u`,
  ])('%s', (sql) => {
    expect(sorts(sql)).toBe(0);
  });
});

describe('order that shows', () => {
  it.each([
    `select * from ${SORTED} c`,
    `select * from ${SORTED} c limit 3`,
    `select c.name from ${SORTED} c, orders o where o.customer_id = c.id`,
    `select array_agg(name) from ${SORTED} c`,
    `select count(*) from (select random() r from ${SORTED} c) n where r > 0`,
    `select id, row_number() over (partition by id) from ${SORTED} c`,
    `select id, row_number() over (order by id) from (select id, name from customers order by id, name) c`,
    `select count(*) from (select row_number() over () r from ${SORTED} c) n where r < 3`,
  ])('%s', (sql) => {
    expect(sorts(sql)).toBe(1);
  });
});
