import { beforeAll, describe, expect, it } from 'vitest';
import type { PhysicalNode } from '../../../../src/plan/physical.ts';
import { planner } from '../fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

/** Expressions that the query's rows are hashed by. */
function groupsOf(groups: string): number {
  let node: PhysicalNode = env.plan(`select count(*) from conditions group by ${groups}`).root;
  while (node.kind === 'project') node = node.input;
  if (node.kind !== 'aggregate') throw new Error('no aggregate');
  return node.groups.length;
}

const bucket = (width: string): string => `time_bucket('${width}', time)`;

describe('buckets of buckets', () => {
  it.each([
    [[bucket('1 day'), bucket('10 minutes')], 1],
    [[bucket('10 minutes'), 'device', bucket('1 day')], 2],
    [[bucket('1 day'), bucket('1 hour'), bucket('10 minutes')], 1],
    [[bucket('1 month'), bucket('6 hours')], 1],
    [[bucket('1 week'), bucket('1 day')], 1],
    // Borders of the wider one within the narrower one.
    [[bucket('1 hour'), bucket('7 minutes')], 2],
    [[bucket('1 month'), bucket('1 week')], 2],
    [[bucket('1 month'), bucket('2 months')], 2],
    [[bucket('1 day'), "time_bucket('1 hour', time, timestamptz '2000-01-01 00:30+00')"], 2],
    [[bucket('1 day'), "time_bucket('1 hour', time + interval '5 minutes')"], 2],
  ])('%s', (groups, expected) => {
    expect(groupsOf(groups.join(', '))).toBe(expected);
  });
});
