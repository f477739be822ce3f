/** Values of expression keys and partial-index predicates, which storage cannot bind itself. */
import type { IndexDescriptor, TableDescriptor } from '../catalog/catalog.ts';
import { liveColumns } from '../catalog/catalog.ts';
import { compileExpr } from '../exec/expression.ts';
import type { ExecContext } from '../exec/operator.ts';
import type { IndexExpressions } from '../storage/storage.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import type { Database } from './database.ts';
import { bindTableSql, systemContext } from './system-context.ts';

/** The hook that storage calls with rows (live columns in attnum order) of an index's table. */
export function indexExpressions(database: () => Database): IndexExpressions {
  return (table: TableDescriptor, index: IndexDescriptor, rows: Batch) => {
    const context = systemContext(database());
    const live = liveColumns(table);
    const keys = index.keys.map((key): Vector => {
      if (key.column !== 0) {
        const position = live.findIndex((column) => column.attnum === key.column);
        return rows.columns[position] as Vector;
      }
      return evaluate(database(), table, key.expressionSql ?? '', rows, context);
    });
    const included = new Uint8Array(rows.length);
    if (index.predicateSql === undefined) return { keys, included: included.fill(1) };
    const verdict = evaluate(database(), table, index.predicateSql, rows, context);
    for (let i = 0; i < rows.length; i++) {
      included[i] = !isNullAt(verdict, i) && valueAt(verdict, i) === true ? 1 : 0;
    }
    return { keys, included };
  };
}

function evaluate(
  database: Database,
  table: TableDescriptor,
  sql: string,
  rows: Batch,
  context: ExecContext,
): Vector {
  return compileExpr(bindTableSql(database, table, sql)).evaluate(rows, context);
}
