/** Expressions of very many parts go in steps where the caller may wait, and give what they give in one go. */
import { describe, expect, it } from 'vitest';
import { compileExpr, compileSteps } from '../../../../src/exec/expression.ts';
import type { ExecContext } from '../../../../src/exec/operator.ts';
import { paceOf } from '../../../../src/exec/pace.ts';
import type { Expr } from '../../../../src/plan/expr.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../../src/vector/vector.ts';
import { BOOL, call, column, comparison, constant, INT4, scalar, testContext } from '../support.ts';

const ROWS = 100;
const batch: Batch = {
  columns: [
    vectorFromValues(
      INT4,
      Array.from({ length: ROWS }, (_, i) => i),
    ),
  ],
  length: ROWS,
};
const a = column(INT4, 0);
const add = scalar('add', ([x, y]) => ((x as number) + (y as number)) % 1_000_003);
const plus = (left: Expr, right: Expr): Expr => call(add, INT4, [left, right]);
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const leftDeep = (count: number): Expr =>
  times(count, (i) => constant(INT4, i)).reduce((sum, part) => plus(sum, part), a);
const rightDeep = (count: number): Expr =>
  times(count, (i) => constant(INT4, i)).reduce((sum, part) => plus(part, sum), a);
const bushy = (depth: number): Expr => (depth === 0 ? a : plus(bushy(depth - 1), bushy(depth - 1)));
const choice = (count: number): Expr => ({
  kind: 'case',
  type: INT4,
  branches: times(count, (i) => ({
    when: comparison('=', a, constant(INT4, i * 2)),
    // oxlint-disable-next-line unicorn/no-thenable
    then: plus(a, constant(INT4, i)),
  })),
  otherwise: constant(INT4, -1),
});
const any = (count: number): Expr => ({
  kind: 'or',
  type: BOOL,
  args: times(count, (i) => comparison('=', a, constant(INT4, i * 3))),
});

function valuesOf(vector: Parameters<typeof valueAt>[0]): Value[] {
  return times(ROWS, (row) => valueAt(vector, row));
}

/** A context that counts checkpoints; every third has something to wait for. */
function counting(): { context: ExecContext; turns: () => number } {
  let turns = 0;
  const checkpoint = (): Promise<void> | undefined =>
    ++turns % 3 === 0 ? Promise.resolve() : undefined;
  return { context: testContext({ checkpoint }), turns: () => turns };
}

describe('a large expression', () => {
  it.each([
    ['a chain of operators to the left', leftDeep(400)],
    ['a chain of operators to the right', rightDeep(400)],
    ['a tree of operators', bushy(10)],
    ['CASE', choice(1000)],
    ['OR', any(1000)],
  ])('goes in steps: %s', async (_, expr) => {
    const compiled = compileExpr(expr);
    const expected = valuesOf(compiled.evaluate(batch, testContext()));
    const { context, turns } = counting();
    expect(valuesOf(await compiled.run(batch, context))).toEqual(expected);
    expect(turns()).toBeGreaterThan(10);
  });

  it('passes an error on out of a chain', async () => {
    const failing = scalar('fail', () => {
      throw new Error('its own');
    });
    const chain = times(300, (i) => constant(INT4, i)).reduce(
      (sum, part) => plus(sum, part),
      call(failing, INT4, [a]) as Expr,
    );
    await expect((async () => compileExpr(chain).run(batch, testContext()))()).rejects.toThrow(
      'its own',
    );
  });

  it('is compiled in steps, once', () => {
    const expr = choice(1000);
    const count = (): number => [...compileSteps([expr])].length;
    expect(count()).toBeGreaterThan(10);
    expect(count()).toBe(0);
  });

  it('keeps taking some rows at a time, however long they take', () => {
    let now = 0;
    const clock = { nowMicros: () => 0, monotonicMs: () => (now += 1000) };
    const large = paceOf([any(1000)], 4096, clock);
    const small = paceOf([any(20)], 4096, clock);
    for (const pace of [large, small]) {
      for (let i = 0; i < 10; i++) {
        pace.begin();
        pace.end(pace.rows);
      }
    }
    expect(large.rows).toBeGreaterThan(32);
    expect(small.rows).toBe(1);
  });

  it('of few parts runs at once', () => {
    const { context, turns } = counting();
    expect(compileExpr(choice(10)).run(batch, context)).not.toBeInstanceOf(Promise);
    expect(turns()).toBe(0);
  });
});
