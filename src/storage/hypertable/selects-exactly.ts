/** Whether `selectRows` leaves exactly the rows that satisfy a scan's predicates, and not some more. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { BoundPredicate } from '../storage.ts';
import type { RowSource } from './row-source.ts';
import { hasPlainEquality, seriesWith } from './series-table.ts';

export function selectsExactly(
  table: TableDescriptor,
  { series }: RowSource,
  predicates: readonly BoundPredicate[],
  timeColumn: number,
): boolean {
  return predicates.every(({ column, op, values }) => {
    if (column === timeColumn) {
      return op !== 'in' && values.every((value) => typeof value === 'number');
    }
    if (op !== '=' && op !== 'in') return false;
    if (series === undefined || !series.columns.has(column)) return false;
    if (!hasPlainEquality(table.columns[column - 1].type.oid)) return false;
    return values.every((value) => seriesWith(series, column, value) !== undefined);
  });
}
