import { beforeAll, describe, expect, it } from 'vitest';
import type { PhysicalNode } from '../../../../src/plan/physical.ts';
import { planner } from '../fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

/** Expressions that the query's rows are hashed by. */
function groupsOf(groups: string): number {
  const from = "(values (1, 1.5::float8, 'a', now(), 2.0)) as v(i, f, t, ts, n)";
  let node: PhysicalNode = env.plan(`select count(*) from ${from} group by ${groups}`).root;
  while (node.kind === 'project') node = node.input;
  if (node.kind !== 'aggregate') throw new Error('no aggregate');
  return node.groups.length;
}

describe('keys that follow from others', () => {
  it.each([
    ['i, i - 1, i * 2', 1],
    ['i - 1, i', 1],
    ["i, upper(t), t, i::text || t, 'x'::text", 2],
    ["'x'::text, i", 1],
    ['ts, extract(hour from ts)', 1],
    ["'x'::text || 'y', 1 + 2", 1],
    // Equal values that are not the same, or that do not follow.
    ['f, f + 1', 2],
    ['n, n + 1', 2],
    ['i, random()', 2],
    ['i, i + f', 2],
    ['i - 1, i - 2', 2],
    ['i, (select max(x) from generate_series(1, i) x)', 2],
  ])('%s', (groups, expected) => {
    expect(groupsOf(groups)).toBe(expected);
  });
});
