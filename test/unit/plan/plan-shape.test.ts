import { beforeAll, describe, expect, it } from 'vitest';
import { explainPlan } from '../../../src/plan/explain.ts';
import type { PhysicalNode } from '../../../src/plan/physical.ts';
import { planner } from './fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

const OPTIONS = {
  analyze: false,
  verbose: false,
  costs: false,
  timing: false,
  summary: false,
  buffers: false,
  format: 'text',
} as const;
const shape = (sql: string): string => `\n${explainPlan(env.plan(sql), OPTIONS).join('\n')}\n`;

describe('plan shapes', () => {
  it.each([
    'select name from customers where id = 3',
    'select * from orders where customer_id = 3 and placed > now()',
    'select c.name, o.total from customers c, orders o where o.customer_id = c.id and c.id = 5',
    'select c.name, o.total from customers c left join orders o on o.customer_id = c.id where o.total > 3',
    'select * from customers c where exists (select 1 from orders o where o.customer_id = c.id and o.total > 1)',
    'select * from customers where id not in (select customer_id from orders)',
    "select device, max(temperature) from conditions where time > '2024-01-01' and device = 'a' group by device",
    'select * from conditions order by time desc limit 5',
    'select * from orders order by total limit 5',
    'with x as (select * from customers where score > 1) select name from x where id = 7',
    'select * from (select customer_id, sum(total) s from orders group by customer_id) q where customer_id = 4 and s > 1',
    'select count(*) from customers c, orders o, conditions d where d.temperature = o.total and o.customer_id = c.id',
    'update customers set name = upper(name) where id = 1',
    'select 1 + 2 where 1 = 1',
  ])('%s', (sql) => {
    expect(shape(sql)).toMatchSnapshot();
  });
});

function find(node: PhysicalNode, kind: PhysicalNode['kind']): PhysicalNode | undefined {
  if (node.kind === kind) return node;
  const children: PhysicalNode[] = [];
  if ('input' in node) children.push(node.input);
  if ('left' in node) children.push(node.left, node.right);
  for (const child of children) {
    const found = find(child, kind);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('hints for storage', () => {
  it('passes comparisons of columns with values down to the scan', () => {
    const { root } = env.plan(
      "select temperature from conditions where time >= '2024-01-01' and time < $1 and device in ('a', 'b') and humidity + 1 > 2",
    );
    const scan = find(root, 'table-scan');
    if (scan?.kind !== 'table-scan') throw new Error('no scan');
    expect(
      scan.predicates.map(({ column, op, values }) => [
        column,
        op,
        values.map((value) => value.kind),
      ]),
    ).toEqual([
      [1, '>=', ['constant']],
      [1, '<', ['parameter']],
      [2, 'in', ['constant', 'constant']],
    ]);
    expect(scan.filter?.kind).toBe('and');
    expect(scan.attnums).toEqual([1, 2, 3, 4]);
  });

  it('asks a hypertable for time order instead of sorting', () => {
    const { root } = env.plan('select device from conditions order by time desc limit 3');
    expect(find(root, 'sort') ?? find(root, 'top-n')).toBeUndefined();
    expect(find(root, 'table-scan')).toMatchObject({ timeOrder: 'desc' });
  });

  it('reads only the columns that are used', () => {
    const scan = find(
      env.plan('select count(*) from (select * from conditions) q where device is null').root,
      'table-scan',
    );
    expect(scan).toMatchObject({ attnums: [2] });
  });
});
