/** Pairs of row numbers on their way to becoming joined rows. */
import { grown } from '../base/grown.ts';
import type { Expr } from '../plan/expr.ts';
import type { SqlType } from '../types/type.ts';
import { nullVector } from '../vector/builder.ts';
import { gather, gatherOrNull } from '../vector/gather.ts';
import type { LongBatch } from '../vector/long-column.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { usedColumns } from './expr/walk.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { compilePredicate, type CompiledPredicate } from './predicate.ts';

/** Rows put out together that found no partner. */
const UNMATCHED_ROWS = 8192;

/** A growing list of (left row, right row). */
export class PairList {
  left = new Int32Array(1024);
  right = new Int32Array(1024);
  length = 0;

  push(left: number, right: number): void {
    if (this.length === this.left.length) {
      this.left = grown(this.left, new Int32Array(this.length * 2));
      this.right = grown(this.right, new Int32Array(this.length * 2));
    }
    this.left[this.length] = left;
    this.right[this.length++] = right;
  }

  clear(): void {
    this.length = 0;
  }
}

/** Joined rows, left columns first; a row number of -1 stands for the missing side's NULLs. */
export function joinRows(
  left: Batch,
  leftRows: Int32Array,
  right: LongBatch,
  rightRows: Int32Array,
): Batch {
  const columns: Vector[] = [];
  for (const column of left.columns) columns.push(gatherOrNull(column, leftRows));
  for (const column of right.columns) columns.push(column.gather(rightRows));
  return { columns, length: leftRows.length };
}

/** Rows of the left side followed by NULLs, or (with left undefined rows) the other way round. */
export function padRows(
  left: Batch,
  right: LongBatch,
  side: 'left' | 'right',
  rows: Int32Array,
): Batch {
  const missing = new Int32Array(rows.length).fill(-1);
  return side === 'left'
    ? joinRows(left, rows, right, missing)
    : joinRows(left, missing, right, rows);
}

/** The residual condition of a join over candidate pairs. */
export class PairFilter {
  readonly #predicate: CompiledPredicate | undefined;
  readonly #used: readonly number[];

  constructor(condition: Expr | null) {
    this.#predicate = condition === null ? undefined : compilePredicate(condition);
    this.#used = condition === null ? [] : usedColumns([condition]);
  }

  /** Keeps in `pairs` those for which the condition is true. */
  async apply(left: Batch, right: LongBatch, pairs: PairList, context: ExecContext): Promise<void> {
    if (this.#predicate === undefined || pairs.length === 0) return;
    const leftRows = pairs.left.subarray(0, pairs.length);
    const rightRows = pairs.right.subarray(0, pairs.length);
    const columns: Vector[] = [];
    for (const column of this.#used) {
      const width = left.columns.length;
      columns[column] =
        column < width
          ? gather(left.columns[column], leftRows)
          : right.columns[column - width].gather(rightRows);
    }
    const batch = { columns, length: pairs.length };
    const rows = await this.#predicate.run(batch, context);
    if (rows === undefined) return;
    for (let i = 0; i < rows.length; i++) {
      pairs.left[i] = leftRows[rows[i]];
      pairs.right[i] = rightRows[rows[i]];
    }
    pairs.length = rows.length;
  }
}

/** Row numbers below `length` whose flag has the wanted value. */
export function flaggedRows(flags: Uint8Array, length: number, wanted: 0 | 1): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (flags[i] === wanted) rows[count++] = i;
  return rows.subarray(0, count);
}

/** Rows of the right side that no left row matched, after NULLs for the left columns. */
export async function* unmatchedRight(
  leftTypes: readonly SqlType[],
  right: LongBatch,
  matched: Uint8Array,
  context: ExecContext,
): OperatorRun {
  const rows = flaggedRows(matched, right.length, 0);
  const left = noRows(leftTypes);
  for (let start = 0; start < rows.length; start += UNMATCHED_ROWS) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield padRows(left, right, 'right', rows.subarray(start, start + UNMATCHED_ROWS));
  }
}

/** No rows of a side, to stand for its NULLs. */
export function noRows(types: readonly SqlType[]): Batch {
  return { columns: types.map((type): Vector => nullVector(type, 0)), length: 0 };
}
