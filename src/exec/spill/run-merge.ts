/**
 * Merging sorted runs. A step takes from each run's block the rows up to the least of the blocks' last
 * keys, for no row still on disk comes before those, and sorts them as a sort in memory does: ties stay
 * in the order of the runs, and NULLs, NaNs and collations cannot come out otherwise.
 */
import type { SortKey } from '../../plan/physical.ts';
import { comparatorFor } from '../../types/compare.ts';
import { sliceBatch } from '../../vector/gather.ts';
import { BATCH_ROWS, valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { turn, type ExecContext, type OperatorRun } from '../operator.ts';
import { joinInTurns } from '../run.ts';
import { sortRows } from '../sort-order.ts';
import type { SpillFile, SpillRun } from './spill-file.ts';

/** A column of the runs' rows, and its order. */
export type MergeKey = Omit<SortKey, 'expr'> & { readonly column: number };

/** The rows of all runs in order; equal ones by run, then as they are in it. */
export async function* mergeRuns(
  file: SpillFile,
  runs: readonly SpillRun[],
  keys: readonly MergeKey[],
  context: ExecContext,
): OperatorRun {
  const compare = rowComparison(keys);
  let cursors = runs.map((run) => new RunCursor(file, run));
  for (;;) {
    for (const cursor of cursors) await cursor.fill();
    cursors = cursors.filter((cursor) => cursor.remaining > 0);
    if (cursors.length === 0) return;
    if (cursors.length === 1) {
      yield cursors[0].take(cursors[0].remaining);
      continue;
    }
    const parts = takeSettled(cursors, compare);
    if (parts.length === 1) yield parts[0];
    else yield* sorted(parts, runs[0].types, keys, context);
    await turn(context);
  }
}

/** From each run the rows that nothing on disk comes before. */
function takeSettled(cursors: readonly RunCursor[], compare: RowComparison): Batch[] {
  let least = cursors[0];
  for (const cursor of cursors) {
    if (compare(cursor.batch, cursor.last, least.batch, least.last) < 0) least = cursor;
  }
  // Once its rows are taken it has another block.
  const { batch: bound, last } = least;
  const parts: Batch[] = [];
  let isBefore = true;
  for (const cursor of cursors) {
    if (cursor === least) {
      isBefore = false;
      parts.push(cursor.take(cursor.remaining));
      continue;
    }
    // Of later runs' rows, those that tie with the bound come after ties of this run still on disk.
    const count = cursor.countUntil(bound, last, compare, isBefore);
    if (count > 0) parts.push(cursor.take(count));
  }
  return parts;
}

async function* sorted(
  parts: readonly Batch[],
  types: SpillRun['types'],
  keys: readonly MergeKey[],
  context: ExecContext,
): OperatorRun {
  const all = await joinInTurns(types, parts, context);
  const order = await sortRows(
    keys.map((key) => ({ ...key, column: all.columns[key.column] })),
    all.length,
    context,
  );
  for (let start = 0; start < order.length; start += BATCH_ROWS) {
    await turn(context);
    yield all.gather(order.subarray(start, Math.min(start + BATCH_ROWS, order.length)));
  }
}

const NO_ROWS: Batch = { columns: [], length: 0 };

/** The place of a merge in one run. */
class RunCursor {
  batch: Batch = NO_ROWS;
  readonly #file: SpillFile;
  readonly #run: SpillRun;
  #block = 0;
  #row = 0;

  constructor(file: SpillFile, run: SpillRun) {
    this.#file = file;
    this.#run = run;
  }

  /** Rows of the block at hand that were not taken. */
  get remaining(): number {
    return this.batch.length - this.#row;
  }

  get last(): number {
    return this.batch.length - 1;
  }

  /** Reads the next block where there is no row at hand. */
  async fill(): Promise<void> {
    if (this.remaining > 0 || this.#block === this.#run.blocks.length) return;
    this.batch = await this.#file.read(this.#run, this.#block++);
    this.#row = 0;
  }

  take(count: number): Batch {
    const start = this.#row;
    this.#row += count;
    return sliceBatch(this.batch, start, start + count);
  }

  /** Rows at hand that come before the other row, or also those that tie with it. */
  countUntil(other: Batch, row: number, compare: RowComparison, ties: boolean): number {
    let low = this.#row;
    let high = this.batch.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(this.batch, middle, other, row);
      if (order < 0 || (ties && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low - this.#row;
  }
}

type RowComparison = (a: Batch, rowA: number, b: Batch, rowB: number) => number;

function rowComparison(keys: readonly MergeKey[]): RowComparison {
  const comparisons = keys.map(keyComparison);
  return (a, rowA, b, rowB) => {
    for (let i = 0; i < keys.length; i++) {
      const { column } = keys[i];
      const order = comparisons[i](a.columns[column], rowA, b.columns[column], rowB);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** The order of two values as `sortRows` sees it. */
function keyComparison({
  descending,
  nullsFirst,
}: MergeKey): (a: Vector, rowA: number, b: Vector, rowB: number) => number {
  return (a, rowA, b, rowB) => {
    const x = valueAt(a, rowA);
    const y = valueAt(b, rowB);
    if (x === null || y === null) {
      if (x === y) return 0;
      return (x === null) === nullsFirst ? -1 : 1;
    }
    const order = comparatorFor(a.type.oid)(x, y);
    return descending ? -order : order;
  };
}
