/** CREATE INDEX. */
import type { IndexDescriptor, IndexKey, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nodeAs, nodeKind, type Node, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { canonicalIndexExpression } from '../expressions.ts';
import { requireCreate, requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { requireUniqueHasTime } from './hypertable-options.ts';
import { chooseName, mustFindTable, noteExisting, requireFreeName } from './names.ts';

/** Methods that a B-tree-like index can stand in for; the name is kept for \d. */
const METHODS = new Set(['btree', 'hash', 'brin']);

export async function createIndex(
  session: SessionContext,
  node: NodeBody<'IndexStmt'>,
  sql: string,
): Promise<string> {
  const method = node.accessMethod ?? 'btree';
  if (!METHODS.has(method)) throw notSupported(`index access method ${method}`);
  if (node.concurrent === true && session.transaction.isBlock) {
    throw dbError(
      'active_sql_transaction',
      'CREATE INDEX CONCURRENTLY cannot run inside a transaction block',
    );
  }
  const transaction = session.transaction.current();
  const found = mustFindTable(session, node.relation as RangeVar);
  requireOwner(session, found);
  await transaction.lockTable(found.oid, 'exclusive', 'block');
  await transaction.changeCatalog([]);
  const table = mustFindTable(session, node.relation as RangeVar);
  requireOwner(session, table);
  requireCreate(session, table.schema);
  const catalog = session.catalog();
  if (
    node.idxname !== undefined &&
    catalog.relationByName(table.schema, node.idxname) !== undefined
  ) {
    if (node.if_not_exists !== true) requireFreeName(catalog, table.schema, node.idxname);
    noteExisting(session, 'duplicate_table', `relation "${node.idxname}"`);
    return 'CREATE INDEX';
  }
  const keys = (node.indexParams ?? []).map((param) => indexKey(session, table, param, sql));
  const index: IndexDescriptor = {
    kind: 'index',
    oid: await transaction.allocateOid(),
    name: node.idxname ?? generatedName(session, table, node.indexParams ?? []),
    schema: table.schema,
    table: table.oid,
    keys,
    include: (node.indexIncludingParams ?? []).map((param) => includeColumn(table, param)),
    unique: node.unique === true,
    primary: false,
    nullsNotDistinct: node.nulls_not_distinct === true,
    predicateSql: predicateOf(session, table, node.whereClause, sql),
    method,
    storageId: await transaction.allocateStorageId(),
  };
  checkHypertable(table, index);
  await transaction.changeCatalog([{ change: 'put', object: index }]);
  await transaction.buildIndex(table, index);
  return 'CREATE INDEX';
}

function checkHypertable(table: TableDescriptor, index: IndexDescriptor): void {
  if (table.hypertable === null) return;
  const time = table.columns.find((column) => column.attnum === table.hypertable?.timeColumn);
  if (time !== undefined) requireUniqueHasTime(table.name, time, [index]);
}

function predicateOf(
  session: SessionContext,
  table: TableDescriptor,
  node: Node | undefined,
  sql: string,
): string | undefined {
  if (node === undefined) return undefined;
  return canonicalIndexExpression(session, node, table.name, table.columns, sql).sql;
}

function indexKey(
  session: SessionContext,
  table: TableDescriptor,
  param: Node,
  sql: string,
): IndexKey {
  const element = nodeAs(param, 'IndexElem');
  const descending = element?.ordering === 'SORTBY_DESC';
  const nullsFirst =
    element?.nulls_ordering === 'SORTBY_NULLS_FIRST' ||
    (descending && element?.nulls_ordering !== 'SORTBY_NULLS_LAST');
  if (element?.name !== undefined) {
    return { column: mustColumn(table, element.name), descending, nullsFirst };
  }
  const expression = canonicalIndexExpression(
    session,
    element?.expr as Node,
    table.name,
    table.columns,
    sql,
  );
  if (expression.expr.kind === 'column') {
    return { column: table.columns[expression.expr.index]?.attnum ?? 0, descending, nullsFirst };
  }
  return { column: 0, expressionSql: expression.sql, descending, nullsFirst };
}

function includeColumn(table: TableDescriptor, param: Node): number {
  return mustColumn(table, nodeAs(param, 'IndexElem')?.name ?? '');
}

function mustColumn(table: TableDescriptor, name: string): number {
  const column = liveColumns(table).find((candidate) => candidate.name === name);
  if (column !== undefined) return column.attnum;
  throw dbError('undefined_column', `column "${name}" does not exist`);
}

/** table_column_column_idx, or _key for unique constraints; `expr` stands for an expression. */
function generatedName(
  session: SessionContext,
  table: TableDescriptor,
  params: readonly Node[],
): string {
  const parts = params.map((param) => {
    const element = nodeAs(param, 'IndexElem');
    if (element?.name !== undefined) return element.name;
    const call =
      element?.expr !== undefined && nodeKind(element.expr) === 'FuncCall'
        ? nodeAs(element.expr, 'FuncCall')
        : undefined;
    return nodeAs(call?.funcname?.at(-1), 'String')?.sval ?? 'expr';
  });
  return chooseName(session.catalog(), table.schema, [table.name, parts.join('_')], 'idx');
}
