/**
 * Compiles bound expressions to evaluators over batches. Compiled forms hold no state of a statement
 * and are kept per expression, so a plan that runs again (prepared, lateral, recursive) pays once.
 */
import { InternalError } from '../errors/db-error.ts';
import type { Expr } from '../plan/expr.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { sliceBatch } from '../vector/gather.ts';
import { valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { compileCall } from './expr/call.ts';
import { compileCase, compileCoalesce, compileMinMax, compileNullIf } from './expr/conditional.ts';
import { compileArray, compileCast, compileField, compileRow } from './expr/construct.ts';
import { rowwise, statesOf } from './expr/effects.ts';
import { argValue, constantArg, leaf, runOn, toVector, type Evaluator } from './expr/evaluator.ts';
import {
  compileBooleanTest,
  compileDistinct,
  compileIsNull,
  compileLogic,
  compileNot,
} from './expr/logic.ts';
import { compileArrayOp, compileInList } from './expr/membership.ts';
import { compileSubplan } from './expr/subplan.ts';
import { compileSubscript } from './expr/subscript.ts';
import { UNIT_BATCH } from './expr/unit-batch.ts';
import { childExprs, usedColumns } from './expr/walk.ts';
import { truthTree } from './lanes/lane-tree.ts';
import type { ExecContext } from './operator.ts';

export { isAsync } from './expr/walk.ts';
export { UNIT_BATCH } from './expr/unit-batch.ts';

export interface CompiledExpr {
  readonly type: SqlType;
  /** True where `evaluate` must not be used, because sub-plans or functions wait. */
  readonly isAsync: boolean;
  /** For who must not wait: all at once, however large values are. */
  evaluate(batch: Batch, context: ExecContext): Vector;
  /** For who may wait; at once where there is nothing to wait for. */
  run(batch: Batch, context: ExecContext): Vector | Promise<Vector>;
  /** The value where the batch has a single row (or none is read). */
  value(context: ExecContext): Promise<Value>;
}

/** Several expressions over the same rows. */
export interface CompiledExprs {
  readonly isAsync: boolean;
  evaluate(batch: Batch, context: ExecContext): Vector[];
  run(batch: Batch, context: ExecContext): Vector[] | Promise<Vector[]>;
}

const EVALUATORS = new WeakMap<Expr, Evaluator>();

/** The evaluator of an expression, compiled at the first call. */
export function evaluatorOf(expr: Expr): Evaluator {
  let evaluator = EVALUATORS.get(expr);
  if (evaluator === undefined) {
    evaluator = compile(expr);
    EVALUATORS.set(expr, evaluator);
  }
  return evaluator;
}

/** Children from which on an expression is compiled in steps, and expressions of a step. */
const WIDE = 256;
/** Levels at which a wide expression is looked for: conditions are conjunctions of them, negated perhaps. */
const WIDE_LEVELS = 3;

/** Compiles the parts of an expression of very many, so that compiling the whole takes little more. */
export function* compileParts(expr: Expr): Generator<void, void, void> {
  if (!isWide(expr, WIDE_LEVELS)) return;
  const step = { left: WIDE };
  yield* truthsBelow(expr, step);
  yield* compileBelow(expr, step);
}

/** Looks at which conditions are lanes', below one that is looked at in the end. */
function* truthsBelow(expr: Expr, step: { left: number }): Generator<void, void, void> {
  if (expr.kind !== 'and' && expr.kind !== 'or' && expr.kind !== 'not') return;
  for (const child of childExprs(expr)) {
    yield* truthsBelow(child, step);
    // What is no lane's makes a condition none, whatever comes after it.
    if (truthTree(child) === undefined && expr.kind !== 'and') return;
    yield* pause(step);
  }
}

/** Compiles expressions with all that they are made of. */
export function* compileSteps(exprs: Iterable<Expr>): Generator<void, void, void> {
  const step = { left: WIDE };
  for (const expr of exprs) {
    if (EVALUATORS.has(expr)) continue;
    yield* compileBelow(expr, step);
    statesOf(expr);
    evaluatorOf(expr);
    yield* pause(step);
  }
}

function* pause(step: { left: number }): Generator<void, void, void> {
  if (--step.left > 0) return;
  yield;
  step.left = WIDE;
}

function isWide(expr: Expr, levels: number): boolean {
  const children = childExprs(expr);
  if (children.length > WIDE) return true;
  return levels > 1 && children.some((child) => isWide(child, levels - 1));
}

function* compileBelow(expr: Expr, step: { left: number }): Generator<void, void, void> {
  for (const child of childExprs(expr)) {
    // What an earlier run has compiled it has compiled with all that is below.
    if (EVALUATORS.has(child)) continue;
    yield* compileBelow(child, step);
    statesOf(child);
    evaluatorOf(child);
    yield* pause(step);
  }
}

export function compileExpr(expr: Expr): CompiledExpr {
  const evaluator = evaluatorOf(expr);
  const { now, type } = evaluator;
  return {
    type,
    isAsync: now === undefined,
    evaluate(batch, context) {
      if (now === undefined) throw new InternalError('a waiting expression was evaluated at once');
      return toVector(now(batch, context), batch.length);
    },
    run(batch, context) {
      const arg = runOn(evaluator, batch, context);
      if (!(arg instanceof Promise)) return toVector(arg, batch.length);
      return arg.then((done) => toVector(done, batch.length));
    },
    async value(context) {
      return argValue(await runOn(evaluator, UNIT_BATCH, context), 0);
    },
  };
}

export function compileExprs(exprs: readonly Expr[]): CompiledExprs {
  const compiled = exprs.map(compileExpr);
  const byRow = rowwise(exprs);
  if (byRow.length > 0) return compiledByRow(exprs, compiled, byRow);
  return {
    isAsync: compiled.some((each) => each.isAsync),
    evaluate: (batch, context) => compiled.map((each) => each.evaluate(batch, context)),
    run(batch, context) {
      const vectors: Vector[] = [];
      for (let i = 0; i < compiled.length; i++) {
        const vector = compiled[i].run(batch, context);
        if (vector instanceof Promise) return runRest(compiled, vectors, vector, batch, context);
        vectors.push(vector);
      }
      return vectors;
    },
  };
}

/** The vectors of all expressions, of which some are there and the next one is waited for. */
async function runRest(
  compiled: readonly CompiledExpr[],
  vectors: Vector[],
  waiting: Promise<Vector>,
  batch: Batch,
  context: ExecContext,
): Promise<Vector[]> {
  vectors.push(await waiting);
  for (let i = vectors.length; i < compiled.length; i++) {
    vectors.push(await compiled[i].run(batch, context));
  }
  return vectors;
}

/** The same where some expressions have effects on each other: these go row by row. */
function compiledByRow(
  exprs: readonly Expr[],
  compiled: readonly CompiledExpr[],
  byRow: readonly number[],
): CompiledExprs {
  const readsColumns = byRow.some((i) => usedColumns([exprs[i]]).length > 0);
  const rowOf = (batch: Batch, row: number): Batch =>
    readsColumns ? sliceBatch(batch, row, row + 1) : UNIT_BATCH;
  const buildersFor = (batch: Batch): VectorBuilder[] =>
    byRow.map((i) => new VectorBuilder(compiled[i].type, batch.length));
  const isRowwise = new Set(byRow);
  const mayWait = exprs.map(evaluatorOf).some(({ now, isLong }) => now === undefined || isLong);
  const evaluate = (batch: Batch, context: ExecContext): Vector[] => {
    const builders = buildersFor(batch);
    for (let row = 0; row < batch.length; row++) {
      const one = rowOf(batch, row);
      byRow.forEach((i, at) => builders[at].append(valueAt(compiled[i].evaluate(one, context), 0)));
    }
    return compiled.map((each, i) =>
      isRowwise.has(i) ? builders[byRow.indexOf(i)].finish() : each.evaluate(batch, context),
    );
  };
  const runByRow = async (batch: Batch, context: ExecContext): Promise<Vector[]> => {
    const builders = buildersFor(batch);
    for (let row = 0; row < batch.length; row++) {
      const one = rowOf(batch, row);
      for (const [at, i] of byRow.entries())
        builders[at].append(valueAt(await compiled[i].run(one, context), 0));
    }
    const vectors: Vector[] = [];
    for (const [i, each] of compiled.entries()) {
      if (isRowwise.has(i)) vectors.push(builders[byRow.indexOf(i)].finish());
      else vectors.push(await each.run(batch, context));
    }
    return vectors;
  };
  return {
    isAsync: compiled.some((each) => each.isAsync),
    evaluate,
    run(batch, context) {
      return mayWait ? runByRow(batch, context) : evaluate(batch, context);
    },
  };
}

/** Evaluates for who may wait; await the result. */
export function evaluateAll(
  exprs: CompiledExprs,
  batch: Batch,
  context: ExecContext,
): Vector[] | Promise<Vector[]> {
  return exprs.run(batch, context);
}

function compile(expr: Expr): Evaluator {
  const { type } = expr;
  switch (expr.kind) {
    case 'constant': {
      const arg = constantArg(type, expr.value);
      return leaf(type, () => arg);
    }
    case 'column': {
      const { index } = expr;
      return leaf(type, (batch) => batch.columns[index]);
    }
    case 'parameter': {
      const { index } = expr;
      return leaf(type, (_, context) => constantArg(type, context.parameters[index] ?? null));
    }
    case 'exec-param': {
      const { index } = expr;
      return leaf(type, (_, context) => constantArg(type, context.execParams[index] ?? null));
    }
    case 'call':
      return compileCall(expr, evaluatorOf);
    case 'cast':
      return compileCast(expr, evaluatorOf);
    case 'and':
    case 'or':
      return compileLogic(expr, evaluatorOf);
    case 'not':
      return compileNot(expr, evaluatorOf);
    case 'is-null':
      return compileIsNull(expr, evaluatorOf);
    case 'boolean-test':
      return compileBooleanTest(expr, evaluatorOf);
    case 'distinct':
      return compileDistinct(expr, evaluatorOf);
    default:
      return compileOther(expr);
  }
}

function compileOther(expr: Expr): Evaluator {
  switch (expr.kind) {
    case 'case':
      return compileCase(expr, evaluatorOf);
    case 'coalesce':
      return compileCoalesce(expr, evaluatorOf);
    case 'nullif':
      return compileNullIf(expr, evaluatorOf);
    case 'greatest':
    case 'least':
      return compileMinMax(expr, evaluatorOf);
    case 'array':
      return compileArray(expr, evaluatorOf);
    case 'row':
      return compileRow(expr, evaluatorOf);
    case 'in-list':
      return compileInList(expr, evaluatorOf);
    case 'array-op':
      return compileArrayOp(expr, evaluatorOf);
    case 'subscript':
      return compileSubscript(expr, evaluatorOf);
    case 'field':
      return compileField(expr, evaluatorOf);
    case 'subplan':
      return compileSubplan(expr, evaluatorOf);
    default:
      throw new InternalError(`an expression of kind ${expr.kind} reached execution`);
  }
}
