/** Values of expression keys and partial-index predicates, which storage cannot bind itself. */
import { liveColumns, type IndexDescriptor, type TableDescriptor } from '../catalog/catalog.ts';
import { compileExpr, compileExprs } from '../exec/expression.ts';
import type { ExecContext } from '../exec/operator.ts';
import type { IndexExpressions, IndexValues } from '../storage/storage.ts';
import { gatherBatch, gatherOrNull } from '../vector/gather.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import type { Database } from './database.ts';
import { bindTableSql, systemContext } from './system-context.ts';

interface Indexed {
  readonly database: Database;
  readonly table: TableDescriptor;
  readonly index: IndexDescriptor;
  /** With the table's live columns in attnum order. */
  readonly rows: Batch;
  readonly context: ExecContext;
}

/** The hook that storage calls with rows of an index's table. */
export function indexExpressions(database: () => Database): IndexExpressions {
  return (table, index, rows, turns) => {
    const context = systemContext(database(), turns);
    const indexed = { database: database(), table, index, rows, context };
    const { predicateSql } = index;
    if (predicateSql === undefined) return valuesOf(indexed, new Uint8Array(rows.length).fill(1));
    const predicate = compileExpr(bindTableSql(database(), table, predicateSql));
    const verdict = predicate.run(rows, context);
    return verdict instanceof Promise
      ? verdict.then((each) => valuesOf(indexed, includedRows(each)))
      : valuesOf(indexed, includedRows(verdict));
  };
}

function includedRows(verdict: Vector): Uint8Array {
  const included = new Uint8Array(verdict.length);
  for (let i = 0; i < included.length; i++) {
    included[i] = !isNullAt(verdict, i) && valueAt(verdict, i) === true ? 1 : 0;
  }
  return included;
}

/** Keys of the rows that the predicate includes: for others an expression may fail. */
function valuesOf(indexed: Indexed, included: Uint8Array): IndexValues | Promise<IndexValues> {
  const { database, table, index, rows, context } = indexed;
  const exprs = index.keys
    .filter(({ column }) => column === 0)
    .map(({ expressionSql }) => bindTableSql(database, table, expressionSql ?? ''));
  const places = placesOf(included);
  const computed = compileExprs(exprs).run(chosenRows(rows, included, places), context);
  const finish = (vectors: readonly Vector[]): IndexValues => ({
    keys: keysOf(indexed, places === undefined ? vectors : spread(vectors, places)),
    included,
  });
  return computed instanceof Promise ? computed.then(finish) : finish(computed);
}

/** Per row its place among those that are included, -1 for others; undefined where all are. */
function placesOf(included: Uint8Array): Int32Array | undefined {
  if (!included.includes(0)) return undefined;
  let next = 0;
  return Int32Array.from(included, (each) => (each === 1 ? next++ : -1));
}

function chosenRows(rows: Batch, included: Uint8Array, places: Int32Array | undefined): Batch {
  if (places === undefined) return rows;
  const chosen: number[] = [];
  for (let row = 0; row < included.length; row++) if (included[row] === 1) chosen.push(row);
  return gatherBatch(rows, Int32Array.from(chosen), true);
}

function spread(vectors: readonly Vector[], places: Int32Array): readonly Vector[] {
  return vectors.map((vector) => gatherOrNull(vector, places));
}

function keysOf({ table, index, rows }: Indexed, computed: readonly Vector[]): readonly Vector[] {
  const live = liveColumns(table);
  let next = 0;
  return index.keys.map(({ column }): Vector => {
    if (column === 0) return computed[next++] as Vector;
    return rows.columns[live.findIndex(({ attnum }) => attnum === column)] as Vector;
  });
}
