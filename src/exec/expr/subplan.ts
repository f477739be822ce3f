/** Subqueries inside expressions: run per row where they depend on it, else once per statement. */
import { dbError } from '../../errors/db-error.ts';
import type { KernelArg } from '../../functions/function.ts';
import type { Expr, SubplanExpr } from '../../plan/expr.ts';
import { PgArray } from '../../types/pg-array.ts';
import { elementTypeOf } from '../../types/type-table.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import { valueAt, type Batch } from '../../vector/vector.ts';
import { execute } from '../build.ts';
import type { ExecContext } from '../operator.ts';
import { freeExecParams, outerRowKeys } from '../plan-walk.ts';
import { collect } from '../run.ts';
import {
  argValue,
  constantArg,
  driveAsync,
  runSteps,
  truthAt,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';
import { hashableEquality, MemberSet } from './membership.ts';
import { UNIT_BATCH } from './unit-batch.ts';

export function compileSubplan(expr: SubplanExpr, compile: Compile): Evaluator {
  const bindings = expr.bindings.map(({ param, value }) => ({ param, value: compile(value) }));
  const test = expr.test === null ? undefined : compile(expr.test);
  // The left operand of ANY and ALL sits in the test, so its result differs from row to row too.
  const perRow = bindings.length > 0 || freeExecParams(expr).size > 0;
  const hashed = hashedTest(expr, compile);
  const run = (context: ExecContext): Promise<Value> =>
    hashed === undefined ? runSubplan(expr, test, context) : lookUp(expr, hashed, context);
  function* steps(batch: Batch, context: ExecContext): Steps {
    if (batch.length === 0) return constantArg(expr.type, null);
    if (!perRow) {
      const value = (yield kept(expr, 'value', context, () => run(context))) as Value;
      return constantArg(expr.type, value);
    }
    const inputs: KernelArg[] = [];
    for (const { value } of bindings) inputs.push(yield* runSteps(value, batch, context));
    const builder = new VectorBuilder(expr.type, batch.length);
    for (let row = 0; row < batch.length; row++) {
      for (let i = 0; i < bindings.length; i++) {
        context.execParams[bindings[i].param] = argValue(inputs[i], row);
      }
      builder.append((yield run(context)) as Value);
    }
    return builder.finish();
  }
  return { type: expr.type, now: undefined, steps };
}

/** What was computed once for the statement, and from which rows of CTEs. */
interface Kept<T> {
  readonly result: T;
  readonly inputs: readonly unknown[];
}

/** A result that stays the same while the CTEs that the plan reads do. */
async function kept<T>(
  expr: SubplanExpr,
  what: string,
  context: ExecContext,
  compute: () => Promise<T>,
): Promise<T> {
  const inputs = outerRowKeys(expr.plan).map((key) => context.shared.get(key));
  const key = `subplan:${expr.id}:${what}`;
  const known = context.shared.get(key) as Kept<T> | undefined;
  if (known?.inputs.every((input, i) => input === inputs[i]) === true) return known.result;
  const result = await compute();
  context.shared.set(key, { result, inputs });
  return result;
}

async function runSubplan(
  expr: SubplanExpr,
  test: Evaluator | undefined,
  context: ExecContext,
): Promise<Value> {
  switch (expr.mode) {
    case 'scalar':
      return scalar(expr, context);
    case 'exists':
      for await (const batch of execute(expr.plan, context)) if (batch.length > 0) return true;
      return false;
    case 'array':
      return arrayOf(expr, context);
    case 'any':
    case 'all':
      return quantified(expr, test!, context);
  }
}

async function scalar(expr: SubplanExpr, context: ExecContext): Promise<Value> {
  let found = false;
  let result: Value = null;
  for await (const batch of execute(expr.plan, context)) {
    if (batch.length === 0) continue;
    if (found || batch.length > 1) {
      throw dbError('cardinality_violation', {
        message: 'more than one row returned by a subquery used as an expression',
      });
    }
    found = true;
    result = valueAt(batch.columns[0], 0);
  }
  return result;
}

async function arrayOf(expr: SubplanExpr, context: ExecContext): Promise<Value> {
  const values: Value[] = [];
  for await (const batch of execute(expr.plan, context)) {
    const [column] = batch.columns;
    for (let i = 0; i < batch.length; i++) values.push(valueAt(column, i));
  }
  const column = expr.plan.columns[0].type.oid;
  const element = elementTypeOf(expr.type.oid) ?? column;
  // A subquery over arrays gives an array one dimension higher.
  if (elementTypeOf(column) === element && column === expr.type.oid)
    return stacked(element, values);
  return new PgArray(element, values);
}

function stacked(element: number, values: readonly Value[]): PgArray {
  const arrays = values.filter((value) => value instanceof PgArray);
  if (arrays.length === 0) return new PgArray(element, []);
  const { dimensions } = arrays[0];
  for (const array of arrays) {
    if (array.dimensions.join() !== dimensions.join()) {
      throw dbError('array_subscript_error', {
        message: 'cannot accumulate arrays of different dimensionality',
      });
    }
  }
  if (arrays.length < values.length) {
    throw dbError('null_value_not_allowed', { message: 'cannot accumulate null arrays' });
  }
  return new PgArray(
    element,
    arrays.flatMap((array) => array.values),
    [arrays.length, ...dimensions],
  );
}

/** SQL's OR (any) or AND (all) of the test over the subquery's rows; stops when decided. */
async function quantified(
  expr: SubplanExpr,
  test: Evaluator,
  context: ExecContext,
): Promise<Value> {
  const decided = expr.mode === 'any' ? 1 : 0;
  let unknown = false;
  for await (const batch of subplanRows(expr, context)) {
    for (let row = 0; row < batch.length; row++) {
      expr.testParams.forEach((param, i) => {
        context.execParams[param] = valueAt(batch.columns[i], row);
      });
      const truth = truthAt(await unitValue(test, context), 0);
      if (truth === decided) return decided === 1;
      unknown ||= truth === 2;
    }
  }
  return unknown ? null : decided === 0;
}

function unitValue(evaluator: Evaluator, context: ExecContext): KernelArg | Promise<KernelArg> {
  const { now } = evaluator;
  if (now !== undefined) return now(UNIT_BATCH, context);
  return driveAsync(evaluator.steps(UNIT_BATCH, context));
}

/** The subquery's rows; kept for the statement where only the test depends on the outer row. */
async function* subplanRows(
  expr: SubplanExpr,
  context: ExecContext,
): AsyncGenerator<Batch, void, void> {
  if (freeExecParams(expr.plan).size > 0 || expr.bindings.length === 0) {
    yield* execute(expr.plan, context);
    return;
  }
  const batches = await kept(expr, 'rows', context, () =>
    collect(execute(expr.plan, context), context, 'SubPlan'),
  );
  yield* batches;
}

/** `outer = ANY (subquery)` and `outer <> ALL (subquery)` with a subquery of one column. */
interface HashedTest {
  readonly outer: Evaluator;
  readonly oid: number;
  readonly negated: boolean;
}

/** The test as a look-up in the set of the subquery's values, where it is one. */
function hashedTest(expr: SubplanExpr, compile: Compile): HashedTest | undefined {
  const { test, testParams, mode } = expr;
  const negated = mode === 'all';
  if ((mode !== 'any' && mode !== 'all') || testParams.length !== 1) return undefined;
  if (test?.kind !== 'call' || test.operator !== (negated ? '<>' : '=')) return undefined;
  if (freeExecParams(expr.plan).size > 0) return undefined;
  const oid = hashableEquality(test.call);
  const isItem = (arg: Expr): boolean => arg.kind === 'exec-param' && arg.index === testParams[0];
  const outer = test.args.find((arg) => !isItem(arg));
  if (oid === undefined || outer === undefined || !test.args.some(isItem)) return undefined;
  if (freeExecParams(outer).has(testParams[0])) return undefined;
  return { outer: compile(outer), oid, negated };
}

async function lookUp(
  expr: SubplanExpr,
  { outer, oid, negated }: HashedTest,
  context: ExecContext,
): Promise<Value> {
  const set = await kept(expr, 'set', context, async () => {
    const values: Value[] = [];
    for (const batch of await collect(execute(expr.plan, context), context, 'SubPlan')) {
      for (let row = 0; row < batch.length; row++) values.push(valueAt(batch.columns[0], row));
    }
    return new MemberSet(oid, values);
  });
  // An operand that could fail is not evaluated against an empty set.
  if (set.size === 0) return negated;
  const truth = set.truth(argValue(await unitValue(outer, context), 0));
  return truth === 2 ? null : (truth === 1) !== negated;
}
