/** Queries of any form: SELECT, VALUES, set operations, WITH. */
import { finishNow, type Steps } from '../../base/steps.ts';
import type { SelectStmt } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import type { LogicalColumn, LogicalNode, LogicalProject } from '../logical.ts';
import type { SqlType } from '../../types/type.ts';
import type { BindContext, RecordShape } from './context.ts';
import { resolveUnknown } from './coerce.ts';
import type { OuterNames } from './scope.ts';
import { selectSteps } from './select.ts';
import { setOperationSteps } from './set-operation.ts';
import { valuesSteps } from './values.ts';
import { withSteps, wrapWith, type CteEntry } from './with.ts';

export interface QueryInput {
  readonly context: BindContext;
  readonly outer: OuterNames | null;
  readonly ctes: ReadonlyMap<string, CteEntry>;
  /** Leaves untyped literals of the select list unknown, for the caller to give them a type. */
  readonly keepUnknown?: boolean;
  readonly topLevel?: boolean;
}

export interface QueryField {
  readonly name: string;
  readonly column: LogicalColumn;
  readonly shape: RecordShape | undefined;
}

/** A query's plan; its columns are exactly `fields`, in order. */
export interface BoundQuery {
  readonly node: LogicalNode;
  readonly fields: readonly QueryField[];
}

export function bindQuery(stmt: SelectStmt, input: QueryInput): BoundQuery {
  return finishNow(querySteps(stmt, input));
}

export function* querySteps(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  const { ctes, declared } = yield* withSteps(stmt.withClause, input);
  const inner: QueryInput = { ...input, ctes };
  const query = yield* bodySteps(stmt, inner);
  return wrapWith(declared, query);
}

function bodySteps(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  if (stmt.intoClause !== undefined) {
    throw input.context.error(
      'syntax_error',
      'SELECT ... INTO is not allowed here',
      stmt.intoClause.rel?.location,
    );
  }
  if (stmt.op !== undefined && stmt.op !== 'SETOP_NONE') return setOperationSteps(stmt, input);
  if (stmt.valuesLists !== undefined) return valuesSteps(stmt, input);
  return selectSteps(stmt, input);
}

/** Makes a field for an expression: its column carries on where the value came from. */
export function outputField(context: BindContext, name: string, expr: Expr): QueryField {
  const shape = context.shapeOf(expr);
  const origin = expr.kind === 'column' ? context.columnInfo(expr.index) : undefined;
  const column = context.newColumn(name, expr.type, {
    name,
    tableOid: origin?.tableOid ?? 0,
    attnum: origin?.attnum ?? 0,
    shape,
  });
  return { name, column, shape };
}

/** The query with its untyped columns made text, as at the top and in subqueries. */
export function resolveOutputs(context: BindContext, query: BoundQuery): BoundQuery {
  return mapOutputs(context, query, (expr) => resolveUnknown(context, expr));
}

/**
 * The query with `change` applied to each output. Literals directly in the select list are changed in
 * place, so that they are read as the wanted type when the statement is bound.
 */
export function mapOutputs(
  context: BindContext,
  query: BoundQuery,
  change: (expr: Expr, index: number) => Expr,
): BoundQuery {
  const { node } = query;
  const direct = node.kind === 'project';
  const before: readonly Expr[] = direct
    ? node.exprs
    : query.fields.map((field) => context.reference(field.column));
  const after = before.map((expr, i) => change(expr, i));
  if (after.every((expr, i) => expr === before[i])) return query;
  const fields = query.fields.map((field, i) => {
    if (after[i] === before[i]) return direct ? field : outputField(context, field.name, after[i]);
    return outputField(context, field.name, after[i]);
  });
  const columns = fields.map((field) => field.column);
  const project: LogicalProject = {
    kind: 'project',
    input: direct ? node.input : node,
    exprs: after,
    columns,
  };
  return { node: project, fields };
}

export const fieldTypes = (query: BoundQuery): SqlType[] =>
  query.fields.map((field) => field.column.type);
