/**
 * Sorting more rows than the work memory holds: what fits is sorted and written as a run, and the runs
 * are merged, as many at a time as have room for a block each. What fits altogether never sees a disk.
 */
import type { ExplainNote } from '../../plan/explain-node.ts';
import type { SortKey } from '../../plan/physical.ts';
import type { SqlType } from '../../types/type.ts';
import type { LongBatch } from '../../vector/long-column.ts';
import { BATCH_ROWS, type Batch } from '../../vector/vector.ts';
import type { ExecContext, OperatorRun } from '../operator.ts';
import { evaluateLong, joinInTurns, MemoryBudget } from '../run.ts';
import { gatherPieces, sortBatch } from '../sort-batch.ts';
import { sortRows } from '../sort-order.ts';
import { BatchList } from './batch-list.ts';
import { KeyColumns } from './key-columns.ts';
import { memoryBytes } from './memory-bytes.ts';
import { mergeRuns, type MergeKey } from './run-merge.ts';
import { blockBytes, SpillFile, SpillRun } from './spill-file.ts';
import { sortNote } from './usage.ts';

/** Runs merged at a time, as memory allows. */
const FAN_IN_MIN = 4;
const FAN_IN_MAX = 128;

export class ExternalSort {
  readonly #keys: readonly SortKey[];
  readonly #columns: KeyColumns;
  readonly #mergeKeys: readonly MergeKey[];
  readonly #types: readonly SqlType[];
  readonly #context: ExecContext;
  #budget: MemoryBudget;
  #batches: Batch[] = [];
  #file: SpillFile | undefined;
  #runs: SpillRun[] = [];
  /** The most that was on disk at a time. */
  #diskBytes = 0;

  constructor(types: readonly SqlType[], keys: readonly SortKey[], context: ExecContext) {
    this.#keys = keys;
    this.#types = types;
    this.#columns = new KeyColumns(
      keys.map((key) => key.expr),
      types,
    );
    this.#mergeKeys = keys.map(({ descending, nullsFirst }, i) => ({
      descending,
      nullsFirst,
      column: this.#columns.columns[i].index,
    }));
    this.#context = context;
    this.#budget = new MemoryBudget('Sort', context);
  }

  async add(batch: Batch): Promise<void> {
    if (batch.length === 0) return;
    this.#batches.push(batch);
    this.#budget.add(memoryBytes(batch));
    if (this.#budget.isOver) await this.#spill();
  }

  /** All rows in order. */
  async *sorted(): OperatorRun {
    if (this.#file === undefined) {
      const rows = await this.#takeBatches();
      const order = await sortBatch(rows, this.#keys, this.#context);
      yield* gatherPieces(rows, order, this.#context);
      return;
    }
    if (this.#batches.length > 0) await this.#spill();
    const file = await this.#reduceRuns(this.#file);
    const merged = mergeRuns(file, this.#runs, this.#mergeKeys, this.#context);
    for await (const batch of merged) yield this.#columns.narrow(batch);
  }

  /** What EXPLAIN says of it. */
  get method(): ExplainNote {
    return this.#file === undefined
      ? sortNote('quicksort', 'Memory', this.#budget.used)
      : sortNote('external merge', 'Disk', this.#diskBytes);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #takeBatches(): Promise<LongBatch> {
    const batches = this.#batches;
    this.#batches = [];
    return await joinInTurns(this.#types, batches, this.#context);
  }

  /** Sorts what is in memory and writes it as a run. */
  async #spill(): Promise<void> {
    const context = this.#context;
    this.#file ??= await SpillFile.create(context);
    const plain = await this.#takeBatches();
    const keys = await evaluateLong(
      this.#keys.map((key) => key.expr),
      plain,
      context,
    );
    const rows = this.#columns.widenLong(plain, keys);
    const order = await sortRows(
      this.#mergeKeys.map((key, i) => ({ ...key, column: keys[i] })),
      rows.length,
      context,
    );
    const run = new SpillRun(this.#columns.types);
    this.#runs.push(run);
    const blockRows = this.#blockRows(this.#budget.used / rows.length);
    for await (const piece of gatherPieces(rows, order, context, blockRows)) {
      await this.#file.append(run, [piece]);
    }
    this.#noteDisk(this.#file.bytes);
    this.#budget = new MemoryBudget('Sort', context);
  }

  /** Rows that make a block. */
  #blockRows(rowBytes: number): number {
    const bytes = blockBytes(this.#budget.bytes);
    return Math.max(1, Math.min(BATCH_ROWS * 4, Math.floor(bytes / rowBytes)));
  }

  /** Merges neighbours among the runs until one merge can take all that are left. */
  async #reduceRuns(first: SpillFile): Promise<SpillFile> {
    const bytes = this.#budget.bytes;
    const room = Math.floor(bytes / blockBytes(bytes) / 2);
    const fanIn = Math.min(FAN_IN_MAX, Math.max(FAN_IN_MIN, room));
    let file = first;
    while (this.#runs.length > fanIn) {
      const next = await SpillFile.create(this.#context);
      // From here on the new file is the one to close; the old one goes when it was read.
      this.#file = next;
      try {
        const merged: SpillRun[] = [];
        for (let start = 0; start < this.#runs.length; start += fanIn) {
          const some = this.#runs.slice(start, start + fanIn);
          merged.push(await this.#mergeInto(next, file, some));
        }
        this.#runs = merged;
        this.#noteDisk(file.bytes + next.bytes);
      } finally {
        await file.close();
      }
      file = next;
    }
    return file;
  }

  async #mergeInto(
    target: SpillFile,
    source: SpillFile,
    runs: readonly SpillRun[],
  ): Promise<SpillRun> {
    const run = new SpillRun(this.#columns.types);
    const bytes = blockBytes(this.#budget.bytes);
    const waiting = new BatchList(bytes);
    for await (const batch of mergeRuns(source, runs, this.#mergeKeys, this.#context)) {
      const full = waiting.add(batch);
      if (full !== undefined) await target.append(run, full);
    }
    await target.append(run, waiting.take());
    return run;
  }

  #noteDisk(bytes: number): void {
    this.#diskBytes = Math.max(this.#diskBytes, bytes);
  }
}
