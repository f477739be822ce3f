import { beforeAll, describe, expect, it } from 'vitest';
import type { LogicalNode } from '../../../src/plan/logical.ts';
import type { PhysicalNode } from '../../../src/plan/physical.ts';
import { planner } from './fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

const list = (count: number, item: (i: number) => string, separator = ', '): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);

function only<K extends LogicalNode['kind']>(
  node: LogicalNode,
  kind: K,
): Extract<LogicalNode, { kind: K }> {
  if (node.kind === kind) return node as Extract<LogicalNode, { kind: K }>;
  if (!('input' in node)) throw new Error(`no ${kind}`);
  return only(node.input, kind);
}

describe('statements of a thousand terms', () => {
  it('find every GROUP BY term and every repeated aggregate again', () => {
    const terms = list(1000, (i) => `total + ${i}`);
    const { root } = env.bind(
      `select ${terms}, sum(id), sum(id + 1), sum(id) from orders group by ${terms}, total + 7, total + 999`,
    );
    const { groups, aggregates } = only(root, 'aggregate');
    expect(groups).toHaveLength(1000);
    expect(aggregates).toHaveLength(2);
    const ids = groups.map(({ column }) => column.id);
    const project = only(root, 'project');
    const read = project.exprs.map((expr) => (expr.kind === 'column' ? expr.index : -1));
    expect(read.slice(0, 1000)).toEqual(ids);
    expect(read[1000]).toBe(read[1002]);
  });

  it('find every ORDER BY term in the select list', () => {
    const terms = list(1664, (i) => `total * ${i}`);
    const { root } = env.bind(`select distinct ${terms} from orders order by ${terms}`);
    expect(only(root, 'sort').keys).toHaveLength(1664);
    expect(only(root, 'project').exprs).toHaveLength(1664);
  });

  it('append the arms of a UNION ALL in one step, where their types are the same', () => {
    const arms = list(1000, (i) => `select total + ${i} from orders`, ' union all ');
    expect(only(env.bind(arms).root, 'append').inputs).toHaveLength(1000);
    const mixed = env.bind('select 1 union all select 2 union all select 2.5 union all select 3');
    const whole = only(mixed.root, 'append');
    expect(whole.inputs).toHaveLength(3);
    expect(only(whole.inputs[0] as LogicalNode, 'append').inputs).toHaveLength(2);
  });
});

/** The kinds of the joins of a plan, and the number of equalities that they check. */
function joins(node: PhysicalNode): { readonly kinds: string[]; readonly keys: number } {
  if (node.kind !== 'hash-join' && node.kind !== 'nested-loop') {
    return 'input' in node ? joins(node.input) : { kinds: [], keys: 0 };
  }
  const [left, right] = [joins(node.left), joins(node.right)];
  const own = node.kind === 'hash-join' ? node.leftKeys.length : 0;
  return {
    kinds: [node.kind, ...left.kinds, ...right.kinds],
    keys: own + left.keys + right.keys,
  };
}

describe('many joins', () => {
  it('follow the conditions, in whatever order they are written', () => {
    const conditions = Array.from({ length: 199 }, (_, i) => `o${i}.total = o${i + 1}.total`);
    // 73 and 199 have no common factor: every condition comes, far from its neighbours.
    const shuffled = conditions.map((_, i) => conditions[(i * 73) % 199]);
    const { root } = env.plan(
      `select count(*) from ${list(200, (i) => `orders o${i}`)} where ${shuffled.join(' and ')}`,
    );
    const { kinds, keys } = joins(root);
    expect(kinds).toEqual(Array<string>(199).fill('hash-join'));
    expect(keys).toBe(199);
  });

  it('hand a constant on to every column that is equal to it', () => {
    const equal = list(199, (i) => `o${i}.total = o${i + 1}.total`, ' and ');
    const { root } = env.plan(
      `select count(*) from ${list(200, (i) => `orders o${i}`)} where ${equal} and o0.total = 5`,
    );
    expect(JSON.stringify(root).match(/"value":5/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
