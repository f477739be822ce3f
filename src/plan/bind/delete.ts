/** DELETE. */
import type { DeleteStmt } from '../../parse/ast.ts';
import type { LogicalDelete, LogicalNode } from '../logical.ts';
import { bindReturning, extraColumns, targetTable } from './modify.ts';
import type { BoundQuery, QueryInput } from './query.ts';
import { scanItem } from './relation.ts';
import { filterRows, withFrom } from './update.ts';

export function bindDelete(stmt: DeleteStmt, input: QueryInput): BoundQuery {
  const { context } = input;
  const table = targetTable(context, stmt.relation, 'delete');
  const alias = stmt.relation?.alias?.aliasname ?? table.name;
  const target = scanItem(context, table, alias, alias !== table.name);
  const { scope, node } = withFrom(target, stmt.usingClause, input);
  const filtered = filterRows(node, stmt.whereClause, scope);
  const returning = bindReturning(stmt.returningClause, scope);
  const rowIds = target.item.columns.flatMap(({ expr }) =>
    expr.kind === 'column' ? [expr.index] : [],
  );
  const extraIds = extraColumns(returning.exprs, new Set(rowIds));
  const wanted = [target.item.rowRefId as number, ...rowIds, ...extraIds];
  const columns = wanted.map((id) => filtered.columns.find((column) => column.id === id)!);
  const project: LogicalNode = {
    kind: 'project',
    input: filtered,
    exprs: columns.map((column) => context.reference(column)),
    columns,
  };
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
