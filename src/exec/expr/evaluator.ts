/**
 * How a compiled expression runs over a batch. Most never wait and have `now`. Those with sub-plans or
 * asynchronous functions are generators that yield the promises to wait for. Those that may take long where
 * values are large yield nothing now and then, for a checkpoint: who must not wait runs them to the end at once.
 * One body serves both ways.
 */
import type { ExecContext } from '../operator.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { KernelArg } from '../../functions/function.ts';
import type { Expr } from '../../plan/expr.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { constantVector } from '../../vector/builder.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';

export type Steps<T = KernelArg> = Generator<Promise<unknown> | void, T, unknown>;

export interface Evaluator {
  readonly type: SqlType;
  /** Undefined where the evaluation may have to wait. */
  readonly now: ((batch: Batch, context: ExecContext) => KernelArg) | undefined;
  /** Whether `steps` makes a difference to who may wait: something below it takes large values in steps. */
  readonly isLong: boolean;
  /** Parts that it is made of, itself among them. */
  readonly size: number;
  /** What it is computed from, where that is all its arguments. */
  readonly combination?: Combination;
  steps(batch: Batch, context: ExecContext): Steps;
}

/** Parts from which on an expression goes in steps, as some of its rows take milliseconds. */
export const LARGE_SIZE = 128;
/** What a part takes without any rows, in rows. */
const ROWS_OF_CALL = 64;
/** Rows times parts between two steps: about a millisecond. */
const STEP_WORK = 8192;

/** Work since the last step, whoever has done it. */
let work = 0;

function isDue(parts: number, rows: number): boolean {
  work += parts * (ROWS_OF_CALL + rows);
  if (work < STEP_WORK) return false;
  work = 0;
  return true;
}

export function sizeOf(args: readonly Evaluator[]): number {
  let size = 1;
  for (const arg of args) size += arg.size;
  return size;
}

/** Compiles a sub-expression; handed to the compilers of single node kinds. */
export type Compile = (expr: Expr) => Evaluator;

/** Runs a generator that is known not to wait. */
export function drive<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value !== undefined) {
      throw new InternalError('an expression waited where it must not');
    }
  }
}

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/**
 * Runs a generator: waits for each promise that it yields, with a checkpoint at every other step. Where there is
 * nothing to wait for the result is there at once.
 */
export function driveOn<T>(steps: Steps<T>, context: Checkpoint): T | Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const waiting = step.value;
    const pause = waiting === undefined ? context.checkpoint() : undefined;
    if (waiting !== undefined || pause !== undefined)
      return driveRest(steps, waiting, pause, context);
  }
}

async function driveRest<T>(
  steps: Steps<T>,
  first: Promise<unknown> | void,
  firstPause: Promise<void> | undefined,
  context: Checkpoint,
): Promise<T> {
  let waiting = first;
  let pause = firstPause;
  for (;;) {
    if (pause !== undefined) await pause;
    const step = waiting === undefined ? steps.next() : await afterwards(steps, waiting);
    if (step.done === true) return step.value;
    waiting = step.value;
    pause = waiting === undefined ? context.checkpoint() : undefined;
  }
}

/** The step after the one that waits. */
async function afterwards<T>(
  steps: Steps<T>,
  waiting: Promise<unknown>,
): Promise<IteratorResult<Promise<unknown> | void, T>> {
  let settled: unknown;
  try {
    settled = await waiting;
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next(settled);
}

/** The steps of a function whose arguments are large; undefined where it is quick. */
export type LongForm = (
  values: KernelArg[],
  length: number,
  context: ExecContext,
) => Steps | undefined;

/** Arguments, and what is computed from them. */
interface Combination {
  readonly args: readonly Evaluator[];
  readonly apply: (values: KernelArg[], length: number, context: ExecContext) => KernelArg;
  readonly long: LongForm | undefined;
}

/**
 * Runs a combination with those below it that go in steps, too: not one generator in the other, as each step
 * would go through all of them, and a chain of operators may be thousands deep.
 */
function* combinationSteps(top: Combination, batch: Batch, context: ExecContext): Steps {
  const { length } = batch;
  const waiting: { readonly combination: Combination; readonly values: KernelArg[] }[] = [];
  let combination = top;
  let values: KernelArg[] = [];
  for (;;) {
    while (values.length < combination.args.length) {
      const arg = combination.args[values.length];
      if (arg.combination === undefined || !arg.isLong) {
        values.push(yield* runSteps(arg, batch, context));
      } else {
        waiting.push({ combination, values });
        combination = arg.combination;
        values = [];
      }
    }
    const inSteps = combination.long?.(values, length, context);
    const result =
      inSteps === undefined ? combination.apply(values, length, context) : yield* inSteps;
    const above = waiting.pop();
    if (above === undefined) return result;
    ({ combination, values } = above);
    values.push(result);
    if (isDue(1, length)) yield;
  }
}

/** An expression that is computed from all its arguments over all rows. */
export function combine(
  type: SqlType,
  args: readonly Evaluator[],
  apply: Combination['apply'],
  long?: LongForm,
): Evaluator {
  const combination = { args, apply, long };
  const steps = (batch: Batch, context: ExecContext): Steps =>
    combinationSteps(combination, batch, context);
  const size = sizeOf(args);
  const isLong = long !== undefined || size >= LARGE_SIZE || args.some((arg) => arg.isLong);
  if (args.some((arg) => arg.now === undefined))
    return { type, now: undefined, isLong, size, combination, steps };
  const runs = args.map((arg) => arg.now!);
  const now = (batch: Batch, context: ExecContext): KernelArg =>
    apply(
      runs.map((run) => run(batch, context)),
      batch.length,
      context,
    );
  return { type, now, isLong, size, combination, steps };
}

/** An expression that decides itself which arguments to evaluate over which rows. */
export function conditional(
  type: SqlType,
  children: readonly Evaluator[],
  steps: (batch: Batch, context: ExecContext) => Steps,
): Evaluator {
  const waits = children.some((child) => child.now === undefined);
  const size = sizeOf(children);
  return {
    type,
    now: waits ? undefined : (batch, context) => drive(steps(batch, context)),
    isLong: size >= LARGE_SIZE || children.some((child) => child.isLong),
    size,
    steps,
  };
}

/** Runs a part of an expression, with a step where there was much to do. */
export function* runSteps(evaluator: Evaluator, batch: Batch, context: ExecContext): Steps {
  const { now, isLong } = evaluator;
  if (now === undefined || isLong) return yield* evaluator.steps(batch, context);
  const arg = now(batch, context);
  if (isDue(evaluator.size, batch.length)) yield;
  return arg;
}

/** The same for who may wait: at once where there is nothing to wait for. */
export function runOn(
  evaluator: Evaluator,
  batch: Batch,
  context: ExecContext,
): KernelArg | Promise<KernelArg> {
  const { now, isLong } = evaluator;
  if (now !== undefined && !isLong) return now(batch, context);
  return driveOn(evaluator.steps(batch, context), context);
}

/** An evaluator without arguments. */
export function leaf(
  type: SqlType,
  now: (batch: Batch, context: ExecContext) => KernelArg,
): Evaluator {
  return {
    type,
    now,
    isLong: false,
    size: 1,
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
