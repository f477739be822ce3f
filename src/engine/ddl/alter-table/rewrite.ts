/** Reads all rows of a table for DDL: to check them, or to write them anew in another shape. */
import {
  liveColumns,
  type CatalogChange,
  type CheckConstraint,
  type ColumnDescriptor,
  type TableDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError } from '../../../errors/db-error.ts';
import { compileExpr, type CompiledExpr } from '../../../exec/expression.ts';
import type { ExecContext } from '../../../exec/operator.ts';
import { parseExpression } from '../../../parse/parser.ts';
import { bindCondition } from '../../../plan/bind/expr.ts';
import type { Expr } from '../../../plan/expr.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../../../vector/vector.ts';
import { tableScope } from '../../expressions.ts';
import type { SessionContext } from '../../session-context.ts';
import { currentTable, type AlterTarget } from './target.ts';

/** What rows that are there already must satisfy. */
export interface RowRules {
  readonly notNull: readonly ColumnDescriptor[];
  readonly checks: readonly CheckConstraint[];
}

interface CompiledRules {
  readonly notNull: readonly { readonly position: number; readonly name: string }[];
  readonly checks: readonly { readonly name: string; readonly expr: CompiledExpr }[];
}

function compileRules(
  session: SessionContext,
  table: TableDescriptor,
  rules: RowRules,
): CompiledRules {
  const live = liveColumns(table);
  return {
    notNull: rules.notNull.map(({ attnum, name }) => ({
      position: live.findIndex((column) => column.attnum === attnum),
      name,
    })),
    checks: rules.checks.map(({ name, sql }) => {
      const scope = tableScope(
        session.bindEnvironment(sql, []),
        table.name,
        live,
        'check constraints',
      );
      return { name, expr: compileExpr(bindCondition(parseExpression(sql), scope, 'CHECK')) };
    }),
  };
}

async function applyRules(
  table: TableDescriptor,
  rules: CompiledRules,
  rows: Batch,
  context: ExecContext,
): Promise<void> {
  for (const { position, name } of rules.notNull) {
    const column = rows.columns[position] as Vector;
    for (let row = 0; row < rows.length; row++) {
      if (!isNullAt(column, row)) continue;
      throw dbError('not_null_violation', {
        message: `column "${name}" of relation "${table.name}" contains null values`,
        table: table.name,
        column: name,
      });
    }
  }
  for (const { name, expr } of rules.checks) {
    const verdict = await expr.run(rows, context);
    for (let row = 0; row < rows.length; row++) {
      if (isNullAt(verdict, row) || valueAt(verdict, row) !== false) continue;
      throw dbError('check_violation', {
        message: `check constraint "${name}" of relation "${table.name}" is violated by some row`,
        table: table.name,
        constraint: name,
      });
    }
  }
}

/** Every row of the table, live columns in attnum order. */
async function* allRows(
  session: SessionContext,
  table: TableDescriptor,
  context: ExecContext,
): AsyncGenerator<Batch> {
  const attnums = liveColumns(table).map((column) => column.attnum);
  const request = { attnums, predicates: [], timeOrder: null, newest: true };
  for await (const batch of session.transaction.current().scan(table, request)) {
    yield batch;
    const turn = context.checkpoint();
    if (turn !== undefined) await turn;
  }
}

/** 23502 or 23514 where a row of the table breaks one of the rules. */
export async function verifyRows(target: AlterTarget, rules: RowRules): Promise<void> {
  if (rules.notNull.length === 0 && rules.checks.length === 0) return;
  const table = currentTable(target);
  const context = target.session.execContext([], 0);
  const compiled = compileRules(target.session, table, rules);
  for await (const batch of allRows(target.session, table, context))
    await applyRules(table, compiled, batch, context);
}

/** Where a column of the new rows comes from: an old column by attnum, or an expression over old rows. */
export type ColumnSource = { readonly attnum: number } | { readonly expr: Expr };

/**
 * Gives the table new storage and fills it: `sources` by attnum of the new table, other columns are
 * copied. All rules of the new table hold for its rows afterwards, and its indexes are built.
 */
export async function rewriteTable(
  target: AlterTarget,
  before: TableDescriptor,
  after: TableDescriptor,
  sources: ReadonlyMap<number, ColumnSource>,
  others: readonly CatalogChange[] = [],
): Promise<void> {
  const { session } = target;
  const transaction = session.transaction.current();
  const table = { ...after, storageId: await transaction.allocateStorageId() };
  await transaction.changeCatalog([{ change: 'put', object: table }, ...others]);
  for (const index of session.catalog().indexesOf(table.oid)) {
    const storageId = await transaction.allocateStorageId();
    await transaction.changeCatalog([{ change: 'put', object: { ...index, storageId } }]);
  }
  const context = session.execContext([], 0);
  const oldPositions = new Map(
    liveColumns(before).map(({ attnum }, position) => [attnum, position]),
  );
  const makers = liveColumns(table).map(
    ({ attnum }): ((rows: Batch) => Vector | Promise<Vector>) => {
      const source = sources.get(attnum) ?? { attnum };
      if ('expr' in source) {
        const compiled = compileExpr(source.expr);
        return (rows) => compiled.run(rows, context);
      }
      const position = oldPositions.get(source.attnum) as number;
      return (rows) => rows.columns[position] as Vector;
    },
  );
  const rules = compileRules(session, table, {
    notNull: liveColumns(table).filter((column) => column.notNull),
    checks: table.constraints.filter(
      (constraint) => constraint.kind === 'check' && constraint.notValid !== true,
    ) as CheckConstraint[],
  });
  for await (const rows of allRows(session, before, context)) {
    const columns: Vector[] = [];
    for (const make of makers) columns.push(await make(rows));
    const batch: Batch = { columns, length: rows.length };
    await applyRules(table, rules, batch, context);
    await transaction.insert(table, batch, { onConflict: 'error', arbiters: [] });
  }
}
