/** ALTER VIEW, and ALTER TABLE on a view: defaults of columns and options. */
import type { ViewDescriptor } from '../../../catalog/catalog.ts';
import { dbError } from '../../../errors/db-error.ts';
import { nodeAs, type NodeBody } from '../../../parse/ast.ts';
import { canonicalDefault } from '../../expressions.ts';
import type { SessionContext } from '../../session-context.ts';
import { requireCheckable, resetViewOptions, setViewOptions } from '../view-options.ts';

/** False for an action that is not one on views. */
export async function alterView(
  session: SessionContext,
  { oid }: ViewDescriptor,
  command: NodeBody<'AlterTableCmd'>,
  sql: string,
): Promise<boolean> {
  // Another action of the same statement may have changed it.
  const view = session.catalog().relation(oid) as ViewDescriptor;
  const changed = changedView(session, view, command, sql);
  if (changed === undefined) return false;
  requireCheckable(session, changed);
  await session.transaction.current().changeCatalog([{ change: 'put', object: changed }]);
  return true;
}

function changedView(
  session: SessionContext,
  view: ViewDescriptor,
  command: NodeBody<'AlterTableCmd'>,
  sql: string,
): ViewDescriptor | undefined {
  const nodes = nodeAs(command.def, 'List')?.items ?? [];
  switch (command.subtype) {
    case 'AT_ColumnDefault':
      return withDefault(session, view, command, sql);
    case 'AT_SetRelOptions':
      return { ...view, options: setViewOptions(view.options ?? [], nodes) };
    case 'AT_ResetRelOptions':
      return { ...view, options: resetViewOptions(view.options ?? [], nodes) };
    default:
      return undefined;
  }
}

function withDefault(
  session: SessionContext,
  view: ViewDescriptor,
  { name = '', def }: NodeBody<'AlterTableCmd'>,
  sql: string,
): ViewDescriptor {
  const place = view.columns.findIndex((column) => column.name === name);
  const column = view.columns[place];
  if (column === undefined) {
    throw dbError('undefined_column', `column "${name}" of relation "${view.name}" does not exist`);
  }
  const defaultSql = canonicalDefault(session, def, name, column.type, sql);
  return { ...view, columns: view.columns.with(place, { ...column, defaultSql }) };
}
