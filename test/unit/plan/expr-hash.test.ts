import { beforeAll, describe, expect, it } from 'vitest';
import { HashIndex, structureHash } from '../../../src/plan/expr-hash.ts';
import { sameExpr } from '../../../src/plan/bind/same-expr.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import { planner } from './fixture.ts';

let env: Awaited<ReturnType<typeof planner>>;
beforeAll(async () => {
  env = await planner();
});

/** The expressions of a select list over orders o. */
function exprs(list: string): readonly Expr[] {
  const { root } = env.bind(`select ${list} from orders o`);
  if (root.kind !== 'project') throw new Error(`a ${root.kind} on top`);
  return root.exprs;
}

describe('structureHash', () => {
  it.each([
    'total + 1',
    "customer_id::text || 'x'",
    "case when total > 2.5 then 'a' else 'b' end",
    'coalesce(total, 0), total in (1, 2, 3)',
    '(select max(id) from customers c where c.id = o.customer_id)',
    'array[1, 2, 3], row(1, total)',
    "interval '1 day', 1.5, '\\x0102'::bytea, '{1,2}'::int[]",
  ])('is one for equal expressions: %s', (list) => {
    const all = exprs(`${list}, ${list}`);
    const half = all.length / 2;
    for (let i = 0; i < half; i++) {
      expect(sameExpr(all[i], all[half + i])).toBe(true);
      expect(structureHash(all[i])).toBe(structureHash(all[half + i]));
    }
  });

  it('tells nearly all different expressions apart', () => {
    const all = exprs(Array.from({ length: 1000 }, (_, i) => `total + ${i}`).join(', '));
    expect(new Set(all.map(structureHash)).size).toBeGreaterThan(990);
  });
});

describe('HashIndex', () => {
  it.each([5, 500])('finds the first of equal keys among %i', (count) => {
    const index = new HashIndex<number, string>(
      (key) => key % 10,
      (a, b) => a === b,
    );
    for (let i = 0; i < count; i++) index.add(i, `first ${i}`);
    for (let i = 0; i < count; i++) index.add(i, `second ${i}`);
    for (let i = 0; i < count; i++) expect(index.find(i)).toBe(`first ${i}`);
    expect(index.find(count)).toBeUndefined();
    index.add(count, 'late');
    expect(index.find(count)).toBe('late');
  });
});

describe('a lookup among thousands', () => {
  it('compares with next to none of them', () => {
    let compared = 0;
    const index = new HashIndex<number, number>(structureHash, (a, b) => {
      compared++;
      return a === b;
    });
    for (let i = 0; i < 5000; i++) index.add(i, i);
    for (let i = 0; i < 5000; i++) expect(index.find(i)).toBe(i);
    expect(compared).toBeLessThan(6000);
  });
});
