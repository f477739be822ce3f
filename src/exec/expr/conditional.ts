/** CASE, COALESCE, NULLIF, GREATEST and LEAST: a branch is evaluated only for the rows that take it. */
import type { KernelArg } from '../../functions/function.ts';
import type { CaseExpr, CoalesceExpr, Expr, MinMaxExpr, NullIfExpr } from '../../plan/expr.ts';
import { comparatorFor } from '../../types/compare.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import { isNullAt, type Batch, type Vector } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { applyFunction } from './call.ts';
import {
  argValue,
  combine,
  conditional,
  constantArg,
  runSteps,
  toVector,
  truthAt,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';
import { allRows, mergeParts, narrow, type Part } from './narrow.ts';
import { usedColumns } from './walk.ts';

interface Branch {
  readonly evaluator: Evaluator;
  readonly used: readonly number[];
}

function branchOf(expr: Expr, compile: Compile): Branch {
  return { evaluator: compile(expr), used: usedColumns([expr]) };
}

function* over(branch: Branch, batch: Batch, rows: Int32Array, context: ExecContext): Steps {
  return yield* runSteps(branch.evaluator, narrow(batch, rows, branch.used), context);
}

export function compileCase(expr: CaseExpr, compile: Compile): Evaluator {
  const branches = expr.branches.map(({ when, then }) => ({
    when: branchOf(when, compile),
    result: branchOf(then, compile),
  }));
  const otherwise = branchOf(expr.otherwise, compile);
  function* steps(batch: Batch, context: ExecContext): Steps {
    const parts: Part[] = [];
    let rows = allRows(batch.length);
    for (const { when, result } of branches) {
      if (rows.length === 0) break;
      const condition = yield* over(when, batch, rows, context);
      const [taken, rest] = split(rows, (i) => truthAt(condition, i) === 1);
      if (taken.length > 0) {
        parts.push({ selection: taken, value: yield* over(result, batch, taken, context) });
      }
      rows = rest;
    }
    if (rows.length > 0 || parts.length === 0) {
      parts.push({ selection: rows, value: yield* over(otherwise, batch, rows, context) });
    }
    return mergeParts(expr.type, parts, batch.length);
  }
  const children = [...branches.flatMap(({ when, result }) => [when, result]), otherwise];
  return conditional(
    expr.type,
    children.map((child) => child.evaluator),
    steps,
  );
}

/** Splits `rows` by a test of their position in it. */
function split(rows: Int32Array, test: (i: number) => boolean): [Int32Array, Int32Array] {
  const taken = new Int32Array(rows.length);
  const rest = new Int32Array(rows.length);
  let takenCount = 0;
  let restCount = 0;
  for (let i = 0; i < rows.length; i++) {
    if (test(i)) taken[takenCount++] = rows[i];
    else rest[restCount++] = rows[i];
  }
  return [taken.subarray(0, takenCount), rest.subarray(0, restCount)];
}

export function compileCoalesce(expr: CoalesceExpr, compile: Compile): Evaluator {
  const args = expr.args.map((arg) => branchOf(arg, compile));
  function* steps(batch: Batch, context: ExecContext): Steps {
    const parts: Part[] = [];
    let rows = allRows(batch.length);
    for (const arg of args) {
      if (rows.length === 0 && parts.length > 0) break;
      const value = yield* over(arg, batch, rows, context);
      if (value.rep === 'constant' ? value.value !== null : value.nulls === undefined) {
        parts.push({ selection: rows, value });
        rows = rows.subarray(0, 0);
        break;
      }
      if (value.rep === 'constant') continue;
      const count = rows.length;
      const [present, absent] = split(allRows(count), (i) => !isNullAt(value, i));
      if (present.length > 0) {
        const found = narrow({ columns: [value], length: count }, present, [0]).columns[0];
        parts.push({ selection: present.map((i) => rows[i]), value: found });
      }
      rows = absent.map((i) => rows[i]);
    }
    if (rows.length > 0 || parts.length === 0) {
      parts.push({ selection: rows, value: constantArg(expr.type, null) });
    }
    return mergeParts(expr.type, parts, batch.length);
  }
  return conditional(
    expr.type,
    args.map((arg) => arg.evaluator),
    steps,
  );
}

export function compileNullIf(expr: NullIfExpr, compile: Compile): Evaluator {
  const { equality, call, type } = expr;
  const boolType = call.returnType;
  return combine(
    type,
    [compile(expr.left), compile(expr.right)],
    ([left, right], length, context) => {
      const equal = applyFunction(equality, call, boolType, [left, right], length, context);
      const vector = toVector(left, length);
      let nulls: Uint8Array | undefined;
      for (let i = 0; i < length; i++) {
        if (truthAt(equal, i) !== 1) continue;
        nulls ??= vector.nulls?.slice(0, length) ?? new Uint8Array(length);
        nulls[i] = 1;
      }
      if (nulls === undefined) return vector;
      return blanked(vector, nulls);
    },
  );
}

/** The vector with more NULL rows; what they held is taken out of its data, as vectors must. */
function blanked(vector: Vector, nulls: Uint8Array): Vector {
  if (vector.rep === 'text') return { ...vector, nulls };
  if (vector.rep === 'any') {
    const data = vector.data.map((value, i) => (nulls[i] === 1 ? null : value));
    return { ...vector, data, nulls };
  }
  const data = vector.data.slice(0, vector.length);
  for (let i = 0; i < data.length; i++) if (nulls[i] === 1) data[i] = 0;
  return { ...vector, data, nulls } as Vector;
}

export function compileMinMax(expr: MinMaxExpr, compile: Compile): Evaluator {
  const compare = comparatorFor(expr.type.oid);
  const sign = expr.kind === 'greatest' ? 1 : -1;
  const pick = (args: readonly KernelArg[], row: number): Value => {
    let best: Value = null;
    for (const arg of args) {
      const value = argValue(arg, row);
      if (value !== null && (best === null || sign * compare(value, best) > 0)) best = value;
    }
    return best;
  };
  return combine(expr.type, expr.args.map(compile), (args, length) => {
    if (args.every((arg) => arg.rep === 'constant')) return constantArg(expr.type, pick(args, 0));
    const builder = new VectorBuilder(expr.type, length);
    for (let row = 0; row < length; row++) builder.append(pick(args, row));
    return builder.finish();
  });
}
