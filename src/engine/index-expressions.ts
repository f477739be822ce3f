/** Values of expression keys and partial-index predicates, which storage cannot bind itself. */
import { liveColumns, type IndexDescriptor, type TableDescriptor } from '../catalog/catalog.ts';
import { compileExprs } from '../exec/expression.ts';
import type { IndexExpressions, IndexValues } from '../storage/storage.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import type { Database } from './database.ts';
import { bindTableSql, systemContext } from './system-context.ts';

/** The hook that storage calls with rows (live columns in attnum order) of an index's table. */
export function indexExpressions(database: () => Database): IndexExpressions {
  return (table, index, rows, turns) => {
    const context = systemContext(database(), turns);
    const exprs = expressionsOf(index).map((sql) => bindTableSql(database(), table, sql));
    const computed = compileExprs(exprs).run(rows, context);
    const finish = (vectors: readonly Vector[]): IndexValues =>
      valuesOf(table, index, rows, vectors);
    return computed instanceof Promise ? computed.then(finish) : finish(computed);
  };
}

/** The keys' expressions in their order, and the predicate behind them. */
function expressionsOf({ keys, predicateSql }: IndexDescriptor): string[] {
  const expressions = keys
    .filter(({ column }) => column === 0)
    .map(({ expressionSql }) => expressionSql ?? '');
  return predicateSql === undefined ? expressions : [...expressions, predicateSql];
}

function valuesOf(
  table: TableDescriptor,
  { keys, predicateSql }: IndexDescriptor,
  rows: Batch,
  computed: readonly Vector[],
): IndexValues {
  const live = liveColumns(table);
  let next = 0;
  const vectors = keys.map(({ column }): Vector => {
    if (column === 0) return computed[next++] as Vector;
    return rows.columns[live.findIndex(({ attnum }) => attnum === column)] as Vector;
  });
  const included = new Uint8Array(rows.length).fill(1);
  if (predicateSql === undefined) return { keys: vectors, included };
  const verdict = computed[next] as Vector;
  for (let i = 0; i < rows.length; i++) {
    if (isNullAt(verdict, i) || valueAt(verdict, i) !== true) included[i] = 0;
  }
  return { keys: vectors, included };
}
