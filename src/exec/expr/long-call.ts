/** Calls of functions and casts over large values: row by row, in steps. */
import type { Stepped } from '../../base/steps.ts';
import type { CallInfo, KernelArg, ScalarFunction } from '../../functions/function.ts';
import { STEP_WEIGHT, weightOf } from '../../types/large-value.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import type { TextVector } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { argValue, constantArg, type LongForm, type Steps } from './evaluator.ts';
import { areHeavy } from './weights.ts';

/** What a row is computed by. */
export interface RowForm {
  readonly type: SqlType;
  /** NULL for a row with a NULL argument. */
  readonly strict: boolean;
  /** Whether equal arguments give equal results throughout a statement. */
  readonly isFixed: boolean;
  /** Whether these arguments are taken in steps, where it is not their weight that tells. */
  readonly isLong?: ((args: readonly Value[]) => boolean) | undefined;
  now(args: readonly Value[], context: ExecContext): Value;
  inSteps(args: readonly Value[], context: ExecContext): Stepped<Value>;
}

/** undefined where the function has no steps. */
export function longCall(fn: ScalarFunction, call: CallInfo, type: SqlType): LongForm | undefined {
  const { inSteps, isLong, strict } = fn;
  if (inSteps === undefined) return undefined;
  return longForm({
    type,
    strict,
    isFixed: fn.volatility !== 'volatile',
    isLong,
    now: (args, context) => fn.evaluate(args, context.eval, call),
    inSteps: (args, context) => inSteps(args, context.eval, call),
  });
}

export function longForm(form: RowForm): LongForm {
  const results = new WeakMap<ExecContext, LastResult>();
  return (args, length, context) => {
    const areLong =
      form.isLong === undefined
        ? areHeavy(args, length)
        : someLong(form, form.isLong, args, length);
    if (!areLong) return undefined;
    if (form.isFixed && args.every(isConstant)) return once(form, args, results, context);
    return rowByRow(form, args, length, context);
  };
}

function someLong(
  { strict }: RowForm,
  isLong: (args: readonly Value[]) => boolean,
  args: readonly KernelArg[],
  length: number,
): boolean {
  const rows = args.every(isConstant) ? Math.min(1, length) : length;
  for (let row = 0; row < rows; row++) {
    const values = args.map((arg) => argValue(arg, row));
    if (!(strict && values.includes(null)) && isLong(values)) return true;
  }
  return false;
}

function isConstant({ rep }: KernelArg): boolean {
  return rep === 'constant';
}

/** A result that does not depend on rows: kept, for each batch asks for it. */
interface LastResult {
  readonly values: readonly Value[];
  readonly result: Value;
}

function* once(
  form: RowForm,
  args: readonly KernelArg[],
  results: WeakMap<ExecContext, LastResult>,
  context: ExecContext,
): Steps {
  const values = args.map((arg) => argValue(arg, 0));
  let last = results.get(context);
  if (last === undefined || !values.every((value, i) => Object.is(value, last?.values[i]))) {
    const isNull = form.strict && values.includes(null);
    last = { values, result: isNull ? null : yield* form.inSteps(values, context) };
    results.set(context, last);
  }
  return constantArg(form.type, last.result);
}

function* rowByRow(
  form: RowForm,
  args: readonly KernelArg[],
  length: number,
  context: ExecContext,
): Steps {
  const builder = new VectorBuilder(form.type, length);
  const values: Value[] = args.map(() => null);
  const codes = form.isFixed ? onlyText(args) : undefined;
  const known = new Map<number, Value>();
  let left = STEP_WEIGHT;
  for (let row = 0; row < length; row++) {
    const code = codes === undefined || codes.nulls?.[row] === 1 ? -1 : codes.codes[row];
    let result = known.get(code);
    if (result === undefined) {
      const weight = takeRow(args, row, values);
      if (form.strict && values.includes(null)) result = null;
      else if (form.isLong?.(values) ?? weight > STEP_WEIGHT) {
        result = yield* form.inSteps(values, context);
      } else result = form.now(values, context);
      if (code >= 0) known.set(code, result);
      left -= weight;
    }
    builder.append(result);
    if (left >= 0) continue;
    yield;
    left = STEP_WEIGHT;
  }
  return builder.finish();
}

/** Takes a row's arguments to \`values\`; what they weigh. */
function takeRow(args: readonly KernelArg[], row: number, values: Value[]): number {
  let weight = 0;
  for (let i = 0; i < args.length; i++) {
    values[i] = argValue(args[i], row);
    weight += weightOf(values[i], STEP_WEIGHT);
  }
  return weight;
}

/** The one argument that differs from row to row, where that is a text. */
function onlyText(args: readonly KernelArg[]): TextVector | undefined {
  const vectors = args.filter((arg) => arg.rep !== 'constant');
  return vectors.length === 1 && vectors[0].rep === 'text' ? vectors[0] : undefined;
}
