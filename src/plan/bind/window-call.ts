/** Window function calls and window definitions. */
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import { nameList, type FuncCall, type WindowDef } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import { structureHash } from '../expr-hash.ts';
import { columnsOf } from '../expr-walk.ts';
import type { FrameBound, SortKey, WindowFrame } from '../physical.ts';
import { sameExpr } from './same-expr.ts';
import { constant, INT8, resolveUnknown, tryCoerce } from './coerce.ts';
import { bindCondition, bindExpr, bindExprs } from './expr.ts';
import type { ResolvedFunction } from './function-lookup.ts';
import { equalityOf, resolveOperator } from './operators.ts';
import { bindSortKeys } from './order.ts';
import type { PendingWindow, WindowSpec } from './query-calls.ts';
import type { Scope } from './scope.ts';
import { typeText } from './types.ts';

export function bindWindowCall(node: FuncCall, match: ResolvedFunction, scope: Scope): Expr {
  const context = scope.context;
  const { fn, call, args } = match;
  const calls = scope.calls;
  const name = nameList(node.funcname).join('.');
  if (
    calls === null ||
    (scope.clause !== 'SELECT' && scope.clause !== 'ORDER BY' && scope.clause !== 'DISTINCT ON')
  ) {
    const where = scope.clause === 'window' ? 'window definitions' : scope.clause;
    throw context.error(
      'windowing_error',
      `window functions are not allowed in ${where}`,
      node.location,
    );
  }
  if (calls.inside !== null) {
    const message =
      calls.inside === 'window'
        ? 'window function calls cannot be nested'
        : 'aggregate function calls cannot contain window function calls';
    throw context.error(
      calls.inside === 'window' ? 'windowing_error' : 'grouping_error',
      message,
      node.location,
    );
  }
  if (fn.kind !== 'aggregate' && fn.kind !== 'window')
    throw context.error('wrong_object_type', `${name} is no window function`, node.location);
  if (node.agg_distinct === true) {
    throw context.error(
      'feature_not_supported',
      'DISTINCT is not implemented for window functions',
      node.location,
    );
  }
  if (node.agg_order !== undefined) {
    throw context.error(
      'feature_not_supported',
      'aggregate ORDER BY is not implemented for window functions',
      node.location,
    );
  }
  if (node.agg_filter !== undefined && fn.kind === 'window') {
    throw context.error(
      'feature_not_supported',
      'FILTER is not implemented for non-aggregate window functions',
      node.location,
    );
  }
  calls.inside = 'window';
  const filter =
    node.agg_filter === undefined ? null : bindCondition(node.agg_filter, scope, 'FILTER');
  calls.inside = null;
  const spec = windowSpec(node.over as WindowDef, scope);
  const column = context.newColumn(fn.name, call.returnType);
  const pending: PendingWindow = {
    spec,
    call: { column, fn, call, args, filter, type: call.returnType },
  };
  calls.windows.push(pending);
  return context.reference(column, node.location);
}

const FRAME = {
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedPreceding: 0x40,
  startUnboundedFollowing: 0x80,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetPreceding: 0x1000,
  startOffsetFollowing: 0x2000,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
  nonDefault: 0x1,
} as const;

function windowSpec(def: WindowDef, scope: Scope): WindowSpec {
  const context = scope.context;
  if (def.name !== undefined) {
    const named = scope.calls?.namedWindows.get(def.name);
    if (named === undefined) {
      throw context.error('undefined_object', `window "${def.name}" does not exist`, def.location);
    }
    return windowSpec({ ...named, name: undefined }, scope);
  }
  const base = def.refname === undefined ? undefined : referenced(def, scope);
  return scope.during('window', () => {
    const partitionBy =
      base?.partitionBy ??
      bindExprs(def.partitionClause, scope).map((expr) => resolveUnknown(context, expr));
    for (const expr of partitionBy) equalityOf(context, expr.type, context.locationOf(expr));
    const ownOrder = bindSortKeys(def.orderClause ?? [], scope);
    const orderBy = base !== undefined && base.orderBy.length > 0 ? base.orderBy : ownOrder;
    return { partitionBy, orderBy, frame: windowFrame(def, orderBy, scope) };
  });
}

function referenced(def: WindowDef, scope: Scope): WindowSpec {
  const context = scope.context;
  const name = def.refname as string;
  const named = scope.calls?.namedWindows.get(name);
  if (named === undefined)
    throw context.error('undefined_object', `window "${name}" does not exist`, def.location);
  const refuse = (what: string) =>
    context.error(
      'windowing_error',
      `cannot override ${what} clause of window "${name}"`,
      def.location,
    );
  if ((def.partitionClause?.length ?? 0) > 0) throw refuse('PARTITION BY');
  const spec = windowSpec({ ...named, name: undefined }, scope);
  if ((def.orderClause?.length ?? 0) > 0 && spec.orderBy.length > 0) throw refuse('ORDER BY');
  if (((named.frameOptions ?? 0) & FRAME.nonDefault) !== 0) {
    throw context.error(
      'windowing_error',
      `cannot copy window "${name}" because it has a frame clause`,
      def.location,
    );
  }
  return spec;
}

function windowFrame(def: WindowDef, orderBy: readonly SortKey[], scope: Scope): WindowFrame {
  const context = scope.context;
  const options = def.frameOptions ?? 0;
  const has = (flag: number) => (options & flag) !== 0;
  const mode = has(FRAME.rows) ? 'rows' : has(FRAME.groups) ? 'groups' : 'range';
  if (mode === 'groups' && orderBy.length === 0) {
    throw context.error('windowing_error', 'GROUPS mode requires an ORDER BY clause', def.location);
  }
  const offset = (node: WindowDef['startOffset']): Expr => {
    if (node === undefined) return constant(INT8, 0);
    const expr = bindExpr(node, scope);
    if (columnsOf(expr).size > 0) {
      throw context.error(
        'invalid_column_reference',
        `argument of ${mode.toUpperCase()} must not contain variables`,
        context.locationOf(expr),
      );
    }
    if (mode === 'range') return expr;
    const coerced = tryCoerce(context, expr, INT8, 'assignment', undefined, 'implicit');
    if (coerced !== undefined) return coerced;
    throw context.error(
      'datatype_mismatch',
      `argument of ${mode.toUpperCase()} must be type bigint, not type ${typeText(context, expr.type.oid)}`,
      context.locationOf(expr),
    );
  };
  const startOffset = offset(def.startOffset);
  const endOffset = offset(def.endOffset);
  const range =
    mode === 'range' ? rangeOffsets(def, orderBy, startOffset, endOffset, scope) : undefined;
  const start: FrameBound = has(FRAME.startCurrentRow)
    ? { kind: 'current-row' }
    : has(FRAME.startOffsetPreceding)
      ? { kind: 'preceding', offset: range?.start ?? startOffset }
      : has(FRAME.startOffsetFollowing)
        ? { kind: 'following', offset: range?.start ?? startOffset }
        : { kind: 'unbounded-preceding' };
  const end: FrameBound = has(FRAME.endUnboundedFollowing)
    ? { kind: 'unbounded-following' }
    : has(FRAME.endOffsetPreceding)
      ? { kind: 'preceding', offset: range?.end ?? endOffset }
      : has(FRAME.endOffsetFollowing)
        ? { kind: 'following', offset: range?.end ?? endOffset }
        : { kind: 'current-row' };
  const exclude = has(FRAME.excludeCurrentRow)
    ? 'current-row'
    : has(FRAME.excludeGroup)
      ? 'group'
      : has(FRAME.excludeTies)
        ? 'ties'
        : 'none';
  return {
    mode,
    start,
    end,
    exclude,
    ...(range?.borders === undefined ? {} : { rangeBorders: range.borders }),
  };
}

interface RangeOffsets {
  readonly start: Expr;
  readonly end: Expr;
  readonly borders: WindowFrame['rangeBorders'];
}

/** RANGE with offsets, which get one type. */
function rangeOffsets(
  def: WindowDef,
  orderBy: readonly SortKey[],
  start: Expr,
  end: Expr,
  scope: Scope,
): RangeOffsets | undefined {
  if (def.startOffset === undefined && def.endOffset === undefined) return undefined;
  const context = scope.context;
  if (orderBy.length !== 1) {
    throw context.error(
      'windowing_error',
      'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
      def.location,
    );
  }
  const key = orderBy[0].expr.type;
  const unsupported = (expr: Expr, offset = '') =>
    context.error(
      'feature_not_supported',
      `RANGE with offset PRECEDING/FOLLOWING is not supported for column type ${typeText(context, key.oid)}${offset}`,
      context.locationOf(expr),
    );
  const oid = offsetType(key.oid, start.type.oid, end.type.oid);
  if (oid === undefined) throw unsupported(def.startOffset === undefined ? end : start);
  const type = sqlType(oid);
  const typed = (expr: Expr): Expr => {
    const coerced = tryCoerce(context, expr, type, 'implicit');
    if (coerced !== undefined) return coerced;
    throw unsupported(expr, ` and offset type ${typeText(context, expr.type.oid)}`);
  };
  return {
    start: def.startOffset === undefined ? start : typed(start),
    end: def.endOffset === undefined ? end : typed(end),
    borders: COMPUTED_BORDERS.has(key.oid) ? rangeBorders(key, type, scope) : undefined,
  };
}

/** Keys whose borders are operators' results. Those of others are sums that no type's range ends. */
const COMPUTED_BORDERS: ReadonlySet<number> = new Set([
  OID.numeric,
  OID.date,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
]);

/** Over the key as column 0 and an offset as column 1. Borders of dates are timestamps: they lie within days. */
function rangeBorders(key: SqlType, offset: SqlType, scope: Scope): WindowFrame['rangeBorders'] {
  const keyColumn: Expr = { kind: 'column', type: key, index: 0 };
  const offsetColumn: Expr = { kind: 'column', type: offset, index: 1 };
  const moved = (name: string): Expr =>
    resolveOperator(scope.context, name, keyColumn, offsetColumn, undefined);
  const plus = moved('+');
  return {
    plus,
    minus: moved('-'),
    key: tryCoerce(scope.context, keyColumn, plus.type, 'implicit') ?? keyColumn,
  };
}

/** One type for both offsets, undefined where keys have no distance. The bounds that are none have int8 constants in their place. */
function offsetType(key: number, start: number, end: number): number | undefined {
  switch (key) {
    case OID.int2:
    case OID.int4:
      return start === end && start !== OID.unknown ? start : OID.int8;
    case OID.int8:
      return OID.int8;
    case OID.float4:
    case OID.float8:
      return OID.float8;
    case OID.numeric:
      return OID.numeric;
    case OID.date:
    case OID.time:
    case OID.timetz:
    case OID.timestamp:
    case OID.timestamptz:
    case OID.interval:
      return OID.interval;
    default:
      return undefined;
  }
}

/** Windows that can share one node. */
export function sameWindow(a: WindowSpec, b: WindowSpec): boolean {
  const keys = (x: readonly SortKey[], y: readonly SortKey[]) =>
    x.length === y.length &&
    x.every(
      (key, i) =>
        key.descending === y[i].descending &&
        key.nullsFirst === y[i].nullsFirst &&
        sameExpr(key.expr, y[i].expr),
    );
  return (
    a.partitionBy.length === b.partitionBy.length &&
    a.partitionBy.every((expr, i) => sameExpr(expr, b.partitionBy[i])) &&
    keys(a.orderBy, b.orderBy) &&
    JSON.stringify(frameKey(a.frame)) === JSON.stringify(frameKey(b.frame)) &&
    sameBound(a.frame.start, b.frame.start) &&
    sameBound(a.frame.end, b.frame.end)
  );
}

/** Sorts and partitions tell windows apart well enough; equal windows have one hash. */
export function windowHash(spec: WindowSpec): number {
  return structureHash([spec.partitionBy, spec.orderBy]);
}

const frameKey = (frame: WindowFrame) => [
  frame.mode,
  frame.exclude,
  frame.start.kind,
  frame.end.kind,
];

function sameBound(a: FrameBound, b: FrameBound): boolean {
  return !('offset' in a) || ('offset' in b && sameExpr(a.offset, b.offset));
}
