/** Stored expressions of a table (checks, index keys, predicates) carried over to changed columns. */
import type {
  CatalogChange,
  CheckConstraint,
  ColumnDescriptor,
  IndexDescriptor,
  TableDescriptor,
} from '../../../catalog/catalog.ts';
import { quoteIdentifier } from '../../../base/identifier.ts';
import { parseExpression } from '../../../parse/parser.ts';
import { bindExpr } from '../../../plan/bind/expr.ts';
import { deparseExpr } from '../../../plan/deparse.ts';
import { walkExpr } from '../../../plan/expr-walk.ts';
import type { Expr } from '../../../plan/expr.ts';
import { tableScope } from '../../expressions.ts';
import type { SessionContext } from '../../session-context.ts';

function bindStored(session: SessionContext, table: TableDescriptor, sql: string): Expr {
  const scope = tableScope(
    session.bindEnvironment(sql, []),
    table.name,
    table.columns,
    'check constraints',
  );
  return bindExpr(parseExpression(sql), scope);
}

/** attnums that a stored expression names. */
export function columnsOfStored(
  session: SessionContext,
  table: TableDescriptor,
  sql: string,
): Set<number> {
  const attnums = new Set<number>();
  walkExpr(bindStored(session, table, sql), (node) => {
    if (node.kind === 'column') attnums.add((table.columns[node.index] as ColumnDescriptor).attnum);
  });
  return attnums;
}

/** attnums that an index needs in any way. */
export function columnsOfIndex(
  session: SessionContext,
  table: TableDescriptor,
  index: IndexDescriptor,
): Set<number> {
  const attnums = new Set<number>(index.include);
  const add = (sql: string | undefined): void => {
    if (sql === undefined) return;
    for (const attnum of columnsOfStored(session, table, sql)) attnums.add(attnum);
  };
  for (const key of index.keys) {
    if (key.column !== 0) attnums.add(key.column);
    else add(key.expressionSql);
  }
  add(index.predicateSql);
  return attnums;
}

/** How to turn one stored expression into the one for the changed table. */
export type Carry = (sql: string) => string;

/** Same meaning, other column names. */
export function renameColumns(
  session: SessionContext,
  before: TableDescriptor,
  columns: readonly ColumnDescriptor[],
): Carry {
  const { format } = session.evalContext();
  return (sql) =>
    deparseExpr(bindStored(session, before, sql), {
      column: (index) => quoteIdentifier((columns[index] as ColumnDescriptor).name),
      format,
    });
}

/** Same text, read again over columns of other types. */
export function rebind(session: SessionContext, after: TableDescriptor): Carry {
  const { format } = session.evalContext();
  return (sql) =>
    deparseExpr(bindStored(session, after, sql), {
      column: (index) => quoteIdentifier((after.columns[index] as ColumnDescriptor).name),
      format,
    });
}

/** The check constraints of a table with those that name a column carried over. */
export function carryChecks(
  table: TableDescriptor,
  attnum: number,
  carry: Carry,
): TableDescriptor['constraints'] {
  return table.constraints.map((constraint) =>
    constraint.kind === 'check' && constraint.columns.includes(attnum)
      ? ({ ...constraint, sql: carry(constraint.sql) } satisfies CheckConstraint)
      : constraint,
  );
}

/** Changes for the indexes whose expressions name a column. */
export function carryIndexes(
  session: SessionContext,
  table: TableDescriptor,
  attnum: number,
  carry: Carry,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const index of session.catalog().indexesOf(table.oid)) {
    const hasSql = index.predicateSql !== undefined || index.keys.some((key) => key.column === 0);
    if (!hasSql || !columnsOfIndex(session, table, index).has(attnum)) continue;
    const keys = index.keys.map((key) =>
      key.expressionSql === undefined ? key : { ...key, expressionSql: carry(key.expressionSql) },
    );
    const predicateSql = index.predicateSql === undefined ? undefined : carry(index.predicateSql);
    changes.push({ change: 'put', object: { ...index, keys, predicateSql } });
  }
  return changes;
}
