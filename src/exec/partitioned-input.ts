/**
 * The input of window functions. What fits into memory comes as it is; more is sorted by partition and
 * order on disk, and comes a few whole partitions at a time. One partition must fit into memory.
 */
import type { SortKey, WindowNode } from '../plan/physical.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { valueAt } from '../vector/vector.ts';
import { sliceBatch } from '../vector/gather.ts';
import { isVolatile } from './expr/walk.ts';
import { equalityOf } from './key-equality.ts';
import type { ExecContext } from './operator.ts';
import { columnTypes, concatInTurns, evaluateInTurns, MemoryBudget } from './run.ts';
import { ExternalSort } from './spill/external-sort.ts';
import { memoryBytes } from './spill/memory-bytes.ts';

export class PartitionedInput {
  readonly #node: WindowNode;
  readonly #context: ExecContext;
  readonly #canSpill: boolean;
  #batches: Batch[] = [];
  #budget: MemoryBudget;
  #sort: ExternalSort | undefined;

  constructor(node: WindowNode, context: ExecContext) {
    this.#node = node;
    this.#context = context;
    this.#budget = new MemoryBudget('WindowAgg', context);
    // Borders are found by computing the keys again.
    const { partitionBy } = node;
    this.#canSpill = partitionBy.length > 0 && !partitionBy.some((expr) => isVolatile(expr));
  }

  async add(batch: Batch): Promise<void> {
    if (batch.length === 0) return;
    if (this.#sort !== undefined) {
      await this.#sort.add(batch);
      return;
    }
    this.#keep(batch);
    if (this.#budget.isOver && this.#canSpill) await this.#startSort();
  }

  /** After all rows: batches of whole partitions. */
  async *partitions(): AsyncGenerator<Batch, void, void> {
    if (this.#sort === undefined) {
      yield await this.#taken();
      return;
    }
    const { partitionBy } = this.#node;
    const equal = partitionBy.map((expr) => equalityOf(expr.type.oid));
    // A partition that is larger than the budget is not looked through for every batch.
    let enough = this.#budget.bytes;
    for await (const batch of this.#sort.sorted()) {
      this.#keep(batch);
      if (this.#budget.used <= enough) continue;
      const rows = await this.#taken();
      const keys = await evaluateInTurns(partitionBy, rows, this.#context);
      const border = lastBorder(keys, equal, rows.length);
      // The last partition waits: more of it may come.
      this.#keep(sliceBatch(rows, border, rows.length));
      enough = Math.max(this.#budget.bytes, 2 * this.#budget.used);
      if (border > 0) yield sliceBatch(rows, 0, border);
    }
    yield await this.#taken();
  }

  async close(): Promise<void> {
    await this.#sort?.close();
  }

  #keep(batch: Batch): void {
    this.#batches.push(batch);
    this.#budget.add(memoryBytes(batch));
  }

  async #startSort(): Promise<void> {
    const { input, partitionBy, orderBy } = this.#node;
    const partitionKeys = partitionBy.map(
      (expr): SortKey => ({ expr, descending: false, nullsFirst: false }),
    );
    const keys = [...partitionKeys, ...orderBy];
    this.#sort = new ExternalSort(columnTypes(input), keys, this.#context);
    const batches = this.#batches;
    this.#batches = [];
    this.#budget = new MemoryBudget('WindowAgg', this.#context);
    for (const batch of batches) await this.#sort.add(batch);
  }

  async #taken(): Promise<Batch> {
    const batches = this.#batches;
    this.#batches = [];
    this.#budget = new MemoryBudget('WindowAgg', this.#context);
    return await concatInTurns(columnTypes(this.#node.input), batches, this.#context);
  }
}

/** The first row of the last partition; 0 where there is only one. */
function lastBorder(
  keys: readonly Vector[],
  equal: readonly ReturnType<typeof equalityOf>[],
  length: number,
): number {
  const last = keys.map((key) => valueAt(key, length - 1));
  const isSame = (row: number): boolean =>
    keys.every((key, i) => equal[i](valueAt(key, row), last[i]));
  // Rows are sorted: all of the last partition lie together.
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSame(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
