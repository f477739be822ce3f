/** Makes an expression of one type into one of another, as casts, assignments and calls need it. */
import type { Stepped } from '../../base/steps.ts';
import { DbError } from '../../errors/db-error.ts';
import type { Conversion } from '../../types/cast.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import { codecFor } from '../../types/codecs.ts';
import { isHeavy } from '../../types/large-value.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import type { ArrayExpr, Expr, ParameterExpr, RowExpr } from '../expr.ts';
import type { BindContext } from './context.ts';
import { findPath, isPolymorphic, tryCommonType, type CoercionContext } from './coercion-rules.ts';
import { elementType, isArrayType, isComposite, typeText } from './types.ts';

export const BOOL = sqlType(OID.bool);
export const INT4 = sqlType(OID.int4);
export const INT8 = sqlType(OID.int8);
export const TEXT = sqlType(OID.text);

export function constant(type: SqlType, value: Value): Expr {
  return { kind: 'constant', type, value };
}

/** Types whose modifier changes values, so that reaching it takes a conversion. */
const LENGTH_TYPES = new Set<Oid>([
  OID.varchar,
  OID.bpchar,
  OID.numeric,
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
  OID.bit,
  OID.varbit,
]);

/**
 * Coerces to a type and its modifier, or answers undefined where that is not allowed in this context.
 */
export function tryCoerce(
  context: BindContext,
  expr: Expr,
  target: SqlType,
  allowed: CoercionContext,
  location = context.locationOf(expr),
  form: 'explicit' | 'implicit' = allowed === 'explicit' ? 'explicit' : 'implicit',
): Expr | undefined {
  const coerced = coerceBase(context, expr, target, allowed, location, form);
  if (coerced === undefined) return undefined;
  const sized = applyTypmod(context, coerced, target, allowed === 'explicit', form);
  if (sized !== expr) {
    context.locate(sized, location);
    const shape = context.shapes.get(expr);
    if (shape !== undefined) context.shapes.set(sized, shape);
  }
  return sized;
}

function coerceBase(
  context: BindContext,
  expr: Expr,
  target: SqlType,
  allowed: CoercionContext,
  location: number | undefined,
  form: 'explicit' | 'implicit',
): Expr | undefined {
  const source = expr.type.oid;
  if (source === target.oid || target.oid === OID.any || isPolymorphic(target.oid)) return expr;
  if (source === OID.unknown) {
    if (expr.kind === 'constant') return literal(context, expr.value, target, location, form);
    if (expr.kind === 'parameter') return assignParameter(context, expr, target, location);
  }
  if (expr.kind === 'array' && isArrayType(context, target.oid)) {
    const array = coerceArrayConstructor(context, expr, target, allowed, location);
    if (array !== undefined) return array;
  }
  if (
    expr.kind === 'row' &&
    source === OID.record &&
    isComposite(context, target.oid) &&
    target.oid !== OID.record
  ) {
    return coerceRow(context, expr, target, allowed, location);
  }
  if (source === OID.unknown) return coerceUnknown(context, expr, target, allowed, form);
  const path = findPath(context, source, target.oid, allowed);
  if (path === undefined) return undefined;
  if (expr.kind === 'constant' && expr.value === null) return constant(sqlType(target.oid), null);
  const sized = target.typmod >= 0 && path.resize !== undefined;
  return {
    kind: 'cast',
    type: sized ? target : sqlType(target.oid),
    arg: expr,
    convert: sized ? (path.resize ?? false) : path.convert,
    explicit: allowed === 'explicit',
    form,
  };
}

/** An unknown value that is no literal (a column of an old view): read as text. */
function coerceUnknown(
  context: BindContext,
  expr: Expr,
  target: SqlType,
  allowed: CoercionContext,
  form: 'explicit' | 'implicit',
): Expr | undefined {
  const asText: Expr = {
    kind: 'cast',
    type: TEXT,
    arg: expr,
    convert: false,
    explicit: false,
    form: 'implicit',
  };
  if (target.oid === OID.text) return asText;
  const path = findPath(context, OID.text, target.oid, 'explicit');
  if (path === undefined) return undefined;
  return {
    kind: 'cast',
    type: sqlType(target.oid),
    arg: asText,
    convert: path.convert,
    explicit: allowed === 'explicit',
    form,
  };
}

function literal(
  context: BindContext,
  value: Value,
  target: SqlType,
  location: number | undefined,
  form: 'explicit' | 'implicit',
): Expr {
  // Only interval's input uses the modifier; other types are cut to size by a conversion after it.
  const typmod = target.oid === OID.interval ? target.typmod : -1;
  const type = sqlType(target.oid, typmod);
  if (value === null) return constant(sqlType(target.oid), null);
  const codec = codecFor(target.oid);
  if (codec.parseSteps !== undefined && isHeavy(value)) {
    const convert = longLiteral(codec, context.position(location));
    return { kind: 'cast', type, arg: constant(TEXT, value), convert, explicit: true, form };
  }
  const parsed = context.at(location, () => codec.parseText(String(value), typmod, context.format));
  return constant(type, parsed);
}

/** How a literal is read that takes long: when the statement runs, which does it in steps. */
function longLiteral(codec: Codec, position: number | undefined): Conversion {
  const placed = (error: unknown): unknown =>
    error instanceof DbError && error.fields.position === undefined
      ? error.with({ position })
      : error;
  const convert = (text: Value, typmod: number, format: FormatSettings): Value => {
    try {
      return codec.parseText(text as string, typmod, format);
    } catch (error) {
      throw placed(error);
    }
  };
  function* inSteps(text: Value, typmod: number, format: FormatSettings): Stepped<Value> {
    try {
      return yield* codec.parseSteps!(text as string, typmod, format);
    } catch (error) {
      throw placed(error);
    }
  }
  return Object.assign(convert, { inSteps });
}

function assignParameter(
  context: BindContext,
  expr: ParameterExpr,
  target: SqlType,
  location: number | undefined,
): Expr {
  const known = context.parameterType(expr.index);
  if (known !== 0 && known !== OID.unknown && known !== target.oid) {
    throw context.error(
      'ambiguous_parameter',
      `inconsistent types deduced for parameter $${expr.index + 1}`,
      context.locationOf(expr) ?? location,
      { detail: `${typeText(context, known)} versus ${typeText(context, target.oid)}` },
    );
  }
  context.env.parameterTypes[expr.index] = target.oid;
  return { kind: 'parameter', type: sqlType(target.oid), index: expr.index };
}

function coerceArrayConstructor(
  context: BindContext,
  expr: ArrayExpr,
  target: SqlType,
  allowed: CoercionContext,
  location: number | undefined,
): Expr | undefined {
  const element = elementType(context, target.oid);
  if (allowed !== 'explicit' && expr.elements.length > 0) return undefined;
  const wanted = expr.multidimensional
    ? sqlType(target.oid, target.typmod)
    : sqlType(element, target.typmod);
  const elements: Expr[] = [];
  for (const item of expr.elements) {
    const coerced = tryCoerce(context, item, wanted, allowed, context.locationOf(item) ?? location);
    if (coerced === undefined) return undefined;
    elements.push(coerced);
  }
  return { ...expr, type: target, elements };
}

function coerceRow(
  context: BindContext,
  expr: RowExpr,
  target: SqlType,
  allowed: CoercionContext,
  location: number | undefined,
): Expr {
  const relation = context.env.catalog.relationByRowType(target.oid);
  const columns = relation !== undefined && 'columns' in relation ? liveColumns(relation) : [];
  const name = typeText(context, target.oid);
  const refuse = (detail: string) =>
    context.error('cannot_coerce', `cannot cast type record to ${name}`, location, { detail });
  if (expr.fields.length < columns.length) throw refuse('Input has too few columns.');
  if (expr.fields.length > columns.length) throw refuse('Input has too many columns.');
  const fields = expr.fields.map((field, i) => {
    const coerced = tryCoerce(context, field, columns[i].type, allowed);
    if (coerced !== undefined) return coerced;
    const from = typeText(context, field.type.oid);
    throw refuse(
      `Cannot cast type ${from} to ${typeText(context, columns[i].type.oid)} in column ${i + 1}.`,
    );
  });
  return { kind: 'row', type: target, fields, names: columns.map((column) => column.name) };
}

function applyTypmod(
  context: BindContext,
  expr: Expr,
  target: SqlType,
  explicit: boolean,
  form: 'explicit' | 'implicit',
): Expr {
  if (target.typmod < 0 || expr.type.typmod === target.typmod) return expr;
  const element = isArrayType(context, target.oid) ? elementType(context, target.oid) : target.oid;
  if (!LENGTH_TYPES.has(element)) return expr;
  if (expr.kind === 'constant' && expr.value === null) return constant(target, null);
  const convert = findPath(context, target.oid, target.oid, 'explicit')?.resize ?? false;
  return { kind: 'cast', type: target, arg: expr, convert, explicit, form };
}

/** Coerces, or throws 42846 with the words of a failed cast. */
export function castTo(
  context: BindContext,
  expr: Expr,
  target: SqlType,
  location: number | undefined,
  allowed: CoercionContext = 'explicit',
): Expr {
  // Errors of a literal's input point at the literal, not at the cast.
  const result = tryCoerce(context, expr, target, allowed, context.locationOf(expr) ?? location);
  if (result !== undefined) return result;
  const from = typeText(context, expr.type.oid);
  throw context.error(
    'cannot_coerce',
    `cannot cast type ${from} to ${typeText(context, target.oid)}`,
    location,
  );
}

/** For WHERE, CASE WHEN, AND ...: must be boolean (42804). */
export function toBoolean(context: BindContext, expr: Expr, construct: string): Expr {
  const result = tryCoerce(context, expr, BOOL, 'assignment', undefined, 'implicit');
  if (result !== undefined) return result;
  throw context.error(
    'datatype_mismatch',
    `argument of ${construct} must be type boolean, not type ${typeText(context, expr.type.oid)}`,
    context.locationOf(expr),
  );
}

/** A literal or parameter that nothing else gives a type becomes text. */
export function resolveUnknown(context: BindContext, expr: Expr): Expr {
  if (expr.type.oid !== OID.unknown) return expr;
  return tryCoerce(context, expr, TEXT, 'implicit') ?? expr;
}

/** The common type of several expressions and the expressions brought to it. */
export function unify(
  context: BindContext,
  exprs: readonly Expr[],
  construct: string,
): { type: SqlType; exprs: Expr[] } {
  const type = commonType(context, exprs, construct);
  return { type, exprs: exprs.map((expr) => toCommon(context, expr, type, construct)) };
}

export function commonType(
  context: BindContext,
  exprs: readonly Expr[],
  construct: string,
): SqlType {
  const result = tryCommonType(
    context,
    exprs.map((expr) => expr.type.oid),
  );
  if (!result.ok) {
    const left = typeText(context, result.left);
    const right = typeText(context, result.right);
    throw context.error(
      'datatype_mismatch',
      `${construct} types ${left} and ${right} cannot be matched`,
      context.locationOf(exprs[result.index]),
    );
  }
  const [first] = exprs;
  const sameTypmod = exprs.every(
    (expr) => expr.type.oid === result.type && expr.type.typmod === first.type.typmod,
  );
  return sqlType(result.type, sameTypmod && first !== undefined ? first.type.typmod : -1);
}

export function toCommon(context: BindContext, expr: Expr, type: SqlType, construct: string): Expr {
  const target = expr.type.oid === type.oid ? expr.type : type;
  const coerced = tryCoerce(context, expr, target, 'implicit');
  if (coerced !== undefined) return coerced;
  const from = typeText(context, expr.type.oid);
  throw context.error(
    'cannot_coerce',
    `${construct} could not convert type ${from} to ${typeText(context, type.oid)}`,
    context.locationOf(expr),
  );
}
