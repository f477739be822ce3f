/** Remembers rows and lets only new ones through. */
import { gatherBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext } from './operator.ts';
import { MemoryBudget } from './run.ts';

export class SeenRows {
  readonly budget: MemoryBudget;
  readonly #table: KeyTable;
  #numbers = new Int32Array(0);
  /** Rows without columns are all equal: only the first is new. */
  readonly #width: number;
  #sawEmpty = false;

  constructor(width: number, context: ExecContext) {
    this.#width = width;
    this.#table = new KeyTable(width);
    this.budget = new MemoryBudget('HashAggregate', context, context.hashMemoryBytes);
  }

  /** The rows of the batch that were not seen before, in their order. */
  fresh(batch: Batch): Batch {
    if (batch.length === 0) return batch;
    if (this.#width === 0) {
      const length = this.#sawEmpty ? 0 : 1;
      this.#sawEmpty = true;
      return { columns: [], length };
    }
    const { count, bytes } = this.#table;
    this.#table.insert(batch.columns, batch.length, this.#room(batch.length));
    const added = this.#table.count - count;
    this.budget.add(this.#table.bytes - bytes);
    return gatherBatch(batch, this.#table.newRows.slice(0, added), true);
  }

  /** The number of each row, -1 for one that was not seen; good until the next call. */
  find(batch: Batch): Int32Array {
    const numbers = this.#room(batch.length);
    this.#table.find(batch.columns, batch.length, numbers);
    return numbers;
  }

  #room(length: number): Int32Array {
    if (this.#numbers.length < length) this.#numbers = new Int32Array(length);
    return this.#numbers;
  }
}
