/** Calls over large values go in steps where the caller may wait, and give what they give in one go. */
import { describe, expect, it } from 'vitest';
import type { Stepped } from '../../../../src/base/steps.ts';
import { compileExpr, compileExprs } from '../../../../src/exec/expression.ts';
import type { ExecContext } from '../../../../src/exec/operator.ts';
import { compilePredicate } from '../../../../src/exec/predicate.ts';
import type { ScalarFunction } from '../../../../src/functions/function.ts';
import type { Expr } from '../../../../src/plan/expr.ts';
import { findCast } from '../../../../src/types/cast.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../../src/vector/vector.ts';
import {
  call,
  column,
  comparison,
  comparisonFunction,
  constant,
  INT4,
  scalar,
  TEXT,
  testContext,
} from '../support.ts';

const LARGE = 'x'.repeat(100_000);

/** Counts how rows are computed: in steps, of which each call has five, and at once. */
class Counted {
  stepped = 0;
  quick = 0;
  readonly fn: ScalarFunction = scalar(
    'last',
    (args) => {
      this.quick++;
      return last(args);
    },
    { inSteps: (args) => this.#steps(args) },
  );

  *#steps(args: readonly Value[]): Stepped<Value> {
    this.stepped++;
    for (let i = 0; i < 5; i++) yield;
    return last(args);
  }
}

const last = ([a]: readonly Value[]): Value => (a as string).slice(-2);

/** A context that counts checkpoints; every third has something to wait for. */
function counting(): { context: ExecContext; turns: () => number } {
  let turns = 0;
  const checkpoint = (): Promise<void> | undefined =>
    ++turns % 3 === 0 ? Promise.resolve() : undefined;
  return { context: testContext({ checkpoint }), turns: () => turns };
}

function textBatch(texts: readonly (string | null)[]): Batch {
  return { columns: [vectorFromValues(TEXT, texts)], length: texts.length };
}

async function valuesOf(expr: Expr, batch: Batch, context: ExecContext): Promise<Value[]> {
  const vector = await compileExpr(expr).run(batch, context);
  return Array.from({ length: batch.length }, (_, row) => valueAt(vector, row));
}

describe('calls over large values', () => {
  it('are taken in steps, with checkpoints in between, and small ones at once', async () => {
    const counted = new Counted();
    const { context, turns } = counting();
    const expr = call(counted.fn, TEXT, [column(TEXT, 0)]);
    const texts = ['ab', `${LARGE}cd`, null, `${LARGE}ef`, 'gh', `${LARGE}cd`];
    expect(await valuesOf(expr, textBatch(texts), context)).toEqual(
      texts.map((text) => text?.slice(-2) ?? null),
    );
    expect([counted.stepped, counted.quick]).toEqual([3, 2]);
    expect(turns()).toBeGreaterThanOrEqual(15);
    const small = compileExpr(expr).run(textBatch(['ab', 'cd']), context);
    expect(small).not.toBeInstanceOf(Promise);
    expect(counted.quick).toBe(4);
  });

  it('are computed at once for who must not wait', () => {
    const counted = new Counted();
    const expr = call(counted.fn, TEXT, [column(TEXT, 0)]);
    const vector = compileExpr(expr).evaluate(textBatch([LARGE]), testContext());
    expect([valueAt(vector, 0), counted.stepped]).toEqual(['xx', 0]);
  });

  it('give way between rows that are not large, but many', async () => {
    const counted = new Counted();
    const { context, turns } = counting();
    const texts = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(10_000, 'y'));
    const expr = call(counted.fn, TEXT, [column(TEXT, 0)]);
    await valuesOf(expr, textBatch(texts), context);
    expect([counted.stepped, counted.quick]).toEqual([0, 100]);
    expect(turns()).toBe(50);
  });

  it('keep CASE, COALESCE and AND lazy', async () => {
    const counted = new Counted();
    const { context } = counting();
    const text = column(TEXT, 0);
    const fails = call(
      scalar('fails', () => expect.unreachable(), { inSteps: () => expect.unreachable() }),
      TEXT,
      [text],
    );
    const long = call(counted.fn, TEXT, [text]);
    const isShort = comparison('=', text, constant(TEXT, 'a'));
    const guarded: Expr = {
      kind: 'case',
      type: TEXT,
      branches: [{ when: isShort, ['then' as const]: constant(TEXT, 'short') }],
      otherwise: { kind: 'coalesce', type: TEXT, args: [long, fails] },
    };
    expect(await valuesOf(guarded, textBatch(['a', LARGE]), context)).toEqual(['short', 'xx']);
    const never: Expr = {
      kind: 'and',
      type: sqlType(OID.bool),
      args: [isShort, comparison('=', fails, text)],
    };
    expect(await valuesOf(never, textBatch([LARGE]), context)).toEqual([false]);
    expect([counted.stepped, counted.quick]).toEqual([1, 0]);
  });

  it('are kept where they do not depend on rows', async () => {
    const counted = new Counted();
    const { context } = counting();
    const expr = call(counted.fn, TEXT, [constant(TEXT, LARGE)]);
    for (let i = 0; i < 3; i++) await valuesOf(expr, textBatch(['a', 'b']), context);
    expect(counted.stepped).toBe(1);
  });

  it('are told by the function where weights do not tell', async () => {
    const grow = scalar('grow', ([n]) => 'x'.repeat(n as number), {
      isLong: ([n]) => (n as number) > 1000,
      *inSteps([n]) {
        yield;
        return 'y'.repeat(n as number);
      },
    });
    const batch = { columns: [vectorFromValues(INT4, [2, 2000, null])], length: 3 };
    const values = await valuesOf(call(grow, TEXT, [column(INT4, 0)]), batch, testContext());
    expect(values).toEqual(['xx', 'y'.repeat(2000), null]);
  });

  it('stop where a checkpoint throws', async () => {
    const counted = new Counted();
    const checkpoint = (): never => {
      throw new Error('cancelled');
    };
    const expr = call(counted.fn, TEXT, [column(TEXT, 0)]);
    const run = async (): Promise<unknown> =>
      compileExprs([expr]).run(textBatch([LARGE]), testContext({ checkpoint }));
    await expect(run()).rejects.toThrow('cancelled');
  });
});

describe('conditions over large values', () => {
  it('are tested in steps, also on the entries of a dictionary', async () => {
    const counted = new Counted();
    const { context } = counting();
    const condition = comparison(
      '=',
      call(counted.fn, TEXT, [column(TEXT, 0)]),
      constant(TEXT, 'cd'),
    );
    const predicate = compilePredicate(condition);
    const batch = textBatch([`${LARGE}cd`, 'cd', `${LARGE}ef`]);
    expect(await predicate.run(batch, context)).toEqual(Int32Array.of(0, 1));
    expect([counted.stepped, counted.quick]).toEqual([2, 1]);
    expect(predicate.select(batch, context)).toEqual(Int32Array.of(0, 1));
  });
});

describe('ANY and ALL over large arrays', () => {
  it('are decided in steps', async () => {
    const type = sqlType(1007);
    const arrays = [
      new PgArray(
        OID.int4,
        Array.from({ length: 20_000 }, (_, i) => i),
      ),
      new PgArray(
        OID.int4,
        Array.from({ length: 20_000 }, (_, i) => (i === 17_000 ? null : 7)),
      ),
      new PgArray(OID.int4, []),
      null,
    ];
    const batch = { columns: [vectorFromValues(type, arrays)], length: arrays.length };
    const truths = async (left: Value, operator: string, quantifier: 'any' | 'all') => {
      const fn = comparisonFunction(operator, OID.int4);
      const info = { argTypes: [INT4, INT4], returnType: sqlType(OID.bool) };
      const expr: Expr = {
        kind: 'array-op',
        type: sqlType(OID.bool),
        operator,
        quantifier,
        fn,
        call: info,
        left: constant(INT4, left),
        array: column(type, 0),
      };
      const { context, turns } = counting();
      const now = compileExpr(expr).evaluate(batch, context);
      const later = await valuesOf(expr, batch, context);
      expect(later).toEqual(arrays.map((_, row) => valueAt(now, row)));
      expect(turns()).toBeGreaterThan(0);
      return later;
    };
    expect(await truths(7, '=', 'any')).toEqual([true, true, false, null]);
    expect(await truths(-1, '=', 'any')).toEqual([false, null, false, null]);
    expect(await truths(7, '=', 'all')).toEqual([false, null, true, null]);
    expect(await truths(null, '<>', 'all')).toEqual([null, null, true, null]);
  });
});

describe('casts of large values', () => {
  it.each([
    [
      new PgArray(
        OID.int4,
        Array.from({ length: 30_000 }, (_, i) => i),
      ),
      1007,
      OID.text,
    ],
    [
      new PgArray(
        OID.int4,
        Array.from({ length: 30_000 }, (_, i) => i),
      ),
      1007,
      1016,
    ],
    [
      new PgArray(
        OID.int4,
        Array.from({ length: 30_000 }, (_, i) => i),
      ),
      1007,
      1009,
    ],
  ])('are made in steps', async (value, from, to) => {
    const { context, turns } = counting();
    const { convert } = findCast(from, to)!;
    const type = sqlType(to);
    const expr: Expr = {
      kind: 'cast',
      type,
      arg: column(sqlType(from), 0),
      convert,
      explicit: true,
      form: 'explicit',
    };
    const batch = { columns: [vectorFromValues(sqlType(from), [value])], length: 1 };
    const [result] = await valuesOf(expr, batch, context);
    expect(result).toEqual(convert(value, -1, context.eval.format, true));
    expect(turns()).toBeGreaterThan(5);
  });
});
