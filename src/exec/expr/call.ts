/** Calls of scalar functions: kernel first, then once per dictionary entry, then row by row. */
import { isNullAt, type Vector } from '../../vector/vector.ts';
import type { CallInfo, KernelArg, ScalarFunction } from '../../functions/function.ts';
import type { CallExpr } from '../../plan/expr.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import type { ExecContext } from '../operator.ts';
import { longCall } from './long-call.ts';
import { resultsByEntry, textCall, type TextCall } from './entry-results.ts';
import {
  argValue,
  combine,
  constantArg,
  runSteps,
  sizeOf,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';

export function compileCall(expr: CallExpr, compile: Compile): Evaluator {
  const { fn, call, type } = expr;
  const args = expr.args.map(compile);
  if (fn.evaluateAsync !== undefined) return asyncCall(expr, args);
  return combine(
    type,
    args,
    (values, length, context) => applyFunction(fn, call, type, values, length, context),
    longCall(fn, call, type),
  );
}

/** The function over whole arguments. */
export function applyFunction(
  fn: ScalarFunction,
  call: CallInfo,
  type: SqlType,
  args: readonly KernelArg[],
  length: number,
  context: ExecContext,
): KernelArg {
  let constants = 0;
  for (const arg of args) {
    if (arg.rep !== 'constant') continue;
    if (fn.strict && arg.value === null) return constantArg(type, null);
    constants++;
  }
  if (constants === args.length) {
    if (length === 0) return constantArg(type, null);
    if (fn.volatility !== 'volatile') {
      const values = args.map((arg) => argValue(arg, 0));
      return constantArg(type, fn.evaluate(values, context.eval, call));
    }
  } else if (fn.kernel !== undefined) {
    const result = fn.kernel(args, length, call, context.eval);
    if (result !== undefined) return result;
  }
  if (constants === args.length - 1 && fn.volatility !== 'volatile') {
    const text = textCall(fn, call, args, context);
    const byEntry = text && byEntryOf(fn, call, type, text, length, context);
    if (byEntry !== undefined) return byEntry;
  }
  return callByRow(fn, call, type, args, length, context);
}

/** Each distinct string is computed once, in this batch or in the whole statement. */
function byEntryOf(
  fn: ScalarFunction,
  call: CallInfo,
  type: SqlType,
  text: TextCall,
  length: number,
  context: ExecContext,
): Vector | undefined {
  const results = resultsByEntry(fn, call, type, text, length, context);
  if (results !== undefined || text.vector.dictionary.length * 2 > length) return results;
  return mapText(text.vector, type, text.compute);
}

function callByRow(
  fn: ScalarFunction,
  call: CallInfo,
  type: SqlType,
  args: readonly KernelArg[],
  length: number,
  context: ExecContext,
): Vector {
  const builder = new VectorBuilder(type, length);
  const values: Value[] = args.map((arg) => argValue(arg, 0));
  const vectors: Vector[] = [];
  const positions: number[] = [];
  args.forEach((arg, i) => {
    if (arg.rep === 'constant') return;
    vectors.push(arg);
    positions.push(i);
  });
  for (let row = 0; row < length; row++) {
    let anyNull = false;
    for (let i = 0; i < vectors.length; i++) {
      const value = argValue(vectors[i], row);
      values[positions[i]] = value;
      anyNull ||= value === null;
    }
    builder.append(anyNull && fn.strict ? null : fn.evaluate(values, context.eval, call));
  }
  return builder.finish();
}

/** A function of the strings of a text vector, called once for each entry that rows refer to. */
export function mapText(
  vector: Extract<Vector, { rep: 'text' }>,
  type: SqlType,
  compute: (value: Value) => Value,
): Vector {
  const { codes, dictionary, length } = vector;
  const known: (Value | undefined)[] = [];
  let ofNull: Value | undefined;
  const builder = new VectorBuilder(type, length);
  for (let row = 0; row < length; row++) {
    if (isNullAt(vector, row)) {
      if (ofNull === undefined) ofNull = compute(null);
      builder.append(ofNull);
      continue;
    }
    const code = codes[row];
    let value = known[code];
    if (value === undefined) {
      value = compute(dictionary.at(code));
      known[code] = value;
    }
    builder.append(value);
  }
  return builder.finish();
}

function asyncCall(expr: CallExpr, args: readonly Evaluator[]): Evaluator {
  const { fn, call, type } = expr;
  function* steps(batch: Parameters<Evaluator['steps']>[0], context: ExecContext): Steps {
    const inputs: KernelArg[] = [];
    for (const arg of args) inputs.push(yield* runSteps(arg, batch, context));
    const builder = new VectorBuilder(type, batch.length);
    for (let row = 0; row < batch.length; row++) {
      const values = inputs.map((input) => argValue(input, row));
      if (fn.strict && values.includes(null)) builder.append(null);
      else builder.append((yield fn.evaluateAsync!(values, context.eval, call)) as Value);
    }
    return builder.finish();
  }
  return { type, now: undefined, isLong: false, size: sizeOf(args), steps };
}
