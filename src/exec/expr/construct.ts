/** ROW(...), ARRAY[...], field selection and casts. */
import { dbError } from '../../errors/db-error.ts';
import type { KernelArg } from '../../functions/function.ts';
import type { ArrayExpr, CastExpr, FieldExpr, RowExpr } from '../../plan/expr.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { elementTypeOf } from '../../types/type-table.ts';
import { OID, vectorRep, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import { isNullAt, valueAt, type Vector } from '../../vector/vector.ts';
import { mapText } from './call.ts';
import {
  argValue,
  combine,
  constantArg,
  type Compile,
  type Evaluator,
  type LongForm,
} from './evaluator.ts';
import { longForm } from './long-call.ts';
import type { ExecContext } from '../operator.ts';
import type { Conversion } from '../../types/cast.ts';

export function compileRow(expr: RowExpr, compile: Compile): Evaluator {
  const types = expr.fields.map((field) => field.type);
  return byRow(
    expr,
    expr.fields.map(compile),
    (args, row) =>
      new PgRecord(
        types,
        expr.names,
        args.map((arg) => argValue(arg, row)),
      ),
  );
}

export function compileField(expr: FieldExpr, compile: Compile): Evaluator {
  return byRow(expr, [compile(expr.base)], ([base], row) => {
    const value = argValue(base, row);
    return value instanceof PgRecord ? (value.values[expr.index] ?? null) : null;
  });
}

export function compileArray(expr: ArrayExpr, compile: Compile): Evaluator {
  const element = elementTypeOf(expr.type.oid) ?? expr.elements[0]?.type.oid ?? 0;
  return byRow(expr, expr.elements.map(compile), (args, row) => {
    const values = args.map((arg) => argValue(arg, row));
    return expr.multidimensional ? stack(element, values) : new PgArray(element, values);
  });
}

/** Arrays as the elements of an array one dimension higher. */
function stack(element: number, values: readonly Value[]): PgArray {
  const arrays = values.map((value) =>
    value instanceof PgArray ? value : new PgArray(element, []),
  );
  const { dimensions, lowerBounds } = arrays[0] ?? new PgArray(element, []);
  const same = arrays.every(
    (array) =>
      array.dimensions.length === dimensions.length &&
      array.dimensions.every((length, i) => length === dimensions[i]) &&
      array.lowerBounds.every((bound, i) => bound === lowerBounds[i]),
  );
  if (!same) {
    throw dbError('array_subscript_error', {
      message: 'multidimensional arrays must have array expressions with matching dimensions',
    });
  }
  if (dimensions.length === 0) return new PgArray(element, []);
  if (dimensions.length >= 6) {
    throw dbError('program_limit_exceeded', {
      message: `number of array dimensions (${dimensions.length + 1}) exceeds the maximum allowed (6)`,
    });
  }
  return new PgArray(
    element,
    arrays.flatMap((array) => array.values),
    [arrays.length, ...dimensions],
    [1, ...lowerBounds],
  );
}

/** A value per row from the arguments; one constant where all arguments are constant. */
export function byRow(
  expr: { readonly type: KernelArg['type'] },
  args: readonly Evaluator[],
  compute: (args: readonly KernelArg[], row: number) => Value,
): Evaluator {
  return combine(expr.type, args, (values, length) => {
    if (length > 0 && values.every((value) => value.rep === 'constant')) {
      return constantArg(expr.type, compute(values, 0));
    }
    const builder = new VectorBuilder(expr.type, length);
    for (let row = 0; row < length; row++) builder.append(compute(values, row));
    return builder.finish();
  });
}

export function compileCast(expr: CastExpr, compile: Compile): Evaluator {
  const { convert, type, explicit } = expr;
  if (convert === false) {
    return combine(type, [compile(expr.arg)], ([arg], length) => relabel(arg, type, length));
  }
  const apply = ([arg]: KernelArg[], length: number, context: ExecContext): KernelArg => {
    const { format } = context.eval;
    const one = (value: Value): Value =>
      value === null ? null : convert(value, type.typmod, format, explicit);
    if (arg.rep === 'constant') return constantArg(type, length === 0 ? null : one(arg.value));
    if (arg.rep === 'text' && arg.dictionary.length * 2 <= length) return mapText(arg, type, one);
    if (arg.rep === 'f64' && widens(arg.type.oid, type.oid)) return { ...arg, type };
    const builder = new VectorBuilder(type, length);
    for (let row = 0; row < length; row++) {
      builder.append(isNullAt(arg, row) ? null : one(valueAt(arg, row)));
    }
    return builder.finish();
  };
  return combine(type, [compile(expr.arg)], apply, longCast(expr, convert));
}

/** undefined where the conversion has no steps. */
function longCast({ type, explicit }: CastExpr, convert: Conversion): LongForm | undefined {
  const { inSteps } = convert;
  if (inSteps === undefined) return undefined;
  const { typmod } = type;
  return longForm({
    type,
    strict: true,
    isFixed: true,
    now: ([value], { eval: { format } }) => convert(value!, typmod, format, explicit),
    inSteps: ([value], { eval: { format } }) => inSteps(value!, typmod, format, explicit),
  });
}

/** Conversions that leave every number as it is: a vector of doubles only changes its label. */
const WIDER = new Map<Oid, readonly Oid[]>([
  [OID.int2, [OID.int4, OID.int8, OID.float4, OID.float8]],
  [OID.int4, [OID.int8, OID.float8]],
  [OID.int8, [OID.float8]],
  [OID.float4, [OID.float8]],
]);

function widens(from: Oid, to: Oid): boolean {
  return WIDER.get(from)?.includes(to) === true;
}

function relabel(arg: KernelArg, type: Vector['type'], length: number): KernelArg {
  if (arg.rep === 'constant') return constantArg(type, arg.value);
  const rep = vectorRep(type.oid);
  if (arg.rep === rep || (arg.rep === 'any' && rep === 'f64')) return { ...arg, type };
  const builder = new VectorBuilder(type, length);
  for (let row = 0; row < length; row++) builder.append(valueAt(arg, row));
  return builder.finish();
}
