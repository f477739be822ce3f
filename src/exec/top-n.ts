/** ORDER BY with LIMIT: keeps no more than the best offset + limit rows, and some to choose from. */
import type { ExplainNote } from '../plan/explain-node.ts';
import type { TopNNode } from '../plan/physical.ts';
import { gatherSteps, sliceBatch } from '../vector/gather.ts';
import { LongBatch } from '../vector/long-column.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { limitValue, offsetValue } from './limit.ts';
import { inTurns, type ExecContext, type OperatorRun } from './operator.ts';
import { columnTypes, concatInTurns, MemoryBudget, pieces } from './run.ts';
import { sortBatch } from './sort-batch.ts';
import { ExternalSort } from './spill/external-sort.ts';
import { memoryBytes } from './spill/memory-bytes.ts';
import { sortNote } from './spill/usage.ts';
import { RefusedTexts, thresholdOf, type Threshold } from './top-n-threshold.ts';

/** Rows gathered before they are sorted and cut, at least. */
const CHUNK_ROWS = 8192;
/** Of the first ones fewer: so many for each that is wanted let few of those pass that follow. */
const FIRST_ROWS_MIN = 1024;
const FIRST_SHARE = 64;

export async function* runTopN(node: TopNNode, context: ExecContext): OperatorRun {
  const offset = await offsetValue(node.offset, context);
  const limit = await limitValue(node.limit, context);
  if (limit === 0) return;
  const best = new BestRows(node, offset + limit, context);
  try {
    for await (const batch of execute(node.input, context)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      await best.add(batch);
    }
    yield* skipping(best.sorted(), offset, limit);
  } finally {
    context.instrumentation?.metrics(node).notes.set('Sort Method', best.method);
    await best.close();
  }
}

/** Rows offset ... offset + limit - 1 of a run. */
async function* skipping(run: OperatorRun, offset: number, limit: number): OperatorRun {
  let skip = offset;
  let left = limit;
  for await (const batch of run) {
    const start = Math.min(skip, batch.length);
    const end = Math.min(batch.length, start + left);
    skip -= start;
    left -= end - start;
    if (end > start) yield sliceBatch(batch, start, end);
    if (left === 0) return;
  }
}

/** The first rows in an order, and some to choose from. Where even those are too many, all are sorted. */
class BestRows {
  readonly #node: TopNNode;
  readonly #wanted: number;
  readonly #context: ExecContext;
  #pending: Batch[] = [];
  #rows = 0;
  /** Rows worth cutting. */
  #chunk: number;
  #budget: MemoryBudget;
  #peakBytes = 0;
  #threshold: Threshold | undefined;
  /** Texts that came after a worst row: they come after those that follow it, too. */
  readonly #refused = new RefusedTexts();
  #sort: ExternalSort | undefined;

  constructor(node: TopNNode, wanted: number, context: ExecContext) {
    this.#node = node;
    this.#wanted = wanted;
    this.#context = context;
    this.#budget = new MemoryBudget('Sort', context);
    this.#chunk = Math.min(CHUNK_ROWS, Math.max(FIRST_ROWS_MIN, FIRST_SHARE * wanted));
  }

  async add(batch: Batch): Promise<void> {
    const first = this.#chunk;
    if (this.#threshold !== undefined || this.#sort !== undefined || batch.length <= first) {
      await this.#add(batch);
      return;
    }
    // The first rows tell what is worth looking at of the others.
    await this.#add(sliceBatch(batch, 0, first));
    await this.#add(sliceBatch(batch, first, batch.length));
  }

  async #add(batch: Batch): Promise<void> {
    const candidates =
      this.#threshold === undefined
        ? batch
        : await this.#threshold.candidates(batch, this.#context);
    if (candidates.length === 0) return;
    if (this.#sort !== undefined) {
      await this.#sort.add(candidates);
      return;
    }
    this.#keep(candidates);
    const enough = 2 * this.#wanted;
    const isWorthIt = this.#rows >= this.#chunk || this.#budget.isOver;
    if (isWorthIt && this.#rows >= enough) {
      await this.#cut();
      this.#chunk = CHUNK_ROWS;
      const [best] = this.#pending;
      this.#threshold = await thresholdOf(best, this.#node.keys, this.#refused, this.#context);
    }
    if (this.#budget.isOver) await this.#sortAll();
  }

  async *sorted(): OperatorRun {
    if (this.#sort !== undefined) {
      yield* this.#sort.sorted();
      return;
    }
    if (this.#rows === 0) return;
    await this.#cut();
    yield* pieces(this.#pending[0]);
  }

  /** What EXPLAIN says of it. */
  get method(): ExplainNote {
    return this.#sort?.method ?? sortNote('top-N heapsort', 'Memory', this.#peakBytes);
  }

  async close(): Promise<void> {
    await this.#sort?.close();
  }

  #keep(batch: Batch): void {
    this.#pending.push(batch);
    this.#rows += batch.length;
    this.#budget.add(memoryBytes(batch));
    this.#peakBytes = Math.max(this.#peakBytes, this.#budget.used);
  }

  /** Sorts what is there and keeps what is wanted. */
  async #cut(): Promise<void> {
    const node = this.#node;
    const context = this.#context;
    const all = await concatInTurns(columnTypes(node.input), this.#pending, context);
    const order = await sortBatch(LongBatch.of(all), node.keys, context);
    const kept = order.subarray(0, Math.min(this.#wanted, order.length));
    const columns: Vector[] = [];
    for (const column of all.columns) {
      columns.push(await inTurns(gatherSteps(column, kept), context));
    }
    const best = { columns, length: kept.length };
    this.#pending = [];
    this.#rows = 0;
    this.#budget = new MemoryBudget('Sort', context);
    this.#keep(best);
  }

  async #sortAll(): Promise<void> {
    const { input, keys } = this.#node;
    this.#sort = new ExternalSort(columnTypes(input), keys, this.#context);
    for (const batch of this.#pending) await this.#sort.add(batch);
    this.#pending = [];
  }
}
