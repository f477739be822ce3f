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
import { inTurns, type ExecContext } from '../operator.ts';
import { freeExecParams, outerRowKeys } from '../plan-walk.ts';
import { collect } from '../run.ts';
import {
  argValue,
  constantArg,
  runOn,
  runSteps,
  truthAt,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';
import { hashableEquality, MemberSet, setTruth } from './membership.ts';
import { narrow } from './narrow.ts';
import { UNIT_BATCH } from './unit-batch.ts';
import { usedColumns } from './walk.ts';

export function compileSubplan(expr: SubplanExpr, compile: Compile): Evaluator {
  const { type } = expr;
  const hashed = hashedTest(expr, compile);
  if (hashed !== undefined)
    return { type, now: undefined, isLong: false, size: 1, steps: lookUpSteps(expr, hashed) };
  const bindings = expr.bindings.map(({ param, value }) => ({ param, value: compile(value) }));
  const test = expr.test === null ? undefined : compile(expr.test);
  const testColumns = expr.test === null ? [] : usedColumns([expr.test]);
  const perRow = bindings.length > 0 || testColumns.length > 0 || freeExecParams(expr).size > 0;
  function* steps(batch: Batch, context: ExecContext): Steps {
    if (batch.length === 0) return constantArg(type, null);
    if (!perRow) {
      const run = (): Promise<Value> => runSubplan(expr, test, UNIT_BATCH, false, context);
      return constantArg(type, (yield kept(expr, 'value', context, run)) as Value);
    }
    const inputs: KernelArg[] = [];
    for (const { value } of bindings) inputs.push(yield* runSteps(value, batch, context));
    const builder = new VectorBuilder(type, batch.length);
    for (let row = 0; row < batch.length; row++) {
      for (let i = 0; i < bindings.length; i++) {
        context.execParams[bindings[i].param] = argValue(inputs[i], row);
      }
      const outer =
        test === undefined ? UNIT_BATCH : narrow(batch, Int32Array.of(row), testColumns);
      builder.append((yield runSubplan(expr, test, outer, true, context)) as Value);
    }
    return builder.finish();
  }
  return { type, now: undefined, isLong: false, size: 1, steps };
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

/** The subquery's value for the outer row `outer`; `repeated` where others follow in this statement. */
async function runSubplan(
  expr: SubplanExpr,
  test: Evaluator | undefined,
  outer: Batch,
  repeated: boolean,
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
      return quantified(expr, test!, outer, repeated, context);
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
  outer: Batch,
  repeated: boolean,
  context: ExecContext,
): Promise<Value> {
  const decided = expr.mode === 'any' ? 1 : 0;
  let unknown = false;
  for await (const batch of subplanRows(expr, repeated, context)) {
    for (let row = 0; row < batch.length; row++) {
      expr.testParams.forEach((param, i) => {
        context.execParams[param] = valueAt(batch.columns[i], row);
      });
      const result = runOn(test, outer, context);
      const truth = truthAt(result instanceof Promise ? await result : result, 0);
      if (truth === decided) return decided === 1;
      unknown ||= truth === 2;
    }
  }
  return unknown ? null : decided === 0;
}

/** The subquery's rows; kept for the statement where only the test depends on the outer row. */
async function* subplanRows(
  expr: SubplanExpr,
  repeated: boolean,
  context: ExecContext,
): AsyncGenerator<Batch, void, void> {
  if (!repeated || freeExecParams(expr.plan).size > 0) {
    yield* execute(expr.plan, context);
    return;
  }
  yield* await kept(expr, 'rows', context, () =>
    collect(execute(expr.plan, context), context, 'SubPlan'),
  );
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
  const read = freeExecParams(outer);
  if (read.has(testParams[0])) return undefined;
  // An operand that is handed over through a binding is taken from there.
  const bound = expr.bindings.find(
    ({ param }) => outer.kind === 'exec-param' && outer.index === param,
  );
  if (bound === undefined && expr.bindings.some(({ param }) => read.has(param))) return undefined;
  return { outer: compile(bound?.value ?? outer), oid, negated };
}

function lookUpSteps(expr: SubplanExpr, { outer, oid, negated }: HashedTest): Evaluator['steps'] {
  const load = async (context: ExecContext): Promise<MemberSet> => {
    const values: Value[] = [];
    for (const batch of await collect(execute(expr.plan, context), context, 'SubPlan')) {
      for (let row = 0; row < batch.length; row++) values.push(valueAt(batch.columns[0], row));
    }
    return inTurns(MemberSet.build(oid, values), context);
  };
  return function* steps(batch, context) {
    if (batch.length === 0) return constantArg(expr.type, null);
    const set = (yield kept(expr, 'set', context, () => load(context))) as MemberSet;
    // Against an empty set the operand is not evaluated: it could fail.
    if (set.size === 0) return constantArg(expr.type, negated);
    const arg = yield* runSteps(outer, batch, context);
    return setTruth(expr.type, arg, set, negated, batch.length);
  };
}
