/** Remembers rows and lets only new ones through. */
import type { SqlType } from '../types/type.ts';
import { pickBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { inTurns, type ExecContext } from './operator.ts';
import { RowNumbers } from './packed-keys/row-numbers.ts';
import { MemoryBudget } from './run.ts';

const NO_ROWS = new Int32Array(0);
/** Rows that are handed out at a time. */
const STEP_ROWS = 4096;

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
    return pickBatch(batch, await this.freshRows(batch));
  }

  /** Which these are. */
  async freshRows(batch: Batch): Promise<Int32Array> {
    if (batch.length === 0) return NO_ROWS;
    if (this.#width === 0) {
      if (this.#sawEmpty) return NO_ROWS;
      this.#sawEmpty = true;
      return Int32Array.of(0);
    }
    const { count, bytes } = this.#table;
    const numbers = this.#room(batch.length);
    await inTurns(this.#table.insert(batch.columns, batch.length, numbers), this.#context);
    const added = this.#table.count - count;
    this.budget.add(this.#table.bytes - bytes);
    return this.#table.newRows.slice(0, added);
  }

  /** The number of each row, -1 for one that was not seen; good until the next call. */
  async find(batch: Batch): Promise<Int32Array> {
    const numbers = this.#room(batch.length);
    await inTurns(this.#table.find(batch.columns, batch.length, numbers), this.#context);
    return numbers;
  }

  /** How many rows were not seen before. */
  get count(): number {
    return this.#table.count;
  }

  /** All of these, some at a time; undefined where they are not kept in this form. */
  rows(): Iterable<Batch> | undefined {
    return this.#table.hasKeys ? this.#keys() : undefined;
  }

  *#keys(): Generator<Batch, void, void> {
    for (let first = 0; first < this.count; first += STEP_ROWS) {
      const length = Math.min(STEP_ROWS, this.count - first);
      yield { columns: this.#table.keys(first, first + length), length };
    }
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
