/** The table that an ALTER TABLE works on: read anew for every action, since each one changes it. */
import type { CatalogChange, ColumnDescriptor, TableDescriptor } from '../../../catalog/catalog.ts';
import { InternalError, dbError } from '../../../errors/db-error.ts';
import type { NodeBody } from '../../../parse/ast.ts';
import type { Oid } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import type { TableDraft } from '../table-draft.ts';

export type AlterCommand = NodeBody<'AlterTableCmd'>;

export interface AlterTarget {
  readonly session: SessionContext;
  readonly oid: Oid;
  /** The whole source text, for error positions. */
  readonly sql: string;
}

export function currentTable(target: AlterTarget): TableDescriptor {
  const relation = target.session.catalog().relation(target.oid);
  if (relation?.kind === 'table') return relation;
  throw new InternalError(`table ${target.oid} vanished while it was altered`);
}

export async function putTable(
  target: AlterTarget,
  table: TableDescriptor,
  others: readonly CatalogChange[] = [],
): Promise<void> {
  await target.session.transaction
    .current()
    .changeCatalog([{ change: 'put', object: table }, ...others]);
}

/** 42703 where the table has no such column. */
export function mustColumn(table: TableDescriptor, name: string): ColumnDescriptor {
  const column = table.columns.find(
    (candidate) => candidate.name === name && candidate.dropped !== true,
  );
  if (column !== undefined) return column;
  if (SYSTEM_COLUMNS.has(name)) {
    throw dbError('feature_not_supported', `cannot alter system column "${name}"`);
  }
  throw dbError('undefined_column', `column "${name}" of relation "${table.name}" does not exist`);
}

export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'tableoid',
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
]);

export async function replaceColumn(target: AlterTarget, column: ColumnDescriptor): Promise<void> {
  const table = currentTable(target);
  await putTable(target, { ...table, columns: withColumn(table.columns, column) });
}

export function withColumn(
  columns: readonly ColumnDescriptor[],
  column: ColumnDescriptor,
): ColumnDescriptor[] {
  return columns.map((candidate) => (candidate.attnum === column.attnum ? column : candidate));
}

/** The table as a draft, to which the code of CREATE TABLE can add columns and constraints. */
export function draftOf(target: AlterTarget, table: TableDescriptor): TableDraft {
  return {
    session: target.session,
    sql: target.sql,
    oid: table.oid,
    name: table.name,
    schema: table.schema,
    columns: [...table.columns],
    constraints: [...table.constraints],
    indexes: [],
    sequences: [],
    takenNames: new Set([table.name]),
  };
}
