/** Functions in FROM. */
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import type { CallInfo, FunctionColumn, TableFunction } from '../../functions/function.ts';
import { nodeAs, nameList, type FuncCall, type Node, type RangeFunction } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import type { LogicalColumn, LogicalFunctionScan, LogicalNode } from '../logical.ts';
import { resolveUnknown } from './coerce.ts';
import { fieldsOf } from './column-ref.ts';
import { bindExpr } from './expr.ts';
import { bindArgs } from './functions.ts';
import { resolveFunction } from './function-lookup.ts';
import type { FromItem } from './relation.ts';
import type { RangeItem, Scope } from './scope.ts';
import { columnName } from './target.ts';
import { resolveTypeName } from './types.ts';

interface ScannedFunction {
  readonly fn: TableFunction;
  readonly call: CallInfo;
  readonly args: readonly Expr[];
  readonly columns: readonly FunctionColumn[];
  /** A plain value, no record: the alias alone means it. */
  readonly scalar: boolean;
  /** A plain value that the function itself does not name: an alias renames its column. */
  readonly nameless: boolean;
  readonly name: string;
  /** Set where the item is an expression of one row. */
  readonly expr?: Expr | undefined;
  readonly isExpression?: boolean;
}

export function bindRangeFunction(node: RangeFunction, scope: Scope): FromItem {
  const { context } = scope;
  scope.clause = 'functions in FROM';
  const functions = (node.functions ?? []).flatMap((item) => {
    const [call, definitions] = nodeAs(item, 'List')?.items ?? [];
    const own = nodeAs(definitions, 'List')?.items;
    return unnestCalls(call).map((single) =>
      scannedFunction(single, own ?? node.coldeflist, scope),
    );
  });
  const alias = node.alias?.aliasname ?? functions[0].name;
  const aliases = nameList(node.alias?.colnames);
  const columns: LogicalColumn[] = [];
  const single = functions.length === 1;
  for (const fn of functions) {
    for (const column of fn.columns) {
      const named =
        fn.nameless && single && node.alias?.aliasname !== undefined
          ? node.alias.aliasname
          : column.name;
      const name = aliases[columns.length] ?? named;
      columns.push(context.newColumn(name, column.type, { name, alias }));
    }
  }
  if (node.ordinality === true) {
    const name = aliases[columns.length] ?? 'ordinality';
    columns.push(context.newColumn(name, sqlType(OID.int8), { name, alias }));
  }
  if (aliases.length > columns.length) {
    throw context.error(
      'invalid_column_reference',
      `table "${alias}" has ${columns.length} columns available but ${aliases.length} columns specified`,
    );
  }
  const item: RangeItem = {
    alias,
    aliased: true,
    relation: undefined,
    columns: columns.map((column) => ({ name: column.name, expr: context.reference(column) })),
    system: [],
    scalar: single && functions[0].scalar && node.ordinality !== true,
    presence: null,
  };
  return { node: functionNode(node, functions, columns, alias), item };
}

/** unnest(a, b) stands for ROWS FROM (unnest(a), unnest(b)). */
function unnestCalls(node: Node): Node[] {
  const call = nodeAs(node, 'FuncCall');
  const args = call?.args ?? [];
  const names = nameList(call?.funcname);
  if (call === undefined || args.length < 2 || names[names.length - 1] !== 'unnest') return [node];
  return args.map((arg) => ({ FuncCall: { ...call, args: [arg] } }));
}

function functionNode(
  node: RangeFunction,
  functions: readonly ScannedFunction[],
  columns: readonly LogicalColumn[],
  alias: string,
): LogicalNode {
  const [only] = functions;
  if (functions.length === 1 && only.expr !== undefined && node.ordinality !== true) {
    return { kind: 'values', rows: [[only.expr]], columns };
  }
  const scan: LogicalFunctionScan = {
    kind: 'function-scan',
    alias,
    functions: functions.map(({ fn, call, args, columns: own, isExpression }) => ({
      fn,
      call,
      args,
      columnCount: own.length,
      isExpression: isExpression === true,
    })),
    withOrdinality: node.ordinality === true,
    columns,
  };
  return scan;
}

function scannedFunction(
  node: Node,
  definitions: readonly Node[] | undefined,
  scope: Scope,
): ScannedFunction {
  const call = nodeAs(node, 'FuncCall');
  if (call !== undefined) {
    const found = tableFunction(call, definitions, scope);
    if (found !== undefined) return found;
  }
  const { context } = scope;
  if (definitions !== undefined && definitions.length > 0) {
    throw context.error(
      'syntax_error',
      'a column definition list is only allowed for functions returning "record"',
      nodeLocation(definitions[0]),
    );
  }
  const expr = resolveUnknown(context, bindExpr(node, scope));
  return expressionFunction(expr, columnName(node), fieldsOf(context, expr));
}

function tableFunction(
  node: FuncCall,
  definitions: readonly Node[] | undefined,
  scope: Scope,
): ScannedFunction | undefined {
  const { context } = scope;
  const names = nameList(node.funcname);
  const candidates = context.env.registry.functions(names[names.length - 1]);
  if (!candidates.some((fn) => fn.kind === 'table')) return undefined;
  const resolved = resolveFunction(context, names, bindArgs(node.args ?? [], scope), {
    variadic: node.func_variadic === true,
    star: node.agg_star === true,
    location: node.location,
    castAllowed: false,
  });
  if (resolved.kind !== 'function') throw resolved.error;
  const { fn, args } = resolved.match;
  if (fn.kind !== 'table') return undefined;
  const defined = (definitions ?? []).map((item) => columnDefinition(item, scope));
  const call: CallInfo = {
    ...resolved.match.call,
    ...(defined.length > 0 ? { columnDefinitions: defined } : {}),
  };
  const own = fn.columns(resolved.match.call);
  const columns = defined.length > 0 ? defined : own;
  checkDefinitions(node, call, defined, own, scope);
  const scalar = columns.length === 1 && !fn.returnsRecord;
  const nameless = scalar && columns[0].name === fn.name;
  return { fn, call, args, columns, scalar, nameless, name: names[names.length - 1] };
}

function checkDefinitions(
  node: FuncCall,
  call: CallInfo,
  defined: readonly FunctionColumn[],
  own: readonly FunctionColumn[],
  scope: Scope,
): void {
  const isRecord = call.returnType.oid === OID.record;
  if (defined.length > 0 && isRecord && own.length > 0) {
    throw scope.context.error(
      'feature_not_supported',
      `a column definition list for ${nameList(node.funcname).at(-1)} is not supported`,
      node.location,
    );
  }
  if (defined.length > 0 && !isRecord) {
    throw scope.context.error(
      'syntax_error',
      'a column definition list is only allowed for functions returning "record"',
      node.location,
    );
  }
  if (defined.length === 0 && isRecord && own.length === 0) {
    throw scope.context.error(
      'syntax_error',
      'a column definition list is required for functions returning "record"',
      node.location,
    );
  }
}

function columnDefinition(node: Node, scope: Scope): { name: string; type: SqlType } {
  const definition = nodeAs(node, 'ColumnDef');
  return {
    name: definition?.colname ?? '',
    type: resolveTypeName(scope.context, definition?.typeName ?? {}),
  };
}

/** Wraps an expression as a set of one row. */
function expressionFunction(
  expr: Expr,
  name: string,
  shape: readonly FunctionColumn[] | undefined,
): ScannedFunction {
  const isRow = shape !== undefined && expr.kind !== 'column';
  const columns = isRow ? shape : [{ name, type: expr.type }];
  const call: CallInfo = { argTypes: [expr.type], returnType: expr.type };
  const fields = (value: unknown): readonly (null | never)[] =>
    (value as { values: never[] } | null)?.values ?? columns.map(() => null);
  const fn: TableFunction = {
    kind: 'table',
    name,
    argTypes: [expr.type.oid],
    returnType: expr.type.oid,
    volatility: 'immutable',
    strict: false,
    returnsRecord: isRow,
    returnsSet: false,
    columns: () => columns,
    rows: (args) => [isRow ? fields(args[0]) : [args[0]]],
  };
  const scalar = !isRow;
  return {
    fn,
    call,
    args: [expr],
    columns,
    scalar,
    nameless: scalar,
    name,
    expr: isRow ? undefined : expr,
    isExpression: true,
  };
}
