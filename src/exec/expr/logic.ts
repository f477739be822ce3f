/** AND, OR, NOT and the tests of truth and NULL: SQL's three-valued logic over whole vectors. */
import type { KernelArg } from '../../functions/function.ts';
import type {
  BooleanTestExpr,
  DistinctExpr,
  IsNullExpr,
  LogicExpr,
  NotExpr,
} from '../../plan/expr.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Value } from '../../types/value.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { applyFunction } from './call.ts';
import {
  argValue,
  boolVector,
  combine,
  conditional,
  constantArg,
  runSteps,
  truthAt,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';
import { narrow } from './narrow.ts';
import { mayRaise, usedColumns } from './walk.ts';

/**
 * AND and OR from left to right. Rows already decided (FALSE for AND, TRUE for OR) are left out of the
 * next argument where evaluating it there could raise an error or would be waste.
 */
export function compileLogic(expr: LogicExpr, compile: Compile): Evaluator {
  const decided = expr.kind === 'and' ? 0 : 1;
  const args = expr.args.map((arg) => ({
    evaluator: compile(arg),
    used: usedColumns([arg]),
    guarded: mayRaise(arg),
  }));
  function* steps(batch: Batch, context: ExecContext): Steps {
    const { length } = batch;
    const truth = new Uint8Array(length).fill(1 - decided);
    let open = length;
    for (const { evaluator, used, guarded } of args) {
      if (open === 0) break;
      const partial = open < length && (guarded || open * 2 < length);
      const rows = partial ? rowsOtherThan(truth, decided, open) : undefined;
      const input = rows === undefined ? batch : narrow(batch, rows, used);
      open = merge(truth, yield* runSteps(evaluator, input, context), rows, decided);
    }
    return boolVector(expr.type, truth);
  }
  return conditional(
    expr.type,
    args.map((arg) => arg.evaluator),
    steps,
  );
}

/** Takes an argument's truth into `truth`; returns how many rows are still open. */
function merge(
  truth: Uint8Array,
  arg: KernelArg,
  rows: Int32Array | undefined,
  decided: number,
): number {
  const count = rows?.length ?? truth.length;
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i];
    if (truth[row] === decided) continue;
    const value = truthAt(arg, i);
    if (value === decided || value === 2) truth[row] = value;
  }
  let open = 0;
  for (let row = 0; row < truth.length; row++) if (truth[row] !== decided) open++;
  return open;
}

function rowsOtherThan(truth: Uint8Array, decided: number, count: number): Int32Array {
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < truth.length; row++) if (truth[row] !== decided) rows[at++] = row;
  return rows;
}

export function compileNot(expr: NotExpr, compile: Compile): Evaluator {
  return combine(expr.type, [compile(expr.arg)], ([arg], length) => {
    if (arg.rep === 'constant') {
      return constantArg(expr.type, arg.value === null ? null : arg.value !== true);
    }
    const truth = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const value = truthAt(arg, i);
      truth[i] = value === 2 ? 2 : 1 - value;
    }
    return boolVector(expr.type, truth);
  });
}

export function compileIsNull(expr: IsNullExpr, compile: Compile): Evaluator {
  return combine(expr.type, [compile(expr.arg)], ([arg], length) => {
    if (arg.rep === 'constant') {
      return constantArg(expr.type, isNullTest(arg.value, expr.negated));
    }
    const data = new Uint8Array(length);
    if (arg.rep === 'any') {
      for (let i = 0; i < length; i++) data[i] = isNullTest(argValue(arg, i), expr.negated) ? 1 : 0;
    } else if (arg.nulls === undefined) {
      if (expr.negated) data.fill(1);
    } else {
      const flip = expr.negated ? 1 : 0;
      for (let i = 0; i < length; i++) data[i] = arg.nulls[i] ^ flip;
    }
    return { rep: 'bool', type: expr.type, length, data, nulls: undefined };
  });
}

/** A row value IS NULL when all its fields are, and IS NOT NULL when none is. */
function isNullTest(value: Value, negated: boolean): boolean {
  if (value instanceof PgRecord) {
    return value.values.every((field) => (field === null) !== negated);
  }
  return (value === null) !== negated;
}

export function compileBooleanTest(expr: BooleanTestExpr, compile: Compile): Evaluator {
  const wanted = expr.test === 'true' ? 1 : expr.test === 'false' ? 0 : 2;
  return combine(expr.type, [compile(expr.arg)], ([arg], length) => {
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      data[i] = (truthAt(arg, i) === wanted) !== expr.negated ? 1 : 0;
    }
    return { rep: 'bool', type: expr.type, length, data, nulls: undefined };
  });
}

export function compileDistinct(expr: DistinctExpr, compile: Compile): Evaluator {
  return combine(
    expr.type,
    [compile(expr.left), compile(expr.right)],
    ([left, right], length, context) => {
      const equal = applyFunction(
        expr.equality,
        expr.call,
        expr.type,
        [left, right],
        length,
        context,
      );
      const data = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const leftNull = argValue(left, i) === null;
        const rightNull = argValue(right, i) === null;
        const distinct = leftNull || rightNull ? leftNull !== rightNull : truthAt(equal, i) !== 1;
        data[i] = distinct !== expr.negated ? 1 : 0;
      }
      return { rep: 'bool', type: expr.type, length, data, nulls: undefined };
    },
  );
}
