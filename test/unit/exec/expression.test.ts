import { describe, expect, it } from 'vitest';
import { compileExpr, compileParts, evaluatorOf } from '../../../src/exec/expression.ts';
import { compilePredicate } from '../../../src/exec/predicate.ts';
import type { Expr } from '../../../src/plan/expr.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import type { Value } from '../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../src/vector/vector.ts';
import {
  addition,
  and,
  BOOL,
  call,
  column,
  comparison,
  comparisonFunction,
  constant,
  division,
  FLOAT8,
  INT4,
  INT4_ARRAY,
  randomSource,
  scalar,
  testContext,
  TEXT,
  values,
} from './support.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { printedSeed } from '../../support/seed.ts';

function batchOf(...columns: [typeof INT4, Value[]][]): Batch {
  return {
    columns: columns.map(([type, data]) => vectorFromValues(type, data)),
    length: columns[0][1].length,
  };
}

function evaluate(expr: Expr, batch: Batch): Value[] {
  const vector = compileExpr(expr).evaluate(batch, testContext());
  expect(vector.length).toBe(batch.length);
  return Array.from({ length: batch.length }, (_, i) => valueAt(vector, i));
}

const x = column(INT4, 0);

describe('compileExpr', () => {
  it('guards branches of CASE', () => {
    const batch = batchOf([INT4, [0, 1, 2, null]]);
    const expr: Expr = {
      kind: 'case',
      type: INT4,
      branches: [
        {
          when: comparison('<>', x, constant(INT4, 0)),
          ['then' as const]: call(division, INT4, [constant(INT4, 10), x]),
        },
      ],
      otherwise: constant(INT4, -1),
    };
    expect(evaluate(expr, batch)).toEqual([-1, 10, 5, -1]);
  });

  it('guards the second argument of AND and OR', () => {
    const batch = batchOf([INT4, [0, 1, 20, null]]);
    const quotient = comparison(
      '>',
      call(division, INT4, [constant(INT4, 10), x]),
      constant(INT4, 0),
    );
    expect(evaluate(and(comparison('<>', x, constant(INT4, 0)), quotient), batch)).toEqual([
      false,
      true,
      false,
      null,
    ]);
    const or: Expr = {
      kind: 'or',
      type: BOOL,
      args: [comparison('=', x, constant(INT4, 0)), quotient],
    };
    expect(evaluate(or, batch)).toEqual([true, true, false, null]);
  });

  it('follows three-valued logic', () => {
    const truths = [true, false, null];
    const a: Value[] = [];
    const b: Value[] = [];
    for (const p of truths) {
      for (const q of truths) {
        a.push(p);
        b.push(q);
      }
    }
    const batch = batchOf([BOOL, a], [BOOL, b]);
    const args = [column(BOOL, 0), column(BOOL, 1)];
    expect(evaluate({ kind: 'and', type: BOOL, args }, batch)).toEqual([
      true,
      false,
      null,
      false,
      false,
      false,
      null,
      false,
      null,
    ]);
    expect(evaluate({ kind: 'or', type: BOOL, args }, batch)).toEqual([
      true,
      true,
      true,
      true,
      false,
      null,
      true,
      null,
      null,
    ]);
    expect(evaluate({ kind: 'not', type: BOOL, arg: args[1] }, batch).slice(0, 3)).toEqual([
      false,
      true,
      null,
    ]);
    expect(
      evaluate(
        { kind: 'boolean-test', type: BOOL, arg: args[1], test: 'unknown', negated: true },
        batch,
      ).slice(0, 3),
    ).toEqual([true, true, false]);
  });

  it('stops COALESCE at the first value', () => {
    const batch = batchOf([INT4, [null, 7, 0]], [INT4, [5, null, null]]);
    const expr: Expr = {
      kind: 'coalesce',
      type: INT4,
      args: [column(INT4, 1), call(division, INT4, [constant(INT4, 70), x])],
    };
    expect(() => evaluate(expr, batch)).toThrow('division by zero');
    expect(evaluate(expr, batchOf([INT4, [0, 7, null]], [INT4, [5, null, null]]))).toEqual([
      5,
      10,
      null,
    ]);
  });

  it('knows NULL in IN lists', () => {
    const batch = batchOf([INT4, [1, 2, null]]);
    const list = (items: Value[], negated: boolean): Value[] =>
      evaluate(
        {
          kind: 'in-list',
          type: BOOL,
          arg: x,
          items: items.map((item) => constant(INT4, item)),
          equality: comparisonFunction('=', 23),
          call: { argTypes: [INT4, INT4], returnType: BOOL },
          negated,
        },
        batch,
      );
    expect(list([1, 3], false)).toEqual([true, false, null]);
    expect(list([1, null], false)).toEqual([true, null, null]);
    expect(list([1, null], true)).toEqual([false, null, null]);
    expect(list([1], true)).toEqual([false, true, null]);
  });

  it('quantifies over arrays', () => {
    const batch = batchOf([INT4, [1, 5, null]]);
    const over = (operator: string, quantifier: 'any' | 'all', items: Value[]): Value[] =>
      evaluate(
        {
          kind: 'array-op',
          type: BOOL,
          left: x,
          operator,
          quantifier,
          fn: comparisonFunction(operator, 23),
          call: { argTypes: [INT4, INT4], returnType: BOOL },
          array: constant(INT4_ARRAY, new PgArray(23, items)),
        },
        batch,
      );
    expect(over('=', 'any', [1, 2])).toEqual([true, false, null]);
    expect(over('=', 'any', [])).toEqual([false, false, false]);
    expect(over('>', 'all', [0, null])).toEqual([null, null, null]);
    expect(over('>', 'all', [3, null])).toEqual([false, null, null]);
    expect(over('<>', 'all', [5])).toEqual([true, false, null]);
  });

  it('subscripts and slices arrays', () => {
    const matrix = new PgArray(23, [1, 2, 3, 4], [2, 2]);
    const list = new PgArray(23, [10, 20, 30], [3], [0]);
    const sub = (array: PgArray, ...subscripts: ([number, number] | number)[]): Value => {
      const sliced = subscripts.some(Array.isArray);
      return evaluate(
        {
          kind: 'subscript',
          type: sliced ? INT4_ARRAY : INT4,
          base: constant(INT4_ARRAY, array),
          subscripts: subscripts.map((s) =>
            typeof s === 'number'
              ? { lower: null, upper: constant(INT4, s), slice: false }
              : { lower: constant(INT4, s[0]), upper: constant(INT4, s[1]), slice: true },
          ),
        },
        batchOf([INT4, [0]]),
      )[0];
    };
    expect(sub(matrix, 2, 1)).toBe(3);
    expect(sub(matrix, 2)).toBe(null);
    expect(sub(list, 0)).toBe(10);
    expect(sub(list, 3)).toBe(null);
    expect(sub(matrix, [1, 2], 1)).toEqual(new PgArray(23, [1, 3], [2, 1]));
    expect(sub(list, [1, 9])).toEqual(new PgArray(23, [20, 30]));
    expect(sub(list, [5, 9])).toEqual(new PgArray(23, []));
  });

  it('calls a function once per dictionary entry', () => {
    let calls = 0;
    const upper = scalar('upper', ([text]) => {
      calls++;
      return (text as string).toUpperCase();
    });
    const codes = Int32Array.from({ length: 100 }, (_, i) => i % 2);
    const nulls = new Uint8Array(100);
    nulls[3] = 1;
    const vector = {
      rep: 'text' as const,
      type: TEXT,
      length: 100,
      codes,
      dictionary: new StringDictionary(['a', 'b']),
      nulls,
    };
    const result = evaluate(call(upper, TEXT, [column(TEXT, 0)]), {
      columns: [vector],
      length: 100,
    });
    expect(result.slice(0, 5)).toEqual(['A', 'B', 'A', null, 'A']);
    expect(calls).toBe(2);
  });

  it('waits for sub-plans only where they are needed', async () => {
    const plan = values([INT4], [[1], [2]]);
    const subplan: Expr = {
      kind: 'subplan',
      type: INT4,
      mode: 'scalar',
      plan,
      bindings: [],
      test: null,
      testParams: [],
      id: 1,
    };
    const guarded: Expr = {
      kind: 'case',
      type: INT4,
      branches: [{ when: comparison('>', x, constant(INT4, 100)), ['then' as const]: subplan }],
      otherwise: x,
    };
    const compiled = compileExpr(guarded);
    expect(compiled.isAsync).toBe(true);
    const context = testContext();
    const vector = await compiled.run(batchOf([INT4, [1, 2]]), context);
    expect(valueAt(vector, 1)).toBe(2);
    await expect(compiled.run(batchOf([INT4, [1, 200]]), context)).rejects.toThrow(
      'more than one row returned by a subquery used as an expression',
    );
  });

  it('runs correlated ANY with its unknowns', async () => {
    const plan = values([INT4], [[1], [null]]);
    const any: Expr = {
      kind: 'subplan',
      type: BOOL,
      mode: 'any',
      plan,
      id: 2,
      bindings: [{ param: 0, value: x }],
      testParams: [1],
      test: comparison(
        '=',
        { kind: 'exec-param', type: INT4, index: 0 },
        { kind: 'exec-param', type: INT4, index: 1 },
      ),
    };
    const vector = await compileExpr(any).run(batchOf([INT4, [1, 2, null]]), testContext());
    expect([0, 1, 2].map((i) => valueAt(vector, i))).toEqual([true, null, null]);
  });
});

describe('subqueries', () => {
  it('are looked up in a set where the test is an equality', async () => {
    let runs = 0;
    const once = scalar(
      'once',
      ([value]) => {
        runs++;
        return value;
      },
      { volatility: 'volatile' },
    );
    const param = (index: number): Expr => ({ kind: 'exec-param', type: INT4, index });
    const over = (items: Value[], mode: 'any' | 'all'): Expr => ({
      kind: 'subplan',
      type: BOOL,
      mode,
      id: 3,
      bindings: [{ param: 0, value: x }],
      testParams: [1],
      plan: {
        kind: 'values',
        estimatedRows: 1,
        columns: [{ name: 'a', type: INT4 }],
        rows: items.map((item) => [call(once, INT4, [constant(INT4, item)])]),
      },
      test: comparison(mode === 'any' ? '=' : '<>', param(0), param(1)),
    });
    const batch = batchOf([INT4, [1, 2, null]]);
    const run = async (expr: Expr): Promise<Value[]> => {
      const vector = await compileExpr(expr).run(batch, testContext());
      return [0, 1, 2].map((i) => valueAt(vector, i));
    };
    expect(await run(over([1, 5], 'any'))).toEqual([true, false, null]);
    expect(runs).toBe(2);
    expect(await run(over([1, null], 'all'))).toEqual([false, null, null]);
    expect(await run(over([], 'all'))).toEqual([true, true, true]);
    expect(await run(over([], 'any'))).toEqual([false, false, false]);
  });

  it('compare columns of the outer row with those of the subquery', async () => {
    const param = (index: number): Expr => ({ kind: 'exec-param', type: INT4, index });
    const test = (operator: string, tail: Expr[]): Expr =>
      and(comparison(operator, x, param(1)), ...tail);
    const over = (operator: string, mode: 'any' | 'all'): Expr => ({
      kind: 'subplan',
      type: BOOL,
      mode,
      id: 4,
      bindings: [],
      testParams: [1, 2],
      plan: values(
        [INT4, INT4],
        [
          [1, 5],
          [3, null],
        ],
      ),
      test: test(operator, [comparison('>', column(INT4, 1), param(2))]),
    });
    const batch = batchOf([INT4, [1, 2, 3, null]], [INT4, [6, 6, 6, 1]]);
    const run = async (expr: Expr): Promise<Value[]> => {
      const vector = await compileExpr(expr).run(batch, testContext());
      return [0, 1, 2, 3].map((i) => valueAt(vector, i));
    };
    expect(await run(over('=', 'any'))).toEqual([true, false, null, null]);
    expect(await run(over('>=', 'all'))).toEqual([false, false, null, false]);
  });
});

describe('compilePredicate', () => {
  it('selects like the plain evaluation', () => {
    const seed = printedSeed('expression');
    const random = randomSource(seed);
    const pick = <T>(items: readonly T[]): T => items[random(items.length)];
    for (let round = 0; round < 300; round++) {
      const length = 1 + random(60);
      const numbers = Array.from({ length }, () => pick([null, NaN, -0, 0, 1, 2.5, Infinity, -3]));
      const texts = Array.from({ length }, () => pick([null, 'a', 'b', 'ccc', '']));
      const batch = batchOf([FLOAT8, numbers], [TEXT, texts]);
      const conjunct = (): Expr =>
        random(2) === 0
          ? comparison(
              pick(['=', '<>', '<', '<=', '>', '>=']),
              column(FLOAT8, 0),
              constant(FLOAT8, pick([0, 1, NaN, Infinity])),
            )
          : comparison(
              pick(['=', '<>', '<', '>']),
              constant(TEXT, pick(['a', 'b', 'zz'])),
              column(TEXT, 1),
            );
      const expr = and(...Array.from({ length: 1 + random(3) }, conjunct));
      const rows = compilePredicate(expr).select(batch, testContext());
      const naive = evaluate(expr, batch).flatMap((value, i) => (value === true ? [i] : []));
      expect(
        rows === undefined ? naive.map((_, i) => i).concat([]) : [...rows],
        `seed ${seed}`,
      ).toEqual(naive);
      if (rows === undefined) expect(naive.length).toBe(length);
    }
  });

  it('adds before comparing', () => {
    const batch = batchOf([INT4, [1, 2, 3, null]]);
    const expr = comparison('>=', call(addition, INT4, [x, constant(INT4, 1)]), constant(INT4, 3));
    expect([...compilePredicate(expr).select(batch, testContext())!]).toEqual([1, 2]);
  });
});

describe('compiling a condition of very many terms', () => {
  const equals = (n: number): Expr => comparison('=', column(INT4, 0), constant(INT4, n));
  const terms = (count: number): Expr[] => Array.from({ length: count }, (_, i) => equals(i));

  it('gives way again and again, and compiles each part once', () => {
    const parts = terms(5000);
    const condition = and(equals(7), { kind: 'or', type: BOOL, args: parts });
    const steps = [...compileParts(condition)].length;
    // A term has two parts itself.
    expect(steps).toBeGreaterThan(50);
    const known = evaluatorOf(parts[4999]);
    compilePredicate(condition);
    expect(evaluatorOf(parts[4999])).toBe(known);
    const rows = batchOf([INT4, [5, 7, 4999, null]]);
    expect([...compilePredicate(condition).select(rows, testContext())!]).toEqual([1]);
  });

  it('leaves others to those who compile them', () => {
    expect([...compileParts(and(...terms(100)))]).toEqual([]);
  });
});
