/** SELECT DISTINCT: the first of equal rows. */
import type { DistinctNode } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { inPieces, MemoryBudget } from './run.ts';

/** Rows hashed between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runDistinct(node: DistinctNode, context: ExecContext): OperatorRun {
  const seen = new SeenRows(node.columns.length, context);
  for await (const batch of inPieces(execute(node.input, context), STEP_ROWS, context)) {
    const fresh = seen.fresh(batch);
    if (fresh.length > 0) yield fresh;
  }
}

/** Remembers rows and lets only new ones through. */
export class SeenRows {
  readonly #table: KeyTable;
  readonly #budget: MemoryBudget;
  #numbers = new Int32Array(0);
  /** Rows without columns are all equal: only the first is new. */
  readonly #width: number;
  #sawEmpty = false;

  constructor(width: number, context: ExecContext) {
    this.#width = width;
    this.#table = new KeyTable(width);
    this.#budget = new MemoryBudget('HashAggregate', context);
  }

  /** The rows of the batch that were not seen before, in their order. */
  fresh(batch: Batch): Batch {
    if (batch.length === 0) return batch;
    if (this.#width === 0) {
      const length = this.#sawEmpty ? 0 : 1;
      this.#sawEmpty = true;
      return { columns: [], length };
    }
    if (this.#numbers.length < batch.length) this.#numbers = new Int32Array(batch.length);
    const { count, bytes } = this.#table;
    this.#table.insert(batch.columns, batch.length, this.#numbers);
    const added = this.#table.count - count;
    this.#budget.add(this.#table.bytes - bytes);
    return gatherBatch(batch, this.#table.newRows.slice(0, added), true);
  }
}
