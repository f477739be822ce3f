/** `column op constant` over Float64Array columns: the comparison writes the selection itself. */
import type { Expr } from '../plan/expr.ts';
import { OID, type Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { F64Vector } from '../vector/vector.ts';
import { WideVector } from '../vector/wide-vector.ts';
import { argValue, drive, runSteps } from './expr/evaluator.ts';
import { fixedValue, isFixed } from './expr/fixed-value.ts';
import { UNIT_BATCH } from './expr/unit-batch.ts';
import { isAsync, isVolatile, someExpr, usedColumns } from './expr/walk.ts';
import { evaluatorOf } from './expression.ts';
import type { ExecContext } from './operator.ts';
import type { FastConjunct, Selection } from './predicate.ts';
import { selectWide } from './wide-compare.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.int8]);
const FLOATS: ReadonlySet<Oid> = new Set<Oid>([OID.float4, OID.float8]);
/** Comparable with their own type by the plain order of their numbers. */
const PLAIN: ReadonlySet<Oid> = new Set<Oid>([
  OID.oid,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
]);

export function isComparison(operator: string | undefined): operator is Comparison {
  return operator !== undefined && operator in MIRRORED;
}

/** A column beside a value that is the same for all rows, where plain order decides. */
export interface ColumnComparison {
  readonly index: number;
  readonly comparison: Comparison;
  readonly fixed: Expr;
}

export function columnComparison(expr: Expr): ColumnComparison | undefined {
  if (expr.kind !== 'call' || expr.args.length !== 2) return undefined;
  const { operator } = expr;
  if (!isComparison(operator)) return undefined;
  const [left, right] = expr.args;
  if (!plainOrder(left.type.oid, right.type.oid)) return undefined;
  if (left.kind === 'column' && isCompared(right)) {
    return { index: left.index, comparison: operator, fixed: right };
  }
  if (right.kind === 'column' && isCompared(left)) {
    return { index: right.index, comparison: MIRRORED[operator], fixed: left };
  }
  return undefined;
}

export function compareConjunct(expr: Expr): FastConjunct | undefined {
  const found = columnComparison(expr);
  return found && conjunct(found);
}

function plainOrder(left: Oid, right: Oid): boolean {
  if (INTEGERS.has(left)) return INTEGERS.has(right);
  if (FLOATS.has(left)) return FLOATS.has(right);
  return left === right && PLAIN.has(left);
}

/** What is the same for all rows: also what a statement computes, `now() - interval '1 hour'`. */
export function isCompared(expr: Expr): boolean {
  return isFixed(expr) || expr.kind === 'exec-param' || isComputedOnce(expr);
}

function isComputedOnce(expr: Expr): boolean {
  if (isAsync(expr) || isVolatile(expr) || usedColumns([expr]).length > 0) return false;
  return !someExpr(expr, ({ kind }) => kind === 'exec-param');
}

const COMPUTED = new WeakMap<ExecContext, Map<Expr, Value>>();

/** What such a value is. */
export function comparedValue(expr: Expr, context: ExecContext): Value {
  if (expr.kind === 'exec-param') return context.execParams[expr.index];
  return isFixed(expr) ? fixedValue(expr, context) : computedValue(expr, context);
}

function computedValue(expr: Expr, context: ExecContext): Value {
  let known = COMPUTED.get(context);
  if (known === undefined) COMPUTED.set(context, (known = new Map()));
  let value = known.get(expr);
  if (value === undefined) {
    value = argValue(drive(runSteps(evaluatorOf(expr), UNIT_BATCH, context)), 0);
    known.set(expr, value);
  }
  return value;
}

function conjunct({ index, comparison, fixed }: ColumnComparison): FastConjunct {
  return (batch, rows, context) => {
    const vector = batch.columns[index];
    const value = comparedValue(fixed, context);
    const wide = WideVector.from(vector);
    if (wide !== undefined && (typeof value === 'bigint' || Number.isInteger(value))) {
      return selectWide(wide, comparison, BigInt(value as number | bigint), rows);
    }
    if (vector.rep !== 'f64' || typeof value !== 'number' || Number.isNaN(value)) return false;
    return selectCompare(vector, comparison, value, rows);
  };
}

/** Rows among `rows` (undefined: all) where the comparison holds; NaN counts as greater than all. */
export function selectCompare(
  vector: F64Vector,
  comparison: Comparison,
  value: number,
  rows: Selection,
): Selection {
  const total = rows === undefined ? vector.length : rows.length;
  const kept = new Int32Array(total);
  const count =
    rows === undefined && vector.nulls === undefined
      ? compareAll(vector.data, vector.length, comparison, value, kept)
      : compareSome(vector, comparison, value, rows, total, kept);
  if (count === total) return rows;
  return kept.subarray(0, count);
}

function compareAll(
  data: Float64Array,
  length: number,
  comparison: Comparison,
  value: number,
  kept: Int32Array,
): number {
  let count = 0;
  switch (comparison) {
    case '=':
      for (let i = 0; i < length; i++) if (data[i] === value) kept[count++] = i;
      break;
    case '<>':
      for (let i = 0; i < length; i++) if (data[i] !== value) kept[count++] = i;
      break;
    case '<':
      for (let i = 0; i < length; i++) if (data[i] < value) kept[count++] = i;
      break;
    case '<=':
      for (let i = 0; i < length; i++) if (data[i] <= value) kept[count++] = i;
      break;
    case '>':
      for (let i = 0; i < length; i++) if (!(data[i] <= value)) kept[count++] = i;
      break;
    case '>=':
      for (let i = 0; i < length; i++) if (!(data[i] < value)) kept[count++] = i;
      break;
  }
  return count;
}

function compareSome(
  vector: F64Vector,
  comparison: Comparison,
  value: number,
  rows: Selection,
  total: number,
  kept: Int32Array,
): number {
  const { data, nulls } = vector;
  let count = 0;
  for (let i = 0; i < total; i++) {
    const row = rows === undefined ? i : rows[i];
    if (nulls !== undefined && nulls[row] === 1) continue;
    if (holds(data[row], comparison, value)) kept[count++] = row;
  }
  return count;
}

function holds(left: number, comparison: Comparison, right: number): boolean {
  switch (comparison) {
    case '=':
      return left === right;
    case '<>':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return !(left <= right);
    case '>=':
      return !(left < right);
  }
}
