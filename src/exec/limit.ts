/** LIMIT, OFFSET and FETCH FIRST ... WITH TIES. */
import { dbError } from '../errors/db-error.ts';
import type { Expr } from '../plan/expr.ts';
import type { LimitNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { sliceBatch } from '../vector/gather.ts';
import { valueAt, type Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { bindValue } from './bind-scan.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { equalityOf } from './key-equality.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runLimit(node: LimitNode, context: ExecContext): OperatorRun {
  const offset = await offsetValue(node.offset, context);
  const limit = await limitValue(node.limit, context);
  if (limit === 0) return;
  const ties =
    node.tiesKeys === null ? undefined : new TieCheck(node.tiesKeys.map((key) => key.expr));
  let skip = offset;
  let left = limit;
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    const start = Math.min(skip, batch.length);
    skip -= start;
    const end = Math.min(batch.length, start + left);
    left -= end - start;
    if (ties !== undefined && (end > start || left === 0)) {
      const rows = await ties.extend(batch, end, end > start, left === 0, context);
      if (end + rows > start) yield sliceBatch(batch, start, end + rows);
      if (left === 0 && end + rows < batch.length) return;
      continue;
    }
    if (end === start) continue;
    yield sliceBatch(batch, start, end);
    if (left === 0) return;
  }
}

/** Finds rows after the limit that equal the last row within it. */
class TieCheck {
  readonly #keys: ReturnType<typeof compileExprs>;
  readonly #equal: ReturnType<typeof equalityOf>[];
  #last: Value[] = [];

  constructor(keys: readonly Expr[]) {
    this.#keys = compileExprs(keys);
    this.#equal = keys.map((key) => equalityOf(key.type.oid));
  }

  /** How many rows from `end` on tie; `remember` where the row before `end` is the last one so far. */
  async extend(
    batch: Batch,
    end: number,
    remember: boolean,
    full: boolean,
    context: ExecContext,
  ): Promise<number> {
    const columns = await evaluateAll(this.#keys, batch, context);
    if (remember) this.#last = columns.map((column) => valueAt(column, end - 1));
    if (!full) return 0;
    let row = end;
    const ties = (): boolean =>
      columns.every((column, i) => this.#equal[i](valueAt(column, row), this.#last[i]));
    while (row < batch.length && ties()) row++;
    return row - end;
  }
}

/** The number of rows that LIMIT allows; Infinity for NULL or none. */
export async function limitValue(expr: Expr | null, context: ExecContext): Promise<number> {
  const value = expr === null ? null : await bindValue(expr, context);
  if (value === null) return Infinity;
  if (Number(value) < 0) {
    throw dbError('invalid_row_count_in_limit_clause', 'LIMIT must not be negative');
  }
  return Number(value);
}

export async function offsetValue(expr: Expr | null, context: ExecContext): Promise<number> {
  const value = expr === null ? null : await bindValue(expr, context);
  if (value === null) return 0;
  if (Number(value) < 0) {
    throw dbError('invalid_row_count_in_result_offset_clause', 'OFFSET must not be negative');
  }
  return Number(value);
}
