/** Small batches on their way to becoming a block of some size. */
import type { SqlType } from '../../types/type.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { concatInTurns } from '../run.ts';
import { memoryBytes } from './memory-bytes.ts';

export class BatchList {
  readonly #types: readonly SqlType[];
  readonly #blockBytes: number;
  readonly #context: ExecContext;
  #batches: Batch[] = [];
  #bytes = 0;

  constructor(types: readonly SqlType[], blockBytes: number, context: ExecContext) {
    this.#types = types;
    this.#blockBytes = blockBytes;
    this.#context = context;
  }

  /** All rows that wait, once they make a block. */
  async add(batch: Batch): Promise<Batch | undefined> {
    if (batch.length === 0) return undefined;
    this.#batches.push(batch);
    this.#bytes += memoryBytes(batch);
    return this.#bytes < this.#blockBytes ? undefined : await this.take();
  }

  /** The rows that wait. */
  async take(): Promise<Batch | undefined> {
    if (this.#batches.length === 0) return undefined;
    const batches = this.#batches;
    this.#batches = [];
    this.#bytes = 0;
    return await concatInTurns(this.#types, batches, this.#context);
  }
}
