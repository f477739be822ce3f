/** DELETE. */
import type { Steps } from '../../base/steps.ts';
import type { DeleteStmt } from '../../parse/ast.ts';
import type { LogicalDelete, LogicalNode } from '../logical.ts';
import { bindReturning, extraColumns } from './modify.ts';
import { modifyTarget, noteViewWrite, targetRowSteps } from './modify-target.ts';
import type { BoundQuery, QueryInput } from './query.ts';
import { filterRows, withFrom } from './update.ts';

export function* deleteSteps(stmt: DeleteStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const target = modifyTarget(context, stmt.relation, 'delete');
  const { table } = target;
  const rows = yield* targetRowSteps(context, target, stmt.relation);
  const { scope, node } = yield* withFrom(rows, stmt.usingClause, input);
  const filtered = yield* filterRows(node, stmt.whereClause, scope);
  const returning = bindReturning(stmt.returningClause, scope);
  const rowIds = rows.table.columns.flatMap(({ expr }) =>
    expr.kind === 'column' ? [expr.index] : [],
  );
  const extraIds = extraColumns(returning.exprs, new Set(rowIds));
  const wanted = [rows.table.rowRefId as number, ...rowIds, ...extraIds];
  const columns = wanted.map((id) => filtered.columns.find((column) => column.id === id)!);
  const project: LogicalNode = {
    kind: 'project',
    input: filtered,
    exprs: columns.map((column) => context.reference(column)),
    columns,
  };
  const isRead = [stmt.whereClause, stmt.usingClause, stmt.returningClause].some(Boolean);
  noteViewWrite(context, target, isRead ? ['d', 'r'] : ['d']);
  const remove: LogicalDelete = {
    kind: 'delete',
    table,
    input: project,
    rowIds,
    extraIds,
    returning: returning.exprs,
    columns: returning.fields.map((field) => field.column),
  };
  return { node: remove, fields: returning.fields };
}
