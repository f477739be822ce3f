/** From syntax trees to bound statements: the entry of this folder's first half. */
import { finishNow, type Steps } from '../base/steps.ts';
import { notSupported } from '../errors/db-error.ts';
import { nodeAs, nodeKind } from '../parse/ast.ts';
import { parseExpression, type ParsedStatement } from '../parse/parser.ts';
import { OID, type SqlType } from '../types/type.ts';
import { BindContext, type BindEnvironment } from './bind/context.ts';
import { resolveUnknown, toBoolean, tryCoerce } from './bind/coerce.ts';
import { bindExpr } from './bind/expr.ts';
import { modifySteps } from './bind/modify.ts';
import { querySteps, resolveOutputs, type BoundQuery } from './bind/query.ts';
import { Scope, type Clause, type RangeItem } from './bind/scope.ts';
import { typeText } from './bind/types.ts';
import type { Expr } from './expr.ts';
import type { BoundStatement, ResultField } from './logical.ts';

export type { BindEnvironment } from './bind/context.ts';
export type { BoundStatement, ResultField } from './logical.ts';

/** Resolves names and types of a SELECT, VALUES, INSERT, UPDATE or DELETE statement. */
export function bindStatement(statement: ParsedStatement, env: BindEnvironment): BoundStatement {
  return finishNow(bindSteps(statement, env));
}

/** The same in steps. */
export function* bindSteps(
  statement: ParsedStatement,
  env: BindEnvironment,
): Steps<BoundStatement> {
  const context = new BindContext(env);
  const { node } = statement;
  const input = { context, outer: null, ctes: new Map(), topLevel: true };
  const select = nodeAs(node, 'SelectStmt');
  if (select !== undefined) {
    const query = resolveOutputs(context, yield* querySteps(select, input));
    return finish(context, 'select', query, true);
  }
  const kind = nodeKind(node);
  if (kind === 'InsertStmt' || kind === 'UpdateStmt' || kind === 'DeleteStmt') {
    const { query, command, returning } = yield* modifySteps(node, input);
    return finish(context, command, query, returning);
  }
  if (kind === 'MergeStmt') throw notSupported('MERGE');
  throw notSupported(kind ?? 'empty statement');
}

function finish(
  context: BindContext,
  command: BoundStatement['command'],
  query: BoundQuery,
  returnsRows: boolean,
): BoundStatement {
  const types = context.env.parameterTypes;
  types.forEach((oid, i) => {
    if (oid === 0 || oid === OID.unknown) {
      throw context.error(
        'indeterminate_datatype',
        `could not determine data type of parameter $${i + 1}`,
      );
    }
  });
  return {
    command,
    root: query.node,
    fields: returnsRows
      ? query.fields.map((field) =>
          resultField(context, field.column.id, field.name, field.column.type),
        )
      : null,
    parameterTypes: context.finalParameterTypes(),
    execParams: context.execParams,
    nextColumnId: context.nextColumnId,
    reads: [...context.reads],
    directReads: [...context.directReads],
    writes: [...context.writes],
    directWrites: [...context.directWrites],
    viewWrites: context.viewWrites,
  };
}

function resultField(context: BindContext, id: number, name: string, type: SqlType): ResultField {
  const info = context.columnInfo(id);
  return { name, type, tableOid: info?.tableOid ?? 0, attnum: info?.attnum ?? 0 };
}

/** A column that a scalar expression can use; the bound expression refers to it by its index here. */
export interface ScalarColumn {
  readonly name: string;
  readonly type: SqlType;
}

export interface ScalarOptions {
  /** Assignment-coerces the result (a default), or for a check: to boolean. */
  readonly targetType?: SqlType | undefined;
  readonly clause?: Clause | undefined;
  /** Name that qualifies the columns (`t.a`). */
  readonly alias?: string | undefined;
  /** Column that the value is for, in the error about its type. */
  readonly column?: string | undefined;
}

/**
 * Binds a stand-alone expression (a default, a check, an index expression). Its columns have the
 * position in `columns` as index.
 */
export function bindScalarSql(
  sql: string,
  columns: readonly ScalarColumn[],
  targetType: SqlType | undefined,
  env: BindEnvironment,
  options: ScalarOptions = {},
): Expr {
  return bindScalarNode(
    parseExpression(sql),
    columns,
    targetType,
    { ...env, sql: `SELECT ${sql}` },
    options,
  );
}

/** The same over a parsed expression. */
export function bindScalarNode(
  node: Parameters<typeof bindExpr>[0],
  columns: readonly ScalarColumn[],
  targetType: SqlType | undefined,
  env: BindEnvironment,
  options: ScalarOptions = {},
): Expr {
  const context = new BindContext(env);
  const item: RangeItem = {
    alias: options.alias ?? '',
    aliased: false,
    relation: undefined,
    columns: columns.map(({ name, type }, index) => {
      context.setColumnInfo(index, { name, alias: options.alias ?? '', tableOid: 0, attnum: 0 });
      return { name, expr: { kind: 'column', type, index } };
    }),
    system: [],
    scalar: false,
    presence: null,
  };
  const namespace = {
    items: options.alias === undefined ? [] : [item],
    columns: item.columns.map((column) => ({ item, ...column })),
  };
  const scope = new Scope(context, null, new Map(), namespace);
  scope.clause = options.clause ?? 'DEFAULT expressions';
  const expr = bindExpr(node, scope);
  if (targetType === undefined) return resolveUnknown(context, expr);
  if (scope.clause === 'check constraints') return toBoolean(context, expr, 'CHECK');
  const coerced = tryCoerce(context, expr, targetType, 'assignment', undefined, 'implicit');
  if (coerced !== undefined) return coerced;
  const what = options.column === undefined ? 'expression' : `column "${options.column}"`;
  const kind = scope.clause === 'column generation expressions' ? 'generation' : 'default';
  throw context.error(
    'datatype_mismatch',
    `${what} is of type ${typeText(context, targetType)} but ${kind} expression is of type ${typeText(context, expr.type.oid)}`,
    undefined,
    { hint: 'You will need to rewrite or cast the expression.' },
  );
}
