/** NOT NULL and CHECK constraints over new rows. */
import { liveColumns, type TableDescriptor } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { CheckExpr, RowChecks, ViewCheck } from '../plan/physical.ts';
import { mustCodec } from '../types/codec-registry.ts';
import { sliceBatch } from '../vector/gather.ts';
import { isNullAt, valueAt, type Batch } from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext } from './operator.ts';

/** Characters of a value that an error message shows. */
const SHOWN_LENGTH_MAX = 64;

/** Throws for the first row (live columns in attnum order) that a constraint forbids. */
export async function checkRows(
  table: TableDescriptor,
  { notNull, checks }: RowChecks,
  rows: Batch,
  context: ExecContext,
): Promise<void> {
  let nullRow = rows.length;
  let nullColumn = '';
  for (const { position, column } of notNull) {
    const { nulls } = rows.columns[position];
    const row = nulls === undefined ? -1 : nulls.subarray(0, nullRow).indexOf(1);
    if (row < 0) continue;
    nullRow = row;
    nullColumn = column;
  }
  // A row before that one may fail a check first.
  await checkConstraints(table, checks, sliceBatch(rows, 0, nullRow), context);
  if (nullRow === rows.length) return;
  throw dbError('not_null_violation', {
    message: `null value in column "${nullColumn}" of relation "${table.name}" violates not-null constraint`,
    detail: failingRow(rows, nullRow, context),
    schema: schemaName(table, context),
    table: table.name,
    column: nullColumn,
  });
}

async function checkConstraints(
  table: TableDescriptor,
  checks: readonly CheckExpr[],
  rows: Batch,
  context: ExecContext,
): Promise<void> {
  if (checks.length === 0 || rows.length === 0) return;
  const results = await evaluateAll(compileExprs(checks.map((check) => check.expr)), rows, context);
  let failed = rows.length;
  let constraint = '';
  results.forEach((result, i) => {
    for (let row = 0; row < failed; row++) {
      if (isNullAt(result, row) || valueAt(result, row) !== false) continue;
      failed = row;
      constraint = checks[i].constraint;
    }
  });
  if (failed === rows.length) return;
  throw dbError('check_violation', {
    message: `new row for relation "${table.name}" violates check constraint "${constraint}"`,
    detail: failingRow(rows, failed, context),
    schema: schemaName(table, context),
    table: table.name,
    constraint,
  });
}

/** New rows that WITH CHECK OPTION of a view forbids: found before they are stored, refused after that. */
export class ForbiddenRows {
  /** For each row 0, or the option that it fails, counted from 1. */
  readonly #failed: Uint16Array;
  readonly #options: readonly ViewCheck[];

  private constructor(options: readonly ViewCheck[], failed: Uint16Array) {
    this.#options = options;
    this.#failed = failed;
  }

  /** undefined where all rows may be stored. What the conditions read is still as before the command. */
  static async among(
    { options }: RowChecks,
    rows: Batch,
    context: ExecContext,
  ): Promise<ForbiddenRows | undefined> {
    if (options.length === 0 || rows.length === 0) return undefined;
    const failed = new Uint16Array(rows.length);
    const results = await evaluateAll(compileExprs(options.map(({ expr }) => expr)), rows, context);
    results.forEach((result, i) => {
      for (let row = 0; row < rows.length; row++) {
        if (failed[row] !== 0) continue;
        if (isNullAt(result, row) || valueAt(result, row) !== true) failed[row] = i + 1;
      }
    });
    return failed.some((option) => option !== 0) ? new ForbiddenRows(options, failed) : undefined;
  }

  /** Rows up to the first forbidden one: PostgreSQL stores these before it looks. */
  get firstRows(): number {
    return this.#failed.findIndex((option) => option !== 0) + 1;
  }

  /** 44000 for the first forbidden row of `stored`, or of all where it is not given. */
  refuse(rows: Batch, context: ExecContext, stored?: Iterable<number>): void {
    for (const row of stored ?? this.#failed.keys()) {
      const option = this.#failed[row];
      if (option === 0) continue;
      throw dbError('with_check_option_violation', {
        message: `new row violates check option for view "${this.#options[option - 1].view}"`,
        detail: failingRow(rows, row, context),
      });
    }
  }
}

function failingRow(rows: Batch, row: number, context: ExecContext): string {
  const values = rows.columns.map((column) => {
    const value = valueAt(column, row);
    if (value === null) return 'null';
    const text = mustCodec(column.type.oid).formatText(value, context.eval.format);
    return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text;
  });
  return `Failing row contains (${values.join(', ')}).`;
}

function schemaName(table: TableDescriptor, context: ExecContext): string | undefined {
  return context.eval.catalog.schema(table.schema)?.name;
}

/** attnums of the columns that rows of the table have. */
export function liveAttnums(table: TableDescriptor): number[] {
  return liveColumns(table).map((column) => column.attnum);
}
