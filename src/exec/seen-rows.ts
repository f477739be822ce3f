/** Remembers rows and lets only new ones through. */
import type { SqlType } from '../types/type.ts';
import { pickBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { inTurns, type ExecContext } from './operator.ts';
import { RowNumbers } from './packed-keys/row-numbers.ts';
import { MemoryBudget } from './run.ts';

export class SeenRows {
  readonly budget: MemoryBudget;
  readonly #context: ExecContext;
  readonly #table: RowNumbers;
  #numbers = new Int32Array(0);
  /** Rows without columns are all equal: only the first is new. */
  readonly #width: number;
  #sawEmpty = false;

  constructor(types: readonly SqlType[], context: ExecContext) {
    this.#context = context;
    this.#width = types.length;
    this.#table = new RowNumbers(types);
    this.budget = new MemoryBudget('HashAggregate', context, context.hashMemoryBytes);
  }

  /** The rows of the batch that were not seen before, in their order. */
  async fresh(batch: Batch): Promise<Batch> {
    if (batch.length === 0) return batch;
    if (this.#width === 0) {
      const length = this.#sawEmpty ? 0 : 1;
      this.#sawEmpty = true;
      return { columns: [], length };
    }
    const { count, bytes } = this.#table;
    const numbers = this.#room(batch.length);
    await inTurns(this.#table.insert(batch.columns, batch.length, numbers), this.#context);
    const added = this.#table.count - count;
    this.budget.add(this.#table.bytes - bytes);
    return pickBatch(batch, this.#table.newRows.slice(0, added));
  }

  /** The number of each row, -1 for one that was not seen; good until the next call. */
  async find(batch: Batch): Promise<Int32Array> {
    const numbers = this.#room(batch.length);
    await inTurns(this.#table.find(batch.columns, batch.length, numbers), this.#context);
    return numbers;
  }

  /** Gives memory back; no row must come any more. */
  free(): void {
    this.#table.free();
  }

  #room(length: number): Int32Array {
    if (this.#numbers.length < length) this.#numbers = new Int32Array(length);
    return this.#numbers;
  }
}
