/**
 * How a compiled expression runs over a batch. Most never wait and have `now`. Those with sub-plans or
 * asynchronous functions are generators that yield the promises to wait for; one body serves both ways,
 * because a generator that yields nothing can be run to its end at once.
 */
import type { ExecContext } from '../operator.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { KernelArg } from '../../functions/function.ts';
import type { Expr } from '../../plan/expr.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { constantVector } from '../../vector/builder.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';

export type Steps<T = KernelArg> = Generator<Promise<unknown>, T, unknown>;

export interface Evaluator {
  readonly type: SqlType;
  /** Undefined where the evaluation may have to wait. */
  readonly now: ((batch: Batch, context: ExecContext) => KernelArg) | undefined;
  steps(batch: Batch, context: ExecContext): Steps;
}

/** Compiles a sub-expression; handed to the compilers of single node kinds. */
export type Compile = (expr: Expr) => Evaluator;

/** Runs a generator that is known not to wait. */
export function drive<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (step.done !== true) throw new InternalError('an expression waited where it must not');
  return step.value;
}

/** Runs a generator, waiting for each promise that it yields. */
export async function driveAsync<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let settled: unknown;
    try {
      settled = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(settled);
  }
  return step.value;
}

/** An expression that is computed from all its arguments over all rows. */
export function combine(
  type: SqlType,
  args: readonly Evaluator[],
  apply: (values: KernelArg[], length: number, context: ExecContext) => KernelArg,
): Evaluator {
  function* steps(batch: Batch, context: ExecContext): Steps {
    const values: KernelArg[] = [];
    for (const arg of args) values.push(yield* runSteps(arg, batch, context));
    return apply(values, batch.length, context);
  }
  if (args.some((arg) => arg.now === undefined)) return { type, now: undefined, steps };
  const runs = args.map((arg) => arg.now!);
  const now = (batch: Batch, context: ExecContext): KernelArg =>
    apply(
      runs.map((run) => run(batch, context)),
      batch.length,
      context,
    );
  return { type, now, steps };
}

/** An expression that decides itself which arguments to evaluate over which rows. */
export function conditional(
  type: SqlType,
  children: readonly Evaluator[],
  steps: (batch: Batch, context: ExecContext) => Steps,
): Evaluator {
  const waits = children.some((child) => child.now === undefined);
  return {
    type,
    now: waits ? undefined : (batch, context) => drive(steps(batch, context)),
    steps,
  };
}

export function* runSteps(evaluator: Evaluator, batch: Batch, context: ExecContext): Steps {
  if (evaluator.now !== undefined) return evaluator.now(batch, context);
  return yield* evaluator.steps(batch, context);
}

/** An evaluator without arguments. */
export function leaf(
  type: SqlType,
  now: (batch: Batch, context: ExecContext) => KernelArg,
): Evaluator {
  return {
    type,
    now,
    *steps(batch, context) {
      return now(batch, context);
    },
  };
}

export function constantArg(type: SqlType, value: Value): KernelArg {
  return { rep: 'constant', type, value };
}

/** The argument as a vector of `length` rows. */
export function toVector(arg: KernelArg, length: number): Vector {
  return arg.rep === 'constant' ? constantVector(arg.type, arg.value, length) : arg;
}

export function argValue(arg: KernelArg, row: number): Value {
  return arg.rep === 'constant' ? arg.value : valueAt(arg, row);
}

/** 1 true, 0 false, 2 NULL. */
export function truthAt(arg: KernelArg, row: number): 0 | 1 | 2 {
  const value = argValue(arg, row);
  return value === null ? 2 : value === true ? 1 : 0;
}

/** A bool vector out of 0, 1 and 2 (NULL) in `truth`, which it takes over. */
export function boolVector(type: SqlType, truth: Uint8Array): Vector {
  const { length } = truth;
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < length; i++) {
    if (truth[i] !== 2) continue;
    nulls ??= new Uint8Array(length);
    nulls[i] = 1;
    truth[i] = 0;
  }
  return { rep: 'bool', type, length, data: truth, nulls };
}
