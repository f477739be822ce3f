/** Column references, whole rows, and what may follow them: fields and subscripts. */
import { OID, sqlType } from '../../types/type.ts';
import { notSupported, type DbError } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import type { Expr, SubscriptExpr } from '../expr.ts';
import { castTo, constant, INT4, resolveUnknown, TEXT, tryCoerce } from './coerce.ts';
import type { BindContext, RecordShape } from './context.ts';
import { bindExpr } from './expr.ts';
import { callByName } from './functions.ts';
import { freshReference, wholeRow, type FoundItem, type Scope } from './scope.ts';
import { elementType, isComposite, rowTypeFields, typeText } from './types.ts';

export function bindColumnRef(node: NodeBody<'ColumnRef'>, scope: Scope): Expr {
  const context = scope.context;
  const names = nameList(node.fields);
  const location = node.location ?? 0;
  if (names.length < (node.fields?.length ?? 0)) {
    return bindStarRow(scope, names, location);
  }
  switch (names.length) {
    case 1:
      return bindPlainName(scope, names[0], location);
    case 2:
      return bindQualified(scope, undefined, names[0], names[1], location);
    case 3:
      return bindQualified(scope, names[0], names[1], names[2], location);
    case 4:
      checkDatabase(context, names[0], names, location);
      return bindQualified(scope, names[1], names[2], names[3], location);
    default:
      throw context.error(
        'syntax_error',
        `improper qualified name (too many dotted names): ${names.join('.')}`,
        location,
      );
  }
}

/** `t.*` as a value: the whole row. */
function bindStarRow(scope: Scope, names: readonly string[], location: number): Expr {
  const [table, schema] = [names[names.length - 1], names[names.length - 2]];
  if (table === undefined) {
    throw scope.context.error(
      'syntax_error',
      'row expansion via "*" is not supported here',
      location,
    );
  }
  const found = scope.item(schema, table, location);
  if (found === undefined) throw missingTable(scope, schema, table, location);
  return wholeRow(scope.context, found, location);
}

function checkDatabase(
  context: BindContext,
  database: string,
  names: readonly string[],
  location: number,
): void {
  if (database === context.env.catalog.databaseName) return;
  throw context.error(
    'feature_not_supported',
    `cross-database references are not implemented: ${names.join('.')}`,
    location,
  );
}

function bindPlainName(scope: Scope, name: string, location: number): Expr {
  const column = scope.column(name, location);
  if (column !== undefined) return column;
  const found = scope.item(undefined, name, location);
  if (found !== undefined) return wholeRow(scope.context, found, location);
  throw missingColumn(scope, name, location);
}

function missingColumn(scope: Scope, name: string, location: number): DbError {
  const hint = columnHint(scope, name);
  return scope.context.error('undefined_column', `column "${name}" does not exist`, location, {
    hint,
  });
}

function bindQualified(
  scope: Scope,
  schema: string | undefined,
  table: string,
  column: string,
  location: number,
): Expr {
  const context = scope.context;
  const found = scope.item(schema, table, location);
  if (found === undefined) throw missingTable(scope, schema, table, location);
  const expr = itemColumn(context, found, column, location);
  if (expr !== undefined) return expr;
  const row = wholeRow(context, found, location);
  const call = callByName(scope, [column], [row], location);
  if (call !== undefined) return call;
  throw context.error('undefined_column', `column ${table}.${column} does not exist`, location, {
    hint: columnHint(scope, column, found),
  });
}

export function itemColumn(
  context: BindContext,
  found: FoundItem,
  name: string,
  location: number | undefined,
): Expr | undefined {
  const matches = found.item.columns.filter((column) => column.name === name);
  if (matches.length > 1) {
    throw context.error('ambiguous_column', `column reference "${name}" is ambiguous`, location);
  }
  const match = matches[0] ?? found.item.system.find((column) => column.name === name);
  if (match === undefined) return undefined;
  const value = found.carry(freshReference(context, match.expr, location));
  return context.locate(value, location);
}

/** 42P01 for a qualifier that no FROM entry has. */
export function missingTable(
  scope: Scope,
  schema: string | undefined,
  table: string,
  location: number | undefined,
): DbError {
  const context = scope.context;
  const aliased = scope.namespace.items.find(
    (item) => item.aliased && item.relation?.name === table,
  );
  if (aliased !== undefined && schema === undefined) {
    return context.error(
      'undefined_table',
      `invalid reference to FROM-clause entry for table "${table}"`,
      location,
      {
        hint: `Perhaps you meant to reference the table alias "${aliased.alias}".`,
      },
    );
  }
  return context.error(
    'undefined_table',
    `missing FROM-clause entry for table "${table}"`,
    location,
  );
}

/** "Perhaps you meant ...": the closest column name, as errorMissingColumn chooses it. */
function columnHint(scope: Scope, name: string, only?: FoundItem): string | undefined {
  let best: string[] = [];
  let distance = Number.POSITIVE_INFINITY;
  const items = only === undefined ? scope.namespace.items : [only.item];
  for (const item of items) {
    for (const column of item.columns) {
      const d = editDistance(name, column.name);
      if (d > distance || d > Math.max(1, Math.floor(name.length / 2)) || d > 3) continue;
      const label = `"${item.alias}.${column.name}"`;
      if (d < distance) best = [label];
      else best.push(label);
      distance = d;
    }
  }
  if (best.length === 1) return `Perhaps you meant to reference the column ${best[0]}.`;
  if (best.length === 2) {
    return `Perhaps you meant to reference the column ${best[0]} or the column ${best[1]}.`;
  }
  return undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** `expr.field`, `expr[i]` and longer chains of both. */
export function bindIndirection(node: NodeBody<'A_Indirection'>, scope: Scope): Expr {
  const steps = node.indirection ?? [];
  let value = bindExpr(node.arg as Node, scope);
  for (let i = 0; i < steps.length;) {
    const step = steps[i];
    if ('A_Indices' in step) {
      const indices: NodeBody<'A_Indices'>[] = [];
      while (i < steps.length) {
        const next = steps[i];
        if (!('A_Indices' in next)) break;
        indices.push(next.A_Indices);
        i++;
      }
      value = bindSubscripts(value, indices, scope);
    } else if ('String' in step) {
      value = bindField(value, step.String.sval ?? '', scope);
      i++;
    } else {
      throw scope.context.error(
        'syntax_error',
        'row expansion via "*" is not supported here',
        scope.context.locationOf(value),
      );
    }
  }
  return value;
}

function bindSubscripts(base: Expr, indices: readonly NodeBody<'A_Indices'>[], scope: Scope): Expr {
  const context = scope.context;
  if (base.type.oid === OID.name) return nameSubscript(base, indices, scope);
  const isJson = base.type.oid === OID.jsonb;
  const element = elementType(context, base.type.oid);
  if (!isJson && element === 0) {
    const name = typeText(context, base.type.oid);
    throw context.error(
      'datatype_mismatch',
      `cannot subscript type ${name} because it does not support subscripting`,
      context.locationOf(base),
    );
  }
  const isSlice = indices.some((index) => index.is_slice === true);
  if (isSlice && isJson) {
    throw context.error(
      'feature_not_supported',
      'jsonb subscript does not support slices',
      context.locationOf(base),
    );
  }
  const subscripts: SubscriptExpr['subscripts'] = indices.map((index) => {
    const lower = index.lidx === undefined ? null : bindSubscript(index.lidx, scope, isJson);
    const upper = index.uidx === undefined ? null : bindSubscript(index.uidx, scope, isJson);
    return { lower, upper, slice: index.is_slice === true };
  });
  const type =
    isJson || isSlice
      ? sqlType(base.type.oid, base.type.typmod)
      : sqlType(element, base.type.typmod);
  return context.locate({ kind: 'subscript', type, base, subscripts }, context.locationOf(base));
}

/** A name is an array of 64 "char"s counted from 0; what lies behind its end is empty. */
function nameSubscript(base: Expr, indices: readonly NodeBody<'A_Indices'>[], scope: Scope): Expr {
  const { context } = scope;
  const location = context.locationOf(base);
  const [index] = indices;
  const position = nodeAs(index?.uidx, 'A_Const')?.ival;
  if (indices.length !== 1 || index?.is_slice === true || position === undefined) {
    throw notSupported('this subscript of a name', context.position(location));
  }
  const type = sqlType(OID.char);
  const at = position.ival ?? 0;
  if (at > 63) return constant(type, null);
  const text = castTo(context, base, TEXT, location);
  const args = [text, constant(INT4, at + 1), constant(INT4, 1)];
  const letter = callByName(scope, ['substr'], args, location ?? 0);
  if (letter === undefined) throw notSupported('subscripts of a name', context.position(location));
  return castTo(context, letter, type, location);
}

function bindSubscript(node: Node, scope: Scope, isJson: boolean): Expr {
  const context = scope.context;
  const expr = bindExpr(node, scope);
  if (isJson) {
    const integer =
      expr.type.oid === OID.unknown ? undefined : tryCoerce(context, expr, INT4, 'implicit');
    const result = integer ?? tryCoerce(context, resolveUnknown(context, expr), TEXT, 'implicit');
    if (result !== undefined) return result;
    throw context.error(
      'datatype_mismatch',
      `subscript type ${typeText(context, expr.type.oid)} is not supported`,
      context.locationOf(expr),
      { hint: 'jsonb subscript must be coercible to either integer or text.' },
    );
  }
  const coerced = tryCoerce(context, expr, INT4, 'assignment', undefined, 'implicit');
  if (coerced !== undefined) return coerced;
  throw context.error(
    'datatype_mismatch',
    'array subscript must have type integer',
    context.locationOf(expr),
  );
}

/** Fields of a composite value, where the binder can know them. */
export function fieldsOf(context: BindContext, expr: Expr): RecordShape | undefined {
  // A row of FROM has the names that the query gives its columns.
  const named = expr.kind === 'row' ? context.shapes.get(expr) : undefined;
  if (named !== undefined) return named;
  return rowTypeFields(context, expr.type.oid) ?? context.shapeOf(expr);
}

export function fieldAccess(
  context: BindContext,
  base: Expr,
  index: number,
  shape: RecordShape,
): Expr {
  const location = context.locationOf(base);
  if (base.kind === 'row') return freshReference(context, base.fields[index], location);
  return context.locate({ kind: 'field', type: shape[index].type, base, index }, location);
}

function bindField(base: Expr, name: string, scope: Scope): Expr {
  const context = scope.context;
  const shape = fieldsOf(context, base);
  const index = shape === undefined ? -1 : shape.findIndex((field) => field.name === name);
  if (shape !== undefined && index >= 0) return fieldAccess(context, base, index, shape);
  const location = context.locationOf(base);
  const call = callByName(scope, [name], [base], location ?? 0);
  if (call !== undefined) return call;
  const type = typeText(context, base.type.oid);
  if (base.type.oid === OID.record) {
    throw context.error(
      'undefined_column',
      `could not identify column "${name}" in record data type`,
      location,
    );
  }
  if (isComposite(context, base.type.oid)) {
    throw context.error(
      'undefined_column',
      `column "${name}" not found in data type ${type}`,
      location,
    );
  }
  throw context.error(
    'wrong_object_type',
    `column notation .${name} applied to type ${type}, which is not a composite type`,
    location,
  );
}
