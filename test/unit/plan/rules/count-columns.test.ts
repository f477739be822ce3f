import { beforeAll, describe, expect, it } from 'vitest';
import type { PhysicalNode } from '../../../../src/plan/physical.ts';
import { planner } from '../fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

function argumentKind(call: string): string | undefined {
  let node: PhysicalNode = env.plan(`select ${call} from conditions`).root;
  while (node.kind === 'project') node = node.input;
  return node.kind === 'aggregate' ? node.aggregates[0].args[0].kind : undefined;
}

describe('counted comparisons', () => {
  it.each([
    ['count(temperature = 0)', 'column'],
    ["count('a' < device)", 'column'],
    ["count(time >= '2024-01-01')", 'column'],
    ['count(temperature = humidity)', 'call'],
    ['count(temperature = null)', 'call'],
    ['count(distinct temperature = 0)', 'call'],
    ['count(temperature + 1 = 0)', 'call'],
    ['count(temperature / 0)', 'call'],
    ['sum((temperature = 0)::int)', 'cast'],
  ])('%s', (call, expected) => {
    expect(argumentKind(call)).toBe(expected);
  });
});
