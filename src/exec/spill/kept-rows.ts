/** Rows kept to be read again, in their order: in memory up to the budget, the rest on disk. */
import type { SqlType } from '../../types/type.ts';
import { LongBatch } from '../../vector/long-column.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { joinInTurns, MemoryBudget } from '../run.ts';
import { memoryBytes } from './memory-bytes.ts';
import { SpillFile, SpillRun } from './spill-file.ts';

export class KeptRows {
  readonly #context: ExecContext;
  readonly #budget: MemoryBudget;
  readonly #inMemory: Batch[] = [];
  readonly #onDisk: SpillRun;
  #file: SpillFile | undefined;
  /** The rows in memory, once `chunks` was asked for. */
  #joined: LongBatch | undefined;

  constructor(operator: string, types: readonly SqlType[], context: ExecContext) {
    this.#context = context;
    this.#budget = new MemoryBudget(operator, context);
    this.#onDisk = new SpillRun(types);
  }

  rows = 0;

  /** Batches so far; none is empty. */
  get length(): number {
    return this.#inMemory.length + this.#onDisk.blocks.length;
  }

  async append(batch: Batch): Promise<void> {
    if (batch.length === 0) return;
    this.rows += batch.length;
    if (!this.#budget.isOver) {
      this.#inMemory.push(batch);
      this.#budget.add(memoryBytes(batch));
      return;
    }
    this.#file ??= await SpillFile.create(this.#context);
    await this.#file.append(this.#onDisk, [batch]);
  }

  /** The i-th batch. */
  at(i: number): Batch | Promise<Batch> {
    const onDisk = i - this.#inMemory.length;
    if (onDisk < 0 || this.#file === undefined) return this.#inMemory[i];
    return this.#file.read(this.#onDisk, onDisk);
  }

  async *batches(): AsyncGenerator<Batch, void, void> {
    for (let i = 0; i < this.length; i++) yield await this.at(i);
  }

  /** All rows: those in memory as one batch, the others as they lie on disk. No row is appended after it. */
  async *chunks(): AsyncGenerator<LongBatch, void, void> {
    this.#joined ??= await joinInTurns(this.#onDisk.types, this.#inMemory, this.#context);
    if (this.#joined.length > 0) yield this.#joined;
    for (let i = this.#inMemory.length; i < this.length; i++) yield LongBatch.of(await this.at(i));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
